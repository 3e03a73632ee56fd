//! A node as something that is cut like an array: to be reduced, read or compressed.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::node::{Evaluated, Held, Node, Uses, evaluate_into};
use crate::arch::view::{View, lend_items};
use crate::array::{
    Array, ArrayItems, Blocks, Boxes, ChunkItems, Cut, Grid, Options, Piece, RawArray, Slot, Visit,
    partition, with_unspecified,
};
use crate::dtype::Element;
use crate::error::{Result, check_len};
use crate::parallel::join;
use crate::shape::Region;

/// Elements that are computed, block by block.
pub(crate) struct Computed<'n, T> {
    node: Arc<dyn Node<T> + 'n>,
    uses: Uses,
    grid: Grid,
    /// Whether blocks of the grid come from single blocks of arrays.
    is_aligned: bool,
}

impl<'n, T: Element> Computed<'n, T> {
    /// Cuts a node as the first array under it that has its shape; as a new array otherwise.
    pub(crate) fn new(node: Arc<dyn Node<T> + 'n>) -> Result<Self> {
        let (shape, itemsize) = (*node.shape(), size_of::<T>());
        let like = node.partition(&shape);
        let grid = like.map(|like| Grid::new(itemsize, shape, like.chunk, like.block));
        let (grid, is_aligned) = match grid {
            Some(Ok(grid)) => (grid, like.is_some_and(|like| like.is_aligned)),
            // Longer elements can make the blocks too large.
            _ => (partition(itemsize, shape, None, None)?, false),
        };
        Ok(Self { uses: Uses::of(&*node), node, grid, is_aligned })
    }

    /// Evaluates a region into elements in C order.
    fn evaluate(&self, region: &Region, dst: &mut [T]) -> Result<Evaluated<T>> {
        self.node.evaluate(region, dst, &mut Held::new(&self.uses))
    }

    /// Compresses all elements; as the array is whose they are where nothing else is asked for.
    pub(crate) fn to_array(&self, options: Option<&Options>) -> Result<Array<T>> {
        let mut options = match options {
            Some(options) => options.clone(),
            None => self.node.options().unwrap_or_default(),
        };
        if options.chunk_lens().is_none() && options.block_lens().is_none() {
            let (chunk, block) = (self.grid.chunk_shape(), self.grid.block_shape());
            options = options.chunk_shape(chunk).block_shape(block);
        }
        Array::from_boxes(*self.grid.shape(), &options, self)
    }

    /// Evaluates a region, block by block and in parallel, into a slice in C order.
    pub(crate) fn read(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        region.check(self.grid.shape())?;
        if region.is_empty() {
            return check_len(0, dst.len());
        }
        lend_items(dst, *region.shape(), |view| self.read_boxes(Cut::new(region.into(), view)))
    }

    /// Evaluates a region in halves, cut where blocks end, until each lies in one.
    fn read_boxes(&self, target: Cut<&mut [u8]>) -> Result<()> {
        let region = target.selection.region();
        if let Some((axis, index)) = target.middle(self.grid.block_shape()) {
            let nbytes = region.shape().nitems().saturating_mul(size_of::<T>());
            let (a, b) = target.split_at(axis, index);
            let (a, b) = join(nbytes, || self.read_boxes(a), || self.read_boxes(b));
            return a.and(b);
        }
        evaluate_into(&*self.node, &region, target.view, &mut Held::new(&self.uses))
    }
}

impl<T: Element> Boxes<T> for Computed<'_, T> {
    fn constant(&self, region: &Region) -> Result<Option<T>> {
        self.node.constant(region)
    }

    fn shared_chunk(&self, region: &Region, like: &RawArray) -> Option<Slot> {
        self.node.shared_chunk(region, like)
    }

    fn wants_chunks(&self, grid: &Grid) -> bool {
        let is_same_cut = (grid.chunk_shape(), grid.block_shape())
            == (self.grid.chunk_shape(), self.grid.block_shape());
        !(self.is_aligned && is_same_cut)
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
        if self.is_aligned || constant.is_some() {
            return f(&ComputedChunk { computed: self, region, constant, items: None });
        }
        with_unspecified(region.shape().nitems(), |items: &mut [T]| {
            Boxes::read(self, &region, items)?;
            f(&ComputedChunk { computed: self, region, constant, items: Some(items) })
        })
    }
}

/// A chunk that is computed.
struct ComputedChunk<'a, 'n, T> {
    computed: &'a Computed<'n, T>,
    region: Region,
    constant: Option<T>,
    /// All elements, where they were computed at once.
    items: Option<&'a [T]>,
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
        // The elements of a view, with any value as padding.
        let visit_padded = |view: View<'_>, visit: &mut Visit<'_, T>| {
            with_unspecified(shape.nitems(), |block: &mut [T]| {
                lend_items(block, shape, |target| {
                    target.trimmed(local.shape()).copy_from(&view);
                    Ok(())
                })?;
                let _: ControlFlow<()> = visit(Piece::Items(block));
                Ok(())
            })
        };
        if let Some(value) = self.constant {
            return visit_repeated(value, visit);
        }
        if let Some(items) = self.items {
            let mut view = View::from_items(items, *self.region.shape())?;
            for axis in 0..shape.ndim() {
                view = view.slice_axis(axis, local.range(axis));
            }
            return visit_padded(view, visit);
        }
        with_unspecified(local.shape().nitems(), |items: &mut [T]| {
            match self.computed.evaluate(&local.moved_by(self.region.start()), items)? {
                Evaluated::One(value) => visit_repeated(value, visit),
                Evaluated::Each if *local.shape() == shape => {
                    let _ = visit(Piece::Items(items));
                    Ok(())
                }
                Evaluated::Each => visit_padded(View::from_items(items, *local.shape())?, visit),
            }
        })
    }
}
