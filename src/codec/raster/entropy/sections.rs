//! Sections of bytes, each coded by how often every byte occurs in it: what an LZ codec leaves.
//!
//! ```text
//! coded    u8      bit i: section i is coded; bit 7: by 64 lanes, not 16
//! lengths  number  of each section
//! levels           of each coded section
//! states, words    if any is coded: of the coded sections, one after the other
//! stored           the other sections, one after the other, less the 2 bytes that each lane carries
//! ```
//!
//! There are at most 7 sections. They share the lanes, whose states would else be most of what short
//! sections take. For the same reason tables are those of a context, not those of a whole
//! distribution: they are filled four times as fast.

use super::super::stream::{Reader, push_number};
use super::Workspace;
use super::decoder::Decoder;
use super::distribution::{Levels, NSYMBOLS};
use super::encoder::{Codes, Encoder};
use crate::arch::Isa;
use crate::arch::raster_entropy::{
    CONTEXT_BITS, Contexts, Lanes, MAX_LANES, Model, NCONTEXTS, Slots,
};
use crate::codec::CodecError;

/// In the first byte: there are 64 lanes.
const MANY_LANES: u8 = 0x80;

/// Bytes that coding a section saves at least: it takes time.
const MIN_SAVED: u64 = 8;

/// One byte in so many that it saves at least.
const MIN_SAVING: u64 = 64;

/// Appends the sections.
pub(in super::super) fn encode<const N: usize>(
    sections: [&[u8]; N],
    out: &mut Vec<u8>,
    workspace: &mut Workspace,
) {
    const { assert!(N < 8, "a bit for each") };
    let Workspace { words, rest, .. } = workspace;
    let coded = sections.map(Coded::new);
    rest.clear();
    for (section, _) in sections.iter().zip(&coded).filter(|(_, coded)| coded.is_none()) {
        rest.extend_from_slice(section);
    }
    let is_any = coded.iter().any(Option::is_some);
    let encoder = is_any.then(|| {
        Encoder::best(rest, words, |encoder| {
            for (section, coded) in sections.iter().zip(&coded).rev() {
                if let Some(Coded { codes, .. }) = coded {
                    encoder.run(section, |_| codes);
                }
            }
        })
    });
    let bits = coded.iter().enumerate().map(|(at, coded)| u8::from(coded.is_some()) << at);
    let has_many = encoder.as_ref().is_some_and(Encoder::has_many_lanes);
    out.push(bits.sum::<u8>() | if has_many { MANY_LANES } else { 0 });
    sections.iter().for_each(|section| push_number(out, section.len()));
    coded.iter().flatten().for_each(|coded| coded.levels.write(out));
    let ncarried = encoder.as_ref().map_or(0, Encoder::ncarried);
    if let Some(encoder) = encoder {
        encoder.finish(out);
    }
    out.extend(rest.iter().skip(ncarried));
}

/// How to code a section.
struct Coded {
    levels: Levels,
    codes: Codes,
}

impl Coded {
    /// `None` if it is better stored.
    fn new(section: &[u8]) -> Option<Self> {
        let mut counts = [0_u32; NSYMBOLS];
        section.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        let levels = Levels::nearest(&counts);
        let distribution = levels.distribution(CONTEXT_BITS).ok()?;
        let costs = (0..=u8::MAX).zip(counts).filter(|&(_, count)| count > 0);
        let bits: u64 = costs
            .map(|(symbol, count)| u64::from(count) * u64::from(distribution.cost(symbol)))
            .sum();
        let nbytes = bits / (8 * 256) + levels.nbytes() as u64;
        let len = section.len() as u64;
        let is_worth_it = nbytes + MIN_SAVED.max(len / MIN_SAVING) <= len;
        is_worth_it.then(|| Self { levels, codes: Codes::new(&distribution) })
    }
}

/// The sections that are all of `reader`, each of at most `max` bytes.
pub(in super::super) fn decode<'w, const N: usize>(
    isa: Isa,
    mut reader: Reader<'_>,
    max: usize,
    workspace: &'w mut Workspace,
) -> Result<[&'w [u8]; N], CodecError> {
    const { assert!(N < 8, "a bit for each") };
    let coding = reader.byte()?;
    let (coded, has_many) = (coding & !MANY_LANES, coding & MANY_LANES != 0);
    if coded >> N != 0 || has_many && coded == 0 {
        return Err(CodecError::Corrupt { reason: "no such coding of sections" });
    }
    let is_coded = |at: usize| coded >> at & 1 == 1;
    let mut lens = [0; N];
    for len in &mut lens {
        *len = reader.number()?;
        if *len > max {
            return Err(CodecError::Corrupt { reason: "sections longer than their values" });
        }
    }
    let total = lens.iter().sum::<usize>();
    if coded == 0 && total != reader.rest().len() {
        return Err(CodecError::Corrupt { reason: "sections of another length" });
    }
    let Workspace { slots, rest, sections, .. } = workspace;
    sections.resize(total, 0);
    let parts = split(sections, lens);
    let nstored = (0..N).filter(|&at| !is_coded(at)).map(|at| lens[at]).sum::<usize>();
    rest.clear();
    let stored = if coded == 0 {
        reader.rest()
    } else {
        let mut levels = Vec::with_capacity(N);
        for _ in 0..coded.count_ones() {
            levels.push(Levels::read(&mut reader)?);
        }
        let lanes = if has_many { Lanes::many() } else { Lanes::few() };
        let mut decoder = Decoder::new(isa, lanes, reader)?;
        let coded = parts.into_iter().enumerate().filter(|(at, _)| is_coded(*at));
        for ((_, section), levels) in coded.zip(levels) {
            run(&mut decoder, &levels, slots, section)?;
        }
        rest.resize(nstored.min(decoder.ncarried()), 0);
        decoder.finish(rest)?
    };
    if rest.len() + stored.len() != nstored {
        return Err(CodecError::Corrupt { reason: "sections of another length" });
    }
    rest.extend_from_slice(stored);
    let mut stored = &rest[..];
    let parts = split(sections, lens);
    for (_, section) in parts.into_iter().enumerate().filter(|(at, _)| !is_coded(*at)) {
        let (bytes, others) = stored.split_at(section.len());
        section.copy_from_slice(bytes);
        stored = others;
    }
    Ok(split(sections, lens).map(|section| &*section))
}

/// Decodes one section.
fn run(
    decoder: &mut Decoder<'_>,
    levels: &Levels,
    slots: &mut Slots,
    section: &mut [u8],
) -> Result<(), CodecError> {
    levels.distribution(CONTEXT_BITS)?.fill(&mut slots[..1 << CONTEXT_BITS]);
    // No symbol is above these bounds: all are of the first context.
    let context = Contexts::new(MAX_LANES, [u8::MAX; NCONTEXTS - 1]);
    let Some(context) = context else { unreachable!("far enough for all lanes") };
    decoder.run(slots, Model::InContext(&context), section)
}

/// Pieces of these lengths, which add up to the length of `bytes`.
fn split<const N: usize>(bytes: &mut [u8], lens: [usize; N]) -> [&mut [u8]; N] {
    let mut rest = bytes;
    lens.map(|len| {
        let (piece, others) = std::mem::take(&mut rest).split_at_mut(len);
        rest = others;
        piece
    })
}
