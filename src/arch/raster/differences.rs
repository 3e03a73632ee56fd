//! Differences of values to those of a reference, and sums that undo them.
//!
//! A difference is stored with half the range added. One that is about 0 is a number about the
//! middle then, not at both ends, so that neighbours can be averaged and bounded from below as
//! other unsigned numbers can.
//!
//! Plain loops, compiled once for each instruction set: the compiler vectorises them.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::super::Isa;

/// Replaces values by their differences to those of `reference`, as far as both go.
///
/// Sizes other than 1, 2, 4 and 8 bytes count as 8. Bytes after the last whole value stay.
pub(crate) fn subtract(isa: Isa, itemsize: usize, reference: &[u8], values: &mut [u8]) {
    with_isa(isa, itemsize, false, reference, values);
}

/// Undoes [`subtract`].
pub(crate) fn add(isa: Isa, itemsize: usize, reference: &[u8], values: &mut [u8]) {
    with_isa(isa, itemsize, true, reference, values);
}

fn with_isa(isa: Isa, itemsize: usize, add: bool, reference: &[u8], values: &mut [u8]) {
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { with_avx2(itemsize, add, reference, values) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { with_avx512(itemsize, add, reference, values) },
        _ => with_size(itemsize, add, reference, values),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(itemsize: usize, add: bool, reference: &[u8], values: &mut [u8]) {
    with_size(itemsize, add, reference, values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn with_avx512(itemsize: usize, add: bool, reference: &[u8], values: &mut [u8]) {
    with_size(itemsize, add, reference, values);
}

macro_rules! combine {
    ($value:ty, $add:expr, $reference:expr, $values:expr) => {{
        const HALF: $value = 1 << (<$value>::BITS - 1);
        let references = $reference.as_chunks().0.iter();
        let pairs = $values.as_chunks_mut().0.iter_mut().zip(references);
        // The choice is outside of the loops, so that each of them is vector code.
        if $add {
            pairs.for_each(|(value, reference)| {
                let sum = <$value>::from_le_bytes(*value)
                    .wrapping_add(<$value>::from_le_bytes(*reference) ^ HALF);
                *value = sum.to_le_bytes();
            });
        } else {
            pairs.for_each(|(value, reference)| {
                let difference = <$value>::from_le_bytes(*value)
                    .wrapping_sub(<$value>::from_le_bytes(*reference) ^ HALF);
                *value = difference.to_le_bytes();
            });
        }
    }};
}

#[inline(always)]
fn with_size(itemsize: usize, add: bool, reference: &[u8], values: &mut [u8]) {
    match itemsize {
        1 => combine!(u8, add, reference, values),
        2 => combine!(u16, add, reference, values),
        4 => combine!(u32, add, reference, values),
        _ => combine!(u64, add, reference, values),
    }
}

#[cfg(test)]
mod tests;
