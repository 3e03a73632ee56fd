//! Costs of predictors with AVX2; see [`costs`](super::costs).
//!
//! As with AVX-512, with four registers for a pair of steps, which the halves of groups are or-ed
//! to two and to one of.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::Predictor;
use super::costs::{Pairs, Sums};
use super::transpose_avx2::{residuals, splat};
use super::transpose_x86::{GRADIENT, LEFT, NONE, UP, W3};

/// What is added up over all pairs.
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn sums<const ITEMSIZE: usize>(pairs: Pairs<'_>) -> Sums {
    let base = splat::<ITEMSIZE>(pairs.base);
    let stride = pairs.stride.unwrap_or(0);
    let reach = pairs.reach(ITEMSIZE);
    let mut widths = [_mm256_setzero_si256(); Predictor::ALL.len()];
    let mut nonzero = [0; Predictor::ALL.len()];
    for pair in pairs.with_reach(ITEMSIZE) {
        let load = |part: usize, back: usize| {
            // SAFETY: a quarter of two steps behind `reach` bytes, or not more than these before.
            unsafe { _mm256_loadu_si256(pair.as_ptr().add(reach + part * 32).sub(back).cast()) }
        };
        macro_rules! add {
            ($predictor:ident) => {
                let mut parts = [_mm256_setzero_si256(); 4];
                for (index, part) in parts.iter_mut().enumerate() {
                    let load = |back| load(index, back);
                    let residuals = residuals::<ITEMSIZE, $predictor>(base, stride, load);
                    *part = match $predictor {
                        NONE => residuals,
                        _ => folded::<ITEMSIZE>(residuals),
                    };
                }
                let groups = or_groups::<ITEMSIZE>(parts);
                let index = usize::from($predictor);
                let bits = count_ones(filled::<ITEMSIZE>(groups));
                widths[index] = _mm256_add_epi64(widths[index], bits);
                nonzero[index] += u64::from(_mm256_testz_si256(groups, groups) == 0);
            };
        }
        add!(NONE);
        add!(LEFT);
        if pairs.stride.is_some() {
            add!(UP);
            add!(GRADIENT);
            add!(W3);
        }
    }
    let mut sums = Sums { nonzero, ..Sums::default() };
    for (sum, widths) in sums.widths.iter_mut().zip(widths) {
        let mut parts = [0_u64; 4];
        // SAFETY: the array has 32 bytes.
        unsafe { _mm256_storeu_si256(parts.as_mut_ptr().cast(), widths) };
        *sum = parts.iter().sum();
    }
    sums
}

/// Numbers with a sign as numbers without that need as many bits.
#[inline]
#[target_feature(enable = "avx2")]
fn folded<const ITEMSIZE: usize>(residuals: __m256i) -> __m256i {
    let zero = _mm256_setzero_si256();
    let (doubled, signs) = match ITEMSIZE {
        1 => (_mm256_add_epi8(residuals, residuals), _mm256_cmpgt_epi8(zero, residuals)),
        2 => (_mm256_add_epi16(residuals, residuals), _mm256_srai_epi16::<15>(residuals)),
        4 => (_mm256_add_epi32(residuals, residuals), _mm256_srai_epi32::<31>(residuals)),
        _ => (_mm256_add_epi64(residuals, residuals), _mm256_cmpgt_epi64(zero, residuals)),
    };
    _mm256_xor_si256(doubled, signs)
}

/// The values of each group or-ed: a number of twice the size for each, zeros above.
#[inline]
#[target_feature(enable = "avx2")]
fn or_groups<const ITEMSIZE: usize>(parts: [__m256i; 4]) -> __m256i {
    let [a, b, c, d] = parts;
    let or = |left, right| _mm256_or_si256(left, right);
    let quarters = match ITEMSIZE {
        1 => {
            let (low, high) = (or_pairs_of_32(a, b), or_pairs_of_32(c, d));
            let low = or(low, _mm256_srli_epi32::<16>(low));
            let high = or(high, _mm256_slli_epi32::<16>(high));
            _mm256_blend_epi16::<0b1010_1010>(low, high)
        }
        2 => or_pairs_of_32(or_pairs_of_64(a, b), or_pairs_of_64(c, d)),
        4 => or_pairs_of_64(or_pairs_of_128(a, b), or_pairs_of_128(c, d)),
        _ => or_pairs_of_128(or(a, b), or(c, d)),
    };
    let (other, first) = match ITEMSIZE {
        1 => (_mm256_srli_epi16::<8>(quarters), _mm256_set1_epi16(0xff)),
        2 => (_mm256_srli_epi32::<16>(quarters), _mm256_set1_epi32(0xffff)),
        4 => (_mm256_srli_epi64::<32>(quarters), _mm256_set1_epi64x(0xffff_ffff)),
        _ => (_mm256_shuffle_epi32::<0b01_00_11_10>(quarters), _mm256_setr_epi64x(-1, 0, -1, 0)),
    };
    _mm256_and_si256(or(quarters, other), first)
}

#[inline]
#[target_feature(enable = "avx2")]
fn or_pairs_of_32(low: __m256i, high: __m256i) -> __m256i {
    let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
    let even = _mm256_shuffle_ps::<0b10_00_10_00>(low, high);
    let odd = _mm256_shuffle_ps::<0b11_01_11_01>(low, high);
    _mm256_castps_si256(_mm256_or_ps(even, odd))
}

#[inline]
#[target_feature(enable = "avx2")]
fn or_pairs_of_64(low: __m256i, high: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_unpacklo_epi64(low, high), _mm256_unpackhi_epi64(low, high))
}

#[inline]
#[target_feature(enable = "avx2")]
fn or_pairs_of_128(low: __m256i, high: __m256i) -> __m256i {
    let even = _mm256_permute2x128_si256::<0x20>(low, high);
    _mm256_or_si256(even, _mm256_permute2x128_si256::<0x31>(low, high))
}

/// Sets all bits below the highest.
#[inline]
#[target_feature(enable = "avx2")]
fn filled<const ITEMSIZE: usize>(groups: __m256i) -> __m256i {
    macro_rules! filled {
        ($($shift:literal)*) => {{
            let filled = groups;
            $(
                let lower = match ITEMSIZE {
                    1 => _mm256_srli_epi16::<$shift>(filled),
                    2 => _mm256_srli_epi32::<$shift>(filled),
                    _ => _mm256_srli_epi64::<$shift>(filled),
                };
                let filled = _mm256_or_si256(filled, lower);
            )*
            filled
        }};
    }
    match ITEMSIZE {
        1 => filled!(1 2 4),
        2 => filled!(1 2 4 8),
        4 => filled!(1 2 4 8 16),
        _ => filled!(1 2 4 8 16 32),
    }
}

/// How many bits are set in each eight bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn count_ones(bits: __m256i) -> __m256i {
    let counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    let counts = _mm256_broadcastsi128_si256(counts);
    let low = _mm256_set1_epi8(15);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bits), low);
    let low = _mm256_and_si256(bits, low);
    let of_bytes =
        _mm256_add_epi8(_mm256_shuffle_epi8(counts, low), _mm256_shuffle_epi8(counts, high));
    _mm256_sad_epu8(of_bytes, _mm256_setzero_si256())
}
