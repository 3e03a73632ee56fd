//! The bytes of a file, from wherever they come.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::frame::{Held, ReadAt};

/// The bytes of an image file: of a file, in memory, or of anything else that can be read.
///
/// A clone is another handle on the same bytes; several threads may read at once.
///
/// ```
/// use ndpress::format::Source;
///
/// let source = Source::from(vec![1, 2, 3, 4]);
/// let mut two = [0; 2];
/// source.read_exact_at(&mut two, 1)?;
/// assert_eq!((source.nbytes()?, two), (4, [2, 3]));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Source(Arc<dyn ReadAt>);

impl Source {
    /// Bytes that can be read at any place.
    #[must_use]
    pub fn new(bytes: Arc<dyn ReadAt>) -> Self {
        Self(bytes)
    }

    /// A file, which is read when its pixels are. Nothing is mapped into memory.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file =
            File::open(path).map_err(|error| crate::Error::from(error).in_file(Some(path)))?;
        Ok(Self::new(Arc::new(file)))
    }

    /// A reader that can seek. Threads take turns with it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn from_seekable(mut reader: impl Read + Seek + Send + 'static) -> Result<Self> {
        let nbytes = reader.seek(SeekFrom::End(0))?;
        Ok(Self::new(Arc::new(Shared { nbytes, reader: Mutex::new(reader) })))
    }

    /// All bytes of a reader, which are held in memory: files are not read in one go.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn from_reader(mut reader: impl Read) -> Result<Self> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    /// Bytes in memory, which are used where they are.
    #[must_use]
    pub fn from_bytes(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::new(Arc::new(Held(bytes)))
    }

    /// How many bytes there are.
    ///
    /// # Errors
    /// The system's.
    pub fn nbytes(&self) -> io::Result<u64> {
        self.0.nbytes()
    }

    /// Fills `dst` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when there are not so many; the system's.
    pub fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(dst, offset)
    }

    /// Up to so many bytes from the start.
    pub(crate) fn start(&self, nbytes: usize) -> Result<Vec<u8>> {
        let mut start = vec![0; nbytes.min(usize::try_from(self.nbytes()?).unwrap_or(nbytes))];
        self.read_exact_at(&mut start, 0)?;
        Ok(start)
    }

    /// The bytes one after the other, with a buffer.
    #[must_use]
    pub fn reader(&self) -> SourceReader {
        SourceReader { source: self.clone(), position: 0, buffer: Vec::new(), start: 0 }
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<&'static [u8]> for Source {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<Arc<[u8]>> for Source {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<File> for Source {
    fn from(file: File) -> Self {
        Self::new(Arc::new(file))
    }
}

/// Bytes that are read ahead at once.
const BUFFER_NBYTES: usize = 32 << 10;

/// A [`Source`] read from one end to the other, or with [`Seek`]. Allocates a buffer of 32 KiB.
#[derive(Debug)]
pub struct SourceReader {
    source: Source,
    position: u64,
    /// Bytes of the source from `start` on.
    buffer: Vec<u8>,
    start: u64,
}

impl SourceReader {
    /// What is in the buffer from the position on.
    fn buffered(&self) -> &[u8] {
        let skip =
            self.position.checked_sub(self.start).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.buffer.get(skip..)).unwrap_or_default()
    }
}

impl BufRead for SourceReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffered().is_empty() {
            let rest = self.source.nbytes()?.saturating_sub(self.position);
            let nbytes = usize::try_from(rest).unwrap_or(BUFFER_NBYTES).min(BUFFER_NBYTES);
            self.buffer.resize(nbytes, 0);
            self.start = self.position;
            if let Err(error) = self.source.read_exact_at(&mut self.buffer, self.position) {
                self.buffer.clear();
                return Err(error);
            }
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount.min(self.buffered().len()) as u64;
    }
}

impl Read for SourceReader {
    fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_empty() && dst.len() >= BUFFER_NBYTES {
            let rest = self.source.nbytes()?.saturating_sub(self.position);
            let nbytes = usize::try_from(rest).unwrap_or(usize::MAX).min(dst.len());
            self.source.read_exact_at(&mut dst[..nbytes], self.position)?;
            self.position += nbytes as u64;
            return Ok(nbytes);
        }
        let bytes = self.fill_buf()?;
        let nbytes = bytes.len().min(dst.len());
        dst[..nbytes].copy_from_slice(&bytes[..nbytes]);
        self.consume(nbytes);
        Ok(nbytes)
    }
}

impl Seek for SourceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.source.nbytes()?.checked_add_signed(distance),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// A reader for several threads.
struct Shared<R> {
    nbytes: u64,
    reader: Mutex<R>,
}

impl<R> std::fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("nbytes", &self.nbytes).finish_non_exhaustive()
    }
}

impl<R: Read + Seek + Send> ReadAt for Shared<R> {
    fn nbytes(&self) -> io::Result<u64> {
        Ok(self.nbytes)
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        // Who panicked left no more than a position, which is set here.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.seek(SeekFrom::Start(offset))?;
        reader.read_exact(dst)
    }
}
