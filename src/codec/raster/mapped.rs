//! Values as other numbers of the same size: predictors want unsigned numbers whose order is that
//! of the values, and no bits that say nothing.
//!
//! ```text
//! map   u8     low 2 bits: what became of the sign, by [`Order`]; high 6 bits: the shift
//! node         of the values mapped: all the rest
//! ```
//!
//! A map is worth its time in blocks of both signs only:
//!
//! - Integers: `left`, `up` and `gradient` take differences, which two's complement does not
//!   mind; `none` and `w3` compare and average, for which [`Order::Toggled`] moves the sign.
//! - Floats: below 0, their bits are in descending order, and far from those above 0.
//!   [`Order::Float`] joins the two halves; noise around zero does better as [`Order::Magnitude`].
//!
//! or where the low bits of all values are 0: samples of 12 bits in the high bits of 16, floats
//! that were of half the size. The shift leaves them out.

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::plan::Plan;
use super::stream::{Class, Kind, Reader};
pub(super) use crate::arch::raster::map::{Map, Order};
use crate::arch::raster::map::{bits, map, unmap};
use crate::codec::CodecError;

const ORDERS: [Order; 4] = [Order::Unsigned, Order::Toggled, Order::Float, Order::Magnitude];

impl Map {
    fn byte(self) -> u8 {
        self.order as u8 | (self.shift as u8) << 2
    }

    fn parse(byte: u8, itemsize: usize) -> Result<Self, CodecError> {
        let shift = byte >> 2;
        if usize::from(shift) >= 8 * itemsize {
            return Err(CodecError::Corrupt { reason: "values shifted by more than their bits" });
        }
        Ok(Self { order: ORDERS[usize::from(byte & 3)], shift: shift.into() })
    }
}

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let map = Map::parse(reader.byte()?, itemsize)?;
    decoder.node(reader.rest(), itemsize, dst)?;
    unmap(decoder.isa, map, itemsize, dst);
    Ok(())
}

/// The maps that may make a block smaller; none, where its values are best as they are.
pub(super) fn candidates(
    encoder: &Encoder<'_>,
    src: &[u8],
    values: Values,
) -> impl Iterator<Item = Map> + use<> {
    let nbits = 8 * values.itemsize as u32;
    let bits = bits(encoder.isa, values.itemsize, src);
    let shift = bits.any.trailing_zeros().min(nbits - 1);
    let has_both_signs = (bits.any & !bits.all) >> (nbits - 1) & 1 == 1;
    let orders: &[Order] = match values.class {
        Class::Signed if has_both_signs => &[Order::Toggled],
        Class::Float if has_both_signs => &[Order::Float, Order::Magnitude],
        _ if shift > 0 => &[Order::Unsigned],
        _ => &[],
    };
    orders.iter().map(move |&order| Map { order, shift })
}

/// Appends the head of a node, and writes the values of the node in it to `dst`.
pub(super) fn apply(
    encoder: &Encoder<'_>,
    src: &[u8],
    itemsize: usize,
    with: Map,
    dst: &mut [u8],
    out: &mut Vec<u8>,
) {
    out.push(Kind::Mapped as u8);
    out.push(with.byte());
    map(encoder.isa, with, itemsize, src, dst);
}

/// Appends the node for `src`, if it is shorter than `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let inner = Values { class: Class::Unsigned, ..values };
    let mut mapped = encoder.state.take(src.len());
    let chosen = candidates(encoder, src, values).min_by_key(|&with| {
        map(encoder.isa, with, values.itemsize, src, &mut mapped);
        Plan::new(encoder.isa, &mapped, inner).nbytes
    });
    let start = out.len();
    if let Some(chosen) = chosen {
        apply(encoder, src, values.itemsize, chosen, &mut mapped, out);
        encoder.node(&mapped, inner, out);
    }
    encoder.state.give(mapped);
    let is_shorter = chosen.is_some() && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

#[cfg(test)]
mod tests;
