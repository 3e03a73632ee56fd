//! Labels, masks and indices: bytes that mostly equal the one above.
//!
//! ```text
//! stride   number          values to the one above, at least 64
//! moved    number          length of the section of that name
//! head     number, node    length of the node, and it: the first stride + 1 values, rounded up to a
//!                          multiple of 64
//! moved steps, exception steps
//!                          of each, a bit for each 64 values after the head, as bytes of which only
//!                          those that are not 0 are stored, after a bit for each that says which
//! groups                   a byte for each exception step: which of its 8 times 8 values have any
//! masks                    a byte for each such 8 values: which are exceptions
//! repeats                  a bit for each exception: whether it equals the value before
//! moved                    a bit for each value at an edge in a moved step
//! literals node            all the rest: the exceptions that are no repeats; nothing if there are none
//! ```
//!
//! Bits are stored lowest first. What the sections mean is told by
//! [`arch::raster::sparse`](crate::arch::raster::sparse).

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::stream::{Class, Kind, Reader, push_number};
use crate::arch::raster::sparse::{Sections, head, ones, restore, sample, separate};
use crate::codec::CodecError;

/// One value in so many may equal nothing above it.
const MIN_PREDICTED: usize = 4;

const CORRUPT: CodecError = CodecError::Corrupt { reason: "labels do not fit together" };

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    if itemsize != 1 {
        return Err(CodecError::Corrupt { reason: "labels of several bytes" });
    }
    let stride = reader.number()?;
    let nmoved = reader.number()?;
    let head = head(dst.len(), stride)
        .ok_or(CodecError::Corrupt { reason: "rows too short or too few for labels" })?;
    let len = reader.number()?;
    decoder.node(reader.bytes(len)?, 1, &mut dst[..head])?;
    let mut sections = std::mem::take(&mut decoder.state.sections);
    let step_bytes = Sections::step_bytes(dst.len(), stride);
    let result = read_sections(decoder, reader, step_bytes, nmoved, &mut sections).and_then(|()| {
        match restore(decoder.isa, &mut sections, stride, dst) {
            true => Ok(()),
            false => Err(CORRUPT),
        }
    });
    decoder.state.sections = sections;
    result
}

fn read_sections(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    step_bytes: usize,
    nmoved: usize,
    sections: &mut Sections,
) -> Result<(), CodecError> {
    sections.clear();
    read_steps(&mut reader, step_bytes, &mut sections.moved_steps)?;
    read_steps(&mut reader, step_bytes, &mut sections.exception_steps)?;
    sections.groups.extend_from_slice(reader.bytes(ones(&sections.exception_steps))?);
    sections.masks.extend_from_slice(reader.bytes(ones(&sections.groups))?);
    sections.repeats.extend_from_slice(reader.bytes(ones(&sections.masks).div_ceil(8))?);
    sections.moved.extend_from_slice(reader.bytes(nmoved)?);
    match sections.nliterals().ok_or(CORRUPT)? {
        0 if reader.rest().is_empty() => Ok(()),
        0 => Err(CORRUPT),
        nliterals => {
            sections.literals.resize(nliterals, 0);
            decoder.node(reader.rest(), 1, &mut sections.literals)
        }
    }
}

fn read_steps(reader: &mut Reader<'_>, len: usize, steps: &mut Vec<u8>) -> Result<(), CodecError> {
    let bitmap = reader.bytes(len.div_ceil(8))?;
    for at in 0..len {
        let is_stored = bitmap[at / 8] >> (at % 8) & 1 == 1;
        steps.push(if is_stored { reader.byte()? } else { 0 });
    }
    Ok(())
}

fn write_steps(steps: &[u8], out: &mut Vec<u8>) {
    let bitmap = out.len();
    out.resize(bitmap + steps.len().div_ceil(8), 0);
    for (at, &byte) in steps.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        out[bitmap + at / 8] |= 1 << (at % 8);
        out.push(byte);
    }
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
    if values.itemsize != 1 || values.geometry.channels != 1 {
        return false;
    }
    let Some((stride, geometry)) = choose_stride(src, values.geometry) else { return false };
    let mut sections = std::mem::take(&mut encoder.state.sections);
    separate(encoder.isa, src, stride, &mut sections);
    let start = out.len();
    let certain = sections.groups.len() + sections.masks.len() + sections.moved.len();
    if certain < limit {
        write(encoder, src, (stride, geometry), &sections, limit, out);
    }
    encoder.state.sections = sections;
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// The distance over which values resemble each other most, if they do, and how the values of the
/// head lie.
fn choose_stride(src: &[u8], geometry: Geometry) -> Option<(usize, Geometry)> {
    let row = (geometry.row, Geometry::FLAT);
    let slice = (geometry.slice, Geometry { slice: 0, ..geometry });
    let candidates = [row, slice].into_iter().filter_map(|(stride, geometry)| {
        let (exceptions, count) = sample(src, stride);
        // The head of a slice is much of the block, and not likely to become smaller.
        let is_likely = exceptions * MIN_PREDICTED < count && stride * 4 <= src.len();
        is_likely.then_some((exceptions, stride, geometry))
    });
    let best = candidates.min_by_key(|&(exceptions, ..)| exceptions);
    best.map(|(_, stride, geometry)| (stride, geometry))
}

/// Appends the node, or nothing if that seems to reach `limit` bytes.
fn write(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    (stride, geometry): (usize, Geometry),
    sections: &Sections,
    limit: usize,
    out: &mut Vec<u8>,
) {
    let Some(head) = head(src.len(), stride) else { return };
    let start = out.len();
    out.push(Kind::Sparse as u8);
    push_number(out, stride);
    push_number(out, sections.moved.len());
    let mut node = encoder.state.take_empty();
    let values = Values { class: Class::Unsigned, itemsize: 1, geometry };
    encoder.node(&src[..head], values, &mut node);
    push_number(out, node.len());
    out.extend_from_slice(&node);
    encoder.state.give(node);
    write_steps(&sections.moved_steps, out);
    write_steps(&sections.exception_steps, out);
    for section in [&sections.groups, &sections.masks, &sections.repeats, &sections.moved] {
        out.extend_from_slice(section);
    }
    if !sections.literals.is_empty() {
        let values = Values { geometry: Geometry::FLAT, ..values };
        encoder.last_node(&sections.literals, values, (start, limit), out);
    }
}
