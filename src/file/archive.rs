//! Several files in one: a zip archive whose members are stored as they are, so that each is read
//! where it lies.
//!
//! Below is the `rawzip` crate. This is what python-blosc2 calls `.b2z`.

use std::io::Write;
use std::sync::Arc;

use rawzip::{CompressionMethod, ReaderAt, ZipArchiveWriter, ZipLocator};

use crate::error::{Corruption, Error, Result};
use crate::frame::{ReadAt, Window};
use crate::limits::Limits;

/// Room for an entry of the directory, whose fields may be of 64 KiB each.
const ENTRY_NBYTES: usize = 4 << 16;
/// What an entry of the directory takes at least.
const MIN_ENTRY_NBYTES: u64 = 46;

/// A member of an archive, which is stored as it is.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: Arc<dyn ReadAt>,
}

/// Whether these bytes begin an archive.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Writes members, one after the other.
pub(super) struct Archive<W: Write>(ZipArchiveWriter<W>);

impl<W: Write> Archive<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(ZipArchiveWriter::new(writer))
    }

    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut add = || -> Result<(), rawzip::Error> {
            let (mut entry, config) = self.0.new_file(name).start()?;
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes)?;
            let (_, descriptor) = writer.finish()?;
            entry.finish(descriptor).map(drop)
        };
        add().map_err(in_archive)
    }

    /// Writes the directory.
    pub(super) fn finish(self) -> Result<()> {
        self.0.finish().map(drop).map_err(in_archive)
    }
}

/// The members of an archive, in the order of its directory; those that are compressed are left
/// out.
pub(super) fn members(bytes: &Arc<dyn ReadAt>, limits: &Limits) -> Result<Vec<Member>> {
    read_members(bytes, limits).map_err(in_archive)?
}

fn read_members(
    bytes: &Arc<dyn ReadAt>,
    limits: &Limits,
) -> Result<Result<Vec<Member>>, rawzip::Error> {
    let nbytes = bytes.nbytes()?;
    let mut buffer = vec![0; ENTRY_NBYTES];
    let archive = ZipLocator::new()
        .locate_in_reader(Bytes(bytes.clone()), &mut buffer, nbytes)
        .map_err(|(_, error)| error)?;
    let directory_nbytes = archive.eocd_offset().saturating_sub(archive.directory_offset());
    if let Err(error) = limits.check_frame(directory_nbytes as usize) {
        return Ok(Err(error));
    }
    let (mut members, mut entries) = (Vec::new(), archive.entries(&mut buffer));
    while let Some(entry) = entries.next_entry()? {
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        let is_stored = entry.compression_method() == CompressionMethod::STORE;
        if is_stored && !entry.is_dir() {
            let (start, end) = archive.get_entry(entry.wayfinder())?.compressed_data_range();
            let window = Window::new(bytes.clone(), start, end.saturating_sub(start));
            members.push(Member { name, bytes: Arc::new(window) });
        }
        debug_assert!(members.len() as u64 <= directory_nbytes / MIN_ENTRY_NBYTES);
    }
    Ok(Ok(members))
}

fn in_archive(error: rawzip::Error) -> Error {
    match error.kind() {
        rawzip::ErrorKind::IO(io) => Error::Io { path: None, source: io.kind().into() },
        _ => Error::corrupt(Corruption::Archive { source: Box::new(error) }),
    }
}

/// Bytes as `rawzip` reads them.
struct Bytes(Arc<dyn ReadAt>);

impl ReaderAt for Bytes {
    fn read_at(&self, dst: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let rest = self.0.nbytes()?.saturating_sub(offset);
        let len = dst.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        self.0.read_exact_at(&mut dst[..len], offset)?;
        Ok(len)
    }
}
