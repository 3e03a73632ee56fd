//! What follows from statistics: a node whose elements may be known without those they are made of.

use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses};
use crate::compute::number::Extremes;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// What all elements of a region are, where that is known.
type Constant<T> = dyn Fn(&Region) -> Result<Option<T>> + Send + Sync;

/// The keys that the elements of a region lie between, where they are known.
type Bounds = dyn Fn(&Region) -> Option<Extremes<u64>> + Send + Sync;

/// A node, and what is known of its elements. It is asked to compute them only where nothing is.
pub(crate) struct Known<T> {
    inner: Arc<dyn Node<T>>,
    constant: Box<Constant<T>>,
    bounds: Box<Bounds>,
}

impl Known<bool> {
    /// A comparison with a number. `decide` tells what follows from the keys that the elements of
    /// `operand`, of the same shape, lie between.
    pub(crate) fn comparison<T: Element>(
        inner: Arc<dyn Node<bool>>,
        operand: Arc<dyn Node<T>>,
        decide: impl Fn(&Extremes<u64>) -> Option<bool> + Send + Sync + 'static,
    ) -> Self {
        let computed = inner.clone();
        let constant = move |region: &Region| match operand.bounds(region) {
            Some(bounds) => Ok(decide(&bounds)),
            None => computed.constant(region),
        };
        Self { inner, constant: Box::new(constant), bounds: Box::new(|_| None) }
    }

    /// Two conditions of the same shape made into one, which is `decisive` where one of them is, and
    /// the other value where both are that.
    pub(crate) fn junction(
        inner: Arc<dyn Node<bool>>,
        [left, right]: [Arc<dyn Node<bool>>; 2],
        decisive: bool,
    ) -> Self {
        // Each is asked once: conditions are commonly made of others, and these of others again.
        let constant = move |region: &Region| {
            let left = left.constant(region)?;
            if left == Some(decisive) {
                return Ok(left);
            }
            let right = right.constant(region)?;
            let is_decided = right == Some(decisive) || left.is_some();
            Ok(right.filter(|_| is_decided))
        };
        Self { inner, constant: Box::new(constant), bounds: Box::new(|_| None) }
    }
}

impl<T: Element> Known<T> {
    /// The elements of `operand`, of the same shape, as those of a type that has all of them in the
    /// same order; `promote` does that with keys.
    pub(crate) fn promoted<A: Element>(
        inner: Arc<dyn Node<T>>,
        operand: Arc<dyn Node<A>>,
        promote: fn(Extremes<u64>) -> Extremes<u64>,
    ) -> Self {
        let computed = inner.clone();
        let constant = move |region: &Region| computed.constant(region);
        let bounds = move |region: &Region| operand.bounds(region).map(promote);
        Self { inner, constant: Box::new(constant), bounds: Box::new(bounds) }
    }
}

impl<T: Element> Node<T> for Known<T> {
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
        (self.constant)(region)
    }

    fn bounds(&self, region: &Region) -> Option<Extremes<u64>> {
        (self.bounds)(region)
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        match self.constant(region)? {
            Some(value) => Ok(Evaluated::One(value)),
            None => self.inner.evaluate(region, out, held),
        }
    }
}
