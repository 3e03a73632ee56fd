//! Two hash tables, for pieces of 7 and of 4 bytes, and the first match found.
//!
//! Twice as fast as the shortest chains. That the long pieces are looked for first is what finds
//! longer matches than the fast encoder does.

use super::{Input, Match};
use crate::arch::words::Words;
use crate::codec::lz4::{MAX_OFFSET, MIN_MATCH};

const BITS: u32 = 14;
/// Keeps inputs so far apart that none finds what an earlier one has noted.
const GAP: u32 = MAX_OFFSET as u32 + 1;
/// Steps become longer by one after so many literals, as a power of two.
const LITERALS_LOG2: u32 = 9;

/// Where pieces were seen last. Positions are kept as keys, as in the chains.
pub(super) struct Tables {
    sevens: Box<[u32; 1 << BITS]>,
    fours: Box<[u32; 1 << BITS]>,
    base: u32,
    next_base: u32,
}

impl Default for Tables {
    fn default() -> Self {
        let table = || Box::new([0; 1 << BITS]);
        Self { sevens: table(), fours: table(), base: GAP, next_base: GAP }
    }
}

impl Tables {
    fn begin(&mut self, len: usize) {
        let len = len as u32;
        if self.next_base > u32::MAX - GAP - len {
            self.sevens.fill(0);
            self.fours.fill(0);
            self.next_base = GAP;
        }
        self.base = self.next_base;
        self.next_base += len + GAP;
    }

    /// Goes on as after many inputs: so many keys are left before the base starts anew.
    #[cfg(test)]
    pub(super) fn leave(&mut self, nkeys: u32) {
        self.next_base = u32::MAX - GAP - nkeys;
    }

    /// Notes 7 bytes at `pos`, where 8 must be, and answers how far before they were seen last.
    #[inline(always)]
    fn note_7(&mut self, src: Words<'_>, pos: usize) -> usize {
        let hash = (src.u64(pos) << 8).wrapping_mul(0x9e37_79b1_85eb_ca87) >> (64 - BITS);
        let key = self.base + pos as u32;
        key.wrapping_sub(std::mem::replace(&mut self.sevens[hash as usize], key)) as usize
    }

    /// Notes the 4 bytes at `pos`, and answers how far before they were seen last.
    #[inline(always)]
    fn note_4(&mut self, src: Words<'_>, pos: usize) -> usize {
        let hash = src.u32(pos).wrapping_mul(0x9e37_79b1) >> (32 - BITS);
        let key = self.base + pos as u32;
        key.wrapping_sub(std::mem::replace(&mut self.fours[hash as usize], key)) as usize
    }
}

/// Writes all matches of `input`; `None` when they do not fit.
pub(super) fn parse(input: &mut Input<'_>, tables: &mut Tables) -> Option<()> {
    tables.begin(input.words.bytes().len());
    let mut pos = 0;
    while pos <= input.last_start {
        let Some(found) = find(input, tables, pos) else {
            pos += 1 + ((pos - input.anchor) >> LITERALS_LOG2);
            continue;
        };
        let found = extend_back(input, found);
        input.emit(found)?;
        note_inside(input, tables, found);
        pos = found.end();
    }
    Some(())
}

/// The match at `pos`, or one position on if the one at `pos` is of the short kind.
#[inline(always)]
fn find(input: &Input<'_>, tables: &mut Tables, pos: usize) -> Option<Match> {
    let long = tables.note_7(input.words, pos);
    let short = tables.note_4(input.words, pos);
    if let Some(found) = match_at(input, pos, long) {
        return Some(found);
    }
    let found = match_at(input, pos, short)?;
    if pos < input.last_start {
        let long = tables.note_7(input.words, pos + 1);
        if let Some(next) = match_at(input, pos + 1, long)
            && next.len > found.len
        {
            return Some(next);
        }
    }
    Some(found)
}

/// The match at `pos` with the bytes `offset` before, if there is one.
#[inline(always)]
fn match_at(input: &Input<'_>, start: usize, offset: usize) -> Option<Match> {
    let src = input.words;
    if offset > MAX_OFFSET || src.u32(start) != src.u32(start - offset) {
        return None;
    }
    let len = MIN_MATCH + src.common_len(start + MIN_MATCH, offset, input.end);
    Some(Match { start, offset, len })
}

fn extend_back(input: &Input<'_>, found: Match) -> Match {
    let Match { mut start, offset, len } = found;
    let bytes = input.words.bytes();
    while start > input.anchor && start > offset && bytes[start - 1] == bytes[start - 1 - offset] {
        start -= 1;
    }
    Match { start, offset, len: len + (found.start - start) }
}

/// Notes some positions at both ends of a match, where the next are likely to begin.
///
/// In a short match these are not in order, so that the distances answered may wrap around; nobody
/// looks at them.
fn note_inside(input: &Input<'_>, tables: &mut Tables, found: Match) {
    let last = input.last_start;
    let (start, end) = (found.start, found.end());
    for at in [start + 1, start + 2, end.max(start + 5) - 5, end - 3, end - 2] {
        if at <= last {
            tables.note_7(input.words, at);
        }
    }
    for at in [start + 1, end - 2, end - 1] {
        if at <= last {
            tables.note_4(input.words, at);
        }
    }
}
