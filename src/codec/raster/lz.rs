//! An LZ4 stream: for what repeats rather than varies, such as flat graphics.
//!
//! ```text
//! typesize number   1, or the bytes of an element whose bytes are shuffled
//! stream            all the rest: an LZ4 block
//! ```

use super::decode::Decoder;
use super::encode::Encoder;
use super::stream::{Kind, Reader, push_number};
use crate::arch::shuffle::{shuffle, unshuffle};
use crate::codec::{BlockInfo, Codec, CodecError, Encoded, Lz4};

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let typesize = reader.number()?;
    if typesize == 0 {
        return Err(CodecError::Corrupt { reason: "elements of no bytes" });
    }
    let nbytes = dst.len();
    let info = BlockInfo::bytes(&nbytes);
    if typesize == 1 {
        return Lz4::default().decode(reader.rest(), dst, &info, &mut decoder.state.lz);
    }
    let mut shuffled = decoder.state.take(nbytes);
    let decoded = Lz4::default().decode(reader.rest(), &mut shuffled, &info, &mut decoder.state.lz);
    if decoded.is_ok() {
        unshuffle(decoder.isa, typesize, &shuffled, dst);
    }
    decoder.state.give(shuffled);
    decoded
}

/// Appends the node for `src`, if it is shorter than `limit` bytes; else leaves `out` as it was.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    typesize: usize,
    limit: usize,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    out.push(Kind::Lz as u8);
    push_number(out, typesize);
    let at = out.len();
    let Some(room) = limit.checked_sub(at - start + 1).filter(|&room| room > 0) else {
        out.truncate(start);
        return false;
    };
    out.resize(at + room, 0);
    let nbytes = src.len();
    let info = BlockInfo::bytes(&nbytes);
    let state = &mut *encoder.state;
    let encoded = if typesize == 1 {
        Lz4::default().encode(src, &mut out[at..], &info, &mut state.lz)
    } else {
        let mut shuffled = state.take(nbytes);
        shuffle(encoder.isa, typesize, src, &mut shuffled);
        let encoded = Lz4::default().encode(&shuffled, &mut out[at..], &info, &mut state.lz);
        state.give(shuffled);
        encoded
    };
    match encoded {
        Ok(Encoded::Len(len)) => {
            out.truncate(at + len);
            true
        }
        _ => {
            out.truncate(start);
            false
        }
    }
}
