//! A look at pixels before they are compressed.

use std::sync::Arc;

use bytemuck::Pod;

use super::plane::Plane;
use crate::dtype::{DType, Element};
use crate::error::{Error, InvalidArgument, Result, check_dtype};
use crate::image::{ChannelKey, Place};

/// A strip or tile of an image that is being read: all of its channels, decoded and not yet
/// compressed. See [`ImageReader::postprocess`](super::ImageReader::postprocess).
///
/// Planes are in row order, [`Place::len`] samples each; channels are those asked for, of the types
/// that the image will have.
#[derive(Debug)]
pub struct Strip<'a> {
    pub(super) place: Place,
    pub(super) names: &'a Arc<[String]>,
    pub(super) planes: &'a mut [Plane],
}

impl Strip<'_> {
    /// Where in the image the strip is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Names of the channels.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.names
    }

    /// The type of a channel.
    ///
    /// # Errors
    /// [`InvalidArgument::UnknownChannel`], [`InvalidArgument::IndexOutOfBounds`].
    pub fn dtype<'k>(&self, key: impl Into<ChannelKey<'k>>) -> Result<DType> {
        Ok(self.planes[self.position(key.into())?].dtype())
    }

    /// A channel's samples.
    ///
    /// # Errors
    /// As [`dtype`](Self::dtype); [`InvalidArgument::ChannelDType`] for another type.
    pub fn channel<'k, T: Element + Pod>(&self, key: impl Into<ChannelKey<'k>>) -> Result<&[T]> {
        let position = self.position(key.into())?;
        self.planes[position].samples().map_err(|error| self.named(position, error))
    }

    /// A channel's samples, to change.
    ///
    /// # Errors
    /// As [`channel`](Self::channel).
    pub fn channel_mut<'k, T: Element + Pod>(
        &mut self,
        key: impl Into<ChannelKey<'k>>,
    ) -> Result<&mut [T]> {
        let [samples] = self.channels_mut([key])?;
        Ok(samples)
    }

    /// The samples of several channels of one type at once, to change them together.
    ///
    /// # Errors
    /// As [`channel`](Self::channel), and [`InvalidArgument::SameChannelTwice`].
    pub fn channels_mut<'k, T: Element + Pod, const N: usize>(
        &mut self,
        keys: [impl Into<ChannelKey<'k>>; N],
    ) -> Result<[&mut [T]; N]> {
        let mut positions = [0; N];
        for (i, key) in keys.into_iter().enumerate() {
            positions[i] = self.position(key.into())?;
            let checked = check_dtype(self.planes[positions[i]].dtype(), T::DTYPE);
            checked.map_err(|error| self.named(positions[i], error))?;
        }
        match self.planes.get_disjoint_mut(positions) {
            Ok(planes) => {
                let mut samples: [&mut [T]; N] = std::array::from_fn(|_| &mut [][..]);
                for (samples, plane) in samples.iter_mut().zip(planes) {
                    *samples = plane.samples_mut()?;
                }
                Ok(samples)
            }
            Err(_) => {
                let twice = (0..N).find(|&i| positions[..i].contains(&positions[i])).unwrap_or(0);
                let name = self.names[positions[twice]].clone();
                Err(InvalidArgument::SameChannelTwice { name }.into())
            }
        }
    }

    fn position(&self, key: ChannelKey<'_>) -> Result<usize> {
        key.find(self.names.iter().map(String::as_str))
    }

    fn named(&self, position: usize, error: Error) -> Error {
        crate::image::named(&self.names[position], error)
    }
}
