//! OpenEXR, by the crate `exr`: blocks of lines or tiles both ways, coded in parallel.
//!
//! Source: the technical introduction to OpenEXR and its file layout, openexr.com.

mod attributes;
mod read;
mod write;

use exr::error::Error as ExrError;
use exr::meta::attribute::Text;

use super::{Decoder, Format, FormatError, Output, Source};
use crate::image::Image;
use crate::limits::Limits;

const NAME: &str = "EXR";

/// OpenEXR files: channels of any names, each of `f16`, `f32` or `u32`.
///
/// Read: scanlines and tiles, in any compression; all parts, by number or by name; mip levels. Not read: deep data, and parts with channels of fewer pixels than others. An image is
/// the data window of its part.
///
/// Written: one part of one level, scanlines unless [tiles](Self::tile) are asked for. Channels are
/// sorted by name, as the format asks for.
///
/// Metadata: all attributes by their names, those of the header too. Texts, numbers, vectors (arrays)
/// and matrices (arrays of rows); `box2i` and `box2f` are minimum and maximum, x before y;
/// chromaticities x and y of red, green, blue and white; types of others' own are bytes. The entry
/// `exr_types` has the types of attributes that their values do not tell, so that they are written
/// again as they were. `displayWindow`, the place of `dataWindow`, `pixelAspectRatio`,
/// `screenWindowCenter` and `screenWindowWidth` are taken from metadata when writing; what describes
/// the file itself, from the encoder.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exr {
    compression: ExrCompression,
    tile: Option<[u32; 2]>,
}

/// How pixels are compressed in an EXR file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ExrCompression {
    /// Not at all.
    None,
    /// Runs of equal bytes.
    Rle,
    /// Deflate, each line for itself.
    Zips,
    /// Deflate, 16 lines together.
    #[default]
    Zip,
    /// Wavelets, 32 lines together: for photographs.
    Piz,
    /// Deflate, after `f32` is rounded to 24 bits. **Lossy** for `f32`.
    Pxr24,
    /// Blocks of fixed size. **Lossy** for `f16`.
    B44,
    /// As `B44`, flat blocks smaller. **Lossy** for `f16`.
    B44a,
}

impl Exr {
    /// The default: scanlines, ZIP.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses pixels so.
    #[must_use]
    pub fn compression(self, compression: ExrCompression) -> Self {
        Self { compression, ..self }
    }

    /// Writes tiles of this height and width, in pixels.
    #[must_use]
    pub fn tile(self, tile: [u32; 2]) -> Self {
        Self { tile: Some(tile), ..self }
    }
}

impl Format for Exr {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        start.starts_with(&[0x76, 0x2f, 0x31, 0x01])
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        Ok(Box::new(read::ExrDecoder::new(source, limits)?))
    }

    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        write::encode(self.compression, self.tile, image, out)
    }
}

/// A text of a file: UTF-8, or Latin-1 where it is none.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// A text for a file, as UTF-8: the crate itself would write Latin-1.
fn text_of(text: &str) -> Text {
    Text::from_slice_unchecked(text.as_bytes())
}

/// A name for a file, if it can be one: they end with a zero byte there.
fn name_of(name: &str) -> Option<Text> {
    let is_name = (1..=255).contains(&name.len()) && !name.contains('\0');
    is_name.then(|| text_of(name))
}

impl From<ExrError> for FormatError {
    fn from(error: ExrError) -> Self {
        match error {
            ExrError::NotSupported(what) => Self::Unsupported(what.into_owned()),
            ExrError::Io(error) => error.into(),
            error => Self::malformed(error),
        }
    }
}
