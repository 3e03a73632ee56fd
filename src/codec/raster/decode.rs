//! Walks the nodes of a stream.

use super::buffers::State;
use super::stream::{Head, Kind, Reader};
use super::{channels, dictionary, lz, packed, sparse, wide_dictionary};
use crate::arch::Isa;
use crate::codec::CodecError;

/// Nodes within nodes: more than any encoder nests.
const MAX_DEPTH: usize = 8;

/// Fills `dst` with the values of the stream `src`.
pub(super) fn decode(src: &[u8], dst: &mut [u8], state: &mut State) -> Result<(), CodecError> {
    let mut reader = Reader::new(src);
    let head = Head::parse(reader.byte()?)?;
    let mut decoder = Decoder { isa: Isa::current(), state, depth: 0 };
    decoder.node(reader.rest(), head.itemsize, dst)
}

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
            Kind::WideDictionary => wide_dictionary::decode(self, reader, itemsize, dst),
            Kind::Sparse => sparse::decode(self, reader, itemsize, dst),
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
    if dst.is_empty() {
        return Ok(());
    }
    // What is filled is doubled: copies of any length are fast, many of a few bytes are not.
    dst[..itemsize].copy_from_slice(value);
    let mut filled = itemsize;
    while filled < dst.len() {
        let len = filled.min(dst.len() - filled);
        dst.copy_within(..len, filled);
        filled += len;
    }
    Ok(())
}
