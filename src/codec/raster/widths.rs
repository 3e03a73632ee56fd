//! The widths of a block's groups: how many planes each has.
//!
//! ```text
//! n       u8          widths in the table, at most 15
//! table   n bytes     ascending; none is 0
//! ```
//!
//! and then, for each *unit* of 8 groups, as *nibbles* (coding 0):
//!
//! ```text
//! bitmap              a bit for each unit, lowest first, in whole bytes: whether a width is not 0
//! nibbles             4 bytes for each such unit: a width's place in the table, counted from 1, or
//!                     0 for width 0; the first in the lower half of a byte
//! ```
//!
//! or as *offsets* (codings 1 and 2):
//!
//! ```text
//! maxima              4 bits for each unit, lower half first, in whole bytes: the place of its
//!                     largest width, or 0 if all are 0
//! codes               2 bytes for each other unit, little-endian: of each group 2 bits, lowest
//!                     first: how much less its width is, though not below 0; in coding 2, 3 says
//!                     that the width is 0
//! ```
//!
//! There are units for the groups rounded up to [`SPAN`], so that bitmaps and maxima are whole
//! bytes. A coding that cannot name a width uses a larger one: the planes that it adds repeat the
//! sign.

use super::buffers::State;
use super::stream::Reader;
use crate::arch::Isa;
use crate::arch::raster::{
    NWIDTHS, SPAN, expand_nibbles, expand_offsets, look_up, maxima, offsets_cost, pack_nibbles,
    presence, round_to_offsets, sum,
};
use crate::codec::CodecError;

/// Groups in a unit.
const UNIT: usize = 8;

/// Widths that a table can have.
const MAX_TABLE: usize = 15;

/// So many widths are all named in the table if they are small.
const MANY: usize = 2048;

/// How widths are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Nibbles = 0,
    Offsets = 1,
    OffsetsOrZero = 2,
}

impl Coding {
    pub(super) fn parse(code: u8) -> Result<Self, CodecError> {
        match code {
            0 => Ok(Self::Nibbles),
            1 => Ok(Self::Offsets),
            2 => Ok(Self::OffsetsOrZero),
            _ => Err(CodecError::Corrupt { reason: "no such coding of widths" }),
        }
    }
}

/// Fills `widths`, whole spans, and leaves `reader` behind them.
pub(super) fn read(
    isa: Isa,
    coding: Coding,
    reader: &mut Reader<'_>,
    widths: &mut [u8],
) -> Result<(), CodecError> {
    let len = usize::from(reader.byte()?);
    if len > MAX_TABLE {
        return Err(CodecError::Corrupt { reason: "too many widths" });
    }
    let mut table = [0; 16];
    table[1..=len].copy_from_slice(reader.bytes(len)?);
    let nunits = widths.len() / UNIT;
    let used = match coding {
        Coding::Nibbles => {
            let bitmap = reader.bytes(nunits / 8)?;
            expand_nibbles(isa, &table, bitmap, reader.rest(), widths)
        }
        Coding::Offsets | Coding::OffsetsOrZero => {
            let maxima = reader.bytes(nunits / 2)?;
            let zero = coding == Coding::OffsetsOrZero;
            expand_offsets(isa, &table, maxima, reader.rest(), zero, widths)
        }
    };
    reader.bytes(used.ok_or(CodecError::Truncated)?)?;
    Ok(())
}

/// Chooses the coding that takes the fewest bytes, rounds `widths` up to what it can name, appends
/// them to `out` and says which coding it is. `widths` are whole spans.
pub(super) fn write(isa: Isa, widths: &mut [u8], state: &mut State, out: &mut Vec<u8>) -> Coding {
    // Rounded at once, so that costs are those of what would be written.
    let table = Table::new(isa, widths);
    table.round(isa, widths);
    let mut of_units = state.take(widths.len() / UNIT);
    maxima(isa, widths, &mut of_units);
    let table_of_maxima = Table::new(isa, &of_units);
    table_of_maxima.round(isa, &mut of_units);
    let nunits = of_units.len();
    let nused = of_units.iter().filter(|&&max| max > 0).count();
    let nibbles = table.len + nunits / 8 + 4 * nused + sum(widths);
    let [offsets, zeros] = offsets_cost(isa, &of_units, widths)
        .map(|codes_and_planes| table_of_maxima.len + nunits / 2 + codes_and_planes);
    let coding = if nibbles <= offsets.min(zeros) {
        table.write(out);
        write_nibbles(isa, widths, &table, out);
        Coding::Nibbles
    } else {
        table_of_maxima.write(out);
        let zero = zeros < offsets;
        write_offsets(isa, widths, &of_units, &table_of_maxima, zero, out);
        if zero { Coding::OffsetsOrZero } else { Coding::Offsets }
    };
    state.give(of_units);
    coding
}

/// The widths that a header can name besides 0.
struct Table {
    /// Ascending.
    widths: [u8; MAX_TABLE],
    len: usize,
    /// Whether it lacks widths that occur.
    has_gaps: bool,
    /// For each width the place, from 1, of the least that is not below it; 0 for 0.
    places: [u8; NWIDTHS],
}

impl Table {
    /// For these widths, and maybe more. If too many occur, some stand for smaller ones.
    fn new(isa: Isa, widths: &[u8]) -> Self {
        let mut present = match widths.iter().fold(0, |max, &width| max.max(width)) {
            // To find out which ones occur would take longer than their bytes are worth.
            max @ 0..=8 if widths.len() >= MANY && sum(widths) >= widths.len() => (2 << max) - 2,
            _ => presence(isa, widths) & !1,
        };
        let has_gaps = present.count_ones() as usize > MAX_TABLE;
        if has_gaps {
            present = most_useful(widths);
        }
        let mut table = Self { widths: [0; MAX_TABLE], len: 0, has_gaps, places: [0; NWIDTHS] };
        let mut next = 1;
        while present != 0 {
            let width = present.trailing_zeros() as usize;
            present &= present - 1;
            table.widths[table.len] = width as u8;
            table.len += 1;
            table.places[next..=width].fill(table.len as u8);
            next = width + 1;
        }
        table
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.len as u8);
        out.extend_from_slice(&self.widths[..self.len]);
    }

    /// Replaces widths by the least of the table that are not below them.
    fn round(&self, isa: Isa, widths: &mut [u8]) {
        if self.has_gaps {
            let width =
                |place: u8| place.checked_sub(1).map_or(0, |at| self.widths[usize::from(at)]);
            look_up(isa, &self.places.map(width), widths);
        }
    }
}

/// The widths that a table had best have when it cannot have all, as bits.
fn most_useful(widths: &[u8]) -> u128 {
    let mut counts = [0_usize; NWIDTHS];
    widths.iter().for_each(|&width| counts[usize::from(width)] += 1);
    let mut used: Vec<usize> = (1..NWIDTHS).filter(|&width| counts[width] > 0).collect();
    while used.len() > MAX_TABLE {
        // The width that costs the fewest planes is rounded up to the next.
        let cost = |at: &usize| counts[used[*at]] * (used[at + 1] - used[*at]);
        let Some(cheapest) = (0..used.len() - 1).min_by_key(cost) else { break };
        let width = used.remove(cheapest);
        counts[used[cheapest]] += counts[width];
    }
    used.into_iter().fold(0, |bits, width| bits | 1 << width)
}

fn write_nibbles(isa: Isa, widths: &[u8], table: &Table, out: &mut Vec<u8>) {
    let at = out.len();
    out.resize(at + widths.len() / SPAN + widths.len() / 2, 0);
    let (bitmap, nibbles) = out[at..].split_at_mut(widths.len() / SPAN);
    let len = pack_nibbles(isa, widths, &table.places, bitmap, nibbles);
    out.truncate(at + widths.len() / SPAN + len);
}

fn write_offsets(
    isa: Isa,
    widths: &mut [u8],
    of_units: &[u8],
    table: &Table,
    zero: bool,
    out: &mut Vec<u8>,
) {
    let place = |max: &u8| table.places[usize::from(*max)];
    out.extend(of_units.as_chunks::<2>().0.iter().map(|[low, high]| place(low) | place(high) << 4));
    let at = out.len();
    out.resize(at + 2 * of_units.len(), 0);
    let len = round_to_offsets(isa, of_units, zero, widths, &mut out[at..]);
    out.truncate(at + len);
}
