//! Bit planes of residuals: the leaf that most data ends in.
//!
//! ```text
//! predictor u8       low 4 bits: none, left, up, gradient, w3; high 4 bits: coding of the widths
//! stride    number   values to the row above; only for up, gradient, w3
//! base      value    only for none
//! widths             of each group of 8 values, see below
//! planes             all the rest: of each group so many planes, see `arch::raster`
//! ```
//!
//! Widths are coded as *nibbles* (0): `n u8, n widths` in ascending order, the *table*; a bit for
//! each 8 groups, the first of a byte lowest: whether any of their widths is not 0; and 4 bytes for
//! each 8 groups that have one: indices into the table, the first in the lower nibble, where 0 is
//! width 0 and i is the table's width i - 1.

use super::decode::Decoder;
use super::encode::Encoder;
use super::stream::{Kind, Reader, push_number};
use crate::arch::raster::{COMPACT_SLACK, Packed, Prediction, Predictor, compact, transpose};
use crate::codec::CodecError;

/// Widths that a table can have besides 0.
const MAX_TABLE: usize = 15;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let isa = decoder.isa;
    let tag = reader.byte()?;
    let predictor = predictor_of(tag & 15)?;
    let stride = if predictor.needs_rows() { reader.number()? } else { 0 };
    let base = if predictor == Predictor::None { reader.value(itemsize)? } else { 0 };
    let prediction = stride
        .checked_mul(itemsize)
        .and_then(|stride| Prediction::new(itemsize, predictor, stride, base))
        .ok_or(CodecError::Corrupt { reason: "rows too short to predict across" })?;
    let mut widths = decoder.state.take(prediction.nwidths(dst.len()));
    let result = read_widths(tag >> 4, &mut reader, &mut widths).and_then(|()| {
        Packed::new(prediction, dst.len(), &widths, reader.rest())
            .ok_or(CodecError::Corrupt { reason: "widths and planes do not fit together" })
            .map(|packed| packed.unpacker(isa).advance(dst, dst.len()))
    });
    decoder.state.give(widths);
    result
}

fn predictor_of(code: u8) -> Result<Predictor, CodecError> {
    let predictor = Predictor::ALL.get(usize::from(code)).copied();
    predictor.ok_or(CodecError::Corrupt { reason: "no such predictor" })
}

fn read_widths(coding: u8, reader: &mut Reader<'_>, widths: &mut [u8]) -> Result<(), CodecError> {
    if coding != 0 {
        return Err(CodecError::Corrupt { reason: "no such coding of widths" });
    }
    let len = usize::from(reader.byte()?);
    if len > MAX_TABLE {
        return Err(CodecError::Corrupt { reason: "too many widths" });
    }
    let mut table = [0; 16];
    table[1..=len].copy_from_slice(reader.bytes(len)?);
    let bitmap = reader.bytes(widths.len() / 64)?;
    for (index, widths) in widths.chunks_exact_mut(8).enumerate() {
        widths.fill(0);
        if bitmap[index / 8] >> (index % 8) & 1 == 1 {
            for (pair, byte) in widths.chunks_exact_mut(2).zip(reader.bytes(4)?) {
                pair[0] = table[usize::from(byte & 15)];
                pair[1] = table[usize::from(byte >> 4)];
            }
        }
    }
    Ok(())
}

/// Appends the node for `src` with this predictor.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    itemsize: usize,
    predictor: Predictor,
    stride: usize,
    base: u64,
    out: &mut Vec<u8>,
) {
    let Some(prediction) = Prediction::new(itemsize, predictor, stride * itemsize, base) else {
        unreachable!("the encoder asks for rows that are long enough")
    };
    let mut planes = encoder.state.take(prediction.nplanes(src.len()));
    let mut widths = encoder.state.take(prediction.nwidths(src.len()));
    transpose(encoder.isa, &prediction, src, &mut planes, &mut widths);
    out.push(Kind::Packed as u8);
    let code = Predictor::ALL.iter().position(|&p| p == predictor).unwrap_or(0);
    out.push(code as u8);
    if predictor.needs_rows() {
        push_number(out, stride);
    }
    if predictor == Predictor::None {
        out.extend_from_slice(&base.to_le_bytes()[..itemsize]);
    }
    write_widths(&mut widths, out);
    let at = out.len();
    let total: usize = widths.iter().map(|&width| usize::from(width)).sum();
    out.resize(at + total + COMPACT_SLACK, 0);
    let len = compact(encoder.isa, itemsize, &planes, &widths, &mut out[at..]);
    out.truncate(at + len);
    encoder.state.give(planes);
    encoder.state.give(widths);
}

/// Writes widths as nibbles. Where there are too many different ones, some are rounded up.
fn write_widths(widths: &mut [u8], out: &mut Vec<u8>) {
    let mut counts = [0_usize; 65];
    widths.iter().for_each(|&width| counts[usize::from(width)] += 1);
    let mut table: Vec<usize> = (1..65).filter(|&width| counts[width] > 0).collect();
    while table.len() > MAX_TABLE {
        // Joins the pair that costs the fewest planes.
        let cost = |at: &usize| counts[table[*at]] * (table[at + 1] - table[*at]);
        let Some(cheapest) = (0..table.len() - 1).min_by_key(cost) else { break };
        let width = table.remove(cheapest);
        counts[table[cheapest]] += counts[width];
    }
    let mut index_of = [0_u8; 65];
    for width in 1..65 {
        let at = table.partition_point(|&entry| entry < width);
        index_of[width] = (at + 1) as u8;
    }
    out.push(table.len() as u8);
    out.extend(table.iter().map(|&width| width as u8));
    let bitmap = out.len();
    out.resize(bitmap + widths.len() / 64, 0);
    for (index, widths) in widths.chunks_exact_mut(8).enumerate() {
        if widths.iter().all(|&width| width == 0) {
            continue;
        }
        out[bitmap + index / 8] |= 1 << (index % 8);
        for pair in widths.chunks_exact_mut(2) {
            let indices = [0, 1].map(|at: usize| index_of[usize::from(pair[at])]);
            out.push(indices[0] | indices[1] << 4);
            for (width, index) in pair.iter_mut().zip(indices) {
                *width = if index == 0 { 0 } else { table[usize::from(index) - 1] as u8 };
            }
        }
    }
}
