//! Byte shuffle with AVX-512; see [`shuffle_x86`](super::shuffle_x86).
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::shuffle::Layout;
use super::shuffle_x86::{STRIP, Units, alternate, group_starts};

/// Items done at a time: a register full of each plane.
pub(super) const GROUP: usize = 64;

/// Transposes packed items of at most 16 columns.
///
/// A load takes whole items up to 64 bytes, which `vpermb` sorts into units.
///
/// # Safety
/// The machine has AVX-512 F, BW and VBMI; `layout`, with `COLUMNS` columns, packed and with at
/// least 64 items, lies within the buffers.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) unsafe fn to_planes<const COLUMNS: usize>(
    layout: Layout,
    items: *const u8,
    planes: *mut u8,
) {
    let count = Units::<COLUMNS, 64>::COUNT;
    let to_units = load(&Units::<COLUMNS, 64>::TO_UNITS);
    let last_to_units = load(&Units::<COLUMNS, 64>::LAST_TO_UNITS);
    for first in group_starts::<GROUP>(layout.nitems) {
        let mut registers = [_mm512_setzero_si512(); 16];
        for (index, register) in registers.iter_mut().enumerate().take(count) {
            let is_last = index == count - 1;
            let back = if is_last { 64 - Units::<COLUMNS, 64>::USED } else { 0 };
            let indices = if is_last { last_to_units } else { to_units };
            let byte = (first + index * Units::<COLUMNS, 64>::ITEMS) * COLUMNS - back;
            // SAFETY: 64 bytes from an item that is followed by as many, or ending with the last
            // item of the group.
            let loaded = unsafe { _mm512_loadu_si512(items.add(byte).cast()) };
            *register = _mm512_permutexvar_epi8(indices, loaded);
        }
        let registers = match count {
            2 => transpose_units::<2>(registers),
            4 => transpose_units::<4>(registers),
            8 => transpose_units::<8>(registers),
            _ => transpose_units::<16>(registers),
        };
        for (column, register) in registers.iter().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
    }
}

/// Undoes [`to_planes`].
///
/// # Safety
/// As for [`to_planes`].
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) unsafe fn from_planes<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
) {
    let count = Units::<COLUMNS, 64>::COUNT;
    let used = u64::MAX >> (64 - Units::<COLUMNS, 64>::USED);
    let from_units = load(&Units::<COLUMNS, 64>::FROM_UNITS);
    for first in group_starts::<GROUP>(layout.nitems) {
        let mut registers = [_mm512_setzero_si512(); 16];
        for (column, register) in registers.iter_mut().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            *register =
                unsafe { _mm512_loadu_si512(planes.add(column * layout.plane + first).cast()) };
        }
        let registers = match count {
            2 => transpose_units::<2>(registers),
            4 => transpose_units::<4>(registers),
            8 => transpose_units::<8>(registers),
            _ => transpose_units::<16>(registers),
        };
        for (index, register) in registers.iter().enumerate().take(count) {
            let packed = _mm512_permutexvar_epi8(from_units, *register);
            let byte = (first + index * Units::<COLUMNS, 64>::ITEMS) * COLUMNS;
            // Stores are of 64 bytes even where the items are fewer: the next store mends that.
            // SAFETY: starts with an item that is followed by as many bytes of items, but for the
            // last, of which only the bytes of items are written.
            unsafe {
                if index == count - 1 && used != u64::MAX {
                    _mm512_mask_storeu_epi8(items.add(byte).cast(), used, packed);
                } else {
                    _mm512_storeu_si512(items.add(byte).cast(), packed);
                }
            }
        }
    }
}

/// Interleaves the units of the registers `COUNT / 2` apart, log2(`COUNT`) times.
///
/// Each step moves the highest bit of the register's number to the lowest bit of the unit's, and
/// the highest bit of the unit's to the lowest of the register's.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn transpose_units<const COUNT: usize>(registers: [__m512i; 16]) -> [__m512i; 16] {
    let mut registers = registers;
    let mut left = COUNT;
    while left > 1 {
        let from = registers;
        let low = |pair: usize| {
            let (low, high) = (from[pair], from[pair + COUNT / 2]);
            match COUNT {
                2 => _mm512_shuffle_i64x2::<0b01_00_01_00>(low, high),
                4 => {
                    let units = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
                    _mm512_permutex2var_epi64(low, units, high)
                }
                8 => {
                    let units = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
                    _mm512_permutex2var_epi64(low, units, high)
                }
                _ => {
                    let units =
                        _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
                    _mm512_permutex2var_epi32(low, units, high)
                }
            }
        };
        let high = |pair: usize| {
            let (low, high) = (from[pair], from[pair + COUNT / 2]);
            match COUNT {
                2 => _mm512_shuffle_i64x2::<0b11_10_11_10>(low, high),
                4 => {
                    let units = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
                    _mm512_permutex2var_epi64(low, units, high)
                }
                8 => {
                    let units = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
                    _mm512_permutex2var_epi64(low, units, high)
                }
                _ => {
                    let units = _mm512_setr_epi32(
                        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31,
                    );
                    _mm512_permutex2var_epi32(low, units, high)
                }
            }
        };
        registers = alternate!(low, high, 0 1 2 3 4 5 6 7);
        left /= 2;
    }
    registers
}

/// A strip of 16 columns of wider items: each quarter of a register is a matrix of its own, of 16
/// items.
///
/// # Safety
/// The machine has AVX-512 F and BW; `layout`, with 16 columns and at least 64 items, lies within
/// the buffers.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn strip_to_planes(layout: Layout, items: *const u8, planes: *mut u8) {
    for first in group_starts::<GROUP>(layout.nitems) {
        let mut registers = [_mm512_setzero_si512(); STRIP];
        for (index, register) in registers.iter_mut().enumerate() {
            // SAFETY: 16 columns of items `first + index` to `first + index + 48`, less than
            // `nitems`.
            *register = unsafe {
                let item = items.add((first + index) * layout.stride);
                let step = 16 * layout.stride;
                let quarter = _mm512_castsi128_si512(_mm_loadu_si128(item.cast()));
                let second = _mm_loadu_si128(item.add(step).cast());
                let quarters = _mm512_inserti32x4::<1>(quarter, second);
                let third = _mm_loadu_si128(item.add(2 * step).cast());
                let quarters = _mm512_inserti32x4::<2>(quarters, third);
                let fourth = _mm_loadu_si128(item.add(3 * step).cast());
                _mm512_inserti32x4::<3>(quarters, fourth)
            };
        }
        for (column, register) in transpose_bytes(registers).iter().enumerate() {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
    }
}

/// Transposes four matrices of 16 × 16 bytes, one in each quarter of the registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose_bytes(registers: [__m512i; 16]) -> [__m512i; 16] {
    let step = interleave_bytes;
    step(step(step(step(registers))))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleave_bytes(from: [__m512i; 16]) -> [__m512i; 16] {
    let low = |pair: usize| _mm512_unpacklo_epi8(from[pair], from[pair + 8]);
    let high = |pair: usize| _mm512_unpackhi_epi8(from[pair], from[pair + 8]);
    alternate!(low, high, 0 1 2 3 4 5 6 7)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
