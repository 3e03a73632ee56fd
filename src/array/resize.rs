//! Longer and shorter arrays.
//!
//! Chunks and blocks stay as they are cut, so that most chunks only get another number. What lies
//! outside of the array in a chunk at its edge is zero afterwards, whoever wrote it: it may become
//! visible when the array grows, here or in another program.

use std::sync::Arc;

use super::chunk_map::ChunkMap;
use super::grid::Grid;
use super::raw::{Place, RawArray, Slot};
use super::selection::Selection;
use super::source::Blocks;
use crate::arch::view::View;
use crate::block::scratch::with_buffer;
use crate::chunk::{BlockSource, ChunkDecoder, constant_chunk};
use crate::error::{Error, InvalidArgument, Result};
use crate::parallel;
use crate::shape::{Region, Shape};

/// A chunk that stays, under its new number.
struct Kept {
    index: usize,
    slot: Slot,
    /// Its number in the array as it was.
    old_index: usize,
    /// Along each axis, how much of the chunk holds elements before and after.
    extent: Shape,
    /// How much does after.
    new_extent: Shape,
    /// Whether the array ends elsewhere in it than before.
    is_edge: bool,
}

impl RawArray {
    /// Gives the array other lengths.
    pub(super) fn resize(&mut self, lens: &[usize]) -> Result<()> {
        let (old, shape) = (*self.grid(), Shape::new(lens)?);
        let (expected, found) = (old.shape().ndim(), shape.ndim());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        let new = Grid::new(old.itemsize(), shape, *old.chunk_shape(), *old.block_shape())?;
        if old.shape() == &shape {
            return Ok(());
        }
        let grows = (0..shape.ndim()).any(|axis| shape[axis] > old.shape()[axis]);
        let is_zero = self.fill_value().iter().all(|&byte| byte == 0);
        // What is new is zero; so a chunk that is not there has to be, too.
        let slots = match grows && !is_zero {
            true => self.filled_slots()?,
            false => self.slots().clone(),
        };
        let mut kept = kept_chunks(&slots, &old, &new);
        parallel::for_each(&mut kept, old.chunk_nbytes(), &|kept: &mut Kept| {
            if kept.is_edge {
                let emptied = self.without_padding(kept);
                kept.slot = emptied.map_err(|error| error.in_chunk(kept.old_index))?;
            }
            Ok::<_, Error>(())
        })?;
        if grows && !is_zero {
            self.reset(&vec![0; old.itemsize()]);
        }
        let slots = kept.into_iter().map(|kept| (kept.index, kept.slot)).collect();
        self.recut(new, slots);
        Ok(())
    }

    /// All chunks, those of the fill value among them.
    fn filled_slots(&self) -> Result<ChunkMap<Slot>> {
        let filled = Arc::new(constant_chunk(&self.layout(self.grid()), self.fill_value())?);
        let slot = |index| match self.slot(index) {
            Some(slot) => slot.clone(),
            None => Place::Memory(filled.clone()).into(),
        };
        Ok((0..self.grid().nchunks()).map(|index| (index, slot(index))).collect())
    }

    /// A chunk at an edge with nothing but zeros where it holds no elements; as it is, if it is so.
    fn without_padding(&self, kept: &Kept) -> Result<Slot> {
        let layout = self.layout(self.grid());
        let chunk = self.load_slot(kept.old_index, &kept.slot, Blocks::All)?;
        let grid = self.grid();
        let decoder = chunk.decoder_in(&layout, self.registry())?;
        let source = Cut { grid, decoder: &decoder, extent: &kept.extent };
        let mut touched = Vec::new();
        for block in (0..grid.nblocks()).filter(|&block| !source.is_inside(block)) {
            let is_changed = with_buffer(grid.block_nbytes(), |raw| source.read(block, raw))?;
            touched.extend(is_changed.then_some(block));
        }
        if touched.is_empty() {
            let summaries = self.summarised(grid, &kept.new_extent, &chunk, |_| None)?;
            let place = match &kept.slot.place {
                // In a row, it may lie in its source without the padding that it needs now.
                Place::Stored(_) if grid.shape().ndim() == 1 => {
                    Place::Memory(Arc::new(chunk.into()))
                }
                place => place.clone(),
            };
            return Ok(Slot { place, summaries });
        }
        self.rewrite(grid, &kept.new_extent, (&chunk, None), &touched, &source)
    }

    /// Lengthens one axis by the elements of a view, which is as long as the array on all others.
    /// The array is as it was after an error.
    pub(super) fn append_along(&mut self, axis: usize, view: View<'_>) -> Result<()> {
        if axis == 0 {
            return self.append(&[view]);
        }
        let (shape, added) = (*self.shape(), *view.shape());
        let len = shape[axis].saturating_add(added[axis]);
        let mut longer = self.clone();
        longer.resize(&shape.with_len(axis, len))?;
        let start = shape.map(|other| if other == axis { shape[axis] } else { 0 });
        longer.write(&Selection::from(&Region::at(start, added)), view)?;
        *self = longer;
        Ok(())
    }
}

/// The chunks that are in both grids.
fn kept_chunks(slots: &ChunkMap<Slot>, old: &Grid, new: &Grid) -> Vec<Kept> {
    let kept = slots.iter().filter_map(|(old_index, slot)| {
        let position = old.chunks().unravel(old_index);
        let is_kept = (0..position.ndim()).all(|axis| position[axis] < new.chunks()[axis]);
        is_kept.then(|| {
            let index = new.chunks().ravel(&position);
            let (before, after) = (old.chunk_region(old_index), new.chunk_region(index));
            let (before, after) = (before.shape(), after.shape());
            let extent = before.map(|axis| before[axis].min(after[axis]));
            // Where the array ends as it did, what lies outside is none of our business.
            let is_edge = before != after;
            Kept { index, slot: slot.clone(), old_index, extent, new_extent: *after, is_edge }
        })
    });
    kept.collect()
}

/// The blocks of a chunk of which only some elements count; the others are zero.
struct Cut<'a> {
    grid: &'a Grid,
    decoder: &'a ChunkDecoder<'a>,
    extent: &'a Shape,
}

impl Cut<'_> {
    /// Along each axis, how many elements of a block count.
    fn extent_in(&self, block: usize) -> Shape {
        let (shape, origin) = (self.grid.block_shape(), self.grid.blocks().unravel(block));
        shape.map(|axis| {
            let start = origin[axis] * shape[axis];
            self.extent[axis].saturating_sub(start).min(shape[axis])
        })
    }

    fn is_inside(&self, block: usize) -> bool {
        self.extent_in(block) == *self.grid.block_shape()
    }

    /// Reads a block, and tells whether anything had to be made zero.
    fn read(&self, block: usize, dst: &mut [u8]) -> Result<bool> {
        let start = block * dst.len();
        self.decoder.range_into(start..start + dst.len(), dst)?;
        let (shape, extent) = (self.grid.block_shape(), self.extent_in(block));
        let Some((&len, outer)) = shape.split_last() else { return Ok(false) };
        let itemsize = self.grid.itemsize();
        let outer = Shape::new(outer)?;
        let mut is_changed = false;
        for (row, items) in dst.chunks_exact_mut(len * itemsize).enumerate() {
            let position = outer.unravel(row);
            let is_outside = (0..outer.ndim()).any(|axis| position[axis] >= extent[axis]);
            let counting = if is_outside { 0 } else { extent[outer.ndim()] };
            let padding = &mut items[counting * itemsize..];
            if padding.iter().any(|&byte| byte != 0) {
                padding.fill(0);
                is_changed = true;
            }
        }
        Ok(is_changed)
    }
}

impl BlockSource for Cut<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        self.read(block, dst).map(drop)
    }
}
