//! Copies from a source that arrives in pieces: each is copied from while it is in the cache.
//!
//! A copy between views loops over its axes at once. Here the loops are counters, so that they can
//! stop at the end of a piece, in the middle of a row if need be, and go on with the next. What of a
//! piece is whole along an outer axis, commonly some rows, is copied by one call all the same.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::marker::PhantomData;

use super::copy::{Axes, Axis, at, copy_axes, row_kernel};
use super::layout::Layout;
use super::{Strided, ViewMut};
use crate::error::Result;
use crate::shape::{MAX_NDIM, Shape};

/// Where in a run of bytes elements lie: a view without the bytes.
pub(crate) type Places = Strided<()>;

impl Places {
    /// The places of elements of `itemsize` bytes in C order.
    ///
    /// # Errors
    /// [`ShapeOverflow`](crate::InvalidArgument::ShapeOverflow).
    pub(crate) fn contiguous(itemsize: usize, shape: Shape) -> Result<Self> {
        shape.nbytes(itemsize)?;
        Ok(Self::new(std::ptr::null_mut(), Layout::contiguous(itemsize, shape)))
    }
}

/// Elements that wait for theirs to arrive. Made by [`ViewMut::scatter`].
pub(crate) struct Scatter<'a> {
    itemsize: usize,
    /// The destination, and the offsets in the source.
    axes: Axes,
    /// How many indices of each axis are done.
    done: [usize; MAX_NDIM],
    /// The next element: where it goes, and its offset in the source.
    to: *mut u8,
    from: usize,
    is_done: bool,
    /// How many bytes of the source have come.
    arrived: usize,
    borrow: PhantomData<&'a mut [u8]>,
}

impl<'a> ViewMut<'a> {
    /// Will set all elements to those at `places` of bytes to come, of the same shape and item
    /// size. Reversed axes are for the destination: places rise.
    pub(crate) fn scatter(self, places: &Places) -> Scatter<'a> {
        assert_eq!(self.shape(), places.shape(), "views of different shapes");
        assert_eq!(self.itemsize(), places.itemsize(), "views of different elements");
        let axes = Axes::joined(&self.layout, &places.layout);
        assert!(axes.as_slice().iter().all(|axis| axis.from >= 0), "places that fall");
        Scatter {
            itemsize: self.itemsize(),
            axes,
            done: [0; MAX_NDIM],
            to: self.ptr,
            from: places.ptr.addr(),
            is_done: self.shape().contains(&0),
            arrived: 0,
            borrow: PhantomData,
        }
    }
}

impl Scatter<'_> {
    /// Whether all elements have arrived.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Copies the elements in the next bytes of the source. One that reaches beyond them never
    /// arrives, nor does any after it.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let start = self.arrived;
        // SAFETY: offsets of the next bytes count from `start`, and the strides are the source's.
        unsafe {
            self.take(self.axes, bytes.len(), |offset| bytes.as_ptr().wrapping_add(offset - start));
        }
    }

    /// Sets the elements in the next bytes of the source, which are `count` times `value`.
    pub(crate) fn put_repeated(&mut self, value: &[u8], count: usize) {
        assert_eq!(value.len(), self.itemsize, "a value of another size");
        let mut axes = self.axes;
        axes.repeat_source();
        // SAFETY: without strides, every element is the one value.
        unsafe { self.take(axes, value.len() * count, |_| value.as_ptr()) }
    }

    /// Copies the elements in the next `nbytes` of the source.
    ///
    /// # Safety
    /// `axes` are those of `self` but for the strides of the source. With these, `source` reaches
    /// the elements at an offset in the next `nbytes`, in bounds; it is called with no other.
    unsafe fn take(&mut self, mut axes: Axes, nbytes: usize, source: impl Fn(usize) -> *const u8) {
        let row = row_kernel(axes.inner(), self.itemsize);
        while let Some((axis, count)) = self.next_run(nbytes) {
            axes.set_len(axis, count);
            let loops = &axes.as_slice()[axis..];
            // SAFETY: `next_run` answers only for elements inside the next bytes, where the caller
            // answers for the source. By the invariant of the view that `self` was made of, and
            // since the counters stay below the axes' lengths, `to` reaches as many elements. They
            // are borrowed exclusively, so the two do not overlap. The kernel suits the axes.
            unsafe { copy_axes(loops, self.to, source(self.from).cast_mut(), self.itemsize, row) }
            axes.set_len(axis, self.axes.as_slice()[axis].len);
            self.advance(axis, count);
        }
        self.arrived += nbytes;
    }

    /// Along the outermost axis possible, how many indices from the next on have all their elements
    /// inside the next `nbytes` of the source; `None` if not even the next element is.
    fn next_run(&self, nbytes: usize) -> Option<(usize, usize)> {
        let end = self.arrived.checked_add(nbytes)?;
        if self.is_done || self.from < self.arrived {
            return None;
        }
        let room = end.checked_sub(self.from)?;
        // The bytes from the first element at an index of the axis to the end of the last.
        let mut span = self.itemsize;
        let mut run = None;
        let axes = self.axes.as_slice();
        for (axis, &Axis { len, from, .. }) in axes.iter().enumerate().rev() {
            let Some(room) = room.checked_sub(span) else { break };
            let (left, stride) = (len - self.done[axis], from as usize);
            // A product that overflows is more than fits; so stride 0 is never divided by.
            let all = stride.checked_mul(left - 1).filter(|&nbytes| nbytes <= room);
            run = Some((axis, if all.is_some() { left } else { room / stride + 1 }));
            match all {
                Some(nbytes) if left == len => span += nbytes,
                _ => break,
            }
        }
        run
    }

    /// Goes on by `count` indices of an axis, which are no more than it has left.
    fn advance(&mut self, axis: usize, count: usize) {
        let axes = &self.axes.as_slice()[..=axis];
        let mut steps = count;
        for (done, axis) in self.done[..axes.len()].iter_mut().zip(axes).rev() {
            *done += steps;
            self.to = at(self.to, axis.to, steps);
            self.from = self.from.wrapping_add(steps.wrapping_mul(axis.from as usize));
            if *done < axis.len {
                return;
            }
            // Back to the first index, and one on along the axis outside.
            *done = 0;
            self.to = at(self.to, axis.to.wrapping_neg(), axis.len);
            self.from = self.from.wrapping_sub(axis.len.wrapping_mul(axis.from as usize));
            steps = 1;
        }
        self.is_done = true;
    }
}
