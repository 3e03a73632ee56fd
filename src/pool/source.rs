//! Chunks in a scratch file, beside those that their array has from elsewhere.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{Folder, NewFile};
use crate::array::{Blocks, ChunkSource, StoredChunk};
use crate::chunk::Chunk;
use crate::error::Result;
use crate::frame::Frame;

/// A scratch file, which is there as long as somebody reads from it.
#[derive(Debug)]
pub(super) struct ScratchFile {
    number: NonZeroU32,
    path: PathBuf,
    source: Arc<dyn ChunkSource>,
    /// Goes after the last of its files.
    _folder: Arc<Folder>,
}

impl ScratchFile {
    /// Makes a file, and a frame over it to write to.
    pub(super) fn create(folder: &Arc<Folder>) -> Result<(Arc<Self>, Frame)> {
        let NewFile { number, path, file } = folder.create_file()?;
        let frame = Frame::scratch(file, &path).inspect_err(|_| remove(&path))?;
        let source = frame.source().clone();
        Ok((Arc::new(Self { number, path, source, _folder: folder.clone() }), frame))
    }

    /// A chunk that was written to the file, as arrays are to know it.
    pub(super) fn chunk(&self, stored: StoredChunk) -> StoredChunk {
        stored.in_file(self.number)
    }

    /// Whether a chunk lies in the file.
    pub(super) fn has(&self, stored: &StoredChunk) -> bool {
        stored.file() == Some(self.number)
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    // Nobody is left to tell if it cannot be.
    let _ = std::fs::remove_file(path);
}

/// What an array that was spilled reads from.
///
/// An array has one source. So this one asks that which the array had before for all chunks that are
/// not in the file; they need not be copied.
#[derive(Debug)]
pub(super) struct ScratchSource {
    pub(super) file: Arc<ScratchFile>,
    pub(super) other: Option<Arc<dyn ChunkSource>>,
}

impl ChunkSource for ScratchSource {
    fn load(&self, chunk: &StoredChunk, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        match &self.other {
            Some(other) if !self.file.has(chunk) => other.load(chunk, blocks),
            _ => self.file.source.load(chunk, blocks),
        }
    }
}
