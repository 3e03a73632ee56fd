//! The bytes that the suites run on.

use std::iter;

/// Named bytes.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Lengths around those where loops, tables and headers change.
const LENGTHS: [usize; 14] =
    [63, 64, 65, 127, 128, 255, 256, 257, 1000, 4095, 4096, 20_000, 65_537, 150_001];

/// Every kind of bytes, in lengths from 1.
pub(super) fn samples() -> impl Iterator<Item = Sample> {
    let lengths = (1..=40).chain(LENGTHS);
    lengths.flat_map(|len| KINDS.map(|(name, make)| Sample { name, bytes: make(len) }))
}

type Kind = (&'static str, fn(usize) -> Vec<u8>);

const KINDS: [Kind; 8] = [
    ("zeros", |len| vec![0; len]),
    ("ones", |len| vec![0xff; len]),
    ("ramp", |len| (0..len).map(|i| i as u8).collect()),
    ("slow ramp", |len| (0..len).map(|i| (i / 100) as u8).collect()),
    ("period of three", |len| b"rgb".iter().copied().cycle().take(len).collect()),
    ("noise", noise),
    ("runs", |len| {
        let runs = noise(len).into_iter();
        runs.flat_map(|byte| iter::repeat_n(byte & 3, usize::from(byte))).take(len).collect()
    }),
    ("noise and zeros", |len| {
        let blocks = noise(len).into_iter().enumerate();
        blocks.map(|(i, byte)| if i / 97 % 2 == 0 { byte } else { 0 }).collect()
    }),
];

/// The same noise each time.
pub(super) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    iter::repeat_with(step).take(len).collect()
}
