//! BloscLZ streams to bytes.

use super::{FAR_DISTANCE, LONG_MATCH, MAX_LITERALS};
use crate::codec::CodecError;

const TOO_MUCH: CodecError = CodecError::Corrupt { reason: "stream holds too many bytes" };
const TOO_FAR: CodecError = CodecError::Corrupt { reason: "match begins before the data" };

/// Decodes all of `src` into all of `dst`.
pub(super) fn decode(src: &[u8], dst: &mut [u8]) -> Result<(), CodecError> {
    let Some(&first) = src.first() else { return Err(CodecError::Truncated) };
    let mut control = usize::from(first & 31);
    let (mut read, mut filled) = (1, 0);
    loop {
        if control < MAX_LITERALS {
            let len = control + 1;
            copy_literals(src, read, dst, filled, len)?;
            read += len;
            filled += len;
        } else {
            let (len, distance);
            (len, distance, read) = read_match(src, read, control, dst.len() - filled)?;
            if len > dst.len() - filled {
                return Err(TOO_MUCH);
            }
            if distance > filled {
                return Err(TOO_FAR);
            }
            copy_match(dst, filled, distance, len);
            filled += len;
        }
        let Some(&next) = src.get(read) else { break };
        control = usize::from(next);
        read += 1;
    }
    if filled == dst.len() { Ok(()) } else { Err(CodecError::Truncated) }
}

/// Copies `len` literals, at most [`MAX_LITERALS`].
#[inline(always)]
fn copy_literals(
    src: &[u8],
    read: usize,
    dst: &mut [u8],
    filled: usize,
    len: usize,
) -> Result<(), CodecError> {
    // Nearly always both sides have room for the longest run, and a copy of constant length costs
    // less than one of `len` bytes. What it writes too much is overwritten later.
    let from = src.get(read..).and_then(|src| src.first_chunk::<MAX_LITERALS>());
    let to = dst.get_mut(filled..).and_then(|dst| dst.first_chunk_mut::<MAX_LITERALS>());
    if let (Some(from), Some(to)) = (from, to) {
        *to = *from;
        return Ok(());
    }
    let Some(from) = src.get(read..read + len) else { return Err(CodecError::Truncated) };
    let Some(to) = dst.get_mut(filled..filled + len) else { return Err(TOO_MUCH) };
    to.copy_from_slice(from);
    Ok(())
}

/// Length and distance of the match that `control` begins, and where the next instruction is.
/// A length that exceeds `room` may be less than the stream's.
#[inline(always)]
fn read_match(
    src: &[u8],
    mut read: usize,
    control: usize,
    room: usize,
) -> Result<(usize, usize, usize), CodecError> {
    let mut next = || {
        let byte = src.get(read).copied().map(usize::from);
        read += 1;
        byte.ok_or(CodecError::Truncated)
    };
    let mut len = (control >> 5) + 2;
    if len == LONG_MATCH {
        loop {
            let more = next()?;
            len += more;
            // Stops here lest millions of 255s overflow the sum.
            if more != 255 || len > room {
                break;
            }
        }
    }
    let mut distance = (control & 31) * 256 + next()? + 1;
    if distance == FAR_DISTANCE {
        distance += next()? * 256;
        distance += next()?;
    }
    Ok((len, distance, read))
}

/// Repeats the `len` bytes that begin `distance` before `at`, which may overlap what it writes.
#[inline(always)]
fn copy_match(dst: &mut [u8], at: usize, distance: usize, len: usize) {
    const SHORT: usize = 32;
    if distance == 1 {
        let byte = dst[at - 1];
        dst[at..at + len].fill(byte);
    } else if len <= SHORT && distance >= SHORT && dst.len() - at >= SHORT {
        let bytes = load::<SHORT>(dst, at - distance);
        store(dst, at, bytes);
    } else if distance >= len {
        let (from, to) = dst.split_at_mut(at);
        let from = &from[at - distance..];
        to[..len].copy_from_slice(&from[..len]);
    } else {
        copy_overlapping(dst, at, distance, len);
    }
}

/// Any match: copies what is there, which doubles with each copy.
#[inline(never)]
fn copy_overlapping(dst: &mut [u8], at: usize, distance: usize, len: usize) {
    let from = at - distance;
    let (mut done, mut period) = (0, distance);
    while done < len {
        let step = period.min(len - done);
        dst.copy_within(from..from + step, at + done);
        done += step;
        period += step;
    }
}

#[inline(always)]
fn load<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

#[inline(always)]
fn store<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}
