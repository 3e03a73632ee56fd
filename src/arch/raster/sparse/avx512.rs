//! Steps with AVX-512, which compresses and expands bytes.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::kernel::{self, Ends, Lanes, Sinks};
use super::{Sections, Steps};

/// AVX-512 with VBMI2 and BITALG, and BMI2.
struct Avx512;

/// [`kernel::separate`].
///
/// # Safety
/// As there; the machine has AVX-512 F, BW, VL, VBMI, VBMI2 and BITALG, BMI1, BMI2 and POPCNT.
#[target_feature(
    enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx512bitalg,bmi1,bmi2,popcnt"
)]
pub(super) unsafe fn separate(src: &[u8], steps: Steps, sinks: Sinks) -> Ends {
    // SAFETY: as the caller says.
    unsafe { kernel::separate::<Avx512>(src, steps, sinks) }
}

/// [`kernel::restore`].
///
/// # Safety
/// As there; the machine has AVX-512 F, BW, VL, VBMI, VBMI2 and BITALG, BMI1, BMI2 and POPCNT.
#[target_feature(
    enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx512bitalg,bmi1,bmi2,popcnt"
)]
pub(super) unsafe fn restore(
    sections: &Sections,
    moved_bytes: usize,
    steps: Steps,
    block: &mut [u8],
) -> usize {
    // SAFETY: as the caller says.
    unsafe { kernel::restore::<Avx512>(sections, moved_bytes, steps, block) }
}

/// 1 in each byte.
const LOWEST: u64 = !0 / 255;

/// How many of the bits up to each are set, in a byte each.
///
/// # Safety
/// The machine has AVX-512 F, BW and BITALG.
#[inline(always)]
unsafe fn running_counts(bits: u64) -> __m512i {
    // SAFETY: the caller says that the machine has the instructions.
    unsafe {
        // Byte j of the bits, eight times, in word j.
        let ones = LOWEST as i64;
        let byte =
            _mm512_setr_epi64(0, ones, ones * 2, ones * 3, ones * 4, ones * 5, ones * 6, ones * 7);
        let up_to = _mm512_set1_epi64(0xff7f_3f1f_0f07_0301_u64 as i64);
        let spread = _mm512_shuffle_epi8(_mm512_set1_epi64(bits as i64), byte);
        let within = _mm512_popcnt_epi8(_mm512_and_si512(spread, up_to));
        let of_bytes = _mm_cvtsi128_si64(_mm_popcnt_epi8(_mm_cvtsi64_si128(bits as i64))) as u64;
        let before = of_bytes.wrapping_mul(LOWEST) << 8;
        _mm512_add_epi8(within, _mm512_shuffle_epi8(_mm512_set1_epi64(before as i64), byte))
    }
}

// SAFETY of all: the caller says that the machine has the instructions, and what can be read and
// written.
impl Lanes for Avx512 {
    type Bytes = __m512i;

    #[inline(always)]
    unsafe fn load(from: *const u8) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(bytes: __m512i, to: *mut u8) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_si512(to.cast(), bytes) };
    }

    #[inline(always)]
    unsafe fn differ(a: __m512i, b: __m512i) -> u64 {
        // SAFETY: see above.
        unsafe { _mm512_cmpneq_epi8_mask(a, b) }
    }

    #[inline(always)]
    unsafe fn select(bits: u64, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_mask_blend_epi8(bits, a, b) }
    }

    #[inline(always)]
    unsafe fn alternative(up: __m512i, upper_left: __m512i, upper_right: __m512i) -> __m512i {
        // SAFETY: see above.
        unsafe {
            let is_same = _mm512_cmpeq_epi8_mask(up, upper_left);
            _mm512_mask_blend_epi8(is_same, upper_left, upper_right)
        }
    }

    #[inline(always)]
    unsafe fn extract(bits: u64, mask: u64) -> u64 {
        // SAFETY: see above.
        unsafe { _pext_u64(bits, mask) }
    }

    #[inline(always)]
    unsafe fn deposit(bits: u64, mask: u64) -> u64 {
        // SAFETY: see above.
        unsafe { _pdep_u64(bits, mask) }
    }

    #[inline(always)]
    unsafe fn gather(bytes: *const u8, mask: u64, to: *mut u8) {
        // SAFETY: see above.
        unsafe { Self::store(_mm512_maskz_compress_epi8(mask, Self::load(bytes)), to) };
    }

    #[inline(always)]
    unsafe fn scatter(
        predicted: __m512i,
        exceptions: u64,
        repeats: u64,
        literals: *const u8,
        to: *mut u8,
    ) {
        // SAFETY: see above.
        unsafe {
            let literals = Self::load(literals);
            let mut bytes = _mm512_mask_expand_epi8(predicted, exceptions & !repeats, literals);
            if repeats != 0 {
                // Every byte is the last one up to it that repeats nothing. The first of those in
                // the register are counted from 1: in place 0 is the byte before the step.
                let origins = _mm512_maskz_compress_epi8(!repeats, bytes);
                let counts = running_counts(!repeats);
                let found =
                    _mm512_permutexvar_epi8(_mm512_sub_epi8(counts, _mm512_set1_epi8(1)), origins);
                let before = _mm512_set1_epi8(*to.sub(1) as i8);
                let is_none = _mm512_testn_epi8_mask(counts, counts);
                bytes = _mm512_mask_blend_epi8(is_none, found, before);
            }
            Self::store(bytes, to);
        }
    }
}
