//! What is known of blocks without decoding them.
//!
//! An array that keeps statistics has a [`Summary`] of each block that has to be decoded. It is made
//! while the block is compressed, of the elements that the encoder gets; and it lies beside the
//! chunk, in its slot: it goes where the chunk goes, and away with it, so that it cannot be that of
//! another. What a summary says, and how it is made, is the business of the layer above, which hands
//! down a function.

use std::sync::{Arc, OnceLock};

use super::grid::Grid;
use super::raw::{RawArray, Slot};
use super::selection::Selection;
use super::source::Blocks;
use crate::block::scratch::with_buffer;
use crate::chunk::{BlockSource, Chunk, ChunkOptions, encode_blocks, rewrite_blocks};
use crate::dtype::DType;
use crate::error::Result;
use crate::filter::FilterId;
use crate::parallel::for_each;
use crate::shape::{Region, Shape};

/// Of a block's elements, those that are padding left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    /// The least and the greatest number, as integers of the same order. Nothing, where there is
    /// none.
    pub(crate) low: u64,
    pub(crate) high: u64,
    /// The sum of the numbers: the lower and the upper half of its bits.
    pub(crate) sum: [u64; 2],
    pub(crate) nnumbers: u32,
    pub(crate) nnans: u32,
}

/// The summaries of a chunk's blocks.
pub(crate) type Summaries = Arc<[Summary]>;

/// Makes the summary of a block of which `extent` is no padding.
pub(crate) type Summarise = fn(block: &[u8], grid: &Grid, extent: &Shape) -> Result<Summary>;

/// The function for a type, if its elements are numbers.
pub(crate) type Summariser = fn(DType) -> Option<Summarise>;

impl RawArray {
    /// What is known of a chunk's blocks; `None` where the array keeps no statistics, and of chunks
    /// of one value.
    pub(crate) fn summaries(&self, chunk: usize) -> Option<&[Summary]> {
        self.summarise()?;
        self.slot(chunk)?.summaries.as_deref()
    }

    /// What is known of the blocks that a region lies in; `None` where that is not known of all of
    /// them, and where they belong to several chunks.
    pub(crate) fn summaries_in(
        &self,
        region: &Region,
    ) -> Option<impl Iterator<Item = &Summary> + use<'_>> {
        self.summarise().filter(|_| !region.is_empty())?;
        let (chunk, origin) = self.grid().chunk_at(region.start());
        let last = region.start().map(|axis| region.end(axis) - 1);
        let is_one = self.grid().chunk_at(&last).0 == chunk;
        let summaries = self.summaries(chunk).filter(|_| is_one)?;
        let local = Region::at(
            region.start().map(|axis| region.start()[axis] - origin[axis]),
            *region.shape(),
        );
        Some(self.blocks_of(&Selection::from(&local)).into_iter().map(|block| &summaries[block]))
    }

    /// Keeps statistics from now on, of all chunks that have none. The array is as it was after an
    /// error.
    pub(crate) fn keep_summaries(&mut self, summarise: Summarise) -> Result<()> {
        let mut kept = self.clone();
        kept.set_summarise(Some(summarise));
        let missing = self.slots().iter().filter(|(_, slot)| slot.summaries.is_none());
        let mut found: Vec<(usize, Slot)> =
            missing.map(|(index, slot)| (index, slot.clone())).collect();
        let nbytes = self.grid().chunk_nbytes();
        for_each(&mut found, nbytes, &|(index, slot): &mut (usize, Slot)| -> Result<()> {
            let (grid, region) = (kept.grid(), kept.grid().chunk_region(*index));
            let chunk = kept.load_slot(*index, slot, Blocks::All)?;
            let summaries = kept.summarised(grid, region.shape(), &chunk, |_| None);
            slot.summaries = summaries.map_err(|error| error.in_chunk(*index))?;
            Ok(())
        })?;
        for (index, slot) in found {
            kept.set_slot(index, slot);
        }
        *self = kept;
        Ok(())
    }

    /// Keeps statistics no longer, and forgets those there are.
    pub(crate) fn drop_summaries(&mut self) {
        self.set_summarise(None);
        self.forget_summaries();
    }

    /// Forgets what is known of the chunks there are.
    pub(crate) fn forget_summaries(&mut self) {
        let slots = self.slots().iter();
        let known = slots.filter(|(_, slot)| slot.summaries.is_some());
        let bare: Vec<_> = known.map(|(index, slot)| (index, slot.bare())).collect();
        for (index, slot) in bare {
            self.set_slot(index, slot);
        }
    }

    /// Encodes a chunk of which `extent` is no padding.
    pub(super) fn encode(
        &self,
        grid: &Grid,
        extent: &Shape,
        source: &dyn BlockSource,
    ) -> Result<Slot> {
        let layout = self.layout(grid);
        let Some(watch) = self.watch(grid, extent, source) else {
            let chunk = encode_blocks(&layout, source, self.options())?;
            return self.with_summaries(grid, extent, chunk, |_| None);
        };
        let chunk = encode_blocks(&layout, &watch, self.options())?;
        self.with_summaries(grid, extent, chunk, |block| watch.summary(block))
    }

    /// Encodes some blocks of a chunk anew, `touched`, in ascending order. `old` is what is known
    /// of the chunk's blocks.
    pub(super) fn rewrite<B: AsRef<[u8]>>(
        &self,
        grid: &Grid,
        extent: &Shape,
        (chunk, old): (&Chunk<B>, Option<&[Summary]>),
        touched: &[usize],
        source: &dyn BlockSource,
    ) -> Result<Slot> {
        let (layout, registry) = (self.layout(grid), self.registry());
        let kept = |block: usize| {
            let is_kept = touched.binary_search(&block).is_err();
            old.filter(|_| is_kept).map(|old| old[block])
        };
        let Some(watch) = self.watch(grid, extent, source) else {
            let chunk = rewrite_blocks(chunk, &layout, touched, source, self.options(), registry)?;
            return self.with_summaries(grid, extent, chunk, kept);
        };
        let chunk = rewrite_blocks(chunk, &layout, touched, &watch, self.options(), registry)?;
        self.with_summaries(grid, extent, chunk, |block| watch.summary(block).or(kept(block)))
    }

    /// A source whose blocks are summarised on their way to the encoder; `None` where there are no
    /// statistics, and where elements may come out of the encoder as others.
    fn watch<'a>(
        &self,
        grid: &'a Grid,
        extent: &'a Shape,
        source: &'a dyn BlockSource,
    ) -> Option<Watch<'a>> {
        let summarise = self.summarise().filter(|_| keeps_elements(self.options()))?;
        let cells = (0..grid.nblocks()).map(|_| OnceLock::new()).collect();
        Some(Watch { source, summarise, grid, extent, cells })
    }

    /// A chunk's slot, with a summary of each block: from `known`, or decoded.
    fn with_summaries(
        &self,
        grid: &Grid,
        extent: &Shape,
        chunk: Chunk,
        known: impl Fn(usize) -> Option<Summary>,
    ) -> Result<Slot> {
        let summaries = self.summarised(grid, extent, &chunk, known)?;
        Ok(Slot { summaries, ..chunk.into() })
    }

    /// The summaries of the blocks of a chunk, of which `extent` is no padding: from `known`, or
    /// decoded. `None` where the array keeps no statistics, and for a chunk of a single value.
    pub(super) fn summarised<B: AsRef<[u8]>>(
        &self,
        grid: &Grid,
        extent: &Shape,
        chunk: &Chunk<B>,
        known: impl Fn(usize) -> Option<Summary>,
    ) -> Result<Option<Summaries>> {
        let Some(summarise) = self.summarise() else { return Ok(None) };
        if chunk.special().is_some() {
            return Ok(None);
        }
        let layout = self.layout(grid);
        let decoder = chunk.decoder_in(&layout, self.registry())?;
        let summary = |block: usize| {
            if let Some(known) = known(block) {
                return Ok(known);
            }
            let local = grid.block_region(block, extent);
            with_buffer(grid.block_nbytes(), |buffer| {
                if !local.is_empty() {
                    decoder.padded_block_into(block, buffer)?;
                }
                summarise(buffer, grid, local.shape())
            })
        };
        (0..grid.nblocks()).map(summary).collect::<Result<_>>().map(Some)
    }
}

/// Whether what is decoded is what was encoded, bit for bit.
pub(crate) fn keeps_elements(options: &ChunkOptions) -> bool {
    let lossless = [FilterId::SHUFFLE, FilterId::BITSHUFFLE, FilterId::DELTA, FilterId::BYTEDELTA];
    options.filters().iter().all(|filter| lossless.contains(&filter.id()))
}

/// A source of blocks that notes what they hold.
struct Watch<'a> {
    source: &'a dyn BlockSource,
    summarise: Summarise,
    grid: &'a Grid,
    extent: &'a Shape,
    /// The encoder may ask for a block more than once.
    cells: Box<[OnceLock<Summary>]>,
}

impl Watch<'_> {
    fn summary(&self, block: usize) -> Option<Summary> {
        self.cells[block].get().copied()
    }

    fn note(&self, block: usize, bytes: &[u8]) -> Result<()> {
        if self.cells[block].get().is_none() {
            let local = self.grid.block_region(block, self.extent);
            let summary = (self.summarise)(bytes, self.grid, local.shape())?;
            // Whoever else has noted it has noted the same.
            let _ = self.cells[block].set(summary);
        }
        Ok(())
    }
}

impl BlockSource for Watch<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        self.source.read_block(block, dst)?;
        self.note(block, dst)
    }

    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        let bytes = self.source.borrow_block(block)?;
        self.note(block, bytes).ok()?;
        Some(bytes)
    }
}
