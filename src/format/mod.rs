//! Image files of other formats, streamed into and out of compressed images.
//!
//! Below is [`image`](crate::image); a format knows nothing of chunks and codecs, and the rest of
//! the crate nothing of formats. Decoders put strips and tiles onto a [`Canvas`], which cuts them
//! into chunks and compresses those beside the decoder; encoders read bands of rows.
//!
//! ```text
//! ImageReader      what to read, and how to hold it       reader, request
//!   Source         bytes of a file, from anywhere         source
//!   Format         a trait, implemented by each format    this file
//!   Canvas         strips and tiles become chunks         canvas, cell, plane
//!   Strip          a look at pixels before that           strip
//! Image::save_as   a file of another format               save, bands
//! ```
//!
//! Each format is a Cargo feature, `images` stands for all of them:
//!
//! | feature | reads | writes | in memory while reading |
//! |---|---|---|---|
//! | `exr` | scanlines and tiles, parts, mip levels, any channels; no deep data, no subsampling | [`Exr`] | some tiles or blocks of lines |
//! | `tiff` | strips and tiles, planar or not, BigTIFF, pages, 1 to 64 bits | [`Tiff`] | some strips or tiles; rows of uncompressed ones |
//! | `png` | 1 to 16 bits, palettes | [`Png`] | a row; the image if it is interlaced |
//! | `jpeg` | baseline and progressive | | the image once, interleaved |
//! | `pnm` | PBM, PGM, PPM, PAM, PFM | [`Pnm`] | some rows |
//! | `npy` | any NumPy dtype of numbers, two or three axes | [`Npy`] | some rows |
//! | `image` | Radiance HDR, BMP, GIF, TGA, WebP, QOI, farbfeld, ICO, DDS | | the image once, interleaved |
//!
//! Pixels are what the file holds: nothing is converted, scaled or multiplied by alpha unless you
//! [ask](ImageReader::scale_to) for it.

mod bands;
mod canvas;
mod cell;
mod convert;
mod error;
mod glob;
mod info;
#[cfg_attr(not(feature = "images"), allow(dead_code, reason = "each format uses its part"))]
mod names;
mod plane;
mod progress;
mod reader;
mod request;
mod save;
mod source;
mod strip;

#[cfg(feature = "image")]
mod dynamic;
#[cfg(feature = "exr")]
mod exr;
#[cfg(feature = "jpeg")]
mod jpeg;
#[cfg(feature = "npy")]
mod npy;
#[cfg(feature = "image")]
mod other;
#[cfg(feature = "png")]
mod png;
#[cfg(feature = "pnm")]
mod pnm;
#[cfg(feature = "tiff")]
mod tiff;

use std::fmt;
use std::sync::Arc;

pub use self::bands::{Band, Bands};
pub use self::canvas::{Canvas, Pixels};
pub use self::error::FormatError;
#[cfg(feature = "exr")]
pub use self::exr::{Exr, ExrCompression};
pub use self::info::{ChannelInfo, ImageInfo, PartInfo};
#[cfg(feature = "jpeg")]
pub use self::jpeg::Jpeg;
#[cfg(feature = "npy")]
pub use self::npy::Npy;
#[cfg(feature = "image")]
pub use self::other::OtherFormats;
#[cfg(feature = "png")]
pub use self::png::{Png, PngCompression};
#[cfg(feature = "pnm")]
pub use self::pnm::Pnm;
pub use self::progress::Progress;
pub use self::reader::ImageReader;
pub use self::request::PartKey;
pub use self::save::Output;
pub use self::source::{Source, SourceReader};
pub use self::strip::Strip;
#[cfg(feature = "tiff")]
pub use self::tiff::{Tiff, TiffCompression};

use crate::image::Image;
use crate::limits::Limits;

/// How many bytes from the start of a file its format is known by.
pub(crate) const START_NBYTES: usize = 512;

/// A format of image files.
///
/// A value of the type says how to write; reading needs no settings, so that any value reads. Your
/// own format is used by [`ImageReader::format`] and [`Image::save_as`].
///
/// ```
/// use ndpress::format::{Canvas, Decoder, Format, FormatError, ImageInfo, ImageReader, PartInfo};
/// use ndpress::format::{Pixels, Source};
/// use ndpress::{DType, Limits, Region};
///
/// /// Height and width, a byte each, and a byte for each pixel.
/// #[derive(Debug)]
/// struct Tiny;
///
/// #[derive(Debug)]
/// struct TinyDecoder(Source, ImageInfo);
///
/// impl Format for Tiny {
///     fn name(&self) -> &'static str {
///         "Tiny"
///     }
///
///     fn recognizes(&self, start: &[u8]) -> bool {
///         start.starts_with(b"tiny")
///     }
///
///     fn decoder(&self, source: Source, _: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
///         let mut size = [0; 2];
///         source.read_exact_at(&mut size, 4)?;
///         let part = PartInfo::new(size.map(usize::from)).with_channel("Y", DType::U8);
///         Ok(Box::new(TinyDecoder(source, ImageInfo::new(self.name(), [part]))))
///     }
/// }
///
/// impl Decoder for TinyDecoder {
///     fn info(&self) -> &ImageInfo {
///         &self.1
///     }
///
///     fn decode(&mut self, _: usize, _: usize, canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
///         let [height, width] = canvas.size();
///         let mut row = vec![0; width];
///         for y in 0..height {
///             self.0.read_exact_at(&mut row, 6 + (y * width) as u64)?;
///             canvas.put(&Region::new([y..y + 1, 0..width])?, &Pixels::plane(0, &row, width))?;
///         }
///         Ok(())
///     }
/// }
///
/// let image = ImageReader::new().format(Tiny).read(b"tiny\x02\x03abcdef".to_vec())?;
/// assert_eq!(image.channel::<u8>("Y")?.to_vec()?, b"abcdef");
/// # Ok::<(), ndpress::Error>(())
/// ```
pub trait Format: fmt::Debug + Send + Sync {
    /// What the format is called: `"TIFF"`.
    fn name(&self) -> &'static str;

    /// Whether a file that starts so is one of this format. `start` are up to 512 bytes.
    fn recognizes(&self, start: &[u8]) -> bool;

    /// Reads the header of a file that was recognized. Nothing is allocated that the file only
    /// claims to need.
    ///
    /// # Errors
    /// [`FormatError`], for what the header says. Damage behind the header may show later.
    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError>;

    /// Writes an image with this value's settings, in bands of rows. An image that the format cannot
    /// hold is refused before the first byte.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::InvalidArgument) for what the format cannot hold, as
    /// [`FormatError::Other`]; what reading the image and writing to `out` may answer.
    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        let (_, _) = (image, out);
        Err(crate::Error::from(crate::Unsupported::Encoding { format: self.name() }).into())
    }
}

/// A file of some [`Format`] whose header has been read.
pub trait Decoder: fmt::Debug {
    /// What the header says.
    fn info(&self) -> &ImageInfo;

    /// Decodes a level of a part, both of which exist, and puts all of its pixels onto the canvas:
    /// each pixel once, in any order, strips and tiles in parallel where the format allows it
    /// ([`Canvas::spawn`]). Channels that the canvas [does not want](Canvas::channels) may be
    /// skipped.
    ///
    /// # Errors
    /// [`FormatError`]; what the canvas answers is passed on.
    fn decode(
        &mut self,
        part: usize,
        level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError>;
}

/// All formats of this build, in the order in which they are tried.
pub(crate) fn formats() -> Vec<Arc<dyn Format>> {
    vec![
        #[cfg(feature = "exr")]
        Arc::new(Exr::default()),
        #[cfg(feature = "png")]
        Arc::new(Png::default()),
        #[cfg(feature = "tiff")]
        Arc::new(Tiff::default()),
        #[cfg(feature = "jpeg")]
        Arc::new(Jpeg),
        #[cfg(feature = "npy")]
        Arc::new(Npy),
        #[cfg(feature = "pnm")]
        Arc::new(Pnm),
        // Some of these have no mark at their start: they come last.
        #[cfg(feature = "image")]
        Arc::new(OtherFormats),
    ]
}
