//! A node as something that is cut like an array: to be reduced, read or compressed.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::node::{Evaluated, Held, Node, Uses};
use crate::arch::view::{View, ViewMut, lend_items};
use crate::array::{
    Array, ArrayItems, Blocks, Boxes, ChunkItems, Grid, Options, Piece, Visit, partition,
    with_unspecified,
};
use crate::dtype::Element;
use crate::error::Result;
use crate::parallel::join;
use crate::shape::{Region, Shape};

/// Elements that are computed, block by block.
pub(crate) struct Computed<'n, T> {
    node: Arc<dyn Node<T> + 'n>,
    uses: Uses,
    grid: Grid,
}

impl<'n, T: Element> Computed<'n, T> {
    /// Cuts a node as the first array under it that has its shape; as a new array otherwise.
    pub(crate) fn new(node: Arc<dyn Node<T> + 'n>) -> Result<Self> {
        let (shape, itemsize) = (*node.shape(), size_of::<T>());
        let like_array =
            node.cut(&shape).map(|(chunk, block)| Grid::new(itemsize, shape, chunk, block));
        let grid = match like_array {
            // Longer elements can make the blocks too large.
            Some(Ok(grid)) => grid,
            _ => partition(itemsize, shape, None, None)?,
        };
        Ok(Self { uses: Uses::of(&*node), node, grid })
    }

    /// Evaluates a region into elements in C order.
    fn evaluate(&self, region: &Region, dst: &mut [T]) -> Result<Evaluated<T>> {
        self.node.evaluate(region, dst, &mut Held::new(&self.uses))
    }

    /// Compresses all elements.
    pub(crate) fn to_array(&self, options: &Options) -> Result<Array<T>> {
        let mut options = options.clone();
        if options.chunk_lens().is_none() && options.block_lens().is_none() {
            let (chunk, block) = (self.grid.chunk_shape(), self.grid.block_shape());
            options = options.chunk_shape(chunk).block_shape(block);
        }
        Array::from_boxes(*self.grid.shape(), &options, self)
    }

    /// Evaluates a region, block by block and in parallel, into a slice in C order.
    pub(crate) fn read(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        region.check(self.grid.shape())?;
        lend_items(dst, *region.shape(), |view| {
            if region.is_empty() { Ok(()) } else { self.read_boxes(region, view) }
        })
    }

    /// Evaluates a region in halves, until each lies in few blocks.
    fn read_boxes(&self, region: &Region, mut dst: ViewMut<'_>) -> Result<()> {
        let nitems = region.shape().nitems();
        let most = self.grid.block_shape().nitems();
        if nitems > most {
            // The first axis that is cut at all, where a block ends.
            let block = self.grid.block_shape();
            let parts = |axis: usize| {
                region.end(axis).div_ceil(block[axis]) - region.start()[axis] / block[axis]
            };
            let axis = (0..region.shape().ndim()).max_by_key(|&axis| parts(axis)).unwrap_or(0);
            if parts(axis) > 1 {
                let middle = (region.start()[axis] / block[axis] + parts(axis) / 2) * block[axis];
                let (low, high) = split(region, axis, middle - region.start()[axis]);
                let (first, second) = dst.split_at(axis, low.shape()[axis]);
                let (a, b) = join(
                    nitems.saturating_mul(size_of::<T>()),
                    || self.read_boxes(&low, first),
                    || self.read_boxes(&high, second),
                );
                return a.and(b);
            }
        }
        with_unspecified(nitems, |items: &mut [T]| {
            if let Evaluated::One(value) = self.evaluate(region, items)? {
                dst.fill(bytemuck::bytes_of(&value));
            } else {
                dst.copy_from(&View::from_items(items, *region.shape())?);
            }
            Ok(())
        })
    }
}

/// The indices before `len` of one axis, and the others.
fn split(region: &Region, axis: usize, len: usize) -> (Region, Region) {
    let (start, shape) = (region.start(), region.shape());
    let low = Region::at(*start, shape.with_len(axis, len));
    let high = Region::at(
        start.with_len(axis, start[axis] + len),
        shape.with_len(axis, shape[axis] - len),
    );
    (low, high)
}

impl<T: Element> Boxes<T> for Computed<'_, T> {
    fn constant(&self, region: &Region) -> Result<Option<T>> {
        self.node.constant(region)
    }

    fn read(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        if let Evaluated::One(value) = self.evaluate(region, dst)? {
            dst.fill(value);
        }
        Ok(())
    }
}

impl<T: Element> ArrayItems<T> for Computed<'_, T> {
    fn grid(&self) -> &Grid {
        &self.grid
    }

    fn with_chunk(
        &self,
        index: usize,
        _: Blocks<'_>,
        f: &mut dyn FnMut(&dyn ChunkItems<T>) -> Result<()>,
    ) -> Result<()> {
        let region = self.grid.chunk_region(index);
        let constant = self.node.constant(&region)?;
        f(&ComputedChunk { computed: self, region, constant })
    }
}

/// A chunk that is computed.
struct ComputedChunk<'a, 'n, T> {
    computed: &'a Computed<'n, T>,
    region: Region,
    constant: Option<T>,
}

impl<T: Element> ChunkItems<T> for ComputedChunk<'_, '_, T> {
    fn constant(&self) -> Option<T> {
        self.constant
    }

    fn visit_block(&self, block: usize, visit: &mut Visit<'_, T>) -> Result<()> {
        let grid = &self.computed.grid;
        let local = grid.block_region(block, self.region.shape());
        let shape = *grid.block_shape();
        let visit_repeated = |value: T, visit: &mut Visit<'_, T>| {
            let _: ControlFlow<()> = visit(Piece::Repeated(value, shape.nitems()));
            Ok(())
        };
        if let Some(value) = self.constant {
            return visit_repeated(value, visit);
        }
        let region = placed(&local, self.region.start());
        with_unspecified(local.shape().nitems(), |items: &mut [T]| {
            match self.computed.evaluate(&region, items)? {
                Evaluated::One(value) => visit_repeated(value, visit),
                Evaluated::Each if *local.shape() == shape => {
                    let _ = visit(Piece::Items(items));
                    Ok(())
                }
                // Padding has any value.
                Evaluated::Each => with_unspecified(shape.nitems(), |block: &mut [T]| {
                    lend_items(block, shape, |view| {
                        view.trimmed(local.shape())
                            .copy_from(&View::from_items(items, *local.shape())?);
                        Ok(())
                    })?;
                    let _ = visit(Piece::Items(block));
                    Ok(())
                }),
            }
        })
    }
}

/// A region of a chunk in the coordinates of the array.
pub(crate) fn placed(local: &Region, origin: &Shape) -> Region {
    let start = local.start();
    Region::at(start.map(|axis| start[axis] + origin[axis]), *local.shape())
}
