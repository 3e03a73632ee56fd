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
use crate::arch::Isa;
use crate::arch::interleave::{Differences, MAX_CHANNELS, deinterleave, interleave};
use crate::arch::raster::differences::subtract;
use crate::arch::raster::{Predictor, Sample, costs};
use crate::codec::CodecError;

/// Of so many steps of a plane a pair is looked at to find what it resembles.
const EVERY: usize = 16;

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
    let differences = choose(encoder, values, buffer);
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

/// Which planes to store as differences, and to which: what takes the fewest bits in a sample.
fn choose(encoder: &mut Encoder<'_>, values: Values, planes: &[u8]) -> Differences {
    let itemsize = values.itemsize;
    let geometry = values.geometry.with_long_rows(itemsize);
    let (isa, count) = (encoder.isa, geometry.channels);
    let nbytes = planes.len() / count;
    let plane = |channel: usize| &planes[channel * nbytes..][..nbytes];
    let row = geometry.row;
    let mut difference = encoder.state.take(nbytes);
    let mut bits = [[0; MAX_CHANNELS]; MAX_CHANNELS];
    for (channel, taken) in bits.iter_mut().enumerate().take(count) {
        for (other, bits) in taken.iter_mut().enumerate().take(channel) {
            difference.copy_from_slice(plane(channel));
            subtract(isa, itemsize, plane(other), &mut difference);
            *bits = sampled_bits(isa, itemsize, row, &difference);
        }
        taken[channel] = sampled_bits(isa, itemsize, row, plane(channel));
    }
    encoder.state.give(difference);
    fewest_bits(count, &bits)
}

/// Of the bits that each channel takes as differences to those before it, and by itself.
fn fewest_bits(count: usize, bits: &[[u64; MAX_CHANNELS]; MAX_CHANNELS]) -> Differences {
    let mut best = Differences::NONE;
    let mut most = 0;
    for reference in 0..count {
        // Differences take the same bits both ways.
        let saved = |channel: usize| {
            let both = bits[channel.max(reference)][channel.min(reference)];
            bits[channel][channel].saturating_sub(both)
        };
        let planes = (0..count).filter(|&channel| saved(channel) > 0);
        let total = planes.clone().map(saved).sum();
        let planes = planes.fold(0, |planes, channel| planes | 1 << channel);
        if let Some(differences) = Differences::new(count, reference, planes)
            && total > most
        {
            (best, most) = (differences, total);
        }
    }
    best
}

/// Bits that a sample of a plane takes with the predictor that suits it best.
fn sampled_bits(isa: Isa, itemsize: usize, row: usize, plane: &[u8]) -> u64 {
    let sample = Sample { skip: (row + 1) * itemsize, every: EVERY };
    let mut bits = costs(isa, itemsize, plane, row * itemsize, 0, sample);
    // Its base is not known, and no pair of channels is noise but for what they share.
    bits[Predictor::None as usize] = u64::MAX;
    bits.into_iter().min().unwrap_or(0)
}

#[cfg(test)]
mod tests;
