//! Arrays chunk by chunk: the cheapest way through all of their elements.

use bytemuck::bytes_of;

use super::options::Options;
use super::raw::Slot;
use super::selection::Selection;
use super::typed::Array;
use crate::arch::view::{View, as_unspecified, as_zeroed};
use crate::block::scratch::with_buffer;
use crate::chunk::Chunk;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::shape::{Region, Shape};

impl<T: Element> Array<T> {
    /// Makes an array from what `f` writes for each chunk, in parallel and in any order.
    ///
    /// `f` gets the chunk's region and its elements, in C order and all zero. Memory: one
    /// uncompressed chunk per thread, kept by the thread.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::<u32>::from_chunks_fn([1000, 1000], &Options::default(), |region, items| {
    ///     let width = region.shape()[1];
    ///     for (row, items) in region.range(0).zip(items.chunks_exact_mut(width)) {
    ///         for (column, item) in region.range(1).zip(items) {
    ///             *item = (row * 1000 + column) as u32;
    ///         }
    ///     }
    /// })?;
    /// assert_eq!(array.at(&[123, 456])?, 123_456);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros), and [`Error::Codec`](crate::Error::Codec).
    pub fn from_chunks_fn(
        shape: impl AsRef<[usize]>,
        options: &Options,
        f: impl Fn(&Region, &mut [T]) + Sync,
    ) -> Result<Self> {
        Self::try_from_chunks_fn(shape, options, |region, items| {
            f(region, items);
            Ok(())
        })
    }

    /// As [`from_chunks_fn`](Self::from_chunks_fn), for functions that may fail.
    ///
    /// # Errors
    /// The first error of `f`, and as `from_chunks_fn`.
    pub fn try_from_chunks_fn(
        shape: impl AsRef<[usize]>,
        options: &Options,
        f: impl Fn(&Region, &mut [T]) -> Result<()> + Sync,
    ) -> Result<Self> {
        let mut array = Self::zeros(shape, options)?;
        array.replace_chunks(f)?;
        Ok(array)
    }

    /// Changes all elements in place, chunk by chunk, in parallel and in any order.
    ///
    /// `f` gets the chunk's region and its elements, in C order. Chunks that it leaves as they are
    /// keep their compressed bytes. Memory: two uncompressed chunks per thread, kept by the thread;
    /// and the old chunks until all new ones are there.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// # let mut array = Array::full([100, 100], 0.5f32, &Options::default())?;
    /// array.update_chunks(|_, items| items.iter_mut().for_each(|item| *item *= 2.0))?;
    /// assert_eq!(array.at(&[7, 7])?, 1.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block; [`Error::Codec`](crate::Error::Codec). The array is then as it was.
    pub fn update_chunks(&mut self, f: impl Fn(&Region, &mut [T]) + Sync) -> Result<()> {
        self.try_edit_chunks(|_, region, items| {
            f(region, items);
            Ok(())
        })
    }

    /// Encodes all chunks anew, from what `f` writes into zeros.
    fn replace_chunks(&mut self, f: impl Fn(&Region, &mut [T]) -> Result<()> + Sync) -> Result<()> {
        let raw = self.raw();
        let grid = *raw.grid();
        let changes = raw.changes_of(&grid, 0..grid.nchunks(), &|index| {
            let region = grid.chunk_region(index);
            with_items(region.shape().nitems(), |items: &mut [T]| -> Result<Option<Slot>> {
                f(&region, items)?;
                let contents = raw.encoded_chunk(View::from_items(items, *region.shape())?);
                contents.map_err(|error| error.in_chunk(index))
            })
        })?;
        self.raw_mut().install(grid, changes);
        Ok(())
    }

    /// Reads a chunk's elements into a new vector, in C order and without padding.
    ///
    /// # Errors
    /// As [`read_chunk_into`](Self::read_chunk_into), and [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn read_chunk(&self, index: usize) -> Result<Vec<T>> {
        self.read_region(&self.chunk_region(index)?)
    }

    /// Reads a chunk's elements into a slice as long as its [region](Self::chunk_region).
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds),
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch), [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn read_chunk_into(&self, index: usize, dst: &mut [T]) -> Result<()> {
        self.read_region_into(&self.chunk_region(index)?, dst)
    }

    /// Overwrites a chunk's elements, which are as many as its [region](Self::chunk_region) has.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// let mut array = Array::<u8>::zeros([5], &Options::new().chunk_shape([2]))?;
    /// array.write_chunk(1, &[7, 8])?;
    /// array.write_chunk(2, &[9])?; // the last one holds one element
    /// assert_eq!(array.to_vec()?, [0, 0, 7, 8, 9]);
    /// assert!(array.write_chunk(2, &[9, 9]).is_err());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_chunk_into`](Self::read_chunk_into), and [`Error::Codec`](crate::Error::Codec).
    pub fn write_chunk(&mut self, index: usize, src: &[T]) -> Result<()> {
        self.write_region(&self.chunk_region(index)?, src)
    }

    /// Sets all elements of a chunk to one value. It costs one value from then on.
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds).
    pub fn fill_chunk(&mut self, index: usize, value: T) -> Result<()> {
        let region = self.chunk_region(index)?;
        let view = View::repeated(bytes_of(&value), *region.shape());
        self.raw_mut().write(&Selection::from(&region), view)
    }

    /// Puts a compressed chunk in place of another, as it is: one from an array with the same cut,
    /// or from elsewhere. Its blocks are checked as they are read.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// let options = Options::new().chunk_shape([100]);
    /// let source = Array::from_slice(&[7u16; 300], [300], &options)?;
    /// let mut target = Array::<u16>::zeros([200], &options)?;
    /// if let Some(chunk) = source.chunk(2)? {
    ///     target.insert_chunk(1, chunk)?;
    /// }
    /// assert_eq!((target.at(&[99])?, target.at(&[100])?), (0, 7));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds);
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for a chunk of another size, or
    /// with blocks of another size, in bytes.
    pub fn insert_chunk(&mut self, index: usize, chunk: impl Into<Chunk>) -> Result<()> {
        self.raw_mut().insert(index, chunk.into())
    }
}

/// Lends scratch memory of the thread as elements, all zero.
pub(crate) fn with_items<T: Element, R, E: From<Error>>(
    nitems: usize,
    f: impl FnOnce(&mut [T]) -> Result<R, E>,
) -> Result<R, E> {
    with_buffer(scratch_nbytes::<T>(nitems)?, |bytes| f(as_zeroed(bytes, nitems)?))
}

/// Lends scratch memory of the thread as elements of unspecified value.
pub(crate) fn with_unspecified<T: Element, R, E: From<Error>>(
    nitems: usize,
    f: impl FnOnce(&mut [T]) -> Result<R, E>,
) -> Result<R, E> {
    with_buffer(scratch_nbytes::<T>(nitems)?, |bytes| f(as_unspecified(bytes, nitems)?))
}

/// Bytes in which there is room for so many elements wherever they begin.
fn scratch_nbytes<T: Element>(nitems: usize) -> Result<usize> {
    Ok(Shape::new([nitems])?.nbytes(size_of::<T>())? + align_of::<T>())
}
