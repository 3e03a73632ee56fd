//! Arrays from elements that are computed box by box.

use bytemuck::bytes_of;

use super::grid::Grid;
use super::options::Options;
use super::typed::Array;
use crate::arch::items::items_mut;
use crate::arch::view::{View, ViewMut};
use crate::chunk::{BlockSource, encode_blocks};
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// Elements that can be had for any box of an array.
pub(crate) trait Boxes<T>: Sync {
    /// The value of all elements of a region, where that is known without computing each.
    fn constant(&self, region: &Region) -> Result<Option<T>>;

    /// Computes the elements of a region, as many, in C order.
    fn read(&self, region: &Region, dst: &mut [T]) -> Result<()>;
}

impl<T: Element> Array<T> {
    /// Compresses computed elements, chunks in parallel and block by block.
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
        let changes = raw.changes_of(&grid, 0..grid.nchunks(), |index| {
            let region = grid.chunk_region(index);
            if let Some(value) = boxes.constant(&region)? {
                return raw.constant(bytes_of(&value));
            }
            let blocks = ComputedBlocks { grid: &grid, region: &region, boxes };
            let chunk = encode_blocks(&raw.layout(&grid), &blocks, raw.options());
            Ok(Some(chunk.map_err(|error| error.in_chunk(index))?.into()))
        })?;
        array.raw_mut().install(grid, changes);
        Ok(array)
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
        let origin = self.region.start();
        let start = local.start().map(|axis| origin[axis] + local.start()[axis]);
        let region = Region::at(start, *local.shape());
        let shape = self.grid.block_shape();
        if local.shape() == shape
            && let Some(items) = items_mut(dst)
        {
            return self.boxes.read(&region, items);
        }
        dst.fill(0);
        super::with_unspecified(local.shape().nitems(), |items: &mut [T]| {
            self.boxes.read(&region, items)?;
            let view = ViewMut::from_bytes_mut(dst, self.grid.itemsize(), *shape)?;
            view.trimmed(local.shape()).copy_from(&View::from_items(items, *local.shape())?);
            Ok(())
        })
    }
}
