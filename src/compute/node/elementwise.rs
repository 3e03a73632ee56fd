//! Functions of elements.

use std::sync::Arc;

use super::{Evaluated, Held, Node, Partition, Uses};
use crate::arch::{items, wide};
use crate::array::with_unspecified;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// Each element made into another one.
pub(crate) struct Map<A, F> {
    pub(crate) inner: Arc<dyn Node<A>>,
    pub(crate) f: F,
}

impl<A: Element, U: Element, F: Fn(A) -> U + Send + Sync> Node<U> for Map<A, F> {
    fn shape(&self) -> &Shape {
        self.inner.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.inner.partition(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<U>> {
        Ok(self.inner.constant(region)?.map(&self.f))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [U],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<U>> {
        let f = &self.f;
        // Where the types are the same, the result takes the place of what it is made from.
        if let Some(out) = items::as_type_mut::<U, A>(out) {
            if let Evaluated::One(value) = self.inner.evaluate(region, out, held)? {
                return Ok(Evaluated::One(f(value)));
            }
            let Some(out) = items::as_type_mut::<A, U>(out) else {
                unreachable!("the types are the same");
            };
            wide(|| {
                for out in out {
                    *out = f(items::retyped(*out));
                }
            });
            return Ok(Evaluated::Each);
        }
        with_unspecified(out.len(), |buffer: &mut [A]| {
            if let Evaluated::One(value) = self.inner.evaluate(region, buffer, held)? {
                return Ok(Evaluated::One(f(value)));
            }
            wide(|| {
                for (out, item) in out.iter_mut().zip(&*buffer) {
                    *out = f(*item);
                }
            });
            Ok(Evaluated::Each)
        })
    }
}

/// Elements at the same indices made into one. Both nodes have the same shape.
pub(crate) struct Zip<A, B, F> {
    pub(crate) left: Arc<dyn Node<A>>,
    pub(crate) right: Arc<dyn Node<B>>,
    pub(crate) f: F,
}

impl<A: Element, B: Element, U: Element, F: Fn(A, B) -> U + Send + Sync> Node<U> for Zip<A, B, F> {
    fn shape(&self) -> &Shape {
        self.left.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        self.left.partition(shape).or_else(|| self.right.partition(shape))
    }

    fn count(&self, uses: &mut Uses) {
        self.left.count(uses);
        self.right.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<U>> {
        let Some(left) = self.left.constant(region)? else { return Ok(None) };
        Ok(self.right.constant(region)?.map(|right| (self.f)(left, right)))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [U],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<U>> {
        use Evaluated::{Each, One};
        let f = &self.f;
        with_unspecified(out.len(), |left: &mut [A]| {
            with_unspecified(out.len(), |right: &mut [B]| {
                let results = (
                    self.left.evaluate(region, left, held)?,
                    self.right.evaluate(region, right, held)?,
                );
                wide(|| match results {
                    (One(left), One(right)) => Ok(One(f(left, right))),
                    (One(left), Each) => {
                        for (out, right) in out.iter_mut().zip(&*right) {
                            *out = f(left, *right);
                        }
                        Ok(Each)
                    }
                    (Each, One(right)) => {
                        for (out, left) in out.iter_mut().zip(&*left) {
                            *out = f(*left, right);
                        }
                        Ok(Each)
                    }
                    (Each, Each) => {
                        for ((out, left), right) in out.iter_mut().zip(&*left).zip(&*right) {
                            *out = f(*left, *right);
                        }
                        Ok(Each)
                    }
                })
            })
        })
    }
}

/// Elements of one node or the other. All three have the same shape.
pub(crate) struct Choose<T> {
    pub(crate) condition: Arc<dyn Node<bool>>,
    pub(crate) left: Arc<dyn Node<T>>,
    pub(crate) right: Arc<dyn Node<T>>,
}

impl<T: Element> Node<T> for Choose<T> {
    fn shape(&self) -> &Shape {
        self.condition.shape()
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        let cut = self.left.partition(shape).or_else(|| self.right.partition(shape));
        cut.or_else(|| self.condition.partition(shape))
    }

    fn count(&self, uses: &mut Uses) {
        self.condition.count(uses);
        self.left.count(uses);
        self.right.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        match self.condition.constant(region)? {
            Some(true) => self.left.constant(region),
            Some(false) => self.right.constant(region),
            None => Ok(None),
        }
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        with_unspecified(out.len(), |condition: &mut [bool]| {
            match self.condition.evaluate(region, condition, held)? {
                Evaluated::One(true) => return self.left.evaluate(region, out, held),
                Evaluated::One(false) => return self.right.evaluate(region, out, held),
                Evaluated::Each => {}
            }
            if let Evaluated::One(value) = self.left.evaluate(region, out, held)? {
                out.fill(value);
            }
            with_unspecified(out.len(), |right: &mut [T]| {
                if let Evaluated::One(value) = self.right.evaluate(region, right, held)? {
                    right.fill(value);
                }
                wide(|| {
                    for ((out, right), condition) in out.iter_mut().zip(&*right).zip(&*condition) {
                        *out = if *condition { *out } else { *right };
                    }
                });
                Ok(Evaluated::Each)
            })
        })
    }
}
