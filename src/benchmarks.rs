//! What the benchmarks reach of the inside of this crate. Not covered by semantic versioning.

use crate::arch::Isa;
use crate::block::scratch::with_block_scratch;
use crate::block::{BlockCoding, BlockPlace, Pipeline};
use crate::chunk::ChunkOptions;
use crate::dtype::DType;
use crate::error::Result;
use crate::filter::CURRENT_CHUNK_VERSION;

/// The instruction sets of this machine that kernels are written for, worst first.
#[must_use]
pub fn instruction_sets() -> Vec<InstructionSet> {
    Isa::available().into_iter().map(InstructionSet).collect()
}

/// An instruction set of this machine.
#[derive(Debug, Clone, Copy)]
pub struct InstructionSet(Isa);

impl InstructionSet {
    /// A short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Isa::Scalar => "scalar",
            Isa::Avx2(_) => "avx2",
            Isa::Avx2Gfni(_) => "avx2gfni",
            Isa::Avx512(_) => "avx512",
        }
    }

    /// Makes all kernels of the process use it.
    pub fn force(self) {
        self.0.force();
    }
}

/// Codes single blocks, as the chunk layer does.
#[derive(Debug)]
pub struct BlockCoder<'a> {
    coding: BlockCoding<'a>,
}

impl<'a> BlockCoder<'a> {
    /// With the codec and the filters of `options`, and as many streams to a block as said.
    #[must_use]
    pub fn new(options: &'a ChunkOptions, typesize: usize, nstreams: usize) -> Self {
        let mut pipeline = Pipeline::new(typesize, CURRENT_CHUNK_VERSION);
        for filter in options.filters() {
            pipeline.push(filter.as_ref(), filter.meta(typesize));
        }
        let codec = options.codec_ref().as_ref();
        let (dictionary, codec_meta, runs) = (None, 0, true);
        Self { coding: BlockCoding { codec, pipeline, nstreams, runs, dictionary, codec_meta } }
    }

    /// Bytes that an encoded block of `nbytes` can need at most.
    #[must_use]
    pub fn max_encoded_nbytes(&self, nbytes: usize) -> usize {
        self.coding.max_encoded_nbytes(nbytes)
    }

    /// Writes the streams of a block to the front of `dst`, and says how long they are.
    ///
    /// # Errors
    /// As [`Chunk::encode`](crate::Chunk::encode).
    pub fn encode(&self, raw: &[u8], dst: &mut [u8]) -> Result<usize> {
        with_block_scratch(|scratch| self.coding.encode(raw, &PLACE, dst, scratch))
    }

    /// Fills `dst` with the raw bytes of the block at the front of `src`.
    ///
    /// # Errors
    /// As [`Chunk::decode_into`](crate::Chunk::decode_into).
    pub fn decode(&self, src: &[u8], dst: &mut [u8]) -> Result<()> {
        with_block_scratch(|scratch| self.coding.decode(src, &PLACE, dst, scratch))
    }
}

/// A full block of bytes.
const PLACE: BlockPlace<'static> =
    BlockPlace { is_leftover: false, reference: None, dtype: DType::U8, shape: &[] };
