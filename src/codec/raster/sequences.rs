//! The sequences of an LZ codec, their parts apart and coded by entropy: for what repeats, where
//! size matters more than speed.
//!
//! ```text
//! typesize number   1, or the bytes of an element whose bytes are shuffled
//! sections          see `entropy::sections`:
//!   tokens          a byte for each sequence: bits 0 to 3: its length less 3, 15 if it is more; bits
//!                   4 and 5: the literals before it, 3 if they are more; bits 6 and 7: its offset:
//!                   0 a new one, 1 to 3 one of the recent offsets
//!   literals        of all sequences, and then those after the last
//!   low, high       of each new offset the low byte, and the high byte
//!   extras          for each sequence a number for what the literals are above 3, where the token
//!                   says so, and then one for what the length is above 18
//! ```
//!
//! A sequence is literals and then a match: as many bytes as its length says, each equal to the one
//! that its offset says before it. The recent offsets are 1, 2 and 4 to begin with; each offset
//! becomes the first of them, in the place of itself or else of the last.

use super::decode::Decoder;
use super::encode::{Encoder, Values};
use super::entropy::sections;
use super::stream::{Kind, Reader, push_number};
use crate::arch::match_copy::copy_match;
use crate::arch::shuffle::{shuffle, unshuffle};
use crate::codec::lz4::sequences_of;
use crate::codec::{BlockInfo, Codec, CodecError, Encoded, Lz4, Lz4Hc};

/// Shortest match.
const MIN_LEN: usize = 3;

/// In a token: the length is in the extras.
const LONG: usize = 15;

/// In a token: the number of literals is in the extras.
const MANY: usize = 3;

/// The offsets that a token can name.
const RECENT: [usize; 3] = [1, 2, 4];

/// Tells what can be found.
const PROBE: Lz4 = Lz4::clevel(9);

/// Finds the most that is worth the time.
const SEARCH: Lz4Hc = Lz4Hc::level(6);

/// By what part a search may shorten a node.
const PROMISING: usize = 12;

/// What part of the size is worth the time that sequences take to decode.
const WORTH: usize = 24;

/// Entropy seldom makes less than two thirds of a stream, unless that is as short as this.
const SMALL: usize = 256;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let typesize = reader.number()?;
    if typesize == 0 {
        return Err(CodecError::Corrupt { reason: "elements of no bytes" });
    }
    let isa = decoder.isa;
    let mut shuffled = decoder.state.take(if typesize > 1 { dst.len() } else { 0 });
    let restored = if typesize > 1 { &mut shuffled[..] } else { &mut *dst };
    let entropy = &mut decoder.state.entropy;
    let result = sections::decode(isa, reader, restored.len(), entropy)
        .and_then(|sections| restore(sections, restored));
    if result.is_ok() && typesize > 1 {
        unshuffle(isa, typesize, &shuffled, dst);
    }
    decoder.state.give(shuffled);
    result
}

/// Fills `dst` from the sections.
fn restore(sections: [&[u8]; 5], dst: &mut [u8]) -> Result<(), CodecError> {
    const LITERALS: CodecError = CodecError::Corrupt { reason: "literals of another length" };
    let [tokens, mut literals, low, high, extras] = sections;
    if low.len() != high.len() {
        return Err(CodecError::Corrupt { reason: "offsets of another length" });
    }
    let mut offsets = low.iter().zip(high).map(|(&low, &high)| u16::from_le_bytes([low, high]));
    let mut extras = Reader::new(extras);
    let mut recent = RECENT;
    let mut to = 0;
    for &token in tokens {
        let token = usize::from(token);
        let mut nliterals = token >> 4 & 3;
        if nliterals == MANY {
            nliterals = extras.number()?.saturating_add(nliterals);
        }
        let room = dst.get_mut(to..).unwrap_or_default();
        literals = copy_literals(literals, room, nliterals).ok_or(LITERALS)?;
        to += nliterals;
        let mut len = (token & 15) + MIN_LEN;
        if token & 15 == LONG {
            len = extras.number()?.saturating_add(len);
        }
        let place = match token >> 6 {
            0 => {
                let offset = offsets.next().ok_or(CodecError::Truncated)?;
                recent = [usize::from(offset), recent[0], recent[1]];
                0
            }
            place => place - 1,
        };
        let offset = to_front(&mut recent, place);
        if offset == 0 || offset > to || len > dst.len() - to {
            return Err(CodecError::Corrupt { reason: "match outside of the values" });
        }
        copy_match(dst, to, offset, len);
        to += len;
    }
    if literals.len() != dst.len() - to || !extras.rest().is_empty() || offsets.next().is_some() {
        return Err(LITERALS);
    }
    dst[to..].copy_from_slice(literals);
    Ok(())
}

/// Makes the offset at this place the first.
#[inline(always)]
fn to_front(recent: &mut [usize; 3], place: usize) -> usize {
    let [first, second, third] = *recent;
    *recent = match place {
        0 => return first,
        1 => [second, first, third],
        _ => [third, first, second],
    };
    recent[0]
}

/// Copies the first `count` literals to the front of `room`, and answers the others.
#[inline(always)]
fn copy_literals<'a>(literals: &'a [u8], room: &mut [u8], count: usize) -> Option<&'a [u8]> {
    // Most are few: 16 bytes at once, of which those that are too many are overwritten later.
    if count <= 16
        && let (Some(bytes), Some(room)) = (literals.first_chunk::<16>(), room.first_chunk_mut())
    {
        *room = *bytes;
        return literals.get(count..);
    }
    let (bytes, others) = literals.split_at_checked(count)?;
    room.get_mut(..count)?.copy_from_slice(bytes);
    Some(others)
}

/// Appends the node for `src`, if it is shorter than `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    values: Values,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let mut shuffled = encoder.state.take_empty();
    if values.itemsize > 1 {
        shuffled.resize(src.len(), 0);
        shuffle(encoder.isa, values.itemsize, src, &mut shuffled);
    }
    // Sequences take longer to decode than what they compete with.
    let limit = limit - limit / WORTH;
    // The fast codec tells how the bytes are best arranged, and whether a search is worth its time.
    let mut stream = encoder.state.take_empty();
    let room = (limit + limit / 2 + SMALL).min(src.len());
    let as_they_are = find(encoder, &PROBE, src, room, &mut stream);
    let mut best = as_they_are.map(|len| (len, 1));
    if values.itemsize > 1 {
        let mut apart = encoder.state.take_empty();
        let len = find(encoder, &PROBE, &shuffled, best.map_or(room, |(len, _)| len), &mut apart);
        if let Some(len) = len {
            best = Some((len, values.itemsize));
            std::mem::swap(&mut stream, &mut apart);
        }
        encoder.state.give(apart);
    }
    let mut is_shorter = false;
    if let Some((_, typesize)) = best {
        let src = if typesize > 1 { &shuffled } else { src };
        let start = out.len();
        is_shorter = write(encoder, src, typesize, &stream, limit + limit / PROMISING, out);
        if is_shorter && find(encoder, &SEARCH, src, room, &mut stream).is_some() {
            out.truncate(start);
            is_shorter = write(encoder, src, typesize, &stream, limit, out);
        }
        if is_shorter && out.len() - start >= limit {
            out.truncate(start);
            is_shorter = false;
        }
    }
    encoder.state.give(stream);
    encoder.state.give(shuffled);
    is_shorter
}

/// Fills `stream` with what `codec` makes of `src`, and answers how long it is, if it fits `room`.
fn find(
    encoder: &mut Encoder<'_>,
    codec: &dyn Codec,
    src: &[u8],
    room: usize,
    stream: &mut Vec<u8>,
) -> Option<usize> {
    stream.resize(room, 0);
    let nbytes = src.len();
    match codec.encode(src, stream, &BlockInfo::bytes(&nbytes), &mut encoder.state.lz) {
        Ok(Encoded::Len(len)) => {
            stream.truncate(len);
            Some(len)
        }
        _ => None,
    }
}

/// Appends the node for the sequences of an LZ4 stream of `src`, if it is shorter than `limit`
/// bytes; else leaves `out` as it was.
fn write(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    typesize: usize,
    stream: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    out.push(Kind::Sequences as u8);
    push_number(out, typesize);
    let Parts { tokens, literals, low, high, extras, .. } = Parts::new(src, stream);
    let sections = [&tokens[..], &literals, &low, &high, &extras];
    sections::encode(sections, out, &mut encoder.state.entropy);
    let is_shorter = out.len() - start < limit;
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// The sections, while they are written.
struct Parts<'a> {
    src: &'a [u8],
    recent: [usize; 3],
    tokens: Vec<u8>,
    literals: Vec<u8>,
    low: Vec<u8>,
    high: Vec<u8>,
    extras: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// The parts of an LZ4 stream that decodes to `src`.
    fn new(src: &'a [u8], stream: &[u8]) -> Self {
        let mut parts = Self {
            src,
            recent: RECENT,
            tokens: Vec::new(),
            literals: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            extras: Vec::new(),
        };
        let mut at = 0;
        for sequence in sequences_of(stream) {
            let end = at + sequence.nliterals;
            match sequence.found {
                Some((offset, len)) => {
                    parts.repeats(&mut at, end);
                    let again = |place: &usize| parts.repeated(*place, end, end + len) == len;
                    let place = (0..RECENT.len()).find(again);
                    parts.sequence(at..end, place.ok_or(offset), len);
                    at = end + len;
                }
                None => parts.literals.extend_from_slice(&src[at..end]),
            }
        }
        parts
    }

    /// Finds matches at the last offset among the literals from `at` to `end`: the codec does not
    /// know that these are cheap. Afterwards `at` is behind the last of them.
    fn repeats(&mut self, at: &mut usize, end: usize) {
        let mut pos = *at;
        while pos + MIN_LEN <= end {
            let len = self.repeated(0, pos, end);
            if len >= MIN_LEN {
                self.sequence(*at..pos, Ok(0), len);
                pos += len;
                *at = pos;
            } else {
                pos += 1;
            }
        }
    }

    /// How many bytes from `pos` to `end` repeat those at a recent offset.
    fn repeated(&self, place: usize, pos: usize, end: usize) -> usize {
        let Some(from) = pos.checked_sub(self.recent[place]) else { return 0 };
        let pairs = self.src[pos..end].iter().zip(&self.src[from..]);
        pairs.take_while(|(byte, before)| byte == before).count()
    }

    /// Appends literals and a match, at the recent offset at this place or at a new one.
    fn sequence(
        &mut self,
        literals: std::ops::Range<usize>,
        offset: Result<usize, usize>,
        len: usize,
    ) {
        let nliterals = literals.len();
        self.literals.extend_from_slice(&self.src[literals]);
        let code = match offset {
            Ok(place) => {
                to_front(&mut self.recent, place);
                place + 1
            }
            Err(offset) => {
                self.recent = [offset, self.recent[0], self.recent[1]];
                let [low, high] = (offset as u16).to_le_bytes();
                self.low.push(low);
                self.high.push(high);
                0
            }
        };
        let len = len - MIN_LEN;
        self.tokens.push((code << 6 | nliterals.min(MANY) << 4 | len.min(LONG)) as u8);
        for (number, most) in [(nliterals, MANY), (len, LONG)] {
            if let Some(extra) = number.checked_sub(most) {
                push_number(&mut self.extras, extra);
            }
        }
    }
}

#[cfg(test)]
mod tests;
