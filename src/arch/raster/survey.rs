//! What all values of a block are within: the first look at it, which much is decided by.
//!
//! Plain loops, compiled once for each instruction set, as in [`map`](super::map).
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::super::Isa;
use super::map::{Word, recompiled};
use super::scalar::with_value;

/// All values of a block, as unsigned numbers, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The smallest: what [`Predictor::None`](super::Predictor::None) subtracts.
    pub(crate) least: u64,
    /// The largest.
    pub(crate) most: u64,
    /// Bits that are set in any value.
    pub(crate) any: u64,
    /// Bits that are set in all values.
    pub(crate) all: u64,
}

/// Looks at all values of `src`. Bytes after the last whole value do not count.
pub(crate) fn survey(isa: Isa, itemsize: usize, src: &[u8]) -> Survey {
    recompiled(
        isa,
        #[inline(always)]
        || with_value!(itemsize, survey_of(src)),
    )
}

#[inline(always)]
fn survey_of<W: Word>(src: &[u8]) -> Survey {
    let (mut least, mut most) = (!W::ZERO, W::ZERO);
    let (mut any, mut all) = (W::ZERO, !W::ZERO);
    for word in W::all(src) {
        least = if word < least { word } else { least };
        most = if word > most { word } else { most };
        any = any | word;
        all = all & word;
    }
    Survey { least: least.to_u64(), most: most.to_u64(), any: any.to_u64(), all: all.to_u64() }
}

#[cfg(test)]
mod tests;
