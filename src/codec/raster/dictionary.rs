//! At most 256 distinct values, and the index of each.
//!
//! ```text
//! last    u8       number of distinct values less 1
//! values           each, in ascending order
//! indices node     of single bytes
//! ```

use super::Preset;
use super::decode::Decoder;
use super::distinct::{distinct, sort};
use super::encode::{Encoder, Values};
use super::profile::Profile;
use super::stream::{Class, Kind, Reader};
use crate::arch::raster::lookup::lookup;
use crate::codec::CodecError;

/// Distinct values at most.
const MAX: usize = 256;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let last = usize::from(reader.byte()?);
    let table = reader.bytes((last + 1) * itemsize)?;
    let mut indices = decoder.state.take(dst.len() / itemsize);
    let result = decoder.node(reader.rest(), 1, &mut indices).and_then(|()| {
        match lookup(decoder.isa, itemsize, table, &indices, dst) {
            true => Ok(()),
            false => Err(CodecError::Corrupt { reason: "no such entry" }),
        }
    });
    decoder.state.give(indices);
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
    let Values { class, itemsize, geometry } = values;
    // Single bytes are to gain more than it costs to write them twice when decoding.
    let limit = if itemsize == 1 { limit - limit / 8 } else { limit };
    let is_dense = encoder.preset == Preset::Dense;
    let max = if is_dense && itemsize > 1 { MAX } else { max_distinct(values, profile) };
    let max = max.min(limit / itemsize);
    if max == 0 || !is_dense && !profile.may_be_distinct(max) {
        return false;
    }
    let mut indices = encoder.state.take(src.len() / itemsize);
    let found = distinct(itemsize, src, max, &mut encoder.state.places, &mut indices[..]);
    let start = out.len();
    if let Some(mut found) = found {
        let ranks: Vec<u8> = sort(class, itemsize, &mut found);
        let mut ranked = encoder.state.take(indices.len());
        let is_known = lookup(encoder.isa, 1, &ranks, &indices, &mut ranked);
        debug_assert!(is_known, "each value has been found");
        out.extend([Kind::Dictionary as u8, (found.len() - 1) as u8]);
        found.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()[..itemsize]));
        let values = Values { class: Class::Unsigned, itemsize: 1, geometry };
        encoder.last_node(&ranked, values, (start, limit), out);
        encoder.state.give(ranked);
    }
    encoder.state.give(indices);
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// Distinct values with which a dictionary may pay.
fn max_distinct(Values { class, itemsize, .. }: Values, profile: &Profile<'_>) -> usize {
    // Indices have at least two bits less if there are gaps.
    let with_gaps = match profile.is_gapless() {
        true => 0,
        false => ((profile.range() / 4 + 1) as usize).min(MAX),
    };
    match class {
        _ if itemsize == 1 => with_gaps,
        Class::Float => MAX,
        // What repeats may be labels, for which there is a mode if they are bytes.
        _ if profile.repeats() => MAX,
        _ => with_gaps,
    }
}
