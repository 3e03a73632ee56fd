//! Differences to the values of the slice before, in volumes and stacks of planes.
//!
//! ```text
//! distance number   values from a slice to the next: at least 64 bytes
//! node              all the rest: the first slice as it is, then differences to the value at that
//!                   distance before
//! ```
//!
//! Differences are modulo the range of the values, with half the range added.

use super::Preset;
use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::plan::Plan;
use super::stream::{Class, Kind, Reader, push_number};
use crate::arch::raster::STEP;
use crate::arch::raster::differences::{add, subtract};
use crate::arch::raster::survey::survey;
use crate::codec::CodecError;

/// What part of the size is worth a second pass over the values when decoding.
const WORTH: usize = 50;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    // Shorter slices would take a call each for a few values.
    let distance = reader
        .number()?
        .checked_mul(itemsize)
        .filter(|&nbytes| nbytes >= STEP)
        .ok_or(CodecError::Corrupt { reason: "slices too short" })?;
    decoder.node(reader.rest(), itemsize, dst)?;
    for start in (distance..dst.len()).step_by(distance) {
        let (before, rest) = dst.split_at_mut(start);
        let len = rest.len().min(distance);
        add(decoder.isa, itemsize, &before[start - distance..], &mut rest[..len]);
    }
    Ok(())
}

/// Appends the node for `src`, if it has slices whose differences are estimated to take fewer than
/// `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let Values { itemsize, geometry, .. } = values;
    let distance = geometry.slice * itemsize;
    if distance < STEP || distance >= src.len() {
        return false;
    }
    let mut differences = encoder.state.take(src.len());
    differences.copy_from_slice(src);
    subtract(encoder.isa, itemsize, src, &mut differences[distance..]);
    // Second differences only add noise.
    let geometry = Geometry { slice: 0, ..geometry };
    let values = Values { class: Class::Unsigned, itemsize, geometry };
    let base = survey(encoder.isa, itemsize, &differences).least;
    let plan = Plan::new(encoder.isa, &differences, values, base);
    let mut pays = plan.nbytes < limit - limit / WORTH;
    if pays {
        let start = out.len();
        out.push(Kind::Slices as u8);
        push_number(out, distance / itemsize);
        encoder.node(&differences, values, out);
        // What is dense has been compared with more than an estimate.
        if encoder.preset == Preset::Dense && out.len() - start >= limit {
            out.truncate(start);
            pays = false;
        }
    }
    encoder.state.give(differences);
    pays
}

#[cfg(test)]
mod tests;
