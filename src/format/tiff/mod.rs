//! TIFF and BigTIFF. Directories are read and written by the crate `tiff`; strips and tiles here, row
//! by row, so that a strip as large as the image takes no more memory than another, and those of an
//! image are coded in parallel.
//!
//! Sources: TIFF revision 6.0, Adobe 1992; TIFF Technical Notes 1 to 3 (predictor for floats,
//! deflate); the BigTIFF design, libtiff.

mod bits;
mod layout;
mod predictor;
mod read;
mod streams;
mod tags;
mod write;

use tiff::TiffError;

use super::{Decoder, Format, FormatError, Output, Source};
use crate::image::Image;
use crate::limits::Limits;

const NAME: &str = "TIFF";

/// TIFF files: integers, floats and complex numbers, any number of bands.
///
/// Read: strips and tiles, bands side by side or one after the other, both byte orders, BigTIFF;
/// uncompressed, LZW, deflate, PackBits, Zstandard (feature `zstd`), with predictors; JPEG as far as
/// the crate `tiff` goes. Integers of 1 to 16 bits that are no whole bytes become `u8` or `u16` of
/// the same value. Pages are parts. Values are what the file holds: palettes are not looked up
/// (`ColorMap` is in the metadata), white that is zero is not inverted.
///
/// Channels are called `Y`, `R`, `G` and `B`, `C`, `M`, `Y` and `K`, `L`, `a` and `b`, or `index` in
/// a palette; `A` for alpha; bands of anything else by their numbers.
///
/// Written: one page in strips, channels of one type, side by side. Channels of the names above are
/// written as such, whatever their order. BigTIFF where the pixels may need it.
///
/// Metadata: tags by their names, others as `tag_` and the number; those that describe the pixels'
/// layout are left out. Fractions are arrays of numerator and denominator. GeoTIFF's keys are
/// `GeoKeyDirectory`, `GeoDoubleParams`, `GeoAsciiParams`, `ModelPixelScale`, `ModelTiepoint` and
/// `ModelTransformation`; GDAL's `GDAL_METADATA` and `GDAL_NODATA`.
#[derive(Debug, Clone, Copy)]
pub struct Tiff {
    compression: TiffCompression,
    has_predictor: bool,
}

/// How strips are compressed in a TIFF file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TiffCompression {
    /// Not at all.
    None,
    /// LZW.
    Lzw,
    /// Deflate.
    #[default]
    Deflate,
    /// Zstandard, which few programs but those of GDAL and libtiff read.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Default for Tiff {
    fn default() -> Self {
        Self { compression: TiffCompression::default(), has_predictor: true }
    }
}

impl Tiff {
    /// The default: deflate after prediction.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses strips so.
    #[must_use]
    pub fn compression(self, compression: TiffCompression) -> Self {
        Self { compression, ..self }
    }

    /// Compresses samples as they are, rather than their differences to those before.
    #[must_use]
    pub fn no_predictor(self) -> Self {
        Self { has_predictor: false, ..self }
    }
}

impl Format for Tiff {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        matches!(start, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        Ok(Box::new(read::TiffDecoder::new(source, limits)?))
    }

    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        write::encode(self, image, out)
    }
}

impl From<TiffError> for FormatError {
    fn from(error: TiffError) -> Self {
        match error {
            TiffError::IoError(error) => error.into(),
            TiffError::UnsupportedError(error) => {
                Self::unsupported(error.to_string().trim_end_matches(" is unsupported"))
            }
            error => Self::malformed(error),
        }
    }
}
