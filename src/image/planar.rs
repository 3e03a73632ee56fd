//! Images from and to planes: all pixels of one channel, then all of the next.

use super::{Channel, Image};
use crate::array::{Options, zeroed};
use crate::dtype::Element;
use crate::error::{Result, check_len};
use crate::parallel::for_each;

impl Image {
    /// Compresses planes of pixels in row order, a channel each. `shape` is `[height, width]`.
    ///
    /// Channels are named `"0"`, `"1"`, …; see [`with_names`](Self::with_names). For channels of
    /// different types or options, see [`push`](Self::push).
    ///
    /// ```
    /// use ndpress::{Image, Options};
    ///
    /// let (left, right) = (vec![1u16; 100 * 50], vec![2u16; 100 * 50]);
    /// let image = Image::from_planar(&[&left, &right], [100, 50], &Options::default())?;
    /// assert!(image.names().eq(["0", "1"]));
    /// assert_eq!(image.to_planar::<u16>()?, [left, right]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Channel::from_slice`].
    pub fn from_planar<T: Element>(
        planes: &[impl AsRef<[T]> + Sync],
        shape: [usize; 2],
        options: &Options,
    ) -> Result<Self> {
        Self::from_each(planes, shape, |plane| Channel::from_slice(plane.as_ref(), shape, options))
    }

    /// Compresses views of any strides, indexed `[y, x]`, a channel each.
    ///
    /// Channels are named `"0"`, `"1"`, …; see [`with_names`](Self::with_names).
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::InvalidArgument::ShapeMismatch) when the views differ in shape;
    /// otherwise as [`Channel::from_ndarray`].
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when there is no view to know the
    /// size from.
    #[cfg(feature = "ndarray")]
    pub fn from_planar_ndarray<T: Element>(
        planes: &[ndarray::ArrayView2<'_, T>],
        options: &Options,
    ) -> Result<Self> {
        let Some(first) = planes.first() else {
            return Err(crate::InvalidArgument::LengthMismatch { expected: 1, found: 0 }.into());
        };
        let (height, width) = first.dim();
        let image = Self::new([height, width]);
        for plane in planes {
            let (height, width) = plane.dim();
            image.check_size([height, width])?;
        }
        Self::from_each(planes, [height, width], |plane| Channel::from_ndarray(plane, options))
    }

    /// A channel from each plane, in parallel.
    fn from_each<T: Element, P: Sync>(
        planes: &[P],
        shape: [usize; 2],
        compress: impl Fn(&P) -> Result<Channel<T>> + Sync,
    ) -> Result<Self> {
        let mut channels: Vec<_> = planes.iter().map(|plane| (plane, None)).collect();
        let nbytes = shape[0].saturating_mul(shape[1]).saturating_mul(size_of::<T>());
        for_each(&mut channels, nbytes, &|(plane, channel): &mut (&P, Option<_>)| -> Result<()> {
            *channel = Some(compress(plane)?);
            Ok(())
        })?;
        Ok(Self::numbered(shape, channels.into_iter().filter_map(|(_, channel)| channel)))
    }

    /// Decompresses all channels, each into a new vector in row order.
    ///
    /// # Errors
    /// [`ChannelDType`](crate::InvalidArgument::ChannelDType) when a channel is not of type `T`;
    /// [`Error::Corrupt`](crate::Error::Corrupt),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn to_planar<T: Element>(&self) -> Result<Vec<Vec<T>>> {
        let mut planes = Vec::with_capacity(self.nchannels());
        for channel in self.typed::<T>()? {
            planes.push(zeroed(channel.len())?);
        }
        self.read_planar_into(&mut planes)?;
        Ok(planes)
    }

    /// Decompresses all channels, each into a slice of `height * width` items in row order.
    ///
    /// # Errors
    /// [`ChannelDType`](crate::InvalidArgument::ChannelDType);
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when there are more or fewer
    /// planes than channels, or one has another length: nothing is written then.
    /// [`Error::Corrupt`](crate::Error::Corrupt) leaves planes with unspecified values.
    pub fn read_planar_into<T: Element>(
        &self,
        planes: &mut [impl AsMut<[T]> + Send],
    ) -> Result<()> {
        let channels = self.typed::<T>()?;
        check_len(channels.len(), planes.len())?;
        let mut pairs: Vec<_> = channels.into_iter().zip(planes).collect();
        for (channel, plane) in &mut pairs {
            check_len(channel.len(), plane.as_mut().len())?;
        }
        let nbytes = self.height().saturating_mul(self.width()).saturating_mul(size_of::<T>());
        for_each(&mut pairs, nbytes, &|(channel, plane): &mut (&Channel<T>, &mut _)| {
            channel.read_all_into(AsMut::as_mut(*plane))
        })
    }
}
