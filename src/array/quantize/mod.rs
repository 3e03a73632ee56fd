//! Elements rounded so far that a bound on the error holds: lossy, and only where it is asked for.
//!
//! All elements become multiples of one step, a power of two: their low bits are zeros, which is what
//! codecs leave out. This is done to elements, once, not by a filter or an option: those work on
//! whatever is written later, and nobody would see from an array what a write has lost.

use half::f16;

use super::typed::Array;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::Region;

#[cfg(test)]
mod tests;

/// An element type whose values can be rounded with a bound on the error: integers and floats.
///
/// Sealed, as [`Element`] is.
pub trait Quantize: Element {
    /// What bounds the error: `f64` for floats, `u64` for integers.
    type Bound: Copy + Send + Sync;

    /// Rounds elements to multiples of the largest power of two that is at most `2 * max_error`:
    /// `(x - rounded).abs() <= max_error` holds exactly, for all of them. A bound of 0 changes
    /// nothing.
    ///
    /// The nearest multiple is taken, of two the even one. What is a multiple already stays bit for
    /// bit, -0.0 among it, so that rounding again changes nothing; so do infinities, NaN, and values
    /// whose nearest multiple the type cannot hold. What rounds to zero is +0.0.
    ///
    /// For arrays, see [`Array::quantize`]. This one is for elements on their way into an array:
    ///
    /// ```
    /// use ndpress::{Array, Options, Quantize};
    ///
    /// let array = Array::<f32>::try_from_chunks_fn([300, 400], &Options::new(), |region, items| {
    ///     let start = region.start()[0] as f32;
    ///     items.iter_mut().enumerate().for_each(|(i, item)| *item = (start + i as f32).sqrt());
    ///     f32::quantize_items(items, 0.01)
    /// })?;
    /// assert_eq!(array.at(&[0, 2])?, 1.421875); // 91 / 64, for 1.4142…
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`MaxError`](InvalidArgument::MaxError) for a bound that is negative, infinite or NaN; nothing
    /// is changed then.
    fn quantize_items(items: &mut [Self], max_error: Self::Bound) -> Result<()>;
}

impl<T: Quantize> Array<T> {
    /// Rounds all elements so that none is further than `max_error` from what it was, and compresses
    /// them anew: **lossy**. [`Quantize::quantize_items`] tells the rule. To keep the exact values, do
    /// so with a clone.
    ///
    /// The bound is absolute. Where errors may be in proportion to values, the filter
    /// [`TruncPrec`](crate::TruncPrec) keeps so many bits of each `f32` or `f64`:
    /// `Options::new().no_filters().filter(TruncPrec::bits(10))` is off by less than a 1024th of a
    /// normal value.
    ///
    /// Chunks in parallel. Blocks that are not changed keep their compressed bytes, and a chunk of one
    /// value costs nothing. Memory: an uncompressed chunk per thread; and the old chunks until all
    /// new ones are there.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let wave: Vec<f32> = (0..100_000).map(|i| (i as f32 * 1e-3).sin()).collect();
    /// let exact = Array::from_slice(&wave, [100, 1000], &Options::new())?;
    /// let mut rounded = exact.clone();
    /// rounded.quantize(1e-3)?;
    /// assert!(rounded.cbytes() < exact.cbytes() / 2);
    /// let pairs = wave.iter().zip(rounded.to_vec()?);
    /// assert!(pairs.into_iter().all(|(x, y)| (f64::from(*x) - f64::from(y)).abs() <= 1e-3));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`MaxError`](InvalidArgument::MaxError) for a bound that is negative, infinite or NaN;
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block;
    /// [`Error::Codec`](crate::Error::Codec). The array is then as it was.
    pub fn quantize(&mut self, max_error: T::Bound) -> Result<()> {
        // So that a bound that is none is an error for an array of no elements, too.
        T::quantize_items(&mut [], max_error)?;
        let constant = |_: &Region, value: T| {
            let mut item = [value];
            T::quantize_items(&mut item, max_error)?;
            Ok(Some(item[0]))
        };
        self.try_edit_blocks(constant, |_, items| T::quantize_items(items, max_error))
    }
}

macro_rules! integers {
    ($($wide:ty: $($type:ty),*;)*) => {$($(
        impl Quantize for $type {
            type Bound = u64;

            fn quantize_items(items: &mut [Self], max_error: u64) -> Result<()> {
                let Some(log) = max_error.checked_ilog2() else { return Ok(()) };
                // A step beyond the type's range makes all zero that is not left alone.
                let step = (log + 1).min(<$type>::BITS + 1);
                let half: $wide = 1 << (step - 1);
                for item in items {
                    let value = <$wide>::from(*item);
                    let rounded = (value + half - 1 + (value >> step & 1)) >> step << step;
                    *item = rounded.try_into().unwrap_or(*item);
                }
                Ok(())
            }
        }
    )*)*};
}
integers! {
    i64: u8, u16, u32, i8, i16, i32;
    i128: u64, i64;
}

macro_rules! floats {
    ($($type:ty, $bits:ty, $format:expr;)*) => {$(
        impl Quantize for $type {
            type Bound = f64;

            fn quantize_items(items: &mut [Self], max_error: f64) -> Result<()> {
                let Some(step) = step_exponent(max_error)? else { return Ok(()) };
                for item in items {
                    let rounded = $format.rounded(item.to_bits().into(), step);
                    *item = Self::from_bits(rounded as $bits);
                }
                Ok(())
            }
        }
    )*};
}
floats! {
    f16, u16, Format { mantissa: 10, exponent: 5, lowest: -24 };
    f32, u32, Format { mantissa: 23, exponent: 8, lowest: -149 };
    f64, u64, Format { mantissa: 52, exponent: 11, lowest: -1074 };
}

/// The exponent of the largest power of two that is at most `2 * max_error`; `None` for no error.
fn step_exponent(max_error: f64) -> Result<Option<i32>> {
    if !(max_error.is_finite() && max_error >= 0.0) {
        return Err(InvalidArgument::MaxError { max_error }.into());
    }
    let bits = max_error.abs().to_bits();
    let exponent = match bits >> 52 {
        0 => bits.checked_ilog2().map(|log| log as i32 - 1074),
        exponent => Some(exponent as i32 - 1023),
    };
    Ok(exponent.map(|exponent| exponent + 1))
}

/// How the bits of a float are laid out.
#[derive(Clone, Copy)]
struct Format {
    /// Bits of the mantissa, without the one that is not written.
    mantissa: u32,
    /// Bits of the exponent.
    exponent: u32,
    /// Exponent of the least number that is not zero.
    lowest: i32,
}

impl Format {
    /// The bits of the nearest multiple of two to the `step`. No float is computed with, so that the
    /// result is exact for each value and on each machine.
    #[inline]
    fn rounded(self, bits: u64, step: i32) -> u64 {
        let sign = 1 << (self.mantissa + self.exponent);
        let magnitude = bits & (sign - 1);
        let infinity = ((1 << self.exponent) - 1) << self.mantissa;
        let exponent = magnitude >> self.mantissa;
        // Numbers below the least normal one are as far apart as those above it.
        let binade = exponent.saturating_sub(1);
        let dropped = step - (self.lowest + binade as i32);
        if dropped <= 0 || magnitude == 0 || magnitude >= infinity {
            return bits;
        }
        let one = 1 << self.mantissa;
        let significand = (magnitude & (one - 1)) | if exponent > 0 { one } else { 0 };
        let dropped = dropped as u32;
        let significand = match dropped > self.mantissa + 1 {
            true => 0,
            false => {
                let (half, even) = (1 << (dropped - 1), significand >> dropped & 1);
                (significand + half - 1 + even) >> dropped << dropped
            }
        };
        // A carry goes to the exponent, which begins where the mantissa ends.
        match (binade << self.mantissa) + significand {
            _ if significand == 0 => 0,
            rounded if rounded >= infinity => bits,
            rounded => bits & sign | rounded,
        }
    }
}
