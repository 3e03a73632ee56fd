//! Floats that are integers, or those divided by a power of two: counts, averages of few samples,
//! what a converter of so many bits has measured.
//!
//! ```text
//! exponent  i8     each value is an integer divided by 2^exponent
//! node             of these integers, signed, as long as the floats: all the rest
//! ```
//!
//! As floats, their low bits are zeros, a varying number of them; as integers they are gone. Every
//! value has to come back bit for bit, so that a block with a negative zero or a NaN is not scaled.

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::stream::{Class, Kind, Reader, value_at};
use crate::arch::raster::scale::{MAX_EXPONENT, to_floats, to_integers};
use crate::codec::CodecError;

/// Values that are looked at before all are converted.
const NSAMPLES: usize = 64;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let exponent = i32::from(reader.byte()? as i8);
    if itemsize == 1 || exponent.abs() > MAX_EXPONENT {
        return Err(CodecError::Corrupt { reason: "no floats can be scaled by this" });
    }
    decoder.node(reader.rest(), itemsize, dst)?;
    to_floats(decoder.isa, itemsize, exponent, dst);
    Ok(())
}

/// Appends the node for `src`, if it is shorter than `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    if values.class != Class::Float {
        return false;
    }
    let Some(exponent) = exponent_of(src, values.itemsize) else { return false };
    let mut integers = encoder.state.take(src.len());
    let start = out.len();
    if to_integers(encoder.isa, values.itemsize, exponent, src, &mut integers) {
        out.push(Kind::Scaled as u8);
        out.push(exponent as i8 as u8);
        encoder.node(&integers, Values { class: Class::Signed, ..values }, out);
    }
    encoder.state.give(integers);
    let is_shorter = out.len() > start && out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// The exponent that makes integers of all values of a sample; `None` if there is no such, or if it
/// would not save half a bit of each.
fn exponent_of(src: &[u8], itemsize: usize) -> Option<i32> {
    let nvalues = src.len() / itemsize;
    let every = (nvalues / NSAMPLES).max(1) | 1;
    let format = Format::new(itemsize);
    let (mut lowest, mut highest) = (i32::MAX, i32::MIN);
    let (mut nsamples, mut last_places, mut any) = (0, 0, 1 << format.mantissa);
    for at in (0..nvalues).step_by(every) {
        let bits = value_at(src, itemsize, at);
        if bits != 0 {
            let number = format.parse(bits)?;
            lowest = lowest.min(number.lowest);
            highest = highest.max(number.highest);
            last_places += number.highest - format.mantissa;
            nsamples += 1;
            any |= bits;
        }
    }
    // Neighbours differ by multiples of the last place, as floats, or of 2^lowest, as integers. If a
    // shift leaves out as much, it does so for small values, too, which are no smaller as integers.
    let saved = lowest.saturating_mul(nsamples) - last_places;
    let shifted = nsamples * any.trailing_zeros() as i32;
    let is_worth_it = nsamples > 0 && 2 * saved >= nsamples && 4 * (saved - shifted) >= -nsamples;
    let fits = is_worth_it && highest - lowest < format.integer && lowest.abs() <= MAX_EXPONENT;
    fits.then_some(-lowest)
}

/// A format of floats.
#[derive(Debug, Clone, Copy)]
struct Format {
    /// Bits of the mantissa that are stored.
    mantissa: i32,
    /// Bits of the exponent.
    exponent: i32,
    /// Bits, but for the sign, of integers that are converted exactly.
    integer: i32,
}

/// What a number has bits of: 2^highest to 2^lowest.
#[derive(Debug, Clone, Copy)]
struct Span {
    highest: i32,
    lowest: i32,
}

impl Format {
    fn new(itemsize: usize) -> Self {
        match itemsize {
            2 => Self { mantissa: 10, exponent: 5, integer: 15 },
            4 => Self { mantissa: 23, exponent: 8, integer: 31 },
            _ => Self { mantissa: 52, exponent: 11, integer: 51 },
        }
    }

    /// `None` if these are the bits of no number, of a negative zero, or of a subnormal number,
    /// which machines multiply slowly.
    fn parse(self, bits: u64) -> Option<Span> {
        let all = (1 << self.exponent) - 1;
        let exponent = (bits >> self.mantissa) as i32 & all;
        if exponent == 0 || exponent == all {
            return None;
        }
        let highest = exponent - all / 2;
        let zeros = (bits | 1 << self.mantissa).trailing_zeros() as i32;
        Some(Span { highest, lowest: highest - self.mantissa + zeros })
    }
}

#[cfg(test)]
mod tests;
