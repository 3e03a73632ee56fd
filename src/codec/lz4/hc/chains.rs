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

/// The signs of differences between keys are right.
const MAX_KEY: u32 = i32::MAX as u32;

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
    /// Which of them.
    pub(super) walk: Walk,
}

/// Which of the earlier places a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// All of them.
    Plain,
    /// In a run of one byte, only where it is as long as the one searched for, and where it begins.
    /// The counting is worth it when there are many attempts to lose.
    SkipRuns,
    /// That, and of the chains that go through the longest match so far, the one with the longest
    /// link: what is longer must be on all of them. Only if a match may not begin before `pos`.
    SwapChains,
}

impl Chains {
    /// Forgets all, for an input of `len` bytes.
    pub(super) fn begin(&mut self, len: usize) {
        let len = len as u32;
        if self.next_base > MAX_KEY - GAP - len {
            self.heads.fill(0);
            self.next_base = GAP;
        }
        self.base = self.next_base;
        self.next_base += len + GAP;
        self.next = 0;
    }

    /// Goes on as after many inputs: so many keys are left before the base starts anew.
    #[cfg(test)]
    pub(super) fn leave(&mut self, nkeys: u32) {
        self.next_base = MAX_KEY - GAP - nkeys;
    }

    /// Notes all positions before `pos`.
    #[inline]
    fn note_until(&mut self, src: Words<'_>, pos: usize) {
        for at in self.next..pos {
            let key = self.base + at as u32;
            let head = &mut self.heads[place(src, at)];
            let distance = key - *head;
            // All ones if it is too far. A comparison becomes a branch that nothing predicts.
            let too_far = (MAX_OFFSET as u32).wrapping_sub(distance) as i32 >> 31;
            self.links[key as usize % RING] = (distance | too_far as u32) as u16;
            *head = key;
        }
        self.next = self.next.max(pos);
    }

    /// The longest match through the bytes at `search.pos`, the nearest of those.
    ///
    /// Positions must not fall from call to call.
    #[inline(always)]
    pub(super) fn longest(&mut self, src: Words<'_>, search: Search) -> Option<Match> {
        let Search { pos, low, end, longer_than, attempts, walk } = search;
        self.note_until(src, pos);
        if low + longer_than >= end {
            return None;
        }
        let key = self.base + pos as u32;
        // Keys of earlier inputs are lower.
        let lowest = self.base.max(key - MAX_OFFSET as u32);
        let mut candidate = self.heads[place(src, pos)];
        if candidate < lowest {
            return None;
        }
        let start = src.u32(pos);
        let is_run = walk != Walk::Plain && start == start.rotate_left(8);
        let mut run_len = None;
        let mut best = None;
        let mut longest = longer_than;
        // The last byte of what is to be beaten, and the next, differ in most places: they are
        // looked at first. `ending` is where they are, from the place on.
        let mut ending = (longest - 1).wrapping_sub(pos - low);
        let mut wanted = src.u16(low + longest - 1);
        // Which chain is followed: that of the bytes so far behind the place.
        let mut chain = 0;
        for _ in 0..attempts {
            if candidate < lowest {
                break;
            }
            let from = (candidate - self.base) as usize;
            let mut is_longest = false;
            if src.u16(from.wrapping_add(ending)) == wanted && src.u32(from) == start {
                let offset = pos - from;
                let (ahead, behind) = measure(src, pos, from, low, end);
                if ahead + behind > longest {
                    longest = ahead + behind;
                    best = Some(Match { start: pos - behind, offset, len: longest });
                    if low + longest >= end {
                        break;
                    }
                    ending = (longest - 1).wrapping_sub(pos - low);
                    wanted = src.u16(low + longest - 1);
                    is_longest = true;
                }
            }
            let mut link = self.link(candidate + chain);
            if walk == Walk::SwapChains && is_longest && from + longest <= pos {
                (chain, link) = self.longest_link(candidate, longest);
            }
            candidate -= link;
            if is_run && link == 1 && chain == 0 && candidate > lowest {
                let len = *run_len.get_or_insert_with(|| run_ahead(src, pos, end));
                let lowest = (lowest - self.base) as usize;
                candidate = self.base + in_run(src, from - 1, lowest, end, len) as u32;
            }
        }
        best
    }

    /// The distance from a key to the one before it.
    #[inline(always)]
    fn link(&self, key: u32) -> u32 {
        self.links[key as usize % RING].into()
    }

    /// Of the chains through a match of `len` bytes at the place `candidate`: where the one with
    /// the longest link from there begins, and that link.
    fn longest_link(&self, candidate: u32, len: usize) -> (u32, u32) {
        let last = (len - MIN_MATCH) as u32;
        let mut best = (0, self.link(candidate));
        let mut at = 1;
        loop {
            // To the next longer link, in steps that become longer. As a loop of its own it is a
            // row of independent loads; conditional moves would make each wait for the one before.
            let mut misses = 16;
            let link = loop {
                if at > last {
                    return best;
                }
                let link = self.link(candidate + at);
                if link > best.1 {
                    break link;
                }
                at += misses / 16;
                misses += 1;
            };
            best = (at, link);
            at += 1;
        }
    }
}

/// Length of the run of one byte that begins at `pos`.
fn run_ahead(src: Words<'_>, pos: usize, end: usize) -> usize {
    1 + src.common_len(pos + 1, 1, end)
}

/// The most promising place in the run around `from`, at it or before: from where on the run is as
/// long as `len`, so that the match may go on behind it, or else the run's beginning.
#[inline(never)]
fn in_run(src: Words<'_>, from: usize, lowest: usize, end: usize, len: usize) -> usize {
    let ahead = run_ahead(src, from, end);
    let before = src.common_len_back(from + 1, from, from - lowest);
    if ahead <= len && len <= ahead + before { from - (len - ahead) } else { from - before }
}

/// Length of the match at `pos` with the bytes at `from`, of which four are known to be equal, and
/// how much farther it reaches before `pos`.
///
/// Not inlined, because the loop over the places that come to nothing needs all registers.
#[inline(never)]
fn measure(src: Words<'_>, pos: usize, from: usize, low: usize, end: usize) -> (usize, usize) {
    let ahead = MIN_MATCH + src.common_len(pos + MIN_MATCH, pos - from, end);
    (ahead, src.common_len_back(pos, from, from.min(pos - low)))
}

#[inline(always)]
fn place(src: Words<'_>, pos: usize) -> usize {
    (src.u32(pos).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}
