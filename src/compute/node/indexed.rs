//! Indices that stand for others: beyond the ends of an axis, in tiles, rolled.

use std::ops::Range;
use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses, evaluate_into};
use crate::arch::view::{ViewMut, lend_items};
use crate::array::Options;
use crate::compute::overlap::Border;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// Which index of an axis an index stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AxisIndex<T> {
    /// The axis begins after so many, and there is a border on both sides.
    Padded { before: usize, border: Border<T> },
    /// The axis is repeated, and begins with this index.
    Periodic { first: usize },
}

impl<T> AxisIndex<T> {
    /// The index of an axis of length `len`; `None` beyond its ends, where there is a value.
    fn of(&self, index: usize, len: usize) -> Option<usize> {
        match self {
            Self::Padded { before, border } => border.index(index as isize - *before as isize, len),
            Self::Periodic { first } => Some((first + index) % len),
        }
    }
}

/// Another node with other indices. No axis of it is empty, unless its own is too.
pub(crate) struct Indexed<T> {
    pub(crate) inner: Arc<dyn Node<T>>,
    pub(crate) axes: Vec<AxisIndex<T>>,
    /// What lies where an index stands for none.
    pub(crate) value: T,
    pub(crate) shape: Shape,
}

impl<T: Element> Indexed<T> {
    fn runs(&self, region: &Region) -> Vec<Runs> {
        let lens = self.inner.shape();
        (0..lens.ndim())
            .map(|axis| {
                let index = |index| self.axes[axis].of(index, lens[axis]);
                runs(region.range(axis), index)
            })
            .collect()
    }
}

impl<T: Element> Node<T> for Indexed<T> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        let is_all = *shape == self.shape;
        let cut = is_all.then(|| self.inner.partition(self.inner.shape())).flatten()?;
        Some(Partition { is_aligned: false, ..cut })
    }

    fn options(&self) -> Option<Options> {
        self.inner.options()
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        let runs = self.runs(region);
        if runs.iter().any(|(runs, _)| runs.is_empty()) {
            return Ok(Some(self.value));
        }
        let is_one = |(axis, (runs, _)): (usize, &Runs)| {
            runs.len() == 1 && runs[0].to.len() == region.shape()[axis]
        };
        if !runs.iter().enumerate().all(is_one) {
            return Ok(None);
        }
        let run = |axis: usize| &runs[axis].0[0];
        let start = region.start().map(|axis| run(axis).from);
        self.inner.constant(&Region::at(start, *region.shape()))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        out.fill(self.value);
        let runs = self.runs(region);
        gather(&runs, region.shape(), out, |region, view| {
            evaluate_into(&*self.inner, region, view, held)
        })?;
        Ok(Evaluated::Each)
    }
}

/// The runs of an axis; and which indices, counted from the first, are copies of others.
pub(crate) type Runs = (Vec<Run>, Vec<(usize, usize)>);

/// Neighbours along an axis that are neighbours where they come from, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Counted from the first index asked for.
    to: Range<usize>,
    /// The least index where they come from.
    from: usize,
    /// Whether they come from the last to the first.
    is_reversed: bool,
}

/// Cuts a range of indices into runs. `index` says which one each stands for.
pub(crate) fn runs(range: Range<usize>, index: impl Fn(usize) -> Option<usize>) -> Runs {
    let (mut runs, mut copies) = (Vec::<Run>::new(), Vec::new());
    for (at, index) in range.map(index).enumerate() {
        let Some(index) = index else { continue };
        match runs.last_mut() {
            // What comes before is the same: it need not be read again.
            Some(run) if run.last() == index => copies.push((at - 1, at)),
            Some(run) => match run.extended(at, index) {
                Some(longer) => *run = longer,
                None => runs.push(Run::one(at, index)),
            },
            None => runs.push(Run::one(at, index)),
        }
    }
    (runs, copies)
}

impl Run {
    fn one(at: usize, index: usize) -> Self {
        Self { to: at..at + 1, from: index, is_reversed: false }
    }

    fn last(&self) -> usize {
        if self.is_reversed { self.from } else { self.from + self.to.len() - 1 }
    }

    /// The run and one index more, if that goes on the same way.
    fn extended(&self, at: usize, index: usize) -> Option<Self> {
        if self.to.end != at {
            return None;
        }
        let to = self.to.start..at + 1;
        if !self.is_reversed && index == self.from + self.to.len() {
            return Some(Self { to, ..*self });
        }
        let goes_back = self.is_reversed || self.to.len() == 1;
        (goes_back && index + 1 == self.from).then_some(Self { to, from: index, is_reversed: true })
    }
}

/// Fills a box of this shape, in C order, with what `read` writes for each combination of runs.
pub(crate) fn gather<T: Element>(
    runs: &[Runs],
    shape: &Shape,
    out: &mut [T],
    mut read: impl FnMut(&Region, ViewMut<'_>) -> Result<()>,
) -> Result<()> {
    let counts = shape.map(|axis| runs[axis].0.len());
    lend_items(out, *shape, |mut view| {
        for number in 0..counts.nitems() {
            let position = counts.unravel(number);
            let run = |axis: usize| &runs[axis].0[position[axis]];
            let mut part = view.reborrow();
            for axis in 0..shape.ndim() {
                part = part.slice_axis(axis, run(axis).to.clone());
                part = if run(axis).is_reversed { part.invert_axis(axis) } else { part };
            }
            let lens = shape.map(|axis| run(axis).to.len());
            read(&Region::at(shape.map(|axis| run(axis).from), lens), part)?;
        }
        Ok(())
    })?;
    for (axis, (_, copies)) in runs.iter().enumerate() {
        copies.iter().for_each(|&(from, to)| copy_along(out, shape, axis, from, to));
    }
    Ok(())
}

/// Copies what is at an index of one axis to another one.
fn copy_along<T: Copy>(items: &mut [T], shape: &Shape, axis: usize, from: usize, to: usize) {
    let inner: usize = shape[axis + 1..].iter().product();
    for items in items.chunks_exact_mut((inner * shape[axis]).max(1)) {
        items.copy_within(from * inner..(from + 1) * inner, to * inner);
    }
}
