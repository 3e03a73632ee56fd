//! At most 256 distinct values, and the index of each.
//!
//! ```text
//! last    u8       number of distinct values less 1
//! values           each, in ascending order
//! indices node     of single bytes
//! ```

use super::decode::Decoder;
use super::distinct::{distinct, sample, sort};
use super::encode::{Encoder, Values};
use super::stream::{Class, Kind, Reader};
use crate::arch::raster::lookup::lookup;
use crate::codec::CodecError;

/// Values looked at before all are.
const SAMPLES: usize = 64;

/// Distinct ones among them above which there are most likely too many in all.
const MAX_SAMPLED: usize = 56;

/// The same for single bytes, which gain nothing but a little width.
const MAX_SAMPLED_BYTES: usize = 24;

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
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let Values { class, itemsize, geometry } = values;
    // Single bytes are to gain more than it costs to write them twice when decoding.
    let (max_sampled, limit) = match itemsize {
        1 => (MAX_SAMPLED_BYTES, limit - limit / 8),
        _ => (MAX_SAMPLED, limit),
    };
    if sample(itemsize, src, SAMPLES) > max_sampled {
        return false;
    }
    let mut indices = encoder.state.take_empty();
    let found = distinct(itemsize, src, 256, &mut encoder.state.places, &mut indices);
    let start = out.len();
    if let Some(mut found) = found.filter(|found| itemsize > 1 || is_narrower(found)) {
        let ranks: Vec<u8> = sort(class, itemsize, &mut found);
        let mut ranked = encoder.state.take(indices.len());
        let is_known = lookup(encoder.isa, 1, &ranks, &indices, &mut ranked);
        debug_assert!(is_known, "each value has been found");
        out.extend([Kind::Dictionary as u8, (found.len() - 1) as u8]);
        found.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()[..itemsize]));
        if out.len() - start < limit {
            encoder.node(&ranked, Values { class: Class::Unsigned, itemsize: 1, geometry }, out);
        }
        encoder.state.give(ranked);
    }
    encoder.state.give(indices);
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// Whether indices of these bytes have at least two bits less than the bytes.
fn is_narrower(found: &[u64]) -> bool {
    let (least, most) = (found.iter().min(), found.iter().max());
    let range = most.zip(least).map_or(0, |(most, least)| most - least);
    found.len() as u64 * 4 <= range + 1
}
