//! PNG, by the crate `png`: row by row both ways.
//!
//! Source: Portable Network Graphics (PNG) Specification, third edition, W3C.

mod metadata;
mod read;
mod write;

use std::io;

use super::{Decoder, Format, FormatError, Output, Source};
use crate::image::Image;
use crate::limits::Limits;

const NAME: &str = "PNG";

/// PNG files: 1 to 16 bits, grey or colour, with or without alpha.
///
/// Read: 1, 2 and 4 bits of grey become 8, scaled, palettes become colours, transparent colours
/// become alpha, which is never multiplied into the colours. Channels are called `Y`, or `R`, `G`
/// and `B`, and `A`. Of an animation, it is the still image. An interlaced image is in memory once,
/// uncompressed.
///
/// Written: one to four channels of `u8` or `u16`, the last of two or four called `A`. Channels of
/// these names are written as such whatever their order; one or three others in the order of the
/// image.
///
/// Metadata: `gamma`, `srgb_intent`, `pixels_per_metre` (x, y), `icc_profile`, `exif`; texts by
/// their keywords.
#[derive(Debug, Clone, Copy, Default)]
pub struct Png {
    compression: PngCompression,
}

/// How much time is spent to make a PNG file small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PngCompression {
    /// Little.
    Fast,
    /// Some: the default of most programs.
    #[default]
    Balanced,
    /// Much.
    High,
}

impl Png {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Spends so much time to make files small.
    #[must_use]
    pub fn compression(self, compression: PngCompression) -> Self {
        Self { compression }
    }
}

impl Format for Png {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        start.starts_with(b"\x89PNG\r\n\x1a\n")
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        Ok(Box::new(read::PngDecoder::new(source, limits)?))
    }

    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        write::encode(self.compression, image, out)
    }
}

impl From<png::DecodingError> for FormatError {
    fn from(error: png::DecodingError) -> Self {
        match error {
            png::DecodingError::IoError(error) => error.into(),
            error => Self::malformed(error),
        }
    }
}

impl From<png::EncodingError> for FormatError {
    fn from(error: png::EncodingError) -> Self {
        match error {
            png::EncodingError::IoError(error) => Self::Io(error),
            error => Self::Io(io::Error::other(error)),
        }
    }
}
