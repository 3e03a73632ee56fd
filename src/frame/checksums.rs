//! The checksums of a frame's chunks: a variable-length metalayer of the name `ndpress`.
//!
//! Its content is one msgpack value, as that of all metalayers: a map of `version`, 1, and `chunks`,
//! bytes, which are a record for each chunk that is not a special offset, in the order of the chunks:
//!
//! ```text
//! nextents  u32  extents of the chunk; 2^32 - 1 for one without a checksum
//! cbytes    u32  bytes of the chunk
//! hash      u64  over the hashes of the head and of the extents
//! ```
//!
//! all little-endian. Hashes are XXH3 of 64 bits. The hashes of the extents, 8 bytes each, lie
//! before the chunk in a contiguous frame, and behind it in the file of a sparse one: where no other
//! reader looks. Chunks of other programs have no checksum until they are written anew.

use super::index::Entry;
use crate::array::StoredChunk;
use crate::chunk::ChunkDigest;
use crate::error::{Corruption, Error, InvalidArgument, Result};
use crate::frame::wire::{content_of, invalid, records_of};
use crate::metadata::Metalayers;

/// The name of the metalayer. Nobody else's metalayers may have it.
pub(super) const LAYER: &str = "ndpress";
pub(super) const RECORD_NBYTES: usize = 16;
const VERSION: u8 = 1;
/// More extents than any chunk has.
const UNKNOWN: ChunkDigest = ChunkDigest { nextents: u32::MAX, hash: 0 };

/// Takes the checksums out of the metalayers of a frame and gives them to its chunks.
pub(super) fn apply(vlmetalayers: &mut Metalayers, entries: &mut [Entry]) -> Result<()> {
    let Some(content) = vlmetalayers.remove(LAYER) else { return Ok(()) };
    let records = records_of(&content, VERSION, "checksums")?;
    let (records, rest) = records.as_chunks::<RECORD_NBYTES>();
    let chunks = entries.iter_mut().filter_map(Entry::stored_mut);
    let (mut nrecords, mut nchunks) = (records.iter(), 0);
    for chunk in chunks {
        nchunks += 1;
        let Some(record) = nrecords.next() else { break };
        *chunk = parse(chunk, record);
    }
    if nchunks != records.len() || !rest.is_empty() {
        return Err(invalid("checksums", records.len(), "there is one for each chunk"));
    }
    Ok(())
}

/// Takes the checksums of an earlier state out of the metalayers.
pub(super) fn discard(vlmetalayers: &mut Metalayers) {
    vlmetalayers.remove(LAYER);
}

fn parse(chunk: &StoredChunk, record: &[u8; RECORD_NBYTES]) -> StoredChunk {
    let word = |at: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&record[at..at + 4]);
        u32::from_le_bytes(word)
    };
    let hash = u64::from(word(8)) | u64::from(word(12)) << 32;
    let digest = ChunkDigest { nextents: word(0), hash };
    let is_known = digest.nextents != UNKNOWN.nextents;
    StoredChunk::new(chunk.id(), word(4)).with_digest(is_known.then_some(digest))
}

/// The metalayers with the checksums of these chunks.
///
/// # Errors
/// [`InvalidArgument::MetalayerName`] when there is a metalayer of this name already.
pub(super) fn add(vlmetalayers: &Metalayers, entries: &[Entry]) -> Result<Metalayers> {
    if vlmetalayers.contains(LAYER) {
        return Err(InvalidArgument::MetalayerName { name: LAYER.to_owned() }.into());
    }
    let mut all = vlmetalayers.clone();
    let mut records = Vec::with_capacity(entries.len() * RECORD_NBYTES);
    for chunk in entries.iter().filter_map(Entry::stored) {
        let digest = chunk.digest().unwrap_or(&UNKNOWN);
        records.extend(digest.nextents.to_le_bytes());
        records.extend((chunk.cbytes() as u32).to_le_bytes());
        records.extend(digest.hash.to_le_bytes());
    }
    all.insert(LAYER, content_of(records, VERSION))?;
    Ok(all)
}

/// The error of a chunk at `offset` in its file whose bytes are not those that were written.
pub(super) fn mismatch(offset: u64, expected: &ChunkDigest, found: &ChunkDigest) -> Error {
    let (expected, found) = (expected.hash, found.hash);
    Error::corrupt(Corruption::Checksum { offset, expected, found })
}
