//! The fast encoder: takes the first match it meets, and hurries where it meets none.

use super::output::Output;
use super::table::{Large, Small, Table, Tables, common_len, load_u32};
use super::{LAST_LITERALS, MATCH_MARGIN, MIN_MATCH};
use crate::codec::Encoded;

/// After so many misses, as a power of two, the steps become longer by one acceleration.
const MISSES_LOG2: u32 = 6;

/// Compresses `src` into the front of `dst`.
pub(super) fn encode(
    src: &[u8],
    dst: &mut [u8],
    acceleration: u32,
    tables: &mut Tables,
) -> Encoded {
    let nbytes = if src.len() <= Small::MAX_LEN {
        compress(src, dst, acceleration, &mut tables.small)
    } else if src.len() <= Large::MAX_LEN {
        compress(src, dst, acceleration, &mut tables.large)
    } else {
        None
    };
    nbytes.map_or(Encoded::DoesNotFit, Encoded::Len)
}

/// As [`encode`]; `None` when the stream would not fit.
fn compress<T: Table>(
    src: &[u8],
    dst: &mut [u8],
    acceleration: u32,
    table: &mut T,
) -> Option<usize> {
    let mut output = Output::new(dst);
    let Some(last_start) = src.len().checked_sub(MATCH_MARGIN) else {
        return output.finish(src);
    };
    let end = src.len() - LAST_LITERALS;
    table.begin(src.len());
    table.replace(T::place(src, 0), 0);
    let mut anchor = 0;
    let mut pos = 1;
    while let Some((mut at, mut distance)) = search(src, pos, last_start, acceleration, table) {
        while at > anchor && at > distance && src[at - 1] == src[at - 1 - distance] {
            at -= 1;
        }
        loop {
            let len = MIN_MATCH + common_len(src, at + MIN_MATCH, distance, end);
            output.sequence(src, anchor, at, distance, len)?;
            at += len;
            anchor = at;
            if at > last_start {
                return output.finish(&src[anchor..]);
            }
            // Matches often follow each other: noting one position inside, and looking here
            // before searching on, are both well worth their time.
            table.replace(T::place(src, at - 2), at - 2);
            distance = table.replace(T::place(src, at), at);
            if !is_match(src, at, distance) {
                break;
            }
        }
        pos = at + 1;
    }
    output.finish(&src[anchor..])
}

/// The first position from `pos` on, of those looked at, where a match begins, and its distance.
#[inline(always)]
fn search<T: Table>(
    src: &[u8],
    pos: usize,
    last_start: usize,
    acceleration: u32,
    table: &mut T,
) -> Option<(usize, usize)> {
    let mut at = pos;
    let mut step = 1;
    let mut misses = acceleration << MISSES_LOG2;
    while at <= last_start {
        let distance = table.replace(T::place(src, at), at);
        if is_match(src, at, distance) {
            return Some((at, distance));
        }
        at += step;
        step = (misses >> MISSES_LOG2) as usize;
        misses += 1;
    }
    None
}

/// Whether there is a match of four bytes. A distance of 0 is none.
#[inline(always)]
fn is_match(src: &[u8], pos: usize, distance: usize) -> bool {
    distance != 0 && load_u32(src, pos) == load_u32(src, pos - distance)
}
