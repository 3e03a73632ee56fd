//! One case: our chunk read by the oracle, the oracle's chunk read by us.

use std::ops::Range;

use ndpress::{Chunk, Limits, Registry};

use crate::cases::{Case, Filters, KEPT_BITS};
use crate::client::{Client, Failure};
use crate::data;
use crate::oracle::Answer;
use crate::protocol::Request;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Writer {
    Ours,
    Oracle,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    /// The oracle hangs or crashes.
    Fails(Failure),
    /// The oracle answers an error code.
    Refuses(i32),
    /// The oracle's chunk is no longer than the raw bytes and 32, or ours is.
    TooLong(usize),
    /// We answer an error.
    WeRefuse(String),
    /// Other bytes than were written, in these positions of the whole.
    Differs(Vec<usize>),
}

/// What was being done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Write,
    Whole,
    Slice(Range<usize>),
    Block(usize),
}

#[derive(Debug, Clone)]
pub struct Mismatch {
    pub case: Case,
    pub writer: Writer,
    pub action: Action,
    pub wrong: Wrong,
    /// The first bytes of the chunk: its header.
    pub header: Vec<u8>,
    /// Whether the oracle reads the whole chunk right.
    pub oracle_reads: bool,
}

impl Mismatch {
    /// The size of blocks, as the header has it.
    pub fn blocksize(&self) -> usize {
        let word = self.header.get(8..).and_then(|rest| rest.first_chunk::<4>());
        word.map_or(0, |word| u32::from_le_bytes(*word) as usize)
    }
}

/// Counts of what was compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub chunks: usize,
    pub parts: usize,
}

/// The bytes that a reader must see.
pub fn expected(case: &Case, raw: &[u8], is_plain: bool) -> Vec<u8> {
    let mut bytes = raw.to_vec();
    if case.filters != Filters::TruncPrec || is_plain {
        return bytes;
    }
    let mantissa = if case.typesize == 4 { 23 } else { 52 };
    let dropped = mantissa - KEPT_BITS as usize;
    for item in bytes.chunks_exact_mut(case.typesize) {
        // Little-endian: the lowest bits come first.
        item[..dropped / 8].fill(0);
        item[dropped / 8] &= 0xff << (dropped % 8);
    }
    bytes
}

/// Items to read, of the typesize in the header: around the borders of blocks, and at the ends.
pub fn slices(nbytes: usize, typesize: usize, blocksize: usize) -> Vec<(u32, u32)> {
    let nitems = nbytes / typesize;
    let border = blocksize / typesize;
    let wanted = [
        (0, 1),
        (nitems.saturating_sub(1), 1),
        (border.saturating_sub(1), 2),
        (border, 1),
        (border + 1, border + 3),
        (nitems / 2, nitems / 3),
        (2 * border, border),
        (0, nitems),
    ];
    let inside = wanted.iter().filter(|(start, len)| *len > 0 && start + len <= nitems);
    inside.map(|&(start, len)| (start as u32, len as u32)).collect()
}

pub fn differing(expected: &[u8], found: &[u8], offset: usize) -> Option<Vec<usize>> {
    if expected == found {
        return None;
    }
    let common = expected.len().min(found.len());
    let mut at: Vec<usize> =
        (0..common).filter(|&i| expected[i] != found[i]).map(|i| offset + i).collect();
    at.extend(offset + common..offset + expected.len().max(found.len()));
    Some(at)
}

fn wrong_answer(answer: &Answer, expected: &[u8], offset: usize) -> Option<Wrong> {
    match answer {
        Err(code) => Some(Wrong::Refuses(*code)),
        Ok(found) => differing(expected, found, offset).map(Wrong::Differs),
    }
}

/// Our chunk, read by the oracle.
pub fn ours(case: &Case, client: &mut Client, counts: &mut Counts) -> Vec<Mismatch> {
    let raw = data::raw(case.content(), case.nbytes, case.typesize, case.seed());
    let mismatch = |action, wrong, header: &[u8]| Mismatch {
        case: *case,
        writer: Writer::Ours,
        action,
        wrong,
        header: header[..header.len().min(64)].to_vec(),
        oracle_reads: false,
    };
    let chunk = match Chunk::encode(&raw, case.typesize, &case.options()) {
        Ok(chunk) => chunk,
        Err(error) => {
            return vec![mismatch(Action::Write, Wrong::WeRefuse(error.to_string()), &[])];
        }
    };
    counts.chunks += 1;
    let is_plain = chunk.is_stored() || chunk.special().is_some();
    let expected = expected(case, &raw, is_plain);
    let (bytes, typesize) = (chunk.as_bytes(), chunk.typesize());
    let mut found = Vec::new();
    if bytes.len() > raw.len() + 32 {
        found.push(mismatch(Action::Write, Wrong::TooLong(bytes.len()), bytes));
    }
    let slices = slices(raw.len(), typesize, chunk.blocksize());
    let request = Request::Decompress {
        chunk: bytes.to_vec(),
        nbytes: raw.len(),
        typesize,
        nthreads: case.threads,
        slices: slices.clone(),
    };
    let answers = match client.ask(&request) {
        Ok(answers) => answers,
        Err(failure) => {
            found.push(mismatch(Action::Whole, Wrong::Fails(failure), bytes));
            return found;
        }
    };
    if let Some(wrong) = wrong_answer(&answers[0], &expected, 0) {
        found.push(mismatch(Action::Whole, wrong, bytes));
    }
    for (answer, (start, nitems)) in answers[1..].iter().zip(slices) {
        counts.parts += 1;
        let start = start as usize * typesize;
        let range = start..start + nitems as usize * typesize;
        if let Some(wrong) = wrong_answer(answer, &expected[range.clone()], start) {
            found.push(mismatch(Action::Slice(range), wrong, bytes));
        }
    }
    found
}

/// Everything that we read from a chunk, compared.
pub fn read_by_us(
    bytes: &[u8],
    expected: &[u8],
    registry: &Registry,
    counts: &mut Counts,
) -> Vec<(Action, Wrong)> {
    let mut found = Vec::new();
    let refusal = |error: ndpress::Error| Wrong::WeRefuse(error.to_string());
    let chunk = match Chunk::parse(bytes, &Limits::default()) {
        Ok(chunk) => chunk,
        Err(error) => return vec![(Action::Whole, refusal(error))],
    };
    counts.chunks += 1;
    match chunk.decode(registry) {
        Err(error) => found.push((Action::Whole, refusal(error))),
        Ok(decoded) => {
            if let Some(at) = differing(expected, &decoded, 0) {
                found.push((Action::Whole, Wrong::Differs(at)));
            }
        }
    }
    if chunk.nbytes() != expected.len() {
        return found;
    }
    let mut read =
        |action: Action, range: Range<usize>, result: ndpress::Result<()>, dst: &[u8]| {
            counts.parts += 1;
            match result {
                Err(error) => found.push((action, refusal(error))),
                Ok(()) => {
                    if let Some(at) = differing(&expected[range.clone()], dst, range.start) {
                        found.push((action, Wrong::Differs(at)));
                    }
                }
            }
        };
    for block in 0..chunk.nblocks() {
        let range = chunk.block_range(block).expect("the block exists");
        let mut dst = vec![0xa5; range.len()];
        let result = chunk.decode_block_into(block, &mut dst, registry);
        read(Action::Block(block), range, result, &dst);
    }
    for (start, len) in slices(expected.len(), 1, chunk.blocksize()) {
        let range = start as usize..(start + len) as usize;
        let mut dst = vec![0xa5; range.len()];
        let result = chunk.decode_range_into(range.clone(), &mut dst, registry);
        read(Action::Slice(range.clone()), range, result, &dst);
    }
    found
}

/// The oracle's chunk, read by us.
pub fn theirs(
    case: &Case,
    client: &mut Client,
    registry: &Registry,
    counts: &mut Counts,
) -> Vec<Mismatch> {
    let raw = data::raw(case.content(), case.nbytes, case.typesize, case.seed());
    let mismatch = |action, wrong, header: &[u8]| Mismatch {
        case: *case,
        writer: Writer::Oracle,
        action,
        wrong,
        header: header[..header.len().min(64)].to_vec(),
        oracle_reads: false,
    };
    let request = Request::Compress { params: case.params(), raw: raw.clone() };
    let bytes = match client.ask(&request).map(|mut answers| answers.remove(0)) {
        Err(failure) => return vec![mismatch(Action::Write, Wrong::Fails(failure), &[])],
        Ok(Err(code)) => return vec![mismatch(Action::Write, Wrong::Refuses(code), &[])],
        Ok(Ok(bytes)) => bytes,
    };
    if bytes.is_empty() {
        return vec![mismatch(Action::Write, Wrong::Refuses(0), &[])];
    }
    let is_plain = bytes[2] & 2 != 0;
    let expected = expected(case, &raw, is_plain);
    let mut found: Vec<Mismatch> = read_by_us(&bytes, &expected, registry, counts)
        .into_iter()
        .map(|(action, wrong)| mismatch(action, wrong, &bytes))
        .collect();
    if !found.is_empty() {
        let reads = read_by_oracle(client, &bytes, raw.len(), case.threads);
        let oracle_reads = reads.is_ok_and(|answer| answer.is_ok_and(|read| read == expected));
        found.iter_mut().for_each(|mismatch| mismatch.oracle_reads = oracle_reads);
    }
    found
}

fn read_by_oracle(
    client: &mut Client,
    chunk: &[u8],
    nbytes: usize,
    nthreads: u8,
) -> Result<Answer, Failure> {
    let (chunk, slices) = (chunk.to_vec(), Vec::new());
    let request = Request::Decompress { chunk, nbytes, typesize: 1, nthreads, slices };
    client.ask(&request).map(|mut answers| answers.remove(0))
}
