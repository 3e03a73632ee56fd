//! One channel: a compressed array of two axes that never changes its size.
//!
//! Below is [`array`](crate::array), whose reading calls a channel lends as they are; above are
//! [`AnyChannel`](super::AnyChannel) and [`Image`](super::Image).

mod chunks;
mod edit;

use std::fmt;
use std::ops::Deref;

pub use self::chunks::{ChunkMut, ChunkRef, Chunks, ChunksMut, Place};

use crate::array::{Array, BlockCache, EditedChunk, Options};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// A compressed plane of pixels of type `T`, `height` rows of `width` pixels.
///
/// A channel is an [`Array`] of shape `(height, width)` and dereferences to it: `read`, `at`,
/// `read_region`, `to_vec`, `cbytes` and all other calls that take `&self` are the array's. What
/// changes pixels is defined here, and leaves the size as it is.
///
/// By default chunks are bands of whole rows, so that pixels arrive and leave in the order files
/// have them; [`Options::chunk_shape`] sets other rows per chunk, or tiles.
///
/// ```
/// use ndpress::image::Channel;
/// use ndpress::{Lz4, Options, Region};
///
/// let pixels: Vec<u16> = (0..480 * 640).map(|i| i / 640).collect::<Vec<u32>>()
///     .into_iter().map(|row| row as u16).collect();
/// let options = Options::new().codec(Lz4::clevel(9)).chunk_shape([64, 640]);
/// let mut channel = Channel::from_slice(&pixels, [480, 640], &options)?;
/// assert_eq!((channel.height(), channel.width(), channel.nchunks()), (480, 640, 8));
/// assert!(channel.ratio() > 20.0);
///
/// channel.map_in_place(|pixel| pixel + 1)?;
/// assert_eq!(channel.read_region(&Region::new([100..102, 7..9])?)?, [101, 101, 102, 102]);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[repr(transparent)]
pub struct Channel<T> {
    array: Array<T>,
}

/// Bytes of a chunk of whole rows, where the array's own default is not whole rows.
const BAND_NBYTES: usize = 2 << 20;

impl<T: Element> Channel<T> {
    /// Compresses pixels in row order. `shape` is `[height, width]`.
    ///
    /// # Errors
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch); otherwise as [`zeros`](Self::zeros).
    pub fn from_slice(pixels: &[T], shape: [usize; 2], options: &Options) -> Result<Self> {
        let options = banded::<T>(shape, options)?;
        Ok(Self { array: Array::from_slice(pixels, shape, &options)? })
    }

    /// Compresses a view of pixels of any strides, indexed `[y, x]`.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let pixels = Array2::from_shape_fn((48, 64), |(y, x)| (y * x) as f32);
    /// let flipped = pixels.slice(ndarray::s![..;-1, ..]);
    /// let channel = Channel::from_ndarray(&flipped, &Options::default())?;
    /// assert_eq!(channel.at(&[0, 5])?, 47.0 * 5.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros).
    #[cfg(feature = "ndarray")]
    pub fn from_ndarray(
        pixels: &ndarray::ArrayRef<T, ndarray::Ix2>,
        options: &Options,
    ) -> Result<Self> {
        let (height, width) = pixels.dim();
        let options = banded::<T>([height, width], options)?;
        Ok(Self { array: Array::from_ndarray(pixels, &options)? })
    }

    /// A channel of zeros (`false` for `bool`). Costs one value, whatever its size.
    ///
    /// # Errors
    /// As [`Array::zeros`].
    pub fn zeros(shape: [usize; 2], options: &Options) -> Result<Self> {
        Self::full(shape, T::zeroed(), options)
    }

    /// A channel of one value. Costs one value, whatever its size.
    ///
    /// ```
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let alpha = Channel::full([8640, 15360], 1.0f32, &Options::default())?;
    /// assert!(alpha.nbytes() > 500_000_000 && alpha.cbytes() < 1000);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros).
    pub fn full(shape: [usize; 2], value: T, options: &Options) -> Result<Self> {
        let options = banded::<T>(shape, options)?;
        Ok(Self { array: Array::full(shape, value, &options)? })
    }

    /// A channel of zeros with the size, chunks, codec and filters of another.
    #[must_use]
    pub fn zeros_like(other: &Self) -> Self {
        Self::full_like(other, T::zeroed())
    }

    /// A channel of one value with the size, chunks, codec and filters of another.
    #[must_use]
    pub fn full_like(other: &Self, value: T) -> Self {
        Self { array: Array::full_like(&other.array, value) }
    }

    /// Compresses the pixels anew, with another codec, level, filters or chunks.
    ///
    /// Memory: one uncompressed chunk per thread, and the old chunks until all new ones are there.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), and as [`zeros`](Self::zeros). The channel is then
    /// as it was.
    pub fn recompress(&mut self, options: &Options) -> Result<()> {
        let options = banded::<T>([self.height(), self.width()], options)?;
        let old = &self.array;
        self.array = Array::try_from_chunks_fn(old.shape(), &options, |region, pixels| {
            old.read_region_into(region, pixels)
        })?;
        Ok(())
    }

    /// Overwrites a region with pixels in row order.
    ///
    /// # Errors
    /// As [`Array::write_region`].
    pub fn write_region(&mut self, region: &Region, pixels: &[T]) -> Result<()> {
        self.array.write_region(region, pixels)
    }

    /// Sets all pixels of a region to one value.
    ///
    /// # Errors
    /// As [`Array::fill_region`].
    pub fn fill_region(&mut self, region: &Region, value: T) -> Result<()> {
        self.array.fill_region(region, value)
    }

    /// Overwrites a selection with the pixels of a view of any strides.
    ///
    /// # Errors
    /// As [`Array::write`].
    #[cfg(feature = "ndarray")]
    pub fn write<I, D>(&mut self, selection: I, pixels: &ndarray::ArrayRef<T, D>) -> Result<()>
    where
        I: ndarray::SliceArg<ndarray::IxDyn>,
        D: ndarray::Dimension,
    {
        self.array.write(selection, pixels)
    }

    /// Sets all pixels of a selection to one value.
    ///
    /// # Errors
    /// As [`Array::fill`].
    #[cfg(feature = "ndarray")]
    pub fn fill<I>(&mut self, selection: I, value: T) -> Result<()>
    where
        I: ndarray::SliceArg<ndarray::IxDyn>,
    {
        self.array.fill(selection, value)
    }

    /// Sets the pixel at `[y, x]`. To set many, write a region.
    ///
    /// # Errors
    /// As [`Array::set`].
    pub fn set(&mut self, index: [usize; 2], value: T) -> Result<()> {
        self.array.set(&index, value)
    }

    /// Overwrites a chunk's pixels, which are as many as its region has.
    ///
    /// # Errors
    /// As [`Array::write_chunk`].
    pub fn write_chunk(&mut self, index: usize, pixels: &[T]) -> Result<()> {
        self.array.write_chunk(index, pixels)
    }

    /// Sets all pixels of a chunk to one value. It costs one value from then on.
    ///
    /// # Errors
    /// As [`Array::fill_chunk`].
    pub fn fill_chunk(&mut self, index: usize, value: T) -> Result<()> {
        self.array.fill_chunk(index, value)
    }

    /// Puts a chunk in place that was encoded for this channel, or for a clone of it.
    pub(super) fn install(&mut self, chunk: EditedChunk) {
        self.array.install_chunks([chunk]);
    }
}

impl<T> Channel<T> {
    /// Makes small reads look in a cache before they decode a block; see
    /// [`Array::set_block_cache`].
    pub fn set_block_cache(&mut self, cache: Option<&BlockCache>) {
        self.array.set_block_cache(cache);
    }

    /// Number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.array.shape()[0]
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.array.shape()[1]
    }

    /// The channel as an array of shape `(height, width)`.
    #[must_use]
    pub fn as_array(&self) -> &Array<T> {
        &self.array
    }

    /// The array of shape `(height, width)`; nothing is copied.
    #[must_use]
    pub fn into_array(self) -> Array<T> {
        self.array
    }

    /// The array of shape `(height, width)`, to change what is not its shape.
    pub(crate) fn array_mut(&mut self) -> &mut Array<T> {
        &mut self.array
    }

    /// `[height, width]`.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.height(), self.width()]
    }
}

/// The same options with bands of whole rows for chunks, unless a chunk shape was asked for.
fn banded<T: Element>(shape: [usize; 2], options: &Options) -> Result<Options> {
    let options = options.clone();
    if options.chunk_lens().is_some() {
        return Ok(options);
    }
    // The array's default is whole rows up to a few megabytes; costs nothing to ask.
    let width = shape[1];
    let default = Array::<T>::zeros(shape, &options)?;
    if default.chunk_shape()[1] >= width {
        return Ok(options);
    }
    // At least a row of blocks where blocks were asked for: they must fit into the chunk.
    let block_rows = options.block_lens().map_or(1, |lens| lens[0]);
    let rows = (BAND_NBYTES / width.saturating_mul(size_of::<T>()).max(1)).max(block_rows).max(1);
    Ok(options.chunk_shape([rows, width]))
}

impl<T> Deref for Channel<T> {
    type Target = Array<T>;

    fn deref(&self) -> &Array<T> {
        &self.array
    }
}

impl<T> Clone for Channel<T> {
    /// Costs a few pointers: compressed chunks are shared until one of the clones changes them.
    fn clone(&self) -> Self {
        Self { array: self.array.clone() }
    }
}

impl<T: Element> TryFrom<Array<T>> for Channel<T> {
    type Error = crate::Error;

    /// Takes an array of two axes as it is, chunks included.
    ///
    /// # Errors
    /// [`InvalidArgument::NdimMismatch`].
    fn try_from(array: Array<T>) -> Result<Self> {
        check_two_axes(array.shape())?;
        Ok(Self { array })
    }
}

/// Checks that an array can be a channel.
pub(super) fn check_two_axes(shape: &Shape) -> Result<()> {
    let (expected, found) = (2, shape.ndim());
    if expected != found {
        return Err(InvalidArgument::NdimMismatch { expected, found }.into());
    }
    Ok(())
}

impl<T> From<Channel<T>> for Array<T> {
    fn from(channel: Channel<T>) -> Self {
        channel.array
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.array).finish()
    }
}

impl<T> fmt::Display for Channel<T> {
    /// As the array: `2160×4096 f32, lz4 after shuffle, 5.1 MB of 35 MB, 6.9:1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.array.fmt(f)
    }
}
