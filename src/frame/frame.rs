//! A row of chunks: what it is, and reading it.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::header::{FrameHeader, FrameKind};
use super::index::{Entry, special_chunk};
use super::options::OpenOptions;
use super::source::FrameSource;
use super::store::Store;
use crate::array::{Blocks, ChunkSource};
use crate::chunk::{Chunk, Special};
use crate::error::{IndexKind, InvalidArgument, Result};
use crate::metadata::Metalayers;

/// Chunks of one size in a row, with metalayers: what Blosc2 calls a super-chunk, in a file
/// (*contiguous*), in a folder (*sparse*), or in memory.
///
/// Opening reads the header, the table of chunks and the trailer; a chunk is read when it is asked
/// for. Who opens a frame sees it as it was then, whatever a writer does meanwhile.
///
/// Changes count from the next [`flush`](Self::flush) on, all of them at once: whenever the process
/// or the machine ends, the file holds the state of one flush. What was not flushed is lost when a
/// frame is dropped. One writer may have a file at a time.
///
/// ```
/// use ndpress::frame::{Frame, FrameOptions, OpenOptions};
/// use ndpress::{Chunk, ChunkOptions, Registry};
///
/// # let folder = std::env::temp_dir().join(format!("ndpress-frame-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let path = folder.join("samples.b2frame");
/// let mut frame = Frame::create(&path, &FrameOptions::new().typesize(2))?;
/// for number in 0..10u16 {
///     let samples: Vec<u8> = (0..50_000).flat_map(|i| (i / 7 + number).to_le_bytes()).collect();
///     frame.append_chunk(&Chunk::encode(&samples, 2, &ChunkOptions::new())?)?;
/// }
/// frame.vlmetalayers_mut()?.insert("author", "me")?;
/// frame.flush()?;
/// drop(frame);
///
/// let frame = Frame::open(&path, &OpenOptions::new())?;
/// assert_eq!((frame.nchunks(), frame.nbytes()), (10, 1_000_000));
/// let samples = frame.chunk(3)?.decode(&Registry::default())?;
/// assert_eq!(samples[..2], 3u16.to_le_bytes());
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct Frame {
    pub(super) header: FrameHeader,
    pub(super) metalayers: Metalayers,
    pub(super) vlmetalayers: Metalayers,
    pub(super) entries: Vec<Entry>,
    pub(super) source: Arc<FrameSource>,
    /// Where changes go; `None` for a frame that is only read.
    pub(super) store: Option<Store>,
    pub(super) options: OpenOptions,
    /// Whether there are changes since the last flush.
    pub(super) is_changed: bool,
}

impl Frame {
    /// Number of chunks.
    #[must_use]
    pub fn nchunks(&self) -> usize {
        self.entries.len()
    }

    /// Uncompressed bytes of all chunks.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.header.nbytes
    }

    /// Bytes that the chunks take, with what is dead between them.
    #[must_use]
    pub fn cbytes(&self) -> u64 {
        match &self.store {
            // What was appended since the last flush lies behind its trailer.
            Some(Store::Contiguous { end, .. }) => {
                self.header.cbytes + (*end - self.header.frame_len)
            }
            _ => self.header.cbytes,
        }
    }

    /// Bytes of an element.
    #[must_use]
    pub fn typesize(&self) -> usize {
        self.header.typesize
    }

    /// Uncompressed bytes of each chunk but the last, which may have fewer; 0 if they vary, and
    /// before there is one.
    #[must_use]
    pub fn chunksize(&self) -> usize {
        self.header.chunksize
    }

    /// Uncompressed bytes of a block; 0 if they vary.
    #[must_use]
    pub fn blocksize(&self) -> usize {
        self.header.blocksize
    }

    /// How the chunks are kept.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        self.header.kind
    }

    /// The file or folder, for a frame that is in one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.source.path.as_deref()
    }

    /// The metalayers of the header, which do not change.
    #[must_use]
    pub fn metalayers(&self) -> &Metalayers {
        &self.metalayers
    }

    /// The variable-length metalayers of the trailer.
    #[must_use]
    pub fn vlmetalayers(&self) -> &Metalayers {
        &self.vlmetalayers
    }

    /// The variable-length metalayers, to change.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`].
    pub fn vlmetalayers_mut(&mut self) -> Result<&mut Metalayers> {
        self.check_writable()?;
        self.is_changed = true;
        Ok(&mut self.vlmetalayers)
    }

    /// A chunk. Reads it, unless the frame is in memory; checks it, unless the options say not to.
    ///
    /// # Errors
    /// [`InvalidArgument::IndexOutOfBounds`]; [`Error::Io`](crate::Error::Io);
    /// [`Error::Corrupt`](crate::Error::Corrupt) naming the file, the
    /// chunk and its place. All other chunks can be read nevertheless.
    pub fn chunk(&self, index: usize) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.load(index, Blocks::All)
    }

    /// A chunk of which at least these blocks can be decoded: what lies between is not read.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub fn blocks(&self, index: usize, blocks: &[usize]) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.load(index, Blocks::Only(blocks))
    }

    fn load(&self, index: usize, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.check_index(index, self.nchunks())?;
        let chunk = match &self.entries[index] {
            Entry::Stored(stored) => self.source.load(stored, blocks),
            Entry::Special(special) => self.special(*special, index),
        };
        chunk.map_err(|error| error.in_chunk(index))
    }

    /// A chunk that is only an entry.
    fn special(&self, special: Special, index: usize) -> Result<Chunk<Cow<'_, [u8]>>> {
        let nbytes = self.chunk_nbytes(index)?;
        self.options.limits.check_chunk(nbytes)?;
        Ok(special_chunk(special, nbytes, self.typesize())?.map_bytes(Cow::Owned))
    }

    /// Uncompressed bytes of a chunk that exists.
    pub(super) fn chunk_nbytes(&self, index: usize) -> Result<usize> {
        match (self.header.chunksize, &self.entries[index]) {
            (0, Entry::Stored(stored)) => Ok(self.source.load(stored, Blocks::All)?.nbytes()),
            // Where lengths vary, nobody says what this one is.
            (0, Entry::Special(_)) => Ok(0),
            (chunksize, _) => {
                let start = index as u64 * chunksize as u64;
                Ok((self.header.nbytes - start).min(chunksize as u64) as usize)
            }
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn header(&self) -> &FrameHeader {
        &self.header
    }

    pub(crate) fn source(&self) -> &Arc<FrameSource> {
        &self.source
    }

    pub(crate) fn options(&self) -> &OpenOptions {
        &self.options
    }

    pub(super) fn check_index(&self, index: usize, len: usize) -> Result<()> {
        if index >= len {
            let what = IndexKind::Chunk;
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        Ok(())
    }

    pub(super) fn check_writable(&self) -> Result<()> {
        match &self.store {
            Some(_) => Ok(()),
            None => Err(InvalidArgument::ReadOnly.into()),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("path", &self.path())
            .field("kind", &self.kind())
            .field("nchunks", &self.nchunks())
            .field("nbytes", &self.nbytes())
            .field("cbytes", &self.cbytes())
            .field("typesize", &self.typesize())
            .field("chunksize", &self.chunksize())
            .field("metalayers", &self.metalayers)
            .field("vlmetalayers", &self.vlmetalayers)
            .finish_non_exhaustive()
    }
}
