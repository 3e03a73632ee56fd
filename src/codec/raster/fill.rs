//! A value that stands for none, apart from the others: land in a map of the sea, what lies outside
//! of a scan.
//!
//! ```text
//! value   value     what fills
//! length  number    of the node of the mask
//! mask    node      of bytes: a bit for each value, the first the lowest; set where it is filled
//! node              of all values, the filled ones any: all the rest
//! ```
//!
//! Such a value is far from its neighbours, so that each edge of a filled area costs a group of
//! eight wide residuals; and it keeps floats from being [scaled](super::scaled) or makes a block one
//! of both signs. In its place the encoder puts what predictors expect: the last value to the left,
//! carried on, which costs `left` nothing and `gradient` only in the first row, or the value above,
//! which does the same for `up` and `w3`.

use super::Preset;
use super::buffers::Buffer;
use super::decode::Decoder;
use super::distinct::{Sampled, Value, neighbours};
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::plan::Plan;
use super::profile::Profile;
use super::stream::{Class, Kind, Reader, push_number};
use crate::arch::raster::fill::{find, replace_by_left, replace_by_up, restore};
use crate::arch::raster::survey::survey;
use crate::codec::CodecError;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let fill = reader.value(itemsize)?;
    let len = reader.number()?;
    let mask_node = reader.bytes(len)?;
    decoder.node(reader.rest(), itemsize, dst)?;
    let mut mask = decoder.state.take((dst.len() / itemsize).div_ceil(8));
    let result = decoder.node(mask_node, 1, &mut mask);
    if result.is_ok() {
        restore(decoder.isa, itemsize, fill, &mask, dst);
    }
    decoder.state.give(mask);
    result
}

/// Appends the node for `src`, if it is shorter than `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    profile: &Profile<'_>,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    if encoder.in_fill {
        return false;
    }
    let Some(candidate) = Candidate::find(src, values.itemsize, profile) else { return false };
    let mut mask = encoder.state.take((src.len() / values.itemsize).div_ceil(8));
    find(encoder.isa, values.itemsize, candidate.fill, src, &mut mask);
    let start = out.len();
    let gain = match values.itemsize {
        1 => candidate.gain::<u8>(src, &mask),
        2 => candidate.gain::<u16>(src, &mask),
        4 => candidate.gain::<u32>(src, &mask),
        _ => candidate.gain::<u64>(src, &mask),
    };
    let enough = match encoder.preset {
        // Where planes take few bits of each value, they are few for edges, too.
        Preset::Fast if limit < src.len() / MAX_RATIO => limit / 2,
        Preset::Fast => src.len() / MIN_GAIN,
        Preset::Dense => src.len() / MIN_GAIN_DENSE,
    };
    if gain > enough {
        encoder.in_fill = true;
        write(encoder, src, values, candidate.fill, &mask, limit, out);
        encoder.in_fill = false;
    }
    encoder.state.give(mask);
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// Appends the node, or nothing if that seems to reach `limit` bytes.
fn write(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    fill: u64,
    mask: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
) {
    let mut replaced = encoder.state.take(src.len());
    let estimate = replace(encoder, src, values, fill, &mut replaced);
    // Floats may be integers once there is no fill value among them.
    let is_tried = encoder.preset == Preset::Dense || values.class == Class::Float;
    if !is_tried && estimate.is_some_and(|plan| plan.exceeds(limit, src.len())) {
        encoder.state.give(replaced);
        return;
    }
    let start = out.len();
    out.push(Kind::Fill as u8);
    out.extend_from_slice(&fill.to_le_bytes()[..values.itemsize]);
    let mut node = encoder.state.take_empty();
    let geometry = mask_geometry(values.geometry, mask.len());
    encoder.node(mask, Values { class: Class::Unsigned, itemsize: 1, geometry }, &mut node);
    push_number(out, node.len());
    out.extend_from_slice(&node);
    encoder.state.give(node);
    encoder.last_node(&replaced, values, (start, limit), out);
    encoder.state.give(replaced);
}

/// Rows of a mask of `len` bytes, where they are whole bytes.
fn mask_geometry(values: Geometry, len: usize) -> Geometry {
    let row = values.row / 8;
    if row == 0 || !values.row.is_multiple_of(8) {
        return Geometry::FLAT;
    }
    Geometry::new(&[len / row, row], 1)
}

/// Writes `src` to `dst` with the filled values replaced by what seems to cost least: says how it
/// would be packed, if that has been looked at.
fn replace(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    fill: u64,
    dst: &mut Buffer,
) -> Option<Plan> {
    let itemsize = values.itemsize;
    let geometry = values.geometry.with_long_rows(itemsize);
    replace_by_left(itemsize, fill, src, dst);
    if geometry.row == 0 {
        return None;
    }
    let mut by_up = encoder.state.take(src.len());
    let stride = geometry.row * itemsize;
    replace_by_up(encoder.isa, itemsize, stride, fill, src, &mut by_up);
    let plan = |replaced: &[u8]| {
        let base = survey(encoder.isa, itemsize, replaced).least;
        Plan::new(encoder.isa, replaced, values, base)
    };
    let (mut best, of_up) = (plan(dst), plan(&by_up));
    if of_up.nbytes < best.nbytes {
        std::mem::swap(dst, &mut by_up);
        best = of_up;
    }
    encoder.state.give(by_up);
    Some(best)
}

/// A value that may fill parts of a block.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    fill: u64,
    /// Bits that the step from one value to the next takes on average, where neither is filled.
    step_width: u32,
}

/// Values whose distances are looked at before all are compared.
const NSAMPLES: usize = 64;

/// The same where most seem to be filled.
const NSAMPLES_FILLED: usize = 512;

/// Of so many values of a sample more than one is to be the one that fills.
const MIN_SHARE: usize = 32;

/// Blocks whose planes are smaller by this are left to these, if a mask does not save half of them:
/// of those of real arrays, 1 in 130 became smaller by its fill value, and by little.
const MAX_RATIO: usize = 7;

/// One byte in so many that a mask is to save, roughly: it takes as long as all the rest.
const MIN_GAIN: usize = 32;

/// The same where time counts less.
const MIN_GAIN_DENSE: usize = 128;

/// Bits more than a usual step that it takes from a fill value to any other.
const MIN_JUMP: u32 = 3;

/// Bytes of the mask that each edge takes, roughly.
const EDGE_NBYTES: usize = 2;

/// Groups of a stretch in which edges are looked at.
const STRETCH: usize = 16;

/// One stretch in so many is: an odd number, lest all be in the same columns.
const EVERY: usize = 5;

impl Candidate {
    /// The most common value of a sample, if it is frequent and far from the others.
    fn find(src: &[u8], itemsize: usize, profile: &Profile<'_>) -> Option<Self> {
        let Sampled { common, most, len, .. } = profile.sampled;
        if most * MIN_SHARE <= len || len < NSAMPLES {
            return None;
        }
        let nsamples = if 2 * most > len { NSAMPLES_FILLED } else { NSAMPLES };
        match itemsize {
            1 => Self::far_from_others::<u8>(src, common, nsamples),
            2 => Self::far_from_others::<u16>(src, common, nsamples),
            4 => Self::far_from_others::<u32>(src, common, nsamples),
            _ => Self::far_from_others::<u64>(src, common, nsamples),
        }
    }

    fn far_from_others<V: Value>(src: &[u8], fill: u64, nsamples: usize) -> Option<Self> {
        let values = V::chunks(src);
        let (mut others, mut steps, mut edges) =
            (Mean::default(), Mean::default(), Mean::default());
        for [before, value] in neighbours::<V>(values, nsamples) {
            let is_filled = [before, value].map(|value| value.to_u64() == fill);
            let step = width(value, before);
            others.add(!is_filled[1], width(value, V::from_u64(fill)));
            steps.add(!is_filled[0] & !is_filled[1], step);
            edges.add(is_filled[0] != is_filled[1], step);
        }
        let step_width = steps.mean()?;
        let is_far = |mean: Mean| mean.mean().is_none_or(|mean| mean >= step_width + MIN_JUMP);
        (is_far(others) && is_far(edges)).then_some(Self { fill, step_width })
    }

    /// Bytes that a mask would save, roughly.
    fn gain<V: Value>(self, src: &[u8], mask: &[u8]) -> usize {
        let values = V::chunks(src);
        let (mut gain, mut nedges) = (0, 0);
        let groups = (1..mask.len()).step_by(STRETCH * EVERY);
        for group in groups.flat_map(|start| start..mask.len().min(start + STRETCH)) {
            // Where a value and the one before are not both filled or both not.
            let mut edges = mask[group] ^ (mask[group] << 1 | mask[group - 1] >> 7);
            let mut jump = self.step_width;
            while edges != 0 {
                let at = group * 8 + edges.trailing_zeros() as usize;
                let Some(&[before, value]) = values.get(at - 1..).and_then(<[_]>::first_chunk)
                else {
                    break;
                };
                jump = jump.max(width(V::from_bytes(value), V::from_bytes(before)));
                nedges += 1;
                edges &= edges - 1;
            }
            // A group has a byte for each bit of its widest residual.
            gain += (jump - self.step_width) as usize;
        }
        gain.saturating_sub(nedges * EDGE_NBYTES) * EVERY
    }
}

/// A mean of some of many numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: u32,
    count: u32,
}

impl Mean {
    /// Adds the number, or not: without a branch, which would be mispredicted.
    fn add(&mut self, counts: bool, number: u32) {
        self.sum += number * u32::from(counts);
        self.count += u32::from(counts);
    }

    fn mean(self) -> Option<u32> {
        self.sum.checked_div(self.count)
    }
}

/// Bits of two's complement that the difference of two values takes.
fn width<V: Value>(value: V, other: V) -> u32 {
    let unused = 64 - 8 * size_of::<V>() as u32;
    let difference = (value.to_u64().wrapping_sub(other.to_u64()) << unused) as i64 >> unused;
    let folded = difference << 1 ^ difference >> 63;
    64 - folded.leading_zeros()
}

#[cfg(test)]
mod tests;
