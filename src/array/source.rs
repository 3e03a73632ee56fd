//! Where the chunks of an array come from when they are not in memory.
//!
//! The one inversion in the flow of data: files and stores are above arrays, and yet an array reads
//! from them. So they implement [`ChunkSource`], and the array knows nothing but that.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use crate::chunk::{Chunk, ChunkDigest};
use crate::error::Result;

/// A chunk that lies in a [`ChunkSource`]: its name there, and what is known of it beforehand.
///
/// ```
/// use ndpress::StoredChunk;
///
/// let chunk = StoredChunk::new(4096, 1500);
/// assert_eq!((chunk.id(), chunk.cbytes()), (4096, 1500));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredChunk {
    id: u64,
    cbytes: u32,
    /// The number of the scratch file that the chunk is in, where its source has such files, too.
    file: Option<NonZeroU32>,
    digest: Option<ChunkDigest>,
}

impl StoredChunk {
    /// The chunk that its source calls `id`: an offset, a number, whatever the source makes of it.
    /// It takes `cbytes` bytes; 0 if that is not known.
    #[must_use]
    pub fn new(id: u64, cbytes: u32) -> Self {
        Self { id, cbytes, file: None, digest: None }
    }

    /// The same chunk, with the checksum that its bytes must have.
    #[must_use]
    pub(crate) fn with_digest(self, digest: Option<ChunkDigest>) -> Self {
        Self { digest, ..self }
    }

    /// The same chunk, in a scratch file.
    #[must_use]
    pub(crate) fn in_file(self, file: NonZeroU32) -> Self {
        Self { file: Some(file), ..self }
    }

    /// What the source calls the chunk.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Compressed bytes, header included; 0 if that is not known.
    #[must_use]
    pub fn cbytes(&self) -> usize {
        self.cbytes as usize
    }

    /// The scratch file that the chunk is in.
    pub(crate) fn file(&self) -> Option<NonZeroU32> {
        self.file
    }

    pub(crate) fn digest(&self) -> Option<&ChunkDigest> {
        self.digest.as_ref()
    }
}

/// Which blocks of a chunk are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blocks<'a> {
    /// All of them.
    All,
    /// At least these, in ascending order; of the others nothing is asked.
    Only(&'a [usize]),
}

/// Compressed chunks that lie somewhere else: in a file, a database, an object store.
///
/// An array that was made with [`AnyArray::from_source`](crate::AnyArray::from_source) asks here
/// for the chunks and blocks that a read needs, from several threads at once; nothing is kept
/// afterwards, unless the array has a [`BlockCache`](crate::BlockCache). So what an id stands for must
/// not change. Files opened by [`open`](crate::open) are read this way.
///
/// ```
/// use std::borrow::Cow;
/// use std::sync::Arc;
///
/// use ndpress::{
///     AnyArray, Array, Blocks, Chunk, ChunkSource, Limits, Options, Result, StoredChunk,
/// };
///
/// /// Chunks in a list: ids are places in it.
/// #[derive(Debug)]
/// struct Shelf(Vec<Vec<u8>>);
///
/// impl ChunkSource for Shelf {
///     fn load(&self, chunk: &StoredChunk, _: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
///         Chunk::parse(Cow::Borrowed(&self.0[chunk.id() as usize]), &Limits::default())
///     }
/// }
///
/// let options = Options::new().chunk_shape([100]);
/// let ramp: Vec<u32> = (0..300).collect();
/// let array = Array::from_slice(&ramp, [300], &options)?;
/// let mut shelf = Shelf(Vec::new());
/// for index in 0..array.nchunks() {
///     shelf.0.extend(array.chunk(index)?.map(|chunk| chunk.as_bytes().to_vec()));
/// }
///
/// let places = (0..3).map(|index| (index, StoredChunk::new(index as u64, 0)));
/// let lazy = AnyArray::from_source(array.dtype(), [300], &options, Arc::new(shelf), places)?;
/// assert_eq!(lazy.as_typed::<u32>()?.at(&[250])?, 250);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub trait ChunkSource: Send + Sync + fmt::Debug {
    /// The chunk, of which at least the blocks asked for can be decoded. The bytes of the others
    /// may be anything, as many as the header says.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the bytes cannot be had;
    /// [`Error::Corrupt`](crate::Error::Corrupt) and the other errors of
    /// [`Chunk::parse`] when they are no chunk, or not the one that was stored.
    fn load(&self, chunk: &StoredChunk, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>>;
}
