//! The header of a `.npy` file: a Python dictionary of three entries.

use std::io::Read;

use crate::dtype::DType;
use crate::format::{FormatError, SourceReader};

#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) dtype: DType,
    pub(super) is_swapped: bool,
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Where the elements begin.
    pub(super) start: u64,
}

/// Bytes of a header that are read.
const MAX_NBYTES: u32 = 1 << 16;

impl Header {
    pub(super) fn parse(reader: &mut SourceReader) -> Result<Self, FormatError> {
        let mut prefix = [0; 8];
        reader.read_exact(&mut prefix)?;
        let (nbytes, prefix_nbytes) = match prefix[6] {
            1 => {
                let mut nbytes = [0; 2];
                reader.read_exact(&mut nbytes)?;
                (u32::from(u16::from_le_bytes(nbytes)), 10)
            }
            2 | 3 => {
                let mut nbytes = [0; 4];
                reader.read_exact(&mut nbytes)?;
                (u32::from_le_bytes(nbytes), 12)
            }
            version => return Err(FormatError::unsupported(format!("version {version}"))),
        };
        if nbytes > MAX_NBYTES {
            return Err(FormatError::malformed("a header of more than 64 KiB"));
        }
        let mut text = vec![0; nbytes as usize];
        reader.read_exact(&mut text)?;
        let text = String::from_utf8(text).map_err(FormatError::malformed)?;
        let descr = entry(&text, "descr")
            .and_then(quoted)
            .ok_or_else(|| FormatError::unsupported("an array of records, or without a type"))?;
        let order = match entry(&text, "fortran_order") {
            Some(rest) if rest.starts_with("True") => true,
            Some(rest) if rest.starts_with("False") => false,
            _ => return Err(FormatError::malformed("no order in the header")),
        };
        let shape = entry(&text, "shape").and_then(lengths);
        let shape = shape.ok_or_else(|| FormatError::malformed("no shape in the header"))?;
        let (dtype, is_swapped) = dtype_of(descr)?;
        let start = prefix_nbytes + u64::from(nbytes);
        Ok(Self { dtype, is_swapped, is_fortran: order, shape, start })
    }
}

/// What stands behind a key.
fn entry<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let quotes = ['\'', '"'];
    let place = quotes.iter().find_map(|quote| {
        let key = format!("{quote}{key}{quote}");
        text.find(&key).map(|place| place + key.len())
    })?;
    Some(text[place..].trim_start().strip_prefix(':')?.trim_start())
}

/// The text in quotes at the start.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let text = &text[1..];
    Some(&text[..text.find(quote)?])
}

/// The numbers in brackets at the start.
fn lengths(text: &str) -> Option<Vec<usize>> {
    let text = text.strip_prefix('(')?;
    let numbers = text[..text.find(')')?].split(',').map(str::trim);
    numbers.filter(|number| !number.is_empty()).map(|number| number.parse().ok()).collect()
}

/// The type in the machine's byte order, and whether the file has the other one.
fn dtype_of(descr: &str) -> Result<(DType, bool), FormatError> {
    let unsupported = || FormatError::unsupported(format!("the type {descr:?}"));
    let native = if cfg!(target_endian = "little") { '<' } else { '>' };
    let order = descr.chars().next().ok_or_else(unsupported)?;
    let is_swapped = matches!(order, '<' | '>') && order != native;
    let dtype = format!("<{}", descr.get(1..).unwrap_or_default()).parse::<DType>();
    match dtype {
        Ok(DType::Opaque(_)) | Err(_) => Err(unsupported()),
        Ok(dtype) => Ok((dtype, is_swapped)),
    }
}
