//! Copies between views of any strides.
//!
//! A copy first joins the axes that continue each other in both views: a whole C-ordered array
//! becomes one axis, a tile of a wider array two. What is left is nested loops around a kernel for
//! one row, chosen once: a `memcpy` where both rows are without gaps, a store loop where one value
//! is repeated, and a loop over elements of a size known at compile time otherwise.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::layout::Layout;
use super::{View, ViewMut};
use crate::shape::MAX_NDIM;

impl ViewMut<'_> {
    /// Copies all elements of `src`, which has the same shape and item size.
    pub(crate) fn copy_from(&mut self, src: &View<'_>) {
        assert_eq!(self.shape(), src.shape(), "views of different shapes");
        assert_eq!(self.itemsize(), src.itemsize(), "views of different elements");
        if self.shape().contains(&0) {
            return;
        }
        let mut axes = Axes::joined(&self.layout, &src.layout);
        let itemsize = axes.take_rows_as_items(self.itemsize());
        let row = row_kernel(axes.inner(), itemsize);
        // SAFETY: the axes reach exactly the elements of both layouts, or rows of them that have no
        // gaps; these are in bounds by the views' invariant, and `self` is borrowed exclusively, so
        // the two do not overlap. The kernel was chosen for this item size and these strides.
        unsafe { copy_axes(axes.as_slice(), self.ptr, src.ptr, itemsize, row) }
    }

    /// Sets all elements to `value`, which is one element's bytes.
    pub(crate) fn fill(&mut self, value: &[u8]) {
        let shape = *self.shape();
        self.copy_from(&View::repeated(value, shape));
    }

    /// Brings all bytes to 0 or 1, as `bool` demands.
    pub(super) fn normalize_bools(&mut self) {
        assert_eq!(self.itemsize(), 1, "not a view of bools");
        if self.shape().contains(&0) {
            return;
        }
        let axes = Axes::joined(&self.layout, &self.layout);
        let mut normalize = |row: *mut u8, axis: &Axis| {
            if axis.to == 1 {
                // SAFETY: by the view's invariant, `len` bytes without gaps, borrowed exclusively.
                let row = unsafe { std::slice::from_raw_parts_mut(row, axis.len) };
                // Looking first is cheaper: it never has to write.
                if row.iter().fold(0, |all, byte| all | byte) > 1 {
                    row.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
                }
                return true;
            }
            for index in 0..axis.len {
                // SAFETY: an element of the view, in bounds by its invariant.
                unsafe {
                    let byte = at(row, axis.to, index);
                    *byte = u8::from(*byte != 0);
                }
            }
            true
        };
        visit_rows(axes.as_slice(), self.ptr, &mut normalize);
    }
}

impl<'a> View<'a> {
    /// The value of all elements, when they have the same bytes; of no elements, there is none.
    pub(crate) fn uniform(&self) -> Option<&'a [u8]> {
        if self.shape().contains(&0) {
            return None;
        }
        let itemsize = self.itemsize();
        // SAFETY: the view is not empty, so by its invariant there is an element at `ptr`.
        let value = unsafe { std::slice::from_raw_parts(self.ptr.cast_const(), itemsize) };
        let axes = Axes::joined(&self.layout, &self.layout);
        let mut same = |row: *mut u8, axis: &Axis| {
            if axis.to == itemsize as isize {
                let nbytes = axis.len * itemsize;
                // SAFETY: by the view's invariant, a row without gaps is `nbytes` borrowed bytes.
                let row = unsafe { std::slice::from_raw_parts(row.cast_const(), nbytes) };
                // Equal to itself one element on means that all its elements are equal.
                return row.starts_with(value) && row[itemsize..] == row[..nbytes - itemsize];
            }
            // One look is enough where all indices reach the same element.
            let len = if axis.to == 0 { 1 } else { axis.len };
            (0..len).all(|index| {
                // SAFETY: an element of the view, in bounds by its invariant.
                unsafe { std::slice::from_raw_parts(at(row, axis.to, index), itemsize) == value }
            })
        };
        visit_rows(axes.as_slice(), self.ptr, &mut same).then_some(value)
    }
}

/// The largest item that has a loop of its own.
const MAX_ITEM_NBYTES: usize = 32;

/// A length, and the bytes from one index to the next in the destination and the source.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) len: usize,
    pub(super) to: isize,
    pub(super) from: isize,
}

impl Axis {
    /// Whether this axis steps over all of `inner` in both views, so that they can be one.
    fn continues(&self, inner: &Self) -> bool {
        let whole = |stride: isize| stride.wrapping_mul(inner.len as isize);
        self.to == whole(inner.to) && self.from == whole(inner.from)
    }
}

/// The loops of a copy, outermost first; at least one.
#[derive(Clone, Copy)]
pub(super) struct Axes {
    list: [Axis; MAX_NDIM],
    len: usize,
}

impl Axes {
    /// The axes of two layouts of one shape, those of length 1 left out, neighbours joined.
    pub(super) fn joined(to: &Layout, from: &Layout) -> Self {
        let itemsize = to.itemsize() as isize;
        let mut axes =
            Self { list: [Axis { len: 1, to: itemsize, from: itemsize }; MAX_NDIM], len: 0 };
        for (index, &len) in to.shape().iter().enumerate() {
            if len > 1 {
                axes.push(Axis { len, to: to.stride(index), from: from.stride(index) });
            }
        }
        axes.len = axes.len.max(1);
        axes
    }

    /// Stays at one element of the source.
    pub(super) fn repeat_source(&mut self) {
        self.list.iter_mut().for_each(|axis| axis.from = 0);
    }

    pub(super) fn set_len(&mut self, axis: usize, len: usize) {
        self.list[axis].len = len;
    }

    fn push(&mut self, inner: Axis) {
        match self.list[..self.len].last_mut() {
            Some(outer) if outer.continues(&inner) => {
                *outer = Axis { len: outer.len * inner.len, ..inner };
            }
            _ => {
                self.list[self.len] = inner;
                self.len += 1;
            }
        }
    }

    /// Makes an item of the innermost row where it is short and without gaps in both views, as some
    /// channels of a pixel are: a `memcpy` for each would cost more than what it copies. The size of
    /// the items then.
    fn take_rows_as_items(&mut self, itemsize: usize) -> usize {
        let Axis { len, to, from } = *self.inner();
        let is_dense = to == itemsize as isize && from == to;
        if self.len == 1 || !is_dense || len * itemsize > MAX_ITEM_NBYTES {
            return itemsize;
        }
        self.len -= 1;
        len * itemsize
    }

    pub(super) fn as_slice(&self) -> &[Axis] {
        &self.list[..self.len]
    }

    pub(super) fn inner(&self) -> &Axis {
        &self.list[self.len - 1]
    }
}

/// The element at `index`, `stride` bytes apart.
pub(super) fn at(row: *mut u8, stride: isize, index: usize) -> *mut u8 {
    row.wrapping_offset(stride.wrapping_mul(index as isize))
}

/// Calls `visit` with the first element of each row until it answers `false`; whether it never did.
fn visit_rows(axes: &[Axis], ptr: *mut u8, visit: &mut impl FnMut(*mut u8, &Axis) -> bool) -> bool {
    match axes {
        [] => true,
        [inner] => visit(ptr, inner),
        [outer, rest @ ..] => {
            let len = if outer.to == 0 { 1 } else { outer.len };
            (0..len).all(|index| visit_rows(rest, at(ptr, outer.to, index), visit))
        }
    }
}

/// Copies one row of elements of the given size.
pub(super) type RowKernel = unsafe fn(to: *mut u8, from: *const u8, axis: &Axis, itemsize: usize);

pub(super) fn row_kernel(axis: &Axis, itemsize: usize) -> RowKernel {
    let dense = itemsize as isize;
    match (axis.to == dense, axis.from) {
        (true, from) if from == dense => copy_dense,
        (true, 0) if itemsize == 1 => fill_bytes,
        // Sizes of the plain types, and of pixels of three and four channels.
        _ => match itemsize {
            1 => copy_items::<1>,
            2 => copy_items::<2>,
            3 => copy_items::<3>,
            4 => copy_items::<4>,
            6 => copy_items::<6>,
            8 => copy_items::<8>,
            12 => copy_items::<12>,
            16 => copy_items::<16>,
            24 => copy_items::<24>,
            MAX_ITEM_NBYTES => copy_items::<MAX_ITEM_NBYTES>,
            _ => copy_large_items,
        },
    }
}

/// # Safety
/// Both pointers with these axes reach elements of `itemsize` bytes, in bounds and not overlapping,
/// and `row` is the [`row_kernel`] for the last axis and `itemsize`.
pub(super) unsafe fn copy_axes(
    axes: &[Axis],
    to: *mut u8,
    from: *mut u8,
    itemsize: usize,
    row: RowKernel,
) {
    match axes {
        [] => {}
        // SAFETY: passed on from the caller.
        [inner] => unsafe { row(to, from, inner, itemsize) },
        [outer, rest @ ..] => {
            for index in 0..outer.len {
                let (to, from) = (at(to, outer.to, index), at(from, outer.from, index));
                // SAFETY: the elements at one index of the outer axis are some of the caller's.
                unsafe { copy_axes(rest, to, from, itemsize, row) }
            }
        }
    }
}

/// # Safety
/// As [`copy_axes`], for one row; both strides are `itemsize`.
unsafe fn copy_dense(to: *mut u8, from: *const u8, axis: &Axis, itemsize: usize) {
    // SAFETY: both rows are without gaps, so they are this many bytes.
    unsafe { to.copy_from_nonoverlapping(from, axis.len * itemsize) }
}

/// # Safety
/// As [`copy_axes`], for one row of bytes; the stride of `to` is 1, that of `from` 0.
unsafe fn fill_bytes(to: *mut u8, from: *const u8, axis: &Axis, _itemsize: usize) {
    // SAFETY: the row in `to` is without gaps, so it is this many bytes.
    unsafe { to.write_bytes(*from, axis.len) }
}

/// # Safety
/// As [`copy_axes`], for one row; `itemsize` is `N`.
unsafe fn copy_items<const N: usize>(to: *mut u8, from: *const u8, axis: &Axis, _itemsize: usize) {
    let to = to.cast::<[u8; N]>();
    let from = from.cast::<[u8; N]>();
    if axis.from == 0 && axis.to == N as isize {
        // SAFETY: `from` is one element, and the row in `to` is without gaps. Read once, so that
        // the loop is vector stores.
        unsafe {
            let value = from.read_unaligned();
            (0..axis.len).for_each(|index| to.add(index).write_unaligned(value));
        }
        return;
    }
    for index in 0..axis.len as isize {
        // SAFETY: in bounds, so the products do not overflow.
        unsafe {
            let item = from.byte_offset(axis.from * index).read_unaligned();
            to.byte_offset(axis.to * index).write_unaligned(item);
        }
    }
}

/// # Safety
/// As [`copy_axes`], for one row.
unsafe fn copy_large_items(to: *mut u8, from: *const u8, axis: &Axis, itemsize: usize) {
    for index in 0..axis.len as isize {
        // SAFETY: in bounds, so the products do not overflow.
        unsafe {
            let from = from.offset(axis.from * index);
            to.offset(axis.to * index).copy_from_nonoverlapping(from, itemsize);
        }
    }
}
