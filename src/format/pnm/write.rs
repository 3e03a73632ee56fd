//! Netpbm's files from bands of rows.

use super::NAME;
use crate::dtype::DType;
use crate::error::InvalidArgument;
use crate::format::names::{
    big_endian, check_colors, common_dtype, in_color_order, size_u32, swap_bytes, unfit_dtype,
};
use crate::format::{Bands, FormatError, Output};
use crate::image::Image;
use crate::metadata::Value;

pub(super) fn encode(image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
    let image = in_color_order(image)?;
    let dtype = common_dtype(NAME, &image)?;
    let [height, width] = size_u32(NAME, &image, u32::MAX)?;
    let header = header_of(&image, dtype, height, width)?;
    out.write_all(header.as_bytes())?;
    let mut bands = Bands::new(&image, 1)?;
    let is_pfm = dtype == DType::F32;
    if is_pfm {
        bands = bands.reversed();
    }
    let mut pixels = Vec::new();
    while let Some(band) = bands.next_band()? {
        pixels.clear();
        if is_pfm {
            for row in (0..band.rows()).rev() {
                band.interleave_rows(row..row + 1, &mut pixels);
            }
            // The header says so.
            if cfg!(target_endian = "big") {
                swap_bytes(4, &mut pixels);
            }
        } else {
            band.interleave_rows(0..band.rows(), &mut pixels);
            big_endian(dtype.itemsize(), &mut pixels);
        }
        out.write_all(&pixels)?;
    }
    Ok(())
}

fn header_of(image: &Image, dtype: DType, height: u32, width: u32) -> crate::error::Result<String> {
    let found = image.nchannels();
    let largest = match dtype {
        DType::U8 => 255,
        DType::U16 => 65535,
        DType::F32 => {
            let scale = image.metadata().get("scale").and_then(Value::as_f64);
            let scale = scale.filter(|scale| *scale > 0.0 && scale.is_finite()).unwrap_or(1.0);
            return match found {
                1 => Ok(format!("Pf\n{width} {height}\n{}\n", -scale)),
                3 => Ok(format!("PF\n{width} {height}\n{}\n", -scale)),
                _ => Err(InvalidArgument::FormatChannels { format: NAME, found }.into()),
            };
        }
        _ => return Err(unfit_dtype(NAME, image)),
    };
    check_colors(NAME, image)?;
    // Another largest value would change the size of samples.
    let smallest = if dtype == DType::U8 { 1 } else { 256 };
    let maxval = image.metadata().get("maxval").and_then(Value::as_u64);
    let maxval = maxval.filter(|maxval| (smallest..=largest).contains(maxval)).unwrap_or(largest);
    match found {
        1 => Ok(format!("P5\n{width} {height}\n{maxval}\n")),
        3 => Ok(format!("P6\n{width} {height}\n{maxval}\n")),
        _ => {
            let kind = if found == 2 { "GRAYSCALE_ALPHA" } else { "RGB_ALPHA" };
            Ok(format!(
                "P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {found}\nMAXVAL {maxval}\n\
                 TUPLTYPE {kind}\nENDHDR\n"
            ))
        }
    }
}
