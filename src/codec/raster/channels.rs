//! Channels that lie side by side in each pixel, taken apart.
//!
//! ```text
//! count       u8      channels, 2 to 8
//! reference   u8      a channel that others are differences to
//! differences u8      bit c: channel c is differences to the reference; for the reference itself 0
//! each channel:
//!   length    number  of the node, but for the last channel, whose node is all the rest
//!   node
//! ```
//!
//! Differences are modulo the range of the values, with half the range added. All are to one
//! channel, which is none itself: so no order of decoding has to be found, and no stream can name
//! two channels each of which needs the other.

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::stream::{Class, Kind, Reader, push_number};
use crate::arch::interleave::{Differences, MAX_CHANNELS, deinterleave, interleave};
use crate::arch::raster::GROUP;
use crate::arch::raster::differences::subtract;
use crate::codec::CodecError;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let count = usize::from(reader.byte()?);
    let (reference, planes) = (usize::from(reader.byte()?), reader.byte()?);
    let is_count = (2..=MAX_CHANNELS).contains(&count);
    let differences = Differences::new(count, reference, planes)
        .filter(|_| is_count)
        .ok_or(CodecError::Corrupt { reason: "no such channels" })?;
    if dst.is_empty() || !dst.len().is_multiple_of(count * itemsize) {
        return Err(CodecError::Corrupt { reason: "pixels of another number of channels" });
    }
    let mut buffer = decoder.state.take(dst.len());
    let result = decode_planes(decoder, reader, itemsize, count, &mut buffer);
    if result.is_ok() {
        let mut planes = buffer.chunks_exact(buffer.len() / count);
        let planes: [&[u8]; MAX_CHANNELS] = std::array::from_fn(|_| planes.next().unwrap_or(&[]));
        interleave(decoder.isa, itemsize, &planes[..count], differences, dst);
    }
    decoder.state.give(buffer);
    result
}

/// Fills `buffer` with the planes, one behind the other.
fn decode_planes(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    count: usize,
    buffer: &mut [u8],
) -> Result<(), CodecError> {
    let nbytes = buffer.len() / count;
    for (channel, plane) in buffer.chunks_exact_mut(nbytes).enumerate() {
        let node = if channel + 1 < count {
            let len = reader.number()?;
            reader.bytes(len)?
        } else {
            reader.rest()
        };
        decoder.node(node, itemsize, plane)?;
    }
    Ok(())
}

/// Appends the node for `src`, if it has channels and the node is shorter than `limit` bytes; else
/// leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let count = values.geometry.channels;
    if !(2..=MAX_CHANNELS).contains(&count) || !src.len().is_multiple_of(count * values.itemsize) {
        return false;
    }
    let mut buffer = encoder.state.take(src.len());
    {
        let mut planes = buffer.chunks_exact_mut(src.len() / count);
        let mut planes: [&mut [u8]; MAX_CHANNELS] =
            std::array::from_fn(|_| planes.next().unwrap_or_default());
        deinterleave(encoder.isa, values.itemsize, src, &mut planes[..count]);
    }
    let start = out.len();
    let fits = encode_planes(encoder, &mut buffer, values, limit, out);
    if !fits {
        out.truncate(start);
    }
    encoder.state.give(buffer);
    fits
}

/// Appends the node for planes that lie one behind the other; whether it is shorter than `limit`.
fn encode_planes(
    encoder: &mut Encoder<'_>,
    buffer: &mut [u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let Values { class, itemsize, geometry } = values;
    let start = out.len();
    let count = geometry.channels;
    let nbytes = buffer.len() / count;
    let plane = geometry.of_channel();
    let differences = match class {
        // The bits of floats are no numbers whose differences are small.
        Class::Float | Class::Bytes => Differences::NONE,
        Class::Unsigned | Class::Signed => choose(itemsize, plane.row, count, buffer),
    };
    out.push(Kind::Channels as u8);
    out.extend([count as u8, differences.reference() as u8, differences.planes()]);
    subtract_reference(encoder, itemsize, differences, buffer, nbytes);
    let mut node = encoder.state.take_empty();
    for (channel, src) in buffer.chunks_exact(nbytes).enumerate() {
        let class = if differences.contains(channel) { Class::Unsigned } else { class };
        node.clear();
        encoder.node(src, Values { class, itemsize, geometry: plane }, &mut node);
        if channel + 1 < count {
            push_number(out, node.len());
        }
        out.extend_from_slice(&node);
        if out.len() - start >= limit {
            break;
        }
    }
    encoder.state.give(node);
    out.len() - start < limit
}

/// Makes differences of the planes that are to be some.
fn subtract_reference(
    encoder: &Encoder<'_>,
    itemsize: usize,
    differences: Differences,
    buffer: &mut [u8],
    nbytes: usize,
) {
    let at = differences.reference() * nbytes;
    let (before, rest) = buffer.split_at_mut(at);
    let (reference, after) = rest.split_at_mut(nbytes);
    let before = before.chunks_exact_mut(nbytes).enumerate();
    let first = differences.reference() + 1;
    let after = after.chunks_exact_mut(nbytes).enumerate().map(|(i, plane)| (first + i, plane));
    for (channel, plane) in before.chain(after) {
        if differences.contains(channel) {
            subtract(encoder.isa, itemsize, reference, plane);
        }
    }
}

/// Groups of values that are looked at in each plane.
const SAMPLES: usize = 64;

/// Which planes to store as differences, and to which: what leaves the fewest planes of bits in a
/// sample.
fn choose(itemsize: usize, row: usize, count: usize, planes: &[u8]) -> Differences {
    let nbytes = planes.len() / count;
    let plane = |channel: usize| &planes[channel * nbytes..][..nbytes];
    let mut cost = [[0; MAX_CHANNELS]; MAX_CHANNELS];
    for channel in 0..count {
        cost[channel][channel] = sampled_cost(itemsize, row, plane(channel), None);
        for other in 0..channel {
            let both = sampled_cost(itemsize, row, plane(channel), Some(plane(other)));
            (cost[channel][other], cost[other][channel]) = (both, both);
        }
    }
    let chosen = (0..count).map(|reference| {
        let is_better = |&channel: &usize| cost[channel][reference] < cost[channel][channel];
        let better = (0..count).filter(is_better);
        let saved: u32 =
            better.clone().map(|channel| cost[channel][channel] - cost[channel][reference]).sum();
        (saved, reference, better.fold(0, |planes, channel| planes | 1 << channel))
    });
    // The first of those that save the same.
    let best = chosen.rev().max_by_key(|&(saved, ..)| saved);
    best.and_then(|(_, reference, planes)| Differences::new(count, reference, planes))
        .unwrap_or(Differences::NONE)
}

/// Planes of bits of some groups of a plane, or of its differences to another plane, predicted by
/// their gradients.
fn sampled_cost(itemsize: usize, row: usize, plane: &[u8], reference: Option<&[u8]>) -> u32 {
    match itemsize {
        1 => sampled_cost_of::<1>(row, plane, reference),
        2 => sampled_cost_of::<2>(row, plane, reference),
        4 => sampled_cost_of::<4>(row, plane, reference),
        _ => sampled_cost_of::<8>(row, plane, reference),
    }
}

fn sampled_cost_of<const SIZE: usize>(row: usize, plane: &[u8], reference: Option<&[u8]>) -> u32 {
    let unused = 64 - 8 * SIZE as u32;
    let values: &[[u8; SIZE]] = plane.as_chunks().0;
    let reference = reference.map(|reference| reference.as_chunks::<SIZE>().0);
    let number = |item: [u8; SIZE]| {
        let mut bytes = [0; 8];
        bytes[..SIZE].copy_from_slice(&item);
        u64::from_le_bytes(bytes)
    };
    let value = |at: usize| {
        let value = number(values[at]);
        reference.map_or(value, |reference| value.wrapping_sub(number(reference[at])))
    };
    let first = row + 1;
    let ngroups = values.len().saturating_sub(first) / GROUP;
    let mut cost = 0;
    for group in (0..ngroups).step_by(ngroups.div_ceil(SAMPLES).max(1)) {
        let start = first + group * GROUP;
        let step = |at: usize| value(at).wrapping_sub(value(at - 1));
        let bits = (start..start + GROUP).fold(0, |bits, at| {
            let above = if row == 0 { 0 } else { step(at - row) };
            let residual = (step(at).wrapping_sub(above) << unused) as i64;
            bits | (residual << 1 ^ residual >> 63) as u64
        });
        cost += 64 - (bits >> unused).leading_zeros();
    }
    cost
}
