//! Checksums of chunks, made so that parts can be verified by themselves.
//!
//! A chunk is cut where its blocks begin: what comes before the first is the *head* (header, table
//! of offsets, dictionary), the others are its *extents*, in the order in which they lie. Each part
//! has a hash, and the chunk's hash is that of all of these. So who has the hashes of the extents,
//! reads the head and the blocks needed, and knows that they are right without the rest.

use std::borrow::Cow;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::header::{Header, Payload};
use super::{Chunk, read_i32};
use crate::error::Result;
use crate::filter::FilterId;

/// Bytes of the hash of an extent, as it is stored.
pub(crate) const HASH_NBYTES: usize = 8;

/// The hashes of a head and of 64 extents: as many as most chunks have.
const MAX_FEW_NBYTES: usize = 65 * HASH_NBYTES;

/// What is known of a chunk's bytes: how many extents it has, and the hash over all hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkDigest {
    pub(crate) nextents: u32,
    pub(crate) hash: u64,
}

impl ChunkDigest {
    /// The digest of a head and of extents whose hashes are stored one after the other.
    pub(crate) fn new(head: &[u8], extent_hashes: &[u8]) -> Self {
        let nextents = (extent_hashes.len() / HASH_NBYTES) as u32;
        let head = xxh3_64(head).to_le_bytes();
        // Hashed at once: setting up a hash of bytes that come one after the other takes longer than
        // to look a chunk up.
        let mut few = [0; MAX_FEW_NBYTES];
        let len = HASH_NBYTES + extent_hashes.len();
        let hash = match few.get_mut(..len) {
            Some(all) => {
                all[..HASH_NBYTES].copy_from_slice(&head);
                all[HASH_NBYTES..].copy_from_slice(extent_hashes);
                xxh3_64(all)
            }
            None => xxh3_64(&[&head, extent_hashes].concat()),
        };
        Self { nextents, hash }
    }

    /// Bytes that the hashes of the extents take.
    pub(crate) fn hashes_nbytes(&self) -> usize {
        self.nextents as usize * HASH_NBYTES
    }
}

/// The hash of an extent, as it is stored.
pub(crate) fn extent_hash(extent: &[u8]) -> [u8; HASH_NBYTES] {
    xxh3_64(extent).to_le_bytes()
}

/// Where the parts of a chunk lie in its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extents {
    /// Where each extent starts, ascending, and the end of the chunk.
    bounds: Vec<u32>,
}

impl Extents {
    /// The number of extents.
    pub(crate) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// What comes before the first extent.
    pub(crate) fn head(&self) -> Range<usize> {
        0..self.bounds[0] as usize
    }

    /// The bytes of an extent that exists.
    pub(crate) fn extent(&self, index: usize) -> Range<usize> {
        self.bounds[index] as usize..self.bounds[index + 1] as usize
    }

    /// The extent that holds a byte, if it is neither in the head nor beyond the chunk.
    fn at(&self, byte: usize) -> Option<usize> {
        let index = self.bounds.partition_point(|&bound| bound as usize <= byte).checked_sub(1);
        index.filter(|&index| index < self.len())
    }

    /// The hashes of all extents of `bytes`, as they are stored.
    pub(crate) fn hashes(&self, bytes: &[u8]) -> Vec<u8> {
        (0..self.len()).flat_map(|index| extent_hash(&bytes[self.extent(index)])).collect()
    }
}

impl<B: AsRef<[u8]>> Chunk<B> {
    /// Where the parts of the chunk lie. Looks at the head only.
    ///
    /// Chunks without a table of blocks that makes sense have no extents, but a long head.
    pub(crate) fn extents(&self) -> Extents {
        let end = self.header.cbytes as u32;
        let nblocks = self.header.nblocks();
        let mut bounds = match self.header.payload {
            Payload::Special(_) | Payload::Variable { .. } => Vec::new(),
            Payload::Stored => (0..nblocks)
                .map(|block| (self.header.len + block * self.header.blocksize) as u32)
                .collect(),
            Payload::Blocks => self.block_starts().unwrap_or_default(),
        };
        bounds.sort_unstable();
        bounds.dedup();
        bounds.push(end);
        Extents { bounds }
    }

    /// Where the blocks start, in their order; `None` if one would start outside of the chunk.
    fn block_starts(&self) -> Option<Vec<u32>> {
        let (min, max) = (self.header.table_end(), self.header.cbytes);
        let (bytes, nblocks) = (self.as_bytes(), self.header.nblocks());
        // And one for the end of the chunk.
        let mut starts = Vec::with_capacity(nblocks + 1);
        for block in 0..nblocks {
            let start = usize::try_from(read_i32(bytes, self.header.len + 4 * block).ok()?).ok()?;
            if !(min..max).contains(&start) {
                return None;
            }
            starts.push(start as u32);
        }
        Some(starts)
    }

    /// What each block is compressed to, in bytes: its streams and their lengths. Empty for chunks of
    /// one value, and for those with blocks of different lengths.
    ///
    /// ```
    /// use ndpress::{Chunk, ChunkOptions};
    ///
    /// let mut bytes = vec![7; 1 << 16];
    /// bytes[..1 << 15].iter_mut().zip(0..).for_each(|(byte, i): (_, u32)| *byte = (i * i) as u8);
    /// let chunk = Chunk::encode(&bytes, 1, &ChunkOptions::new().blocksize(1 << 15))?;
    /// let cbytes = chunk.blocks_cbytes();
    /// assert!(cbytes.len() == 2 && cbytes[0] > cbytes[1]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn blocks_cbytes(&self) -> Vec<usize> {
        let extents = self.extents();
        let nbytes = |index: usize| extents.extent(index).len();
        match self.header.payload {
            Payload::Special(_) | Payload::Variable { .. } => Vec::new(),
            Payload::Stored => (0..extents.len()).map(nbytes).collect(),
            Payload::Blocks => {
                let starts = self.block_starts().unwrap_or_default().into_iter();
                starts.map(|start| extents.at(start as usize).map_or(0, nbytes)).collect()
            }
        }
    }

    /// The extents that are needed to decode these blocks, ascending; `None` for all there are.
    pub(crate) fn extents_of(&self, extents: &Extents, blocks: &[usize]) -> Option<Vec<usize>> {
        let starts: Vec<u32> = match self.header.payload {
            Payload::Stored => {
                let start = |&block: &usize| self.header.len + block * self.header.blocksize;
                blocks.iter().map(|block| start(block) as u32).collect()
            }
            Payload::Blocks => {
                let starts = self.block_starts()?;
                let first = self.header.filters.iter().any(|&(id, _)| may_need_first(id));
                let first = first.then_some(0);
                let wanted = first.into_iter().chain(blocks.iter().copied());
                wanted.filter_map(|block| starts.get(block).copied()).collect()
            }
            Payload::Special(_) | Payload::Variable { .. } => return None,
        };
        let mut needed: Vec<usize> =
            starts.into_iter().filter_map(|start| extents.at(start as usize)).collect();
        needed.sort_unstable();
        needed.dedup();
        Some(needed)
    }

    /// The chunk's digest, and the hashes of its extents as they are stored.
    pub(crate) fn digest(&self) -> (ChunkDigest, Vec<u8>) {
        let (bytes, extents) = (self.as_bytes(), self.extents());
        let hashes = extents.hashes(bytes);
        (ChunkDigest::new(&bytes[extents.head()], &hashes), hashes)
    }

    /// The same chunk over borrowed bytes.
    pub(crate) fn borrowed(&self) -> Chunk<Cow<'_, [u8]>> {
        let bytes = Cow::Borrowed(self.as_bytes());
        Chunk { header: self.header, starts: self.starts.clone(), bytes }
    }

    /// The same chunk over other holders of the same bytes.
    pub(crate) fn map_bytes<C: AsRef<[u8]>>(self, f: impl FnOnce(B) -> C) -> Chunk<C> {
        Chunk { header: self.header, starts: self.starts, bytes: f(self.bytes) }
    }
}

impl From<Chunk<Cow<'_, [u8]>>> for Chunk {
    /// Copies the bytes if they are borrowed.
    fn from(chunk: Chunk<Cow<'_, [u8]>>) -> Self {
        chunk.map_bytes(Cow::into_owned)
    }
}

/// Bytes that have to be there before [`Chunk::parse`] and [`Chunk::extents`] can tell the parts of
/// a chunk: header and table. `bytes` is as long as the chunk, and has the header.
pub(crate) fn table_end(bytes: &[u8]) -> Result<usize> {
    let header = Header::parse(bytes)?;
    Ok(match header.payload {
        Payload::Blocks => header.table_end().min(header.cbytes),
        Payload::Stored => header.len,
        Payload::Special(_) | Payload::Variable { .. } => header.cbytes,
    })
}

/// Whether a filter may want the raw first block to decode another one.
fn may_need_first(id: u8) -> bool {
    FilterId::new(id) == FilterId::DELTA || FilterId::new(id).is_user_defined()
}

#[cfg(test)]
mod tests;
