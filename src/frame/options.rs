//! How frames are opened and made.

use crate::chunk::ChunkOptions;
use crate::codec::Codec;
use crate::filter::Filter;
use crate::limits::Limits;
use crate::metadata::Metalayers;
use crate::registry::Registry;

use super::header::FrameKind;

/// What to do with the checksums of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Checksums {
    /// Check the blocks that are read, where there are checksums.
    #[default]
    Verify,
    /// Trust what is read.
    Skip,
}

/// How the bytes of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Access {
    /// By ordinary reads of the ranges needed.
    #[default]
    Read,
    /// Through a map of the file into memory: chunks are decoded from where the system keeps them.
    ///
    /// Whoever cuts or overwrites the file while it is open makes this process read other bytes, or
    /// ends it; writers of this crate only ever append.
    #[cfg(feature = "mmap")]
    MemoryMap,
}

/// How a frame, or an array in one, is opened.
///
/// ```
/// use ndpress::Limits;
/// use ndpress::frame::{Checksums, OpenOptions};
///
/// let options = OpenOptions::new()
///     .checksums(Checksums::Skip)
///     .limits(Limits::default().with_chunk_nbytes(64 << 20));
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    pub(crate) access: Access,
    pub(crate) checksums: Checksums,
    pub(crate) limits: Limits,
    pub(crate) registry: Registry,
}

impl OpenOptions {
    /// Ordinary reads, checksums verified, default [`Limits`], the built-in codecs and filters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how the bytes of a file are read.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Sets whether the blocks that are read are checked.
    #[must_use]
    pub fn checksums(self, checksums: Checksums) -> Self {
        Self { checksums, ..self }
    }

    /// Sets how much memory the file may ask for.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the codecs and filters to decode with.
    #[must_use]
    pub fn registry(self, registry: Registry) -> Self {
        Self { registry, ..self }
    }
}

/// What a new frame is.
///
/// ```
/// use ndpress::Lz4Hc;
/// use ndpress::frame::{Frame, FrameOptions};
///
/// let options = FrameOptions::new().typesize(4).codec(Lz4Hc::clevel(5));
/// let frame = Frame::new(&options)?;
/// assert_eq!((frame.typesize(), frame.nchunks()), (4, 0));
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FrameOptions {
    pub(super) kind: FrameKind,
    pub(super) typesize: usize,
    pub(super) metalayers: Metalayers,
    pub(super) chunk: ChunkOptions,
}

impl Default for FrameOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameOptions {
    /// A contiguous frame of single bytes without metalayers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            kind: FrameKind::Contiguous,
            typesize: 1,
            metalayers: Metalayers::new(),
            chunk: ChunkOptions::new(),
        }
    }

    /// Keeps each chunk in a file of its own, in a folder.
    #[must_use]
    pub fn sparse(self) -> Self {
        Self { kind: FrameKind::Sparse, ..self }
    }

    /// Sets the bytes of an element.
    #[must_use]
    pub fn typesize(self, nbytes: usize) -> Self {
        Self { typesize: nbytes, ..self }
    }

    /// Sets the metalayers of the header.
    #[must_use]
    pub fn metalayers(self, metalayers: Metalayers) -> Self {
        Self { metalayers, ..self }
    }

    /// Tells what other programs compress with when they add chunks. Chunks that are added here
    /// come compressed.
    #[must_use]
    pub fn codec(self, codec: impl Codec + 'static) -> Self {
        Self { chunk: self.chunk.codec(codec), ..self }
    }

    /// Tells a filter that other programs apply when they add chunks, after those already told.
    #[must_use]
    pub fn filter(self, filter: impl Filter + 'static) -> Self {
        Self { chunk: self.chunk.filter(filter), ..self }
    }

    pub(crate) fn chunk_options(self, chunk: ChunkOptions) -> Self {
        Self { chunk, ..self }
    }

    pub(crate) fn kind(self, kind: FrameKind) -> Self {
        Self { kind, ..self }
    }
}
