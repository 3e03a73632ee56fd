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

use super::stream::Reader;
use crate::arch::Isa;
use crate::arch::raster::{SPAN, expand_nibbles, expand_offsets};
use crate::codec::CodecError;

/// Groups in a unit.
const UNIT: usize = 8;

/// Widths that a table can have.
const MAX_TABLE: usize = 15;

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

/// Widths that there are: 0 to the bits of the longest value.
const NWIDTHS: usize = 65;

/// Chooses the coding that takes the fewest bytes, rounds `widths` up to what it can name, appends
/// them to `out` and says which coding it is. `widths` are whole spans.
pub(super) fn write(widths: &mut [u8], out: &mut Vec<u8>) -> Coding {
    let mut counts = [0_u32; NWIDTHS];
    let mut maxima_counts = [0_u32; NWIDTHS];
    for unit in widths.as_chunks::<UNIT>().0 {
        let mut max = 0;
        for &width in unit {
            counts[usize::from(width)] += 1;
            max = max.max(width);
        }
        maxima_counts[usize::from(max)] += 1;
    }
    let table = Table::new(&counts);
    let maxima_table = Table::new(&maxima_counts);
    let nunits = widths.len() / UNIT;
    let planes: usize = (1..NWIDTHS)
        .map(|width| counts[width] as usize * usize::from(table.round(width as u8)))
        .sum();
    let nibbles = 1 + table.len + nunits / 8 + 4 * (nunits - maxima_counts[0] as usize) + planes;
    let (offsets, zeros) = offsets_cost(widths, &maxima_table);
    if nibbles <= offsets.min(zeros) {
        table.write(out);
        write_nibbles(widths, &table, out);
        return Coding::Nibbles;
    }
    maxima_table.write(out);
    let has_zero = zeros < offsets;
    write_offsets(widths, &maxima_table, has_zero, out);
    if has_zero { Coding::OffsetsOrZero } else { Coding::Offsets }
}

/// The widths that a header can name besides 0.
struct Table {
    widths: [u8; MAX_TABLE + 1],
    /// Of the widths, without 0.
    len: usize,
    /// For each width the place of the least one that is not below it.
    places: [u8; NWIDTHS],
}

impl Table {
    /// For widths that occur so many times. If there are too many, some stand for smaller ones.
    fn new(counts: &[u32; NWIDTHS]) -> Self {
        let mut used = [(0_u8, 0_u32); NWIDTHS];
        let mut len = 0;
        for (width, &count) in counts.iter().enumerate().skip(1).filter(|(_, count)| **count > 0) {
            used[len] = (width as u8, count);
            len += 1;
        }
        while len > MAX_TABLE {
            // The pair that costs the fewest planes becomes one.
            let cost = |at: &usize| used[*at].1 * u32::from(used[at + 1].0 - used[*at].0);
            let Some(cheapest) = (0..len - 1).min_by_key(cost) else { break };
            used[cheapest + 1].1 += used[cheapest].1;
            used.copy_within(cheapest + 1..len, cheapest);
            len -= 1;
        }
        let mut table = Self { widths: [0; MAX_TABLE + 1], len, places: [0; NWIDTHS] };
        let mut next = 1;
        for (place, (width, _)) in used[..len].iter().enumerate() {
            table.widths[place + 1] = *width;
            table.places[next..=usize::from(*width)].fill(place as u8 + 1);
            next = usize::from(*width) + 1;
        }
        table
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.len as u8);
        out.extend_from_slice(&self.widths[1..=self.len]);
    }

    /// The place of the least width not below this one, of which there is one.
    fn place(&self, width: u8) -> u8 {
        self.places[usize::from(width)]
    }

    /// The least width not below this one, of which there is one.
    fn round(&self, width: u8) -> u8 {
        self.widths[usize::from(self.place(width))]
    }
}

/// Bytes of tables, maxima, codes and planes with offsets to the largest width of a unit: with 3
/// as 3 less, and as a width of 0.
fn offsets_cost(widths: &[u8], table: &Table) -> (usize, usize) {
    let nunits = widths.len() / UNIT;
    let (mut offsets, mut zeros) = (0, 0);
    for unit in widths.as_chunks::<UNIT>().0 {
        let max = table.round(unit.iter().fold(0, |max, &width| max.max(width)));
        if max > 0 {
            offsets += 2 + sum(unit.map(|width| offset_rounded(width, max, false)));
            zeros += 2 + sum(unit.map(|width| offset_rounded(width, max, true)));
        }
    }
    let header = 1 + table.len + nunits / 2;
    (header + offsets, header + zeros)
}

fn sum(unit: [u8; UNIT]) -> usize {
    unit.into_iter().map(usize::from).sum()
}

/// The least width, not below this one, that an offset to `max` can name.
fn offset_rounded(width: u8, max: u8, has_zero: bool) -> u8 {
    match has_zero {
        true if width == 0 => 0,
        true => width.max(max.saturating_sub(2)),
        false => width.max(max.saturating_sub(3)),
    }
}

fn write_nibbles(widths: &mut [u8], table: &Table, out: &mut Vec<u8>) {
    let bitmap = out.len();
    out.resize(bitmap + widths.len() / SPAN, 0);
    for (index, unit) in widths.as_chunks_mut::<UNIT>().0.iter_mut().enumerate() {
        if *unit == [0; UNIT] {
            continue;
        }
        out[bitmap + index / 8] |= 1 << (index % 8);
        let places = unit.map(|width| table.place(width));
        out.extend(places.as_chunks::<2>().0.iter().map(|[low, high]| low | high << 4));
        *unit = places.map(|place| table.widths[usize::from(place)]);
    }
}

fn write_offsets(widths: &mut [u8], table: &Table, has_zero: bool, out: &mut Vec<u8>) {
    let maxima = out.len();
    out.resize(maxima + widths.len() / UNIT / 2, 0);
    for (index, unit) in widths.as_chunks_mut::<UNIT>().0.iter_mut().enumerate() {
        let place = table.place(unit.iter().fold(0, |max, &width| max.max(width)));
        let max = table.widths[usize::from(place)];
        if max == 0 {
            continue;
        }
        out[maxima + index / 2] |= place << (4 * (index % 2));
        *unit = unit.map(|width| offset_rounded(width, max, has_zero));
        let code = |width: u8| if has_zero && width == 0 { 3 } else { u16::from(max - width) };
        let codes = unit.iter().rev().fold(0, |codes, &width| codes << 2 | code(width));
        out.extend_from_slice(&codes.to_le_bytes());
    }
}
