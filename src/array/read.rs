//! Reading: a selection is cut along chunks, then along blocks, and each block is decoded once.
//!
//! The destination is cut along with the selection, so the pieces can go to different threads and
//! need nothing from each other. A block that is wanted as a whole, by a destination without gaps,
//! is decoded right there; of any other, each band goes to the destination while it is in the cache,
//! and what follows the last element wanted is not decoded. Nothing is allocated. Small reads of an
//! array with a cache of blocks are served by that: see `cache`.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::cache::{BlockCache, CachedChunk};
use super::grid::Grid;
use super::raw::{Place, RawArray};
use super::selection::{Cut, Selection};
use super::source::Blocks;
use crate::arch::view::{Places, ViewMut};
use crate::block::scratch::with_buffer;
use crate::chunk::{Chunk, ChunkDecoder};
use crate::codec::Band;
use crate::error::Result;
use crate::parallel::join;
use crate::shape::Region;

pub(super) type Target<'a> = Cut<&'a mut [u8]>;

impl RawArray {
    /// Reads what is selected, which exists, into a view of the same shape.
    pub(crate) fn read(&self, selection: &Selection, dst: ViewMut<'_>) -> Result<()> {
        if dst.shape().contains(&0) {
            return Ok(());
        }
        let suits = |cache: &&BlockCache| {
            let blocks = selection.nparts(self.grid().block_shape());
            cache.suits(blocks, self.grid().block_nbytes())
        };
        self.read_chunks(self.block_cache().filter(suits), Cut::new(*selection, dst))
    }

    fn read_chunks(&self, cache: Option<&BlockCache>, target: Target<'_>) -> Result<()> {
        let work = work(&target, self.grid());
        match target.middle(self.grid().chunk_shape()) {
            Some((axis, index)) => {
                let (a, b) = target.split_at(axis, index);
                let read = |part| self.read_chunks(cache, part);
                let (a, b) = join(work, || read(a), || read(b));
                a.and(b)
            }
            None => self.read_chunk(cache, target),
        }
    }

    /// Reads from a single chunk.
    fn read_chunk(&self, cache: Option<&BlockCache>, mut target: Target<'_>) -> Result<()> {
        let (index, origin) = self.grid().chunk_at(target.selection.start());
        if let (Some(cache), Some(slot)) = (cache, self.slot(index))
            && let Some(cached) =
                CachedChunk::new(cache, slot, self.source(), self.grid().block_nbytes())
        {
            return self.read_cached(&cached, (index, slot), target.relative_to(&origin));
        }
        match self.slot(index).map(|slot| &slot.place) {
            None => {
                target.view.fill(self.fill_value());
                Ok(())
            }
            Some(Place::Memory(chunk)) => {
                let target = target.relative_to(&origin);
                self.read_loaded(chunk, target).map_err(|error| error.in_chunk(index))
            }
            Some(Place::Stored(_)) => {
                let target = target.relative_to(&origin);
                let blocks = self.blocks_of(&target.selection);
                let Some(chunk) = self.chunk(index, Blocks::Only(&blocks))? else { return Ok(()) };
                self.read_loaded(&chunk, target).map_err(|error| error.in_chunk(index))
            }
        }
    }

    /// The value of all elements of a region, where it lies in one chunk, or the array has none, and
    /// nothing has to be read to know that they are equal.
    pub(crate) fn constant_in(&self, region: &Region) -> Result<Option<Cow<'_, [u8]>>> {
        if region.is_empty() {
            return Ok(None);
        }
        if self.slots().is_empty() {
            return Ok(Some(Cow::Borrowed(self.fill_value())));
        }
        let (index, _) = self.grid().chunk_at(region.start());
        let last = region.start().map(|axis| region.end(axis) - 1);
        if self.grid().chunk_at(&last).0 != index {
            return Ok(None);
        }
        let chunk = match self.slot(index).map(|slot| &slot.place) {
            None => return Ok(Some(Cow::Borrowed(self.fill_value()))),
            Some(Place::Stored(_)) => return Ok(None),
            Some(Place::Memory(chunk)) if chunk.special().is_none() => return Ok(None),
            Some(Place::Memory(chunk)) => chunk,
        };
        let decoder = chunk.decoder(self.registry()).map_err(|error| error.in_chunk(index))?;
        let value = decoder.constant().and_then(|value| item(value, self.grid().itemsize()));
        Ok(value.map(|value| Cow::Owned(value.into_owned())))
    }

    /// The blocks of a chunk that hold what is selected of it.
    pub(super) fn blocks_of(&self, selection: &Selection) -> Vec<usize> {
        let grid = self.grid();
        let touched = selection.part_numbers(grid.block_shape(), grid.blocks());
        let is_needed =
            |&block: &usize| selection.meets(&grid.block_region(block, grid.chunk_shape()));
        touched.filter(is_needed).collect()
    }

    fn read_loaded<B: AsRef<[u8]>>(&self, chunk: &Chunk<B>, mut target: Target<'_>) -> Result<()> {
        let layout = self.layout(self.grid());
        let decoder = chunk.decoder_in(&layout, self.registry())?;
        match decoder.constant().and_then(|value| item(value, self.grid().itemsize())) {
            Some(value) => target.view.fill(&value),
            None => read_blocks(self.grid(), &decoder, target)?,
        }
        Ok(())
    }
}

fn read_blocks(grid: &Grid, decoder: &ChunkDecoder<'_>, target: Target<'_>) -> Result<()> {
    let work = work(&target, grid);
    match target.middle(grid.block_shape()) {
        Some((axis, index)) => {
            let (a, b) = target.split_at(axis, index);
            let (a, b) =
                join(work, || read_blocks(grid, decoder, a), || read_blocks(grid, decoder, b));
            a.and(b)
        }
        None => read_block(grid, decoder, target),
    }
}

/// Reads from a single block.
fn read_block(grid: &Grid, decoder: &ChunkDecoder<'_>, target: Target<'_>) -> Result<()> {
    let (index, origin) = grid.block_at(target.selection.start());
    let mut target = target.relative_to(&origin);
    if !decoder.has_blocksize(grid.block_nbytes()) {
        return read_span(grid, decoder, index, target);
    }
    if target.selection.covers(grid.block_shape())
        && let Some(dst) = target.view.as_contiguous_mut()
    {
        return decoder.block_into(index, dst);
    }
    let places = Places::contiguous(grid.itemsize(), *grid.block_shape())?;
    let mut scatter = target.view.scatter(&target.selection.of(places));
    decoder.visit_block(index, |band| {
        match band {
            Band::Bytes(bytes) => scatter.put(bytes),
            Band::Repeated { value, count } => scatter.put_repeated(value, count),
        }
        if scatter.is_done() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Reads a block of a chunk that another writer has cut otherwise than its array says.
fn read_span(
    grid: &Grid,
    decoder: &ChunkDecoder<'_>,
    index: usize,
    target: Target<'_>,
) -> Result<()> {
    with_buffer(grid.block_nbytes(), |buffer| {
        decoder.padded_block_into(index, buffer)?;
        let places = Places::contiguous(grid.itemsize(), *grid.block_shape())?;
        target.view.scatter(&target.selection.of(places)).put(buffer);
        Ok(())
    })
}

/// One element of a chunk that repeats `value`; `None` when its elements differ after all.
pub(super) fn item(value: &[u8], itemsize: usize) -> Option<Cow<'_, [u8]>> {
    static ZEROS: [u8; 256] = [0; 256];
    match (value, itemsize) {
        _ if value.len() == itemsize => Some(Cow::Borrowed(value)),
        ([0], ..=256) => Some(Cow::Borrowed(&ZEROS[..itemsize])),
        _ if itemsize.is_multiple_of(value.len()) => {
            Some(Cow::Owned(value.repeat(itemsize / value.len())))
        }
        _ => None,
    }
}

/// The bytes that have to be decoded, about.
pub(super) fn work(target: &Target<'_>, grid: &Grid) -> usize {
    target.selection.nparts(grid.block_shape()).saturating_mul(grid.block_nbytes())
}
