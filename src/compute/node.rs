//! What can be evaluated box by box: the nodes that maps and expressions are made of.

use std::any::Any;
use std::sync::Arc;

use crate::arch::view::lend_items;
use crate::arch::{items, wide};
use crate::array::{Array, with_unspecified};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// What an evaluation came to.
#[doc(hidden)]
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "hidden")]
pub enum Evaluated<T> {
    /// All elements are this one; none was written.
    One(T),
    /// The elements were written.
    Each,
}

/// Elements that are computed when they are asked for.
#[doc(hidden)]
pub trait Node<T: Element>: Send + Sync {
    /// Lengths per axis.
    fn shape(&self) -> &Shape;

    /// How arrays under this node are cut that have this shape: lengths of chunks and blocks.
    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)>;

    /// Counts the arrays under this node.
    fn count(&self, uses: &mut Uses);

    /// The value of all elements of a region, where no array has to be decoded to know it.
    fn constant(&self, region: &Region) -> Result<Option<T>>;

    /// Evaluates a region, which lies inside, into as many elements in C order.
    fn evaluate(&self, region: &Region, out: &mut [T], held: &mut Held<'_>)
    -> Result<Evaluated<T>>;
}

/// How often arrays are used in an expression, by what tells them apart.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Uses(Vec<(usize, usize)>);

impl Uses {
    /// The uses of arrays under a node.
    pub(crate) fn of<T: Element>(node: &dyn Node<T>) -> Self {
        let mut uses = Self::default();
        node.count(&mut uses);
        uses
    }

    fn add(&mut self, key: usize) {
        match self.0.iter_mut().find(|(other, _)| *other == key) {
            Some((_, count)) => *count += 1,
            None => self.0.push((key, 1)),
        }
    }

    fn is_repeated(&self, key: usize) -> bool {
        self.0.iter().any(|&(other, count)| other == key && count > 1)
    }
}

/// Elements of arrays that are used more than once, decoded once for each region.
#[doc(hidden)]
#[derive(Debug)]
pub struct Held<'a> {
    uses: &'a Uses,
    /// Array, region, and its elements: a `Vec` of them.
    regions: Vec<(usize, Region, Box<dyn Any>)>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(uses: &'a Uses) -> Self {
        Self { uses, regions: Vec::new() }
    }

    fn get<T: Element>(&self, key: usize, region: &Region) -> Option<&Vec<T>> {
        let found = self.regions.iter().find(|held| (held.0, &held.1) == (key, region));
        found.and_then(|(_, _, items)| items.downcast_ref())
    }
}

/// An array.
pub(crate) struct Leaf<T>(pub(crate) Array<T>);

impl<T: Element> Node<T> for Leaf<T> {
    fn shape(&self) -> &Shape {
        self.0.shape()
    }

    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)> {
        let grid = self.0.raw().grid();
        (grid.shape() == shape).then(|| (*grid.chunk_shape(), *grid.block_shape()))
    }

    fn count(&self, uses: &mut Uses) {
        uses.add(self.0.raw().key());
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        Ok(self.0.raw().constant_in(region)?.map(|value| items::item(&value)))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [T],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<T>> {
        if let Some(value) = self.constant(region)? {
            return Ok(Evaluated::One(value));
        }
        let raw = self.0.raw();
        let key = raw.key();
        if let Some(items) = held.get(key, region) {
            out.copy_from_slice(items);
            return Ok(Evaluated::Each);
        }
        lend_items(out, *region.shape(), |view| raw.read(&region.into(), view))?;
        if held.uses.is_repeated(key) {
            held.regions.push((key, *region, Box::new(out.to_vec())));
        }
        Ok(Evaluated::Each)
    }
}

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

    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)> {
        self.inner.cut(shape)
    }

    fn count(&self, uses: &mut Uses) {
        self.inner.count(uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        self.inner.constant(&self.repeated(region))
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

/// Each element made into another one.
pub(crate) struct Map<A, F> {
    pub(crate) inner: Arc<dyn Node<A>>,
    pub(crate) f: F,
}

impl<A: Element, U: Element, F: Fn(A) -> U + Send + Sync> Node<U> for Map<A, F> {
    fn shape(&self) -> &Shape {
        self.inner.shape()
    }

    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)> {
        self.inner.cut(shape)
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

    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)> {
        self.left.cut(shape).or_else(|| self.right.cut(shape))
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
                    (One(left), One(right)) => return Ok(One(f(left, right))),
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

    fn cut(&self, shape: &Shape) -> Option<(Shape, Shape)> {
        let cut = self.left.cut(shape).or_else(|| self.right.cut(shape));
        cut.or_else(|| self.condition.cut(shape))
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
