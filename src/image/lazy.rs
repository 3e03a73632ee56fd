//! Images of one value, which cost one value per channel.

use super::{AnyChannel, Channel, Image, Layer};
use crate::array::Options;
use crate::dtype::Element;
use crate::error::Result;

impl Image {
    /// An image of zeros with a channel of type `T` for each name. `shape` is `[height, width]`.
    ///
    /// ```
    /// use ndpress::{Image, Options};
    ///
    /// let image = Image::zeros::<f32>(["R", "G", "B"], [8640, 15360], &Options::default())?;
    /// assert!(image.nbytes() > 1_500_000_000 && image.cbytes() < 3000);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`DuplicateChannel`](crate::InvalidArgument::DuplicateChannel); otherwise as
    /// [`Channel::zeros`].
    pub fn zeros<T: Element>(
        names: impl IntoIterator<Item: Into<String>>,
        shape: [usize; 2],
        options: &Options,
    ) -> Result<Self> {
        Self::full(names, shape, T::zeroed(), options)
    }

    /// An image of one value with a channel of type `T` for each name.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros).
    pub fn full<T: Element>(
        names: impl IntoIterator<Item: Into<String>>,
        shape: [usize; 2],
        value: T,
        options: &Options,
    ) -> Result<Self> {
        let channel = Channel::full(shape, value, options)?;
        let mut image = Self::new(shape);
        for name in names {
            image.push(name, channel.clone())?;
        }
        Ok(image)
    }

    /// An image of zeros with the names, types, size, chunks, codecs and filters of another, and
    /// no metadata.
    #[must_use]
    pub fn zeros_like(other: &Self) -> Self {
        let zeros = |layer: &Layer| Layer {
            name: layer.name.clone(),
            channel: AnyChannel::zeros_like(&layer.channel),
        };
        let layers = other.layers.iter().map(zeros).collect();
        Self { layers, ..Self::new([other.height, other.width]) }
    }

    /// An image of one value, otherwise as [`zeros_like`](Self::zeros_like).
    ///
    /// # Errors
    /// [`ChannelDType`](crate::InvalidArgument::ChannelDType) when a channel of `other` is not of
    /// type `T`.
    pub fn full_like<T: Element>(other: &Self, value: T) -> Result<Self> {
        let channels = other.typed::<T>()?;
        let channels = channels.into_iter().map(|channel| Channel::full_like(channel, value));
        Self::numbered([other.height, other.width], channels).with_names(other.names())
    }
}
