//! TIFF: integers and floats of 8 to 64 bits, strips or tiles, any bands, interleaved or planar.

use std::io::Cursor;

use ndpress::Element;
use tiff::ColorType;
use tiff::decoder::{BufferLayoutPreference, Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::{ColorNames, Failure, Picture, planes_of};
use crate::plane::Plane;

/// The `PlanarConfiguration` of files that store one band after the other.
const PLANAR: u16 = 2;

/// Decodes the first page. Samples of 1, 2 or 4 bits become bytes of the same value.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Failure> {
    let mut decoder = Decoder::new(Cursor::new(bytes))?.with_limits(Limits::unlimited());
    let (width, height) = decoder.dimensions()?;
    let color = decoder.colortype()?;
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration)? == Some(PLANAR);
    let mut samples = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut samples)?;

    let (height, width) = (height as usize, width as usize);
    let nbands = usize::from(color.num_samples());
    let bands = Bands { names: names(color), planar, nbands };
    let planes = match samples {
        DecodingResult::U8(samples) => {
            let row_nitems = if planar { width } else { width * nbands };
            bands.split(&unpacked(samples, color.bit_depth(), row_nitems, &layout)?)
        }
        DecodingResult::U16(samples) => bands.split(&samples),
        DecodingResult::U32(samples) => bands.split(&samples),
        DecodingResult::U64(samples) => bands.split(&samples),
        DecodingResult::I8(samples) => bands.split(&samples),
        DecodingResult::I16(samples) => bands.split(&samples),
        DecodingResult::I32(samples) => bands.split(&samples),
        DecodingResult::I64(samples) => bands.split(&samples),
        DecodingResult::F16(samples) => bands.split(&samples),
        DecodingResult::F32(samples) => bands.split(&samples),
        DecodingResult::F64(samples) => bands.split(&samples),
    };
    Ok(Picture { format: "TIFF", height, width, planes: planes? })
}

fn names(color: ColorType) -> ColorNames {
    match color {
        ColorType::Gray(_) | ColorType::GrayA(_) | ColorType::RGB(_) | ColorType::RGBA(_) => {
            ColorNames::Color
        }
        ColorType::CMYK(_) | ColorType::CMYKA(_) => ColorNames::Cmyk,
        _ => ColorNames::Bands,
    }
}

/// What is known about the bands of a file.
struct Bands {
    names: ColorNames,
    planar: bool,
    nbands: usize,
}

impl Bands {
    fn split<T: Element>(&self, samples: &[T]) -> Result<Vec<Plane>, Failure> {
        if !self.planar {
            return planes_of(samples, self.nbands, self.names);
        }
        let names = self.names.names(self.nbands).into_iter();
        let planes = samples.chunks_exact((samples.len() / self.nbands).max(1));
        Ok(names.zip(planes).map(|(name, plane)| Plane::new(name, plane.to_vec())).collect())
    }
}

/// One byte per sample, for samples that are packed into bytes from the highest bit on.
fn unpacked(
    bytes: Vec<u8>,
    bits: u8,
    row_nitems: usize,
    layout: &BufferLayoutPreference,
) -> Result<Vec<u8>, Failure> {
    if bits == 8 {
        return Ok(bytes);
    }
    if !matches!(bits, 1 | 2 | 4) {
        return Err(format!("samples of {bits} bits are not supported").into());
    }
    let row_nbytes = layout.row_stride.map_or(1, usize::from);
    let mask = (1 << bits) - 1;
    let shifts = || (0..8 / bits).rev().map(move |position| position * bits);
    let unpack = |row: &[u8]| -> Vec<u8> {
        let samples = row.iter().flat_map(|byte| shifts().map(move |shift| byte >> shift & mask));
        samples.take(row_nitems).collect()
    };
    Ok(bytes.chunks_exact(row_nbytes).flat_map(unpack).collect())
}
