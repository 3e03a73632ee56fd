//! Dead bytes: how many there are, and how to be rid of them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::frame::Frame;
use super::header::FrameKind;
use super::index::Entry;
use super::source::{Place, chunk_path};
use super::store::{Replacement, lock};
use crate::error::{Error, Result};

impl Frame {
    /// Bytes of the file, or of the folder's chunk files, that belong to no chunk: of chunks that
    /// were replaced or removed, and of tables that were written anew.
    ///
    /// Where another program wrote the frame, each chunk's header is read.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Corrupt`] for a chunk without a header.
    pub fn dead_nbytes(&self) -> Result<u64> {
        let mut live = 0;
        let mut counted = HashSet::new();
        for stored in self.entries().iter().filter_map(Entry::stored) {
            // Nothing keeps two entries from being of the same chunk.
            if counted.insert(stored.id()) {
                live += self.source().cbytes(stored)? as u64;
                live += stored.digest().map_or(0, |digest| digest.hashes_nbytes() as u64);
            }
        }
        let all = match &self.source().place {
            Place::Contiguous { .. } => self.cbytes(),
            Place::Sparse { folder } => {
                let sizes = chunk_ids(folder)?.into_iter().map(|id| {
                    let path = chunk_path(folder, id);
                    let size = fs::metadata(&path).map(|metadata| metadata.len());
                    size.map_err(|error| Error::from(error).in_file(Some(&path)))
                });
                sizes.sum::<Result<u64>>()?
            }
        };
        Ok(all.saturating_sub(live))
    }

    /// Removes dead bytes, and makes all changes so far the state of the file.
    ///
    /// A contiguous frame is written anew beside the old file, which it then replaces: who reads
    /// that goes on with it. Of a sparse frame the files that no chunk needs are removed: who still
    /// reads the state before loses chunks.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::InvalidArgument::ReadOnly); [`Error::Io`], [`Error::Corrupt`] for a chunk
    /// that cannot be read. The file is then as it was.
    pub fn compact(&mut self) -> Result<()> {
        self.check_writable()?;
        self.compact_now()
    }

    /// Writes the frame anew, for a frame that may be changed.
    pub(super) fn compact_now(&mut self) -> Result<()> {
        match (self.kind(), self.path().map(Path::to_owned)) {
            (FrameKind::Contiguous, Some(path)) => {
                let replacement = Replacement::new(&path)?;
                lock(replacement.file(), &path)?;
                let file = Arc::new(replacement.file().try_clone()?);
                let mut copy = self.copied_to(file, Some(&path))?;
                copy.flush()?;
                replacement.commit()?;
                self.replace_place(copy);
                Ok(())
            }
            (FrameKind::Contiguous, None) => {
                let mut copy = self.copied_to(Arc::new(super::store::Memory::default()), None)?;
                copy.flush()?;
                self.replace_place(copy);
                Ok(())
            }
            (FrameKind::Sparse, _) => {
                self.flush()?;
                self.remove_dead_files()
            }
        }
    }

    pub(super) fn remove_dead_files(&self) -> Result<()> {
        let Place::Sparse { folder } = &self.source().place else { return Ok(()) };
        // Of a writer that did not come to an end, too.
        let live: HashSet<u64> =
            self.entries().iter().filter_map(Entry::stored).map(|chunk| chunk.id()).collect();
        for id in chunk_ids(folder)?.into_iter().filter(|id| !live.contains(id)) {
            let path = chunk_path(folder, id);
            fs::remove_file(&path).map_err(|error| Error::from(error).in_file(Some(&path)))?;
        }
        Ok(())
    }
}

/// The numbers of all chunk files in a folder, in no order.
pub(super) fn chunk_ids(folder: &Path) -> Result<Vec<u64>> {
    let in_file = |error: std::io::Error| Error::from(error).in_file(Some(folder));
    let mut ids = Vec::new();
    for entry in fs::read_dir(folder).map_err(in_file)? {
        let name = entry.map_err(in_file)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".chunk"));
        ids.extend(number.and_then(|number| u64::from_str_radix(number, 16).ok()));
    }
    Ok(ids)
}
