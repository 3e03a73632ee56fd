//! Steps with AVX2 and BMI2. Exceptions are put in their places one by one: AVX2 cannot expand.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::kernel::{self, Ends, Lanes, Sinks};
use super::portable::{Portable, scatter_each};
use super::{Sections, Steps};

/// AVX2, BMI2 and POPCNT.
struct Avx2;

/// [`kernel::separate`].
///
/// # Safety
/// As there; the machine has AVX2, BMI1, BMI2 and POPCNT.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn separate(src: &[u8], steps: Steps, sinks: Sinks) -> Ends {
    // SAFETY: as the caller says.
    unsafe { kernel::separate::<Avx2>(src, steps, sinks) }
}

/// [`kernel::restore`].
///
/// # Safety
/// As there; the machine has AVX2, BMI1, BMI2 and POPCNT.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn restore(
    sections: &Sections,
    moved_bytes: usize,
    steps: Steps,
    block: &mut [u8],
) -> usize {
    // SAFETY: as the caller says.
    unsafe { kernel::restore::<Avx2>(sections, moved_bytes, steps, block) }
}

/// For each bit a byte, all ones if it is set.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn bytes_of(bits: u32) -> __m256i {
    // SAFETY: the caller says that the machine has the instructions.
    unsafe {
        let byte = _mm256_setr_epi64x(0, LOWEST, LOWEST * 2, LOWEST * 3);
        let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
        let spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits as i32), byte);
        _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit)
    }
}

/// 1 in each byte.
const LOWEST: i64 = 0x0101_0101_0101_0101;

// SAFETY of all: the caller says that the machine has the instructions, and what can be read and
// written.
impl Lanes for Avx2 {
    type Bytes = (__m256i, __m256i);

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self::Bytes {
        // SAFETY: see above.
        unsafe { (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(32).cast())) }
    }

    #[inline(always)]
    unsafe fn store(bytes: Self::Bytes, to: *mut u8) {
        // SAFETY: see above.
        unsafe {
            _mm256_storeu_si256(to.cast(), bytes.0);
            _mm256_storeu_si256(to.add(32).cast(), bytes.1);
        }
    }

    #[inline(always)]
    unsafe fn differ(a: Self::Bytes, b: Self::Bytes) -> u64 {
        // SAFETY: see above.
        let (low, high) = unsafe {
            (
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(a.0, b.0)),
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(a.1, b.1)),
            )
        };
        !(u64::from(low as u32) | u64::from(high as u32) << 32)
    }

    #[inline(always)]
    unsafe fn select(bits: u64, a: Self::Bytes, b: Self::Bytes) -> Self::Bytes {
        // SAFETY: see above.
        unsafe {
            (
                _mm256_blendv_epi8(a.0, b.0, bytes_of(bits as u32)),
                _mm256_blendv_epi8(a.1, b.1, bytes_of((bits >> 32) as u32)),
            )
        }
    }

    #[inline(always)]
    unsafe fn alternative(
        up: Self::Bytes,
        upper_left: Self::Bytes,
        upper_right: Self::Bytes,
    ) -> Self::Bytes {
        // SAFETY: see above.
        unsafe {
            let low = _mm256_cmpeq_epi8(up.0, upper_left.0);
            let high = _mm256_cmpeq_epi8(up.1, upper_left.1);
            (
                _mm256_blendv_epi8(upper_left.0, upper_right.0, low),
                _mm256_blendv_epi8(upper_left.1, upper_right.1, high),
            )
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
        unsafe { Portable::gather(bytes, mask, to) };
    }

    #[inline(always)]
    unsafe fn scatter(
        predicted: Self::Bytes,
        exceptions: u64,
        repeats: u64,
        literals: *const u8,
        to: *mut u8,
    ) {
        // SAFETY: see above.
        unsafe {
            Self::store(predicted, to);
            scatter_each(exceptions, repeats, literals, to);
        }
    }
}
