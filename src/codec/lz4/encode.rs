//! The fast encoder: takes the first match it meets, and hurries where it meets none.

use super::output::Output;
use super::table::{Large, Small, Table, Tables};
use super::{LAST_LITERALS, MATCH_MARGIN, MAX_OFFSET, MIN_MATCH};
use crate::arch::words::Words;
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
    let (Some(last_start), Some(words)) = (src.len().checked_sub(MATCH_MARGIN), Words::new(src))
    else {
        return output.finish(src);
    };
    let end = src.len() - LAST_LITERALS;
    table.clear();
    table.replace(T::place(words, 0), 0);
    let mut anchor = 0;
    let mut pos = 1;
    while let Some((mut at, mut from)) = search(words, pos, last_start, acceleration, table) {
        while at > anchor && from > 0 && src[at - 1] == src[from - 1] {
            at -= 1;
            from -= 1;
        }
        loop {
            let offset = at - from;
            let len = MIN_MATCH + words.common_len(at + MIN_MATCH, offset, end);
            output.sequence(src, anchor, at, offset, len)?;
            at += len;
            anchor = at;
            if at > last_start {
                return output.finish(&src[anchor..]);
            }
            // Matches often follow each other: noting one position inside, and looking here
            // before searching on, are both well worth their time.
            table.replace(T::place(words, at - 2), at - 2);
            from = table.replace(T::place(words, at), at);
            if !is_match(words, at, from) {
                break;
            }
        }
        pos = at + 1;
    }
    output.finish(&src[anchor..])
}

/// The first position from `pos` on, of those looked at, where a match begins, and where the same
/// bytes are before.
#[inline(always)]
fn search<T: Table>(
    src: Words<'_>,
    pos: usize,
    last_start: usize,
    acceleration: u32,
    table: &mut T,
) -> Option<(usize, usize)> {
    let mut at = pos;
    let mut step = 1;
    let mut misses = acceleration << MISSES_LOG2;
    while at <= last_start {
        let from = table.replace(T::place(src, at), at);
        if is_match(src, at, from) {
            return Some((at, from));
        }
        at += step;
        step = (misses >> MISSES_LOG2) as usize;
        misses += 1;
    }
    None
}

/// Whether the four bytes at `pos` are those at `from`, and that is not too far.
#[inline(always)]
fn is_match(src: Words<'_>, pos: usize, from: usize) -> bool {
    src.u32(pos) == src.u32(from) && pos - from <= MAX_OFFSET
}
