//! NumPy's arrays in files.
//!
//! Source: NumPy Enhancement Proposal 1, and `numpy.lib.format` for versions 2 and 3.

mod header;
mod read;
mod write;

use super::{Decoder, Format, FormatError, Output, Source};
use crate::image::Image;
use crate::limits::Limits;

const NAME: &str = "NPY";

/// NumPy's `.npy` files of numbers: arrays of two axes (height, width), or of three (height, width,
/// channels).
///
/// Read: any byte order, in C or in Fortran order; channels are called by their numbers. Written:
/// channels of one type, one of them as an array of two axes; in C order, little endian. There is no
/// place for metadata.
#[derive(Debug, Clone, Copy, Default)]
pub struct Npy;

impl Format for Npy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        start.starts_with(b"\x93NUMPY")
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        Ok(Box::new(read::NpyDecoder::new(source, limits)?))
    }

    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        write::encode(image, out)
    }
}
