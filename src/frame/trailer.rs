//! The trailer of a frame: variable-length metalayers, and a fingerprint.
//!
//! ndpress writes a fingerprint into the field that the format has for one: 64 bits over the header,
//! and 64 over table of chunks and trailer. C-Blosc2 neither writes nor reads it; whenever it changes
//! the chunks of a frame it writes the trailer anew, with an empty one. So a fingerprint says two
//! things: these bytes are those that were written, and the checksums of the chunks are of this state.
//! Some changes C-Blosc2 makes in the header alone, which tells itself who wrote it.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::checksums;
use super::header::FrameHeader;
use super::layers::{parse_layers, write_layers};
use super::wire::{FIXARRAY, FIXEXT16, Reader, UINT32, invalid};
use crate::chunk::{Chunk, ChunkOptions};
use crate::error::{Corruption, Error, Result};
use crate::limits::Limits;
use crate::metadata::Metalayers;
use crate::registry::Registry;

/// What every trailer ends with: its length, and the fingerprint.
pub(super) const END_LEN: usize = 23;
/// What there is in a trailer at least, without any metalayer.
const MIN_LEN: usize = 35;
const VERSION: u8 = 1;
/// Kinds of fingerprint.
const NO_FINGERPRINT: u8 = 0;
const FINGERPRINT_128: u8 = 3;
/// Bytes of the fingerprint itself, the last of the frame.
const FINGERPRINT_LEN: usize = 16;

/// The end of a trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrailerEnd {
    /// Bytes of the trailer.
    pub(super) len: usize,
    pub(super) fingerprint: Option<[u8; FINGERPRINT_LEN]>,
}

impl TrailerEnd {
    /// Reads the last bytes of a frame; `room` is what lies between its header and its end.
    pub(super) fn parse(bytes: &[u8], room: u64, limits: &Limits) -> Result<Self> {
        let mut reader = Reader::new(bytes, 0);
        reader.marker("trailer_len", UINT32)?;
        let len = reader.u32()? as usize;
        reader.marker("fingerprint", FIXEXT16)?;
        let kind = reader.u8()?;
        let mut value = [0; FINGERPRINT_LEN];
        value.copy_from_slice(reader.take(FINGERPRINT_LEN)?);
        limits.check_frame(len)?;
        if len < END_LEN || len as u64 > room {
            return Err(invalid("trailer_len", len, "the trailer lies behind the header"));
        }
        let fingerprint = match kind {
            NO_FINGERPRINT if value == [0; FINGERPRINT_LEN] => None,
            FINGERPRINT_128 => Some(value),
            _ => return Err(invalid("fingerprint type", kind, "it is 0 and empty, or 3")),
        };
        Ok(Self { len, fingerprint })
    }
}

/// The variable-length metalayers of a whole trailer. Each is stored as a chunk.
pub(super) fn parse_vlmetalayers(bytes: &[u8], limits: &Limits) -> Result<Metalayers> {
    let mut reader = Reader::new(bytes, 0);
    reader.marker("trailer", FIXARRAY + 4)?;
    let version = reader.u8()?;
    if version > VERSION {
        return Err(invalid("trailer version", version, "it is 0 or 1"));
    }
    if bytes.len() < MIN_LEN - 2 {
        // Releases before 2.0 wrote trailers without room for metalayers.
        return Ok(Metalayers::new());
    }
    let registry = Registry::default();
    let mut total = 0;
    parse_layers(bytes, 2, |stored| {
        let chunk = Chunk::parse(stored, limits)?;
        total += chunk.nbytes();
        limits.check_frame(total)?;
        chunk.decode(&registry)
    })
}

/// Writes a trailer with these metalayers, and room for the fingerprint at its end.
pub(super) fn write(vlmetalayers: &Metalayers) -> Result<Vec<u8>> {
    let stored = vlmetalayers.iter().map(|(name, content)| {
        let typesize = if name == checksums::LAYER { checksums::RECORD_NBYTES } else { 1 };
        Ok((name, Chunk::encode(content, typesize, &ChunkOptions::new())?))
    });
    let stored = stored.collect::<Result<Vec<_>>>()?;
    let mut out = vec![FIXARRAY + 4, VERSION];
    let layers = stored.iter().map(|(name, chunk)| (*name, chunk.as_bytes()));
    write_layers(&mut out, layers, 0);
    let len = (out.len() + END_LEN) as u32;
    out.push(UINT32);
    out.extend(len.to_be_bytes());
    out.extend([FIXEXT16, FINGERPRINT_128]);
    out.extend([0; FINGERPRINT_LEN]);
    Ok(out)
}

/// Puts the fingerprint of a frame into the end of its trailer.
pub(super) fn seal(header: &[u8], index: &[u8], trailer: &mut [u8]) {
    let fingerprint = fingerprint(header, index, trailer);
    let at = trailer.len() - FINGERPRINT_LEN;
    trailer[at..].copy_from_slice(&fingerprint);
}

/// Checks the fingerprint of a frame, if it has one.
pub(super) fn check(end: &TrailerEnd, header: &[u8], index: &[u8], trailer: &[u8]) -> Result<()> {
    let Some(expected) = end.fingerprint else { return Ok(()) };
    let found = fingerprint(header, index, trailer);
    let is_same = |range: std::ops::Range<usize>| found[range.clone()] == expected[range];
    let is_header_good = is_same(0..8) || FrameHeader::is_of_others(header);
    if is_header_good && is_same(8..16) {
        return Ok(());
    }
    Err(Error::corrupt(Corruption::Fingerprint))
}

fn fingerprint(header: &[u8], index: &[u8], trailer: &[u8]) -> [u8; FINGERPRINT_LEN] {
    let mut rest = Xxh3::new();
    rest.update(index);
    rest.update(&trailer[..trailer.len() - FINGERPRINT_LEN]);
    let both = u128::from(xxh3_64(header)) | u128::from(rest.digest()) << 64;
    both.to_le_bytes()
}
