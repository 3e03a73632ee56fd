//! Channels whose pixel type is only known when the program runs.

use std::fmt;

use super::channel::{Channel, check_two_axes};
use crate::arch::array::{as_channel, as_channel_mut};
use crate::array::{AnyArray, Array, BlockCache};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};

/// A channel of pixels of any type: what an image holds.
///
/// [`as_typed`](Self::as_typed) gives the [`Channel`] underneath, [`as_array`](Self::as_array) an
/// [`AnyArray`] to match on.
///
/// ```
/// use ndpress::image::{AnyChannel, Channel};
/// use ndpress::{AnyArray, DType, Options};
///
/// let mut channel = AnyChannel::from(Channel::full([10, 10], 7u16, &Options::default())?);
/// assert_eq!(channel.dtype(), DType::U16);
/// channel.as_typed_mut::<u16>()?.map_in_place(|pixel| pixel * 2)?;
/// match channel.as_array() {
///     AnyArray::U16(pixels) => assert_eq!(pixels.at(&[3, 4])?, 14),
///     other => panic!("{} is not expected", other.dtype()),
/// }
/// let error = channel.as_typed::<f32>().unwrap_err();
/// assert_eq!(error.to_string(), "array holds u16, not f32");
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyChannel {
    /// Of two axes.
    array: AnyArray,
}

impl AnyChannel {
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

    /// Type of the pixels.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.array.dtype()
    }

    /// Bytes of the pixels, uncompressed.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.array.nbytes()
    }

    /// Bytes held in memory: compressed chunks, and what it takes to find them.
    #[must_use]
    pub fn cbytes(&self) -> usize {
        self.array.cbytes()
    }

    /// [`nbytes`](Self::nbytes) to [`cbytes`](Self::cbytes).
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.array.ratio()
    }

    /// The channel as one of `T`.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    pub fn as_typed<T: Element>(&self) -> Result<&Channel<T>> {
        Ok(as_channel(self.array.as_typed()?))
    }

    /// The channel as one of `T`, to change it.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    pub fn as_typed_mut<T: Element>(&mut self) -> Result<&mut Channel<T>> {
        Ok(as_channel_mut(self.array.as_typed_mut()?))
    }

    /// Turns the channel into one of `T`.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    pub fn into_typed<T: Element>(self) -> Result<Channel<T>> {
        Channel::try_from(self.array.into_typed::<T>()?)
    }

    /// The channel as an array of shape `(height, width)`.
    #[must_use]
    pub fn as_array(&self) -> &AnyArray {
        &self.array
    }

    /// The array of shape `(height, width)`; nothing is copied.
    #[must_use]
    pub fn into_array(self) -> AnyArray {
        self.array
    }

    /// A channel of zeros with the type, size, chunks, codec and filters of another.
    #[must_use]
    pub fn zeros_like(other: &Self) -> Self {
        let zero = vec![0; other.dtype().itemsize()];
        Self { array: AnyArray::from_raw(other.array.raw().full_like(&zero)) }
    }

    /// Whether both channels have the same type, size and pixels, bit for bit; however they are
    /// compressed and cut.
    ///
    /// # Errors
    /// As [`Array::content_eq`].
    pub fn content_eq(&self, other: &Self) -> Result<bool> {
        self.array.content_eq(&other.array)
    }

    /// Makes small reads look in a cache before they decode a block; see
    /// [`Array::set_block_cache`].
    pub fn set_block_cache(&mut self, cache: Option<&BlockCache>) {
        self.array.set_block_cache(cache);
    }

    /// The array of shape `(height, width)`, to change what is not its shape.
    pub(crate) fn array_mut(&mut self) -> &mut AnyArray {
        &mut self.array
    }

    /// `[height, width]`.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.height(), self.width()]
    }
}

impl<T: Element> From<Channel<T>> for AnyChannel {
    fn from(channel: Channel<T>) -> Self {
        Self { array: channel.into_array().into() }
    }
}

impl<T: Element> TryFrom<Array<T>> for AnyChannel {
    type Error = Error;

    /// # Errors
    /// [`InvalidArgument::NdimMismatch`](crate::InvalidArgument::NdimMismatch).
    fn try_from(array: Array<T>) -> Result<Self> {
        AnyArray::from(array).try_into()
    }
}

impl TryFrom<AnyArray> for AnyChannel {
    type Error = Error;

    /// Takes an array of two axes as it is, chunks included.
    ///
    /// # Errors
    /// [`InvalidArgument::NdimMismatch`](crate::InvalidArgument::NdimMismatch).
    fn try_from(array: AnyArray) -> Result<Self> {
        check_two_axes(array.shape())?;
        Ok(Self { array })
    }
}

impl<T: Element> TryFrom<AnyChannel> for Channel<T> {
    type Error = Error;

    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    fn try_from(channel: AnyChannel) -> Result<Self> {
        channel.into_typed()
    }
}

impl From<AnyChannel> for AnyArray {
    fn from(channel: AnyChannel) -> Self {
        channel.array
    }
}

impl fmt::Debug for AnyChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyChannel").field(&self.array).finish()
    }
}

impl fmt::Display for AnyChannel {
    /// As the array: `2160×4096 f32, lz4 after shuffle, 5.1 MB of 35 MB, 6.9:1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.array.fmt(f)
    }
}
