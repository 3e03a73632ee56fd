//! Copies from a source that arrives in pieces: each is copied from while it is in the cache.
//!
//! A copy between views loops over its axes at once. Here the loops are counters, so that they can
//! stop at the end of a piece, in the middle of a row if need be, and go on with the next.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::marker::PhantomData;

use super::copy::{Axes, Axis, at, row_kernel};
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
        let (start, inner) = (self.arrived, *self.axes.inner());
        let row = row_kernel(&inner, self.itemsize);
        while let Some(count) = self.next_run(bytes.len()) {
            // SAFETY: `next_run` answers only for elements inside the next bytes, which begin at
            // `start`; by the invariant of the view that `self` was made of, and since the counters
            // stay below the axes' lengths, `to` reaches as many elements. They are borrowed
            // exclusively, so the two do not overlap. The kernel is for these strides and size.
            unsafe {
                let from = bytes.as_ptr().add(self.from - start);
                row(self.to, from, &Axis { len: count, ..inner }, self.itemsize);
            }
            self.advance(count);
        }
        self.arrived += bytes.len();
    }

    /// Sets the elements in the next bytes of the source, which are `count` times `value`.
    pub(crate) fn put_repeated(&mut self, value: &[u8], count: usize) {
        assert_eq!(value.len(), self.itemsize, "a value of another size");
        let nbytes = value.len() * count;
        let inner = Axis { from: 0, ..*self.axes.inner() };
        let row = row_kernel(&inner, self.itemsize);
        while let Some(count) = self.next_run(nbytes) {
            // SAFETY: as in `put` for the destination; the source is the one value again and again.
            unsafe {
                row(self.to, value.as_ptr(), &Axis { len: count, ..inner }, self.itemsize);
            }
            self.advance(count);
        }
        self.arrived += nbytes;
    }

    /// How many elements, from the next one of a row on, lie inside the next `nbytes` of the
    /// source; `None` for none.
    fn next_run(&self, nbytes: usize) -> Option<usize> {
        let end = self.arrived.checked_add(nbytes)?;
        if self.is_done || self.from < self.arrived {
            return None;
        }
        let inner = self.axes.inner();
        let left = inner.len - self.done[self.axes.as_slice().len() - 1];
        let stride = inner.from as usize;
        // The bytes behind the first element.
        let room = end.checked_sub(self.from)?.checked_sub(self.itemsize)?;
        // A product that overflows is more than fits.
        let all_fit = stride.checked_mul(left - 1).is_some_and(|nbytes| nbytes <= room);
        Some(if all_fit { left } else { room / stride + 1 })
    }

    /// Goes on by `count` elements of a row, which are no more than it has left.
    fn advance(&mut self, count: usize) {
        let axes = self.axes.as_slice();
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
