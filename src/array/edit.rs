//! Chunks decoded, changed by the caller and encoded again.
//!
//! Encoding needs only `&self`, so that many chunks can be on their way at once; the results are
//! put in place by whoever has `&mut self`.

use super::any::AnyArray;
use super::chunks::with_items;
use super::raw::{Change, RawArray, Slot};
use super::typed::Array;
use crate::arch::view::{View, lend_items};
use crate::block::scratch::with_buffer;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::shape::Region;

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
        let changes = raw.changes_of(&grid, 0..grid.nchunks(), |index| -> Result<_, E> {
            let region = grid.chunk_region(index);
            let edit = |items: &mut [T]| f(index, &region, items);
            let (contents, ()) = raw.edited_chunk(index, &region, edit)?;
            Ok(contents)
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

impl RawArray {
    fn install_chunks(&mut self, chunks: impl IntoIterator<Item = EditedChunk>) {
        let grid = *self.grid();
        let changes = chunks.into_iter().map(|EditedChunk(change)| change).collect();
        self.install(grid, changes);
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
