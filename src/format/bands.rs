//! An image in bands of rows: what encoders read.

use super::plane::Plane;
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::image::Image;
use crate::parallel::for_each;
use crate::shape::Region;

/// Bytes of a band, unless a row has more.
const BAND_NBYTES: usize = 4 << 20;
/// Rows of a band where they are not too much: blocks have some, and are decoded whole.
const MIN_ROWS: usize = 64;

/// The rows of an image from the first to the last, or the other way round, some at once.
///
/// One band is in memory, 4 MiB or the rows that the format wants at least. Channels are
/// decompressed in parallel.
///
/// ```
/// use ndpress::format::Bands;
/// use ndpress::{Image, Options};
///
/// let image = Image::full(["Y"], [1000, 10], 7u8, &Options::default())?;
/// let (mut bands, mut rows) = (Bands::new(&image, 16)?, 0);
/// while let Some(band) = bands.next_band()? {
///     assert!(band.samples::<u8>(0)?.iter().all(|&sample| sample == 7));
///     rows += band.rows();
/// }
/// assert_eq!(rows, 1000);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug)]
pub struct Bands<'i> {
    image: &'i Image,
    rows: usize,
    /// Rows that have been read.
    done: usize,
    is_reversed: bool,
    band: Band,
}

/// Some rows of all channels of an image, decompressed.
#[derive(Debug)]
pub struct Band {
    y: usize,
    rows: usize,
    planes: Vec<Plane>,
}

impl<'i> Bands<'i> {
    /// Bands of a multiple of `multiple` rows; the last one has what is left.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(image: &'i Image, multiple: usize) -> Result<Self> {
        let row_nbytes: usize = image
            .channels()
            .map(|(_, channel)| image.width().saturating_mul(channel.dtype().itemsize()))
            .fold(0, usize::saturating_add);
        // A large image may have as much of it in memory as takes to decode each block once.
        let block_rows = image.channels().map(|(_, channel)| channel.as_array().block_shape()[0]);
        let least = block_rows.max().unwrap_or(1).min(MIN_ROWS);
        let rows = (BAND_NBYTES / row_nbytes.max(1)).max(least);
        let multiple = multiple.max(1);
        let rows = (rows / multiple).max(1).saturating_mul(multiple);
        let band = Band { y: 0, rows: 0, planes: Vec::new() };
        Ok(Self { image, rows, done: 0, is_reversed: false, band })
    }

    /// The last band first. Rows in a band stay in their order.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { is_reversed: true, ..self }
    }

    /// Decompresses the next band; `None` after the last.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn next_band(&mut self) -> Result<Option<&Band>> {
        let (height, width) = (self.image.height(), self.image.width());
        let rows = self.rows.min(height - self.done);
        if rows == 0 || width == 0 {
            return Ok(None);
        }
        let y = if self.is_reversed { height - self.done - rows } else { self.done };
        let region = Region::new([y..y + rows, 0..width])?;
        let mut spare = std::mem::take(&mut self.band.planes).into_iter();
        let mut jobs = Vec::with_capacity(self.image.nchannels());
        for (_, channel) in self.image.channels() {
            let plane = Plane::new(channel.dtype(), rows * width, spare.next())?;
            jobs.push((channel.as_array(), plane));
        }
        let nbytes = jobs.first().map_or(0, |(_, plane)| plane.bytes().len());
        for_each(&mut jobs, nbytes, &|(array, plane): &mut (&crate::AnyArray, Plane)| {
            array.read_region_bytes_into(&region, plane.bytes_mut())
        })?;
        let planes = jobs.into_iter().map(|(_, plane)| plane).collect();
        self.band = Band { y, rows, planes };
        self.done += rows;
        Ok(Some(&self.band))
    }
}

impl Band {
    /// The first row's number in the image.
    #[must_use]
    pub fn y(&self) -> usize {
        self.y
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many channels there are.
    #[must_use]
    pub fn nchannels(&self) -> usize {
        self.planes.len()
    }

    /// The type of a channel, which exists.
    #[must_use]
    pub fn dtype(&self, channel: usize) -> DType {
        self.planes[channel].dtype()
    }

    /// Samples of a channel, which exists, in row order.
    ///
    /// # Errors
    /// [`DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    pub fn samples<T: Element + bytemuck::Pod>(&self, channel: usize) -> Result<&[T]> {
        self.planes[channel].samples()
    }

    /// Samples of a channel, which exists, as bytes in the machine's order.
    #[must_use]
    pub fn bytes(&self, channel: usize) -> &[u8] {
        self.planes[channel].bytes()
    }

    /// Appends the samples of some rows, those of a pixel side by side, in the machine's byte order.
    /// `rows` count from the band's first. All channels have one type.
    pub fn interleave_rows(&self, rows: std::ops::Range<usize>, out: &mut Vec<u8>) {
        let Some(first) = self.planes.first() else { return };
        let itemsize = first.dtype().itemsize();
        let row_nbytes = first.bytes().len() / self.rows.max(1);
        let nbytes = rows.start * row_nbytes..rows.end * row_nbytes;
        let planes: Vec<&[u8]> =
            self.planes.iter().map(|plane| &plane.bytes()[nbytes.clone()]).collect();
        let start = out.len();
        out.resize(start + nbytes.len() * planes.len(), 0);
        let out = &mut out[start..];
        match itemsize {
            1 => interleave::<1>(&planes, out),
            2 => interleave::<2>(&planes, out),
            4 => interleave::<4>(&planes, out),
            8 => interleave::<8>(&planes, out),
            _ => interleave::<16>(&planes, out),
        }
    }
}

fn interleave<const SIZE: usize>(planes: &[&[u8]], out: &mut [u8]) {
    let planes: Vec<&[[u8; SIZE]]> = planes.iter().map(|plane| plane.as_chunks().0).collect();
    crate::arch::interleave::scatter(&planes, out.as_chunks_mut().0, planes.len(), 0);
}
