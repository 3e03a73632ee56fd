//! PNG files from bands of rows.

use std::io::Write;

use png::{BitDepth, ColorType, Encoder, Info};

use super::metadata::add_metadata;
use super::{NAME, PngCompression};
use crate::dtype::DType;
use crate::format::names::{
    big_endian, check_colors, common_dtype, in_color_order, size_u32, unfit_dtype,
};
use crate::format::{Bands, FormatError, Output};
use crate::image::Image;

pub(super) fn encode(
    compression: PngCompression,
    image: &Image,
    out: &mut dyn Output,
) -> Result<(), FormatError> {
    let image = in_color_order(image)?;
    let info = info_of(&image)?;
    let itemsize = if info.bit_depth == BitDepth::Sixteen { 2 } else { 1 };
    let mut encoder = Encoder::with_info(&mut *out, info)?;
    encoder.set_compression(match compression {
        PngCompression::Fast => png::Compression::Fast,
        PngCompression::Balanced => png::Compression::Balanced,
        PngCompression::High => png::Compression::High,
    });
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    let mut bands = Bands::new(&image, 1)?;
    let mut pixels = Vec::new();
    while let Some(band) = bands.next_band()? {
        pixels.clear();
        band.interleave_rows(0..band.rows(), &mut pixels);
        big_endian(itemsize, &mut pixels);
        stream.write_all(&pixels)?;
    }
    stream.finish()?;
    Ok(writer.finish()?)
}

/// The header for an image that PNG can hold.
fn info_of(image: &Image) -> crate::error::Result<Info<'static>> {
    let [height, width] = size_u32(NAME, image, i32::MAX as u32)?;
    let dtype = common_dtype(NAME, image)?;
    check_colors(NAME, image)?;
    let mut info = Info::with_size(width, height);
    info.color_type = match image.nchannels() {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    info.bit_depth = match dtype {
        DType::U8 => BitDepth::Eight,
        DType::U16 => BitDepth::Sixteen,
        _ => return Err(unfit_dtype(NAME, image)),
    };
    add_metadata(image.metadata(), &mut info)?;
    Ok(info)
}
