//! Small reads: blocks from the cache, or decoded as a whole and left there.

use std::sync::Arc;

use super::{BlockBytes, CachedChunk};
use crate::arch::view::Places;
use crate::array::grid::Grid;
use crate::array::raw::{RawArray, Slot, zeroed};
use crate::array::read::{Target, item, work};
use crate::array::source::Blocks;
use crate::error::{Error, Result};
use crate::parallel::{for_each, join};

/// A block that is wanted, once it is there.
struct Wanted {
    block: usize,
    bytes: Option<BlockBytes>,
}

impl RawArray {
    /// Reads from a single chunk, whose elements' indices count from its first.
    pub(in crate::array) fn read_cached(
        &self,
        cached: &CachedChunk<'_>,
        (index, slot): (usize, &Slot),
        mut target: Target<'_>,
    ) -> Result<()> {
        let grid = self.grid();
        if target.middle(grid.block_shape()).is_none() {
            let (block, _) = grid.block_at(target.selection.start());
            if let Some(bytes) = cached.find(block) {
                return copy_block(grid, &bytes, target);
            }
        }
        let blocks = self.blocks_of(&target.selection).into_iter();
        let mut wanted: Vec<Wanted> =
            blocks.map(|block| Wanted { block, bytes: cached.find(block) }).collect();
        let missing = wanted.iter().filter(|wanted| wanted.bytes.is_none());
        let missing: Vec<usize> = missing.map(|wanted| wanted.block).collect();
        if !missing.is_empty() {
            let chunk = self.load_slot(index, slot, Blocks::Only(&missing))?;
            let (layout, in_chunk) = (self.layout(grid), |error: Error| error.in_chunk(index));
            let decoder = chunk.decoder_in(&layout, self.registry()).map_err(in_chunk)?;
            if let Some(value) = decoder.constant().and_then(|value| item(value, grid.itemsize())) {
                target.view.fill(&value);
                return Ok(());
            }
            let decode = |wanted: &mut Wanted| {
                if wanted.bytes.is_none() {
                    let mut bytes: Vec<u8> = zeroed(grid.block_nbytes())?;
                    decoder.padded_block_into(wanted.block, &mut bytes)?;
                    cached.add(wanted.block, wanted.bytes.insert(Arc::new(bytes)));
                }
                Ok(())
            };
            for_each(&mut wanted, grid.block_nbytes(), &decode).map_err(in_chunk)?;
        }
        copy_blocks(grid, &wanted, target)
    }
}

fn copy_blocks(grid: &Grid, wanted: &[Wanted], target: Target<'_>) -> Result<()> {
    let work = work(&target, grid);
    if let Some((axis, index)) = target.middle(grid.block_shape()) {
        let (a, b) = target.split_at(axis, index);
        let (a, b) = join(work, || copy_blocks(grid, wanted, a), || copy_blocks(grid, wanted, b));
        return a.and(b);
    }
    let (block, _) = grid.block_at(target.selection.start());
    let place = wanted.binary_search_by_key(&block, |wanted| wanted.block);
    match place.ok().and_then(|place| wanted[place].bytes.as_ref()) {
        Some(bytes) => copy_block(grid, bytes, target),
        None => unreachable!("all blocks under the selection are wanted, and have been decoded"),
    }
}

/// Reads from a single block.
fn copy_block(grid: &Grid, bytes: &[u8], target: Target<'_>) -> Result<()> {
    let (_, origin) = grid.block_at(target.selection.start());
    let mut target = target.relative_to(&origin);
    if target.selection.covers(grid.block_shape())
        && let Some(dst) = target.view.as_contiguous_mut()
    {
        dst.copy_from_slice(bytes);
        return Ok(());
    }
    let places = Places::contiguous(grid.itemsize(), *grid.block_shape())?;
    target.view.scatter(&target.selection.of(places)).put(bytes);
    Ok(())
}
