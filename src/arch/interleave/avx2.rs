//! Interleaving with AVX2, for any number of channels up to eight.
//!
//! The two lanes of a register work on two runs of 16 bytes of each plane, side by side in the
//! plane. What these become is as many runs of 16 bytes as there are channels; each is put together
//! from one shuffle of every plane's register. That is `channels` shuffles for 32 bytes, of which
//! processors do two per clock: with up to four channels as much as the caches take, so that
//! kernels for each count of channels, or for AVX-512, have nothing to win.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::{Differences, Isa};

/// Bytes of each plane that are worked on at once.
const RUN: usize = 32;

/// Bytes of a lane.
const LANE: usize = 16;

/// In a shuffle: no byte of this register.
const NONE: u8 = 0x80;

/// What each of several registers takes from each of as many others.
type Shuffles<const CHANNELS: usize> = [[[u8; LANE]; CHANNELS]; CHANNELS];

struct Tables<const SIZE: usize, const CHANNELS: usize>;

impl<const SIZE: usize, const CHANNELS: usize> Tables<SIZE, CHANNELS> {
    /// `INTERLEAVE[j][c]`: what run `j` of the pixels takes from plane `c`.
    const INTERLEAVE: Shuffles<CHANNELS> = Self::tables().0;
    /// `DEINTERLEAVE[c][j]`: what plane `c` takes from run `j` of the pixels.
    const DEINTERLEAVE: Shuffles<CHANNELS> = Self::tables().1;

    const fn tables() -> (Shuffles<CHANNELS>, Shuffles<CHANNELS>) {
        let mut interleave = [[[NONE; LANE]; CHANNELS]; CHANNELS];
        let mut deinterleave = [[[NONE; LANE]; CHANNELS]; CHANNELS];
        let mut at = 0;
        while at < LANE * CHANNELS {
            let (item, byte) = (at / SIZE, at % SIZE);
            let (pixel, channel) = (item / CHANNELS, item % CHANNELS);
            let in_plane = pixel * SIZE + byte;
            interleave[at / LANE][channel][at % LANE] = in_plane as u8;
            deinterleave[channel][at / LANE][in_plane] = (at % LANE) as u8;
            at += 1;
        }
        (interleave, deinterleave)
    }
}

/// Interleaves from the front, and says how many bytes of each plane.
pub(super) fn interleave<const SIZE: usize>(
    isa: Isa,
    planes: &[&[u8]],
    differences: Differences,
    dst: &mut [u8],
) -> usize {
    if isa == Isa::Scalar {
        return 0;
    }
    // SAFETY: `isa` says that the machine has AVX2.
    unsafe {
        match planes.len() {
            2 => interleave_avx2::<SIZE, 2>(planes, differences, dst),
            3 => interleave_avx2::<SIZE, 3>(planes, differences, dst),
            4 => interleave_avx2::<SIZE, 4>(planes, differences, dst),
            5 => interleave_avx2::<SIZE, 5>(planes, differences, dst),
            6 => interleave_avx2::<SIZE, 6>(planes, differences, dst),
            7 => interleave_avx2::<SIZE, 7>(planes, differences, dst),
            8 => interleave_avx2::<SIZE, 8>(planes, differences, dst),
            _ => 0,
        }
    }
}

/// Deinterleaves from the front, and says how many bytes of each plane.
pub(super) fn deinterleave<const SIZE: usize>(
    isa: Isa,
    src: &[u8],
    planes: &mut [&mut [u8]],
) -> usize {
    if isa == Isa::Scalar {
        return 0;
    }
    // SAFETY: `isa` says that the machine has AVX2.
    unsafe {
        match planes.len() {
            2 => deinterleave_avx2::<SIZE, 2>(src, planes),
            3 => deinterleave_avx2::<SIZE, 3>(src, planes),
            4 => deinterleave_avx2::<SIZE, 4>(src, planes),
            5 => deinterleave_avx2::<SIZE, 5>(src, planes),
            6 => deinterleave_avx2::<SIZE, 6>(src, planes),
            7 => deinterleave_avx2::<SIZE, 7>(src, planes),
            8 => deinterleave_avx2::<SIZE, 8>(src, planes),
            _ => 0,
        }
    }
}

#[target_feature(enable = "avx2")]
fn interleave_avx2<const SIZE: usize, const CHANNELS: usize>(
    planes: &[&[u8]],
    differences: Differences,
    dst: &mut [u8],
) -> usize {
    let runs = planes.iter().map(|plane| plane.len()).min().unwrap_or(0) / RUN;
    let runs = runs.min(dst.len() / (RUN * CHANNELS));
    let reference = planes[differences.reference].as_ptr();
    let planes: [&[u8]; CHANNELS] = std::array::from_fn(|channel| planes[channel]);
    let is_difference: [__m256i; CHANNELS] =
        std::array::from_fn(|channel| _mm256_set1_epi8(-i8::from(differences.contains(channel))));
    let half = half_range::<SIZE>();
    for run in 0..runs {
        // SAFETY: all planes have `runs` runs.
        let reference = unsafe { _mm256_loadu_si256(reference.add(run * RUN).cast()) };
        let reference = _mm256_xor_si256(reference, half);
        let values: [__m256i; CHANNELS] = std::array::from_fn(|channel| {
            // SAFETY: as above.
            let value =
                unsafe { _mm256_loadu_si256(planes[channel].as_ptr().add(run * RUN).cast()) };
            plus::<SIZE>(value, _mm256_and_si256(reference, is_difference[channel]))
        });
        for (j, tables) in Tables::<SIZE, CHANNELS>::INTERLEAVE.iter().enumerate() {
            let both = shuffled(&values, tables);
            // SAFETY: `dst` has `runs` times `2 * CHANNELS` lanes.
            unsafe {
                let to = dst.as_mut_ptr().add(run * RUN * CHANNELS + j * LANE);
                _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(both));
                let to = to.add(CHANNELS * LANE);
                _mm_storeu_si128(to.cast(), _mm256_extracti128_si256::<1>(both));
            }
        }
    }
    runs * RUN
}

#[target_feature(enable = "avx2")]
fn deinterleave_avx2<const SIZE: usize, const CHANNELS: usize>(
    src: &[u8],
    planes: &mut [&mut [u8]],
) -> usize {
    let runs = planes.iter().map(|plane| plane.len()).min().unwrap_or(0) / RUN;
    let runs = runs.min(src.len() / (RUN * CHANNELS));
    let planes: [*mut u8; CHANNELS] = std::array::from_fn(|channel| planes[channel].as_mut_ptr());
    for run in 0..runs {
        let pixels: [__m256i; CHANNELS] = std::array::from_fn(|j| {
            // SAFETY: `src` has `runs` times `2 * CHANNELS` lanes.
            unsafe {
                let from = src.as_ptr().add(run * RUN * CHANNELS + j * LANE);
                _mm256_loadu2_m128i(from.add(CHANNELS * LANE).cast(), from.cast())
            }
        });
        for (tables, plane) in Tables::<SIZE, CHANNELS>::DEINTERLEAVE.iter().zip(planes) {
            let both = shuffled(&pixels, tables);
            // SAFETY: all planes have `runs` runs, and are borrowed exclusively.
            unsafe { _mm256_storeu_si256(plane.add(run * RUN).cast(), both) }
        }
    }
    runs * RUN
}

/// The bytes that each table takes from its register, in both lanes alike, joined.
#[inline]
#[target_feature(enable = "avx2")]
fn shuffled<const CHANNELS: usize>(
    from: &[__m256i; CHANNELS],
    tables: &[[u8; LANE]; CHANNELS],
) -> __m256i {
    let mut joined = _mm256_setzero_si256();
    for (from, table) in from.iter().zip(tables) {
        // Large items come from some registers only.
        if *table != [NONE; LANE] {
            // SAFETY: the array has 16 bytes.
            let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
            let taken = _mm256_shuffle_epi8(*from, _mm256_broadcastsi128_si256(table));
            joined = _mm256_or_si256(joined, taken);
        }
    }
    joined
}

/// The number that is half the range, in each place.
#[inline]
#[target_feature(enable = "avx2")]
fn half_range<const SIZE: usize>() -> __m256i {
    match SIZE {
        1 => _mm256_set1_epi8(i8::MIN),
        2 => _mm256_set1_epi16(i16::MIN),
        4 => _mm256_set1_epi32(i32::MIN),
        _ => _mm256_set1_epi64x(i64::MIN),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn plus<const SIZE: usize>(left: __m256i, right: __m256i) -> __m256i {
    match SIZE {
        1 => _mm256_add_epi8(left, right),
        2 => _mm256_add_epi16(left, right),
        4 => _mm256_add_epi32(left, right),
        _ => _mm256_add_epi64(left, right),
    }
}
