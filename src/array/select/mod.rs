//! Selections as `ndarray` writes them, `s![1..5, ..;2, 7]`, checked against an array's shape.
//!
//! `ndarray` panics on an index that is not there. Here it is an error, so everything is checked
//! before any of its methods sees it.

use ndarray::{ArrayRef, Dimension, IxDyn, SliceArg, SliceInfoElem};

use super::selection::Selection;
use crate::arch::view::{Strided, View};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Shape, check_shape, resolve_index, resolve_range};

/// A selection of an array's elements, and how its axes become those of the result.
pub(crate) struct Slicing {
    pub(crate) selection: Selection,
    /// Lengths of the result.
    pub(super) shape: Shape,
    /// In the order of `s![]`.
    axes: Vec<SlicedAxis>,
}

pub(crate) enum SlicedAxis {
    /// An axis of the array and of the result.
    Kept,
    /// The same, from its end to its start.
    Reversed,
    /// An axis of the array only.
    Dropped,
    /// An axis of the result only.
    New,
}

impl Slicing {
    /// Checks a selection of an array of this shape.
    pub(crate) fn new<I: SliceArg<IxDyn>>(slices: &I, shape: &Shape) -> Result<Self> {
        let slices = slices.as_ref();
        let (expected, found) =
            (shape.ndim(), slices.iter().filter(|slice| !slice.is_new_axis()).count());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        let mut slicing = Self {
            selection: Selection::full(*shape),
            shape: Shape::scalar(),
            axes: Vec::with_capacity(slices.len()),
        };
        let mut axis = 0;
        for slice in slices {
            match *slice {
                SliceInfoElem::NewAxis => slicing.push(SlicedAxis::New, Some(1))?,
                SliceInfoElem::Index(index) => {
                    let index = resolve_index(index, axis, shape[axis])?;
                    slicing.selection.set_axis(axis, index, 1, 1);
                    slicing.push(SlicedAxis::Dropped, None)?;
                    axis += 1;
                }
                SliceInfoElem::Slice { start, end, step } => {
                    let (first, count) = resolve_range(start, end, step, axis, shape[axis])?;
                    slicing.selection.set_axis(axis, first, step.unsigned_abs(), count);
                    let kept = if step < 0 { SlicedAxis::Reversed } else { SlicedAxis::Kept };
                    slicing.push(kept, Some(count))?;
                    axis += 1;
                }
            }
        }
        Ok(slicing)
    }

    /// A selection of an array of this shape, and the elements of `src` for it.
    pub(super) fn with_source<'a, T: Element, D: Dimension>(
        slices: &impl SliceArg<IxDyn>,
        shape: &Shape,
        src: &'a ArrayRef<T, D>,
    ) -> Result<(Selection, View<'a>)> {
        let slicing = Self::new(slices, shape)?;
        slicing.check(src.shape())?;
        Ok((slicing.selection, slicing.align(View::from_ndarray(src)?)?))
    }

    /// The axes in the order of `s![]`.
    pub(crate) fn axes(&self) -> &[SlicedAxis] {
        &self.axes
    }

    fn push(&mut self, axis: SlicedAxis, len: Option<usize>) -> Result<()> {
        if let Some(len) = len {
            self.shape = self.shape.with_axis(self.shape.ndim(), len)?;
        }
        self.axes.push(axis);
        Ok(())
    }

    /// Checks the lengths of a view that is to hold the result.
    pub(super) fn check(&self, found: &[usize]) -> Result<()> {
        check_shape(&self.shape, found)
    }

    /// A view of the result as a view with the axes of the array, indices rising.
    pub(super) fn align<B>(&self, mut view: Strided<B>) -> Result<Strided<B>> {
        let mut axis = 0;
        for sliced in &self.axes {
            match sliced {
                SlicedAxis::Kept => axis += 1,
                SlicedAxis::Reversed => {
                    view = view.invert_axis(axis);
                    axis += 1;
                }
                SlicedAxis::New => view = view.remove_axis(axis),
                SlicedAxis::Dropped => {
                    view = view.insert_axis(axis)?;
                    axis += 1;
                }
            }
        }
        Ok(view)
    }

    /// The lengths of the result as the dimension that its type promises.
    pub(super) fn dim<D: Dimension>(&self) -> Result<D> {
        let mut dim = D::zeros(self.shape.ndim());
        let (expected, found) = (dim.ndim(), self.shape.ndim());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        dim.slice_mut().copy_from_slice(&self.shape);
        Ok(dim)
    }
}

#[cfg(test)]
mod tests;
