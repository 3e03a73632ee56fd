//! At most 8192 distinct values, and the index of each: scaled integers, floats of few bits.
//!
//! ```text
//! count   number          distinct values, at least 1
//! values  number, node    length of the node, and it: the distinct values in ascending order
//! indices node            all the rest: of 2 bytes each
//! ```

use bytemuck::cast_slice;

use super::Preset;
use super::buffers::State;
use super::decode::Decoder;
use super::distinct::{distinct, distinct_in_order, order_key, sort};
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::profile::Profile;
use super::stream::{Class, Kind, Reader, push_number};
use crate::arch::raster::lookup::lookup_wide;
use crate::codec::CodecError;

/// More distinct values than this are none that repeat often.
const MAX: usize = 8192;

/// As many distinct values are a matter for the other [`dictionary`](super::dictionary).
const NARROW: usize = 256;

/// Values for each distinct one that make up for its place in the table.
const MIN_REPEATED: usize = 4;

/// Bits of a value that are worth a table.
const MIN_SAVED: u32 = 2;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    if itemsize == 1 {
        return Err(CodecError::Corrupt { reason: "indices wider than their values" });
    }
    let count = reader.number()?;
    let len = reader.number()?;
    let node = reader.bytes(len)?;
    // No more than there are values, or tables of tables would take ever longer.
    if count == 0 || count > MAX.min(dst.len() / itemsize) {
        return Err(CodecError::Corrupt { reason: "no such number of distinct values" });
    }
    let mut table = decoder.state.take(count * itemsize);
    let mut indices = decoder.state.take(dst.len() / itemsize * 2);
    let result = decoder
        .node(node, itemsize, &mut table)
        .and_then(|()| decoder.node(reader.rest(), 2, &mut indices))
        .and_then(|()| match lookup_wide(itemsize, &table, &indices, dst) {
            true => Ok(()),
            false => Err(CodecError::Corrupt { reason: "no such entry" }),
        });
    decoder.state.give(indices);
    decoder.state.give(table);
    result
}

/// Appends the node for `src`, if it applies and is shorter than `limit` bytes; else leaves `out` as
/// it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    profile: &Profile<'_>,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let Values { class, itemsize, .. } = values;
    // Integers seldom leave out values, and it takes long to find out.
    let is_dense = encoder.preset == Preset::Dense;
    let is_likely = is_dense || class == Class::Float;
    let range = (profile.range() >> MIN_SAVED) as usize;
    let max = MAX.min(src.len() / itemsize / MIN_REPEATED).min(range);
    if itemsize == 1 || !is_likely || max <= NARROW {
        return false;
    }
    if !is_dense && !profile.may_be_distinct(max) {
        return false;
    }
    let mut memory = std::mem::take(&mut encoder.state.indices);
    let nvalues = src.len() / itemsize;
    if memory.len() < nvalues {
        memory.resize(nvalues, 0);
    }
    let indices = &mut memory[..nvalues];
    let start = out.len();
    if let Some(found) = find(encoder.state, values, src, max, indices) {
        write(encoder, values, found, indices, limit, out);
    }
    encoder.state.indices = memory;
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// The distinct values in ascending order, if they may pay; writes which of them each value is.
fn find(
    state: &mut State,
    Values { class, itemsize, .. }: Values,
    src: &[u8],
    max: usize,
    indices: &mut [u16],
) -> Option<Vec<u64>> {
    let pay = |found: &[u64]| saves(class, itemsize, found);
    let found = if itemsize == 2 {
        distinct_in_order(class, src, max, pay, &mut state.places, indices)?
    } else {
        let mut found = distinct(itemsize, src, max, &mut state.places, indices)?;
        let ranks: Vec<u16> = sort(class, itemsize, &mut found);
        if !pay(&found) {
            return None;
        }
        indices.iter_mut().for_each(|index| *index = ranks[usize::from(*index)]);
        found
    };
    indices.iter_mut().for_each(|index| *index = index.to_le());
    Some(found)
}

/// Appends the node, or nothing if that seems to reach `limit` bytes.
fn write(
    encoder: &mut Encoder<'_>,
    values: Values,
    found: Vec<u64>,
    indices: &[u16],
    limit: usize,
    out: &mut Vec<u8>,
) {
    let Values { itemsize, geometry, .. } = values;
    let start = out.len();
    out.push(Kind::WideDictionary as u8);
    push_number(out, found.len());
    let mut table = encoder.state.take_empty();
    found.iter().for_each(|value| table.extend_from_slice(&value.to_le_bytes()[..itemsize]));
    let mut node = encoder.state.take_empty();
    encoder.node(&table, Values { geometry: Geometry::FLAT, ..values }, &mut node);
    push_number(out, node.len());
    out.extend_from_slice(&node);
    encoder.state.give(table);
    encoder.state.give(node);
    let values = Values { class: Class::Unsigned, itemsize: 2, geometry };
    encoder.last_node(cast_slice(indices), values, (start, limit), out);
}

/// Whether indices have so many bits less than differences of values, found in ascending order,
/// that a table may pay.
fn saves(class: Class, itemsize: usize, found: &[u64]) -> bool {
    let key = |value: Option<&u64>| value.map_or(0, |&value| order_key(class, itemsize, value));
    let range = key(found.last()) - key(found.first());
    found.len() > NARROW && range >> MIN_SAVED >= found.len() as u64
}
