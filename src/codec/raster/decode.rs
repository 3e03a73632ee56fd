//! Walks the nodes of a stream.

use std::ops::ControlFlow;

use super::buffers::State;
use super::stream::{Head, Kind, Reader};
use super::{
    channels, dictionary, fill, lz, mapped, packed, scaled, sequences, slices, sparse,
    wide_dictionary,
};
use crate::arch::Isa;
use crate::arch::raster::STEP;
use crate::codec::{Band, CodecError};

/// How deep nodes are nested at most.
pub(super) const MAX_DEPTH: usize = 8;

/// Fills `dst` with the values of the stream `src`.
pub(super) fn decode(
    isa: Isa,
    src: &[u8],
    dst: &mut [u8],
    state: &mut State,
) -> Result<(), CodecError> {
    let mut reader = Reader::new(src);
    let head = read_head(&mut reader, dst.len())?;
    let mut decoder = Decoder { isa, state, depth: 0 };
    decoder.node(reader.rest(), head.itemsize, dst)
}

/// The front of the stream of a block of `nbytes` bytes.
fn read_head(reader: &mut Reader<'_>, nbytes: usize) -> Result<Head, CodecError> {
    let head = Head::read(reader)?;
    if head.nbytes != nbytes || !nbytes.is_multiple_of(head.itemsize) {
        return Err(CodecError::Corrupt { reason: "stream of a block of another length" });
    }
    Ok(head)
}

/// The same, handing out what is decoded in bands of whole elements of `itemsize` bytes. `buffer`
/// is as long as the block.
pub(super) fn decode_bands(
    isa: Isa,
    src: &[u8],
    buffer: &mut [u8],
    itemsize: usize,
    state: &mut State,
    visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
) -> Result<(), CodecError> {
    let mut reader = Reader::new(src);
    let head = read_head(&mut reader, buffer.len())?;
    let mut decoder = Decoder { isa, state, depth: 0 };
    let mut node = reader;
    let kind = Kind::parse(node.byte()?)?;
    // Bands are whole steps of the kernels.
    let is_divisor = STEP.is_multiple_of(itemsize);
    match kind {
        Kind::Packed if is_divisor => {
            let mut visit = |band: &[u8]| visit(Band::Bytes(band));
            packed::decode_bands(&mut decoder, node, head.itemsize, buffer, BAND, &mut visit)
        }
        Kind::Constant if node.rest().len() == itemsize && head.itemsize == itemsize => {
            let (value, count) = (node.rest(), buffer.len() / itemsize);
            let _ = visit(Band::Repeated { value, count });
            Ok(())
        }
        Kind::Stored if node.rest().len() == buffer.len() => {
            let _ = visit(Band::Bytes(node.rest()));
            Ok(())
        }
        _ => {
            decoder.node(reader.rest(), head.itemsize, buffer)?;
            let _ = visit(Band::Bytes(buffer));
            Ok(())
        }
    }
}

/// Bytes of a band: a fraction of the first-level cache, but enough for its beginning and end to
/// cost little.
const BAND: usize = 8 << 10;

/// What decoding a node needs.
pub(super) struct Decoder<'a> {
    pub(super) isa: Isa,
    pub(super) state: &'a mut State,
    depth: usize,
}

impl Decoder<'_> {
    /// Fills `dst` with the values, `itemsize` bytes each, of the node that is all of `src`.
    pub(super) fn node(
        &mut self,
        src: &[u8],
        itemsize: usize,
        dst: &mut [u8],
    ) -> Result<(), CodecError> {
        if !dst.len().is_multiple_of(itemsize) {
            return Err(CodecError::Corrupt { reason: "values of another size" });
        }
        if self.depth == MAX_DEPTH {
            return Err(CodecError::Corrupt { reason: "nodes nested too deep" });
        }
        self.depth += 1;
        let mut reader = Reader::new(src);
        let kind = Kind::parse(reader.byte()?)?;
        let decoded = match kind {
            Kind::Stored => stored(reader, dst),
            Kind::Constant => constant(reader, itemsize, dst),
            Kind::Packed => packed::decode(self, reader, itemsize, dst),
            Kind::Lz => lz::decode(self, reader, dst),
            Kind::Dictionary => dictionary::decode(self, reader, itemsize, dst),
            Kind::Channels => channels::decode(self, reader, itemsize, dst),
            Kind::Slices => slices::decode(self, reader, itemsize, dst),
            Kind::Mapped => mapped::decode(self, reader, itemsize, dst),
            Kind::Scaled => scaled::decode(self, reader, itemsize, dst),
            Kind::Fill => fill::decode(self, reader, itemsize, dst),
            Kind::WideDictionary => wide_dictionary::decode(self, reader, itemsize, dst),
            Kind::Sparse => sparse::decode(self, reader, itemsize, dst),
            Kind::Sequences => sequences::decode(self, reader, dst),
        };
        self.depth -= 1;
        decoded
    }
}

fn stored(reader: Reader<'_>, dst: &mut [u8]) -> Result<(), CodecError> {
    let bytes = reader.rest();
    if bytes.len() != dst.len() {
        return Err(CodecError::Corrupt { reason: "stored values of another length" });
    }
    dst.copy_from_slice(bytes);
    Ok(())
}

fn constant(reader: Reader<'_>, itemsize: usize, dst: &mut [u8]) -> Result<(), CodecError> {
    let value = reader.rest();
    if value.len() != itemsize {
        return Err(CodecError::Corrupt { reason: "constant of another size" });
    }
    fill(value, dst);
    Ok(())
}

/// Repeats `value`, whose length divides that of `dst`.
fn fill(value: &[u8], dst: &mut [u8]) {
    let mut filled = value.len().min(dst.len());
    dst[..filled].copy_from_slice(&value[..filled]);
    // What is there doubles until it is long enough for a fast copy.
    while filled < dst.len() {
        let len = filled.min(dst.len() - filled).min(FILL);
        dst.copy_within(..len, filled);
        filled += len;
    }
}

/// Bytes that [`fill`] copies at once: they stay in the first-level cache.
const FILL: usize = 4 << 10;
