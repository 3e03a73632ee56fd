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
use super::encode::Values;
use super::plan::Plan;
use super::stream::{Class, Kind, Reader};
use crate::arch::Isa;
pub(super) use crate::arch::raster::map::{Map, Order};
use crate::arch::raster::map::{map, unmap};
use crate::arch::raster::survey::{Survey, survey};
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

/// The map after which a block packs best, if any packs better than `direct`, and how. `dst`, as
/// long as the block, then holds the mapped values.
pub(super) fn choose(
    isa: Isa,
    src: &[u8],
    values: Values,
    of_src: &Survey,
    direct: &Plan,
    dst: &mut [u8],
) -> Option<(Map, Plan)> {
    let inner = Values { class: Class::Unsigned, ..values };
    let mut best: Option<(Map, Plan)> = None;
    let mut last = None;
    for with in candidates(of_src, values) {
        map(isa, with, values.itemsize, src, dst);
        last = Some(with);
        let base = survey(isa, values.itemsize, dst).least;
        let plan = Plan::new(isa, dst, inner, base);
        if plan.nbytes < best.map_or(direct.nbytes, |(_, plan)| plan.nbytes) {
            best = Some((with, plan));
        }
    }
    if let Some((with, _)) = best.filter(|(with, _)| Some(*with) != last) {
        map(isa, with, values.itemsize, src, dst);
    }
    best
}

/// The maps that may make a block smaller; none, where its values are best as they are.
fn candidates(bits: &Survey, values: Values) -> impl Iterator<Item = Map> + use<> {
    let nbits = 8 * values.itemsize as u32;
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

/// Appends the head of a node, which the node of the mapped values is to follow.
pub(super) fn write_head(with: Map, out: &mut Vec<u8>) {
    out.push(Kind::Mapped as u8);
    out.push(with.byte());
}

#[cfg(test)]
mod tests;
