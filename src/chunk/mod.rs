//! Chunks: a header, and blocks that are compressed and decompressed each for itself.
//!
//! Below is [`block`](crate::block); above is [`array`](crate::array), whose chunks hold boxes of
//! elements. A chunk by itself is a flat run of bytes, in exactly the format of Blosc2 chunks
//! (`docs/format.md`), so that C-Blosc2 and python-blosc2 open what is written here and the other
//! way round.

mod decode;
mod digest;
mod encode;
mod header;
mod options;
mod rewrite;
mod special;
#[cfg(test)]
mod tests;
mod tune;

use std::fmt;
use std::ops::Range;

pub use self::decode::ChunkDecoder;
pub(crate) use self::digest::{ChunkDigest, Extents, HASH_NBYTES, extent_hash, table_end};
pub(crate) use self::encode::{BlockSource, ChunkLayout, SliceSource, encode_blocks};
pub use self::header::Special;
use self::header::{Header, Payload};
pub(crate) use self::header::{MAX_BLOCK_NBYTES, MAX_CHUNK_NBYTES};
pub use self::options::{ChunkFormat, ChunkOptions, SplitMode};
pub(crate) use self::rewrite::rewrite_blocks;
pub(crate) use self::special::{constant_chunk, header_typesize};
use crate::codec::CodecId;
use crate::error::{Corruption, Error, Result};
use crate::filter::FilterId;
use crate::limits::Limits;
use crate::registry::Registry;

/// A compressed run of bytes in the Blosc2 format, of at most 2 147 483 615 bytes.
///
/// Its header has been checked, whatever its origin; its blocks are checked as they are decoded.
/// `B` is what holds the compressed bytes: `Vec<u8>` for chunks made here, anything that is a
/// slice of bytes (`&[u8]`, `Arc<[u8]>`, a memory map) for chunks that are only read.
///
/// ```
/// use ndpress::{Chunk, ChunkOptions, Limits, Registry};
///
/// let samples: Vec<u8> = (0..100_000u32).flat_map(|i| (i / 9).to_le_bytes()).collect();
/// let chunk = Chunk::encode(&samples, 4, &ChunkOptions::new())?;
///
/// // Anyone who gets the bytes opens them without a copy, and decodes what is needed.
/// let received = Chunk::parse(chunk.as_bytes(), &Limits::default())?;
/// let mut window = [0; 400];
/// received.decode_range_into(40_000..40_400, &mut window, &Registry::default())?;
/// assert_eq!(window, samples[40_000..40_400]);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct Chunk<B = Vec<u8>> {
    header: Header,
    /// Where each block of different length starts in the uncompressed bytes, and their end.
    starts: Option<Box<[u32]>>,
    bytes: B,
}

impl<B: AsRef<[u8]>> Chunk<B> {
    /// Takes bytes from anywhere as a chunk, after checking the header. Bytes after the chunk's
    /// end are ignored.
    ///
    /// Allocates nothing, but for chunks of variable-length blocks four bytes a block.
    ///
    /// # Errors
    /// [`Error::Truncated`] when the chunk goes on after the bytes; [`Error::Corrupt`] for a header
    /// that contradicts itself; [`Error::Unsupported`] for what this crate cannot read;
    /// [`Error::LimitExceeded`] for a chunk or block larger than `limits`.
    pub fn parse(bytes: B, limits: &Limits) -> Result<Self> {
        let mut header = Header::parse(bytes.as_ref())?;
        limits.check_chunk(header.nbytes)?;
        let mut starts = None;
        match header.payload {
            Payload::Blocks => {
                decode::check_table(&header, bytes.as_ref())?;
                header.blocksize = decode::true_blocksize(&header, bytes.as_ref());
            }
            Payload::Variable { .. } => {
                starts = Some(decode::variable_starts(&header, bytes.as_ref(), limits)?);
            }
            Payload::Stored | Payload::Special(_) => {}
        }
        if header.payload == Payload::Blocks {
            limits.check_block(header.blocksize)?;
        }
        Ok(Self { header, starts, bytes })
    }

    /// The compressed bytes, header included.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes.as_ref()[..self.header.cbytes]
    }

    /// What holds the compressed bytes.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.bytes
    }

    /// Uncompressed size in bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.header.nbytes
    }

    /// Compressed size in bytes, header included.
    #[must_use]
    pub fn cbytes(&self) -> usize {
        self.header.cbytes
    }

    /// Uncompressed size of each block but the last, in bytes. With blocks of different lengths,
    /// the size of the chunk.
    #[must_use]
    pub fn blocksize(&self) -> usize {
        self.header.blocksize
    }

    /// Number of blocks.
    #[must_use]
    pub fn nblocks(&self) -> usize {
        self.header.nblocks()
    }

    /// Bytes per element, as the header has it: 1 for elements of more than 255 bytes.
    #[must_use]
    pub fn typesize(&self) -> usize {
        self.header.typesize
    }

    /// The codec of the blocks.
    #[must_use]
    pub fn codec_id(&self) -> CodecId {
        self.header.codec
    }

    /// The filters of the blocks with their meta bytes, in the order they were applied.
    pub fn filters(&self) -> impl Iterator<Item = (FilterId, u8)> {
        let used = self.header.filters.into_iter().filter(|&(id, _)| id != 0);
        used.map(|(id, meta)| (FilterId::new(id), meta))
    }

    /// Whether the chunk holds one value instead of blocks.
    #[must_use]
    pub fn special(&self) -> Option<Special> {
        match self.header.payload {
            Payload::Special(special) => Some(special),
            _ => None,
        }
    }

    /// Whether the chunk holds its bytes uncompressed.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.header.payload == Payload::Stored
    }

    /// The uncompressed bytes that block `block` holds.
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds).
    pub fn block_range(&self, block: usize) -> Result<Range<usize>> {
        self.header.check_block(block)?;
        Ok(self.header.block_range(self.starts.as_deref(), block))
    }

    /// A decoder that has looked up codec and filters: for several reads of one chunk.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when `registry` lacks the codec or a filter; [`Error::Corrupt`] for a
    /// dictionary that is not there.
    pub fn decoder<'a>(&'a self, registry: &'a Registry) -> Result<ChunkDecoder<'a>> {
        ChunkDecoder::new(&self.header, self.starts.as_deref(), self.as_bytes(), registry)
    }

    /// As [`decoder`](Self::decoder), for a chunk of an array: codecs are told the elements' type
    /// and the shape of the blocks, as they were when they encoded.
    pub(crate) fn decoder_in<'a>(
        &'a self,
        layout: &ChunkLayout<'a>,
        registry: &'a Registry,
    ) -> Result<ChunkDecoder<'a>> {
        Ok(self.decoder(registry)?.with_layout(layout))
    }

    /// Decompresses the whole chunk into a new vector of [`nbytes`](Self::nbytes), blocks in
    /// parallel.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and as [`decode_into`](Self::decode_into).
    pub fn decode(&self, registry: &Registry) -> Result<Vec<u8>> {
        let nbytes = self.nbytes();
        let mut bytes = bytemuck::allocation::try_zeroed_vec(nbytes)
            .map_err(|()| Error::OutOfMemory { nbytes: nbytes as u64 })?;
        self.decode_into(&mut bytes, registry)?;
        Ok(bytes)
    }

    /// Decompresses the whole chunk into `dst`, of [`nbytes`](Self::nbytes) bytes, blocks in
    /// parallel.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for another length;
    /// [`Error::Unsupported`] when `registry` lacks the codec or a filter; [`Error::Corrupt`]
    /// naming the block. What `dst` holds after an error is unspecified.
    pub fn decode_into(&self, dst: &mut [u8], registry: &Registry) -> Result<()> {
        self.decode_range_into(0..self.nbytes(), dst, registry)
    }

    /// Decompresses block `block` into `dst`, of the length of its
    /// [`block_range`](Self::block_range).
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds), and as
    /// [`decode_into`](Self::decode_into).
    pub fn decode_block_into(
        &self,
        block: usize,
        dst: &mut [u8],
        registry: &Registry,
    ) -> Result<()> {
        self.decoder(registry)?.block_into(block, dst)
    }

    /// Decompresses some of the chunk's uncompressed bytes into `dst`, which is as long as
    /// `range`. Only the blocks that hold them are decoded, in parallel.
    ///
    /// # Errors
    /// [`RegionOutOfBounds`](crate::InvalidArgument::RegionOutOfBounds), and as
    /// [`decode_into`](Self::decode_into).
    pub fn decode_range_into(
        &self,
        range: Range<usize>,
        dst: &mut [u8],
        registry: &Registry,
    ) -> Result<()> {
        self.decoder(registry)?.range_into(range, dst)
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for Chunk<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Chunk");
        debug.field("nbytes", &self.nbytes()).field("cbytes", &self.cbytes());
        debug.field("typesize", &self.typesize()).field("blocksize", &self.blocksize());
        if let Some(special) = self.special() {
            return debug.field("special", &special).finish();
        }
        debug.field("codec", &self.codec_id());
        debug.field("filters", &self.filters().collect::<Vec<_>>()).finish()
    }
}

/// A field that lies at `at` in the bytes of a chunk.
fn read_i32(bytes: &[u8], at: usize) -> Result<i32> {
    let word = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    word.map(|word| i32::from_le_bytes(*word)).ok_or_else(|| {
        let available = bytes.len().saturating_sub(at);
        Error::corrupt(Corruption::StreamLength { length: 4, available })
    })
}
