//! All earlier places of the same four bytes, from the nearest to the farthest.
//!
//! The nearest is in a hash table. Each position holds the distance to the one before it, in a ring
//! as long as the farthest offset.

use super::Match;
use crate::arch::words::Words;
use crate::codec::lz4::{MAX_OFFSET, MIN_MATCH};

const HASH_BITS: u32 = 15;
const RING: usize = 1 << 16;
/// Between the keys of one input and the next, so that each looks too far from the other.
const GAP: u32 = RING as u32;

/// The table and the ring.
///
/// Positions are kept as keys: plus a base that grows from input to input, so that 128 KiB need
/// not be cleared each time. A key of an earlier input is farther than any offset, and ends the
/// chain as the beginning of the input does. What was encoded before changes nothing.
pub(super) struct Chains {
    heads: Box<[u32; 1 << HASH_BITS]>,
    links: Box<[u16; RING]>,
    base: u32,
    next_base: u32,
    /// The first position not yet noted.
    next: usize,
}

impl Default for Chains {
    fn default() -> Self {
        Self {
            heads: Box::new([0; 1 << HASH_BITS]),
            links: Box::new([0; RING]),
            base: GAP,
            next_base: GAP,
            next: 0,
        }
    }
}

/// What a search has to beat, and how long it may try.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// Where the bytes are.
    pub(super) pos: usize,
    /// The match may begin so early.
    pub(super) low: usize,
    /// The match ends here at the latest.
    pub(super) end: usize,
    /// The match must be longer than this, which is more than `pos - low`.
    pub(super) longer_than: usize,
    /// So many places are looked at.
    pub(super) attempts: u32,
    /// What to do about runs of one byte.
    pub(super) runs: Runs,
}

/// What a search does where the same four equal bytes come at one position after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// Looks at each of them.
    Walk,
    /// Looks where the run is as long as the one searched for, and where it begins. The counting
    /// is worth it when there are many attempts to lose.
    Skip,
}

impl Chains {
    /// Forgets all, for an input of `len` bytes.
    pub(super) fn begin(&mut self, len: usize) {
        let len = len as u32;
        if self.next_base > u32::MAX - GAP - len {
            self.heads.fill(0);
            self.next_base = GAP;
        }
        self.base = self.next_base;
        self.next_base += len + GAP;
        self.next = 0;
    }

    /// Notes all positions before `pos`.
    #[inline]
    fn note_until(&mut self, src: Words<'_>, pos: usize) {
        for at in self.next..pos {
            let key = self.base + at as u32;
            let head = &mut self.heads[place(src, at)];
            let distance = key - *head;
            // All ones if it is too far, without a branch, which nothing would predict.
            let too_far = u32::from(distance > MAX_OFFSET as u32).wrapping_neg();
            self.links[key as usize % RING] = (distance | too_far) as u16;
            *head = key;
        }
        self.next = self.next.max(pos);
    }

    /// The longest match through the bytes at `search.pos`, the nearest of those.
    ///
    /// Positions must not fall from call to call.
    #[inline(always)]
    pub(super) fn longest(&mut self, src: Words<'_>, search: Search) -> Option<Match> {
        let Search { pos, low, end, longer_than, attempts, runs } = search;
        self.note_until(src, pos);
        let key = self.base + pos as u32;
        let bytes = src.bytes();
        let start = src.u32(pos);
        let look_back = pos - low;
        let mut longest = longer_than;
        let mut best = None;
        let mut run_len = None;
        let mut candidate = self.heads[place(src, pos)];
        for _ in 0..attempts {
            // Old inputs, and the beginning of this one, are farther than `MAX_OFFSET`.
            if key - candidate > MAX_OFFSET as u32 || low + longest >= end {
                break;
            }
            let from = (candidate - self.base) as usize;
            // The last byte of what is to be beaten, and the next, differ in most places: look at
            // these first.
            let last = longest - 1;
            if src.u16(low + last) == src.u16(from + last - look_back) && src.u32(from) == start {
                let offset = pos - from;
                let ahead = MIN_MATCH + src.common_len(pos + MIN_MATCH, offset, end);
                let behind = common_len_back(bytes, low, pos, from);
                if ahead + behind > longest {
                    longest = ahead + behind;
                    best = Some(Match { start: pos - behind, offset, len: longest });
                }
            }
            let link = self.links[candidate as usize % RING];
            candidate -= u32::from(link);
            if runs == Runs::Skip && link == 1 && start == start.rotate_left(8) && from > 0 {
                let run_len = *run_len.get_or_insert_with(|| run_ahead(src, pos, end));
                let lowest = pos.saturating_sub(MAX_OFFSET);
                candidate = self.base + in_run(src, from - 1, lowest, end, run_len) as u32;
            }
        }
        best
    }
}

/// Length of the run of one byte that begins at `pos`.
fn run_ahead(src: Words<'_>, pos: usize, end: usize) -> usize {
    1 + src.common_len(pos + 1, 1, end)
}

/// The most promising place in the run around `from`, at it or before: from where on the run is as
/// long as `len`, so that the match may go on behind it, or else the run's beginning.
fn in_run(src: Words<'_>, from: usize, lowest: usize, end: usize, len: usize) -> usize {
    if from <= lowest {
        return from;
    }
    let ahead = run_ahead(src, from, end);
    let bytes = src.bytes();
    let before = bytes[lowest..from].iter().rev();
    let before = before.take_while(|&&byte| byte == bytes[from]).count();
    if ahead <= len && len <= ahead + before { from - (len - ahead) } else { from - before }
}

/// How many bytes before `pos`, as far as `low`, equal those before `from`.
#[inline(always)]
fn common_len_back(bytes: &[u8], low: usize, pos: usize, from: usize) -> usize {
    let ahead = bytes[low..pos].iter().rev();
    let behind = bytes[..from].iter().rev();
    ahead.zip(behind).take_while(|(a, b)| a == b).count()
}

#[inline(always)]
fn place(src: Words<'_>, pos: usize) -> usize {
    (src.u32(pos).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}
