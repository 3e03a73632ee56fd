//! Strided views of elements as bytes: what reads write to, and writes read from.
//!
//! Below is nothing but [`Shape`]; above is the array layer, which cuts views along chunks and
//! blocks and hands the pieces to different threads. Everything here works on bytes and an item
//! size, so that one compiled reader serves all element types and all memory layouts.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

mod copy;
mod layout;
mod lend;
mod scatter;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::ops::Range;

#[cfg(feature = "ndarray")]
pub(crate) use self::lend::lend_ndarray;
pub(crate) use self::lend::{as_unspecified, as_zeroed, lend_bytes, lend_items};
pub(crate) use self::scatter::Places;

use self::layout::Layout;
use crate::dtype::Element;
use crate::error::{Result, check_len};
use crate::shape::Shape;

/// Elements to read.
pub(crate) type View<'a> = Strided<&'a [u8]>;

/// Elements to write. No two indices reach the same byte.
pub(crate) type ViewMut<'a> = Strided<&'a mut [u8]>;

/// Elements at regular distances in memory borrowed as `B`, which is `&[u8]` or `&mut [u8]`; or,
/// as `()`, not in memory at all.
///
/// The invariant that all `unsafe` here rests on: every element that `layout` reaches from `ptr`
/// lies in memory that is initialised and borrowed as `B`; for `&mut [u8]`, different indices
/// reach disjoint bytes. Constructors establish it. Cutting a view leads to fewer elements of the
/// same memory, so it preserves it.
pub(crate) struct Strided<B> {
    ptr: *mut u8,
    layout: Layout,
    borrow: PhantomData<B>,
}

// SAFETY: a view is a borrow of plain bytes with directions, so it may go where the borrow may.
unsafe impl<B: Send> Send for Strided<B> {}
// SAFETY: as above; writing needs `&mut self`.
unsafe impl<B: Sync> Sync for Strided<B> {}

impl Clone for View<'_> {
    fn clone(&self) -> Self {
        *self
    }
}
impl Copy for View<'_> {}

impl<'a> View<'a> {
    /// Elements of `itemsize` bytes in C order.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when `bytes` are more or fewer
    /// than the shape holds.
    pub(crate) fn from_bytes(bytes: &'a [u8], itemsize: usize, shape: Shape) -> Result<Self> {
        check_len(shape.nbytes(itemsize)?, bytes.len())?;
        Ok(Self::new(bytes.as_ptr().cast_mut(), Layout::contiguous(itemsize, shape)))
    }

    /// The items in C order.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when there are more or fewer than
    /// the shape holds.
    pub(crate) fn from_items<T: Element>(items: &'a [T], shape: Shape) -> Result<Self> {
        check_len(shape.nitems(), items.len())?;
        Self::from_bytes(bytemuck::cast_slice(items), size_of::<T>(), shape)
    }

    /// One value for every index, without a copy of it anywhere.
    pub(crate) fn repeated(value: &'a [u8], shape: Shape) -> Self {
        Self::new(value.as_ptr().cast_mut(), Layout::repeated(value.len(), shape))
    }

    /// The elements of an array of any strides.
    ///
    /// # Errors
    /// [`TooManyAxes`](crate::InvalidArgument::TooManyAxes).
    #[cfg(feature = "ndarray")]
    pub(crate) fn from_ndarray<T, D>(array: &'a ndarray::ArrayRef<T, D>) -> Result<Self>
    where
        T: Element,
        D: ndarray::Dimension,
    {
        // `T` has no padding, so all bytes are initialised; `ndarray` vouches for its strides.
        let layout = Layout::of_ndarray(size_of::<T>(), array.shape(), array.strides())?;
        Ok(Self::new(array.as_ptr().cast_mut().cast(), layout))
    }

    /// Elements of `itemsize` bytes, `strides` bytes apart along each axis.
    ///
    /// # Safety
    /// Every element that the strides reach from `ptr` is initialised memory that nobody writes to
    /// for `'a`, and the distances of elements from each other fit `isize`. Of no elements, `ptr` may
    /// be anything.
    #[cfg(feature = "dlpack")]
    pub(crate) unsafe fn from_raw(
        ptr: *const u8,
        itemsize: usize,
        shape: Shape,
        strides: [isize; crate::shape::MAX_NDIM],
    ) -> Self {
        Self::new(ptr.cast_mut(), Layout::strided(itemsize, shape, strides))
    }

    /// The value of all elements, when they are one and the same in memory.
    pub(crate) fn repeated_value(&self) -> Option<&'a [u8]> {
        if self.layout.reaches_one() {
            // No need to look at more than the first.
            self.uniform()
        } else {
            None
        }
    }

    /// The bytes, where they lie side by side in C order.
    pub(crate) fn as_contiguous(&self) -> Option<&'a [u8]> {
        let nbytes = self.layout.contiguous_nbytes()?;
        if nbytes == 0 {
            return Some(&[]);
        }
        // SAFETY: by the invariant, elements in C order without gaps are `nbytes` borrowed bytes.
        Some(unsafe { std::slice::from_raw_parts(self.ptr, nbytes) })
    }
}

impl<'a> ViewMut<'a> {
    /// Elements of `itemsize` bytes in C order.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when `bytes` are more or fewer
    /// than the shape holds.
    pub(crate) fn from_bytes_mut(
        bytes: &'a mut [u8],
        itemsize: usize,
        shape: Shape,
    ) -> Result<Self> {
        check_len(shape.nbytes(itemsize)?, bytes.len())?;
        Ok(Self::new(bytes.as_mut_ptr(), Layout::contiguous(itemsize, shape)))
    }

    /// The same view for a shorter time.
    pub(crate) fn reborrow(&mut self) -> ViewMut<'_> {
        Strided::new(self.ptr, self.layout)
    }

    /// The bytes, where they lie side by side in C order.
    pub(crate) fn as_contiguous_mut(&mut self) -> Option<&mut [u8]> {
        let nbytes = self.layout.contiguous_nbytes()?;
        if nbytes == 0 {
            return Some(&mut []);
        }
        // SAFETY: by the invariant, elements in C order without gaps are `nbytes` bytes borrowed
        // exclusively by `self`, which the result borrows.
        Some(unsafe { std::slice::from_raw_parts_mut(self.ptr, nbytes) })
    }
}

impl<B> Strided<B> {
    /// The caller answers for the invariant.
    fn new(ptr: *mut u8, layout: Layout) -> Self {
        Self { ptr, layout, borrow: PhantomData }
    }

    /// Lengths per axis.
    pub(crate) fn shape(&self) -> &Shape {
        self.layout.shape()
    }

    /// Bytes per element.
    pub(crate) fn itemsize(&self) -> usize {
        self.layout.itemsize()
    }

    /// Keeps the indices in `range` of one axis.
    ///
    /// Panics, like the other cuts, when the axis or the range does not exist: callers have
    /// checked theirs.
    pub(crate) fn slice_axis(mut self, axis: usize, range: Range<usize>) -> Self {
        let offset = self.layout.slice_axis(axis, range);
        // Wrapping, because an empty view may point anywhere.
        self.ptr = self.ptr.wrapping_offset(offset);
        self
    }

    /// Keeps the first indices of each axis, as many as `lens` says.
    pub(crate) fn trimmed(mut self, lens: &Shape) -> Self {
        for axis in 0..lens.ndim() {
            self = self.slice_axis(axis, 0..lens[axis]);
        }
        self
    }

    /// Keeps every `step`-th index of one axis, the first included.
    pub(crate) fn step_axis(mut self, axis: usize, step: usize) -> Self {
        self.layout.step_axis(axis, step);
        self
    }

    /// Reverses one axis.
    pub(crate) fn invert_axis(mut self, axis: usize) -> Self {
        let offset = self.layout.invert_axis(axis);
        self.ptr = self.ptr.wrapping_offset(offset);
        self
    }

    /// Puts the axes into another order, which names each once.
    pub(crate) fn permute_axes(mut self, axes: &[usize]) -> Self {
        self.layout.permute_axes(axes);
        self
    }

    /// Drops an axis of length 1.
    pub(crate) fn remove_axis(mut self, axis: usize) -> Self {
        self.layout.remove_axis(axis);
        self
    }

    /// Adds an axis of length 1 before `axis`.
    ///
    /// # Errors
    /// [`TooManyAxes`](crate::InvalidArgument::TooManyAxes).
    pub(crate) fn insert_axis(mut self, axis: usize) -> Result<Self> {
        self.layout.insert_axis(axis)?;
        Ok(self)
    }

    /// Two views of disjoint elements: those before `index` of one axis, and the others.
    pub(crate) fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let len = self.shape()[axis];
        let second = Self::new(self.ptr, self.layout).slice_axis(axis, index..len);
        (self.slice_axis(axis, 0..index), second)
    }
}
