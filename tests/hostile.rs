//! Damaged and hand-made chunks: the right bytes or a typed error, never a panic, and never more
//! memory than the limits allow.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/allocations.rs"]
mod allocations;
mod common;
#[path = "hostile/handmade.rs"]
mod handmade;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use allocations::{Counting, peak_of};
use common::{Fixture, content, readable_fixtures};
use ndpress::codec::Band;
use ndpress::{Chunk, ChunkOptions, Error, Limits, Registry};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The largest chunk that the tests below accept.
const CHUNK_NBYTES: usize = 128 << 10;
/// The largest block. Shorter than what work is shared for between threads.
const BLOCK_NBYTES: usize = 64 << 10;
/// What one call may allocate: the result; the table of variable-length blocks; a block's buffers
/// (two between filters, one for a part of a block, the first block, and each may grow by
/// reallocation, with the old one still there); and what codecs and a new thread keep.
const PEAK_NBYTES: usize = CHUNK_NBYTES + 8 * BLOCK_NBYTES + (512 << 10);

fn limits() -> Limits {
    Limits::default().with_chunk_nbytes(CHUNK_NBYTES).with_block_nbytes(BLOCK_NBYTES)
}

/// Fills this thread's buffers with bytes of other chunks.
struct Poison {
    chunks: [Chunk; 2],
    registry: Registry,
}

impl Poison {
    fn new() -> Self {
        let chunk = |seed| {
            let options = ChunkOptions::new().bitshuffle().filter(ndpress::Shuffle::width(3));
            Chunk::encode(&content("mixed", 1600, 8, seed), 8, &options).unwrap()
        };
        Self { chunks: [chunk(100), chunk(200)], registry: Registry::default() }
    }

    fn spread(&self, which: usize) {
        self.chunks[which].decode(&self.registry).unwrap();
    }
}

/// Reads what can be read of bytes that may be anything. `None` where that is an error.
fn read(bytes: &[u8], poison: &Poison) -> Option<Vec<u8>> {
    let registry = &poison.registry;
    let chunk = Chunk::parse(bytes, &limits()).ok()?;
    assert!(chunk.nbytes() <= CHUNK_NBYTES);
    let mut whole = vec![0x5a; chunk.nbytes()];
    poison.spread(0);
    let result = chunk.decode_into(&mut whole, registry);
    let mut again = vec![0xa5; chunk.nbytes()];
    poison.spread(1);
    let again_result = chunk.decode_into(&mut again, registry);
    assert_eq!(result.is_ok(), again_result.is_ok());
    result.ok()?;
    assert!(whole == again, "bytes of other chunks show through");

    let decoder = chunk.decoder(registry).unwrap();
    for block in [0, chunk.nblocks().saturating_sub(1)] {
        if let Ok(range) = chunk.block_range(block) {
            decoder.block_into(block, &mut again[range.clone()]).unwrap();
            assert!(whole[range.clone()] == again[range.clone()]);
            let mut rest = &whole[range];
            let visit = |band: Band<'_>| {
                // Written out, repetitions would count as memory.
                let is_next = match band {
                    Band::Bytes(bytes) => rest.starts_with(bytes),
                    Band::Repeated { value, count } => {
                        rest.chunks(value.len()).take(count).all(|bytes| bytes == value)
                    }
                };
                assert!(is_next);
                rest = &rest[band.nbytes()..];
                ControlFlow::Continue(())
            };
            decoder.visit_block(block, visit).unwrap();
            assert!(rest.is_empty());
        }
    }
    let part = whole.len() / 3..whole.len() / 3 * 2;
    decoder.range_into(part.clone(), &mut again[part.clone()]).unwrap();
    assert!(whole[part.clone()] == again[part]);
    Some(whole)
}

fn check(bytes: &[u8], poison: &Poison) -> Option<Vec<u8>> {
    let (result, peak) = peak_of(|| read(bytes, poison));
    assert!(peak <= PEAK_NBYTES, "{peak} bytes allocated");
    result
}

/// On all cores, since there are many bits to flip.
fn for_each_fixture(f: impl Fn(&Fixture, &Poison) + Sync) {
    let (fixtures, next) = (readable_fixtures(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let poison = Poison::new();
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    f(fixture, &poison);
                }
            });
        }
    });
}

#[test]
fn every_truncation_is_an_error() {
    for Fixture { name, chunk, .. } in readable_fixtures() {
        for len in 0..chunk.len() {
            let result = Chunk::parse(&chunk[..len], &limits());
            assert!(matches!(result, Err(Error::Truncated { .. })), "{name}, {len} bytes");
        }
    }
}

/// The header says that the chunk ends where its bytes do: the parts have to find that they miss
/// bytes.
#[test]
fn every_truncation_with_a_matching_header_is_an_error() {
    let poison = Poison::new();
    for Fixture { name, chunk, raw } in readable_fixtures() {
        for len in 16..chunk.len() {
            let mut bytes = chunk[..len].to_vec();
            bytes[12..16].copy_from_slice(&(len as u32).to_le_bytes());
            if let Some(decoded) = check(&bytes, &poison) {
                // Blocks that threads wrote in another order may end before the chunk does, and
                // a repeated value cut short may still divide the chunk.
                assert_eq!(decoded.len(), raw.len(), "{name}, {len} bytes");
                assert!(decoded == raw || name.starts_with("repeat"), "{name}, {len} bytes");
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_an_error_or_other_bytes_of_the_announced_length() {
    for_each_fixture(|Fixture { name, chunk, raw }, poison| {
        for bit in 0..8 * chunk.len() {
            let mut bytes = chunk.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Some(decoded) = check(&bytes, poison) {
                let is_length_hit = (32..64).contains(&bit);
                assert!(decoded.len() == raw.len() || is_length_hit, "{name}, bit {bit}");
                let is_payload = bit >= 8 * 32;
                if name.starts_with("stored") && is_payload {
                    let flipped = decoded.iter().zip(raw).map(|(a, b)| (a ^ b).count_ones());
                    assert_eq!(flipped.sum::<u32>(), 1, "{name}, bit {bit}");
                }
            }
        }
    });
}

#[test]
fn damaged_chunks_can_be_written_to_without_a_panic() {
    let (poison, options) = (Poison::new(), ChunkOptions::new());
    for Fixture { chunk, .. } in readable_fixtures() {
        for bit in 0..8 * chunk.len().min(80) {
            let mut bytes = chunk.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(mut damaged) = Chunk::parse(bytes, &limits()) else { continue };
            let nbytes = damaged.nbytes();
            let (start, len) = (nbytes / 2, (nbytes / 4).min(40));
            let before = damaged.as_bytes().to_vec();
            match damaged.write_range(start, &[0xee; 40][..len], &options, &poison.registry) {
                Err(_) => assert!(damaged.as_bytes() == before),
                Ok(()) => {
                    let mut dst = vec![0; len];
                    let range = start..start + len;
                    // Another block of the chunk may still be damaged, but not this range.
                    damaged.decode_range_into(range, &mut dst, &poison.registry).unwrap();
                    assert!(dst == [0xee; 40][..len]);
                }
            }
        }
    }
}
