//! Netpbm's formats and PFM: rows as they are.
//!
//! Source: the formats' manual pages, netpbm.sourceforge.net; PFM as Debevec's HDR Shop writes it.

mod header;
mod read;
mod write;

use super::{Decoder, Format, FormatError, Output, Source};
use crate::image::Image;
use crate::limits::Limits;

const NAME: &str = "PNM";

/// PBM, PGM, PPM and PAM files, as text or binary, and PFM files.
///
/// Read: integers up to 255 are `u8`, others `u16`, as the file has them; `maxval` is in the
/// metadata. Bits are 0 for black and 255 for white. PFM is `f32`, its scale in the metadata as
/// `scale`. Channels are `Y`, or `R`, `G` and `B`, and `A`; more than four are called by their
/// numbers.
///
/// Written: one or three channels of `u8` or `u16` as PGM or PPM, two and four as PAM; of `f32` as
/// PFM, little endian; binary, with `maxval` or `scale` of the metadata.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pnm;

impl Format for Pnm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        matches!(start, [b'P', b'1'..=b'7' | b'F' | b'f', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..])
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        Ok(Box::new(read::PnmDecoder::new(source, limits)?))
    }

    fn encode(&self, image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
        write::encode(image, out)
    }
}
