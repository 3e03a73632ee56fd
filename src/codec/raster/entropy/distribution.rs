//! How often each symbol occurs: as few bits in a stream, and as shares of the slots of a table.

use super::super::stream::Reader;
use crate::arch::raster_entropy::Slot;
use crate::codec::CodecError;

/// Symbols are bytes.
pub(super) const NSYMBOLS: usize = 256;

/// The relative frequencies that a stream can tell apart: steps of about 2^(3/4), which cost less
/// than 0.02 bits per symbol. Level 0 is a symbol that does not occur.
const LEVELS: [u32; 16] = [0, 1, 2, 3, 5, 8, 13, 23, 38, 64, 108, 181, 304, 512, 861, 1448];

/// The share of each symbol of the 2^`bits` slots of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution {
    bits: u32,
    /// The lowest symbol that `nshares` speak of, and how many do.
    first: u8,
    nshares: usize,
    shares: [u16; NSYMBOLS],
}

impl Distribution {
    /// Shares in proportion to the weights of the symbols from `first` on, but at least 1 for a
    /// weight above 0. `None` if all weights are 0, or there are more than symbols. `bits` are from
    /// 8 to 12.
    pub(super) fn new(first: u8, weights: &[u32], bits: u32) -> Option<Self> {
        let nshares = weights.len();
        let mut shares = [0; NSYMBOLS];
        let used_shares = shares[usize::from(first)..].get_mut(..nshares)?;
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let slots = 1_u64 << bits;
        let mut divided = slots;
        let unused = loop {
            let scale = (divided << 32).checked_div(total)?;
            let mut used = 0;
            for (share, &weight) in used_shares.iter_mut().zip(weights) {
                let exact = ((u64::from(weight) * scale) >> 32) as u16;
                *share = exact.max(u16::from(weight > 0));
                used += u64::from(*share);
            }
            match slots.checked_sub(used) {
                Some(unused) => break unused,
                // Rare symbols got more than their due: it is taken from all others.
                None => divided = divided.saturating_sub(used - slots),
            }
        };
        // The first of the largest.
        let largest = (0..nshares).rev().max_by_key(|&at| weights[at])?;
        used_shares[largest] += unused as u16;
        Some(Self { bits, first, nshares, shares })
    }

    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// Each symbol that occurs, with its first slot and its share.
    pub(super) fn symbols(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let mut start = 0;
        let shares = self.shares[usize::from(self.first)..].iter().take(self.nshares);
        (self.first..=u8::MAX).zip(shares).filter(|&(_, &share)| share > 0).map(
            move |(symbol, &share)| {
                let first = start;
                start += u32::from(share);
                (symbol, first, u32::from(share))
            },
        )
    }

    /// Fills the 2^`bits` slots of a table.
    pub(super) fn fill(&self, slots: &mut [Slot]) {
        for (symbol, first, share) in self.symbols() {
            let slots = &mut slots[first as usize..][..share as usize];
            for (slot, offset) in slots.iter_mut().zip(0..) {
                *slot = Slot::new(symbol, offset, share);
            }
        }
    }

    /// What it takes to code a symbol, in 1/256 bit. Of one that does not occur, a great deal.
    pub(super) fn cost(&self, symbol: u8) -> u32 {
        match self.shares[usize::from(symbol)] {
            0 => 1 << 16,
            share => self.bits * 256 - log2(u32::from(share)),
        }
    }
}

/// The distribution that a stream describes, by a level for each symbol.
///
/// ```text
/// first   u8     the first symbol that occurs
/// last    u8     the last
/// levels         of `first` to `last`, 4 bits each, the first in the lower half; none if there is
///                but one
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Levels {
    first: u8,
    last: u8,
    levels: [u8; NSYMBOLS],
}

impl Levels {
    /// The levels nearest to these counts, of symbols 0 and up, at most 256; of symbol 0 alone if
    /// all counts are 0.
    pub(super) fn nearest(counts: &[u32]) -> Self {
        let most = counts.iter().fold(1, |most, &count| most.max(count));
        let mut levels = [0; NSYMBOLS];
        for (level, &count) in levels.iter_mut().zip(counts) {
            *level = nearest_level(count, most);
        }
        let first = levels.iter().position(|&level| level > 0).unwrap_or(0);
        let last = levels.iter().rposition(|&level| level > 0).unwrap_or(0);
        levels[first] = levels[first].max(1);
        Self { first: first as u8, last: last as u8, levels }
    }

    fn used(&self) -> std::ops::RangeInclusive<usize> {
        usize::from(self.first)..=usize::from(self.last)
    }

    /// Bytes of [`write`](Self::write).
    pub(super) fn nbytes(&self) -> usize {
        if self.first == self.last { 2 } else { 2 + self.levels[self.used()].len().div_ceil(2) }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.first, self.last]);
        if self.first < self.last {
            let pairs = self.levels[self.used()].chunks(2);
            out.extend(pairs.map(|pair| pair[0] | pair.get(1).map_or(0, |level| level << 4)));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (first, last) = (reader.byte()?, reader.byte()?);
        let mut levels = [0; NSYMBOLS];
        let used = levels
            .get_mut(usize::from(first)..=usize::from(last))
            .filter(|used| !used.is_empty())
            .ok_or(CodecError::Corrupt { reason: "symbols out of order" })?;
        if first == last {
            used[0] = 1;
        } else {
            let bytes = reader.bytes(used.len().div_ceil(2))?;
            for (pair, byte) in used.chunks_mut(2).zip(bytes) {
                pair[0] = byte & 15;
                if let Some(level) = pair.get_mut(1) {
                    *level = byte >> 4;
                }
            }
        }
        Ok(Self { first, last, levels })
    }

    pub(super) fn distribution(&self, bits: u32) -> Result<Distribution, CodecError> {
        let mut weights = [0; NSYMBOLS];
        let weights = &mut weights[self.used()];
        for (weight, level) in weights.iter_mut().zip(&self.levels[self.used()]) {
            *weight = LEVELS[usize::from(*level)];
        }
        Distribution::new(self.first, weights, bits)
            .ok_or(CodecError::Corrupt { reason: "no symbol occurs" })
    }
}

/// The level whose share of the highest one is nearest to `count` of `most`, as a ratio.
fn nearest_level(count: u32, most: u32) -> u8 {
    if count == 0 {
        return 0;
    }
    let highest = LEVELS[LEVELS.len() - 1];
    // Between two levels, their geometric mean decides: compared as squares.
    let scaled = u128::from(count) * u128::from(highest);
    let is_below = |pair: &[u32]| {
        let limit = u128::from(pair[0]) * u128::from(pair[1]) * u128::from(most) * u128::from(most);
        limit <= scaled * scaled
    };
    1 + LEVELS[1..].windows(2).take_while(|pair| is_below(pair)).count() as u8
}

/// The logarithm of a number above 0 to base 2, in 1/256, rounded down.
pub(super) fn log2(number: u32) -> u32 {
    let whole = number.ilog2();
    // The number as a fraction from 1 to 2, with 31 bits after the point.
    let mut fraction = u64::from(number) << (31 - whole);
    let mut log = whole;
    for _ in 0..8 {
        fraction = (fraction * fraction) >> 31;
        let is_above = fraction >> 32;
        fraction >>= is_above;
        log = log << 1 | is_above as u32;
    }
    log
}
