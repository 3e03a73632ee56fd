//! Byte shuffle with AVX2; see [`shuffle_x86`](super::shuffle_x86).
//!
//! Both halves of a register are a matrix of their own, of 16 items. With more than 8 columns the
//! 16 registers do not all fit. On the way from the planes, where loads are cheap, the two halves
//! of the first step's results are therefore treated one after the other, and everything is loaded
//! twice: that is a fifth faster. On the way to the planes, where a register takes two loads, it is
//! a third slower.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::shuffle::Layout;
use super::shuffle_x86::{STRIP, Units, alternate, group_starts};

/// Items done at a time: 16 in each half of a register.
pub(super) const GROUP: usize = 32;

/// Transposes packed items of at most 16 columns.
///
/// # Safety
/// The machine has AVX2; `layout`, with `COLUMNS` columns, packed and with at least 32 items, lies
/// within the buffers.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn to_planes<const COLUMNS: usize>(
    layout: Layout,
    items: *const u8,
    planes: *mut u8,
) {
    for first in group_starts::<GROUP>(layout.nitems) {
        // SAFETY: items `first` to `first + 32` are of the layout.
        unsafe {
            if COLUMNS <= 8 {
                narrow_to_planes::<COLUMNS>(layout, first, items, planes);
            } else {
                wide_to_planes::<COLUMNS>(layout, first, items, planes);
            }
        }
    }
}

/// Undoes [`to_planes`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn from_planes<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
) {
    for first in group_starts::<GROUP>(layout.nitems) {
        // SAFETY: items `first` to `first + 32` are of the layout.
        unsafe {
            if COLUMNS <= 8 {
                narrow_from_planes::<COLUMNS>(layout, first, planes, items);
            } else {
                wide_from_planes::<COLUMNS, 0>(layout, first, planes, items);
                wide_from_planes::<COLUMNS, 1>(layout, first, planes, items);
            }
        }
    }
}

/// Transposes a strip of 16 columns of wider items.
///
/// # Safety
/// The machine has AVX2; `layout`, with 16 columns and at least 32 items, lies within the buffers.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn strip_to_planes(layout: Layout, items: *const u8, planes: *mut u8) {
    // SAFETY: with 16 columns the items need not be packed.
    unsafe { to_planes::<STRIP>(layout, items, planes) }
}

/// Undoes [`strip_to_planes`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn strip_from_planes(layout: Layout, planes: *const u8, items: *mut u8) {
    // SAFETY: with 16 columns the items need not be packed.
    unsafe { from_planes::<STRIP>(layout, planes, items) }
}

/// Does the 32 items from `first` on, of at most 8 columns.
///
/// # Safety
/// As for [`to_planes`]; the items are of the layout.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn narrow_to_planes<const COLUMNS: usize>(
    layout: Layout,
    first: usize,
    items: *const u8,
    planes: *mut u8,
) {
    let count = Units::<COLUMNS, 16>::COUNT;
    let to_units = load_128(&Units::<COLUMNS, 16>::TO_UNITS);
    let last_to_units = load_128(&Units::<COLUMNS, 16>::LAST_TO_UNITS);
    let mut registers = [_mm256_setzero_si256(); 8];
    for (index, register) in registers.iter_mut().enumerate().take(count) {
        let byte = (first + index * Units::<COLUMNS, 16>::ITEMS) * COLUMNS;
        let is_last = index == count - 1;
        let back = if is_last { 16 - Units::<COLUMNS, 16>::USED } else { 0 };
        // SAFETY: 16 bytes from an item that is followed by as many, or ending with the last item
        // of the group.
        let both = unsafe { load_two(items.add(byte), items.add(byte + 16 * COLUMNS - back)) };
        let high_to_units = if is_last { last_to_units } else { to_units };
        *register = _mm256_shuffle_epi8(both, _mm256_set_m128i(high_to_units, to_units));
    }
    let registers = match count {
        2 => transpose::<8, 2>(registers),
        4 => transpose::<4, 4>(registers),
        _ => transpose::<2, 8>(registers),
    };
    for (column, register) in registers.iter().enumerate().take(COLUMNS) {
        // SAFETY: items `first` to `first + 32` of the plane.
        unsafe {
            _mm256_storeu_si256(planes.add(column * layout.plane + first).cast(), *register);
        }
    }
}

/// Does the 32 items from `first` on, of at most 8 columns.
///
/// # Safety
/// As for [`from_planes`]; the items are of the layout.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn narrow_from_planes<const COLUMNS: usize>(
    layout: Layout,
    first: usize,
    planes: *const u8,
    items: *mut u8,
) {
    let count = Units::<COLUMNS, 16>::COUNT;
    let mut registers = [_mm256_setzero_si256(); 8];
    for (column, register) in registers.iter_mut().enumerate().take(COLUMNS) {
        // SAFETY: items `first` to `first + 32` of the plane.
        *register = unsafe { _mm256_loadu_si256(planes.add(column * layout.plane + first).cast()) };
    }
    // With single bytes as units every step doubles the bytes of an item that lie together.
    let mut registers = match count {
        2 => transpose::<1, 2>(registers),
        4 => transpose::<1, 4>(registers),
        _ => transpose::<1, 8>(registers),
    };
    if COLUMNS < count {
        let unpad = load_128(&Units::<COLUMNS, 16>::UNPAD);
        let unpad = _mm256_set_m128i(unpad, unpad);
        for register in &mut registers {
            *register = _mm256_shuffle_epi8(*register, unpad);
        }
    }
    let per_store = Units::<COLUMNS, 16>::ITEMS * COLUMNS;
    if COLUMNS == count {
        for (pair, registers) in registers.chunks_exact(2).enumerate().take(count / 2) {
            let low = _mm256_permute2x128_si256::<0x20>(registers[0], registers[1]);
            let high = _mm256_permute2x128_si256::<0x31>(registers[0], registers[1]);
            // SAFETY: bytes of the items that the two registers hold.
            unsafe {
                let to = items.add(first * COLUMNS + pair * 32);
                _mm256_storeu_si256(to.cast(), low);
                _mm256_storeu_si256(to.add(16 * COLUMNS).cast(), high);
            }
        }
        return;
    }
    // Stores are of 16 bytes even where the items are fewer: the next store mends that.
    for (index, register) in registers.iter().enumerate().take(count) {
        // SAFETY: starts with an item that is followed by as many bytes of items.
        unsafe {
            let to = items.add(first * COLUMNS + index * per_store);
            _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(*register));
        }
    }
    for (index, register) in registers.iter().enumerate().take(count) {
        let high = _mm256_extracti128_si256::<1>(*register);
        // SAFETY: as above, but for the last, of which only the bytes of items are written.
        unsafe {
            let to = items.add((first + 16) * COLUMNS + index * per_store);
            if index == count - 1 {
                store_used::<COLUMNS>(to, high);
            } else {
                _mm_storeu_si128(to.cast(), high);
            }
        }
    }
}

/// Does the 32 items from `first` on, of up to 16 columns.
///
/// # Safety
/// As for [`to_planes`]; the items are of the layout, which is packed or has 16 columns.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn wide_to_planes<const COLUMNS: usize>(
    layout: Layout,
    first: usize,
    items: *const u8,
    planes: *mut u8,
) {
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let mut registers = [_mm256_setzero_si256(); 16];
    for (index, register) in registers.iter_mut().enumerate() {
        let back = if index == 15 { 16 - COLUMNS } else { 0 };
        // SAFETY: 16 bytes from an item that is followed by as many, or ending with the last item
        // of the group.
        *register = unsafe {
            let item = items.add((first + index) * stride);
            load_two(item, item.add(16 * stride - back))
        };
    }
    if COLUMNS < STRIP {
        let to_units = load_128(&Units::<COLUMNS, 16>::TO_UNITS);
        let last_to_units = load_128(&Units::<COLUMNS, 16>::LAST_TO_UNITS);
        let to_units = _mm256_set_m128i(last_to_units, to_units);
        registers[15] = _mm256_shuffle_epi8(registers[15], to_units);
    }
    for _ in 0..4 {
        let low = |pair| interleave_bytes::<0>(registers[pair], registers[pair + 8]);
        let high = |pair| interleave_bytes::<1>(registers[pair], registers[pair + 8]);
        registers = alternate!(low, high, 0 1 2 3 4 5 6 7);
    }
    for (column, register) in registers.iter().enumerate().take(COLUMNS) {
        // SAFETY: items `first` to `first + 32` of the plane.
        unsafe {
            _mm256_storeu_si256(planes.add(column * layout.plane + first).cast(), *register);
        }
    }
}

/// Does half of the 32 items from `first` on: the first 8 of each 16, or, after those, the others.
///
/// # Safety
/// As for [`from_planes`]; the items are of the layout, which is packed or has 16 columns.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn wide_from_planes<const COLUMNS: usize, const HALF: usize>(
    layout: Layout,
    first: usize,
    planes: *const u8,
    items: *mut u8,
) {
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let mut registers = [_mm256_setzero_si256(); 8];
    for (index, register) in registers.iter_mut().enumerate() {
        // SAFETY: items `first` to `first + 32` of the planes.
        let (low, high) = unsafe {
            let plane = planes.add(index * layout.plane + first);
            let low = _mm256_loadu_si256(plane.cast());
            let high = if index + 8 < COLUMNS {
                _mm256_loadu_si256(plane.add(8 * layout.plane).cast())
            } else {
                _mm256_setzero_si256()
            };
            (low, high)
        };
        *register = interleave_bytes::<HALF>(low, high);
    }
    let registers = transpose::<1, 8>(registers);
    // Stores are of 16 bytes even where the items are narrower: a later store mends that, but for
    // the last item of the second half.
    for (index, register) in registers.iter().enumerate() {
        // SAFETY: starts with an item that is followed by as many bytes of items, or only the bytes
        // of the item are written.
        unsafe {
            let low = items.add((first + HALF * 8 + index) * stride);
            let high = low.add(16 * stride);
            if HALF == 1 && index == 7 {
                store_used::<COLUMNS>(low, _mm256_castsi256_si128(*register));
                store_used::<COLUMNS>(high, _mm256_extracti128_si256::<1>(*register));
            } else {
                _mm_storeu_si128(low.cast(), _mm256_castsi256_si128(*register));
                _mm_storeu_si128(high.cast(), _mm256_extracti128_si256::<1>(*register));
            }
        }
    }
}

/// Interleaves units of `UNIT` bytes of the registers `COUNT / 2` apart, log2(`COUNT`) times, in
/// both halves of the registers.
///
/// Each step moves the highest bit of the register's number to the lowest bit of the unit's, and
/// the highest bit of the unit's to the lowest of the register's.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose<const UNIT: usize, const COUNT: usize>(registers: [__m256i; 8]) -> [__m256i; 8] {
    let mut registers = registers;
    let mut left = COUNT;
    while left > 1 {
        let from = registers;
        let low = |pair: usize| {
            let (low, high) = (from[pair], from[pair + COUNT / 2]);
            match UNIT {
                1 => _mm256_unpacklo_epi8(low, high),
                2 => _mm256_unpacklo_epi16(low, high),
                4 => _mm256_unpacklo_epi32(low, high),
                _ => _mm256_unpacklo_epi64(low, high),
            }
        };
        let high = |pair: usize| {
            let (low, high) = (from[pair], from[pair + COUNT / 2]);
            match UNIT {
                1 => _mm256_unpackhi_epi8(low, high),
                2 => _mm256_unpackhi_epi16(low, high),
                4 => _mm256_unpackhi_epi32(low, high),
                _ => _mm256_unpackhi_epi64(low, high),
            }
        };
        registers = alternate!(low, high, 0 1 2 3);
        left /= 2;
    }
    registers
}

/// One half of interleaving two registers.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave_bytes<const HALF: usize>(low: __m256i, high: __m256i) -> __m256i {
    if HALF == 0 { _mm256_unpacklo_epi8(low, high) } else { _mm256_unpackhi_epi8(low, high) }
}

/// # Safety
/// The machine has AVX2, and both pointers are to 16 bytes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_two(low: *const u8, high: *const u8) -> __m256i {
    // SAFETY: 16 bytes may be read from each.
    unsafe { _mm256_loadu2_m128i(high.cast(), low.cast()) }
}

/// Stores the bytes of a register that are of items.
///
/// # Safety
/// The machine has AVX2, and as many bytes may be written.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_used<const COLUMNS: usize>(to: *mut u8, bytes: __m128i) {
    let used = Units::<COLUMNS, 16>::USED;
    if used == 16 {
        // SAFETY: 16 bytes may be written.
        unsafe { _mm_storeu_si128(to.cast(), bytes) };
        return;
    }
    let end = _mm_add_epi8(
        _mm_set1_epi8((used - 8) as i8),
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0),
    );
    // SAFETY: more than 8 bytes may be written: the first 8, and the last 8.
    unsafe {
        _mm_storel_epi64(to.cast(), bytes);
        _mm_storel_epi64(to.add(used - 8).cast(), _mm_shuffle_epi8(bytes, end));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
