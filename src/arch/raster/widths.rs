//! The widths of groups as a block's header stores them, in two ways, as plain loops.
//!
//! Eight groups are a *unit*. Nothing but a bit or an index is stored for a unit whose widths are
//! all 0, as in the flat parts of a picture.

use super::SPAN;
use crate::arch::Isa;

/// Groups for which the header says in one place whether there is more.
const UNIT: usize = 8;

/// Fills `widths` from one bit of `bitmap` for each unit, lowest first: whether `nibbles` has 4
/// bytes with the places of the unit's widths in `table`, the first in the lower half of a byte. If
/// not, they are 0. Says how many bytes of `nibbles` that took; `None` if there are too few.
///
/// # Panics
/// If `widths` is no whole spans, or `bitmap` has less than a byte for each.
pub(crate) fn expand_nibbles(
    isa: Isa,
    table: &[u8; 16],
    bitmap: &[u8],
    nibbles: &[u8],
    widths: &mut [u8],
) -> Option<usize> {
    assert!(widths.len().is_multiple_of(SPAN), "whole spans");
    let bitmap = &bitmap[..widths.len() / SPAN];
    let nunits: usize = bitmap.iter().map(|bits| bits.count_ones() as usize).sum();
    let used = nunits * UNIT / 2;
    let mut nibbles = nibbles.get(..used)?;
    let _ = isa;
    for (&bits, widths) in bitmap.iter().zip(widths.chunks_exact_mut(SPAN)) {
        nibbles = expand_span_of_nibbles(table, bits, nibbles, widths);
    }
    Some(used)
}

/// Fills 64 widths, and returns the nibbles that follow.
fn expand_span_of_nibbles<'a>(
    table: &[u8; 16],
    bits: u8,
    mut nibbles: &'a [u8],
    widths: &mut [u8],
) -> &'a [u8] {
    for (unit, widths) in widths.chunks_exact_mut(UNIT).enumerate() {
        if bits >> unit & 1 == 0 {
            widths.fill(0);
            continue;
        }
        let (stored, rest) = nibbles.split_at(UNIT / 2);
        nibbles = rest;
        for (pair, &byte) in widths.chunks_exact_mut(2).zip(stored) {
            pair[0] = table[usize::from(byte & 15)];
            pair[1] = table[usize::from(byte >> 4)];
        }
    }
    nibbles
}

/// Fills `widths` from the largest width of each unit, whose place in `table` is a nibble of
/// `maxima`, the first in the lower half of a byte. If it is 0, so are all. Otherwise `codes` has 2
/// bytes with a code of two bits for each group, lowest first: what its width is less than the
/// largest, but not below 0. Code 3 stands for a width of 0 if `zero`. Says how many bytes of
/// `codes` that took; `None` if there are too few.
///
/// # Panics
/// If `widths` is no whole spans, or `maxima` has less than a nibble for each unit.
pub(crate) fn expand_offsets(
    isa: Isa,
    table: &[u8; 16],
    maxima: &[u8],
    codes: &[u8],
    zero: bool,
    widths: &mut [u8],
) -> Option<usize> {
    assert!(widths.len().is_multiple_of(SPAN), "whole spans");
    let maxima = &maxima[..widths.len() / UNIT / 2];
    let _ = isa;
    let less = [0, 1, 2, if zero { u8::MAX } else { 3 }];
    let mut unused = codes;
    let maxima = maxima.iter().flat_map(|&pair| [pair & 15, pair >> 4]);
    for (index, widths) in maxima.zip(widths.chunks_exact_mut(UNIT)) {
        let largest = table[usize::from(index)];
        if largest == 0 {
            widths.fill(0);
            continue;
        }
        let (stored, rest) = unused.split_first_chunk()?;
        unused = rest;
        let stored = u16::from_le_bytes(*stored);
        for (group, width) in widths.iter_mut().enumerate() {
            *width = largest.saturating_sub(less[usize::from(stored >> (2 * group) & 3)]);
        }
    }
    Some(codes.len() - unused.len())
}

#[cfg(test)]
mod tests;
