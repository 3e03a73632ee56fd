//! Running XOR and running sum with AVX2 and with AVX-512.
//!
//! Each 16-byte lane is accumulated by itself in log2 steps, then the lanes' totals. Only the last
//! step, adding what came before the register, waits for the register before.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::Isa;
use super::prefix::SUM;

/// Accumulates units of `UNIT` bytes from the front, and says how many bytes.
pub(super) fn prefix<const UNIT: usize, const OP: u8>(
    isa: Isa,
    src: &[u8],
    dst: &mut [u8],
) -> usize {
    match isa {
        Isa::Scalar => 0,
        // SAFETY: `isa` says that the machine has the instructions.
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { prefix_avx2::<UNIT, OP>(src, dst) },
        // SAFETY: as above.
        Isa::Avx512(_) => unsafe { prefix_avx512::<UNIT, OP>(src, dst) },
    }
}

/// For each half of a lane where the last unit of the lower half is (nowhere, for the lower half
/// itself).
const fn last_of_lower_half<const UNIT: usize>() -> [u8; 16] {
    let mut indices = [0x80; 16];
    let mut at = 8;
    while at < 16 {
        indices[at] = (8 - UNIT + at % UNIT) as u8;
        at += 1;
    }
    indices
}

/// For each unit of a lane where its last unit is.
const fn last_of_lane<const UNIT: usize>() -> [u8; 16] {
    let mut indices = [0; 16];
    let mut at = 0;
    while at < 16 {
        indices[at] = (16 - UNIT + at % UNIT) as u8;
        at += 1;
    }
    indices
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: [u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn prefix_avx2<const UNIT: usize, const OP: u8>(src: &[u8], dst: &mut [u8]) -> usize {
    let lower = _mm256_broadcastsi128_si256(load_128(const { last_of_lower_half::<UNIT>() }));
    let last = _mm256_broadcastsi128_si256(load_128(const { last_of_lane::<UNIT>() }));
    let mut before = _mm256_setzero_si256();
    let (from, to) = (src.as_chunks::<32>().0, dst.as_chunks_mut::<32>().0);
    for (from, to) in from.iter().zip(to.iter_mut()) {
        // SAFETY: the array has 32 bytes.
        let mut sum = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
        if UNIT <= 1 {
            sum = combine_avx2::<OP>(sum, _mm256_slli_epi64::<8>(sum));
        }
        if UNIT <= 2 {
            sum = combine_avx2::<OP>(sum, _mm256_slli_epi64::<16>(sum));
        }
        if UNIT <= 4 {
            sum = combine_avx2::<OP>(sum, _mm256_slli_epi64::<32>(sum));
        }
        sum = combine_avx2::<OP>(sum, _mm256_shuffle_epi8(sum, lower));
        let totals = _mm256_shuffle_epi8(sum, last);
        let low_to_high = _mm256_permute2x128_si256::<0x08>(totals, totals);
        sum = combine_avx2::<OP>(sum, low_to_high);
        // SAFETY: the array has 32 bytes.
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), combine_avx2::<OP>(sum, before));
        }
        let swapped = _mm256_permute4x64_epi64::<0b01_00_11_10>(totals);
        before = combine_avx2::<OP>(before, combine_avx2::<OP>(totals, swapped));
    }
    src.len() / 32 * 32
}

#[inline]
#[target_feature(enable = "avx2")]
fn combine_avx2<const OP: u8>(left: __m256i, right: __m256i) -> __m256i {
    if OP == SUM { _mm256_add_epi8(left, right) } else { _mm256_xor_si256(left, right) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn prefix_avx512<const UNIT: usize, const OP: u8>(src: &[u8], dst: &mut [u8]) -> usize {
    let lower = _mm512_broadcast_i32x4(load_128(const { last_of_lower_half::<UNIT>() }));
    let last = _mm512_broadcast_i32x4(load_128(const { last_of_lane::<UNIT>() }));
    let mut before = _mm512_setzero_si512();
    let (from, to) = (src.as_chunks::<64>().0, dst.as_chunks_mut::<64>().0);
    for (from, to) in from.iter().zip(to.iter_mut()) {
        // SAFETY: the array has 64 bytes.
        let mut sum = unsafe { _mm512_loadu_si512(from.as_ptr().cast()) };
        if UNIT <= 1 {
            sum = combine_avx512::<OP>(sum, _mm512_slli_epi64::<8>(sum));
        }
        if UNIT <= 2 {
            sum = combine_avx512::<OP>(sum, _mm512_slli_epi64::<16>(sum));
        }
        if UNIT <= 4 {
            sum = combine_avx512::<OP>(sum, _mm512_slli_epi64::<32>(sum));
        }
        sum = combine_avx512::<OP>(sum, _mm512_shuffle_epi8(sum, lower));
        // Totals of the lanes, accumulated from lane to lane.
        let totals = _mm512_shuffle_epi8(sum, last);
        let one_up = _mm512_maskz_shuffle_i64x2::<0b10_01_00_00>(0b1111_1100, totals, totals);
        let totals = combine_avx512::<OP>(totals, one_up);
        let two_up = _mm512_maskz_shuffle_i64x2::<0b01_00_00_00>(0b1111_0000, totals, totals);
        let totals = combine_avx512::<OP>(totals, two_up);
        let lanes_before = _mm512_maskz_shuffle_i64x2::<0b10_01_00_00>(0b1111_1100, totals, totals);
        sum = combine_avx512::<OP>(sum, lanes_before);
        // SAFETY: the array has 64 bytes.
        unsafe {
            _mm512_storeu_si512(to.as_mut_ptr().cast(), combine_avx512::<OP>(sum, before));
        }
        let all = _mm512_shuffle_i64x2::<0b11_11_11_11>(totals, totals);
        before = combine_avx512::<OP>(before, all);
    }
    src.len() / 64 * 64
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn combine_avx512<const OP: u8>(left: __m512i, right: __m512i) -> __m512i {
    if OP == SUM { _mm512_add_epi8(left, right) } else { _mm512_xor_si512(left, right) }
}
