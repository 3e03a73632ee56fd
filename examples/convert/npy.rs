//! NumPy's `.npy` files, format 1.0 to 3.0.
//!
//! Source: the documentation of `numpy.lib.format`.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::Result;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The most a header may take: NumPy's own bound is lower.
const MAX_HEADER_NBYTES: usize = 1 << 20;
/// What the header with everything before it is a multiple of.
const ALIGNMENT: usize = 64;

pub(crate) struct NpyReader {
    file: BufReader<File>,
    header: Header,
}

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    numpy_dtype: String,
    itemsize: usize,
    is_fortran_order: bool,
    shape: Vec<usize>,
}

impl NpyReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut start = [0; 8];
        file.read_exact(&mut start)?;
        if !start.starts_with(MAGIC) {
            return Err(format!("{path:?} is no .npy file").into());
        }
        let len = match start[6] {
            1 => {
                let mut len = [0; 2];
                file.read_exact(&mut len)?;
                u16::from_le_bytes(len).into()
            }
            2 | 3 => {
                let mut len = [0; 4];
                file.read_exact(&mut len)?;
                u32::from_le_bytes(len) as usize
            }
            version => return Err(format!("{path:?} is of .npy format {version}").into()),
        };
        if len > MAX_HEADER_NBYTES {
            return Err(format!("{path:?} has a header of {len} bytes").into());
        }
        let mut text = vec![0; len];
        file.read_exact(&mut text)?;
        let text = match start[6] {
            3 => String::from_utf8(text)?,
            // Latin-1.
            _ => text.into_iter().map(char::from).collect(),
        };
        let header = Header::parse(&text).ok_or_else(|| {
            format!("{path:?} has a header that is not understood: {}", text.trim_end())
        })?;
        Ok(Self { file, header })
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    pub(crate) fn itemsize(&self) -> usize {
        self.header.itemsize
    }

    pub(crate) fn numpy_dtype(&self) -> &str {
        &self.header.numpy_dtype
    }

    pub(crate) fn is_fortran_order(&self) -> bool {
        self.header.is_fortran_order
    }

    /// Fills `dst` with the next elements.
    pub(crate) fn read(&mut self, dst: &mut [u8]) -> Result<()> {
        self.file.read_exact(dst).map_err(|error| format!("elements: {error}").into())
    }
}

impl Header {
    /// Parses the literal of a Python dictionary with just these keys.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('{')?.trim_start();
        let (mut descr, mut order, mut shape) = (None, None, None);
        while !rest.starts_with('}') {
            let (key, after) = quoted(rest)?;
            let after = after.trim_start().strip_prefix(':')?.trim_start();
            let (value, after) = value(after)?;
            match key {
                "descr" => descr = Some(value),
                "fortran_order" => order = Some(value),
                "shape" => shape = Some(value),
                _ => return None,
            }
            rest = after.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        let descr = descr?;
        let numpy_dtype = match quoted(descr) {
            Some((text, "")) => text.to_owned(),
            _ if descr.starts_with('[') => descr.to_owned(),
            _ => return None,
        };
        let lens = shape?.strip_prefix('(')?.strip_suffix(')')?;
        let lens = lens.split(',').map(str::trim).filter(|len| !len.is_empty());
        // Older versions of NumPy on Python 2 wrote `3L`.
        let shape =
            lens.map(|len| len.trim_end_matches('L').parse().ok()).collect::<Option<_>>()?;
        Some(Self {
            itemsize: itemsize(&numpy_dtype).filter(|&size| size > 0)?,
            numpy_dtype,
            is_fortran_order: match order? {
                "True" => true,
                "False" => false,
                _ => return None,
            },
            shape,
        })
    }
}

/// The text of a literal at the start, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| "'\"".contains(*c))?;
    let rest = &text[1..];
    let end = rest.find(quote)?;
    Some((&rest[..end], &rest[end + 1..]))
}

/// A value as it is written, up to the comma or brace behind it.
fn value(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth = depth.checked_sub(1)?,
            (',' | '}', None) if depth == 0 => return Some((text[..at].trim_end(), &text[at..])),
            _ => {}
        }
    }
    None
}

/// Bytes of an element of a NumPy type: a text, or a list of fields.
fn itemsize(dtype: &str) -> Option<usize> {
    if !dtype.starts_with('[') {
        return dtype.parse::<ndpress::DType>().ok().map(ndpress::DType::itemsize);
    }
    let mut rest = dtype.strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut size = 0_usize;
    while !rest.is_empty() {
        let (field, after) = field(rest)?;
        size = size.checked_add(field)?;
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    Some(size)
}

/// Bytes of a field `(name, dtype)` or `(name, dtype, shape)`, and what follows.
fn field(text: &str) -> Option<(usize, &str)> {
    let rest = text.strip_prefix('(')?;
    let (name, rest) = value(rest)?;
    // A name, or a pair of title and name.
    if !name.starts_with(['\'', '"', '(']) {
        return None;
    }
    let rest = rest.strip_prefix(',')?.trim_start();
    let mut depth = 0;
    let end = rest.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' | ']' => depth -= 1,
            _ => {}
        }
        None
    })?;
    let (inner, after) = (&rest[..end], &rest[end + 1..]);
    let closed = format!("{inner},");
    let (dtype, shape) = value(&closed)?;
    let one = match quoted(dtype) {
        Some((text, "")) => itemsize(text)?,
        _ => itemsize(dtype)?,
    };
    let lens = shape.chars().filter(|c| !"() ".contains(*c)).collect::<String>();
    let lens = lens.split(',').filter(|len| !len.is_empty()).map(|len| len.parse::<usize>().ok());
    let count = lens.collect::<Option<Vec<_>>>()?.into_iter().try_fold(1, usize::checked_mul)?;
    Some((one.checked_mul(count)?, after))
}

/// Writes a file that is there when it is complete.
pub(crate) struct NpyWriter {
    file: BufWriter<File>,
    temporary: PathBuf,
    path: PathBuf,
}

impl NpyWriter {
    pub(crate) fn create(path: &Path, dtype: &str, shape: &[usize]) -> Result<Self> {
        let temporary = path.with_extension(format!("npy.{}.tmp", std::process::id()));
        let file = BufWriter::with_capacity(1 << 20, File::create(&temporary)?);
        let mut writer = Self { file, temporary, path: path.to_owned() };
        writer.file.write_all(&header(dtype, shape)?)?;
        Ok(writer)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.file.write_all(bytes)?)
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(fs::rename(&self.temporary, &self.path)?)
    }
}

impl Drop for NpyWriter {
    fn drop(&mut self) {
        // Gone already, when it was finished.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn header(dtype: &str, shape: &[usize]) -> Result<Vec<u8>> {
    let descr = if dtype.starts_with('[') { dtype.to_owned() } else { format!("'{dtype}'") };
    let lens: String = shape.iter().map(|len| format!("{len}, ")).collect();
    let lens = if shape.len() > 1 { lens.trim_end_matches(", ") } else { lens.trim_end() };
    let mut text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({lens}), }}");
    let version: u8 = match () {
        () if !text.is_ascii() => 3,
        () if text.len() + ALIGNMENT > usize::from(u16::MAX) => 2,
        () => 1,
    };
    let len_nbytes = if version == 1 { 2 } else { 4 };
    let before = MAGIC.len() + 2 + len_nbytes;
    let padded = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
    text += &" ".repeat(padded - 1 - text.len());
    text.push('\n');
    let mut out = Vec::from(MAGIC);
    out.extend([version, 0]);
    out.extend(&u32::try_from(text.len())?.to_le_bytes()[..len_nbytes]);
    out.extend(text.as_bytes());
    Ok(out)
}
