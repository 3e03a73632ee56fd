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

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::plan::Plan;
use super::stream::{Class, Kind, Reader, push_number, value_at};
use crate::arch::raster::fill::{find, replace_by_left, replace_by_up, restore};
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
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    if encoder.in_fill {
        return false;
    }
    let Some(candidate) = Candidate::find(src, values.itemsize) else { return false };
    let mut mask = encoder.state.take((src.len() / values.itemsize).div_ceil(8));
    find(encoder.isa, values.itemsize, candidate.fill, src, &mut mask);
    let start = out.len();
    if candidate.gain(src, values.itemsize, &mask) > src.len() / 128 {
        encoder.in_fill = true;
        write(encoder, src, values, candidate.fill, &mask, out);
        encoder.in_fill = false;
    }
    encoder.state.give(mask);
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

fn write(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    fill: u64,
    mask: &[u8],
    out: &mut Vec<u8>,
) {
    out.push(Kind::Fill as u8);
    out.extend_from_slice(&fill.to_le_bytes()[..values.itemsize]);
    let mut node = encoder.state.take_empty();
    let geometry = mask_geometry(values.geometry, mask.len());
    encoder.node(mask, Values { class: Class::Unsigned, itemsize: 1, geometry }, &mut node);
    push_number(out, node.len());
    out.extend_from_slice(&node);
    encoder.state.give(node);
    let mut replaced = encoder.state.take(src.len());
    replace(encoder, src, values, fill, &mut replaced);
    encoder.node(&replaced, values, out);
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

/// Writes `src` to `dst` with the filled values replaced by what seems to cost least.
fn replace(encoder: &mut Encoder<'_>, src: &[u8], values: Values, fill: u64, dst: &mut Vec<u8>) {
    let itemsize = values.itemsize;
    let geometry = values.geometry.with_long_rows(itemsize);
    replace_by_left(itemsize, fill, src, dst);
    if geometry.row == 0 {
        return;
    }
    let mut by_up = encoder.state.take(src.len());
    let stride = geometry.row * itemsize;
    replace_by_up(encoder.isa, itemsize, stride, fill, src, &mut by_up);
    let nbytes = |replaced| Plan::new(encoder.isa, replaced, values).nbytes;
    if nbytes(&by_up) < nbytes(dst) {
        std::mem::swap(dst, &mut by_up);
    }
    encoder.state.give(by_up);
}

/// A value that may fill parts of a block.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    fill: u64,
    /// Bits that the step from one value to the next takes on average, where neither is filled.
    step_width: u32,
}

/// Values that are looked at before all are.
const NSAMPLES: usize = 256;

/// Bits more than a usual step that it takes from a fill value to any other.
const MIN_JUMP: u32 = 3;

/// Bytes of the mask that each edge takes, roughly.
const EDGE_NBYTES: usize = 2;

impl Candidate {
    /// A value on more than 1/32 of a sample that is far from the others and fills areas.
    fn find(src: &[u8], itemsize: usize) -> Option<Self> {
        let nvalues = src.len() / itemsize;
        if nvalues < 2 * NSAMPLES {
            return None;
        }
        let every = (nvalues - 1) / NSAMPLES;
        let every = if every.is_multiple_of(2) { every - 1 } else { every };
        let sample: [u64; NSAMPLES] =
            std::array::from_fn(|index| value_at(src, itemsize, 1 + index * every));
        let fill = most_frequent(&sample)?;
        let (mut nothers, mut distances, mut nsteps, mut steps) = (0, 0, 0, 0);
        let (mut nfilled, mut nruns) = (0, 0);
        for (index, &value) in sample.iter().enumerate() {
            let before = value_at(src, itemsize, index * every);
            if value == fill {
                nfilled += 1;
                nruns += u32::from(before != fill);
                continue;
            }
            nothers += 1;
            distances += width(value, fill, itemsize);
            if before != fill {
                nsteps += 1;
                steps += width(value, before, itemsize);
            }
        }
        if nsteps == 0 {
            return None;
        }
        let step_width = steps / nsteps;
        let is_far = distances / nothers >= step_width + MIN_JUMP;
        // What fills an area is mostly beside itself, unlike one of few values.
        let is_area = nruns * 2 <= nfilled;
        (is_far && is_area).then_some(Self { fill, step_width })
    }

    /// Bytes that a mask would save, roughly.
    fn gain(self, src: &[u8], itemsize: usize, mask: &[u8]) -> usize {
        let (mut gain, mut nedges, mut carry) = (0, 0, mask[0] & 1);
        for (group, &filled) in mask.iter().enumerate() {
            // Where a value and the one before are not both filled or both not.
            let mut edges = filled ^ (filled << 1 | carry);
            carry = filled >> 7;
            let mut jump = self.step_width;
            while edges != 0 {
                let at = group * 8 + edges.trailing_zeros() as usize;
                if at >= src.len() / itemsize {
                    break;
                }
                let [before, value] = [at - 1, at].map(|at| value_at(src, itemsize, at));
                jump = jump.max(width(value, before, itemsize));
                nedges += 1;
                edges &= edges - 1;
            }
            // A group has a byte for each bit of its widest residual.
            gain += (jump - self.step_width) as usize;
        }
        gain.saturating_sub(nedges * EDGE_NBYTES)
    }
}

/// A value on more than 1/32 of the sample.
fn most_frequent(sample: &[u64; NSAMPLES]) -> Option<u64> {
    let hash = |value: u64| (value.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
    let mut counts = [0_u16; 256];
    let (mut candidate, mut highest) = (0, 0);
    for &value in sample {
        let count = &mut counts[hash(value)];
        *count += 1;
        if *count > highest {
            (candidate, highest) = (value, *count);
        }
    }
    // Others may have been counted with it.
    let count = sample.iter().filter(|&&value| value == candidate).count();
    (count * 32 > NSAMPLES).then_some(candidate)
}

/// Bits of two's complement that the difference of two values takes.
fn width(value: u64, other: u64, itemsize: usize) -> u32 {
    let unused = 64 - 8 * itemsize as u32;
    let difference = (value.wrapping_sub(other) << unused) as i64 >> unused;
    let folded = difference << 1 ^ difference >> 63;
    64 - folded.leading_zeros()
}

#[cfg(test)]
mod tests;
