//! Chunks decoded, changed by the caller and encoded again.
//!
//! Encoding needs only `&self`, so that many chunks can be on their way at once; the results are
//! put in place by whoever has `&mut self`.

use super::any::AnyArray;
use super::chunks::{with_items, with_unspecified};
use super::grid::Grid;
use super::raw::{Change, RawArray, Slot};
use super::source::Blocks;
use super::typed::Array;
use crate::arch::items::item;
use crate::arch::view::{View, lend_bytes, lend_items};
use crate::block::scratch::with_buffer;
use crate::chunk::SliceSource;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::parallel::for_each;
use crate::shape::{Region, Shape};

/// A chunk that was encoded for an array, and is not part of it yet.
pub(crate) struct EditedChunk(Change);

impl<T: Element> Array<T> {
    /// Encodes a chunk that exists from all of its elements.
    ///
    /// # Errors
    /// As [`write_chunk`](Self::write_chunk).
    pub(crate) fn encode_chunk(&self, index: usize, items: &[T]) -> Result<EditedChunk> {
        let region = self.chunk_region(index)?;
        let view = View::from_items(items, *region.shape())?;
        let contents = self.raw().encoded_chunk(view).map_err(|error| error.in_chunk(index))?;
        Ok(EditedChunk(Change { chunk: index, contents }))
    }

    /// Decodes a chunk, and encodes what `f` makes of it.
    ///
    /// # Errors
    /// That of `f`, and as [`read_chunk_into`](Self::read_chunk_into) and
    /// [`write_chunk`](Self::write_chunk).
    pub(crate) fn edit_chunk<R, E: From<Error>>(
        &self,
        index: usize,
        f: impl FnOnce(&mut [T]) -> Result<R, E>,
    ) -> Result<(EditedChunk, R), E> {
        let region = self.chunk_region(index)?;
        let (contents, result) = self.raw().edited_chunk(index, &region, f)?;
        Ok((EditedChunk(Change { chunk: index, contents }), result))
    }

    /// Puts chunks in place that were encoded for this array, or for a clone of it.
    pub(crate) fn install_chunks(&mut self, chunks: impl IntoIterator<Item = EditedChunk>) {
        self.raw_mut().install_chunks(chunks);
    }

    /// Changes all chunks in place, in parallel, or none of them. `f` gets the chunk's number.
    ///
    /// # Errors
    /// The error of the first chunk that has one, as [`edit_chunk`](Self::edit_chunk).
    pub(crate) fn try_edit_chunks<E: From<Error> + Send>(
        &mut self,
        f: impl Fn(usize, &Region, &mut [T]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let raw = self.raw();
        let grid = *raw.grid();
        let changes = raw.changes_of(&grid, 0..grid.nchunks(), &|index| -> Result<_, E> {
            let region = grid.chunk_region(index);
            let edit = |items: &mut [T]| f(index, &region, items);
            let (contents, ()) = raw.edited_chunk(index, &region, edit)?;
            Ok(contents)
        })?;
        self.raw_mut().install(grid, changes);
        Ok(())
    }
}

impl<T: Element> Array<T> {
    /// Changes all elements in place, block by block and in parallel, or none of them. Blocks that
    /// `edit` leaves as they are keep their compressed bytes.
    ///
    /// `edit` gets a region of the array and its elements, in C order. Where all elements of a chunk
    /// are one value, `constant` may tell which one they become; or `None`, and they are edited.
    ///
    /// # Errors
    /// The error of the first chunk that has one, as [`edit_chunk`](Self::edit_chunk).
    pub(crate) fn try_edit_blocks<E: From<Error> + Send>(
        &mut self,
        constant: impl Fn(&Region, T) -> Result<Option<T>, E> + Sync,
        edit: impl Fn(&Region, &mut [T]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let grid = *self.raw().grid();
        if self.raw().slots().is_empty()
            && !grid.shape().contains(&0)
            && let Some(value) =
                constant(&Region::full(*grid.shape()), item(self.raw().fill_value()))?
        {
            self.raw_mut().reset(bytemuck::bytes_of(&value));
            return Ok(());
        }
        let chunks: Vec<usize> = (0..grid.nchunks()).collect();
        self.try_edit_some_blocks(&chunks, |_| true, constant, edit)
    }

    /// As [`try_edit_blocks`](Self::try_edit_blocks), but for some chunks only, and of these for
    /// the blocks that are touched; others are not decoded.
    pub(crate) fn try_edit_some_blocks<E: From<Error> + Send>(
        &mut self,
        chunks: &[usize],
        is_touched: impl Fn(&Region) -> bool + Sync,
        constant: impl Fn(&Region, T) -> Result<Option<T>, E> + Sync,
        edit: impl Fn(&Region, &mut [T]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let raw = self.raw();
        let grid = *raw.grid();
        let changes = raw.changes_of(&grid, chunks.iter().copied(), &|index| -> Result<_, E> {
            let region = grid.chunk_region(index);
            let value = raw.constant_in(&region)?;
            if let Some(value) = value
                && let Some(changed) = constant(&region, item(&value))?
            {
                let changed = bytemuck::bytes_of(&changed);
                let is_same = *changed == *value;
                return Ok(if is_same { raw.slot(index).cloned() } else { raw.constant(changed)? });
            }
            raw.edited_blocks(index, &region, &is_touched, &edit)
        })?;
        self.raw_mut().install(grid, changes);
        Ok(())
    }
}

impl AnyArray {
    /// Encodes a chunk that exists from all of its elements as bytes, in C order and the machine's
    /// byte order.
    ///
    /// # Errors
    /// As [`Array::write_chunk`]; lengths are in bytes.
    pub(crate) fn encode_chunk_bytes(&self, index: usize, bytes: &[u8]) -> Result<EditedChunk> {
        let grid = self.raw().grid();
        grid.check_chunk(index)?;
        let view = View::from_bytes(bytes, grid.itemsize(), *grid.chunk_region(index).shape())?;
        let contents = self.raw().encoded_chunk(view).map_err(|error| error.in_chunk(index))?;
        Ok(EditedChunk(Change { chunk: index, contents }))
    }

    /// Puts chunks in place that were encoded for this array, or for a clone of it.
    pub(crate) fn install_chunks(&mut self, chunks: impl IntoIterator<Item = EditedChunk>) {
        self.raw_mut().install_chunks(chunks);
    }
}

/// What changes the elements of a part of the array. Compiled once for each type, not for each closure.
type Edit<'a, T, E> = dyn Fn(&Region, &mut [T]) -> Result<(), E> + Sync + 'a;

impl RawArray {
    fn install_chunks(&mut self, chunks: impl IntoIterator<Item = EditedChunk>) {
        let grid = *self.grid();
        let changes = chunks.into_iter().map(|EditedChunk(change)| change).collect();
        self.install(grid, changes);
    }

    /// What `edit` makes of a chunk's blocks; the chunk itself where that is nothing new.
    fn edited_blocks<T: Element, E: From<Error> + Send>(
        &self,
        index: usize,
        region: &Region,
        is_touched: &(dyn Fn(&Region) -> bool + Sync),
        edit: &Edit<'_, T, E>,
    ) -> Result<Option<Slot>, E> {
        let in_chunk = |error: Error| error.in_chunk(index);
        let (grid, layout) = (self.grid(), self.layout(self.grid()));
        let extent =
            |block: usize| grid.block_region(block, region.shape()).moved_by(region.start());
        if !(0..grid.nblocks()).any(|block| is_touched(&extent(block))) {
            return Ok(self.slot(index).cloned());
        }
        let chunk = match self.chunk(index, Blocks::All)? {
            Some(chunk) => chunk,
            None => self.filled(grid)?,
        };
        let decoder = chunk.decoder_in(&layout, self.registry()).map_err(in_chunk)?;
        with_unspecified(grid.chunk_nbytes() / size_of::<T>(), |items: &mut [T]| {
            let mut blocks: Vec<EditedBlock<'_, T>> = items
                .chunks_exact_mut(grid.block_shape().nitems())
                .enumerate()
                .map(|(number, items)| EditedBlock { number, items, is_changed: false })
                .collect();
            for_each(&mut blocks, grid.block_nbytes(), &|block: &mut EditedBlock<'_, T>| {
                let extent = extent(block.number);
                if extent.is_empty() || !is_touched(&extent) {
                    return Ok(());
                }
                lend_bytes(block.items, |bytes| decoder.padded_block_into(block.number, bytes))
                    .map_err(in_chunk)?;
                block.edit(grid, &extent, edit)
            })?;
            let changed = blocks.iter().filter(|block| block.is_changed);
            let touched: Vec<usize> = changed.map(|block| block.number).collect();
            if touched.is_empty() {
                return Ok(self.slot(index).cloned());
            }
            if let Some(value) = one_value(&blocks, grid, region.shape())? {
                return Ok(self.constant(&value)?);
            }
            let bytes = bytemuck::cast_slice::<T, u8>(items);
            let source = SliceSource { bytes, blocksize: grid.block_nbytes() };
            let slot = if touched.len() == grid.nblocks() {
                self.encode(grid, region.shape(), &source)
            } else {
                let known = self.summaries(index);
                self.rewrite(grid, region.shape(), (&chunk, known), &touched, &source)
            };
            Ok(Some(slot.map_err(in_chunk)?))
        })
    }

    /// What `f` makes of a chunk; the chunk itself where that is nothing new.
    pub(super) fn edited_chunk<T: Element, R, E: From<Error>>(
        &self,
        index: usize,
        region: &Region,
        f: impl FnOnce(&mut [T]) -> Result<R, E>,
    ) -> Result<(Option<Slot>, R), E> {
        let shape = region.shape();
        with_items(shape.nitems(), |items: &mut [T]| {
            lend_items(items, *shape, |view| self.read(&region.into(), view))?;
            // A copy and a comparison cost a tenth of what compressing does.
            with_buffer(size_of_val(items), |before| {
                before.copy_from_slice(bytemuck::cast_slice(items));
                let result = f(items)?;
                if *before == *bytemuck::cast_slice::<T, u8>(items) {
                    return Ok((self.slot(index).cloned(), result));
                }
                let contents = self.encoded_chunk(View::from_items(items, *shape)?);
                Ok((contents.map_err(|error| error.in_chunk(index))?, result))
            })
        })
    }
}

/// The value that all elements of a chunk have, none of which is as it was; padding does not count.
fn one_value<T: Element>(
    blocks: &[EditedBlock<'_, T>],
    grid: &Grid,
    extent: &Shape,
) -> Result<Option<Vec<u8>>> {
    let mut all: Option<&[u8]> = None;
    for block in blocks {
        let local = grid.block_region(block.number, extent);
        if local.is_empty() {
            continue;
        }
        let view = View::from_items(block.items, *grid.block_shape())?.trimmed(local.shape());
        // What has not changed need not have been decoded.
        let value = if block.is_changed { view.uniform() } else { None };
        match value {
            Some(value) if all.is_none_or(|all| all == value) => all = Some(value),
            _ => return Ok(None),
        }
    }
    Ok(all.map(<[u8]>::to_vec))
}

/// A block on its way from the decoder to the encoder.
struct EditedBlock<'a, T> {
    number: usize,
    /// With padding.
    items: &'a mut [T],
    is_changed: bool,
}

impl<T: Element> EditedBlock<'_, T> {
    /// Lets `edit` change the elements, which lie at `region` of the array, and sees whether it has.
    fn edit<E: From<Error>>(
        &mut self,
        grid: &Grid,
        region: &Region,
        edit: &Edit<'_, T, E>,
    ) -> Result<(), E> {
        let shape = *grid.block_shape();
        with_unspecified(self.items.len(), |before: &mut [T]| {
            before.copy_from_slice(self.items);
            if *region.shape() == shape {
                edit(region, self.items)?;
            } else {
                // Without padding, and back.
                with_unspecified(region.shape().nitems(), |items: &mut [T]| {
                    lend_items(items, *region.shape(), |mut view| {
                        let before = View::from_items(before, shape)?;
                        view.copy_from(&before.trimmed(region.shape()));
                        Ok(())
                    })?;
                    edit(region, items)?;
                    lend_items(self.items, shape, |view| {
                        view.trimmed(region.shape())
                            .copy_from(&View::from_items(items, *region.shape())?);
                        Ok(())
                    })?;
                    Ok::<(), E>(())
                })?;
            }
            let (before, after) = (bytemuck::cast_slice::<T, u8>(before), &*self.items);
            self.is_changed = *before != *bytemuck::cast_slice::<T, u8>(after);
            Ok(())
        })
    }
}
