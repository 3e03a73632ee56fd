//! Images: named channels over the same pixels, each of its own type and compressed for itself.
//!
//! Below is [`array`](crate::Array), of which a [`Channel`] is the case of two axes; an [`Image`]
//! is an ordered list of channels with names. Nothing is above.
//!
//! ```text
//! Image             names, order, metadata             mod, names, lazy
//!   from and to     planes and interleaved pixels      planar, interleaved; kernels: interleave
//!   zip             several channels at once           zip
//! AnyChannel        a channel of any type              any
//! Channel<T>        chunks to read and to edit         channel
//! ```

mod any;
mod channel;
mod display;
mod interleave;
mod interleaved;
mod key;
mod lazy;
mod names;
mod planar;
mod types;
mod zip;

pub use self::any::AnyChannel;
pub use self::channel::{Channel, ChunkMut, ChunkRef, Chunks, ChunksMut, Place};
pub use self::interleave::{deinterleave, interleave};
pub use self::key::ChannelKey;
pub use self::types::ChannelTypes;
pub use self::zip::{Zip, ZipSource, zip};

use crate::array::BlockCache;
use crate::dtype::Element;
use crate::error::{Error, InvalidArgument, Result};
use crate::metadata::Metadata;

/// A compressed image in memory: named channels of one height and width, and metadata.
///
/// Channels have an order and unique names; each has its own element type, codec and chunks. Calls
/// that mean one channel take its index or its name.
///
/// A clone, and a [selection](Self::select) of channels, costs a few pointers: compressed chunks
/// are shared until one of the clones changes them.
///
/// ```
/// use half::f16;
/// use ndpress::image::Channel;
/// use ndpress::{Image, Options};
///
/// let (height, width) = (480, 640);
/// let ramp: Vec<f16> = (0..height * width).map(|i| f16::from_f32((i % width) as f32)).collect();
/// let planes = [&ramp[..], &ramp, &ramp];
///
/// let options = Options::default();
/// let mut image = Image::from_planar(&planes, [height, width], &options)?
///     .with_names(["R", "G", "B"])?;
/// image.push("Z", Channel::full([height, width], 1000.0f32, &options)?)?;
/// assert!(image.to_string().starts_with("640×480, 4 channels (f16, f32), raster: 3.1 MB held in "));
///
/// assert_eq!(image.channel::<f32>("Z")?.at(&[100, 200])?, 1000.0);
/// image.channel_mut::<f16>("R")?.map_in_place(|pixel| pixel + pixel)?;
/// assert_eq!(image.channel::<f16>(0)?.at(&[100, 200])?, f16::from_f32(400.0));
///
/// let error = image.channel::<f16>("Z").unwrap_err();
/// assert_eq!(error.to_string(), "channel \"Z\" holds f32, not f16");
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct Image {
    height: usize,
    width: usize,
    layers: Vec<Layer>,
    metadata: Metadata,
}

/// A channel and its name, which no other has.
#[derive(Clone)]
struct Layer {
    name: String,
    channel: AnyChannel,
}

impl Image {
    /// An image without channels. `shape` is `[height, width]`.
    #[must_use]
    pub fn new(shape: [usize; 2]) -> Self {
        let [height, width] = shape;
        Self { height, width, layers: Vec::new(), metadata: Metadata::new() }
    }

    /// Number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of channels.
    #[must_use]
    pub fn nchannels(&self) -> usize {
        self.layers.len()
    }

    /// Bytes of all channels, uncompressed.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.channel.nbytes()).sum()
    }

    /// Bytes held in memory for all channels: compressed chunks, and what it takes to find them.
    /// Chunks that clones share count in each of them.
    #[must_use]
    pub fn cbytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.channel.cbytes()).sum()
    }

    /// How many times smaller the image is than its pixels: [`nbytes`](Self::nbytes) to
    /// [`cbytes`](Self::cbytes). 1 without channels.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.layers.is_empty() { 1.0 } else { self.nbytes() as f64 / self.cbytes() as f64 }
    }

    /// What is known about the image besides its pixels.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What is known about the image besides its pixels, to change.
    #[must_use]
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Makes small reads of all channels look in a cache before they decode a block; see
    /// [`Array::set_block_cache`](crate::Array::set_block_cache). Channels that are pushed later have
    /// their own, or none.
    pub fn set_block_cache(&mut self, cache: Option<&BlockCache>) {
        self.channels_raw_mut().for_each(|channel| channel.set_block_cache(cache));
    }

    /// Names and channels in order.
    ///
    /// ```
    /// # use ndpress::{Image, Options};
    /// # let image = Image::zeros::<u8>(["R", "G"], [4, 4], &Options::default())?;
    /// for (name, channel) in image.channels() {
    ///     println!("{name}: {channel}"); // R: 4×4 u8, raster, …
    /// }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    pub fn channels(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&str, &AnyChannel)> + ExactSizeIterator {
        self.layers.iter().map(|layer| (&*layer.name, &layer.channel))
    }

    /// All channels, to change what is not their size.
    pub(crate) fn channels_raw_mut(&mut self) -> impl Iterator<Item = &mut AnyChannel> {
        self.layers.iter_mut().map(|layer| &mut layer.channel)
    }

    /// Names in order.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.layers.iter().map(|layer| &*layer.name)
    }

    /// A channel of known type.
    ///
    /// # Errors
    /// [`InvalidArgument::UnknownChannel`], [`InvalidArgument::IndexOutOfBounds`];
    /// [`InvalidArgument::ChannelDType`] when its pixels are not of type `T`.
    pub fn channel<'k, T: Element>(&self, key: impl Into<ChannelKey<'k>>) -> Result<&Channel<T>> {
        let layer = &self.layers[self.position(key.into())?];
        layer.channel.as_typed().map_err(|error| layer.name_in(error))
    }

    /// A channel of known type, to change it.
    ///
    /// # Errors
    /// As [`channel`](Self::channel).
    pub fn channel_mut<'k, T: Element>(
        &mut self,
        key: impl Into<ChannelKey<'k>>,
    ) -> Result<&mut Channel<T>> {
        let position = self.position(key.into())?;
        self.layers[position].as_typed_mut()
    }

    /// Several channels of known types at once, to change them together.
    ///
    /// The types are those of a tuple, or of an array where all are the same.
    ///
    /// ```
    /// use ndpress::image::zip;
    /// # use ndpress::image::Channel;
    /// # use ndpress::{Image, Options};
    /// # let options = Options::default();
    /// # let mut image = Image::zeros::<u8>(["R", "G", "B"], [8, 8], &options)?;
    /// # image.push("Z", Channel::full([8, 8], 2.5f32, &options)?)?;
    ///
    /// let [r, b] = image.channels_mut::<[u8; 2], _>(["R", "B"])?;
    /// std::mem::swap(r, b);
    ///
    /// let (r, z) = image.channels_mut::<(u8, f32), _>(["R", "Z"])?;
    /// zip((r, &*z))?.for_each(|_, (r, z)| {
    ///     for (r, z) in r.iter_mut().zip(z) {
    ///         *r = (z * 100.0) as u8;
    ///     }
    /// })?;
    /// assert_eq!(image.channel::<u8>("R")?.at(&[0, 0])?, 250);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`channel`](Self::channel), and [`InvalidArgument::SameChannelTwice`].
    pub fn channels_mut<'k, C: ChannelTypes<N>, const N: usize>(
        &mut self,
        keys: [impl Into<ChannelKey<'k>>; N],
    ) -> Result<C::Mut<'_>> {
        let layers = self.layers_mut(keys.map(Into::into))?;
        C::split(layers.map(|layer| (&*layer.name, &mut layer.channel)))
    }

    fn layers_mut<const N: usize>(&mut self, keys: [ChannelKey<'_>; N]) -> Result<[&mut Layer; N]> {
        let mut positions = [0; N];
        for (i, key) in keys.into_iter().enumerate() {
            positions[i] = self.position(key)?;
            if positions[..i].contains(&positions[i]) {
                let name = self.layers[positions[i]].name.clone();
                return Err(InvalidArgument::SameChannelTwice { name }.into());
            }
        }
        match self.layers.get_disjoint_mut(positions) {
            Ok(layers) => Ok(layers),
            Err(_) => unreachable!("the positions exist and differ"),
        }
    }

    /// A channel of whatever type it has.
    ///
    /// # Errors
    /// [`InvalidArgument::UnknownChannel`], [`InvalidArgument::IndexOutOfBounds`].
    pub fn any_channel<'k>(&self, key: impl Into<ChannelKey<'k>>) -> Result<&AnyChannel> {
        Ok(&self.layers[self.position(key.into())?].channel)
    }

    /// A channel's place in the order.
    ///
    /// # Errors
    /// As [`any_channel`](Self::any_channel).
    pub fn index_of<'k>(&self, key: impl Into<ChannelKey<'k>>) -> Result<usize> {
        self.position(key.into())
    }

    fn position(&self, key: ChannelKey<'_>) -> Result<usize> {
        key.find(self.names())
    }

    /// Checks that a channel has the image's size.
    fn check_size(&self, found: [usize; 2]) -> Result<()> {
        let expected = [self.height, self.width];
        if expected != found {
            let (expected, found) = (expected.to_vec(), found.to_vec());
            return Err(InvalidArgument::ShapeMismatch { expected, found }.into());
        }
        Ok(())
    }

    /// All channels as channels of `T` and of the image's size.
    fn typed<T: Element>(&self) -> Result<Vec<&Channel<T>>> {
        let mut channels = Vec::with_capacity(self.nchannels());
        for layer in &self.layers {
            // `channel_mut` cannot keep its caller from putting another one in the channel's place.
            self.check_size(layer.channel.size())?;
            channels.push(layer.channel.as_typed().map_err(|error| layer.name_in(error))?);
        }
        Ok(channels)
    }

    /// Whether both images have the same size, names, channels and metadata, in the same order and
    /// bit for bit; however they are compressed and cut.
    ///
    /// # Errors
    /// As [`Array::content_eq`](crate::Array::content_eq).
    pub fn content_eq(&self, other: &Self) -> Result<bool> {
        let same = (self.height, self.width) == (other.height, other.width)
            && self.metadata == other.metadata
            && self.names().eq(other.names());
        if !same {
            return Ok(false);
        }
        for (mine, others) in self.layers.iter().zip(&other.layers) {
            if !mine.channel.content_eq(&others.channel)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Layer {
    fn as_typed_mut<T: Element>(&mut self) -> Result<&mut Channel<T>> {
        let name = &self.name;
        self.channel.as_typed_mut().map_err(|error| named(name, error))
    }

    fn name_in(&self, error: Error) -> Error {
        named(&self.name, error)
    }
}

/// A wrong type's error, told which channel it is about.
pub(crate) fn named(name: &str, error: Error) -> Error {
    match error {
        Error::InvalidArgument(InvalidArgument::DTypeMismatch { held, asked }) => {
            InvalidArgument::ChannelDType { name: name.to_owned(), held, asked }.into()
        }
        other => other,
    }
}
