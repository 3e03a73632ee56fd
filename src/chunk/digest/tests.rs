//! Parts of chunks, and what their hashes notice.

use super::*;
use crate::chunk::ChunkOptions;
use crate::filter::{Delta, Shuffle};
use crate::limits::Limits;
use crate::registry::Registry;

fn samples() -> Vec<u8> {
    (0..5000_u32).flat_map(|i| (i / 7 * 3).to_le_bytes()).collect()
}

fn chunk(options: ChunkOptions) -> Chunk {
    Chunk::encode(&samples(), 4, &options.blocksize(1000)).unwrap()
}

/// Every byte is in one part.
fn check_parts(chunk: &Chunk) -> Extents {
    let extents = chunk.extents();
    let mut end = extents.head().end;
    for index in 0..extents.len() {
        assert_eq!(extents.extent(index).start, end);
        end = extents.extent(index).end;
    }
    assert_eq!(end, chunk.cbytes());
    extents
}

#[test]
fn parts_are_the_head_and_the_blocks() {
    let compressed = chunk(ChunkOptions::new());
    let extents = check_parts(&compressed);
    assert_eq!((extents.head().end, extents.len()), (32 + 4 * 20, 20));
    let stored = chunk(ChunkOptions::new().codec(crate::codec::Lz4::clevel(0)));
    let extents = check_parts(&stored);
    assert_eq!((extents.head().end, extents.len()), (32, 20));
    let constant = Chunk::encode(&[7; 4000], 4, &ChunkOptions::new()).unwrap();
    assert_eq!(check_parts(&constant).len(), 0);
}

#[test]
fn parts_of_chunks_without_a_table_that_makes_sense_are_one() {
    let mut bytes = chunk(ChunkOptions::new()).into_inner();
    bytes[36..40].copy_from_slice(&3_i32.to_le_bytes());
    let damaged = Chunk::parse(bytes, &Limits::default()).unwrap();
    assert_eq!(check_parts(&damaged).len(), 0);
}

#[test]
fn blocks_are_decoded_from_the_parts_they_need() {
    let delta = ChunkOptions::new().no_filters().filter(Delta).filter(Shuffle::default());
    for (options, others) in [(ChunkOptions::new(), 0), (delta, 1)] {
        let chunk = chunk(options);
        let extents = chunk.extents();
        for block in 1..20 {
            let needed = chunk.extents_of(&extents, &[block]).unwrap();
            assert_eq!(needed.len(), 1 + others);
            // Nothing else is there.
            let mut bytes = vec![0; chunk.cbytes()];
            let parts = needed.into_iter().map(|index| extents.extent(index));
            for part in parts.chain([extents.head()]) {
                bytes[part.clone()].copy_from_slice(&chunk.as_bytes()[part]);
            }
            let partial = Chunk::parse(bytes, &Limits::default()).unwrap();
            let range = partial.block_range(block).unwrap();
            let mut decoded = vec![0; range.len()];
            partial.decode_block_into(block, &mut decoded, &Registry::default()).unwrap();
            assert_eq!(decoded, samples()[range]);
        }
    }
}

#[test]
fn digests_notice_every_bit() {
    let chunk = chunk(ChunkOptions::new());
    let (digest, hashes) = chunk.digest();
    assert_eq!(hashes.len(), 8 * digest.nextents as usize);
    let extents = chunk.extents();
    for bit in 0..8 * chunk.cbytes() {
        let mut bytes = chunk.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let found = ChunkDigest::new(&bytes[extents.head()], &extents.hashes(&bytes));
        assert_ne!(found, digest, "bit {bit}");
    }
}

#[test]
fn blocks_that_a_chunk_does_not_have_need_no_parts() {
    for options in [ChunkOptions::new(), ChunkOptions::new().codec(crate::codec::Lz4::clevel(0))] {
        let chunk = chunk(options);
        let extents = chunk.extents();
        assert_eq!(chunk.extents_of(&extents, &[19, 20, 21]), Some(vec![19]));
    }
}
