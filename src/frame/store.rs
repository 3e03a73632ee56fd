//! Where a frame that changes puts its bytes, such that it is never half changed.
//!
//! Nothing that is part of the frame is overwritten. In a contiguous frame chunks are appended, and
//! a commit appends a new table and a new trailer; the frame is the old one until the header, which
//! says where these are, is written anew. As a header may be cut in two when the machine fails, a
//! copy of it lies behind the trailer until it is written:
//!
//! ```text
//! header | chunks, tables and trailers of before, chunks, table | trailer | header, its length, hash, magic
//! ```
//!
//! In a sparse frame chunks are new files, and a commit is a new index file that takes the place of
//! the old one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use xxhash_rust::xxh3::xxh3_64;

use super::read_at::{ReadAt, read};
use super::source::chunk_path;
use crate::error::{Error, Result};

/// What ends the copy of a header.
const COMMIT_MAGIC: &[u8; 8] = b"ndpcommt";
/// Length, hash and magic.
const COMMIT_END_LEN: u64 = 4 + 8 + 8;

/// The file of a sparse frame's folder that has everything but the chunks.
pub(super) const INDEX_NAME: &str = "chunks.b2frame";

/// Bytes that can also be written.
pub(super) trait WriteAt: ReadAt {
    fn write_all_at(&self, src: &[u8], offset: u64) -> io::Result<()>;
    fn set_nbytes(&self, nbytes: u64) -> io::Result<()>;
    /// Returns when what was written survives a failure of the machine.
    fn sync(&self) -> io::Result<()>;
    /// Gives the writer's lock back.
    fn unlock(&self) {}
}

impl WriteAt for File {
    #[cfg(unix)]
    fn write_all_at(&self, src: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, src, offset)
    }

    #[cfg(windows)]
    fn write_all_at(&self, mut src: &[u8], mut offset: u64) -> io::Result<()> {
        while !src.is_empty() {
            let n = std::os::windows::fs::FileExt::seek_write(self, src, offset)?;
            src = &src[n..];
            offset += n as u64;
        }
        Ok(())
    }

    fn set_nbytes(&self, nbytes: u64) -> io::Result<()> {
        self.set_len(nbytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn unlock(&self) {
        // The system does so when the file is closed; but a process that this one is just starting
        // may have it for a moment longer.
        let _ = File::unlock(self);
    }
}

/// A frame in memory.
#[derive(Debug, Default)]
pub(super) struct Memory(RwLock<Vec<u8>>);

impl Memory {
    /// All bytes; none are left.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ReadAt for Memory {
    fn nbytes(&self) -> io::Result<u64> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).read_exact_at(dst, offset)
    }
}

impl WriteAt for Memory {
    fn write_all_at(&self, src: &[u8], offset: u64) -> io::Result<()> {
        let mut bytes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let end = start.checked_add(src.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        let missing = end.saturating_sub(bytes.len());
        bytes.try_reserve(missing).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if start == bytes.len() {
            bytes.extend_from_slice(src);
        } else {
            let len = bytes.len() + missing;
            bytes.resize(len, 0);
            bytes[start..end].copy_from_slice(src);
        }
        Ok(())
    }

    fn set_nbytes(&self, nbytes: u64) -> io::Result<()> {
        let nbytes = usize::try_from(nbytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).resize(nbytes, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts a file's bytes where nobody sees them until they are complete, and then in place of another.
pub(crate) struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<File>,
}

impl Replacement {
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let in_file = |error: io::Error| Error::from(error).in_file(Some(path));
        // In the same folder, so that taking the place is one step of the file system.
        for attempt in 0..u32::MAX {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}-{attempt}.tmp", std::process::id()));
            let temporary = path.with_file_name(name);
            match File::options().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    return Ok(Self { path: path.to_owned(), temporary, file: Some(file) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(in_file(error)),
            }
        }
        Err(in_file(io::ErrorKind::AlreadyExists.into()))
    }

    /// The file to write to.
    pub(crate) fn file(&self) -> &File {
        match &self.file {
            Some(file) => file,
            None => unreachable!("it is taken by `commit`, which ends this"),
        }
    }

    /// Writes a file in the place of another: as a whole, or not at all.
    pub(crate) fn write_with(
        path: &Path,
        write: impl FnOnce(&mut BufWriter<&File>) -> Result<()>,
    ) -> Result<()> {
        let replacement = Self::new(path)?;
        let mut out = BufWriter::new(replacement.file());
        let written = write(&mut out).and_then(|()| Ok(out.flush()?));
        drop(out);
        written.map_err(|error| error.in_file(Some(path)))?;
        replacement.commit().map(drop)
    }

    /// Puts the file in its place, complete and for good.
    pub(crate) fn commit(mut self) -> Result<File> {
        let commit = || -> io::Result<()> {
            self.file().sync_all()?;
            fs::rename(&self.temporary, &self.path)?;
            sync_folder(&self.path)
        };
        commit().map_err(|error| Error::from(error).in_file(Some(&self.path)))?;
        match self.file.take() {
            Some(file) => Ok(file),
            None => unreachable!("it is only taken here"),
        }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // It was not put in place. Nobody is left to tell if it cannot be removed.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Makes a new name in a folder last.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    let _ = path;
    Ok(())
}

/// Opens a file to change it, if no other writer has it.
pub(super) fn open_locked(path: &Path) -> Result<File> {
    let in_file = |error: io::Error| Error::from(error).in_file(Some(path));
    loop {
        let file = File::options().read(true).write(true).open(path).map_err(in_file)?;
        lock(&file, path)?;
        // The one who had the lock may have put another file in its place meanwhile.
        if is_at(&file, path).map_err(in_file)? {
            return Ok(file);
        }
    }
}

/// Takes the writer's lock of a file.
pub(super) fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Locked { path: path.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(Error::from(error).in_file(Some(path))),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (file.metadata()?, fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> io::Result<bool> {
    // A file that is open cannot be replaced there.
    Ok(true)
}

/// Where the chunks of a frame go.
#[derive(Debug)]
pub(super) enum Store {
    Contiguous {
        bytes: Arc<dyn WriteAt>,
        /// Where the next bytes go.
        end: u64,
    },
    Sparse {
        folder: Arc<Path>,
        /// The number of the next chunk's file.
        next: u64,
        /// The number of the first chunk's file that may not last yet.
        unsynced: u64,
        /// The file whose lock is that of the folder.
        lock: File,
    },
}

impl Drop for Store {
    fn drop(&mut self) {
        match self {
            Self::Contiguous { bytes, .. } => bytes.unlock(),
            Self::Sparse { lock, .. } => WriteAt::unlock(lock),
        }
    }
}

impl Store {
    /// Writes a chunk and the hashes of its extents; the answer is its id, counted from `base`.
    pub(super) fn append(&mut self, chunk: &[u8], hashes: &[u8], base: u64) -> Result<u64> {
        match self {
            Self::Contiguous { bytes, end } => {
                let start = *end + hashes.len() as u64;
                // One write for small chunks, and no copy of large ones.
                if chunk.len() < 64 << 10 {
                    let mut both = Vec::with_capacity(hashes.len() + chunk.len());
                    both.extend_from_slice(hashes);
                    both.extend_from_slice(chunk);
                    bytes.write_all_at(&both, *end)?;
                } else {
                    bytes.write_all_at(hashes, *end)?;
                    bytes.write_all_at(chunk, start)?;
                }
                *end = start + chunk.len() as u64;
                Ok(start - base)
            }
            Self::Sparse { folder, next, .. } => {
                let path = chunk_path(folder, *next);
                let write = || -> io::Result<()> {
                    // Left by a writer that did not commit, if there is one.
                    let mut file = File::create(&path)?;
                    file.write_all(chunk)?;
                    file.write_all(hashes)
                };
                write().map_err(|error| Error::from(error).in_file(Some(&path)))?;
                *next += 1;
                Ok(*next - 1)
            }
        }
    }

    /// Makes a header, a table and a trailer the frame.
    pub(super) fn commit(&mut self, header: &[u8], index: &[u8], trailer: &[u8]) -> Result<()> {
        match self {
            Self::Contiguous { bytes, end } => {
                let mut tail = [index, trailer].concat();
                let frame_len = *end + tail.len() as u64;
                write_commit(&mut tail, header);
                bytes.write_all_at(&tail, *end)?;
                bytes.sync()?;
                // From here on all of it may be part of the file, also after an error.
                *end += tail.len() as u64;
                bytes.write_all_at(header, 0)?;
                bytes.sync()?;
                bytes.set_nbytes(frame_len)?;
                *end = frame_len;
                Ok(())
            }
            Self::Sparse { folder, next, unsynced, .. } => {
                for id in *unsynced..*next {
                    sync_chunk(&chunk_path(folder, id))?;
                }
                *unsynced = *next;
                let replacement = Replacement::new(&folder.join(INDEX_NAME))?;
                let parts = [header, index, trailer].concat();
                WriteAt::write_all_at(replacement.file(), &parts, 0)?;
                replacement.commit().map(drop)
            }
        }
    }
}

/// Makes a chunk's file last.
fn sync_chunk(path: &Path) -> Result<()> {
    let sync = || File::open(path)?.sync_all();
    sync().map_err(|error| Error::from(error).in_file(Some(path)))
}

/// Appends a copy of a header that is about to be written.
fn write_commit(tail: &mut Vec<u8>, header: &[u8]) {
    tail.extend(header);
    tail.extend((header.len() as u32).to_le_bytes());
    tail.extend(xxh3_64(header).to_le_bytes());
    tail.extend(COMMIT_MAGIC);
}

/// The copy of a header at the end of a file whose writer did not come to write it, or not whole.
pub(super) fn read_commit(bytes: &dyn ReadAt) -> Result<Option<Vec<u8>>> {
    let nbytes = bytes.nbytes()?;
    let Some(end_at) = nbytes.checked_sub(COMMIT_END_LEN) else { return Ok(None) };
    let end = read(bytes, end_at..nbytes)?;
    let Some(rest) = end.strip_suffix(COMMIT_MAGIC) else { return Ok(None) };
    let (len, hash) = rest.split_at(4);
    let len = len.iter().rev().fold(0, |len, byte| len << 8 | u64::from(*byte));
    let Some(start) = end_at.checked_sub(len) else { return Ok(None) };
    let header = read(bytes, start..end_at)?;
    Ok((hash == xxh3_64(&header).to_le_bytes()).then(|| header.into_owned()))
}
