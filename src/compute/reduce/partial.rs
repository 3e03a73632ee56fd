//! Elements that agree in some axes, reduced to one state each: an array with just those axes.
//!
//! The blocks that lie in line along the other axes, a column, go to the same outputs. So a column is
//! what one thread works on, with states for no more outputs than a block has.

use std::ops::Range;

use super::block::fold_block;
use super::runs::Runs;
use super::{Grouping, Reduce};
use crate::arch::view::{View, lend_items};
use crate::array::{Array, ArrayItems, Blocks, Grid, Options, partition};
use crate::dtype::Element;
use crate::error::Result;
use crate::parallel;
use crate::shape::{Region, Shape};

/// Blocks of a column that go to the same states, one after the other, where grouping matters.
const GROUP: usize = 8;

/// The largest chunk of outputs that is made so that it cuts no block.
const MAX_CHUNK_NBYTES: usize = 32 << 20;

/// What `reducer` makes of the elements that agree in the axes of `kept`.
pub(super) fn partial<T: Element, R: Reduce<T>, U: Element>(
    array: &dyn ArrayItems<T>,
    kept: &[bool],
    reducer: &R,
    finish: impl Fn(R::State) -> Result<U> + Sync,
    options: &Options,
) -> Result<Array<U>> {
    let columns = Columns { grid: *array.grid(), kept: kept.to_vec() };
    let shape = columns.kept_of(array.grid().shape());
    let options = columns.aligned(options, size_of::<U>(), shape)?;
    Array::try_from_chunks_fn(shape, &options, |region, items| {
        let mut parts: Vec<Part<U>> = columns.under(region).map(Part::new).collect();
        let work = array.grid().nbytes() / parts.len().max(1);
        parallel::for_each(&mut parts, work, &|part: &mut Part<U>| -> Result<()> {
            let states = fold(array, reducer, &columns, &part.column, 0..columns.nblocks())?;
            part.outputs = states.into_iter().map(&finish).collect::<Result<_>>()?;
            Ok(())
        })?;
        lend_items(items, *region.shape(), |mut view| {
            for Part { column, outputs } in &parts {
                let extent = columns.extent(column);
                let mut source = View::from_items(outputs, *extent.shape())?;
                let mut target = view.reborrow();
                for axis in 0..extent.shape().ndim() {
                    let start = extent.start()[axis].max(region.start()[axis]);
                    let end = extent.end(axis).min(region.end(axis));
                    let within =
                        |part: &Region| start - part.start()[axis]..end - part.start()[axis];
                    source = source.slice_axis(axis, within(&extent));
                    target = target.slice_axis(axis, within(region));
                }
                target.copy_from(&source);
            }
            Ok(())
        })
    })
}

/// Blocks in line, by their positions along the axes kept, and what comes of them.
struct Part<U> {
    column: Shape,
    outputs: Vec<U>,
}

impl<U> Part<U> {
    fn new(column: Shape) -> Self {
        Self { column, outputs: Vec::new() }
    }
}

/// The states of a column after some of its blocks.
fn fold<T: Element, R: Reduce<T>>(
    array: &dyn ArrayItems<T>,
    reducer: &R,
    columns: &Columns,
    column: &Shape,
    blocks: Range<usize>,
) -> Result<Vec<R::State>> {
    let work = blocks.len().saturating_mul(columns.grid.block_nbytes());
    let is_leaf = blocks.len() <= GROUP || R::GROUPING == Grouping::Free && !parallel::pays(work);
    if !is_leaf {
        let middle = blocks.start + (blocks.len() / 2).next_multiple_of(GROUP);
        let (low, high) = parallel::join(
            work,
            || fold(array, reducer, columns, column, blocks.start..middle),
            || fold(array, reducer, columns, column, middle..blocks.end),
        );
        let mut low = low?;
        low.iter_mut().zip(high?).for_each(|(low, high)| reducer.merge(low, high));
        return Ok(low);
    }
    let noutputs = columns.extent(column).shape().nitems();
    let mut states: Vec<_> = (0..noutputs).map(|_| reducer.start()).collect();
    for number in blocks {
        let (chunk, block) = columns.block(column, number);
        let grid = &columns.grid;
        let region = grid.chunk_region(chunk);
        let extent = grid.block_region(block, region.shape()).moved_by(region.start());
        if extent.is_empty() {
            continue;
        }
        let runs = Runs::new(grid.block_shape(), &extent, grid.shape(), &columns.kept, R::INDICES);
        array.with_chunk(chunk, Blocks::Only(&[block]), &mut |items| {
            fold_block(reducer, items, block, &runs, &mut states)
        })?;
    }
    Ok(states)
}

/// The blocks of an array in line along the axes that are not kept.
///
/// Along each axis blocks are numbered through all chunks. A chunk need not be a whole number of
/// blocks, and at the array's end blocks may have nothing but padding.
struct Columns {
    grid: Grid,
    kept: Vec<bool>,
}

impl Columns {
    /// The lengths along the axes kept.
    fn kept_of(&self, lens: &Shape) -> Shape {
        let mut kept = *lens;
        for axis in (0..self.kept.len()).rev().filter(|&axis| !self.kept[axis]) {
            kept = kept.without_axis(axis);
        }
        kept
    }

    /// The axes of the array that are kept.
    fn axes(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.kept.len()).filter(|&axis| self.kept[axis])
    }

    /// Options for the outputs, with chunks that cut no block of the array, as far as the caller does
    /// not ask for others.
    fn aligned(&self, options: &Options, itemsize: usize, shape: Shape) -> Result<Options> {
        if options.chunk_lens().is_some() {
            return Ok(options.clone());
        }
        let default = partition(itemsize, shape, None, None)?;
        let lens: Vec<usize> = self
            .axes()
            .zip(default.chunk_shape().iter())
            .map(|(axis, &len)| {
                let (chunk, block) = (self.grid.chunk_shape()[axis], self.grid.block_shape()[axis]);
                let unit = if chunk.is_multiple_of(block) { block } else { chunk };
                len.next_multiple_of(unit)
            })
            .collect();
        let nitems = lens.iter().fold(itemsize, |n, &len| n.saturating_mul(len));
        // Rather some blocks twice than chunks of any size.
        let is_bounded = nitems <= MAX_CHUNK_NBYTES.max(default.chunk_nbytes());
        Ok(if is_bounded { options.clone().chunk_shape(lens) } else { options.clone() })
    }

    /// The number of a block along an axis that has this index.
    fn block_at(&self, axis: usize, index: usize) -> usize {
        let (chunk, block) = (self.grid.chunk_shape()[axis], self.grid.block_shape()[axis]);
        index / chunk * self.grid.blocks()[axis] + index % chunk / block
    }

    /// The columns with outputs in a region of them.
    fn under(&self, region: &Region) -> impl Iterator<Item = Shape> + '_ {
        let axes: Vec<usize> = self.axes().collect();
        let first = region.start().map(|i| self.block_at(axes[i], region.start()[i]));
        let count =
            region.start().map(|i| self.block_at(axes[i], region.end(i) - 1) + 1 - first[i]);
        let columns = (0..count.nitems()).map(move |number| {
            let position = count.unravel(number);
            position.map(|axis| first[axis] + position[axis])
        });
        columns.filter(|column| !self.extent(column).is_empty())
    }

    /// The outputs of a column.
    fn extent(&self, column: &Shape) -> Region {
        let axes: Vec<usize> = self.axes().collect();
        let start = column.map(|i| {
            let axis = axes[i];
            let (number, blocks) = (column[i], self.grid.blocks()[axis]);
            number / blocks * self.grid.chunk_shape()[axis]
                + number % blocks * self.grid.block_shape()[axis]
        });
        let shape = column.map(|i| {
            let axis = axes[i];
            let chunk = self.grid.chunk_shape()[axis];
            let end = (start[i] / chunk + 1) * chunk;
            let end =
                end.min(self.grid.shape()[axis]).min(start[i] + self.grid.block_shape()[axis]);
            end.saturating_sub(start[i])
        });
        Region::at(start, shape)
    }

    /// The number of blocks of each column.
    fn nblocks(&self) -> usize {
        let axes = (0..self.kept.len()).filter(|&axis| !self.kept[axis]);
        axes.map(|axis| self.grid.chunks()[axis] * self.grid.blocks()[axis]).product()
    }

    /// The chunk and block of this number in a column, in C order.
    fn block(&self, column: &Shape, mut number: usize) -> (usize, usize) {
        let (chunks, blocks) = (self.grid.chunks(), self.grid.blocks());
        let (mut chunk, mut block) = (*chunks, *blocks);
        let mut kept = column.iter().rev();
        for axis in (0..self.kept.len()).rev() {
            let along = if self.kept[axis] {
                kept.next().copied().unwrap_or(0)
            } else {
                let len = chunks[axis] * blocks[axis];
                let along = number % len;
                number /= len;
                along
            };
            chunk = chunk.with_len(axis, along / blocks[axis]);
            block = block.with_len(axis, along % blocks[axis]);
        }
        (chunks.ravel(&chunk), blocks.ravel(&block))
    }
}
