//! Arrays that many threads read and write at the same time.
//!
//! ```text
//! mod, write, nd     what users call: reads of a version, writes of chunks
//!   parts            chunks as the parts of a version
//!   versions         the protocol between threads; knows nothing of arrays
//!   sync             the lock that it takes, for a model checker to exchange
//! ```

#[cfg(feature = "ndarray")]
mod nd;
mod parts;
mod sync;
mod versions;
mod write;

use std::fmt;
use std::marker::PhantomData;

use self::versions::Versions;
use super::grid::Grid;
use super::raw::RawArray;
use super::typed::Array;
use crate::arch::array::as_typed;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape};

/// A compressed array that many threads read and write at the same time: as an [`Array`], but all
/// calls take `&self`. Threads share it by reference or in an [`Arc`](std::sync::Arc).
///
/// ```
/// use ndpress::{Array, Options, Region, SharedArray};
///
/// let options = Options::new().chunk_shape([100]);
/// let histogram = SharedArray::from(Array::<u32>::zeros([1000], &options)?);
/// std::thread::scope(|scope| {
///     for thread in 0..4 {
///         let histogram = &histogram;
///         scope.spawn(move || {
///             let bins = Region::new([thread * 200..thread * 200 + 300])?;
///             histogram.update(&bins, |counts| counts.iter_mut().for_each(|count| *count += 1))
///         });
///     }
/// });
/// let histogram = histogram.into_array();
/// assert_eq!(histogram.at(&[50])?, 1);
/// assert_eq!(histogram.at(&[250])?, 2);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # What threads see of each other
///
/// - Every call happens at once, as if at one instant between its beginning and its end. A read
///   sees all that a write changes, in however many chunks, or nothing of it. A thread that reads
///   twice may find something else the second time; to read often from one state, take a
///   [`snapshot`](Self::snapshot).
/// - No write is lost. Elements that a write does not name stay, though the blocks and chunks they
///   are in are written by several threads; [`update`](Self::update) and
///   [`update_chunks`](Self::update_chunks) make new elements from old ones without a gap in
///   between.
/// - After an error, and after a panic in a function of the caller, the array is as it was, and all
///   threads can go on with it.
///
/// # Who waits for whom
///
/// Readers wait for nobody's work, and nobody waits for them. Writers encode side by side; under a
/// lock, they only compare and exchange pointers to chunks. No lock is held while anything is read
/// from a file, decoded or encoded, or while a function of the caller runs. So there is no deadlock,
/// in a thread pool neither, and such a function may use the array itself.
///
/// A writer that is done, and finds that another has changed a chunk meanwhile from which it made
/// something, makes this chunk anew, and no other. So writers of different chunks do not disturb
/// each other; writers of one chunk take turns, and what they do in vain grows with their number.
/// Whenever one of them has to begin again, another has finished: all together get on, though a
/// single one may be overtaken many times. What overwrites a chunk as a whole is never made twice.
///
/// # Memory
///
/// As an array; and as long as a read or a snapshot lasts, the chunks that were replaced since it
/// began. A write holds its new chunks, and the old ones where it changes a part. It copies the
/// list of chunks only while there is such a reader, and of that only what is about the neighbours
/// of the chunks written, and a pointer for each 64 others.
///
/// The shape is fixed. To change it, or anything else that is not elements, take the array out:
/// [`into_array`](Self::into_array).
pub struct SharedArray<T> {
    versions: Versions<RawArray>,
    /// That of all versions.
    grid: Grid,
    elements: PhantomData<T>,
}

impl<T> SharedArray<T> {
    /// Shares an array. Nothing is copied.
    #[must_use]
    pub fn new(array: Array<T>) -> Self {
        let raw = array.into_raw();
        let grid = *raw.grid();
        Self { versions: Versions::new(raw), grid, elements: PhantomData }
    }

    /// Lengths per axis, in elements.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        self.grid.shape()
    }

    /// Lengths of a chunk: what writers make anew as one, and may meet in.
    #[must_use]
    pub fn chunk_shape(&self) -> &Shape {
        self.grid.chunk_shape()
    }

    /// Number of chunks.
    #[must_use]
    pub fn nchunks(&self) -> usize {
        self.grid.nchunks()
    }

    /// The elements of a chunk, as [`Array::chunk_region`].
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds).
    pub fn chunk_region(&self, index: usize) -> Result<Region> {
        self.grid.check_chunk(index)?;
        Ok(self.grid.chunk_region(index))
    }
}

impl<T: Element> SharedArray<T> {
    /// The array as it is now. Later writes do not change it. Costs a few pointers: the chunks are
    /// shared until either is written.
    ///
    /// ```
    /// # use ndpress::{Array, Options, SharedArray};
    /// let shared = SharedArray::new(Array::<u8>::zeros([2, 3], &Options::default())?);
    /// let before = shared.snapshot();
    /// shared.set(&[1, 2], 7)?;
    /// assert_eq!((before.at(&[1, 2])?, shared.at(&[1, 2])?), (0, 7));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Array<T> {
        Array::from_raw((*self.versions.snapshot()).clone())
    }

    /// The array, with all that was written. Nothing is copied.
    #[must_use]
    pub fn into_array(self) -> Array<T> {
        Array::from_raw(self.versions.into_last())
    }

    /// Reads a region into a new vector, in C order.
    ///
    /// # Errors
    /// As [`Array::read_region`].
    pub fn read_region(&self, region: &Region) -> Result<Vec<T>> {
        self.with_version(|array| array.read_region(region))
    }

    /// Reads a region into a slice, in C order. Nothing is allocated.
    ///
    /// # Errors
    /// As [`Array::read_region_into`].
    pub fn read_region_into(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        self.with_version(|array| array.read_region_into(region, dst))
    }

    /// Reads everything into a new vector, in C order.
    ///
    /// # Errors
    /// As [`Array::to_vec`].
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.with_version(Array::to_vec)
    }

    /// Reads everything into a slice, in C order.
    ///
    /// # Errors
    /// As [`Array::read_all_into`].
    pub fn read_all_into(&self, dst: &mut [T]) -> Result<()> {
        self.with_version(|array| array.read_all_into(dst))
    }

    /// The element at these indices. Decodes one block: to read many, read a region.
    ///
    /// # Errors
    /// As [`Array::at`].
    pub fn at(&self, index: &[usize]) -> Result<T> {
        self.with_version(|array| array.at(index))
    }

    /// Reads a chunk's elements into a new vector, in C order and without padding.
    ///
    /// # Errors
    /// As [`Array::read_chunk`].
    pub fn read_chunk(&self, index: usize) -> Result<Vec<T>> {
        self.with_version(|array| array.read_chunk(index))
    }

    /// Reads a chunk's elements into a slice as long as its [region](Self::chunk_region).
    ///
    /// # Errors
    /// As [`Array::read_chunk_into`].
    pub fn read_chunk_into(&self, index: usize, dst: &mut [T]) -> Result<()> {
        self.with_version(|array| array.read_chunk_into(index, dst))
    }

    fn with_version<R>(&self, read: impl FnOnce(&Array<T>) -> R) -> R {
        read(as_typed(&self.versions.snapshot()))
    }
}

impl<T> From<Array<T>> for SharedArray<T> {
    fn from(array: Array<T>) -> Self {
        Self::new(array)
    }
}

impl<T> fmt::Debug for SharedArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.versions.snapshot().debug(f, "SharedArray")
    }
}
