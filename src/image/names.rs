//! Adding, removing, renaming and ordering the channels of an image.

use super::{AnyChannel, Channel, ChannelKey, Image, Layer};
use crate::dtype::Element;
use crate::error::{IndexKind, InvalidArgument, Result};
use crate::metadata::Metadata;

impl Image {
    /// Adds a channel behind the others.
    ///
    /// # Errors
    /// [`InvalidArgument::ShapeMismatch`] for a channel of another size,
    /// [`InvalidArgument::DuplicateChannel`] for a name that is taken. The image is then as it was.
    pub fn push(&mut self, name: impl Into<String>, channel: impl Into<AnyChannel>) -> Result<()> {
        self.insert(self.nchannels(), name, channel)
    }

    /// Adds a channel at a place in the order; those from there on move up.
    ///
    /// # Errors
    /// As [`push`](Self::push), and [`InvalidArgument::IndexOutOfBounds`] for an index above the
    /// number of channels.
    pub fn insert(
        &mut self,
        index: usize,
        name: impl Into<String>,
        channel: impl Into<AnyChannel>,
    ) -> Result<()> {
        let (name, channel) = (name.into(), channel.into());
        self.check_size(channel.size())?;
        self.check_free(&name)?;
        let len = self.nchannels();
        if index > len {
            let what = IndexKind::Channel;
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        self.layers.insert(index, Layer { name, channel });
        Ok(())
    }

    /// Removes a channel; the others keep their order.
    ///
    /// ```
    /// # use ndpress::{Image, Options};
    /// let mut image = Image::zeros::<u8>(["R", "G", "B"], [4, 4], &Options::default())?;
    /// let green = image.remove("G")?.into_typed::<u8>()?;
    /// assert_eq!(green.to_vec()?, [0; 16]);
    /// image.remove(1)?;
    /// assert!(image.names().eq(["R"]));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`any_channel`](Self::any_channel).
    pub fn remove<'k>(&mut self, key: impl Into<ChannelKey<'k>>) -> Result<AnyChannel> {
        let position = self.position(key.into())?;
        Ok(self.layers.remove(position).channel)
    }

    /// Removes a channel of known type.
    ///
    /// # Errors
    /// As [`channel`](Self::channel). A channel of another type stays where it is.
    pub fn extract<'k, T: Element>(
        &mut self,
        key: impl Into<ChannelKey<'k>>,
    ) -> Result<Channel<T>> {
        let position = self.position(key.into())?;
        self.layers[position].as_typed_mut::<T>()?;
        self.layers.remove(position).channel.into_typed()
    }

    /// Gives a channel another name, which may be its own.
    ///
    /// # Errors
    /// As [`any_channel`](Self::any_channel), and [`InvalidArgument::DuplicateChannel`].
    pub fn rename<'k>(
        &mut self,
        key: impl Into<ChannelKey<'k>>,
        name: impl Into<String>,
    ) -> Result<()> {
        let (position, name) = (self.position(key.into())?, name.into());
        if self.layers[position].name != name {
            self.check_free(&name)?;
            self.layers[position].name = name;
        }
        Ok(())
    }

    /// Names all channels anew, in their order.
    ///
    /// # Errors
    /// [`InvalidArgument::NameCount`] when there are more or fewer names than channels,
    /// [`InvalidArgument::DuplicateChannel`] when two names are the same.
    pub fn with_names<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.nchannels() {
            let (channels, names) = (self.nchannels(), names.len());
            return Err(InvalidArgument::NameCount { channels, names }.into());
        }
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                return Err(InvalidArgument::DuplicateChannel { name: name.clone() }.into());
            }
        }
        for (layer, name) in self.layers.iter_mut().zip(names) {
            layer.name = name;
        }
        Ok(self)
    }

    /// Replaces the metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// An image of some of the channels, in the order asked for, with the same metadata.
    ///
    /// Costs a few pointers: compressed chunks are shared.
    ///
    /// ```
    /// # use ndpress::{Image, Options};
    /// # let image = Image::zeros::<u8>(["R", "G", "B", "A"], [4, 4], &Options::default())?;
    /// assert!(image.select(["B", "G", "R"])?.names().eq(["B", "G", "R"]));
    /// let pixels: Vec<u8> = image.select([2, 0])?.to_interleaved()?;
    /// assert_eq!(pixels.len(), 4 * 4 * 2);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`any_channel`](Self::any_channel), and [`InvalidArgument::SameChannelTwice`].
    pub fn select<'k, K: Into<ChannelKey<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Self> {
        let positions = self.positions(keys)?;
        let layers = positions.into_iter().map(|position| self.layers[position].clone()).collect();
        Ok(Self { layers, metadata: self.metadata.clone(), ..*self })
    }

    /// Brings all channels into the order of these keys.
    ///
    /// # Errors
    /// As [`select`](Self::select), and [`InvalidArgument::NameCount`] when not all channels are
    /// named. The image is then as it was.
    pub fn reorder<'k, K: Into<ChannelKey<'k>>>(
        &mut self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<()> {
        let positions = self.positions(keys)?;
        if positions.len() != self.nchannels() {
            let (channels, names) = (self.nchannels(), positions.len());
            return Err(InvalidArgument::NameCount { channels, names }.into());
        }
        self.layers = positions.into_iter().map(|position| self.layers[position].clone()).collect();
        Ok(())
    }

    /// The places of channels that are asked for once each.
    fn positions<'k, K: Into<ChannelKey<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<usize>> {
        let mut positions = Vec::new();
        for key in keys {
            let position = self.position(key.into())?;
            if positions.contains(&position) {
                let name = self.layers[position].name.clone();
                return Err(InvalidArgument::SameChannelTwice { name }.into());
            }
            positions.push(position);
        }
        Ok(positions)
    }

    fn check_free(&self, name: &str) -> Result<()> {
        if self.names().any(|taken| taken == name) {
            return Err(InvalidArgument::DuplicateChannel { name: name.to_owned() }.into());
        }
        Ok(())
    }

    /// An image of channels that are named by their numbers.
    pub(super) fn numbered(
        shape: [usize; 2],
        channels: impl IntoIterator<Item = impl Into<AnyChannel>>,
    ) -> Self {
        let layer = |(number, channel): (usize, _)| Layer {
            name: number.to_string(),
            channel: Into::into(channel),
        };
        let layers = channels.into_iter().enumerate().map(layer).collect();
        Self { layers, ..Self::new(shape) }
    }
}
