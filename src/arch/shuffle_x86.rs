//! Byte shuffle with AVX2 and with AVX-512.
//!
//! One scheme serves all widths. A register is filled with a few whole items, and one byte shuffle
//! puts their bytes into units: all first bytes, all second bytes, and so on. As many registers as
//! an item has bytes (rounded up to a power of two) are then a square matrix of units, which
//! interleaving register pairs transposes in log2 steps, and every register holds a stretch of one
//! plane. The way back is the same in reverse. Items wider than 16 bytes are done 16 columns at a
//! time.
//!
//! Per 32 bytes this takes one shuffle and at most four interleavings whatever the width, with no
//! gaps in loads and stores; C compilers' and `rustc`'s own vectorisation of the plain loops is as
//! fast for 2 bytes only.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;
use std::array;

use super::Isa;
use super::shuffle::Layout;

/// Columns that a kernel treats at once.
const STRIP: usize = 16;

/// Calls a kernel with the number of columns as a constant.
macro_rules! with_columns {
    ($columns:expr, $kernel:ident, $args:tt) => {
        with_columns!(@match $columns, $kernel, $args, 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@match $columns:expr, $kernel:ident, $args:tt, $($n:literal)*) => {
        match $columns {
            // SAFETY: the caller of the macro has shown it for its arguments.
            $($n => unsafe { with_columns!(@call $kernel, $n, $args) },)*
            _ => 0,
        }
    };
    (@call $kernel:ident, $n:literal, ($($arg:expr),*)) => { $kernel::<$n>($($arg),*) };
}

/// Transposes a number of items from the front, and says how many.
///
/// `layout` must lie within the buffers.
pub(super) fn to_planes(isa: Isa, layout: Layout, items: &[u8], planes: &mut [u8]) -> usize {
    let (from, len, to) = (items.as_ptr(), items.len(), planes.as_mut_ptr());
    if layout.is_packed() && layout.columns <= STRIP {
        // SAFETY: `isa` says that the machine has the instructions; the layout lies within the
        // buffers, of which `len` is the length of the first.
        return match isa {
            Isa::Scalar => 0,
            Isa::Avx2 => with_columns!(layout.columns, to_planes_avx2, (layout, from, len, to)),
            Isa::Avx512 => {
                with_columns!(layout.columns, to_planes_avx512, (layout, from, len, to))
            }
        };
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&items[column..], &mut planes[column * layout.plane..]);
        let (from, len, to) = (from.as_ptr(), from.len(), to.as_mut_ptr());
        match isa {
            Isa::Scalar => 0,
            // SAFETY: as above; the layout less some columns lies within the buffers less those.
            Isa::Avx2 => unsafe { to_planes_avx2::<STRIP>(layout, from, len, to) },
            // SAFETY: as for AVX2.
            Isa::Avx512 => unsafe { strip_to_planes_avx512(layout, from, to) },
        }
    })
}

/// Transposes a number of items from the front, and says how many.
///
/// `layout` must lie within the buffers. The packed kernels write over items that are not done yet,
/// never over what lies between items.
pub(super) fn from_planes(isa: Isa, layout: Layout, planes: &[u8], items: &mut [u8]) -> usize {
    let (from, to, len) = (planes.as_ptr(), items.as_mut_ptr(), items.len());
    if layout.is_packed() && layout.columns <= STRIP {
        let len = len.min(layout.nitems * layout.stride);
        // SAFETY: `isa` says that the machine has the instructions; the layout lies within the
        // buffers, and the second has at least `len` bytes.
        return match isa {
            Isa::Scalar => 0,
            Isa::Avx2 => with_columns!(layout.columns, from_planes_avx2, (layout, from, to, len)),
            Isa::Avx512 => {
                with_columns!(layout.columns, from_planes_avx512, (layout, from, to, len))
            }
        };
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&planes[column * layout.plane..], &mut items[column..]);
        let (from, to, len) = (from.as_ptr(), to.as_mut_ptr(), to.len());
        match isa {
            Isa::Scalar => 0,
            // SAFETY: as above; the layout less some columns lies within the buffers less those.
            Isa::Avx2 => unsafe { from_planes_avx2::<STRIP>(layout, from, to, len) },
            // SAFETY: as for AVX2.
            Isa::Avx512 => unsafe { strip_from_planes_avx512(layout, from, to) },
        }
    })
}

/// Calls `kernel` with the first column of each strip of 16; the last strip overlaps the one
/// before when the columns are no multiple of 16. All calls do the same number of items.
fn for_each_strip(layout: Layout, mut kernel: impl FnMut(usize) -> usize) -> usize {
    let Some(last) = layout.columns.checked_sub(STRIP) else { return 0 };
    for column in (0..last).step_by(STRIP) {
        kernel(column);
    }
    kernel(last)
}

/// Byte shuffles that turn a few items into units and back.
struct Units<const COLUMNS: usize>;

impl<const COLUMNS: usize> Units<COLUMNS> {
    /// Registers in the matrix, and units in a register.
    const COUNT: usize = COLUMNS.next_power_of_two();

    /// Of `nbytes` bytes of items, byte `column` of item `index` goes to byte `index` of unit
    /// `column`. Units past the last column get zeros, or anything.
    const fn from_items<const NBYTES: usize>() -> [u8; NBYTES] {
        let mut indices = [0x80; NBYTES];
        let unit = NBYTES / Self::COUNT;
        let mut at = 0;
        while at < COLUMNS * unit {
            indices[at] = (at % unit * COLUMNS + at / unit) as u8;
            at += 1;
        }
        indices
    }

    /// Undoes [`from_items`](Self::from_items).
    const fn to_items<const NBYTES: usize>() -> [u8; NBYTES] {
        let mut indices = [0x80; NBYTES];
        let unit = NBYTES / Self::COUNT;
        let mut at = 0;
        while at < COLUMNS * unit {
            indices[at] = (at % COLUMNS * unit + at / COLUMNS) as u8;
            at += 1;
        }
        indices
    }

    /// Removes the padding that rounds each item up to [`COUNT`](Self::COUNT) bytes.
    const fn unpad<const NBYTES: usize>() -> [u8; NBYTES] {
        let mut indices = [0x80; NBYTES];
        let mut at = 0;
        while at < COLUMNS * (NBYTES / Self::COUNT) {
            indices[at] = (at / COLUMNS * Self::COUNT + at % COLUMNS) as u8;
            at += 1;
        }
        indices
    }

    const GATHER_128: [u8; 16] = Self::from_items();
    const GATHER_512: [u8; 64] = Self::from_items();
    const SCATTER_512: [u8; 64] = Self::to_items();
    const UNPAD_128: [u8; 16] = Self::unpad();
}

/// Items that the AVX2 kernels do at a time: 16 in each half of a register.
const GROUP_AVX2: usize = 32;

/// # Safety
/// The machine has AVX2; `layout`, with `COLUMNS` columns, lies within `items`, of `len` bytes, and
/// `planes`.
#[target_feature(enable = "avx2")]
unsafe fn to_planes_avx2<const COLUMNS: usize>(
    layout: Layout,
    items: *const u8,
    len: usize,
    planes: *mut u8,
) -> usize {
    let count = Units::<COLUMNS>::COUNT;
    let per_load = 16 / count;
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let gather = _mm256_broadcastsi128_si256(load_128(&Units::<COLUMNS>::GATHER_128));
    // Loads are of 16 bytes even where the items are narrower.
    let past_last_load = (GROUP_AVX2 - per_load) * stride + 16;
    let mut first = 0;
    while first + GROUP_AVX2 <= layout.nitems && first * stride + past_last_load <= len {
        let mut registers = [_mm256_setzero_si256(); 16];
        for (index, register) in registers.iter_mut().enumerate().take(count) {
            let item = first + index * per_load;
            // SAFETY: both loads end within `len`: the loop condition says so of the last one.
            let both = unsafe {
                let low = items.add(item * stride).cast::<__m128i>();
                let high = items.add((item + 16) * stride).cast::<__m128i>();
                _mm256_inserti128_si256::<1>(
                    _mm256_castsi128_si256(_mm_loadu_si128(low)),
                    _mm_loadu_si128(high),
                )
            };
            *register = if COLUMNS == STRIP { both } else { _mm256_shuffle_epi8(both, gather) };
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
        first += GROUP_AVX2;
    }
    first
}

/// # Safety
/// The machine has AVX2; `layout`, with `COLUMNS` columns, lies within `planes` and `items`, of
/// which `len` bytes may be written.
#[target_feature(enable = "avx2")]
unsafe fn from_planes_avx2<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
    len: usize,
) -> usize {
    let count = Units::<COLUMNS>::COUNT;
    let per_store = 16 / count;
    let stride = if COLUMNS < STRIP { COLUMNS } else { layout.stride };
    let unpad = _mm256_broadcastsi128_si256(load_128(&Units::<COLUMNS>::UNPAD_128));
    // Stores are of 16 bytes even where the items are narrower; the next store, or the caller,
    // writes the items that come after.
    let past_last_store = (GROUP_AVX2 - per_store) * stride + 16;
    let mut first = 0;
    while first + GROUP_AVX2 <= layout.nitems && first * stride + past_last_store <= len {
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
            registers = registers.map(|register| _mm256_shuffle_epi8(register, unpad));
        }
        for (index, register) in registers.iter().enumerate().take(count) {
            // SAFETY: ends within `len`: the loop condition says so of the last store.
            unsafe {
                let item = items.add((first + index * per_store) * stride).cast();
                _mm_storeu_si128(item, _mm256_castsi256_si128(*register));
            }
        }
        for (index, register) in registers.iter().enumerate().take(count) {
            // SAFETY: as above.
            unsafe {
                let item = items.add((first + 16 + index * per_store) * stride).cast();
                _mm_storeu_si128(item, _mm256_extracti128_si256::<1>(*register));
            }
        }
        first += GROUP_AVX2;
    }
    first
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

/// Items that the AVX-512 kernels do at a time: a register full of each plane.
const GROUP_AVX512: usize = 64;

/// As [`to_planes_avx2`], for packed items of at most 16 columns.
///
/// Here a load takes whole items up to 64 bytes, which only `vpermb` can sort into units.
///
/// # Safety
/// The machine has AVX-512 F, BW and VBMI; the rest as there.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn to_planes_avx512<const COLUMNS: usize>(
    layout: Layout,
    items: *const u8,
    len: usize,
    planes: *mut u8,
) -> usize {
    let count = Units::<COLUMNS>::COUNT;
    let per_load = 64 / count;
    let gather = load_512(&Units::<COLUMNS>::GATHER_512);
    let past_last_load = (GROUP_AVX512 - per_load) * COLUMNS + 64;
    let mut first = 0;
    while first + GROUP_AVX512 <= layout.nitems && first * COLUMNS + past_last_load <= len {
        let mut registers = [_mm512_setzero_si512(); 16];
        for (index, register) in registers.iter_mut().enumerate().take(count) {
            // SAFETY: ends within `len`: the loop condition says so of the last load.
            let loaded = unsafe {
                _mm512_loadu_si512(items.add((first + index * per_load) * COLUMNS).cast())
            };
            *register = _mm512_permutexvar_epi8(gather, loaded);
        }
        let registers = transpose_units_avx512::<COLUMNS>(registers);
        for (column, register) in registers.iter().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
        first += GROUP_AVX512;
    }
    first
}

/// As [`from_planes_avx2`], for packed items of at most 16 columns.
///
/// # Safety
/// The machine has AVX-512 F, BW and VBMI; the rest as there.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn from_planes_avx512<const COLUMNS: usize>(
    layout: Layout,
    planes: *const u8,
    items: *mut u8,
    len: usize,
) -> usize {
    let count = Units::<COLUMNS>::COUNT;
    let per_store = 64 / count;
    let scatter = load_512(&Units::<COLUMNS>::SCATTER_512);
    let past_last_store = (GROUP_AVX512 - per_store) * COLUMNS + 64;
    let mut first = 0;
    while first + GROUP_AVX512 <= layout.nitems && first * COLUMNS + past_last_store <= len {
        let mut registers = [_mm512_setzero_si512(); 16];
        for (column, register) in registers.iter_mut().enumerate().take(COLUMNS) {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            *register =
                unsafe { _mm512_loadu_si512(planes.add(column * layout.plane + first).cast()) };
        }
        let registers = transpose_units_avx512::<COLUMNS>(registers);
        for (index, register) in registers.iter().enumerate().take(count) {
            let packed = _mm512_permutexvar_epi8(scatter, *register);
            // SAFETY: ends within `len`: the loop condition says so of the last store.
            unsafe {
                let item = items.add((first + index * per_store) * COLUMNS);
                _mm512_storeu_si512(item.cast(), packed);
            }
        }
        first += GROUP_AVX512;
    }
    first
}

/// As [`transpose_avx2`], with units across the whole register.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn transpose_units_avx512<const COLUMNS: usize>(registers: [__m512i; 16]) -> [__m512i; 16] {
    let count = Units::<COLUMNS>::COUNT;
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
/// The machine has AVX-512 F and BW; `layout`, with 16 columns, lies within the buffers.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn strip_to_planes_avx512(layout: Layout, items: *const u8, planes: *mut u8) -> usize {
    let mut first = 0;
    while first + GROUP_AVX512 <= layout.nitems {
        let registers = array::from_fn(|index| {
            // SAFETY: 16 columns of item `first + quarter * 16 + index`, less than `nitems`.
            let quarter = |quarter: usize| unsafe {
                let item = first + quarter * 16 + index;
                _mm_loadu_si128(items.add(item * layout.stride).cast())
            };
            let register = _mm512_castsi128_si512(quarter(0));
            let register = _mm512_inserti32x4::<1>(register, quarter(1));
            let register = _mm512_inserti32x4::<2>(register, quarter(2));
            _mm512_inserti32x4::<3>(register, quarter(3))
        });
        for (column, register) in transpose_bytes_avx512(registers).iter().enumerate() {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe {
                _mm512_storeu_si512(planes.add(column * layout.plane + first).cast(), *register);
            }
        }
        first += GROUP_AVX512;
    }
    first
}

/// Undoes [`strip_to_planes_avx512`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn strip_from_planes_avx512(layout: Layout, planes: *const u8, items: *mut u8) -> usize {
    let mut first = 0;
    while first + GROUP_AVX512 <= layout.nitems {
        let registers = array::from_fn(|column| {
            // SAFETY: items `first` to `first + 64` of the plane, of `nitems` in the layout.
            unsafe { _mm512_loadu_si512(planes.add(column * layout.plane + first).cast()) }
        });
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
        first += GROUP_AVX512;
    }
    first
}

/// Transposes four matrices of 16 × 16 bytes, one in each quarter of the registers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose_bytes_avx512(registers: [__m512i; 16]) -> [__m512i; 16] {
    let mut from = registers;
    for _ in 0..4 {
        let mut to = from;
        for pair in 0..8 {
            to[2 * pair] = _mm512_unpacklo_epi8(from[pair], from[pair + 8]);
            to[2 * pair + 1] = _mm512_unpackhi_epi8(from[pair], from[pair + 8]);
        }
        from = to;
    }
    from
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_512(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
