//! The bit part of the bit shuffle with AVX2 and with AVX-512.
//!
//! The same three steps as [`scalar::transpose_bits`](super::scalar::transpose_bits), on 32 or 64
//! bytes of all eight rows at a time. That is 9 instructions for 32 bytes with AVX2, 6 for 64 with
//! AVX-512, which selects bits from two registers in one. Taking bits out one row at a time with
//! `vpmovmskb` is 16 for 32 bytes and writes 4 bytes at a time.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::Isa;

/// Transposes all bytes and answers true, or leaves them to others and answers false.
///
/// Rows are given as the slice that starts with the first, and the bytes from row to row.
pub(super) fn transpose(
    isa: Isa,
    nbytes: usize,
    (from, from_stride): (&[u8], usize),
    (to, to_stride): (&mut [u8], usize),
) -> bool {
    let end = |stride: usize| stride.checked_mul(7)?.checked_add(nbytes);
    assert!(end(from_stride).is_some_and(|end| end <= from.len()), "rows end early");
    assert!(end(to_stride).is_some_and(|end| end <= to.len()), "rows end early");
    if isa == Isa::Scalar || nbytes < 32 {
        return false;
    }
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut done = 0;
    if matches!(isa, Isa::Avx512(_)) {
        while done + 64 <= nbytes {
            // SAFETY: `isa` says that the machine has the instructions; 64 bytes follow in all rows,
            // which lie within the slices.
            unsafe { transpose_avx512(from.add(done), from_stride, to.add(done), to_stride) };
            done += 64;
        }
    }
    while done < nbytes {
        // The last step overlaps the one before.
        let at = done.min(nbytes - 32);
        // SAFETY: as above, with 32 bytes; every machine with AVX-512 has AVX2.
        unsafe { transpose_avx2(from.add(at), from_stride, to.add(at), to_stride) };
        done += 32;
    }
    true
}

/// # Safety
/// The machine has AVX2, and 32 bytes may be read and written in each row.
#[target_feature(enable = "avx2")]
unsafe fn transpose_avx2(from: *const u8, from_stride: usize, to: *mut u8, to_stride: usize) {
    let mut rows = [_mm256_setzero_si256(); 8];
    for (row, bits) in rows.iter_mut().enumerate() {
        // SAFETY: 32 bytes of a row.
        *bits = unsafe { _mm256_loadu_si256(from.add(row * from_stride).cast()) };
    }
    for row in [0, 1, 2, 3] {
        (rows[row], rows[row + 4]) = swap_avx2::<4, 0x0f>(rows[row], rows[row + 4]);
    }
    for row in [0, 1, 4, 5] {
        (rows[row], rows[row + 2]) = swap_avx2::<2, 0x33>(rows[row], rows[row + 2]);
    }
    for row in [0, 2, 4, 6] {
        (rows[row], rows[row + 1]) = swap_avx2::<1, 0x55>(rows[row], rows[row + 1]);
    }
    for (row, bits) in rows.iter().enumerate() {
        // SAFETY: 32 bytes of a row.
        unsafe { _mm256_storeu_si256(to.add(row * to_stride).cast(), *bits) };
    }
}

/// Exchanges the bits `!MASK` of each byte of `low` with the bits `MASK` of `high`, which are
/// `SHIFT` lower.
#[inline]
#[target_feature(enable = "avx2")]
fn swap_avx2<const SHIFT: i32, const MASK: i8>(low: __m256i, high: __m256i) -> (__m256i, __m256i) {
    let shifted = _mm256_srli_epi64::<SHIFT>(low);
    let swapped = _mm256_and_si256(_mm256_xor_si256(shifted, high), _mm256_set1_epi8(MASK));
    let back = _mm256_slli_epi64::<SHIFT>(swapped);
    (_mm256_xor_si256(low, back), _mm256_xor_si256(high, swapped))
}

/// # Safety
/// The machine has AVX-512 F and BW, and 64 bytes may be read and written in each row.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn transpose_avx512(from: *const u8, from_stride: usize, to: *mut u8, to_stride: usize) {
    let mut rows = [_mm512_setzero_si512(); 8];
    for (row, bits) in rows.iter_mut().enumerate() {
        // SAFETY: 64 bytes of a row.
        *bits = unsafe { _mm512_loadu_si512(from.add(row * from_stride).cast()) };
    }
    for row in [0, 1, 2, 3] {
        (rows[row], rows[row + 4]) = swap_avx512::<4, 0x0f>(rows[row], rows[row + 4]);
    }
    for row in [0, 1, 4, 5] {
        (rows[row], rows[row + 2]) = swap_avx512::<2, 0x33>(rows[row], rows[row + 2]);
    }
    for row in [0, 2, 4, 6] {
        (rows[row], rows[row + 1]) = swap_avx512::<1, 0x55>(rows[row], rows[row + 1]);
    }
    for (row, bits) in rows.iter().enumerate() {
        // SAFETY: 64 bytes of a row.
        unsafe { _mm512_storeu_si512(to.add(row * to_stride).cast(), *bits) };
    }
}

/// As [`swap_avx2`], with one instruction to choose the bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn swap_avx512<const SHIFT: u32, const MASK: i8>(
    low: __m512i,
    high: __m512i,
) -> (__m512i, __m512i) {
    /// The second operand where the first has a one, the third elsewhere.
    const SELECT: i32 = 0b1100_1010;
    let mask = _mm512_set1_epi8(MASK);
    let down = _mm512_srli_epi64::<SHIFT>(low);
    let up = _mm512_slli_epi64::<SHIFT>(high);
    (
        _mm512_ternarylogic_epi64::<SELECT>(mask, low, up),
        _mm512_ternarylogic_epi64::<SELECT>(mask, down, high),
    )
}
