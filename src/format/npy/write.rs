//! `.npy` files from bands of rows.

use super::NAME;
use crate::dtype::DType;
use crate::format::names::{common_dtype, swap_bytes, unfit_dtype};
use crate::format::{Bands, FormatError, Output};
use crate::image::Image;

/// Headers are padded to a multiple of this, so that elements are aligned when mapped.
const ALIGNMENT: usize = 64;

pub(super) fn encode(image: &Image, out: &mut dyn Output) -> Result<(), FormatError> {
    let dtype = common_dtype(NAME, image)?;
    if matches!(dtype, DType::Opaque(_)) {
        return Err(unfit_dtype(NAME, image).into());
    }
    let (height, width, nchannels) = (image.height(), image.width(), image.nchannels());
    let shape = match nchannels {
        1 => format!("({height}, {width})"),
        _ => format!("({height}, {width}, {nchannels})"),
    };
    let descr = dtype.numpy();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // The magic, the version and the length; and a line's end.
    let nbytes = (10 + header.len() + 1).next_multiple_of(ALIGNMENT) - 10;
    header.push_str(&" ".repeat(nbytes - header.len() - 1));
    header.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;

    let mut bands = Bands::new(image, 1)?;
    let mut pixels = Vec::new();
    while let Some(band) = bands.next_band()? {
        pixels.clear();
        band.interleave_rows(0..band.rows(), &mut pixels);
        if cfg!(target_endian = "big") {
            swap_bytes(dtype.itemsize(), &mut pixels);
        }
        out.write_all(&pixels)?;
    }
    Ok(())
}
