//! Where the elements of a view lie, relative to its first: plain arithmetic, nothing unsafe.

use std::ops::Range;

use crate::error::Result;
use crate::shape::{MAX_NDIM, Shape};

/// An item size, and per axis a length and the bytes from one index to the next.
///
/// Strides of axes of length 0 or 1 mean nothing and may be any number, so they are only ever
/// multiplied wrapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    itemsize: usize,
    shape: Shape,
    strides: [isize; MAX_NDIM],
}

impl Layout {
    /// C order without gaps. The caller has checked that the bytes fit `isize`.
    pub(super) fn contiguous(itemsize: usize, shape: Shape) -> Self {
        let mut strides = [0; MAX_NDIM];
        let mut step = itemsize as isize;
        for axis in (0..shape.ndim()).rev() {
            strides[axis] = step;
            step = step.wrapping_mul(shape[axis].max(1) as isize);
        }
        Self { itemsize, shape, strides }
    }

    /// The same element at every index.
    pub(super) fn repeated(itemsize: usize, shape: Shape) -> Self {
        Self { itemsize, shape, strides: [0; MAX_NDIM] }
    }

    /// Any strides, in bytes.
    #[cfg(feature = "dlpack")]
    pub(super) fn strided(itemsize: usize, shape: Shape, strides: [isize; MAX_NDIM]) -> Self {
        Self { itemsize, shape, strides }
    }

    /// A layout as `ndarray` describes it, with strides in elements.
    #[cfg(feature = "ndarray")]
    pub(super) fn of_ndarray(itemsize: usize, lens: &[usize], steps: &[isize]) -> Result<Self> {
        let shape = Shape::new(lens)?;
        let mut strides = [0; MAX_NDIM];
        for (stride, step) in strides.iter_mut().zip(steps) {
            *stride = step.wrapping_mul(itemsize as isize);
        }
        Ok(Self { itemsize, shape, strides })
    }

    pub(super) fn itemsize(&self) -> usize {
        self.itemsize
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Bytes from one index of `axis` to the next.
    pub(super) fn stride(&self, axis: usize) -> isize {
        self.strides[axis]
    }

    /// Whether all indices reach the same element.
    pub(super) fn reaches_one(&self) -> bool {
        self.shape.iter().zip(self.strides).all(|(&len, stride)| len <= 1 || stride == 0)
    }

    /// The number of bytes, when the elements lie in C order without gaps.
    pub(super) fn contiguous_nbytes(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let mut nbytes = self.itemsize;
        for axis in (0..self.shape.ndim()).rev() {
            let len = self.shape[axis];
            if len > 1 {
                if self.strides[axis] != nbytes as isize {
                    return None;
                }
                // In range: these are bytes of one allocation.
                nbytes *= len;
            }
        }
        Some(nbytes)
    }

    /// Keeps a range of one axis, and answers how far in bytes the first element moves.
    pub(super) fn slice_axis(&mut self, axis: usize, range: Range<usize>) -> isize {
        let len = self.shape[axis];
        assert!(range.start <= range.end && range.end <= len, "{range:?} of axis of length {len}");
        self.set_len(axis, range.end - range.start);
        self.strides[axis].wrapping_mul(range.start as isize)
    }

    pub(super) fn step_axis(&mut self, axis: usize, step: usize) {
        assert!(step > 0, "step 0");
        self.set_len(axis, self.shape[axis].div_ceil(step));
        self.strides[axis] = self.strides[axis].wrapping_mul(step as isize);
    }

    /// Reverses one axis, and answers how far in bytes the first element moves.
    pub(super) fn invert_axis(&mut self, axis: usize) -> isize {
        let last = self.shape[axis].saturating_sub(1);
        let offset = self.strides[axis].wrapping_mul(last as isize);
        self.strides[axis] = self.strides[axis].wrapping_neg();
        offset
    }

    pub(super) fn remove_axis(&mut self, axis: usize) {
        assert_eq!(self.shape[axis], 1, "only an axis of length 1 can be dropped");
        let ndim = self.shape.ndim();
        self.shape = self.shape.without_axis(axis);
        self.strides.copy_within(axis + 1..ndim, axis);
    }

    pub(super) fn insert_axis(&mut self, axis: usize) -> Result<()> {
        let ndim = self.shape.ndim();
        self.shape = self.shape.with_axis(axis, 1)?;
        self.strides.copy_within(axis..ndim, axis + 1);
        self.strides[axis] = 0;
        Ok(())
    }

    /// Puts the axes into this order, which names each once.
    pub(super) fn permute_axes(&mut self, axes: &[usize]) {
        // An axis named twice would lead to one element by two ways.
        let is_order =
            axes.len() == self.shape.ndim() && (0..axes.len()).all(|axis| axes.contains(&axis));
        assert!(is_order, "{axes:?} names not each axis once");
        let old = *self;
        self.shape = old.shape.map(|axis| old.shape[axes[axis]]);
        for (stride, &axis) in self.strides.iter_mut().zip(axes) {
            *stride = old.strides[axis];
        }
    }

    fn set_len(&mut self, axis: usize, len: usize) {
        self.shape = self.shape.with_len(axis, len);
    }
}
