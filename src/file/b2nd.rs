//! The metalayer that says which array the chunks of a frame are.
//!
//! Source: `README_B2ND_METALAYER.rst` of C-Blosc2. Caterva, from which b2nd descends, has the same
//! without a dtype.

use crate::array::Grid;
use crate::dtype::DType;
use crate::error::{Corruption, Error, Result};
use crate::frame::wire::{FIXARRAY, INT32, INT64, Reader, STR32, invalid};
use crate::metadata::Metalayers;
use crate::shape::{MAX_NDIM, Shape};

/// The metalayer's name.
pub(super) const LAYER: &str = "b2nd";
/// Its name before it was part of Blosc2.
pub(super) const CATERVA_LAYER: &str = "caterva";
const VERSION: u8 = 0;
/// The dtype is a text of NumPy.
const NUMPY_DTYPE: u8 = 0;
/// Fields with and without a dtype.
const FIELDS: u8 = 7;
const CATERVA_FIELDS: u8 = 5;

/// What the metalayer says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) grid: Grid,
    pub(super) dtype: DType,
    /// The dtype as its writer had it, where that says more.
    pub(super) numpy_dtype: Option<String>,
}

/// The layout of an array in a frame with these metalayers; `None` if it holds none.
pub(super) fn parse(metalayers: &Metalayers, typesize: usize) -> Result<Option<Layout>> {
    let content = metalayers.bytes(LAYER).or_else(|| metalayers.bytes(CATERVA_LAYER));
    content.map(|content| parse_content(content, typesize)).transpose()
}

fn parse_content(content: &[u8], typesize: usize) -> Result<Layout> {
    let mut reader = Reader::new(content, 0);
    let fields = reader.u8()?;
    if !matches!(fields, CATERVA | WITH_DTYPE) {
        return Err(invalid("b2nd", fields, "it is an array of 5 or 7 fields"));
    }
    let version = reader.u8()?;
    if version > 0x7f {
        return Err(invalid("b2nd version", version, "it is at most 127"));
    }
    let ndim = usize::from(reader.u8()?);
    if ndim > MAX_NDIM {
        return Err(invalid("b2nd ndim", ndim, "arrays have up to 15 axes"));
    }
    let shape = lens(&mut reader, ndim, |reader| reader.i64_length("b2nd shape", INT64))?;
    let int32 = |field| move |reader: &mut Reader<'_>| reader.i32_length(field).map(u64::from);
    let chunk = lens(&mut reader, ndim, int32("b2nd chunkshape"))?;
    let block = lens(&mut reader, ndim, int32("b2nd blockshape"))?;
    let text = match fields {
        WITH_DTYPE => dtype_text(&mut reader)?,
        _ => None,
    };
    let grid = grid(typesize, &shape, chunk, block)?;
    let (dtype, numpy_dtype) = dtype(text, typesize)?;
    Ok(Layout { grid, dtype, numpy_dtype })
}

const CATERVA: u8 = FIXARRAY + CATERVA_FIELDS;
const WITH_DTYPE: u8 = FIXARRAY + FIELDS;

fn lens(
    reader: &mut Reader<'_>,
    ndim: usize,
    len: impl Fn(&mut Reader<'_>) -> Result<u64>,
) -> Result<Vec<usize>> {
    reader.marker("b2nd", FIXARRAY + ndim as u8)?;
    (0..ndim)
        .map(|_| {
            let len = len(reader)?;
            usize::try_from(len).map_err(|_| invalid("b2nd", len, "lengths fit the machine"))
        })
        .collect()
}

fn dtype_text(reader: &mut Reader<'_>) -> Result<Option<String>> {
    let format = reader.u8()?;
    reader.marker("b2nd dtype", STR32)?;
    let len = reader.u32()?;
    let text = std::str::from_utf8(reader.take(len as usize)?)
        .map_err(|_| invalid("b2nd dtype", len, "it is UTF-8"))?;
    Ok((format == NUMPY_DTYPE).then(|| text.to_owned()))
}

fn grid(typesize: usize, shape: &[usize], chunk: Vec<usize>, block: Vec<usize>) -> Result<Grid> {
    let in_b2nd = |error| match error {
        Error::InvalidArgument(source) => Error::corrupt(Corruption::Layout { source }),
        other => other,
    };
    // Arrays of nothing have chunks of nothing.
    let is_empty = shape.contains(&0);
    let part = |lens: Vec<usize>| -> Result<Shape> {
        let lens: Vec<usize> =
            lens.into_iter().map(|len| if is_empty { len.max(1) } else { len }).collect();
        Shape::new(lens)
    };
    Shape::new(shape)
        .and_then(|shape| Grid::new(typesize, shape, part(chunk)?, part(block)?))
        .map_err(in_b2nd)
}

/// The type of elements of `typesize` bytes, and its text where that says more.
fn dtype(text: Option<String>, typesize: usize) -> Result<(DType, Option<String>)> {
    let known = text.as_deref().and_then(|text| text.parse::<DType>().ok());
    match known {
        Some(dtype) if dtype.itemsize() == typesize => {
            let says_more = text.filter(|text| *text != dtype.numpy());
            Ok((dtype, says_more))
        }
        // C-Blosc2 calls bytes what it was told nothing of, whatever their number.
        Some(_) => Ok((DType::of_typesize(typesize)?, None)),
        // A text that says what they are, if not to us, does not speak of `u8`.
        None if text.is_some() => Ok((DType::opaque(typesize)?, text)),
        None => Ok((DType::of_typesize(typesize)?, None)),
    }
}

/// The metalayer's content for an array.
pub(super) fn write(grid: &Grid, dtype: &str) -> Vec<u8> {
    let ndim = grid.shape().ndim() as u8;
    let mut out = vec![WITH_DTYPE, VERSION, ndim, FIXARRAY + ndim];
    for &len in grid.shape().iter() {
        out.push(INT64);
        out.extend((len as u64).to_be_bytes());
    }
    for part in [grid.chunk_shape(), grid.block_shape()] {
        out.push(FIXARRAY + ndim);
        for &len in part.iter() {
            out.push(INT32);
            out.extend((len as u32).to_be_bytes());
        }
    }
    out.extend([NUMPY_DTYPE, STR32]);
    out.extend((dtype.len() as u32).to_be_bytes());
    out.extend(dtype.as_bytes());
    out
}

#[cfg(test)]
mod tests;
