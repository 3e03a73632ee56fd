//! JPEG: grey or colour, 8 bits.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{ColorNames, Failure, Picture, planes_of};

/// Decodes a baseline or progressive image to grey or RGB.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Failure> {
    // Strict, so that a file cut short is an error and not a picture with a grey end.
    let options = DecoderOptions::default().set_strict_mode(true);
    let options = options.set_max_width(65_535).set_max_height(65_535);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(space));

    let pixels = decoder.decode()?;
    let (width, height) = decoder.dimensions().ok_or("has no size")?;
    let planes = planes_of(&pixels, space.num_components(), ColorNames::Color)?;
    Ok(Picture { format: "JPEG", height, width, planes })
}
