//! Bytes to BloscLZ streams.
//!
//! A greedy search with one candidate per hash of five bytes. What differs from C-Blosc2, by
//! measurement on shuffled rasters: matches are extended backwards and used to their last byte
//! (smaller), five bytes are hashed rather than four (fewer candidates that are too short), the
//! hash table is never cleared, and there is no trial pass: the one pass gives up early.

use super::{FAR_DISTANCE, LONG_MATCH, MARKER, MAX_DISTANCE, MAX_LITERALS};
use crate::codec::Encoded;

/// Bytes at the end of the source that are always literals: room for the loads of the search.
const TAIL: usize = 12;
const RESUME: usize = 1;
const MAX_HASH_BITS: u32 = 14;

/// What a level means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    hash_bits: u32,
    /// Shortest match taken below [`FAR_DISTANCE`].
    min_match: usize,
    /// One part of so many of the source decides whether to give up.
    probe_part: usize,
    /// Gives up when the probe shrinks to no less than so many percent.
    probe_percent: usize,
    /// The search takes longer steps after 2 to the power of so many bytes without a match.
    patience: u32,
}

impl Effort {
    /// `None` for level 0, which compresses nothing.
    pub(super) fn new(clevel: u8) -> Option<Self> {
        let (hash_bits, min_match, probe_part, probe_percent, patience) = match clevel {
            0 => return None,
            1 => (12, 6, 8, 44, 4),
            2 => (13, 6, 4, 60, 4),
            3 => (14, 6, 4, 76, 4),
            4..=6 => (14, 6, 4, 76, 5),
            7 => (14, 6, 2, 80, 6),
            8 => (14, 6, 2, 84, 6),
            _ => (14, 6, 1, 94, 6),
        };
        Some(Self { hash_bits, min_match, probe_part, probe_percent, patience })
    }
}

/// Where bytes with a given hash were last seen.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Positions plus the `base` of their time, so that what earlier calls left is recognised as
    /// too far away and the table need not be cleared.
    slots: Vec<u32>,
    base: u32,
}

impl Table {
    /// The slots, and the position that stands for the first of `len` bytes.
    fn begin(&mut self, len: usize) -> Option<(&mut [u32; 1 << MAX_HASH_BITS], u32)> {
        let span = u32::try_from(len + MAX_DISTANCE + 1).ok()?;
        let mut base = self.base;
        if self.slots.is_empty() || base.checked_add(span).is_none() {
            self.slots.clear();
            self.slots.resize(1 << MAX_HASH_BITS, 0);
            base = 0;
        }
        // The gap makes every older entry further than MAX_DISTANCE from every new position.
        base += MAX_DISTANCE as u32 + 1;
        self.base = base + len as u32;
        Some((self.slots.first_chunk_mut()?, base))
    }
}

/// Compresses `src` into the front of `dst`. The bytes depend on `src` and `effort` alone.
pub(super) fn encode(src: &[u8], dst: &mut [u8], effort: Effort, table: &mut Table) -> Encoded {
    try_encode(src, dst, effort, table).map_or(Encoded::DoesNotFit, Encoded::Len)
}

fn try_encode(src: &[u8], dst: &mut [u8], effort: Effort, table: &mut Table) -> Option<usize> {
    let end = src.len().checked_sub(TAIL)?;
    let (slots, base) = table.begin(src.len())?;
    let mut writer = Writer { dst, written: 0 };
    let mut search = Search { src, slots, base, effort, position: 0, anchor: 0 };
    let probe = (src.len() / effort.probe_part).min(1 << effort.hash_bits).min(end);
    search.run(&mut writer, probe)?;
    let (probed, cost) = search.cost(0, writer.written);
    if cost * 100 > probed * effort.probe_percent {
        // Second chance
        let kept = (search.position, search.anchor);
        let from = kept.0.max(src.len() / 8 * 5);
        let mut counter = Counter(0);
        (search.position, search.anchor) = (from, from);
        search.run(&mut counter, (from + probe).min(end))?;
        let (probed2, cost2) = search.cost(from, counter.0);
        if (cost + cost2) * 100 > (probed + probed2) * effort.probe_percent {
            return None;
        }
        (search.position, search.anchor) = kept;
    }
    search.run(&mut writer, end)?;
    writer.literals(src, search.anchor, src.len())?;
    *writer.dst.first_mut()? |= MARKER;
    Some(writer.written)
}

/// The state of the search between two calls of [`run`](Self::run).
struct Search<'a> {
    src: &'a [u8],
    slots: &'a mut [u32; 1 << MAX_HASH_BITS],
    base: u32,
    effort: Effort,
    /// Where the search goes on.
    position: usize,
    /// All bytes before are in the stream.
    anchor: usize,
}

impl Search<'_> {
    /// Searches and writes until `position` is at `until` or past it. `None` when `dst` is full.
    #[inline(always)]
    fn run<S: Sink>(&mut self, sink: &mut S, until: usize) -> Option<()> {
        let src = self.src;
        let shift = 64 - self.effort.hash_bits;
        let (min_match, patience) = (self.effort.min_match, self.effort.patience);
        let (mut position, mut anchor) = (self.position, self.anchor);
        while position < until {
            let here = load(src, position);
            let slot = &mut self.slots[hash(here, shift)];
            let now = self.base + position as u32;
            let distance = now.wrapping_sub(*slot) as usize;
            *slot = now;
            if distance.wrapping_sub(1) < MAX_DISTANCE && distance <= position {
                let difference = here ^ load(src, position - distance);
                let stop = if difference == 0 {
                    match_end(src, position + 8, distance)
                } else {
                    position + (difference.trailing_zeros() / 8) as usize
                };
                let mut start = position.max(anchor);
                let shortest = if distance < FAR_DISTANCE { min_match } else { min_match + 2 };
                let stop = stop.min(src.len() - 1);
                if stop >= position + 4 {
                    // The first instruction has to be a literal.
                    let floor = anchor.max(distance).max(1);
                    while start > floor && src[start - 1] == src[start - 1 - distance] {
                        start -= 1;
                    }
                    if start > 0 && stop >= start + shortest {
                        sink.literals(src, anchor, start)?;
                        sink.copy(distance, stop - start)?;
                        anchor = stop;
                        position = stop - RESUME;
                        continue;
                    }
                }
            }
            position += 1 + (position.saturating_sub(anchor) >> patience);
        }
        (self.position, self.anchor) = (position, anchor);
        Some(())
    }

    fn cost(&self, from: usize, written: usize) -> (usize, usize) {
        let pending = literals_cost(self.position.saturating_sub(self.anchor));
        (self.position.max(self.anchor) - from, written + pending)
    }
}

/// A number below `1 << MAX_HASH_BITS` from the first five bytes of `bytes`.
#[inline(always)]
fn hash(bytes: u64, shift: u32) -> usize {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    ((bytes << 24).wrapping_mul(MULTIPLIER) >> shift) as usize & ((1 << MAX_HASH_BITS) - 1)
}

/// Where bytes from `at` on stop to equal those `distance` before.
#[inline(always)]
fn match_end(src: &[u8], mut at: usize, distance: usize) -> usize {
    while at + 32 <= src.len() && src[at..at + 32] == src[at - distance..at - distance + 32] {
        at += 32;
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

#[inline(always)]
fn load(src: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&src[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// Bytes that so many literals take in the stream.
fn literals_cost(len: usize) -> usize {
    len + len.div_ceil(MAX_LITERALS)
}

/// The stream being written. All methods answer `None` when `dst` is full.
struct Writer<'a> {
    dst: &'a mut [u8],
    written: usize,
}

trait Sink {
    fn literals(&mut self, src: &[u8], from: usize, to: usize) -> Option<()>;
    fn copy(&mut self, distance: usize, len: usize) -> Option<()>;
}

struct Counter(usize);

impl Sink for Counter {
    fn literals(&mut self, _src: &[u8], from: usize, to: usize) -> Option<()> {
        self.0 += literals_cost(to - from);
        Some(())
    }

    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        let far = if distance < FAR_DISTANCE { 0 } else { 2 };
        self.0 += 2 + far + if len < LONG_MATCH { 0 } else { 1 + (len - LONG_MATCH) / 255 };
        Some(())
    }
}

impl Sink for Writer<'_> {
    /// Writes `src[from..to]` as literals.
    #[inline(always)]
    fn literals(&mut self, src: &[u8], mut from: usize, to: usize) -> Option<()> {
        let mut at = self.written;
        while from < to {
            let len = (to - from).min(MAX_LITERALS);
            let dst = self.dst.get_mut(at..)?;
            let (control, dst) = dst.split_first_mut()?;
            *control = (len - 1) as u8;
            // As in the decoder, a copy of constant length is cheaper.
            let wide = src[from..].first_chunk::<MAX_LITERALS>();
            if let (Some(wide), Some(dst)) = (wide, dst.first_chunk_mut()) {
                *dst = *wide;
            } else {
                dst.get_mut(..len)?.copy_from_slice(&src[from..from + len]);
            }
            from += len;
            at += 1 + len;
        }
        self.written = at;
        Some(())
    }

    /// Writes a match.
    #[inline(always)]
    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        let (near, far) = if distance < FAR_DISTANCE {
            (distance - 1, None)
        } else {
            (FAR_DISTANCE - 1, Some(distance - FAR_DISTANCE))
        };
        let high = (near >> 8) as u8;
        if len < LONG_MATCH {
            self.push(((len - 2) << 5) as u8 | high)?;
        } else {
            self.push(7 << 5 | high)?;
            let mut rest = len - LONG_MATCH;
            while rest >= 255 {
                self.push(255)?;
                rest -= 255;
            }
            self.push(rest as u8)?;
        }
        self.push(near as u8)?;
        if let Some(far) = far {
            self.push((far >> 8) as u8)?;
            self.push(far as u8)?;
        }
        Some(())
    }
}

impl Writer<'_> {
    #[inline(always)]
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.dst.get_mut(self.written)? = byte;
        self.written += 1;
        Some(())
    }
}
