//! Costs of predictors with AVX-512; see [`costs`](super::costs).
//!
//! A pair of steps is two registers. The halves of each group are or-ed, which makes one register
//! of the two, and halved again until there is one number per group. The sum of widths is the
//! number of bits from the highest that is set down.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::costs::{PAIR, Pairs, Sums};
use super::transpose_avx512::{residuals, splat};
use super::transpose_x86::{GRADIENT, LEFT, NONE, UP, W3};
use super::{Predictor, STEP};

/// What is added up over all pairs.
#[target_feature(enable = "avx512f,avx512bw,avx512vpopcntdq")]
pub(super) fn sums<const ITEMSIZE: usize>(pairs: Pairs<'_>) -> Sums {
    let base = splat::<ITEMSIZE>(pairs.base);
    let stride = pairs.stride.unwrap_or(0);
    let reach = pairs.reach(ITEMSIZE);
    let mut widths = [_mm512_setzero_si512(); Predictor::ALL.len()];
    let mut nonzero = [0; Predictor::ALL.len()];
    for pair in pairs.with_reach(ITEMSIZE) {
        let load = |step: usize, back: usize| {
            // SAFETY: one of two steps behind `reach` bytes, or not more than these before it.
            unsafe { _mm512_loadu_si512(pair.as_ptr().add(reach + step * STEP).sub(back).cast()) }
        };
        macro_rules! add {
            ($predictor:ident) => {
                let steps = [
                    residuals::<ITEMSIZE, $predictor>(base, stride, |back| load(0, back)),
                    residuals::<ITEMSIZE, $predictor>(base, stride, |back| load(1, back)),
                ];
                let steps = match $predictor {
                    NONE => steps,
                    _ => [folded::<ITEMSIZE>(steps[0]), folded::<ITEMSIZE>(steps[1])],
                };
                let groups = or_groups::<ITEMSIZE>(steps);
                let bits = _mm512_popcnt_epi64(filled::<ITEMSIZE>(groups));
                let index = usize::from($predictor);
                widths[index] = _mm512_add_epi64(widths[index], bits);
                nonzero[index] += u64::from(_mm512_test_epi64_mask(groups, groups) != 0);
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
        *sum = _mm512_reduce_add_epi64(widths) as u64;
    }
    sums
}

/// Numbers with a sign as numbers without that need as many bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn folded<const ITEMSIZE: usize>(residuals: __m512i) -> __m512i {
    let (doubled, signs) = match ITEMSIZE {
        1 => (
            _mm512_add_epi8(residuals, residuals),
            _mm512_movm_epi8(_mm512_movepi8_mask(residuals)),
        ),
        2 => (_mm512_add_epi16(residuals, residuals), _mm512_srai_epi16::<15>(residuals)),
        4 => (_mm512_add_epi32(residuals, residuals), _mm512_srai_epi32::<31>(residuals)),
        _ => (_mm512_add_epi64(residuals, residuals), _mm512_srai_epi64::<63>(residuals)),
    };
    _mm512_xor_si512(doubled, signs)
}

/// The values of each group or-ed: a number of 4 times the size for each, zeros above.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn or_groups<const ITEMSIZE: usize>(steps: [__m512i; PAIR]) -> __m512i {
    let [low, high] = steps;
    // Each register's even and its odd quarters, eighths, ... of which two make a group.
    let (even, odd) = match ITEMSIZE {
        1 => {
            let (low, high) = (_mm512_castsi512_ps(low), _mm512_castsi512_ps(high));
            (
                _mm512_castps_si512(_mm512_shuffle_ps::<0b10_00_10_00>(low, high)),
                _mm512_castps_si512(_mm512_shuffle_ps::<0b11_01_11_01>(low, high)),
            )
        }
        2 => (_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high)),
        4 => (
            _mm512_shuffle_i64x2::<0b10_00_10_00>(low, high),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high),
        ),
        _ => (
            _mm512_shuffle_i64x2::<0b01_00_01_00>(low, high),
            _mm512_shuffle_i64x2::<0b11_10_11_10>(low, high),
        ),
    };
    let halves = _mm512_or_si512(even, odd);
    let other = match ITEMSIZE {
        1 => _mm512_srli_epi32::<16>(halves),
        2 => _mm512_srli_epi64::<32>(halves),
        4 => _mm512_shuffle_epi32::<0b01_00_11_10>(halves),
        _ => _mm512_shuffle_i64x2::<0b10_11_00_01>(halves, halves),
    };
    let quarters = _mm512_or_si512(halves, other);
    let (other, first) = match ITEMSIZE {
        1 => (_mm512_srli_epi32::<8>(quarters), _mm512_set1_epi32(0xff)),
        2 => (_mm512_srli_epi64::<16>(quarters), _mm512_set1_epi64(0xffff)),
        4 => (_mm512_srli_epi64::<32>(quarters), _mm512_set4_epi32(0, 0, 0, -1)),
        _ => (_mm512_shuffle_epi32::<0b01_00_11_10>(quarters), _mm512_set4_epi64(0, 0, 0, -1)),
    };
    _mm512_and_si512(_mm512_or_si512(quarters, other), first)
}

/// Sets all bits below the highest.
#[inline]
#[target_feature(enable = "avx512f")]
fn filled<const ITEMSIZE: usize>(groups: __m512i) -> __m512i {
    macro_rules! filled {
        ($($shift:literal)*) => {{
            let filled = groups;
            $(
                let lower = match ITEMSIZE {
                    1 => _mm512_srli_epi32::<$shift>(filled),
                    _ => _mm512_srli_epi64::<$shift>(filled),
                };
                let filled = _mm512_or_si512(filled, lower);
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
