//! The widths of groups as a block's header stores them, in two ways.
//!
//! Eight groups are a *unit*. Nothing but a bit or an index is stored for a unit whose widths are
//! all 0, as in the flat parts of a picture. The loops here define the kernels of
//! [`widths_x86`](super::widths_x86).
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::SPAN;
#[cfg(target_arch = "x86_64")]
use super::widths_x86::{
    expand_nibbles_avx2, expand_nibbles_avx512, expand_offsets_avx2, expand_offsets_avx512,
};
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
    let (spans, rest) = widths.as_chunks_mut();
    assert!(rest.is_empty(), "whole spans");
    let bitmap = &bitmap[..spans.len()];
    let nunits: usize = bitmap.iter().map(|bits| bits.count_ones() as usize).sum();
    let used = nunits * UNIT / 2;
    let nibbles = nibbles.get(..used)?;
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { expand_nibbles_avx512(table, bitmap, nibbles, spans) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe {
            expand_nibbles_avx2(table, bitmap, nibbles, spans);
        },
        _ => expand_nibbles_scalar(table, bitmap, nibbles, spans),
    }
    Some(used)
}

fn expand_nibbles_scalar(
    table: &[u8; 16],
    bitmap: &[u8],
    nibbles: &[u8],
    spans: &mut [[u8; SPAN]],
) {
    let mut stored = nibbles.chunks_exact(UNIT / 2);
    for (&bits, widths) in bitmap.iter().zip(spans) {
        for (unit, widths) in widths.chunks_exact_mut(UNIT).enumerate() {
            let stored = if bits >> unit & 1 == 0 { None } else { stored.next() };
            match stored {
                Some(nibbles) => {
                    for (pair, &byte) in widths.chunks_exact_mut(2).zip(nibbles) {
                        pair[0] = table[usize::from(byte & 15)];
                        pair[1] = table[usize::from(byte >> 4)];
                    }
                }
                None => widths.fill(0),
            }
        }
    }
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
    let (spans, rest) = widths.as_chunks_mut();
    assert!(rest.is_empty(), "whole spans");
    let maxima = &maxima.as_chunks().0[..spans.len()];
    let less = std::array::from_fn(|code| match code & 3 {
        3 if zero => u8::MAX,
        code => code as u8,
    });
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { expand_offsets_avx512(table, &less, maxima, codes, spans) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe {
            expand_offsets_avx2(table, &less, maxima, codes, spans)
        },
        _ => expand_offsets_scalar(table, &less, maxima, codes, spans),
    }
}

fn expand_offsets_scalar(
    table: &[u8; 16],
    less: &[u8; 16],
    maxima: &[[u8; 4]],
    codes: &[u8],
    spans: &mut [[u8; SPAN]],
) -> Option<usize> {
    let mut unused = codes;
    let maxima = maxima.as_flattened().iter().flat_map(|&pair| [pair & 15, pair >> 4]);
    for (index, widths) in maxima.zip(spans.as_flattened_mut().chunks_exact_mut(UNIT)) {
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
