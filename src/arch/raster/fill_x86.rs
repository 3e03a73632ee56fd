//! One value found and put where a mask says, with AVX2 and with AVX-512.
//!
//! AVX-512 makes and takes the bits as they are. AVX2 copies them to all elements, of which each keeps a bit
//! of its own.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::super::Isa;
use super::STEP;

/// [`restore`](super::fill::restore), of whole steps from the front; says how many bytes.
pub(super) fn restore(
    isa: Isa,
    itemsize: usize,
    fill: u64,
    mask: &[u8],
    values: &mut [u8],
) -> usize {
    match itemsize {
        1 => restore_items::<1>(isa, fill, mask, values),
        2 => restore_items::<2>(isa, fill, mask, values),
        4 => restore_items::<4>(isa, fill, mask, values),
        _ => restore_items::<8>(isa, fill, mask, values),
    }
}

/// [`find`](super::fill::find), of whole steps from the front; says how many bytes. Only AVX-512
/// does any: others gather bits no faster than plain loops.
pub(super) fn find(isa: Isa, itemsize: usize, fill: u64, src: &[u8], mask: &mut [u8]) -> usize {
    let Isa::Avx512(_) = isa else { return 0 };
    // SAFETY: `isa` says that the machine has the instructions.
    unsafe {
        match itemsize {
            1 => find_avx512::<1, 8>(fill, src, mask),
            2 => find_avx512::<2, 4>(fill, src, mask),
            4 => find_avx512::<4, 2>(fill, src, mask),
            _ => find_avx512::<8, 1>(fill, src, mask),
        }
    }
}

/// A step of values of `N` bytes has bits in `NBYTES` of the mask.
#[target_feature(enable = "avx512f,avx512bw")]
fn find_avx512<const N: usize, const NBYTES: usize>(
    fill: u64,
    src: &[u8],
    mask: &mut [u8],
) -> usize {
    let fills = match N {
        1 => _mm512_set1_epi8(fill as i8),
        2 => _mm512_set1_epi16(fill as i16),
        4 => _mm512_set1_epi32(fill as i32),
        _ => _mm512_set1_epi64(fill as i64),
    };
    let steps = src.as_chunks::<STEP>().0;
    let masks = mask.as_chunks_mut::<NBYTES>().0;
    let nsteps = steps.len().min(masks.len());
    for (step, mask) in steps.iter().zip(masks) {
        // SAFETY: a step has 64 bytes.
        let values = unsafe { _mm512_loadu_si512(step.as_ptr().cast()) };
        let bits = match N {
            1 => _mm512_cmpeq_epi8_mask(values, fills),
            2 => _mm512_cmpeq_epi16_mask(values, fills).into(),
            4 => _mm512_cmpeq_epi32_mask(values, fills).into(),
            _ => _mm512_cmpeq_epi64_mask(values, fills).into(),
        };
        mask.copy_from_slice(&bits.to_le_bytes()[..NBYTES]);
    }
    nsteps * STEP
}

fn restore_items<const N: usize>(isa: Isa, fill: u64, mask: &[u8], values: &mut [u8]) -> usize {
    // The value in all of its places.
    let mut fills = [0; STEP];
    fills.chunks_exact_mut(N).for_each(|value| value.copy_from_slice(&fill.to_le_bytes()[..N]));
    let steps = values.as_chunks_mut::<STEP>().0;
    let bits = mask.chunks_exact(8 / N).map(|bytes| {
        let mut bits = [0; 8];
        bits[..8 / N].copy_from_slice(bytes);
        u64::from_le_bytes(bits)
    });
    let nsteps = steps.len().min(bits.len());
    let steps = steps.iter_mut().zip(bits);
    match isa {
        Isa::Scalar => return 0,
        // SAFETY: `isa` says that the machine has the instructions.
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { restore_avx2::<N>(&fills, steps) },
        // SAFETY: as above.
        Isa::Avx512(_) => unsafe { restore_avx512::<N>(&fills, steps) },
    }
    nsteps * STEP
}

#[target_feature(enable = "avx512f,avx512bw")]
fn restore_avx512<'a, const N: usize>(
    fills: &[u8; STEP],
    steps: impl Iterator<Item = (&'a mut [u8; STEP], u64)>,
) {
    // SAFETY: the array has 64 bytes.
    let fills = unsafe { _mm512_loadu_si512(fills.as_ptr().cast()) };
    for (step, bits) in steps {
        let to = step.as_mut_ptr();
        // SAFETY: a step has 64 bytes, and there are no more elements in them.
        unsafe {
            match N {
                1 => _mm512_mask_storeu_epi8(to.cast(), bits, fills),
                2 => _mm512_mask_storeu_epi16(to.cast(), bits as u32, fills),
                4 => _mm512_mask_storeu_epi32(to.cast(), bits as u16, fills),
                _ => _mm512_mask_storeu_epi64(to.cast(), bits as u8, fills),
            }
        }
    }
}

/// In each element of 32 bytes the bit of the mask that is its own; for bytes, whose bits are in
/// eight of them, that in its byte.
const fn own_bits<const N: usize>() -> [u8; 32] {
    let mut bits = [0; 32];
    let mut at = 0;
    while at < 32 / N {
        bits[at * N + at / 8 % N] = 1 << (at % 8);
        at += 1;
    }
    bits
}

/// For each byte of 32 the byte of the mask that has its bit.
const fn bytes_of_bits() -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = (at / 8) as u8;
        at += 1;
    }
    bytes
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn restore_avx2<'a, const N: usize>(
    fills: &[u8; STEP],
    steps: impl Iterator<Item = (&'a mut [u8; STEP], u64)>,
) {
    let own = load(&const { own_bits::<N>() });
    let spread = load(&const { bytes_of_bits() });
    for (step, bits) in steps {
        let halves = step.as_chunks_mut::<32>().0.iter_mut();
        for (half, (at, fills)) in halves.zip(fills.as_chunks().0.iter().enumerate()) {
            let bits = bits >> (at * (32 / N));
            let set = match N {
                1 => {
                    let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), spread);
                    _mm256_cmpeq_epi8(_mm256_and_si256(bytes, own), own)
                }
                2 => {
                    let all = _mm256_set1_epi16(bits as i16);
                    _mm256_cmpeq_epi16(_mm256_and_si256(all, own), own)
                }
                4 => {
                    let all = _mm256_set1_epi32(bits as i32);
                    _mm256_cmpeq_epi32(_mm256_and_si256(all, own), own)
                }
                _ => {
                    let all = _mm256_set1_epi64x(bits as i64);
                    _mm256_cmpeq_epi64(_mm256_and_si256(all, own), own)
                }
            };
            let blended = _mm256_blendv_epi8(load(half), load(fills), set);
            // SAFETY: the half has 32 bytes.
            unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), blended) };
        }
    }
}
