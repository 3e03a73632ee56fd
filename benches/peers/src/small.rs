//! Small operations, where what counts is what is done besides coding bytes.

use std::hint::black_box;
use std::rc::Rc;

use ndpress::{Chunk, ChunkOptions, Limits, Lz4, Registry};

use crate::c_blosc2::{CBlosc2, Contexts};
use crate::data::{Array, CHUNK_NBYTES};
use crate::measure::{Effort, cpu_time};
use crate::peer::{CodecKind, FilterKind, Peer, Setting};

const BLOCKSIZE: usize = 32 << 10;
const SMALL: usize = 4 << 10;
/// Elements of a short read.
const NITEMS: usize = 16;

/// An operation, how ours does it, and how C-Blosc2 does it.
type Operation<'a> = (&'static str, Box<dyn FnMut() + 'a>, Option<Box<dyn FnMut() + 'a>>);

/// A table of the time per call, LZ4 at level 5, shuffled, in blocks of 32 KiB.
pub fn table(library: &Rc<CBlosc2>, array: &Array, effort: Effort) -> String {
    let typesize = array.typesize;
    let (codec, filter) = (CodecKind::Lz4, FilterKind::Shuffle);
    let setting = Setting { codec, level: 5, filter, typesize, blocksize: Some(BLOCKSIZE) };
    let options = ChunkOptions::new().codec(Lz4::clevel(5)).blocksize(BLOCKSIZE);
    let (registry, limits) = (Registry::default(), Limits::default());
    let src = array.middle(CHUNK_NBYTES);
    let small = &src[..SMALL];
    let chunk = Chunk::encode(src, typesize, &options).expect("the setting is valid");
    let decoder = chunk.decoder(&registry).expect("the codec is there");
    let block = chunk.nblocks() / 2;
    let start = block * BLOCKSIZE / typesize + 100;
    let range = start * typesize..(start + NITEMS) * typesize;

    let (mut encoder, mut reader) =
        (Contexts::new(library, &setting), Contexts::new(library, &setting));
    let mut block_reader = Contexts::new(library, &setting);
    let (mut encoded, mut items) = (Vec::new(), vec![0; NITEMS * typesize]);
    let (mut items_c, mut block_c) = (items.clone(), vec![0; BLOCKSIZE]);
    let (mut block_a, mut block_b) = (block_c.clone(), block_c.clone());
    let operations: Vec<Operation<'_>> = vec![
        (
            "encode 4 KB",
            Box::new(|| drop(black_box(Chunk::encode(small, typesize, &options)))),
            Some(Box::new(|| {
                black_box(encoder.encode(small, &mut encoded));
            })),
        ),
        (
            "parse",
            Box::new(|| drop(black_box(Chunk::parse(black_box(chunk.as_bytes()), &limits)))),
            None,
        ),
        ("decoder", Box::new(|| drop(black_box(chunk.decoder(&registry)))), None),
        (
            "decode a block of 32 KiB",
            Box::new(|| chunk.decode_block_into(block, &mut block_a, &registry).expect("sound")),
            Some(Box::new(|| {
                block_reader.items(chunk.as_bytes(), block * BLOCKSIZE / typesize, &mut block_c);
            })),
        ),
        (
            "the same, decoder kept",
            Box::new(|| decoder.block_into(block, &mut block_b).expect("sound")),
            None,
        ),
        (
            "decode 16 elements",
            Box::new(|| {
                chunk.decode_range_into(range.clone(), &mut items, &registry).expect("sound");
            }),
            Some(Box::new(|| reader.items(chunk.as_bytes(), start, &mut items_c))),
        ),
    ];
    let mut text = format!("\nsmall operations, {}, lz4 level 5, shuffle, 32K; µs\n", array.name);
    for (name, mut ours, theirs) in operations {
        let (mut best, mut best_theirs) = (f64::INFINITY, f64::INFINITY);
        let mut theirs = theirs;
        for _ in 0..8 * effort.rounds {
            best = best.min(per_call(&mut *ours));
            if let Some(theirs) = &mut theirs {
                best_theirs = best_theirs.min(per_call(&mut **theirs));
            }
        }
        let theirs = match theirs {
            Some(_) => format!("{:>8.2} {:>6.2}x", 1e6 * best_theirs, best_theirs / best),
            None => String::new(),
        };
        text.push_str(&format!("{name:<26} {:>8.3} {theirs}\n", 1e6 * best));
    }
    text
}

/// Seconds per call, of some.
fn per_call(f: &mut dyn FnMut()) -> f64 {
    const CALLS: u32 = 50;
    let start = cpu_time();
    for _ in 0..CALLS {
        f();
    }
    (cpu_time() - start) / f64::from(CALLS)
}
