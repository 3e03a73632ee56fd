//! The table of a frame's chunks: where each of them lies, as a chunk of 64-bit offsets.
//!
//! In a contiguous frame an offset counts from the end of the header, in a sparse one it is the
//! number of a file. Chunks of nothing but zeros, NaN or bytes that nobody has written need no place:
//! the highest byte of the offset says so.

use super::header::{FrameHeader, FrameKind};
use super::wire::invalid;
use crate::array::StoredChunk;
use crate::chunk::{Chunk, ChunkOptions, Special};
use crate::codec::BloscLz;
use crate::error::{InvalidArgument, Part, Result};
use crate::limits::Limits;
use crate::registry::Registry;

const OFFSET_NBYTES: usize = 8;
/// What the highest byte of an offset says, with its highest bit.
const SPECIAL_SHIFT: u32 = 56;
const IS_SPECIAL: u64 = 1 << 63;
const ZEROS: u64 = 1;
const NAN: u64 = 2;
const UNINIT: u64 = 4;
/// The fewest bytes a chunk takes: Blosc1's header.
const MIN_CHUNK_NBYTES: u64 = 16;

/// Where a chunk of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nowhere: all its elements are the same.
    Special(Special),
    /// In the frame. The id is the offset, or the number of the file.
    Stored(StoredChunk),
}

impl Entry {
    pub(crate) fn stored(&self) -> Option<&StoredChunk> {
        match self {
            Self::Stored(chunk) => Some(chunk),
            Self::Special(_) => None,
        }
    }

    pub(super) fn stored_mut(&mut self) -> Option<&mut StoredChunk> {
        match self {
            Self::Stored(chunk) => Some(chunk),
            Self::Special(_) => None,
        }
    }

    fn parse(offset: u64, header: &FrameHeader) -> Result<Self> {
        if offset & IS_SPECIAL == 0 {
            let end = offset.checked_add(MIN_CHUNK_NBYTES);
            let is_inside = match header.kind {
                FrameKind::Contiguous => end.is_some_and(|end| end <= header.cbytes),
                FrameKind::Sparse => u32::try_from(offset).is_ok(),
            };
            if !is_inside {
                return Err(invalid("offset of a chunk", offset, "chunks lie before their table"));
            }
            return Ok(Self::Stored(StoredChunk::new(offset, 0)));
        }
        match (offset & !IS_SPECIAL) >> SPECIAL_SHIFT {
            ZEROS => Ok(Self::Special(Special::Zeros)),
            NAN => Ok(Self::Special(Special::Nan)),
            UNINIT => Ok(Self::Special(Special::Uninit)),
            kind => Err(invalid("kind of a special chunk", kind, "it is 1, 2 or 4")),
        }
    }

    fn offset(&self) -> u64 {
        let kind = match self {
            Self::Stored(chunk) => return chunk.id(),
            Self::Special(Special::Nan) => NAN,
            Self::Special(Special::Uninit) => UNINIT,
            Self::Special(Special::Zeros | Special::Repeat) => ZEROS,
        };
        IS_SPECIAL | kind << SPECIAL_SHIFT
    }
}

/// Reads the table.
pub(super) fn parse(bytes: &[u8], header: &FrameHeader, limits: &Limits) -> Result<Vec<Entry>> {
    let chunk = Chunk::parse(bytes, &Limits::none())?;
    let nchunks = (chunk.nbytes() / OFFSET_NBYTES) as u64;
    // What it takes here is more than the table.
    limits.check_frame(chunk.nbytes() / OFFSET_NBYTES * size_of::<Entry>())?;
    let expected = header.nchunks().unwrap_or(nchunks);
    if !chunk.nbytes().is_multiple_of(OFFSET_NBYTES) || nchunks != expected {
        return Err(invalid("number of offsets", nchunks, "there is one for each chunk"));
    }
    let offsets = chunk.decode(&Registry::default())?;
    let (offsets, _) = offsets.as_chunks::<OFFSET_NBYTES>();
    offsets.iter().map(|offset| Entry::parse(u64::from_le_bytes(*offset), header)).collect()
}

/// Writes the table; no bytes for no chunks.
pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let max = crate::chunk::MAX_CHUNK_NBYTES as u64;
    let nbytes = (entries.len() * OFFSET_NBYTES) as u64;
    if nbytes > max {
        return Err(InvalidArgument::PartTooLarge { part: Part::Chunk, nbytes, max }.into());
    }
    let offsets: Vec<u8> = entries.iter().flat_map(|entry| entry.offset().to_le_bytes()).collect();
    // As C-Blosc2 has it, so that a reader that knows no other codec finds the chunks.
    let options = ChunkOptions::new().codec(BloscLz::clevel(5));
    Ok(Chunk::encode(&offsets, OFFSET_NBYTES, &options)?.into_inner())
}

/// A chunk that an entry stands for by itself.
pub(super) fn special_chunk(special: Special, nbytes: usize, typesize: usize) -> Result<Chunk> {
    match special {
        Special::Nan => Chunk::nan(nbytes, typesize),
        Special::Uninit if nbytes.is_multiple_of(typesize) => Chunk::uninit(nbytes, typesize),
        Special::Zeros | Special::Uninit | Special::Repeat => Chunk::zeros(nbytes, typesize),
    }
}
