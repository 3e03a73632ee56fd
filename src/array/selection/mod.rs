//! Which elements of an array, chunk or block an operation is about.
//!
//! A [`Region`] has all indices between two; a [`Selection`] may also step over some. Reads and
//! writes carry a selection and the view of the caller's elements together, as a [`Cut`], and cut
//! both along chunks and then blocks.

use std::ops::Range;

use crate::arch::view::Strided;
use crate::shape::{Region, Shape};

/// Per axis the first index, the distance to the next one, and how many there are.
///
/// Indices rise: a reversed axis is a reversed view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection {
    start: Shape,
    step: Shape,
    count: Shape,
}

impl From<&Region> for Selection {
    fn from(region: &Region) -> Self {
        Self { start: *region.start(), step: region.start().map(|_| 1), count: *region.shape() }
    }
}

impl Selection {
    /// All indices of an array of this shape.
    pub(crate) fn full(shape: Shape) -> Self {
        Self::from(&Region::full(shape))
    }

    /// Selects `count` indices, `step` apart from `start` on, along one axis. `step` is not 0.
    #[cfg_attr(not(feature = "ndarray"), allow(dead_code, reason = "for selections of ndarray"))]
    pub(crate) fn set_axis(&mut self, axis: usize, start: usize, step: usize, count: usize) {
        self.start = self.start.with_len(axis, start);
        self.step = self.step.with_len(axis, step);
        self.count = self.count.with_len(axis, count);
    }

    /// The first index of an axis, the distance to the next one, and how many there are.
    #[cfg(feature = "ndarray")]
    pub(crate) fn axis(&self, axis: usize) -> (usize, usize, usize) {
        (self.start[axis], self.step[axis], self.count[axis])
    }

    /// The region from the first index to the last; of indices that are neighbours, just these.
    pub(crate) fn region(&self) -> Region {
        Region::at(self.start, self.start.map(|axis| self.end(axis) - self.start[axis]))
    }

    /// The first index along each axis.
    pub(crate) fn start(&self) -> &Shape {
        &self.start
    }

    /// The number of indices along each axis: the shape of what is read or written.
    pub(crate) fn count(&self) -> &Shape {
        &self.count
    }

    /// One past the last index along an axis.
    fn end(&self, axis: usize) -> usize {
        match self.count[axis] {
            0 => self.start[axis],
            count => self.start[axis] + (count - 1) * self.step[axis] + 1,
        }
    }

    /// Whether it is all of an array of this shape.
    pub(crate) fn covers(&self, shape: &Shape) -> bool {
        // As many indices as there are leave no room for a step or a later start.
        self.count == *shape
    }

    /// The parts (chunks or blocks) of length `len` between the first and the last index, which
    /// exist.
    pub(super) fn parts(&self, axis: usize, len: usize) -> Range<usize> {
        self.start[axis] / len..(self.end(axis) - 1) / len + 1
    }

    /// The numbers of those parts, rising, where `counts` are the parts along each axis of the whole.
    pub(super) fn part_numbers(
        &self,
        part: &Shape,
        counts: &Shape,
    ) -> impl ExactSizeIterator<Item = usize> + use<> {
        let first = part.map(|axis| self.parts(axis, part[axis]).start);
        let touched = part.map(|axis| self.parts(axis, part[axis]).len());
        let counts = *counts;
        (0..touched.nitems()).map(move |position| {
            let position = touched.unravel(position);
            counts.ravel(&position.map(|axis| first[axis] + position[axis]))
        })
    }

    /// The number of parts of this shape from the first index to the last.
    pub(super) fn nparts(&self, part: &Shape) -> usize {
        (0..part.ndim()).map(|axis| self.parts(axis, part[axis]).len()).product()
    }

    /// Where to cut so that each half has about as many parts of this shape: an axis, and how many
    /// of its indices come first. `None` within a single part.
    fn middle(&self, part: &Shape) -> Option<(usize, usize)> {
        let mut longest = (0, 0..1);
        for axis in 0..part.ndim() {
            let parts = self.parts(axis, part[axis]);
            if parts.len() > longest.1.len() {
                longest = (axis, parts);
            }
        }
        let (axis, parts) = longest;
        (parts.len() > 1).then(|| {
            let boundary = (parts.start + parts.len() / 2) * part[axis];
            (axis, (boundary - self.start[axis]).div_ceil(self.step[axis]))
        })
    }

    /// Those of the selected indices that `region` has, counted from its start; and which ones of
    /// the selected, along each axis.
    fn clip(&self, region: &Region) -> Option<(Self, Region)> {
        let (start, end) = (region.start(), |axis| region.end(axis));
        // How many of the indices along an axis come before `bound`.
        let before = |axis: usize, bound: usize| {
            bound.saturating_sub(self.start[axis]).div_ceil(self.step[axis]).min(self.count[axis])
        };
        let first = start.map(|axis| before(axis, start[axis]));
        let count = start.map(|axis| before(axis, end(axis)) - first[axis]);
        if count.contains(&0) {
            return None;
        }
        let inside =
            start.map(|axis| self.start[axis] + first[axis] * self.step[axis] - start[axis]);
        Some((Self { start: inside, step: self.step, count }, Region::at(first, count)))
    }

    /// Whether a region has any of the selected indices.
    pub(super) fn meets(&self, region: &Region) -> bool {
        self.clip(region).is_some()
    }

    /// The selected elements of a view of everything that is selected from.
    pub(super) fn of<B>(&self, mut view: Strided<B>) -> Strided<B> {
        for axis in 0..self.count.ndim() {
            view = view
                .slice_axis(axis, self.start[axis]..self.end(axis))
                .step_axis(axis, self.step[axis]);
        }
        view
    }
}

/// Elements of the array, and as many of the caller's.
pub(crate) struct Cut<B> {
    pub(crate) selection: Selection,
    pub(crate) view: Strided<B>,
}

impl<B> Cut<B> {
    /// Both have the same shape.
    pub(crate) fn new(selection: Selection, view: Strided<B>) -> Self {
        debug_assert_eq!(selection.count(), view.shape());
        Self { selection, view }
    }

    /// Where to cut so that the halves share no part of this shape: an axis, and how many of its
    /// indices come first. `None` within a single part.
    pub(crate) fn middle(&self, part: &Shape) -> Option<(usize, usize)> {
        self.selection.middle(part)
    }

    /// The elements before `index` of one axis, and the others.
    pub(crate) fn split_at(self, axis: usize, index: usize) -> (Self, Self) {
        let Selection { start, step, .. } = self.selection;
        let (first, second) = self.view.split_at(axis, index);
        let later = start.with_len(axis, start[axis] + index * step[axis]);
        let select = |start, view: &Strided<B>| Selection { start, step, count: *view.shape() };
        (Self::new(select(start, &first), first), Self::new(select(later, &second), second))
    }

    /// The same elements, with indices counted from `origin`.
    pub(super) fn relative_to(self, origin: &Shape) -> Self {
        let start = self.selection.start;
        let start = start.map(|axis| start[axis] - origin[axis]);
        Self { selection: Selection { start, ..self.selection }, ..self }
    }
}

impl Cut<&[u8]> {
    /// The elements inside a region, with indices counted from its start.
    pub(super) fn clip(&self, region: &Region) -> Option<Self> {
        let (selection, inside) = self.selection.clip(region)?;
        let mut view = self.view;
        for axis in 0..inside.shape().ndim() {
            view = view.slice_axis(axis, inside.range(axis));
        }
        Some(Self::new(selection, view))
    }
}

#[cfg(test)]
mod tests;
