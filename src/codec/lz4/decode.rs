//! The decoder of LZ4 blocks, for streams of both encoders.
//!
//! A stream is a row of sequences: a token with two lengths of 4 bits, more length bytes, literals,
//! the offset of a match, more length bytes. The last sequence ends after its literals.

use crate::arch::lz4::decode_inner;
use crate::arch::match_copy::copy_match;
use crate::codec::CodecError;

/// Decodes all of `src` into `dst`, filling it exactly; `dictionary` lies before `dst`.
///
/// The bulk is done by [`decode_inner`]; here is done, with all checks, what it leaves.
pub(super) fn decode(src: &[u8], dst: &mut [u8], dictionary: &[u8]) -> Result<(), CodecError> {
    let mut reader = Reader { src, pos: 0 };
    let mut to = 0;
    loop {
        (reader.pos, to) = decode_inner(src, dst, reader.pos, to);
        let token = usize::from(reader.byte()?);
        let nliterals = reader.length(token >> 4, dst.len())?;
        let literals = reader.bytes(nliterals)?;
        let Some(place) = dst[to..].get_mut(..nliterals) else {
            return Err(CodecError::Corrupt { reason: "literals pass the end of the output" });
        };
        place.copy_from_slice(literals);
        to += nliterals;
        if reader.pos == src.len() {
            return if to == dst.len() { Ok(()) } else { Err(CodecError::Truncated) };
        }
        let offset = reader.offset()?;
        let len = 4 + reader.length(token & 15, dst.len())?;
        if len > dst.len() - to {
            return Err(CodecError::Corrupt { reason: "match passes the end of the output" });
        }
        copy(dst, to, offset, len, dictionary)?;
        to += len;
    }
}

/// Copies a match that may begin in the dictionary.
fn copy(
    dst: &mut [u8],
    to: usize,
    offset: usize,
    len: usize,
    dictionary: &[u8],
) -> Result<(), CodecError> {
    if offset == 0 {
        return Err(CodecError::Corrupt { reason: "match offset is 0" });
    }
    let before = offset.saturating_sub(to);
    let Some(start) = dictionary.len().checked_sub(before) else {
        return Err(CodecError::Corrupt { reason: "match begins before the output" });
    };
    let n = before.min(len);
    dst[to..to + n].copy_from_slice(&dictionary[start..start + n]);
    if n < len {
        copy_match(dst, to + n, offset, len - n);
    }
    Ok(())
}

struct Reader<'a> {
    src: &'a [u8],
    pos: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, CodecError> {
        let byte = *self.src.get(self.pos).ok_or(CodecError::Truncated)?;
        self.pos += 1;
        Ok(byte)
    }

    fn bytes(&mut self, n: usize) -> Result<&'a [u8], CodecError> {
        let bytes = self.src[self.pos..].get(..n).ok_or(CodecError::Truncated)?;
        self.pos += n;
        Ok(bytes)
    }

    fn offset(&mut self) -> Result<usize, CodecError> {
        Ok(usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])))
    }

    /// The length whose four bits in the token are `nibble`. More than `max` is an error at once,
    /// so that a long row of 255 cannot overflow.
    fn length(&mut self, nibble: usize, max: usize) -> Result<usize, CodecError> {
        let mut length = nibble;
        if nibble == 15 {
            loop {
                let byte = self.byte()?;
                length += usize::from(byte);
                if byte != 255 {
                    break;
                }
                if length > max {
                    return Err(CodecError::Corrupt {
                        reason: "length passes the end of the output",
                    });
                }
            }
        }
        Ok(length)
    }
}
