//! One node after the other along an axis.

use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses, evaluate_into};
use crate::arch::view::lend_items;
use crate::array::{Options, RawArray, Slot};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// Nodes in a row.
pub(crate) struct Concatenated<T> {
    axis: usize,
    /// And where each begins.
    nodes: Vec<(usize, Arc<dyn Node<T>>)>,
    shape: Shape,
}

impl<T: Element> Concatenated<T> {
    /// There is a node, and it has the axis.
    ///
    /// # Errors
    /// [`InvalidArgument::ShapeMismatch`] for nodes that differ in another axis;
    /// [`InvalidArgument::ShapeOverflow`].
    pub(crate) fn new(axis: usize, nodes: Vec<Arc<dyn Node<T>>>) -> Result<Self> {
        let first = *nodes[0].shape();
        let (mut placed, mut end) = (Vec::with_capacity(nodes.len()), 0usize);
        for node in nodes {
            let shape = *node.shape();
            let is_alike = shape.ndim() == first.ndim()
                && (0..first.ndim()).all(|other| other == axis || shape[other] == first[other]);
            if !is_alike {
                let (expected, found) = (first.to_vec(), shape.to_vec());
                return Err(InvalidArgument::ShapeMismatch { expected, found }.into());
            }
            placed.push((end, node));
            end = end.saturating_add(shape[axis]);
        }
        let shape = first.with_len(axis, end);
        shape.nbytes(size_of::<T>())?;
        Ok(Self { axis, nodes: placed, shape })
    }

    /// The parts of a region, and the nodes they lie in: regions of these, and where they begin in
    /// the region.
    fn parts(&self, region: &Region) -> impl Iterator<Item = (&dyn Node<T>, Region, usize)> {
        let (axis, start, end) = (self.axis, region.start()[self.axis], region.end(self.axis));
        let (starts, lens) = (*region.start(), *region.shape());
        self.nodes.iter().filter_map(move |(first, node)| {
            let low = start.max(*first);
            let high = end.min(first + node.shape()[axis]);
            (low < high).then(|| {
                let region =
                    Region::at(starts.with_len(axis, low - first), lens.with_len(axis, high - low));
                (&**node, region, low - start)
            })
        })
    }
}

impl<T: Element> Node<T> for Concatenated<T> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        if *shape != self.shape {
            return None;
        }
        let (_, first) = self.nodes.first()?;
        let cut = first.partition(first.shape())?;
        let is_aligned = self.nodes.iter().all(|(start, node)| {
            let is_alike = node.partition(node.shape()).is_none_or(|other| other == cut);
            is_alike && start.is_multiple_of(cut.chunk[self.axis])
        });
        Some(Partition { is_aligned, ..cut })
    }

    fn options(&self) -> Option<Options> {
        self.nodes.first().and_then(|(_, node)| node.options())
    }

    fn shared_chunk(&self, region: &Region, like: &RawArray) -> Option<Slot> {
        let mut parts = self.parts(region);
        let (node, part, _) = parts.next()?;
        if parts.next().is_some() { None } else { node.shared_chunk(&part, like) }
    }

    fn count(&self, uses: &mut Uses) {
        self.nodes.iter().for_each(|(_, node)| node.count(uses));
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        let mut all: Option<T> = None;
        for (node, region, _) in self.parts(region) {
            match (all, node.constant(&region)?) {
                (_, None) => return Ok(None),
                (Some(all), Some(value))
                    if bytemuck::bytes_of(&all) != bytemuck::bytes_of(&value) =>
                {
                    return Ok(None);
                }
                (_, value) => all = value,
            }
        }
        Ok(all)
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        let mut parts = self.parts(region).peekable();
        if let Some((node, part, _)) = parts.next_if(|(_, part, _)| part.shape() == region.shape())
        {
            return node.evaluate(&part, out, held);
        }
        lend_items(out, *region.shape(), |mut view| {
            for (node, part, start) in parts {
                let end = start + part.shape()[self.axis];
                let view = view.reborrow().slice_axis(self.axis, start..end);
                evaluate_into(node, &part, view, held)?;
            }
            Ok(())
        })?;
        Ok(Evaluated::Each)
    }
}
