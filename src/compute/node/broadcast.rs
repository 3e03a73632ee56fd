//! Axes repeated.

use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses};
use crate::array::with_unspecified;
use crate::compute::number::Extremes;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// A node whose axes of length 1 are repeated, after more axes in front; NumPy's rule.
pub(crate) struct Broadcast<T> {
    inner: Arc<dyn Node<T>>,
    shape: Shape,
}

/// The shape that both can be repeated to.
pub(crate) fn broadcast_shape(left: &Shape, right: &Shape) -> Result<Shape, InvalidArgument> {
    let (longer, shorter) = if left.ndim() < right.ndim() { (right, left) } else { (left, right) };
    let mut shape = *longer;
    let front = longer.ndim() - shorter.ndim();
    for (axis, &len) in shorter.iter().enumerate() {
        let other = longer[front + axis];
        let len = match (other, len) {
            (other, len) if other == len => len,
            (1, len) => len,
            (other, 1) => other,
            _ => {
                let (left, right) = (left.to_vec(), right.to_vec());
                return Err(InvalidArgument::Broadcast { left, right });
            }
        };
        shape = shape.with_len(front + axis, len);
    }
    match shape.nbytes(16) {
        Ok(_) => Ok(shape),
        Err(_) => Err(InvalidArgument::ShapeOverflow { shape: shape.to_vec(), itemsize: 16 }),
    }
}

impl<T: Element> Broadcast<T> {
    /// The node in this shape, to which it can be repeated.
    pub(crate) fn to(inner: Arc<dyn Node<T>>, shape: Shape) -> Arc<dyn Node<T>> {
        if *inner.shape() == shape { inner } else { Arc::new(Self { inner, shape }) }
    }

    /// What is repeated to be a region.
    fn repeated(&self, region: &Region) -> Region {
        let inner = *self.inner.shape();
        let front = self.shape.ndim() - inner.ndim();
        let either = |axis: usize, one: usize, each: &Shape| {
            if inner[axis] == 1 { one } else { each[front + axis] }
        };
        let start = inner.map(|axis| either(axis, 0, region.start()));
        Region::at(start, inner.map(|axis| either(axis, 1, region.shape())))
    }
}

impl<T: Element> Node<T> for Broadcast<T> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.inner.partition(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        self.inner.constant(&self.repeated(region))
    }

    fn bounds(&self, region: &Region) -> Option<Extremes<u64>> {
        self.inner.bounds(&self.repeated(region))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        let repeated = self.repeated(region);
        let shape = *repeated.shape();
        let front = self.shape.ndim() - shape.ndim();
        with_unspecified(shape.nitems(), |buffer: &mut [T]| {
            let result = self.inner.evaluate(&repeated, buffer, held)?;
            if let Evaluated::One(value) = result {
                return Ok(Evaluated::One(value));
            }
            // Rows of the result, and where they are in the buffer.
            let strides = shape.strides();
            let outer = region.shape();
            let row = outer.last().copied().unwrap_or(1).max(1);
            let is_one = shape.last().is_none_or(|&len| len == 1);
            for (number, out) in out.chunks_mut(row).enumerate() {
                let index = outer.unravel(number * row);
                let at = (0..shape.ndim()).filter(|&axis| shape[axis] > 1);
                let at: usize = at.map(|axis| index[front + axis] * strides[axis]).sum();
                if is_one {
                    out.fill(buffer[at]);
                } else {
                    out.copy_from_slice(&buffer[at..at + out.len()]);
                }
            }
            Ok(Evaluated::Each)
        })
    }
}
