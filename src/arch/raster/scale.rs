//! Floats as integers: where each is a multiple of the same power of two.
//!
//! Plain loops, compiled once for each instruction set, as in [`map`](super::map). They do the same
//! arithmetic everywhere: what is not exact is at least equal.

use super::super::Isa;
use super::map::{Word, recompiled};

/// Exponents that a power of two may have, either sign: it and its inverse are normal as `f32`.
pub(crate) const MAX_EXPONENT: i32 = 126;

/// Bytes that are converted before it is seen whether they fitted.
const TILE: usize = 1024;

/// Writes the floats of `src`, 2, 4 or 8 bytes each, times 2^`exponent` to `dst` as integers of the
/// same size, and says whether all come back from them bit for bit. If not, `dst` is unspecified.
///
/// # Panics
/// If `src` and `dst` are of different length, `exponent` is beyond [`MAX_EXPONENT`] or there are
/// no floats of `itemsize` bytes.
pub(crate) fn to_integers(
    isa: Isa,
    itemsize: usize,
    exponent: i32,
    src: &[u8],
    dst: &mut [u8],
) -> bool {
    assert_eq!(src.len(), dst.len(), "an integer for each float");
    let scale = Scale::new(exponent);
    let mut tiles = src.chunks(TILE).zip(dst.chunks_mut(TILE));
    tiles.all(|(src, dst)| {
        recompiled(
            isa,
            #[inline(always)]
            || match itemsize {
                2 => tile_to_integers::<u16>(scale, src, dst),
                4 => tile_to_integers::<u32>(scale, src, dst),
                8 => tile_to_integers::<u64>(scale, src, dst),
                _ => unreachable!("no floats of {itemsize} bytes"),
            },
        )
    })
}

/// Replaces integers of 2, 4 or 8 bytes by floats of the same size, 2^-`exponent` as large. What
/// [`to_integers`] would not write becomes some float.
///
/// # Panics
/// If `exponent` is beyond [`MAX_EXPONENT`] or there are no floats of `itemsize` bytes.
pub(crate) fn to_floats(isa: Isa, itemsize: usize, exponent: i32, values: &mut [u8]) {
    let scale = Scale::new(exponent);
    recompiled(
        isa,
        #[inline(always)]
        || match itemsize {
            2 => values_to_floats::<u16>(scale, values),
            4 => values_to_floats::<u32>(scale, values),
            8 => values_to_floats::<u64>(scale, values),
            _ => unreachable!("no floats of {itemsize} bytes"),
        },
    );
}

/// A power of two and its inverse.
#[derive(Debug, Clone, Copy)]
struct Scale {
    up: f32,
    down: f32,
}

impl Scale {
    fn new(exponent: i32) -> Self {
        assert!(exponent.abs() <= MAX_EXPONENT, "a normal number");
        let power = |exponent: i32| f32::from_bits(((127 + exponent) as u32) << 23);
        Self { up: power(exponent), down: power(-exponent) }
    }
}

/// The bits of a float.
trait Float: Word {
    /// The bits of the integer that is `up` times this, if there is one; else some bits.
    fn to_integer(self, scale: Scale) -> Self;
    /// The float that is `down` times the integer of these bits.
    fn to_float(self, scale: Scale) -> Self;
}

/// 2^112, which is what the exponents of 16 and 32 bits differ by.
const BIAS: f32 = f32::from_bits((127 + 112) << 23);
/// 2^-112.
const INVERSE_BIAS: f32 = f32::from_bits((127 - 112) << 23);

/// 1.5 * 2^52: a number of 51 bits and a sign is in the low bits of its sum with this. It is a
/// conversion that machines do in vectors, and that does not look at what fits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// 1.5 * 2^23: the same for 22 bits and a sign.
const MAGIC_32: f32 = 12_582_912.0;

impl Float for u16 {
    #[inline(always)]
    fn to_integer(self, scale: Scale) -> Self {
        let bits = u32::from(self);
        let float = f32::from_bits((bits & 0x8000) << 16 | (bits & 0x7fff) << 13);
        (float * BIAS * scale.up + MAGIC_32).to_bits() as Self
    }

    #[inline(always)]
    fn to_float(self, scale: Scale) -> Self {
        let float = f32::from(self as i16) * scale.down;
        let bits = (float * INVERSE_BIAS).to_bits();
        (bits >> 16 & 0x8000 | bits >> 13 & 0x7fff) as Self
    }
}

impl Float for u32 {
    #[inline(always)]
    fn to_integer(self, scale: Scale) -> Self {
        let float = f64::from(f32::from_bits(self));
        (float * f64::from(scale.up) + MAGIC).to_bits() as Self
    }

    #[inline(always)]
    fn to_float(self, scale: Scale) -> Self {
        (self as i32 as f32 * scale.down).to_bits()
    }
}

/// Bits of the mantissa of an `f64`.
const MANTISSA: u64 = (1 << 52) - 1;

impl Float for u64 {
    #[inline(always)]
    fn to_integer(self, scale: Scale) -> Self {
        let sum = f64::from_bits(self) * f64::from(scale.up) + MAGIC;
        sum.to_bits().wrapping_sub(MAGIC.to_bits())
    }

    #[inline(always)]
    fn to_float(self, scale: Scale) -> Self {
        // The sum of both, whose exponent stays that of `MAGIC`.
        let mantissa = self.wrapping_add(MAGIC.to_bits()) & MANTISSA;
        let sum = f64::from_bits(MAGIC.to_bits() & !MANTISSA | mantissa);
        ((sum - MAGIC) * f64::from(scale.down)).to_bits()
    }
}

#[inline(always)]
fn tile_to_integers<F: Float>(scale: Scale, src: &[u8], dst: &mut [u8]) -> bool {
    let mut differing = F::ZERO;
    let integers = F::all(src).map(|float| {
        let integer = float.to_integer(scale);
        differing = differing | (integer.to_float(scale) ^ float);
        integer
    });
    F::write(dst, integers);
    differing == F::ZERO
}

#[inline(always)]
fn values_to_floats<F: Float>(scale: Scale, values: &mut [u8]) {
    F::change(values, |integer| integer.to_float(scale));
}

#[cfg(test)]
mod tests;
