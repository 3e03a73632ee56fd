//! Bytes to BloscLZ streams.
//!
//! A greedy search with one candidate per hash. What makes it smaller and faster than the usual
//! one, each measured on shuffled rasters:
//!
//! - Five bytes are hashed, not four: matches shorter than [`MIN_MATCH`] are not taken anyway.
//! - After a match the search resumes a few bytes before its end. Bytes around the end of a match
//!   say more than those after it, which are often the start of a long run of one byte: the match
//!   in the row above is found, and not the last such run. This halves the literals of label
//!   images.
//! - Without a match the steps grow, sooner at low levels.
//! - The hash table is never cleared.
//! - There is no trial pass over data that may not shrink: the one pass gives up early.

use super::write::{Counter, Sink, Writer, literals_cost};
use super::{FAR_DISTANCE, MARKER, MAX_DISTANCE};
use crate::codec::Encoded;

/// Shortest match taken below [`FAR_DISTANCE`]; beyond, it is two more. Shorter ones cost more time
/// to decode than their bytes are worth: with 6, streams are 2 % smaller and take 10 % longer.
const MIN_MATCH: usize = 7;
/// The search ends so many bytes before the source: room for its loads.
const TAIL: usize = 12;
/// Fewer bytes say nothing about the whole.
const MIN_PROBE: usize = 512;
const MAX_HASH_BITS: u32 = 14;

/// What a level means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    hash_bits: u32,
    /// One part of so many of the source decides whether to give up.
    probe_part: usize,
    /// Gives up when the probe shrinks to more than so many percent.
    probe_percent: usize,
    /// The step grows by one with every 2 to the power of so many bytes without a match.
    patience: u32,
    /// The search resumes so many bytes before the end of a match.
    resume: usize,
}

impl Effort {
    /// `None` for level 0, which compresses nothing.
    ///
    /// The percentages make the levels give up about where C-Blosc2 does, so that chunks decode as
    /// fast: what was given up is stored as it is.
    pub(super) fn new(clevel: u8) -> Option<Self> {
        let (hash_bits, probe_part, probe_percent, patience, resume) = match clevel {
            0 => return None,
            1 => (12, 8, 44, 4, 1),
            2 => (13, 4, 62, 4, 1),
            3 => (14, 4, 79, 5, 1),
            4..=6 => (14, 4, 79, 5, 2),
            7 => (14, 2, 84, 5, 2),
            8 => (14, 2, 86, 6, 2),
            _ => (14, 1, 95, 6, 3),
        };
        Some(Self { hash_bits, probe_part, probe_percent, patience, resume })
    }
}

/// Where bytes with a given hash were last seen.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Positions, counted on through all streams: what earlier streams left is recognised as lying
    /// before the first byte, so that the table need not be cleared.
    slots: Vec<u32>,
    /// One past the last position that may be in a slot.
    end: u32,
}

impl Table {
    /// The slots, and the position of the first of `len` bytes; `None` when they are too many.
    fn begin(&mut self, len: usize) -> Option<(&mut [u32; 1 << MAX_HASH_BITS], u32)> {
        let len = u32::try_from(len).ok()?;
        if self.slots.is_empty() || self.end.checked_add(len).is_none() {
            self.slots.clear();
            self.slots.resize(1 << MAX_HASH_BITS, 0);
            self.end = 1;
        }
        let base = self.end;
        self.end = base.checked_add(len)?;
        Some((self.slots.first_chunk_mut()?, base))
    }

    #[cfg(test)]
    pub(super) fn set_end(&mut self, end: u32) {
        self.end = end;
    }
}

/// Compresses `src` into the front of `dst`. The bytes depend on `src` and `effort` alone.
pub(super) fn encode(src: &[u8], dst: &mut [u8], effort: Effort, table: &mut Table) -> Encoded {
    try_encode(src, dst, effort, table).map_or(Encoded::DoesNotFit, Encoded::Len)
}

fn try_encode(src: &[u8], dst: &mut [u8], effort: Effort, table: &mut Table) -> Option<usize> {
    let end = src.len().checked_sub(TAIL)?;
    let (slots, base) = table.begin(src.len())?;
    let mut search = Search { src, slots, base, effort, position: 0, anchor: 0 };
    let mut writer = Writer::new(dst);
    let probe = (src.len() / effort.probe_part).clamp(MIN_PROBE, 1 << effort.hash_bits).min(end);
    search.run(&mut writer, probe)?;
    if !search.is_worth_it(&writer, probe) {
        return None;
    }
    search.run(&mut writer, end)?;
    writer.literals(src, search.anchor, src.len())?;
    let written = writer.written();
    *dst.first_mut()? |= MARKER;
    Some(written)
}

/// The state of the search between two calls of [`run`](Self::run).
struct Search<'a> {
    src: &'a [u8],
    slots: &'a mut [u32; 1 << MAX_HASH_BITS],
    /// The position of the first byte in terms of `slots`.
    base: u32,
    effort: Effort,
    /// Where the search goes on.
    position: usize,
    /// All bytes before are in the stream.
    anchor: usize,
}

impl Search<'_> {
    /// Searches and writes until `position` is at `until` or past it. `until` is at least [`TAIL`]
    /// bytes before the end.
    #[inline(always)]
    fn run<S: Sink>(&mut self, sink: &mut S, until: usize) -> Option<()> {
        let src = self.src;
        let shift = u64::BITS - self.effort.hash_bits;
        let Effort { patience, resume, .. } = self.effort;
        let (mut position, mut anchor) = (self.position, self.anchor);
        while position < until {
            let here = load(src, position);
            let slot = &mut self.slots[hash(here, shift)];
            let now = self.base + position as u32;
            let distance = now.wrapping_sub(*slot) as usize;
            *slot = now;
            // Otherwise it lies before the first byte, or a probe was here or ahead.
            if (1..=MAX_DISTANCE.min(position)).contains(&distance)
                && let Some((start, stop)) = extend(src, here, position, distance, anchor)
            {
                sink.literals(src, anchor, start)?;
                sink.copy(distance, stop - start)?;
                anchor = stop;
                position = stop - resume;
            } else {
                position += 1 + (position.saturating_sub(anchor) >> patience);
            }
        }
        (self.position, self.anchor) = (position, anchor);
        Some(())
    }

    /// Whether the first `probe` bytes, which have just been searched, or those together with as
    /// many from the middle shrink as the level demands.
    fn is_worth_it(&mut self, writer: &Writer<'_>, probe: usize) -> bool {
        let kept = (self.position, self.anchor);
        let (probed, cost) = self.probed(0, writer);
        if self.shrinks(probed, cost) {
            return true;
        }
        // The beginning is a margin in many images, unlike the rest: better look again.
        let from = kept.0.max(self.src.len() / 2);
        let until = (from + probe).min(self.src.len() - TAIL);
        let mut counter = Counter::default();
        (self.position, self.anchor) = (from, from);
        let _ = self.run(&mut counter, until);
        let (probed_there, cost_there) = self.probed(from, &counter);
        (self.position, self.anchor) = kept;
        self.shrinks(probed + probed_there, cost + cost_there)
    }

    /// Bytes searched since `from`, and their cost in `sink`.
    fn probed(&self, from: usize, sink: &impl Sink) -> (usize, usize) {
        let pending = self.position.saturating_sub(self.anchor);
        (self.anchor + pending - from, sink.written() + literals_cost(pending))
    }

    fn shrinks(&self, probed: usize, cost: usize) -> bool {
        // A run from the probe on is probed to its end, so that this needs more than 32 bits.
        cost as u64 * 100 <= probed as u64 * self.effort.probe_percent as u64
    }
}

/// Start and end of the match of the bytes at `position`, which `here` holds, with those `distance`
/// before, without what is before `anchor`. `None` when it is too short.
#[inline(always)]
fn extend(
    src: &[u8],
    here: u64,
    position: usize,
    distance: usize,
    anchor: usize,
) -> Option<(usize, usize)> {
    let difference = here ^ load(src, position - distance);
    let stop = if difference == 0 {
        match_end(src, position + 8, distance)
    } else {
        position + (difference.trailing_zeros() / 8) as usize
    };
    if stop < position + 4 {
        return None;
    }
    // The last instruction has to be a literal. So has the first, but no match begins at 0.
    let stop = stop.min(src.len() - 1);
    let floor = anchor.max(distance);
    let mut start = position.max(anchor);
    while start > floor && src[start - 1] == src[start - 1 - distance] {
        start -= 1;
    }
    let shortest = if distance < FAR_DISTANCE { MIN_MATCH } else { MIN_MATCH + 2 };
    (stop >= start + shortest).then_some((start, stop))
}

/// Where bytes from `at` on stop to equal those `distance` before.
#[inline(always)]
fn match_end(src: &[u8], mut at: usize, distance: usize) -> usize {
    const STEP: usize = 32;
    while at + STEP <= src.len() && src[at..at + STEP] == src[at - distance..at - distance + STEP] {
        at += STEP;
    }
    while at + 8 <= src.len() {
        let difference = load(src, at) ^ load(src, at - distance);
        if difference != 0 {
            return at + (difference.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < src.len() && src[at] == src[at - distance] {
        at += 1;
    }
    at
}

/// A number below `1 << MAX_HASH_BITS` from the first five bytes of `bytes`.
#[inline(always)]
fn hash(bytes: u64, shift: u32) -> usize {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    ((bytes << 24).wrapping_mul(MULTIPLIER) >> shift) as usize & ((1 << MAX_HASH_BITS) - 1)
}

#[inline(always)]
fn load(src: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&src[at..at + 8]);
    u64::from_le_bytes(bytes)
}
