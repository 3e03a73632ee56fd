//! The statistics of blocks in a frame: a variable-length metalayer of the name
//! `ndpress_statistics`.
//!
//! Its content is one msgpack value: a map of `version`, 1, and `chunks`, bytes, which are a checksum
//! and a record for each chunk with statistics, in the order of the chunks:
//!
//! ```text
//! layout  u64  the XXH3 of what the metalayer `b2nd` says
//!
//! chunk   u64  its number
//! hash    u64  its checksum, as in the metalayer `ndpress`
//! blocks       for each block, those of padding among them:
//!   low   u64  the least number, as an integer of the same order
//!   high  u64  the greatest number
//!   sum   u128 of integers, in two's complement; of floats, the bits of an f64 and 64 zeros
//!   nnumbers u32, nnans u32
//! ```
//!
//! all little-endian. Records count only for an array that is cut as it was, and each only for a chunk
//! that has its checksum: who changes the shape or writes other chunks need not know of statistics.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::b2nd;
use crate::array::{RawArray, Slot, Summary};
use crate::chunk::ChunkDigest;
use crate::compute::{is_possible, summariser};
use crate::error::Result;
use crate::frame::Entry;
use crate::frame::wire::{content_of, invalid, records_of};
use crate::metadata::{Metalayers, Value};
use crate::shape::Shape;

/// The name of the metalayer.
pub(super) const LAYER: &str = "ndpress_statistics";
const VERSION: u8 = 1;
const SUMMARY_NBYTES: usize = 40;
/// More is not kept in a file: a reader's default limit for what describes one is near.
const MAX_NBYTES: usize = 512 << 20;

/// The content of the metalayer for an array whose chunks are these entries of a frame; `None` for one
/// that keeps no statistics, or too many. Chunks without an entry have no record.
pub(super) fn write(raw: &RawArray, layers: &Metalayers, entries: &[Entry]) -> Option<Value> {
    raw.summarise()?;
    let mut records = layout_of(layers).to_le_bytes().to_vec();
    for (index, entry) in entries.iter().enumerate() {
        let known = digest_of(entry).zip(raw.summaries(index));
        let Some((digest, summaries)) = known else { continue };
        records.extend((index as u64).to_le_bytes());
        records.extend(digest.hash.to_le_bytes());
        summaries.iter().for_each(|summary| records.extend(to_bytes(summary)));
        if records.len() > MAX_NBYTES {
            return None;
        }
    }
    Some(content_of(records, VERSION))
}

/// What tells how an array is cut, and what its elements are.
fn layout_of(layers: &Metalayers) -> u64 {
    xxh3_64(layers.bytes(b2nd::LAYER).unwrap_or_default())
}

/// What tells a chunk whose blocks may have statistics.
fn digest_of(entry: &Entry) -> Option<&ChunkDigest> {
    let digest = entry.stored().and_then(|stored| stored.digest());
    digest.filter(|_| !is_one_value(entry))
}

/// Whether a chunk is known to be one value, which has no extents.
pub(super) fn is_one_value(entry: &Entry) -> bool {
    let digest = entry.stored().and_then(|stored| stored.digest());
    digest.is_some_and(|digest| digest.nextents == 0)
}

/// Gives an array the statistics of those of its chunks that are as they were, in a frame with these
/// metalayers. An array without numbers has none.
pub(super) fn apply(
    raw: &mut RawArray,
    content: &[u8],
    layers: &Metalayers,
    entries: &[Entry],
) -> Result<()> {
    let Some(summarise) = summariser(raw.dtype()) else { return Ok(()) };
    let content = records_of(content, VERSION, "statistics")?;
    raw.set_summarise(Some(summarise));
    let Some((layout, records)) = content.split_at_checked(8) else {
        return Err(invalid("statistics", content.len(), "they begin with a checksum"));
    };
    if word(layout, 0) != layout_of(layers) {
        return Ok(());
    }
    let nblocks = raw.grid().nblocks();
    let record_nbytes = 16 + nblocks * SUMMARY_NBYTES;
    if !records.len().is_multiple_of(record_nbytes) {
        return Err(invalid("statistics", records.len(), "they are records of one length"));
    }
    let mut found = HashMap::new();
    for record in records.chunks_exact(record_nbytes) {
        let (index, hash) = (word(record, 0), word(record, 8));
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let digest = entries.get(index).and_then(digest_of);
        if digest.is_some_and(|digest| digest.hash == hash) {
            let extent = *raw.grid().chunk_region(index).shape();
            found.insert(index, summaries_of(raw, &extent, &record[16..])?);
        }
    }
    for (index, summaries) in found {
        if let Some(slot) = raw.slot(index) {
            let slot = Slot { summaries: Some(summaries.into()), ..slot.clone() };
            raw.set_slot(index, slot);
        }
    }
    Ok(())
}

/// The summaries of a chunk of which `extent` is no padding.
fn summaries_of(raw: &RawArray, extent: &Shape, bytes: &[u8]) -> Result<Vec<Summary>> {
    let summaries = bytes.chunks_exact(SUMMARY_NBYTES).enumerate().map(|(block, bytes)| {
        let summary = of_bytes(bytes);
        let nitems = raw.grid().block_region(block, extent).shape().nitems();
        // Sums of what cannot be could overflow.
        if !is_possible(raw.dtype(), &summary, nitems) {
            return Err(invalid("statistics", block, "they are those of a block's elements"));
        }
        Ok(summary)
    });
    summaries.collect()
}

fn to_bytes(summary: &Summary) -> [u8; SUMMARY_NBYTES] {
    let Summary { low, high, sum, nnumbers, nnans } = *summary;
    let counts = u64::from(nnumbers) | u64::from(nnans) << 32;
    let mut bytes = [0; SUMMARY_NBYTES];
    for (to, word) in bytes.chunks_exact_mut(8).zip([low, high, sum[0], sum[1], counts]) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn of_bytes(bytes: &[u8]) -> Summary {
    let word = |index: usize| word(bytes, 8 * index);
    let counts = word(4);
    Summary {
        low: word(0),
        high: word(1),
        sum: [word(2), word(3)],
        nnumbers: counts as u32,
        nnans: (counts >> 32) as u32,
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
