//! NIfTI: a header of 348 or 540 bytes, extensions, voxels; in one file or two, gzipped or not.
//!
//! `header` reads the fields, `place` what they say of the world, `about` makes metadata of them.
//! Here are the files: bytes come as a stream, gzipped or not, and voxels go on as they come.

mod about;
mod header;
mod place;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use self::about::metadata;
use self::header::{Header, Voxel};
use super::error::VolumeError;
use super::fill::Fill;
use super::{Rescale, Volume};
use crate::array::{AnyArray, Options};
use crate::error::{Corruption, Error, Result, Unsupported};
use crate::limits::Limits;

/// The name of the format in errors.
const FORMAT: &str = "NIfTI";

/// Bytes that are read at once. A multiple of all sizes of voxels but those of three bytes, which
/// have no byte order.
const PIECE: u64 = 256 << 10;

/// Opens a file by its content; the other one of a pair by its name.
pub(super) fn open(path: &Path, options: &Options, limits: &Limits) -> Result<Volume> {
    let mut stream = Stream::open(path)?;
    if let Some(header) = Header::parse(stream.peek(header::MAX_NBYTES)?)? {
        return read(path, stream, &header, options, limits);
    }
    // The voxels of a pair tell nothing of themselves.
    let header_path = sibling(path, "img", "hdr").ok_or(Unsupported::Format)?;
    let mut stream = Stream::open(&header_path)?;
    match Header::parse(stream.peek(header::MAX_NBYTES)?)? {
        Some(header) if header.is_pair => read(&header_path, stream, &header, options, limits),
        _ => Err(Unsupported::Format.into()),
    }
}

/// Reads what a header describes.
fn read(
    path: &Path,
    mut stream: Stream,
    header: &Header,
    options: &Options,
    limits: &Limits,
) -> Result<Volume> {
    let (voxel, offset) = (header.voxel()?, header.voxel_offset()?);
    let mut fill = Fill::new(voxel.dtype, &header.shape(voxel)?, options, limits)?;
    let end = offset.saturating_add(fill.nbytes() as u64);
    stream.skip(header.nbytes() as u64)?;
    // Between the header and the voxels are extensions; in a pair they have the rest of the file.
    let mut extensions = Vec::new();
    if header.is_pair {
        stream.read_up_to(&mut extensions, limits.frame_nbytes() as u64)?;
        stream = Stream::open(&sibling(path, "hdr", "img").ok_or(Unsupported::Format)?)?;
        stream.check_holds(end)?;
        stream.skip(offset)?;
    } else {
        stream.check_holds(end)?;
        let nbytes = offset - header.nbytes() as u64;
        limits.check_frame(usize::try_from(nbytes).unwrap_or(usize::MAX))?;
        stream.read_up_to(&mut extensions, nbytes)?;
    }
    let extensions = about::extensions(&extensions, header)?;
    copy_voxels(&mut stream, header, voxel, &mut fill)?;
    Ok(volume(header, fill.finish(), extensions))
}

fn volume(header: &Header, array: AnyArray, extensions: crate::metadata::Value) -> Volume {
    let place = place::place(header, array.shape().ndim());
    let (slope, intercept) = (header.scl_slope, header.scl_inter);
    // A slope of 0 says that there is none.
    let is_scaled = slope != 0.0 && slope.is_finite() && intercept.is_finite();
    let rescales = is_scaled.then_some(Rescale { slope, intercept }).into_iter().collect();
    Volume { array, metadata: metadata(header, extensions), place, rescales }
}

/// Brings voxels from the stream into the array.
fn copy_voxels(stream: &mut Stream, header: &Header, voxel: Voxel, fill: &mut Fill) -> Result<()> {
    let mut left = fill.nbytes() as u64;
    let mut piece = Vec::new();
    while left > 0 {
        piece.clear();
        let wanted = left.min(PIECE);
        let found = stream.read_up_to(&mut piece, wanted)?;
        if found < wanted {
            let needed = stream.position - found + left;
            return Err(Error::Truncated { needed, found: stream.position });
        }
        if header.is_big_endian != cfg!(target_endian = "big") {
            swap(&mut piece, voxel.part);
        }
        fill.write(&piece)?;
        left -= found;
    }
    stream.check_end()
}

/// Turns around the bytes of each number.
fn swap(bytes: &mut [u8], size: usize) {
    if size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}

/// The name of the other file of a pair: with another ending in place of this one, whatever the
/// compression of either. `None` if the name has not this ending.
fn sibling(path: &Path, ending: &str, other: &str) -> Option<PathBuf> {
    let is_gzipped = has_ending(path, "gz");
    let plain = if is_gzipped { path.with_extension("") } else { path.to_owned() };
    if !has_ending(&plain, ending) {
        return None;
    }
    let is_upper = plain.extension()?.to_str()?.chars().all(|c| c.is_ascii_uppercase());
    let plain = plain.with_extension(if is_upper { other.to_uppercase() } else { other.into() });
    let mut gzipped = plain.clone().into_os_string();
    gzipped.push(".gz");
    let (first, second) = match is_gzipped {
        true => (gzipped.into(), plain),
        false => (plain, PathBuf::from(gzipped)),
    };
    Some(if first.is_file() || !second.is_file() { first } else { second })
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// A file's bytes in order, without its compression.
struct Stream {
    bytes: Bytes,
    /// What was looked at and not yet read.
    peeked: Vec<u8>,
    path: PathBuf,
    /// Length of the file, where it is not compressed.
    len: Option<u64>,
    position: u64,
}

enum Bytes {
    Plain(BufReader<File>),
    Gzip(Box<MultiGzDecoder<BufReader<File>>>),
}

impl Stream {
    fn open(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Self> {
            let mut file = File::open(path)?;
            let len = file.metadata()?.len();
            let mut magic = Vec::new();
            (&mut file).take(2).read_to_end(&mut magic)?;
            io::Seek::rewind(&mut file)?;
            let file = BufReader::with_capacity(64 << 10, file);
            let (bytes, len) = match *magic {
                [0x1f, 0x8b] => (Bytes::Gzip(Box::new(MultiGzDecoder::new(file))), None),
                _ => (Bytes::Plain(file), Some(len)),
            };
            Ok(Self { bytes, peeked: Vec::new(), path: path.to_owned(), len, position: 0 })
        };
        open().map_err(|error| Error::from(error).in_file(Some(path)))
    }

    /// The first bytes, so many or what there is, which are read later again.
    fn peek(&mut self, most: usize) -> Result<&[u8]> {
        let mut peeked = Vec::new();
        self.read_up_to(&mut peeked, most as u64)?;
        (self.peeked, self.position) = (peeked, 0);
        Ok(&self.peeked)
    }

    /// Appends so many bytes, or what there is; how many.
    fn read_up_to(&mut self, out: &mut Vec<u8>, most: u64) -> Result<u64> {
        let before = out.len();
        let peeked = self.peeked.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        out.extend(self.peeked.drain(..peeked));
        let most = most - peeked as u64;
        let result = match &mut self.bytes {
            Bytes::Plain(file) => file.take(most).read_to_end(out),
            Bytes::Gzip(decoder) => decoder.take(most).read_to_end(out),
        };
        let found = (out.len() - before) as u64;
        self.position += found;
        match result {
            // A gzip stream that ends early is as if its bytes did.
            Err(error) if self.len.is_none() && error.kind() == io::ErrorKind::UnexpectedEof => {
                Ok(found)
            }
            result => result.map(|_| found).map_err(|error| self.failed(error)),
        }
    }

    fn skip(&mut self, mut nbytes: u64) -> Result<()> {
        let mut piece = Vec::new();
        while nbytes > 0 {
            piece.clear();
            let found = self.read_up_to(&mut piece, nbytes.min(PIECE))?;
            if found == 0 {
                let (needed, found) = (self.position + nbytes, self.position);
                return Err(Error::Truncated { needed, found });
            }
            nbytes -= found;
        }
        Ok(())
    }

    /// Checks that a file that is not compressed is so long.
    fn check_holds(&self, needed: u64) -> Result<()> {
        match self.len {
            Some(found) if found < needed => Err(Error::Truncated { needed, found }),
            _ => Ok(()),
        }
    }

    /// Reads a gzip stream to its end, so that it compares its checksum. Bytes after the voxels are
    /// nobody's.
    fn check_end(&mut self) -> Result<()> {
        let Bytes::Gzip(decoder) = &mut self.bytes else { return Ok(()) };
        match io::copy(decoder, &mut io::sink()) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Error::Truncated { needed: self.position + 1, found: self.position })
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput};
        let is_damaged = self.len.is_none() && matches!(error.kind(), InvalidData | InvalidInput);
        let error = match is_damaged {
            true => Error::corrupt(Corruption::Image { format: FORMAT, source: Box::new(error) }),
            false => error.into(),
        };
        error.in_file(Some(&self.path))
    }
}

/// The error for a field that no writer can have meant.
fn invalid(field: &'static str, value: impl ToString, rule: &'static str) -> Error {
    VolumeError::field(field, value, rule).of(FORMAT)
}
