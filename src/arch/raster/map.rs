//! Values as other numbers of the same size, whose neighbours are closer: in another order, or
//! without low bits that are 0 in all of them.
//!
//! Plain loops, compiled once for each instruction set, as in
//! [`difference`](crate::arch::difference).
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::ops::{BitAnd, BitOr, BitXor, Not, Shl, Shr};

use super::super::Isa;
use super::scalar::with_value;

/// What becomes of the sign, the highest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nothing.
    Unsigned,
    /// It is inverted: numbers in two's complement are ordered as unsigned ones.
    Toggled,
    /// It is inverted, and with it, where it was set, all other bits: floats are ordered as
    /// unsigned numbers.
    Float,
    /// It becomes the lowest bit: floats are ordered by their magnitude.
    Magnitude,
}

/// How values are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) order: Order,
    /// Low bits that are 0 in all values and are left out: fewer than there are.
    pub(crate) shift: u32,
}

/// Writes the values of `src`, mapped, to `dst`, as far as both go.
///
/// # Panics
/// If the values have no more bits than the map leaves out.
pub(crate) fn map(isa: Isa, map: Map, itemsize: usize, src: &[u8], dst: &mut [u8]) {
    assert!((map.shift as usize) < 8 * itemsize, "some bits are left");
    recompiled(
        isa,
        #[inline(always)]
        || with_value!(itemsize, map_values(map, src, dst)),
    );
}

/// Undoes [`map`], in place, for values whose low bits were 0.
///
/// # Panics
/// If the values have no more bits than the map leaves out.
pub(crate) fn unmap(isa: Isa, map: Map, itemsize: usize, values: &mut [u8]) {
    assert!((map.shift as usize) < 8 * itemsize, "some bits are left");
    recompiled(
        isa,
        #[inline(always)]
        || with_value!(itemsize, unmap_values(map, values)),
    );
}

/// Runs `kernel` with the instructions of `isa`. It is to be `#[inline(always)]`, or it is compiled
/// without them.
#[inline(always)]
pub(super) fn recompiled<R>(isa: Isa, kernel: impl FnOnce() -> R) -> R {
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { with_avx2(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { with_avx512(kernel) },
        _ => kernel(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(kernel: impl FnOnce() -> R) -> R {
    kernel()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn with_avx512<R>(kernel: impl FnOnce() -> R) -> R {
    kernel()
}

/// An unsigned number, by its bits. Loops over many are here, where their size is known, or the
/// compiler would not vectorise them.
pub(super) trait Word:
    Copy
    + Ord
    + Not<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    const NBYTES: usize = size_of::<Self>();
    const SIGN_BIT: u32 = Self::NBYTES as u32 * 8 - 1;
    const ZERO: Self;
    const ONE: Self;

    fn to_u64(self) -> u64;
    fn from_u64(number: u64) -> Self;
    /// All bits set if the highest is, else none.
    fn spread_sign(self) -> Self;
    /// The whole numbers in `bytes`.
    fn all(bytes: &[u8]) -> impl Iterator<Item = Self> + Clone;
    /// Replaces each number by what becomes of it.
    fn change(bytes: &mut [u8], change: impl Fn(Self) -> Self);
    /// Writes numbers.
    fn write(bytes: &mut [u8], numbers: impl Iterator<Item = Self>);
}

macro_rules! words {
    ($($word:ident: $signed:ident),*) => {$(
        impl Word for $word {
            const ZERO: Self = 0;
            const ONE: Self = 1;

            #[inline(always)]
            fn to_u64(self) -> u64 {
                self.into()
            }

            #[inline(always)]
            fn from_u64(number: u64) -> Self {
                number as Self
            }

            #[inline(always)]
            fn spread_sign(self) -> Self {
                ((self as $signed) >> Self::SIGN_BIT) as Self
            }

            #[inline(always)]
            fn all(bytes: &[u8]) -> impl Iterator<Item = Self> + Clone {
                bytes.as_chunks().0.iter().map(|&word| Self::from_le_bytes(word))
            }

            #[inline(always)]
            fn change(bytes: &mut [u8], change: impl Fn(Self) -> Self) {
                for word in bytes.as_chunks_mut().0 {
                    *word = change(Self::from_le_bytes(*word)).to_le_bytes();
                }
            }

            #[inline(always)]
            fn write(bytes: &mut [u8], numbers: impl Iterator<Item = Self>) {
                for (word, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
                    *word = number.to_le_bytes();
                }
            }
        }
    )*};
}
words!(u8: i8, u16: i16, u32: i32, u64: i64);

#[inline(always)]
fn map_values<W: Word>(Map { order, shift }: Map, src: &[u8], dst: &mut [u8]) {
    let sign = W::ONE << W::SIGN_BIT;
    let words = W::all(src);
    match order {
        Order::Unsigned => W::write(dst, words.map(|word| word >> shift)),
        Order::Toggled => W::write(dst, words.map(|word| (word ^ sign) >> shift)),
        Order::Float => {
            W::write(dst, words.map(|word| (word ^ (word.spread_sign() | sign)) >> shift));
        }
        Order::Magnitude => {
            W::write(dst, words.map(|word| word << 1 >> shift | word >> W::SIGN_BIT));
        }
    }
}

#[inline(always)]
fn unmap_values<W: Word>(Map { order, shift }: Map, values: &mut [u8]) {
    let sign = W::ONE << W::SIGN_BIT;
    match order {
        Order::Unsigned => W::change(values, |word| word << shift),
        Order::Toggled => W::change(values, |word| (word << shift) ^ sign),
        Order::Float => {
            // Inverting all bits sets the low ones of negative numbers.
            let kept = !W::ZERO << shift;
            W::change(values, |word| {
                let word = word << shift;
                (word ^ (!word.spread_sign() | sign)) & kept
            });
        }
        Order::Magnitude => {
            let magnitude = !W::ONE;
            W::change(values, |word| (word & magnitude) << shift >> 1 | word << W::SIGN_BIT);
        }
    }
}

#[cfg(test)]
mod tests;
