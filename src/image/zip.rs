//! Several channels at once, band by band.
//!
//! Channels may be chunked differently, because of their options or their types. So they are not
//! paired by chunks but cut into common bands of rows, as high as the highest of their chunks.

use std::fmt;

use super::channel::{Channel, Place};
use crate::dtype::Element;
use crate::error::{Error, InvalidArgument, Result};
use crate::shape::Region;

/// Pairs channels up, to go through them together: a tuple, array or vector of `&Channel`s, which
/// are read, and `&mut Channel`s, which are changed in place.
///
/// All have the same width. Where one has fewer rows than others, it ends there, and what is left
/// of the others is not touched.
///
/// ```
/// use ndpress::Options;
/// use ndpress::image::{Channel, zip};
///
/// let options = Options::default();
/// let alpha = Channel::full([480, 640], 0.5f32, &options)?;
/// let mut red = Channel::full([480, 640], 200u8, &options)?;
/// let mut green = Channel::full([480, 640], 100u8, &options)?;
///
/// zip((&alpha, [&mut red, &mut green]))?.for_each(|band, (alpha, [red, green])| {
///     assert_eq!(alpha.len(), band.len());
///     for ((red, green), alpha) in red.iter_mut().zip(green).zip(alpha) {
///         *red = (f32::from(*red) * alpha) as u8;
///         *green = (f32::from(*green) * alpha) as u8;
///     }
/// })?;
/// assert_eq!((red.at(&[0, 0])?, green.at(&[479, 639])?), (100, 50));
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Errors
/// [`InvalidArgument::ShapeMismatch`] when widths differ.
pub fn zip<S: ZipSource>(channels: S) -> Result<Zip<S>> {
    let mut extent = Extent::default();
    channels.measure(&mut extent)?;
    Ok(Zip { channels, extent })
}

/// Channels to go through together, made by [`zip`].
#[must_use = "nothing happens before `for_each`"]
pub struct Zip<S> {
    channels: S,
    extent: Extent,
}

impl<S: ZipSource> Zip<S> {
    /// Hands each band's pixels to `f`, in row order, from the first band to the last.
    ///
    /// Blocks are decoded and compressed in parallel; `f` itself runs on the caller's thread.
    /// Channels that are only read, and bands that `f` leaves as they are, are not compressed.
    /// Memory: an uncompressed band of each channel, two for those that are changed; and the old
    /// chunks until all new ones are there.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Codec`]. All channels are then as they were; so they are when
    /// `f` panics.
    pub fn for_each(self, mut f: impl FnMut(&Place, S::Pixels<'_>)) -> Result<()> {
        self.try_for_each(|band, pixels| {
            f(band, pixels);
            Ok(())
        })
    }

    /// As [`for_each`](Self::for_each), for closures that may fail.
    ///
    /// # Errors
    /// The first error of `f`, and as `for_each`. All channels are then as they were.
    pub fn try_for_each<E: From<Error>>(
        self,
        mut f: impl FnMut(&Place, S::Pixels<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Extent { height, width, band_rows } = self.extent;
        let mut lanes = self.channels.open();
        for (index, start) in (0..height).step_by(band_rows.max(1)).enumerate() {
            if width == Some(0) {
                break;
            }
            let rows = start..height.min(start.saturating_add(band_rows));
            let region = Region::new([rows, 0..width.unwrap_or(0)])?;
            S::load(&mut lanes, &region)?;
            f(&Place::new(index, region), S::pixels(&mut lanes))?;
            S::store(&mut lanes, &region)?;
        }
        S::close(lanes);
        Ok(())
    }
}

impl<S> fmt::Debug for Zip<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zip").field(&self.extent).finish()
    }
}

/// What all channels have in common.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Extent {
    height: usize,
    width: Option<usize>,
    band_rows: usize,
}

impl Extent {
    fn include<T>(&mut self, channel: &Channel<T>) -> Result<()> {
        let [height, width] = channel.size();
        let expected = self.width.unwrap_or(width);
        if width != expected {
            let (expected, found) = (vec![height, expected], vec![height, width]);
            return Err(InvalidArgument::ShapeMismatch { expected, found }.into());
        }
        self.height = if self.width.is_none() { height } else { height.min(self.height) };
        self.width = Some(width);
        self.band_rows = self.band_rows.max(channel.as_array().raw().grid().chunk_shape()[0]);
        Ok(())
    }
}

/// Channels that can be [zipped](zip): `&Channel`, `&mut Channel`, and tuples, arrays and vectors of
/// those.
pub trait ZipSource: Sized {
    /// A band's pixels: slices, in the form in which the channels were given.
    type Pixels<'a>;

    /// What is needed while going through the channels.
    #[doc(hidden)]
    type Lanes;
    #[doc(hidden)]
    fn measure(&self, extent: &mut Extent) -> Result<()>;
    #[doc(hidden)]
    fn open(self) -> Self::Lanes;
    #[doc(hidden)]
    fn load(lanes: &mut Self::Lanes, region: &Region) -> Result<()>;
    #[doc(hidden)]
    fn pixels(lanes: &mut Self::Lanes) -> Self::Pixels<'_>;
    #[doc(hidden)]
    fn store(lanes: &mut Self::Lanes, region: &Region) -> Result<()>;
    #[doc(hidden)]
    fn close(lanes: Self::Lanes);
}

/// A channel to read.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReadLane<'c, T> {
    channel: &'c Channel<T>,
    pixels: Vec<T>,
}

impl<'c, T: Element> ZipSource for &'c Channel<T> {
    type Pixels<'a> = &'a [T];
    type Lanes = ReadLane<'c, T>;

    fn measure(&self, extent: &mut Extent) -> Result<()> {
        extent.include(self)
    }

    fn open(self) -> Self::Lanes {
        ReadLane { channel: self, pixels: Vec::new() }
    }

    fn load(lane: &mut Self::Lanes, region: &Region) -> Result<()> {
        load(lane.channel, &mut lane.pixels, region)
    }

    fn pixels(lane: &mut Self::Lanes) -> &[T] {
        &lane.pixels
    }

    fn store(_: &mut Self::Lanes, _: &Region) -> Result<()> {
        Ok(())
    }

    fn close(_: Self::Lanes) {}
}

/// A channel to change.
#[doc(hidden)]
#[derive(Debug)]
pub struct WriteLane<'c, T> {
    channel: &'c mut Channel<T>,
    /// Takes the place of `channel` when all went well.
    changed: Channel<T>,
    pixels: Vec<T>,
    /// The pixels as they were.
    before: Vec<T>,
}

impl<'c, T: Element> ZipSource for &'c mut Channel<T> {
    type Pixels<'a> = &'a mut [T];
    type Lanes = WriteLane<'c, T>;

    fn measure(&self, extent: &mut Extent) -> Result<()> {
        extent.include(self)
    }

    fn open(self) -> Self::Lanes {
        let changed = self.clone();
        WriteLane { channel: self, changed, pixels: Vec::new(), before: Vec::new() }
    }

    fn load(lane: &mut Self::Lanes, region: &Region) -> Result<()> {
        load(lane.channel, &mut lane.pixels, region)?;
        lane.before.clone_from(&lane.pixels);
        Ok(())
    }

    fn pixels(lane: &mut Self::Lanes) -> &mut [T] {
        &mut lane.pixels
    }

    fn store(lane: &mut Self::Lanes, region: &Region) -> Result<()> {
        let as_bytes = bytemuck::cast_slice::<T, u8>;
        if as_bytes(&lane.before) == as_bytes(&lane.pixels) {
            return Ok(());
        }
        lane.changed.write_region(region, &lane.pixels)
    }

    fn close(lane: Self::Lanes) {
        *lane.channel = lane.changed;
    }
}

fn load<T: Element>(channel: &Channel<T>, pixels: &mut Vec<T>, region: &Region) -> Result<()> {
    pixels.resize(region.shape().nitems(), T::zeroed());
    channel.read_region_into(region, pixels)
}

impl<S: ZipSource> ZipSource for Vec<S> {
    type Pixels<'a> = Vec<S::Pixels<'a>>;
    type Lanes = Vec<S::Lanes>;

    fn measure(&self, extent: &mut Extent) -> Result<()> {
        self.iter().try_for_each(|channel| channel.measure(extent))
    }

    fn open(self) -> Self::Lanes {
        self.into_iter().map(S::open).collect()
    }

    fn load(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
        lanes.iter_mut().try_for_each(|lane| S::load(lane, region))
    }

    fn pixels(lanes: &mut Self::Lanes) -> Self::Pixels<'_> {
        lanes.iter_mut().map(S::pixels).collect()
    }

    fn store(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
        lanes.iter_mut().try_for_each(|lane| S::store(lane, region))
    }

    fn close(lanes: Self::Lanes) {
        lanes.into_iter().for_each(S::close);
    }
}

impl<S: ZipSource, const N: usize> ZipSource for [S; N] {
    type Pixels<'a> = [S::Pixels<'a>; N];
    type Lanes = [S::Lanes; N];

    fn measure(&self, extent: &mut Extent) -> Result<()> {
        self.iter().try_for_each(|channel| channel.measure(extent))
    }

    fn open(self) -> Self::Lanes {
        self.map(S::open)
    }

    fn load(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
        lanes.iter_mut().try_for_each(|lane| S::load(lane, region))
    }

    fn pixels(lanes: &mut Self::Lanes) -> Self::Pixels<'_> {
        lanes.each_mut().map(S::pixels)
    }

    fn store(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
        lanes.iter_mut().try_for_each(|lane| S::store(lane, region))
    }

    fn close(lanes: Self::Lanes) {
        lanes.into_iter().for_each(S::close);
    }
}

macro_rules! implement_for_tuple {
    ($($type:ident $field:tt),*) => {
        impl<$($type: ZipSource),*> ZipSource for ($($type,)*) {
            type Pixels<'a> = ($($type::Pixels<'a>,)*);
            type Lanes = ($($type::Lanes,)*);

            fn measure(&self, extent: &mut Extent) -> Result<()> {
                $(self.$field.measure(extent)?;)*
                Ok(())
            }

            fn open(self) -> Self::Lanes {
                ($(self.$field.open(),)*)
            }

            fn load(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
                $($type::load(&mut lanes.$field, region)?;)*
                Ok(())
            }

            fn pixels(lanes: &mut Self::Lanes) -> Self::Pixels<'_> {
                ($($type::pixels(&mut lanes.$field),)*)
            }

            fn store(lanes: &mut Self::Lanes, region: &Region) -> Result<()> {
                $($type::store(&mut lanes.$field, region)?;)*
                Ok(())
            }

            fn close(lanes: Self::Lanes) {
                $($type::close(lanes.$field);)*
            }
        }
    };
}
implement_for_tuple!(A 0);
implement_for_tuple!(A 0, B 1);
implement_for_tuple!(A 0, B 1, C 2);
implement_for_tuple!(A 0, B 1, C 2, D 3);
implement_for_tuple!(A 0, B 1, C 2, D 3, E 4);
implement_for_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
