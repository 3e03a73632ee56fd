//! What follows from statistics: nodes whose elements may be known without those they are made of.
//!
//! Each stands before the node that computes its elements, and asks that one only where statistics
//! do not tell.

use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses};
use crate::compute::number::Extremes;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// What follows from the keys that elements lie between.
type Decide = dyn Fn(&Extremes<u64>) -> Option<bool> + Send + Sync;

/// Elements compared with a number.
pub(crate) struct Comparison<T> {
    pub(crate) inner: Arc<dyn Node<bool>>,
    /// What is compared, of the same shape.
    pub(crate) operand: Arc<dyn Node<T>>,
    pub(crate) decide: Box<Decide>,
}

impl<T: Element> Node<bool> for Comparison<T> {
    fn shape(&self) -> &Shape {
        self.inner.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.inner.partition(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<bool>> {
        match self.operand.bounds(region).and_then(|bounds| (self.decide)(&bounds)) {
            Some(value) => Ok(Some(value)),
            None => self.inner.constant(region),
        }
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [bool],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<bool>> {
        match self.constant(region)? {
            Some(value) => Ok(Evaluated::One(value)),
            None => self.inner.evaluate(region, out, held),
        }
    }
}

/// Two conditions made into one, which is known where one of them has the value that decides.
pub(crate) struct Junction {
    pub(crate) inner: Arc<dyn Node<bool>>,
    /// Both of the same shape.
    pub(crate) conditions: [Arc<dyn Node<bool>>; 2],
    pub(crate) decisive: bool,
}

impl Node<bool> for Junction {
    fn shape(&self) -> &Shape {
        self.inner.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.inner.partition(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<bool>> {
        let [left, right] = &self.conditions;
        // Each is asked once: conditions are commonly made of others, and these of others again.
        let left = left.constant(region)?;
        if left == Some(self.decisive) {
            return Ok(left);
        }
        let right = right.constant(region)?;
        let is_decided = right == Some(self.decisive) || left.is_some();
        Ok(right.filter(|_| is_decided))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [bool],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<bool>> {
        match self.constant(region)? {
            Some(value) => Ok(Evaluated::One(value)),
            None => self.inner.evaluate(region, out, held),
        }
    }
}

/// Numbers as those of a type that has all of them: they lie in the same order.
pub(crate) struct Promoted<A, T> {
    pub(crate) inner: Arc<dyn Node<T>>,
    /// What is promoted, of the same shape.
    pub(crate) operand: Arc<dyn Node<A>>,
    /// The keys of the same elements in the other type.
    pub(crate) promote: fn(Extremes<u64>) -> Extremes<u64>,
}

impl<A: Element, T: Element> Node<T> for Promoted<A, T> {
    fn shape(&self) -> &Shape {
        self.inner.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.inner.partition(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        self.inner.constant(region)
    }

    fn bounds(&self, region: &Region) -> Option<Extremes<u64>> {
        self.operand.bounds(region).map(self.promote)
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        self.inner.evaluate(region, out, held)
    }
}
