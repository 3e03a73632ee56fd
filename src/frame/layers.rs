//! Metalayers on the wire: a map of names to places, and the contents behind it. The same in the
//! header and in the trailer.

use super::wire::{ARRAY16, BIN32, FIXARRAY, FIXSTR, INT32, MAP16, Reader, UINT16, invalid};
use crate::error::{InvalidArgument, Result};
use crate::metadata::Metalayers;

/// The most variable-length metalayers that C-Blosc2 reads.
pub(super) const MAX_LAYERS: u16 = 8192;
/// The most metalayers of a header that C-Blosc2 reads.
pub(super) const MAX_FIXED_LAYERS: u16 = 16;

/// Checks that a frame can have so many metalayers.
pub(super) fn check_count(layers: &Metalayers, max: u16) -> Result<()> {
    let (found, max) = (layers.len(), usize::from(max));
    if found > max {
        return Err(InvalidArgument::TooManyMetalayers { found, max }.into());
    }
    Ok(())
}

/// Reads the layers that begin at `at`; places count from the start of `bytes`. `decode` makes a
/// content of what is stored.
pub(super) fn parse_layers(
    bytes: &[u8],
    at: usize,
    mut decode: impl FnMut(&[u8]) -> Result<Vec<u8>>,
) -> Result<Metalayers> {
    let mut reader = Reader::new(bytes, at);
    reader.marker("metalayers", FIXARRAY + 3)?;
    reader.marker("metalayers", UINT16)?;
    // The size of the map; readers do without.
    reader.u16()?;
    reader.marker("metalayers", MAP16)?;
    let count = reader.u16()?;
    if count > MAX_LAYERS {
        return Err(invalid("number of metalayers", count, "there are at most 8192"));
    }
    let mut layers = Metalayers::new();
    for _ in 0..count {
        let marker = reader.u8()?;
        if marker & 0xe0 != FIXSTR {
            return Err(invalid("name of a metalayer", marker, "its msgpack type is another"));
        }
        let name = reader.take(usize::from(marker & 0x1f))?;
        let place = reader.i32_length("place of a metalayer")?;
        let content = decode(content_at(bytes, place as usize)?)?;
        let name = std::str::from_utf8(name)
            .map_err(|_| invalid("name of a metalayer", marker, "it is UTF-8"))?;
        if layers.contains(name) {
            return Err(invalid("name of a metalayer", marker, "no two have the same"));
        }
        layers
            .insert_bytes(name, content)
            .map_err(|_| invalid("name of a metalayer", marker, "it has 1 to 31 bytes, no NUL"))?;
    }
    Ok(layers)
}

fn content_at(bytes: &[u8], place: usize) -> Result<&[u8]> {
    let mut reader = Reader::new(bytes, place);
    reader.marker("content of a metalayer", BIN32)?;
    let len = reader.u32()?;
    reader.take(len as usize)
}

/// Appends layers to `out`, whose start is what places count from. `counted` are the bytes before
/// the size of the map that it counts: it is written once with and once without the first byte.
pub(super) fn write_layers<'a, C: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    layers: impl ExactSizeIterator<Item = (&'a str, C)>,
    counted: usize,
) {
    let start = out.len();
    out.extend([FIXARRAY + 3, UINT16, 0, 0, MAP16]);
    let count = (layers.len() as u16).to_be_bytes();
    out.extend(count);
    let mut contents = Vec::with_capacity(layers.len());
    for (name, content) in layers {
        out.push(FIXSTR + name.len() as u8);
        out.extend(name.as_bytes());
        out.push(INT32);
        contents.push((out.len(), content));
        out.extend([0; 4]);
    }
    let map_len = (out.len() - start - 1 + counted) as u16;
    out[start + 2..start + 4].copy_from_slice(&map_len.to_be_bytes());
    out.push(ARRAY16);
    out.extend(count);
    for (place_at, content) in contents {
        let place = (out.len() as u32).to_be_bytes();
        out[place_at..place_at + 4].copy_from_slice(&place);
        out.push(BIN32);
        out.extend((content.as_ref().len() as u32).to_be_bytes());
        out.extend(content.as_ref());
    }
}
