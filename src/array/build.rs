//! Arrays from elements that are computed box by box.

use bytemuck::bytes_of;

use super::chunks::with_unspecified;
use super::grid::Grid;
use super::options::Options;
use super::raw::{Place, RawArray, Slot};
use super::typed::Array;
use crate::arch::items::items_mut;
use crate::arch::view::{View, ViewMut};
use crate::chunk::BlockSource;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// Elements that can be had for any box of an array.
pub(crate) trait Boxes<T>: Sync {
    /// The value of all elements of a region, where that is known without computing each.
    fn constant(&self, region: &Region) -> Result<Option<T>>;

    /// A compressed chunk that holds a region as it is to be.
    fn shared_chunk(&self, region: &Region, like: &RawArray) -> Option<Slot>;

    /// Whether chunks are better computed as a whole: blocks one by one would need the same blocks of
    /// other arrays again and again.
    fn wants_chunks(&self, grid: &Grid) -> bool;

    /// Computes the elements of a region, as many, in C order.
    fn read(&self, region: &Region, dst: &mut [T]) -> Result<()>;
}

impl<T: Element> Array<T> {
    /// Compresses computed elements, chunks in parallel.
    pub(crate) fn from_boxes(
        shape: Shape,
        options: &Options,
        boxes: &dyn Boxes<T>,
    ) -> Result<Self> {
        if let Some(value) = boxes.constant(&Region::full(shape))? {
            return Self::full(shape, value, options);
        }
        let mut array = Self::zeros(shape, options)?;
        let raw = array.raw();
        let grid = *raw.grid();
        let wants_chunks = boxes.wants_chunks(&grid);
        let changes = raw.changes_of(&grid, 0..grid.nchunks(), &|index| {
            let region = grid.chunk_region(index);
            if let Some(value) = boxes.constant(&region)? {
                return raw.constant(bytes_of(&value));
            }
            if let Some(slot) = boxes.shared_chunk(&region, raw) {
                return Ok(Some(slot));
            }
            if wants_chunks {
                return with_unspecified(region.shape().nitems(), |items: &mut [T]| {
                    boxes.read(&region, items)?;
                    let contents = raw.encoded_chunk(View::from_items(items, *region.shape())?);
                    contents.map_err(|error| error.in_chunk(index))
                });
            }
            let blocks = ComputedBlocks { grid: &grid, region: &region, boxes };
            let slot = raw.encode(&grid, region.shape(), &blocks);
            slot.map(Some).map_err(|error| error.in_chunk(index))
        })?;
        array.raw_mut().install(grid, changes);
        Ok(array)
    }
}

impl RawArray {
    /// The chunk that holds a region of this array, if another one would have it the same way.
    pub(crate) fn shared_chunk(&self, region: &Region, like: &Self) -> Option<Slot> {
        let (grid, other) = (self.grid(), like.grid());
        let is_same_cut = (grid.itemsize(), grid.chunk_shape(), grid.block_shape())
            == (other.itemsize(), other.chunk_shape(), other.block_shape());
        if region.is_empty() || !is_same_cut || !self.options().writes_like(like.options()) {
            return None;
        }
        let (index, _) = grid.chunk_at(region.start());
        let slot = self.slot(index).filter(|slot| matches!(slot.place, Place::Memory(_)));
        let slot = slot.filter(|_| grid.chunk_region(index) == *region)?;
        match (like.summarise().is_some(), slot.is_summarised()) {
            (true, true) => Some(slot.clone()),
            // Who keeps statistics wants those of all chunks.
            (true, false) => None,
            (false, _) => Some(slot.bare()),
        }
    }
}

/// The blocks of a chunk, computed.
struct ComputedBlocks<'a, T> {
    grid: &'a Grid,
    /// The chunk's elements.
    region: &'a Region,
    boxes: &'a dyn Boxes<T>,
}

impl<T: Element> BlockSource for ComputedBlocks<'_, T> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let local = self.grid.block_region(block, self.region.shape());
        if local.is_empty() {
            dst.fill(0);
            return Ok(());
        }
        let region = local.moved_by(self.region.start());
        let shape = self.grid.block_shape();
        if local.shape() == shape
            && let Some(items) = items_mut(dst)
        {
            return self.boxes.read(&region, items);
        }
        dst.fill(0);
        with_unspecified(local.shape().nitems(), |items: &mut [T]| {
            self.boxes.read(&region, items)?;
            let view = ViewMut::from_bytes_mut(dst, self.grid.itemsize(), *shape)?;
            view.trimmed(local.shape()).copy_from(&View::from_items(items, *local.shape())?);
            Ok(())
        })
    }
}
