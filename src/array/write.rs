//! Writing: each chunk that is touched is encoded anew, and all are exchanged at the end.
//!
//! So a write that fails, or a reader's clone made before it, sees none of it. Of a chunk that is
//! written in part, the blocks that are not touched keep their compressed bytes, and those that are
//! written as a whole are not decoded. A chunk that is set to one value costs one value.

use std::borrow::Cow;

use super::grid::Grid;
use super::raw::{Change, RawArray, Slot};
use super::selection::{Cut, Selection};
use super::source::Blocks;
use crate::arch::view::{View, ViewMut};
use crate::chunk::{BlockSource, Chunk, ChunkDecoder, constant_chunk};
use crate::error::{Error, Result};
use crate::parallel::for_each;
use crate::shape::{Region, Shape};

type Source<'a> = Cut<&'a [u8]>;

impl RawArray {
    /// Sets what is selected, which exists, to the elements of a view of the same shape.
    pub(crate) fn write(&mut self, selection: &Selection, src: View<'_>) -> Result<()> {
        if src.shape().contains(&0) {
            return Ok(());
        }
        if selection.covers(self.shape())
            && let Some(value) = src.repeated_value()
        {
            self.reset(value);
            return Ok(());
        }
        let grid = *self.grid();
        let changes = self.changes(&grid, &Cut::new(*selection, src))?;
        self.install(grid, changes);
        Ok(())
    }

    /// Lengthens axis 0, which exists, by the rows of these views, one after the other. They are as
    /// long as the array on all other axes.
    pub(crate) fn append(&mut self, parts: &[View<'_>]) -> Result<()> {
        let mut rows = self.shape()[0];
        let mut grid = *self.grid();
        let mut changes = Vec::new();
        for part in parts {
            let start = part.shape().map(|axis| if axis == 0 { rows } else { 0 });
            rows += part.shape()[0];
            grid = grid.with_rows(rows)?;
            if !part.shape().contains(&0) {
                let selection = Selection::from(&Region::at(start, *part.shape()));
                changes.extend(self.changes(&grid, &Cut::new(selection, *part))?);
            }
        }
        self.install(grid, changes);
        Ok(())
    }

    /// What a write makes of each chunk it may touch.
    pub(super) fn changes(&self, grid: &Grid, source: &Source<'_>) -> Result<Vec<Change>> {
        let chunks = source.selection.part_numbers(grid.chunk_shape(), grid.chunks());
        self.changes_of(grid, chunks, &|chunk| {
            self.changed(grid, chunk, source).map_err(|error| error.in_chunk(chunk))
        })
    }

    /// What `f` makes of each of these chunks, computed side by side.
    pub(super) fn changes_of<E: From<Error> + Send>(
        &self,
        grid: &Grid,
        chunks: impl ExactSizeIterator<Item = usize>,
        f: &(dyn Fn(usize) -> Result<Option<Slot>, E> + Sync),
    ) -> Result<Vec<Change>, E> {
        let mut changes = Vec::new();
        let nbytes = chunks.len().saturating_mul(size_of::<Change>()) as u64;
        changes.try_reserve_exact(chunks.len()).map_err(|_| Error::OutOfMemory { nbytes })?;
        changes.extend(chunks.map(|chunk| Change { chunk, contents: None }));
        for_each(&mut changes, grid.chunk_nbytes(), &|change: &mut Change| -> Result<(), E> {
            change.contents = f(change.chunk)?;
            Ok(())
        })?;
        Ok(changes)
    }

    /// A chunk's new contents, from all of its elements.
    pub(super) fn encoded_chunk(&self, view: View<'_>) -> Result<Option<Slot>> {
        let extent = *view.shape();
        self.encoded(self.grid(), &extent, Cut::new(Selection::full(extent), view))
    }

    /// What a chunk becomes.
    pub(super) fn changed(
        &self,
        grid: &Grid,
        index: usize,
        source: &Source<'_>,
    ) -> Result<Option<Slot>> {
        let region = grid.chunk_region(index);
        match source.clip(&region) {
            // Stepped over.
            None => Ok(self.slot(index).cloned()),
            Some(source) if source.selection.covers(region.shape()) => {
                self.encoded(grid, region.shape(), source)
            }
            Some(source) => self.rewritten(grid, index, source),
        }
    }

    /// A new chunk of `extent` elements and padding.
    fn encoded(&self, grid: &Grid, extent: &Shape, source: Source<'_>) -> Result<Option<Slot>> {
        if let Some(value) = source.view.uniform() {
            return self.constant(value);
        }
        let blocks = WrittenBlocks { grid, extent, source, old: None };
        self.encode(grid, extent, &blocks).map(Some)
    }

    /// A chunk with some of its elements replaced.
    fn rewritten(&self, grid: &Grid, index: usize, source: Source<'_>) -> Result<Option<Slot>> {
        let region = grid.chunk_region(index);
        let extent = region.shape();
        let chunk = match self.chunk(index, Blocks::All)? {
            Some(chunk) => chunk,
            None if source.view.uniform() == Some(self.fill_value()) => return Ok(None),
            None => self.filled(grid)?,
        };
        let touched: Vec<usize> = source
            .selection
            .part_numbers(grid.block_shape(), grid.blocks())
            .filter(|&block| source.clip(&grid.block_region(block, extent)).is_some())
            .collect();
        let layout = self.layout(grid);
        let decoder = chunk.decoder_in(&layout, self.registry())?;
        let blocks = WrittenBlocks { grid, extent, source, old: Some(&decoder) };
        // Rows that are appended make the last chunk longer.
        let known = self.summaries(index).filter(|_| self.grid().chunk_region(index) == region);
        self.rewrite(grid, extent, (&chunk, known), &touched, &blocks).map(Some)
    }

    /// A chunk of the fill value.
    pub(super) fn filled(&self, grid: &Grid) -> Result<Chunk<Cow<'_, [u8]>>> {
        let chunk = constant_chunk(&self.layout(grid), self.fill_value())?;
        Ok(chunk.map_bytes(Cow::Owned))
    }
}

/// The blocks of a chunk, some of whose elements come from the caller.
struct WrittenBlocks<'a> {
    grid: &'a Grid,
    /// The elements of the chunk that are not padding.
    extent: &'a Shape,
    /// Counted from the chunk's first element.
    source: Source<'a>,
    /// Where the other elements come from.
    old: Option<&'a ChunkDecoder<'a>>,
}

impl BlockSource for WrittenBlocks<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let shape = self.grid.block_shape();
        let region = self.grid.block_region(block, self.extent);
        let Some(Cut { selection, view }) = self.source.clip(&region) else {
            dst.fill(0);
            return Ok(());
        };
        match self.old {
            Some(old) if !selection.covers(region.shape()) => {
                let start = block * dst.len();
                old.range_into(start..start + dst.len(), dst)?;
            }
            _ if region.shape() != shape => dst.fill(0),
            _ => {}
        }
        let dst = ViewMut::from_bytes_mut(dst, self.grid.itemsize(), *shape)?;
        selection.of(dst).copy_from(&view);
        Ok(())
    }

    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        let shape = self.grid.block_shape();
        let region = self.grid.block_region(block, self.extent);
        // A block with padding is not whole in the caller's memory.
        let Cut { selection, view } = self.source.clip(&region)?;
        if selection.covers(shape) { view.as_contiguous() } else { None }
    }
}
