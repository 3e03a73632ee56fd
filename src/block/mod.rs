//! One block: filters, then the codec, as one or several streams; and back.
//!
//! Below are [`codec`](crate::codec) and [`filter`](crate::filter); above is
//! [`chunk`](crate::chunk), which knows where each block's streams lie.
//!
//! A block is written as its streams in a row, each with its length in front (see
//! `docs/format.md`):
//!
//! ```text
//! csize i32 > 0   csize bytes: the codec's stream, or the bytes themselves when csize is their number
//! csize i32 = 0   nothing: all bytes are 0
//! csize i32 < 0   token 0x01: all bytes are -csize
//! ```
//!
//! Lengths are checked here, once: codecs and filters get buffers that suit each other.

mod decode;
mod encode;
pub(crate) mod scratch;

use crate::codec::{BlockInfo, Codec};
use crate::dtype::DType;
use crate::filter::{Filter, FilterContext};

/// The token after a negative length: the stream is a run of one byte.
const RUN_TOKEN: u8 = 0x01;

/// How the blocks of one chunk are coded. The same for all of them but the last, short one.
#[derive(Debug, Clone)]
pub(crate) struct BlockCoding<'a> {
    pub(crate) codec: &'a dyn Codec,
    pub(crate) pipeline: Pipeline<'a>,
    /// Streams per full block: the typesize when blocks are split, 1 otherwise.
    pub(crate) nstreams: usize,
    /// Whether constant streams may be written as runs: not in Blosc1's format.
    pub(crate) runs: bool,
    pub(crate) dictionary: Option<&'a [u8]>,
    pub(crate) codec_meta: u8,
}

/// Where a block lies in its chunk, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockPlace<'a> {
    /// Whether this is the short last block, which is never split.
    pub(crate) is_leftover: bool,
    /// The raw bytes of the chunk's first block, unless this is the first.
    pub(crate) reference: Option<&'a [u8]>,
    pub(crate) dtype: DType,
    /// Lengths per axis, in elements; empty when the block is no box of whole elements.
    pub(crate) shape: &'a [usize],
}

/// The filters of a chunk that change its blocks, in the order they are applied.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline<'a> {
    typesize: usize,
    chunk_version: u8,
    /// Each filter with its meta byte.
    steps: Vec<(&'a dyn Filter, u8)>,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(typesize: usize, chunk_version: u8) -> Self {
        Self { typesize, chunk_version, steps: Vec::new() }
    }

    /// Appends a filter, unless it would change nothing.
    pub(crate) fn push(&mut self, filter: &'a dyn Filter, meta: u8) {
        if !filter.is_identity(&self.context(meta, None)) {
            self.steps.push((filter, meta));
        }
    }

    /// Whether blocks reach the codec as they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn needs_reference(&self) -> bool {
        self.steps.iter().any(|(filter, _)| filter.needs_reference())
    }

    fn context<'r>(&self, meta: u8, reference: Option<&'r [u8]>) -> FilterContext<'r> {
        let (typesize, chunk_version) = (self.typesize, self.chunk_version);
        FilterContext { typesize, meta, reference, chunk_version }
    }
}

impl<'a> BlockCoding<'a> {
    /// Streams of this block.
    fn nstreams(&self, place: &BlockPlace<'_>) -> usize {
        if place.is_leftover { 1 } else { self.nstreams }
    }

    /// Bytes that an encoded block of `nbytes` can need at most.
    pub(crate) fn max_encoded_nbytes(&self, nbytes: usize) -> usize {
        nbytes + self.nstreams * (size_of::<i32>() + 1)
    }

    /// Whether the codec gets a block's elements as they are, and knows them as such.
    fn codec_sees_elements(&self, place: &BlockPlace<'_>) -> bool {
        self.pipeline.is_empty() && self.nstreams(place) == 1 && !place.shape.is_empty()
    }

    /// What the codec is told about a stream of `nbytes`.
    fn info<'b>(&'b self, place: &BlockPlace<'b>, nbytes: &'b usize) -> BlockInfo<'b> {
        let mut info = BlockInfo::bytes(nbytes);
        info.dictionary = self.dictionary;
        info.codec_meta = self.codec_meta;
        if self.codec_sees_elements(place) {
            info.dtype = place.dtype;
            info.shape = place.shape;
        }
        info
    }
}
