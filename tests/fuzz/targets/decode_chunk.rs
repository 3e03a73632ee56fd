//! Any bytes: an error, or bytes of the announced length that depend on the chunk alone, and are
//! the same whole, by block, by band and by range.

#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use ndpress::codec::Band;
use ndpress::{Chunk, ChunkOptions, Limits, Registry};

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default().with_chunk_nbytes(1 << 20).with_block_nbytes(128 << 10);
    let registry = Registry::default();
    // The header's length is of little interest to a fuzzer: it would be wrong most of the time.
    let mut bytes = data.to_vec();
    if let Some(cbytes) = bytes.get_mut(12..16) {
        cbytes.copy_from_slice(&(data.len() as u32).to_le_bytes());
    }
    let Ok(chunk) = Chunk::parse(bytes, &limits) else { return };
    assert!(chunk.nbytes() <= 1 << 20);
    let mut first = vec![0x5a; chunk.nbytes()];
    let result = chunk.decode_into(&mut first, &registry);
    let mut second = vec![0xa5; chunk.nbytes()];
    assert_eq!(chunk.decode_into(&mut second, &registry).is_ok(), result.is_ok());
    if result.is_ok() {
        assert!(first == second);
        check_parts(&chunk, &first, &registry);
    }
    let mut chunk = chunk;
    let (start, len) = (chunk.nbytes() / 3, chunk.nbytes().min(9) / 2);
    let options = ChunkOptions::new();
    // Writing nothing looks at nothing.
    if len > 0 && chunk.write_range(start, &[1, 2, 3, 4][..len], &options, &registry).is_ok() {
        let mut dst = vec![0; len];
        chunk.decode_range_into(start..start + len, &mut dst, &registry).expect("just written");
        assert!(dst == [1, 2, 3, 4][..len]);
    }
});

fn check_parts(chunk: &Chunk, whole: &[u8], registry: &Registry) {
    let decoder = chunk.decoder(registry).expect("it decoded");
    for block in 0..chunk.nblocks().min(64) {
        let range = chunk.block_range(block).expect("the block exists");
        let mut dst = vec![0; range.len()];
        decoder.block_into(block, &mut dst).expect("it decoded");
        assert!(dst == whole[range]);
        let mut bands = Vec::new();
        let visit = |band: Band<'_>| {
            bands.extend(band.to_vec());
            ControlFlow::Continue(())
        };
        decoder.visit_block(block, visit).expect("it decoded");
        assert!(bands == dst);
    }
    let range = whole.len() / 5..whole.len() - whole.len() / 7;
    let mut dst = vec![0; range.len()];
    decoder.range_into(range.clone(), &mut dst).expect("it decoded");
    assert!(dst == whole[range]);
}
