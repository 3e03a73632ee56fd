//! Byte shuffle on x86-64: what its AVX2 and AVX-512 kernels share.
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
//! The kernels are in [`shuffle_avx2`](super::shuffle_avx2) and
//! [`shuffle_avx512`](super::shuffle_avx512). Arrays of registers are filled by loops, never by
//! closures given to `map` or `from_fn`: those are compiled without the instructions, which costs a
//! factor of ten.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::shuffle::Layout;
use super::{Isa, shuffle_avx2 as avx2, shuffle_avx512 as avx512};

/// Columns that a kernel treats at once.
pub(super) const STRIP: usize = 16;

/// Calls a kernel with the number of columns as a constant, or returns false.
macro_rules! with_columns {
    ($columns:expr, $isa:ident :: $kernel:ident, $args:tt) => {
        with_columns!(
            @match $columns, $isa::$kernel, $args, 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
        )
    };
    (@match $columns:expr, $isa:ident :: $kernel:ident, $args:tt, $($n:literal)*) => {
        match $columns {
            // SAFETY: the caller of the macro has shown it for its arguments.
            $($n => unsafe { with_columns!(@call $isa::$kernel, $n, $args) },)*
            _ => return false,
        }
    };
    (@call $isa:ident :: $kernel:ident, $n:literal, ($($arg:expr),*)) => {
        $isa::$kernel::<$n>($($arg),*)
    };
}

/// The results of two functions of the given numbers, in turn.
///
/// Spelled out because a loop over that many registers may stay a loop, and the registers in
/// memory.
macro_rules! alternate {
    ($low:expr, $high:expr, $($pair:literal)*) => { [$($low($pair), $high($pair)),*] };
}
pub(super) use alternate;

/// Transposes all items and answers true, or leaves them to others and answers false.
pub(super) fn to_planes(isa: Isa, layout: Layout, items: &[u8], planes: &mut [u8]) -> bool {
    layout.check(items.len(), planes.len());
    let Some(isa) = kernel_isa(isa, layout.nitems) else { return false };
    if layout.is_packed() && layout.columns <= STRIP {
        let (from, to) = (items.as_ptr(), planes.as_mut_ptr());
        // SAFETY: `kernel_isa` has checked the instructions and the number of items, and the layout
        // has been checked against the buffers.
        match isa {
            Isa::Avx512(_) => with_columns!(layout.columns, avx512::to_planes, (layout, from, to)),
            _ => with_columns!(layout.columns, avx2::to_planes, (layout, from, to)),
        }
        return true;
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&items[column..], &mut planes[column * layout.plane..]);
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        match isa {
            // SAFETY: as above; the layout less some columns lies within the buffers less those.
            Isa::Avx512(_) => unsafe { avx512::strip_to_planes(layout, from, to) },
            // SAFETY: as above.
            _ => unsafe { avx2::strip_to_planes(layout, from, to) },
        }
    })
}

/// Transposes all items and answers true, or leaves them to others and answers false.
///
/// Nothing is written between and after the items.
pub(super) fn from_planes(isa: Isa, layout: Layout, planes: &[u8], items: &mut [u8]) -> bool {
    layout.check(items.len(), planes.len());
    let Some(isa) = kernel_isa(isa, layout.nitems) else { return false };
    if layout.is_packed() && layout.columns <= STRIP {
        let (from, to) = (planes.as_ptr(), items.as_mut_ptr());
        // SAFETY: `kernel_isa` has checked the instructions and the number of items, and the layout
        // has been checked against the buffers.
        match isa {
            Isa::Avx512(_) => {
                with_columns!(layout.columns, avx512::from_planes, (layout, from, to))
            }
            _ => with_columns!(layout.columns, avx2::from_planes, (layout, from, to)),
        }
        return true;
    }
    for_each_strip(layout, |column| {
        let (from, to) = (&planes[column * layout.plane..], &mut items[column..]);
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        // Taking four quarters out of a register is slower than taking two halves.
        // SAFETY: as above, and every machine with AVX-512 has AVX2; the layout less some columns
        // lies within the buffers less those.
        unsafe { avx2::strip_from_planes(layout, from, to) }
    })
}

/// The best kernels for so many items, of which the machine has the instructions.
fn kernel_isa(isa: Isa, nitems: usize) -> Option<Isa> {
    match isa {
        Isa::Avx512(_) if nitems >= avx512::GROUP => Some(isa),
        Isa::Avx512(found) | Isa::Avx2Gfni(found) | Isa::Avx2(found) if nitems >= avx2::GROUP => {
            Some(Isa::Avx2(found))
        }
        _ => None,
    }
}

/// The first items of groups that cover all of at least `GROUP` items, the last group overlapping.
///
/// Each is computed from a counter, not from the one before, which would be slower than the loops.
pub(super) fn group_starts<const GROUP: usize>(nitems: usize) -> impl Iterator<Item = usize> {
    let last = nitems - GROUP;
    (0..nitems.div_ceil(GROUP)).map(move |group| last.min(group * GROUP))
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
pub(super) struct Units<const COLUMNS: usize, const NBYTES: usize>;

impl<const COLUMNS: usize, const NBYTES: usize> Units<COLUMNS, NBYTES> {
    /// Registers in the matrix, and units in a register.
    pub(super) const COUNT: usize = COLUMNS.next_power_of_two();
    /// Items in a register, and bytes in a unit.
    pub(super) const ITEMS: usize = NBYTES / Self::COUNT;
    /// Bytes of a register that are of items; more than half.
    pub(super) const USED: usize = Self::ITEMS * COLUMNS;

    /// Byte `column` of item `index` goes to byte `index` of unit `column`.
    pub(super) const TO_UNITS: [u8; NBYTES] = Self::to_units(0);

    /// The same for items at the end of a register, so that loading the last of a block does not
    /// reach beyond it.
    pub(super) const LAST_TO_UNITS: [u8; NBYTES] = Self::to_units(NBYTES - Self::USED);

    /// Undoes [`TO_UNITS`](Self::TO_UNITS).
    pub(super) const FROM_UNITS: [u8; NBYTES] = {
        let mut indices = [0x80; NBYTES];
        let mut at = 0;
        while at < Self::USED {
            indices[at] = (at % COLUMNS * Self::ITEMS + at / COLUMNS) as u8;
            at += 1;
        }
        indices
    };

    /// Removes the padding of items that lie [`COUNT`](Self::COUNT) bytes apart.
    pub(super) const UNPAD: [u8; NBYTES] = {
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
