//! What can be evaluated box by box: the nodes that maps, views and expressions are made of.
//!
//! ```text
//! elementwise    functions of elements
//! broadcast      axes repeated
//! strided        steps, axes in other order, dropped and added
//! indexed        indices that stand for others: borders, tiles, rolled axes
//! concatenated   one node after the other along an axis
//! known          what statistics of blocks tell
//! ```

mod broadcast;
mod concatenated;
mod elementwise;
mod indexed;
mod known;
mod strided;

pub(crate) use self::broadcast::{Broadcast, broadcast_shape};
pub(crate) use self::concatenated::Concatenated;
pub(crate) use self::elementwise::{Choose, Map, Zip};
pub(crate) use self::indexed::{AxisIndex, Indexed, gather, runs};
pub(crate) use self::known::Known;
pub(crate) use self::strided::{Strided, ViewAxis};

use std::any::Any;

use crate::arch::items;
use crate::arch::view::{View, ViewMut, lend_items};
use crate::array::{Array, Grid, Options, RawArray, Slot, with_unspecified};
use crate::compute::number::Extremes;
use crate::compute::reduce::bounds_of;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// What an evaluation came to.
pub(crate) enum Evaluated<T> {
    /// All elements are this one; none was written.
    One(T),
    /// The elements were written.
    Each,
}

/// How elements are cut.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partition {
    /// Lengths of a chunk.
    pub(crate) chunk: Shape,
    /// Lengths of a block.
    pub(crate) block: Shape,
    /// Whether each block comes from one block of each array.
    pub(crate) is_aligned: bool,
}

/// Elements that are computed when they are asked for.
pub(crate) trait Node<T: Element>: Send + Sync {
    /// Lengths per axis.
    fn shape(&self) -> &Shape;

    /// How what has this shape is cut like the arrays that it comes from; `None` where none of them
    /// has it.
    fn partition(&self, shape: &Shape) -> Option<Partition>;

    /// How the array is compressed whose elements these are, all of them.
    fn options(&self) -> Option<Options> {
        None
    }

    /// The compressed chunk that holds a region, as another array would have it.
    fn shared_chunk(&self, _region: &Region, _like: &RawArray) -> Option<Slot> {
        None
    }

    /// Counts the arrays under this node.
    fn count(&self, uses: &mut Uses);

    /// The value of all elements of a region, where no array has to be decoded to know it.
    fn constant(&self, region: &Region) -> Result<Option<T>>;

    /// The keys that the elements of a region lie between, and whether some may be no numbers; where
    /// statistics tell.
    fn bounds(&self, _region: &Region) -> Option<Extremes<u64>> {
        None
    }

    /// Evaluates a region, which lies inside, into as many elements in C order.
    fn evaluate(&self, region: &Region, out: &mut [T], held: &mut Held<'_>)
    -> Result<Evaluated<T>>;
}

/// How often arrays are used in an expression, by what tells them apart.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Uses(Vec<(Key, usize)>);

/// What tells arrays apart.
type Key = (usize, Grid);

impl Uses {
    /// The uses of arrays under a node.
    pub(crate) fn of<T: Element>(node: &dyn Node<T>) -> Self {
        let mut uses = Self::default();
        node.count(&mut uses);
        uses
    }

    fn add(&mut self, key: Key) {
        match self.0.iter_mut().find(|(other, _)| *other == key) {
            Some((_, count)) => *count += 1,
            None => self.0.push((key, 1)),
        }
    }

    fn is_repeated(&self, key: Key) -> bool {
        self.0.iter().any(|&(other, count)| other == key && count > 1)
    }
}

/// Elements of arrays that are used more than once, decoded once for each region.
#[doc(hidden)]
#[derive(Debug)]
pub struct Held<'a> {
    uses: &'a Uses,
    /// Array, region, and its elements: a `Vec` of them.
    regions: Vec<(Key, Region, Box<dyn Any>)>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(uses: &'a Uses) -> Self {
        Self { uses, regions: Vec::new() }
    }

    fn get<T: Element>(&self, key: Key, region: &Region) -> Option<&Vec<T>> {
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

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        let grid = self.0.raw().grid();
        (grid.shape() == shape).then(|| Partition {
            chunk: *grid.chunk_shape(),
            block: *grid.block_shape(),
            is_aligned: true,
        })
    }

    fn options(&self) -> Option<Options> {
        let raw = self.0.raw();
        Some(Options::new().chunk_options(raw.options().clone(), raw.registry().clone()))
    }

    fn shared_chunk(&self, region: &Region, like: &RawArray) -> Option<Slot> {
        self.0.raw().shared_chunk(region, like)
    }

    fn count(&self, uses: &mut Uses) {
        uses.add(self.0.raw().key());
    }

    fn constant(&self, region: &Region) -> Result<Option<T>> {
        Ok(self.0.raw().constant_in(region)?.map(|value| items::item(&value)))
    }

    fn bounds(&self, region: &Region) -> Option<Extremes<u64>> {
        bounds_of(self.0.raw(), region)
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

/// Evaluates a region of a node into a view of the same shape.
pub(super) fn evaluate_into<T: Element>(
    node: &dyn Node<T>,
    region: &Region,
    mut out: ViewMut<'_>,
    held: &mut Held<'_>,
) -> Result<()> {
    with_unspecified(region.shape().nitems(), |items: &mut [T]| {
        match node.evaluate(region, items, held)? {
            Evaluated::One(value) => out.fill(bytemuck::bytes_of(&value)),
            Evaluated::Each => out.copy_from(&View::from_items(items, *region.shape())?),
        }
        Ok(())
    })
}
