//! JPEG, by the `jpeg-decoder` crate, which knows the lossless kinds too.

use jpeg_decoder::{ColorTransform, Decoder, Error as JpegError, PixelFormat};

use super::FORMAT;
use super::image::Layout;
use crate::array::zeroed;
use crate::error::{Corruption, Error, Limit, Result};
use crate::limits::Limits;
use crate::volume::error::{VolumeError, unsupported};

/// More bytes of pixels than this for each compressed one are not possible: a block of 64 takes
/// two bits at least, in three colours of which two may be of a quarter of the size.
const MAX_RATIO: u64 = 1024;

/// Decodes a frame. Colours come as red, green and blue.
pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Vec<u8>> {
    let needed = layout.frame_nbytes();
    let allowed = limits.chunk_nbytes() as u64;
    if needed > allowed {
        let limit = Limit::ChunkNbytes;
        return Err(Error::LimitExceeded { limit, requested: needed, allowed });
    }
    if needed > MAX_RATIO * bytes.len() as u64 {
        let (needed, found) = (needed.div_ceil(MAX_RATIO), bytes.len() as u64);
        return Err(VolumeError::Length { needed, found }.of(FORMAT));
    }
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(needed as usize);
    decoder.read_info().map_err(failed)?;
    let info = decoder.info().ok_or_else(|| differs("nothing"))?;
    let samples = match info.pixel_format {
        PixelFormat::L8 | PixelFormat::L16 => 1,
        PixelFormat::RGB24 => 3,
        PixelFormat::CMYK32 => 4,
    };
    let size = (usize::from(info.height), usize::from(info.width));
    if size != (layout.rows, layout.columns) || samples != layout.samples {
        return Err(differs(format!("{} × {}, {samples} samples", size.0, size.1)));
    }
    if samples == 3 {
        // DICOM says what colours are, and its writers leave out what else would.
        let is_rgb = layout.colours == "RGB";
        let transform = if is_rgb { ColorTransform::RGB } else { ColorTransform::YCbCr };
        decoder.set_color_transform(transform);
    }
    let pixels = decoder.decode().map_err(failed)?;
    match (info.pixel_format, layout.dtype.itemsize()) {
        (PixelFormat::L8 | PixelFormat::RGB24, 1) | (PixelFormat::L16, 2) => {
            check_len(&pixels, needed)?;
            Ok(pixels)
        }
        // Up to eight bits, where the file has room for more.
        (PixelFormat::L8, 2) => {
            check_len(&pixels, needed / 2)?;
            let mut wide = zeroed(needed as usize)?;
            for (to, from) in wide.as_chunks_mut().0.iter_mut().zip(pixels) {
                *to = u16::from(from).to_ne_bytes();
            }
            Ok(wide)
        }
        _ => Err(differs("of another number of bits")),
    }
}

fn check_len(pixels: &[u8], needed: u64) -> Result<()> {
    let found = pixels.len() as u64;
    if found != needed {
        return Err(VolumeError::Length { needed, found }.of(FORMAT));
    }
    Ok(())
}

fn differs(found: impl Into<String>) -> Error {
    let rule = "the attributes of the file say otherwise";
    VolumeError::Field { field: "the JPEG image", value: found.into(), rule }.of(FORMAT)
}

fn failed(error: JpegError) -> Error {
    match error {
        JpegError::Unsupported(feature) => unsupported(FORMAT, format!("JPEG with {feature:?}")),
        other => Error::corrupt(Corruption::Image { format: FORMAT, source: Box::new(other) }),
    }
}
