//! Seeded raw bytes.

/// What the raw bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// Elements that count up, with a wobble: compresses in some streams.
    Ramp,
    /// Mostly zeros: streams that are runs.
    Sparse,
    /// Nothing to compress.
    Noise,
    /// Noise in one half of the bytes, a constant in the other: raw and run streams in one chunk.
    Mixed,
}

pub const CONTENTS: [Content; 4] = [Content::Ramp, Content::Sparse, Content::Noise, Content::Mixed];

pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

pub fn raw(content: Content, nbytes: usize, typesize: usize, seed: u64) -> Vec<u8> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut bytes = vec![0; nbytes];
    match content {
        Content::Ramp => {
            for (i, item) in bytes.chunks_mut(typesize).enumerate() {
                let value = (i as u64 * 3 + (next(&mut state) & 7)).to_le_bytes();
                for (at, byte) in item.iter_mut().enumerate() {
                    *byte = value[at % 8] ^ (at / 8) as u8;
                }
            }
        }
        Content::Sparse => {
            for _ in 0..nbytes.div_ceil(700) {
                let at = next(&mut state) as usize % nbytes;
                bytes[at] = next(&mut state) as u8;
            }
        }
        Content::Noise => bytes.fill_with(|| next(&mut state) as u8),
        Content::Mixed => {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = if i % typesize < typesize / 2 { next(&mut state) as u8 } else { 0x5a };
            }
        }
    }
    bytes
}
