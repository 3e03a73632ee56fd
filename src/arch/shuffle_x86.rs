//! Byte shuffle with AVX2 and with AVX-512.
//!
//! One scheme serves all widths. A register is filled with a few whole items, and one byte shuffle
//! puts their bytes into units: all first bytes, all second bytes, and so on. As many registers as
//! an item has bytes (rounded up to a power of two) are then a square matrix of units, which
//! interleaving register pairs transposes in log2 steps, and every register holds a stretch of one
//! plane. The way back is the same in reverse. Items wider than 16 bytes are done 16 columns at a
//! time. The last group of items overlaps the one before, so that nothing is left to a slow loop.
//!
//! Per register this takes one shuffle and at most four interleavings, whatever the width.
//!
//! Arrays of registers are filled by loops, never by closures given to `map` or `from_fn`: those
//! are compiled without the instructions, and cost a factor of ten.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::Isa;
use super::shuffle::Layout;

/// Columns that a kernel treats at once.
const STRIP: usize = 16;

/// Items that the AVX2 kernels do at a time: 16 in each half of a register.
const GROUP_AVX2: usize = 32;

/// Items that the AVX-512 kernels do at a time: a register full of each plane.
const GROUP_AVX512: usize = 64;

/// Calls a kernel with the number of columns as a constant.
macro_rules! with_columns {
    ($columns:expr, $kernel:ident, $args:tt) => {
        with_columns!(@match $columns, $kernel, $args, 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@match $columns:expr, $kernel:ident, $args:tt, $($n:literal)*) => {
        match $columns {
            // SAFETY: the caller of the macro has shown it for its arguments.
            $($n => unsafe { with_columns!(@call $kernel, $n, $args) },)*
            _ => return false,
        }
    };
    (@call $kernel:ident, $n:literal, ($($arg:expr),*)) => { $kernel::<$n>($($arg),*) };
}

/// Transposes all items and answers true, or leaves them to others and answers false.
///
/// `layout` must lie within the buffers.
pub(super) fn to_planes(isa: Isa, layout: Layout, items: &[u8], planes: &mut [u8]) -> bool {
    let Some(isa) = kernel_isa(isa, layout.nitems) else { return false };
    if layout.is_packed() && layout.columns <= STRIP {
        let (from, to) = (items.as_ptr(), planes.as_mut_ptr());
        // SAFETY: `kernel_isa` has checked the instructions and the number of items, and the layout
        // lies within the buffers.
        match isa {
            Isa::Avx512 => with_columns!(layout.columns, to_planes_avx512, (layout, from, to)),
            _ => with_columns!(layout.columns, to_planes_avx2, (layout, from, to)),
        }
        return true;
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&items[column..], &mut planes[column * layout.plane..]);
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        match isa {
            // SAFETY: as above; the layout less some columns lies within the buffers less those.
            Isa::Avx512 => unsafe { strip_to_planes_avx512(layout, from, to) },
            // SAFETY: as above.
            _ => unsafe { to_planes_avx2::<STRIP>(layout, from, to) },
        }
    })
}

/// Transposes all items and answers true, or leaves them to others and answers false.
///
/// `layout` must lie within the buffers. Nothing is written between and after the items.
pub(super) fn from_planes(isa: Isa, layout: Layout, planes: &[u8], items: &mut [u8]) -> bool {
    let Some(isa) = kernel_isa(isa, layout.nitems) else { return false };
    if layout.is_packed() && layout.columns <= STRIP {
        let (from, to) = (planes.as_ptr(), items.as_mut_ptr());
        // SAFETY: `kernel_isa` has checked the instructions and the number of items, and the layout
        // lies within the buffers.
        match isa {
            Isa::Avx512 => with_columns!(layout.columns, from_planes_avx512, (layout, from, to)),
            _ => with_columns!(layout.columns, from_planes_avx2, (layout, from, to)),
        }
        return true;
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&planes[column * layout.plane..], &mut items[column..]);
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        match isa {
            // SAFETY: as above; the layout less some columns lies within the buffers less those.
            Isa::Avx512 => unsafe { strip_from_planes_avx512(layout, from, to) },
            // SAFETY: as above.
            _ => unsafe { from_planes_avx2::<STRIP>(layout, from, to) },
        }
    })
}

/// The best kernels for so many items, of which the machine has the instructions.
fn kernel_isa(isa: Isa, nitems: usize) -> Option<Isa> {
    match isa {
        Isa::Avx512 if nitems >= GROUP_AVX512 => Some(Isa::Avx512),
        Isa::Avx512 | Isa::Avx2 if nitems >= GROUP_AVX2 => Some(Isa::Avx2),
        _ => None,
    }
}

/// Calls `kernel` with the first column of each strip of 16; the last strip overlaps the one
/// before when the columns are no multiple of 16. False when there are not as many.
fn for_each_strip(layout: Layout, mut kernel: impl FnMut(usize)) -> bool {
    let Some(last) = layout.columns.checked_sub(STRIP) else { return false };
    (0..last).step_by(STRIP).for_each(&mut kernel);
    kernel(last);
    true
}

/// How a register of `NBYTES` is filled with whole items of `COLUMNS` bytes, and the byte shuffles
/// that turn those into units.
struct Units<const COLUMNS: usize, const NBYTES: usize>;

impl<const COLUMNS: usize, const NBYTES: usize> Units<COLUMNS, NBYTES> {
    /// Registers in the matrix, and units in a register.
    const COUNT: usize = COLUMNS.next_power_of_two();
    /// Items in a register, and bytes in a unit.
    const ITEMS: usize = NBYTES / Self::COUNT;
    /// Bytes of a register that are of items; more than half.
    const USED: usize = Self::ITEMS * COLUMNS;

    /// Byte `column` of item `index` goes to byte `index` of unit `column`.
    const TO_UNITS: [u8; NBYTES] = Self::to_units(0);

    /// The same for items at the end of a register, so that loading the last of a block does not
    /// reach beyond it.
    const LAST_TO_UNITS: [u8; NBYTES] = Self::to_units(NBYTES - Self::USED);

    /// Undoes [`TO_UNITS`](Self::TO_UNITS).
    const FROM_UNITS: [u8; NBYTES] = {
        let mut indices = [0x80; NBYTES];
        let mut at = 0;
        while at < Self::USED {
            indices[at] = (at % COLUMNS * Self::ITEMS + at / COLUMNS) as u8;
            at += 1;
        }
        indices
    };

    /// Removes the padding of items that lie [`COUNT`](Self::COUNT) bytes apart.
    const UNPAD: [u8; NBYTES] = {
        let mut indices = [0x80; NBYTES];
        let mut at = 0;
        while at < Self::USED {
            indices[at] = (at / COLUMNS * Self::COUNT + at % COLUMNS) as u8;
            at += 1;
        }
        indices
    };

    const fn to_units(start: usize) -> [u8; NBYTES] {
        let mut indices = [0x80; NBYTES];
        let mut at = 0;
        while at < Self::USED {
            indices[at] = (start + at % Self::ITEMS * COLUMNS + at / Self::ITEMS) as u8;
            at += 1;
        }
        indices
    }
}

/// # Safety
/// The machine has AVX2; `layout`, with `COLUMNS` columns and at least 32 items, lies within the
/// buffers; it is packed, or `COLUMNS` is 16.
#[target_feature(enable = "avx2")]
unsafe fn to_planes_avx2<const COLUMNS: usize>(layout: Layout, items: *const u8, planes: *mut u8) {
    let count = Units::<COLUMNS, 16>::COUNT;
    let per_load = Units::<COLUMNS, 16>::ITEMS;
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let to_units = load_128(&Units::<COLUMNS, 16>::TO_UNITS);
    let last_to_units = load_128(&Units::<COLUMNS, 16>::LAST_TO_UNITS);
    let last_to_units = _mm256_set_m128i(last_to_units, to_units);
    let to_units = _mm256_set_m128i(to_units, to_units);
    let last = layout.nitems - GROUP_AVX2;
    let mut first = 0;
    loop {
        let mut registers = [_mm256_setzero_si256(); 16];
        for (index, register) in registers.iter_mut().enumerate().take(count) {
            let item = first + index * per_load;
            let is_last = index == count - 1;
            let back = if is_last { 16 - Units::<COLUMNS, 16>::USED } else { 0 };
            // SAFETY: 16 bytes from an item that is followed by as many, or ending with the last
            // item of the group.
            let both = unsafe {
                let low = items.add(item * stride).cast::<__m128i>();
                let high = items.add((item + 16) * stride - back).cast::<__m128i>();
                _mm256_inserti128_si256::<1>(
                    _mm256_castsi128_si256(_mm_loadu_si128(low)),
                    _mm_loadu_si128(high),
                )
            };
            let indices = if is_last { last_to_units } else { to_units };
            *register = if COLUMNS == STRIP { both } else { _mm256_shuffle_epi8(both, indices) };
        }
        let registers = match count {
            2 => transpose_avx2::<8, 2>(registers),
            4 => transpose_avx2::<4, 4>(registers),
            8 => transpose_avx2::<2, 8>(registers),
            _ => transpose_avx2::<1, 16>(registers),
        };
        for (column, register) in registers.iter().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 32` of the plane, of `nitems` in the layout.
            unsafe {
                let plane = planes.add(column * layout.plane + first).cast();
                _mm256_storeu_si256(plane, *register);
            }
        }
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX2);
    }
}

/// # Safety
/// As for [`to_planes_avx2`].
#[target_feature(enable = "avx2")]
unsafe fn from_planes_avx2<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
) {
    let count = Units::<COLUMNS, 16>::COUNT;
    let per_store = Units::<COLUMNS, 16>::ITEMS;
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let unpad = load_128(&Units::<COLUMNS, 16>::UNPAD);
    let unpad = _mm256_set_m128i(unpad, unpad);
    let last = layout.nitems - GROUP_AVX2;
    let mut first = 0;
    loop {
        let mut registers = [_mm256_setzero_si256(); 16];
        for (column, register) in registers.iter_mut().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 32` of the plane, of `nitems` in the layout.
            *register =
                unsafe { _mm256_loadu_si256(planes.add(column * layout.plane + first).cast()) };
        }
        // With single bytes as units every step doubles the bytes of an item that lie together.
        let mut registers = match count {
            2 => transpose_avx2::<1, 2>(registers),
            4 => transpose_avx2::<1, 4>(registers),
            8 => transpose_avx2::<1, 8>(registers),
            _ => transpose_avx2::<1, 16>(registers),
        };
        if COLUMNS < count {
            for register in &mut registers {
                *register = _mm256_shuffle_epi8(*register, unpad);
            }
        }
        // Stores are of 16 bytes even where the items are fewer: the next store mends that.
        for (index, register) in registers.iter().enumerate().take(count) {
            // SAFETY: starts with an item that is followed by as many bytes of items.
            unsafe {
                let item = items.add((first + index * per_store) * stride).cast();
                _mm_storeu_si128(item, _mm256_castsi256_si128(*register));
            }
        }
        for (index, register) in registers.iter().enumerate().take(count) {
            let high = _mm256_extracti128_si256::<1>(*register);
            // SAFETY: as above, but for the last, of which only the bytes of items are written.
            unsafe {
                let item = items.add((first + 16 + index * per_store) * stride);
                if index == count - 1 {
                    store_used::<COLUMNS>(item, high);
                } else {
                    _mm_storeu_si128(item.cast(), high);
                }
            }
        }
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX2);
    }
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

/// Interleaves units of `UNIT` bytes of the registers `COUNT / 2` apart, log2(`COUNT`) times, in
/// both halves of the registers.
///
/// Each step moves the highest bit of the register's number to the lowest bit of the unit's, and
/// the highest bit of the unit's to the lowest of the register's.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_avx2<const UNIT: usize, const COUNT: usize>(
    registers: [__m256i; 16],
) -> [__m256i; 16] {
    let mut from = registers;
    let mut left = COUNT;
    while left > 1 {
        let mut to = from;
        for pair in 0..COUNT / 2 {
            let (low, high) = (from[pair], from[pair + COUNT / 2]);
            (to[2 * pair], to[2 * pair + 1]) = match UNIT {
                1 => (_mm256_unpacklo_epi8(low, high), _mm256_unpackhi_epi8(low, high)),
                2 => (_mm256_unpacklo_epi16(low, high), _mm256_unpackhi_epi16(low, high)),
                4 => (_mm256_unpacklo_epi32(low, high), _mm256_unpackhi_epi32(low, high)),
                _ => (_mm256_unpacklo_epi64(low, high), _mm256_unpackhi_epi64(low, high)),
            };
        }
        from = to;
        left /= 2;
    }
    from
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// As [`to_planes_avx2`], for packed items of at most 16 columns.
///
/// Here a load takes whole items up to 64 bytes, which only `vpermb` can sort into units.
///
/// # Safety
/// The machine has AVX-512 F, BW and VBMI; `layout`, with `COLUMNS` columns, packed and with at
/// least 64 items, lies within the buffers.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn to_planes_avx512<const COLUMNS: usize>(
    layout: Layout,
    items: *const u8,
    planes: *mut u8,
) {
    let count = Units::<COLUMNS, 64>::COUNT;
    let to_units = load_512(&Units::<COLUMNS, 64>::TO_UNITS);
    let last_to_units = load_512(&Units::<COLUMNS, 64>::LAST_TO_UNITS);
    let last = layout.nitems - GROUP_AVX512;
    let mut first = 0;
    loop {
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
        let registers = transpose_units_avx512::<COLUMNS>(registers);
        for (column, register) in registers.iter().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX512);
    }
}

/// As [`from_planes_avx2`], for packed items of at most 16 columns.
///
/// # Safety
/// As for [`to_planes_avx512`].
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn from_planes_avx512<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
) {
    let count = Units::<COLUMNS, 64>::COUNT;
    let used = u64::MAX >> (64 - Units::<COLUMNS, 64>::USED);
    let from_units = load_512(&Units::<COLUMNS, 64>::FROM_UNITS);
    let last = layout.nitems - GROUP_AVX512;
    let mut first = 0;
    loop {
        let mut registers = [_mm512_setzero_si512(); 16];
        for (column, register) in registers.iter_mut().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            *register =
                unsafe { _mm512_loadu_si512(planes.add(column * layout.plane + first).cast()) };
        }
        let registers = transpose_units_avx512::<COLUMNS>(registers);
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
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX512);
    }
}

/// As [`transpose_avx2`], with units across the whole register.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn transpose_units_avx512<const COLUMNS: usize>(registers: [__m512i; 16]) -> [__m512i; 16] {
    let count = Units::<COLUMNS, 64>::COUNT;
    let mut from = registers;
    let mut left = count;
    while left > 1 {
        let mut to = from;
        for pair in 0..count / 2 {
            let (low, high) = (from[pair], from[pair + count / 2]);
            (to[2 * pair], to[2 * pair + 1]) = interleave_avx512(count, low, high);
        }
        from = to;
        left /= 2;
    }
    from
}

/// Interleaves the `count` units of two registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn interleave_avx512(count: usize, low: __m512i, high: __m512i) -> (__m512i, __m512i) {
    match count {
        2 => (
            _mm512_shuffle_i64x2::<0b01_00_01_00>(low, high),
            _mm512_shuffle_i64x2::<0b11_10_11_10>(low, high),
        ),
        4 => {
            let first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
            let second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
            (
                _mm512_permutex2var_epi64(low, first, high),
                _mm512_permutex2var_epi64(low, second, high),
            )
        }
        8 => {
            let first = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
            let second = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
            (
                _mm512_permutex2var_epi64(low, first, high),
                _mm512_permutex2var_epi64(low, second, high),
            )
        }
        _ => {
            let first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let second =
                _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            (
                _mm512_permutex2var_epi32(low, first, high),
                _mm512_permutex2var_epi32(low, second, high),
            )
        }
    }
}

/// A strip of 16 columns of wider items: each quarter of a register is a matrix of its own, of 16
/// items.
///
/// # Safety
/// The machine has AVX-512 F and BW; `layout`, with 16 columns and at least 64 items, lies within
/// the buffers.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn strip_to_planes_avx512(layout: Layout, items: *const u8, planes: *mut u8) {
    let last = layout.nitems - GROUP_AVX512;
    let mut first = 0;
    loop {
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
        for (column, register) in transpose_bytes_avx512(registers).iter().enumerate() {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX512);
    }
}

/// Undoes [`strip_to_planes_avx512`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn strip_from_planes_avx512(layout: Layout, planes: *const u8, items: *mut u8) {
    let last = layout.nitems - GROUP_AVX512;
    let mut first = 0;
    loop {
        let mut registers = [_mm512_setzero_si512(); STRIP];
        for (column, register) in registers.iter_mut().enumerate() {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            *register =
                unsafe { _mm512_loadu_si512(planes.add(column * layout.plane + first).cast()) };
        }
        for (index, register) in transpose_bytes_avx512(registers).iter().enumerate() {
            let quarters = [
                _mm512_castsi512_si128(*register),
                _mm512_extracti32x4_epi32::<1>(*register),
                _mm512_extracti32x4_epi32::<2>(*register),
                _mm512_extracti32x4_epi32::<3>(*register),
            ];
            for (quarter, bytes) in quarters.iter().enumerate() {
                // SAFETY: 16 columns of an item, whose number is less than `nitems`.
                unsafe {
                    let item = first + quarter * 16 + index;
                    _mm_storeu_si128(items.add(item * layout.stride).cast(), *bytes);
                }
            }
        }
        if first == last {
            return;
        }
        first = last.min(first + GROUP_AVX512);
    }
}

/// Transposes four matrices of 16 × 16 bytes, one in each quarter of the registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose_bytes_avx512(registers: [__m512i; 16]) -> [__m512i; 16] {
    let step = interleave_bytes_avx512;
    step(step(step(step(registers))))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleave_bytes_avx512(from: [__m512i; 16]) -> [__m512i; 16] {
    let low = |pair: usize| _mm512_unpacklo_epi8(from[pair], from[pair + 8]);
    let high = |pair: usize| _mm512_unpackhi_epi8(from[pair], from[pair + 8]);
    [
        low(0),
        high(0),
        low(1),
        high(1),
        low(2),
        high(2),
        low(3),
        high(3), //
        low(4),
        high(4),
        low(5),
        high(5),
        low(6),
        high(6),
        low(7),
        high(7),
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_512(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
