//! Steps, axes in other order, dropped and added: views of arrays that stay compressed.

use std::ops::Range;
use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses};
use crate::arch::view::{View, ViewMut, lend_items};
use crate::array::{Options, RawArray, Slot, with_unspecified};
use crate::compute::number::Extremes;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// An axis of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewAxis {
    /// An axis of the node below: its first index, the distance to the next one, whether the view has
    /// them from the last to the first, and how many there are.
    Inner { axis: usize, start: usize, step: usize, is_reversed: bool, len: usize },
    /// An axis of length 1.
    New,
}

impl ViewAxis {
    /// All of an axis.
    pub(crate) fn full(axis: usize, len: usize) -> Self {
        Self::Inner { axis, start: 0, step: 1, is_reversed: false, len }
    }
}

/// A view of another node.
pub(crate) struct Strided<T> {
    inner: Arc<dyn Node<T>>,
    axes: Vec<ViewAxis>,
    /// Axes of `inner` that the view has not, and the one index of each.
    dropped: Vec<(usize, usize)>,
    shape: Shape,
}

/// Boxes of the inner node may be so many times larger than what is wanted of them.
const MAX_STRETCH: usize = 8;

impl<T: Element> Strided<T> {
    /// Each axis of `inner` is in one of the two lists, with indices that are there.
    pub(crate) fn new(
        inner: Arc<dyn Node<T>>,
        axes: Vec<ViewAxis>,
        dropped: Vec<(usize, usize)>,
    ) -> Result<Self> {
        let lens: Vec<usize> = axes
            .iter()
            .map(|axis| match *axis {
                ViewAxis::Inner { len, .. } => len,
                ViewAxis::New => 1,
            })
            .collect();
        Ok(Self { inner, axes, dropped, shape: Shape::new(lens)? })
    }

    /// The box of `inner` that has all elements of a region, which is not empty.
    fn hull(&self, region: &Region) -> Region {
        let mut start = *self.inner.shape();
        let mut shape = *self.inner.shape();
        for &(axis, index) in &self.dropped {
            (start, shape) = (start.with_len(axis, index), shape.with_len(axis, 1));
        }
        for (position, view_axis) in self.axes.iter().enumerate() {
            if let ViewAxis::Inner { axis, start: first, step, is_reversed, len } = *view_axis {
                let Range { start: low, end: high } = region.range(position);
                let (low, high) = if is_reversed { (len - high, len - low) } else { (low, high) };
                start = start.with_len(axis, first + low * step);
                shape = shape.with_len(axis, (high - low - 1) * step + 1);
            }
        }
        Region::at(start, shape)
    }

    /// A view of a hull's elements as the view has them.
    fn aligned<'a>(&self, mut view: View<'a>) -> Result<View<'a>> {
        let mut order: Vec<usize> = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            if let ViewAxis::Inner { axis, step, is_reversed, .. } = *axis {
                view = view.step_axis(axis, step);
                view = if is_reversed { view.invert_axis(axis) } else { view };
                order.push(axis);
            }
        }
        order.extend(self.dropped.iter().map(|(axis, _)| axis));
        view = view.permute_axes(&order);
        for _ in &self.dropped {
            view = view.remove_axis(view.shape().ndim() - 1);
        }
        for (position, axis) in self.axes.iter().enumerate() {
            if *axis == ViewAxis::New {
                view = view.insert_axis(position)?;
            }
        }
        Ok(view)
    }

    fn evaluate_part(
        &self,
        region: &Region,
        mut out: ViewMut<'_>,
        held: &mut Held<'_>,
    ) -> Result<()> {
        let hull = self.hull(region);
        let (wanted, nitems) = (region.shape().nitems(), hull.shape().nitems());
        if wanted > 1 && nitems / MAX_STRETCH > wanted {
            // Long steps: rather in halves than with all that lies between.
            let lens = region.shape();
            let stretch = |axis: usize| match self.axes[axis] {
                ViewAxis::Inner { step, .. } if lens[axis] > 1 => step,
                _ => 0,
            };
            let axis = (0..lens.ndim()).max_by_key(|&axis| stretch(axis)).unwrap_or(0);
            let (low, high) = region.split_at(axis, lens[axis] / 2);
            let (first, second) = out.split_at(axis, low.shape()[axis]);
            self.evaluate_part(&low, first, held)?;
            return self.evaluate_part(&high, second, held);
        }
        with_unspecified(nitems, |items: &mut [T]| {
            match self.inner.evaluate(&hull, items, held)? {
                Evaluated::One(value) => out.fill(bytemuck::bytes_of(&value)),
                Evaluated::Each => {
                    out.copy_from(&self.aligned(View::from_items(items, *hull.shape())?)?);
                }
            }
            Ok(())
        })
    }

    /// Whether elements are where they are in `inner`, but for their first index.
    fn is_shifted(&self) -> bool {
        let is_same = |(position, axis): (usize, &ViewAxis)| matches!(*axis, ViewAxis::Inner { axis, step: 1, is_reversed: false, .. } if axis == position);
        self.dropped.is_empty() && self.axes.iter().enumerate().all(is_same)
    }
}

impl<T: Element> Node<T> for Strided<T> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        if *shape != self.shape {
            return None;
        }
        let inner = self.inner.partition(self.inner.shape())?;
        let mut cut = Partition { chunk: *shape, block: *shape, is_aligned: inner.is_aligned };
        for (position, axis) in self.axes.iter().enumerate() {
            let (chunk, block) = match *axis {
                ViewAxis::New => (1, 1),
                ViewAxis::Inner { axis, start, step, is_reversed, .. } => {
                    let is_shifted = !start.is_multiple_of(inner.chunk[axis]);
                    cut.is_aligned &= step == 1 && !is_reversed && !is_shifted;
                    (inner.chunk[axis], inner.block[axis])
                }
            };
            cut.chunk = cut.chunk.with_len(position, chunk.min(shape[position].max(1)));
            cut.block = cut.block.with_len(position, block.min(cut.chunk[position]));
        }
        Some(cut)
    }

    fn options(&self) -> Option<Options> {
        self.inner.options()
    }

    fn shared_chunk(&self, region: &Region, like: &RawArray) -> Option<Slot> {
        let is_shifted = self.is_shifted() && !region.is_empty();
        is_shifted.then(|| self.inner.shared_chunk(&self.hull(region), like)).flatten()
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        if region.is_empty() { Ok(None) } else { self.inner.constant(&self.hull(region)) }
    }

    fn bounds(&self, region: &Region) -> Option<Extremes<u64>> {
        if region.is_empty() { None } else { self.inner.bounds(&self.hull(region)) }
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        if region.is_empty() {
            return Ok(Evaluated::Each);
        }
        if let Some(value) = self.constant(region)? {
            return Ok(Evaluated::One(value));
        }
        if self.is_shifted() {
            return self.inner.evaluate(&self.hull(region), out, held);
        }
        lend_items(out, *region.shape(), |view| self.evaluate_part(region, view, held))?;
        Ok(Evaluated::Each)
    }
}
