//! Bytes that no encoder wrote: an error or a block, never a panic, and the same on every
//! instruction set, whole and in bands.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::buffers::State;
use super::decode;
use super::fixtures::streams;
use super::stream::push_number;
use crate::arch::Isa;
use crate::codec::{Band, CodecError};

/// What damaged streams are decoded with. States stay from stream to stream, and differ in what is
/// left in them: what shows through is a difference.
struct Decoders {
    of_isas: Vec<(Isa, State)>,
    bands: State,
}

impl Decoders {
    fn new() -> Self {
        let of_isas = Isa::available().into_iter().map(|isa| (isa, State::default())).collect();
        Self { of_isas, bands: State::default() }
    }

    /// The block on every instruction set, and in bands of elements of `itemsize` bytes.
    fn check(&mut self, stream: &[u8], nbytes: usize, itemsize: usize, what: &str) {
        let mut dst = vec![0; nbytes];
        let mut expected = None;
        for (at, (isa, state)) in self.of_isas.iter_mut().enumerate() {
            dst.fill(at as u8);
            let decoded = decode::decode(*isa, stream, &mut dst, state).is_ok();
            let decoded = decoded.then(|| dst.clone());
            let expected = expected.get_or_insert_with(|| decoded.clone());
            assert!(decoded == *expected, "{what}, {isa:?}");
        }
        let mut bands = Vec::new();
        let visit = &mut |band: Band<'_>| {
            bands.extend(band.to_vec());
            ControlFlow::Continue(())
        };
        let isa = Isa::current();
        let is_ok =
            decode::decode_bands(isa, stream, &mut dst, itemsize, &mut self.bands, visit).is_ok();
        assert!(is_ok.then_some(bands) == expected.flatten(), "{what}, in bands");
    }
}

/// On all cores, since there are many bits to flip. Long streams take part with their front.
fn for_each_stream(f: impl Fn(&mut Decoders, &str, usize, &[u8]) + Sync) {
    let (streams, next) = (streams(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut decoders = Decoders::new();
                while let Some((name, nbytes, stream)) =
                    streams.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    f(&mut decoders, name, *nbytes, stream);
                }
            });
        }
    });
}

/// Bytes of a stream in which each bit is flipped, and after each of which it is cut: the heads of
/// nodes and of their sections are there. After that, one in so many.
const FRONT: usize = 160;
const EVERY: usize = 37;

fn places(len: usize) -> impl Iterator<Item = usize> {
    (0..len.min(FRONT)).chain((FRONT..len).step_by(EVERY)).chain(len.saturating_sub(8)..len)
}

#[test]
fn truncations_are_errors() {
    for_each_stream(|decoders, name, nbytes, stream| {
        let itemsize = 1 << (stream[0] & 3);
        for len in places(stream.len()) {
            let mut dst = vec![0; nbytes];
            let isa = Isa::current();
            let result = decode::decode(isa, &stream[..len], &mut dst, &mut decoders.bands);
            assert!(result.is_err(), "{name}, {len} bytes");
            if len % 8 == 0 {
                decoders.check(&stream[..len], nbytes, itemsize, name);
            }
        }
    });
}

#[test]
fn flipped_bits_are_errors_or_other_values() {
    for_each_stream(|decoders, name, nbytes, stream| {
        let itemsize = 1 << (stream[0] & 3);
        let mut stream = stream.to_vec();
        for at in places(stream.len()) {
            // All bits where there is most to break.
            let bits = if at < 24 { 0..8 } else { at % 8..at % 8 + 1 };
            for bit in bits {
                stream[at] ^= 1 << bit;
                decoders.check(&stream, nbytes, itemsize, &format!("{name}, bit {bit} of {at}"));
                stream[at] ^= 1 << bit;
            }
        }
    });
}

#[test]
fn blocks_of_other_lengths_are_errors_or_filled() {
    for_each_stream(|decoders, name, nbytes, stream| {
        for itemsize in [1, 2, 3, 4, 8, 16] {
            let node = &stream[if stream[1] < 128 { 2 } else { 3 }..];
            for other in [0, 1, 2, 3, 8, 63, 64, 65, nbytes - 1, nbytes + 1, nbytes + 64] {
                let stream = with_head(stream[0], other, node);
                decoders.check(&stream, other, itemsize, &format!("{name}, {other} bytes"));
                decoders.check(&stream, other + 1, itemsize, &format!("{name}, {other} bytes"));
            }
        }
    });
}

/// A stream whose head says that the block has `nbytes` bytes.
fn with_head(head: u8, nbytes: usize, node: &[u8]) -> Vec<u8> {
    let mut stream = vec![head];
    push_number(&mut stream, nbytes + 32);
    stream.extend_from_slice(node);
    stream
}

/// A generator of bytes that are mostly small.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn nodes_of_random_bytes_are_errors_or_values() {
    let mut decoders = Decoders::new();
    let mut state = 7;
    for head in 0..16 {
        for kind in 0..12 {
            for round in 0..150 {
                let mut stream = vec![kind];
                for _ in 0..random(&mut state) % 200 {
                    let (byte, is_any) = (random(&mut state), round % 3 == 0);
                    stream.push(if is_any || byte % 5 == 0 { byte >> 8 } else { byte % 13 } as u8);
                }
                let nbytes = random(&mut state) % 700;
                let stream = with_head(head, nbytes, &stream);
                decoders.check(&stream, nbytes, 1 << (head & 3), &format!("{stream:02x?}"));
            }
        }
    }
}

/// Inner nodes that fit, in an outer one of random bytes: so that more than the first is looked at.
#[test]
fn nodes_of_nodes_that_fit_are_errors_or_values() {
    let mut decoders = Decoders::new();
    let mut state = 9;
    for head in 0..4_u8 {
        let itemsize = 1_usize << head;
        for kind in [4, 5, 6, 7, 8, 9, 10, 11_u8] {
            for _ in 0..400 {
                let mut stream = vec![kind];
                for _ in 0..random(&mut state) % 12 {
                    stream.push((random(&mut state) % 9) as u8);
                }
                for width in [1, 2, itemsize] {
                    let mut node = stream.clone();
                    node.push(1);
                    node.extend((0..width).map(|_| (random(&mut state) % 4) as u8));
                    let nbytes = random(&mut state) % 40 * itemsize;
                    let node = with_head(head, nbytes, &node);
                    decoders.check(&node, nbytes, itemsize, &format!("{node:02x?}"));
                }
            }
        }
    }
    // A table of single bytes with indices of two.
    for nbytes in [0, 1, 2, 9] {
        let stream = with_head(0, nbytes, &[8, 1, 2, 1, 5, 1, 0, 0]);
        decoders.check(&stream, nbytes, 1, "a wide dictionary of bytes");
    }
}

#[test]
fn heads_of_later_versions_are_unsupported() {
    for head in 0..=255_u8 {
        let result =
            decode::decode(Isa::Scalar, &[head, 2, 1, 0], &mut [0; 4], &mut State::default());
        let is_unsupported = matches!(result, Err(CodecError::Unsupported { .. }));
        assert_eq!(is_unsupported, head >= 32, "{head}");
        assert_eq!(result.is_ok(), head < 16 && head % 4 == 0, "{head}");
    }
}
