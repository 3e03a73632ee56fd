//! Images from and to interleaved pixels: all channels of one pixel, then all of the next.
//!
//! Pixels stream through: what is taken apart or put together at a time is a chunk or a row of
//! blocks of a few channels, per thread, and never a plane.

use super::{Channel, Image};
use crate::arch::interleave::{gather, scatter};
use crate::array::{EditedChunk, Options, with_items, zeroed};
use crate::dtype::Element;
use crate::error::{Error, Result, check_len};
use crate::parallel::for_each;
use crate::shape::{Region, Shape};

/// Channels taken apart or put together at a time, so that the memory for them does not grow with
/// an image's channels.
const GROUP: usize = 16;

/// Bytes of a channel to decode at a time, at least: below that, starting costs more than decoding.
const BAND_NBYTES: usize = 64 << 10;

impl Image {
    /// Compresses interleaved pixels. `shape` is `[height, width, channels]`.
    ///
    /// Channels are named `"0"`, `"1"`, …; see [`with_names`](Self::with_names). Memory: a chunk of
    /// up to 16 channels per thread.
    ///
    /// ```
    /// use ndpress::{Image, Options};
    ///
    /// let pixels: Vec<u8> = (0..100 * 50).flat_map(|i| [i as u8, 128, 255]).collect();
    /// let image = Image::from_interleaved(&pixels, [100, 50, 3], &Options::default())?
    ///     .with_names(["R", "G", "B"])?;
    /// assert_eq!(image.channel::<u8>("R")?.at(&[1, 7])?, 57);
    /// assert_eq!(image.to_interleaved::<u8>()?, pixels);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch), [`Error::OutOfMemory`];
    /// otherwise as [`Channel::zeros`].
    pub fn from_interleaved<T: Element>(
        pixels: &[T],
        shape: [usize; 3],
        options: &Options,
    ) -> Result<Self> {
        let [height, width, nchannels] = shape;
        check_len(Shape::new(shape)?.nitems(), pixels.len())?;
        let source = Source {
            pixels,
            width,
            nchannels,
            template: &Channel::zeros([height, width], options)?,
        };
        let mut chunks: Vec<_> = (0..source.template.nchunks()).map(|i| (i, Vec::new())).collect();
        let nbytes = size_of_val(pixels) / chunks.len().max(1);
        for_each(&mut chunks, nbytes, &|(index, encoded): &mut (usize, Vec<_>)| -> Result<()> {
            *encoded = source.encode(*index)?;
            Ok(())
        })?;
        let mut channels = copies(source.template, nchannels)?;
        for (_, encoded) in chunks {
            for (channel, chunk) in channels.iter_mut().zip(encoded) {
                channel.install(chunk);
            }
        }
        Ok(Self::numbered([height, width], channels))
    }

    /// Compresses interleaved pixels, a view of any strides indexed `[y, x, channel]`.
    ///
    /// Channels are named `"0"`, `"1"`, …; see [`with_names`](Self::with_names).
    ///
    /// # Errors
    /// As [`Channel::zeros`].
    #[cfg(feature = "ndarray")]
    pub fn from_interleaved_ndarray<T: Element>(
        pixels: &ndarray::ArrayRef<T, ndarray::Ix3>,
        options: &Options,
    ) -> Result<Self> {
        let (height, width, nchannels) = pixels.dim();
        if let Some(pixels) = pixels.as_slice() {
            return Self::from_interleaved(pixels, [height, width, nchannels], options);
        }
        if nchannels == 0 {
            return Ok(Self::new([height, width]));
        }
        let planes: Vec<_> = pixels.axis_iter(ndarray::Axis(2)).collect();
        Self::from_planar_ndarray(&planes, options)
    }

    /// Decompresses all channels into a new vector of interleaved pixels.
    ///
    /// For some of the channels, or in another order, [`select`](Self::select) them first.
    ///
    /// # Errors
    /// As [`read_interleaved_into`](Self::read_interleaved_into), and
    /// [`Error::OutOfMemory`].
    pub fn to_interleaved<T: Element>(&self) -> Result<Vec<T>> {
        self.typed::<T>()?;
        let mut pixels = zeroed(self.interleaved_shape()?.nitems())?;
        self.read_interleaved_into(&mut pixels)?;
        Ok(pixels)
    }

    /// Decompresses all channels into a new array of interleaved pixels, indexed `[y, x, channel]`.
    ///
    /// # Errors
    /// As [`to_interleaved`](Self::to_interleaved).
    #[cfg(feature = "ndarray")]
    pub fn to_interleaved_ndarray<T: Element>(&self) -> Result<ndarray::Array3<T>> {
        self.typed::<T>()?;
        let mut pixels = zeroed(self.interleaved_shape()?.nitems())?;
        self.read_interleaved_into(&mut pixels)?;
        let shape = (self.height(), self.width(), self.nchannels());
        let array = ndarray::Array3::from_shape_vec(shape, pixels);
        array.map_err(|_| unreachable!("there are as many pixels as the shape has"))
    }

    /// Decompresses all channels into interleaved pixels: `height * width` times as many items as
    /// there are channels.
    ///
    /// Memory: a row of blocks of up to 16 channels per thread.
    ///
    /// # Errors
    /// [`ChannelDType`](crate::InvalidArgument::ChannelDType) when a channel is not of type `T`,
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch): nothing is written then.
    /// [`Error::Corrupt`] leaves pixels with unspecified values.
    pub fn read_interleaved_into<T: Element>(&self, pixels: &mut [T]) -> Result<()> {
        let channels = self.typed::<T>()?;
        check_len(self.interleaved_shape()?.nitems(), pixels.len())?;
        let Some(first) = channels.first().filter(|_| !pixels.is_empty()) else {
            return Ok(());
        };
        let rows = band_rows(first);
        let band_nitems = rows.saturating_mul(self.width() * channels.len());
        let mut bands: Vec<_> = pixels.chunks_mut(band_nitems).enumerate().collect();
        let nbytes = band_nitems.saturating_mul(size_of::<T>());
        for_each(&mut bands, nbytes, &|(index, pixels): &mut (usize, &mut [T])| {
            read_band(&channels, *index * rows, pixels)
        })
    }

    /// `(height, width, channels)`.
    fn interleaved_shape(&self) -> Result<Shape> {
        Shape::new([self.height(), self.width(), self.nchannels()])
    }
}

/// Interleaved pixels to be compressed.
struct Source<'a, T> {
    pixels: &'a [T],
    width: usize,
    nchannels: usize,
    /// What all channels are like.
    template: &'a Channel<T>,
}

impl<T: Element> Source<'_, T> {
    /// Encodes one chunk of each channel.
    fn encode(&self, index: usize) -> Result<Vec<EditedChunk>> {
        let region = self.template.chunk_region(index)?;
        let nitems = region.shape().nitems();
        let mut encoded = Vec::with_capacity(self.nchannels);
        for first in (0..self.nchannels).step_by(GROUP) {
            let lanes = GROUP.min(self.nchannels - first);
            with_items(lanes * nitems, |items: &mut [T]| -> Result<()> {
                let mut planes: Vec<_> = items.chunks_exact_mut(nitems).collect();
                self.take_apart(&region, first, &mut planes);
                for plane in planes {
                    encoded.push(self.template.encode_chunk(index, plane)?);
                }
                Ok(())
            })?;
        }
        Ok(encoded)
    }

    /// Copies a region's pixels of the channels from `first` on into planes.
    fn take_apart(&self, region: &Region, first: usize, planes: &mut [&mut [T]]) {
        let row_nitems = region.shape()[1];
        let whole_rows = row_nitems == self.width;
        // Whole rows lie one behind the other, and are taken apart at once.
        let (runs, run_nitems) = match whole_rows {
            true => (1, region.shape().nitems()),
            false => (region.shape()[0], row_nitems),
        };
        for run in 0..runs {
            let start = (region.start()[0] + run) * self.width + region.start()[1];
            let pixels = &self.pixels[start * self.nchannels..][..run_nitems * self.nchannels];
            let range = run * run_nitems..(run + 1) * run_nitems;
            let mut planes: Vec<_> =
                planes.iter_mut().map(|plane| &mut plane[range.clone()]).collect();
            gather(pixels, self.nchannels, first, &mut planes);
        }
    }
}

/// Copies of an empty channel. Without pixels, nothing else bounds how many are asked for.
fn copies<T: Element>(channel: &Channel<T>, nchannels: usize) -> Result<Vec<Channel<T>>> {
    let mut channels = Vec::new();
    let nbytes = (nchannels as u64).saturating_mul(size_of::<Channel<T>>() as u64);
    channels.try_reserve_exact(nchannels).map_err(|_| Error::OutOfMemory { nbytes })?;
    channels.resize(nchannels, channel.clone());
    Ok(channels)
}

/// Rows to decode at a time: whole blocks, so that none is decoded twice.
fn band_rows<T: Element>(channel: &Channel<T>) -> usize {
    let block_rows = channel.block_shape()[0];
    let nbytes = block_rows.saturating_mul(channel.width()).saturating_mul(size_of::<T>());
    block_rows.saturating_mul((BAND_NBYTES / nbytes.max(1)).max(1))
}

/// Decodes the rows from `row` on of all channels into interleaved pixels.
fn read_band<T: Element>(channels: &[&Channel<T>], row: usize, pixels: &mut [T]) -> Result<()> {
    let nchannels = channels.len();
    let nitems = pixels.len() / nchannels;
    let width = channels[0].width();
    let region = Region::new([row..row + nitems / width, 0..width])?;
    for (group, channels) in channels.chunks(GROUP).enumerate() {
        with_items(channels.len() * nitems, |items: &mut [T]| -> Result<()> {
            for (plane, channel) in items.chunks_exact_mut(nitems).zip(channels) {
                channel.read_region_into(&region, plane)?;
            }
            let planes: Vec<_> = items.chunks_exact(nitems).collect();
            scatter(&planes, pixels, nchannels, group * GROUP);
            Ok(())
        })?;
    }
    Ok(())
}
