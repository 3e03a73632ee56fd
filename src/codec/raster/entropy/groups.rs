//! Widths and planes of the groups of a block.
//!
//! ```text
//! coding     u8    planes coded of each group (0, 1, 2) + 4 * (distributions of widths - 1)
//!                  + 16 if there are 64 lanes, not 16
//! densities  u8    of first and second planes, in the lower and the upper half; if any is coded
//! above      number  groups to the one above, at least 64; if there is more than one distribution
//! bounds           for each distribution of widths but the last: the highest width, as u8, of the
//!                  context that it is for, ascending
//! levels           of each distribution of widths
//! states, words    of all widths, then all first planes, then all second planes
//! planes           all other planes, less the 2 bytes that each lane carries
//! ```
//!
//! The context of a width is the width so many groups before it, or 0 where there is none. Which
//! planes are first and second says [`join`].

use super::super::stream::{Reader, push_number};
use super::Workspace;
use super::decoder::Decoder;
use super::density::{self, Plane};
use super::distribution::{Distribution, Levels};
use super::encoder::{Codes, Encoder};
use crate::arch::Isa;
use crate::arch::raster_entropy::{
    CONTEXT_BITS, Coded, Contexts, Lanes, MAX_LANES, Model, NCONTEXTS, Residuals, Slots, join,
};
use crate::codec::CodecError;

/// Widths are 0 to 64.
const NWIDTHS: usize = 65;

/// In the first byte of a section: there are 64 lanes.
const MANY_LANES: u8 = 16;

/// What the groups of a block are.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Layout {
    /// Bits of a value, which no width exceeds.
    pub(in super::super) max_width: u8,
    pub(in super::super) residuals: Residuals,
}

/// How many groups before a group the width is that says most about its own, in rows of so many
/// values: as many rows above as it takes to reach what is not decoded at the same time.
fn groups_above(row: usize) -> usize {
    let row = row.div_ceil(8).max(1);
    row.saturating_mul(MAX_LANES.div_ceil(row))
}

/// Appends the widths, and the planes that are left of the groups when each has its width: as many
/// as all widths add up to. There are `row` values to a row, or 0 if there are no rows.
pub(in super::super) fn encode(
    residuals: Residuals,
    row: usize,
    widths: &[u8],
    planes: &[u8],
    out: &mut Vec<u8>,
    workspace: &mut Workspace,
) {
    let coding = WidthCoding::cheapest(widths, groups_above(row));
    let densities = split(residuals, widths, planes, workspace);
    let Workspace { words, first, second, rest, .. } = workspace;
    let codes: Vec<Codes> = coding.distributions.iter().map(Codes::new).collect();
    let encoder = Encoder::best(rest, words, |encoder| {
        for (plane, symbols) in [(Plane::Second, &*second), (Plane::First, &*first)] {
            if let Some(&density) = densities.get(plane as usize) {
                let codes = density::codes(plane, density);
                encoder.run(symbols, |_| codes);
            }
        }
        encoder.run(widths, |at| &codes[coding.context(widths, at)]);
    });
    let lanes = if encoder.has_many_lanes() { MANY_LANES } else { 0 };
    out.push((densities.len() + 4 * coding.bounds.len()) as u8 | lanes);
    if let Some(&density) = densities.first() {
        out.push(density | densities.get(1).map_or(0, |density| density << 4));
    }
    if !coding.bounds.is_empty() {
        push_number(out, coding.above);
        out.extend(&coding.bounds);
    }
    coding.levels.iter().for_each(|levels| levels.write(out));
    let ncarried = encoder.ncarried();
    encoder.finish(out);
    out.extend(rest.iter().skip(ncarried));
}

/// Fills `widths`, and answers the planes of all groups: as many as the widths add up to.
pub(in super::super) fn decode<'w>(
    isa: Isa,
    layout: Layout,
    mut reader: Reader<'_>,
    widths: &mut [u8],
    workspace: &'w mut Workspace,
) -> Result<&'w [u8], CodecError> {
    let coding = reader.byte()?;
    let (ncoded, nbounds) = (coding & 3, usize::from(coding >> 2 & 3));
    if ncoded > 2 || coding > MANY_LANES | 15 {
        return Err(CodecError::Corrupt { reason: "no such coding of groups" });
    }
    let lanes = if coding & MANY_LANES != 0 { Lanes::many() } else { Lanes::few() };
    let densities = if ncoded > 0 { reader.byte()? } else { 0 };
    let contexts = read_distributions(nbounds, &mut reader, &mut workspace.slots)?;
    let Workspace { slots, first, second, rest, planes, .. } = workspace;
    let mut decoder = Decoder::new(isa, lanes, reader)?;
    decoder.run(slots, Model::InContext(&contexts), widths)?;
    if widths.iter().fold(0, |max, &width| max.max(width)) > layout.max_width {
        return Err(CodecError::Corrupt { reason: "groups wider than their values" });
    }
    let counts = layout.residuals.count(widths);
    first.resize(if ncoded > 0 { counts.first } else { 0 }, 0);
    second.resize(if ncoded > 1 { counts.second } else { 0 }, 0);
    decoder.run(density::slots(Plane::First, densities & 15), Model::Single, first)?;
    decoder.run(density::slots(Plane::Second, densities >> 4), Model::Single, second)?;
    let nrest = counts.planes - first.len() - second.len();
    rest.resize(nrest.min(decoder.ncarried()), 0);
    let stored = decoder.finish(rest)?;
    if rest.len() + stored.len() != nrest {
        return Err(CodecError::Corrupt { reason: "widths and planes do not fit together" });
    }
    rest.extend_from_slice(stored);
    if ncoded == 0 {
        return Ok(rest);
    }
    planes.resize(counts.planes, 0);
    let coded = Coded { first, second: (ncoded > 1).then_some(second) };
    join(isa, layout.residuals, widths, coded, rest, planes);
    Ok(planes)
}

/// Reads the distributions of widths into a table, and says which is for what context.
fn read_distributions(
    nbounds: usize,
    reader: &mut Reader<'_>,
    slots: &mut Slots,
) -> Result<Contexts, CodecError> {
    let above = if nbounds > 0 { reader.number()? } else { MAX_LANES };
    let bounds = reader.bytes(nbounds)?;
    for slots in slots.chunks_exact_mut(1 << CONTEXT_BITS).take(nbounds + 1) {
        Levels::read(reader)?.distribution(CONTEXT_BITS)?.fill(slots);
    }
    contexts(bounds, above).ok_or(CodecError::Corrupt { reason: "groups above are too near" })
}

/// The contexts between these bounds.
fn contexts(bounds: &[u8], above: usize) -> Option<Contexts> {
    let mut padded = [u8::MAX; NCONTEXTS - 1];
    padded.get_mut(..bounds.len())?.copy_from_slice(bounds);
    Contexts::new(above, padded)
}

/// The context of a width below a group of this width.
fn context_of(bounds: &[u8], above: u8) -> usize {
    bounds.iter().filter(|&&bound| above > bound).count()
}

/// How widths are coded.
struct WidthCoding {
    above: usize,
    bounds: Vec<u8>,
    levels: Vec<Levels>,
    distributions: Vec<Distribution>,
}

impl WidthCoding {
    /// The cheapest of 1, 2 and 4 distributions, whose contexts occur about equally often.
    fn cheapest(widths: &[u8], above: usize) -> Self {
        // How often each width comes below each.
        let mut pairs = vec![[0_u32; NWIDTHS]; NWIDTHS];
        for (at, &width) in widths.iter().enumerate() {
            let above = at.checked_sub(above).map_or(0, |at| widths[at]);
            pairs[usize::from(above)][usize::from(width)] += 1;
        }
        let codings = [1, 2, NCONTEXTS].map(|ncontexts| {
            let bounds = quantiles(&pairs, ncontexts);
            Self::with_bounds(bounds, &pairs, above)
        });
        let [one, two, four] = codings;
        [two, four]
            .into_iter()
            .fold(one, |best, coding| if coding.1 < best.1 { coding } else { best })
            .0
    }

    /// With what it costs in 1/256 bit.
    fn with_bounds(bounds: Vec<u8>, pairs: &[[u32; NWIDTHS]], above: usize) -> (Self, u64) {
        let mut counts = vec![[0_u32; NWIDTHS]; bounds.len() + 1];
        for (above, pairs) in (0..).zip(pairs) {
            let counts = &mut counts[context_of(&bounds, above)];
            counts.iter_mut().zip(pairs).for_each(|(count, more)| *count += more);
        }
        let levels: Vec<Levels> = counts.iter().map(|counts| Levels::nearest(counts)).collect();
        let distributions: Vec<Distribution> =
            levels.iter().filter_map(|levels| levels.distribution(CONTEXT_BITS).ok()).collect();
        let mut cost = 0;
        for ((counts, levels), distribution) in counts.iter().zip(&levels).zip(&distributions) {
            let costs = (0..).zip(counts).filter(|&(_, &count)| count > 0);
            cost += costs
                .map(|(width, &count)| u64::from(count) * u64::from(distribution.cost(width)))
                .sum::<u64>();
            cost += levels.nbytes() as u64 * 8 * 256;
        }
        (Self { above, bounds, levels, distributions }, cost)
    }

    fn context(&self, widths: &[u8], at: usize) -> usize {
        let above = at.checked_sub(self.above).map_or(0, |at| widths[at]);
        context_of(&self.bounds, above)
    }
}

/// The widths at which `parts` about equal parts of all groups end, less the last.
fn quantiles(pairs: &[[u32; NWIDTHS]], parts: usize) -> Vec<u8> {
    let total: u64 = pairs.iter().flatten().map(|&count| u64::from(count)).sum();
    let mut bounds = Vec::new();
    let mut below = 0;
    for (above, pairs) in (0_u8..).zip(pairs) {
        below += pairs.iter().map(|&count| u64::from(count)).sum::<u64>();
        // A part ends where it has its share.
        let is_end = below * parts as u64 >= total * (bounds.len() as u64 + 1);
        if is_end && below < total && bounds.len() + 1 < parts {
            bounds.push(above);
        }
    }
    bounds
}

/// Of all bytes of planes, one in so many is saved by coding the first ones, and one more by coding
/// the second: each takes as long to decode as the widths.
const MIN_SAVING: u64 = 40;

/// Takes the planes that are worth coding from the others, and says their densities.
fn split(residuals: Residuals, widths: &[u8], planes: &[u8], workspace: &mut Workspace) -> Vec<u8> {
    let Workspace { first, second, rest, .. } = workspace;
    separate(residuals, widths, planes, 2, [first, second, rest]);
    let mut densities = Vec::new();
    for (plane, bytes) in [(Plane::First, &*first), (Plane::Second, &*second)] {
        let mut counts = [0; 9];
        bytes.iter().for_each(|byte| counts[byte.count_ones() as usize] += 1);
        let (density, cost) = density::cheapest(plane, &counts);
        let most = bytes.len() as u64 * 8 * 256;
        if most.saturating_sub(cost) < planes.len() as u64 * 8 * 256 / MIN_SAVING {
            break;
        }
        densities.push(density);
    }
    if densities.len() < 2 {
        separate(residuals, widths, planes, densities.len(), [first, second, rest]);
    }
    densities
}

/// The inverse of [`join`], with so many planes coded of each group.
fn separate(
    residuals: Residuals,
    widths: &[u8],
    mut planes: &[u8],
    ncoded: usize,
    [first, second, rest]: [&mut Vec<u8>; 3],
) {
    [&mut *first, &mut *second, &mut *rest].into_iter().for_each(Vec::clear);
    for &width in widths {
        let group;
        (group, planes) = planes.split_at(usize::from(width));
        let (sign, magnitudes) = group.split_at(residuals.signs(width));
        let flip = sign.first().copied().unwrap_or(0);
        let ncoded = ncoded.min(magnitudes.len());
        for (&plane, coded) in magnitudes[..ncoded].iter().zip([&mut *first, &mut *second]) {
            coded.push(plane ^ flip);
        }
        rest.extend_from_slice(sign);
        rest.extend_from_slice(&magnitudes[ncoded..]);
    }
}
