//! What the benchmarks reach of the inside of this crate. Not covered by semantic versioning.

use crate::arch::Isa;
use crate::array::{AnyArray, Options};
use crate::block::scratch::with_block_scratch;
use crate::block::{BlockCoding, BlockPlace, Pipeline};
use crate::chunk::{BlockSource, Chunk, ChunkLayout, ChunkOptions, encode_blocks};
use crate::codec::Lz4;
use crate::dtype::DType;
use crate::error::{Result, check_len};
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

/// Codes the chunks of an array, as the array layer does: the codec learns the dtype of the
/// elements and the shape of the blocks. Elements come and go block by block, so that nothing but
/// coding takes time.
#[derive(Debug)]
pub struct ChunkCoder {
    /// Of zeros, which take no memory.
    array: AnyArray,
}

impl ChunkCoder {
    /// For the chunks of an array of this shape.
    ///
    /// # Errors
    /// As [`AnyArray::zeros`].
    pub fn new(dtype: DType, shape: impl AsRef<[usize]>, options: &Options) -> Result<Self> {
        Ok(Self { array: AnyArray::zeros(dtype, shape, options)? })
    }

    /// Bytes of a chunk, padding included.
    #[must_use]
    pub fn chunk_nbytes(&self) -> usize {
        self.layout().nbytes
    }

    /// The elements of the whole array, given in C order, as its chunks hold them: block by block,
    /// padding included.
    ///
    /// # Errors
    /// As [`AnyArray::from_bytes`].
    pub fn in_blocks(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let cut = &self.array;
        let options = Options::new()
            .codec(Lz4::clevel(1))
            .chunk_shape(cut.chunk_shape())
            .block_shape(cut.block_shape());
        let held = AnyArray::from_bytes(cut.dtype(), bytes, cut.shape(), &options)?;
        let mut raw = vec![0; cut.nchunks() * self.chunk_nbytes()];
        for (index, raw) in raw.chunks_exact_mut(self.chunk_nbytes()).enumerate() {
            if let Some(chunk) = held.chunk(index)? {
                chunk.decode_into(raw, held.raw().registry())?;
            }
        }
        Ok(raw)
    }

    /// Compresses the elements of a chunk, one block after the other, padding included.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch), and as
    /// [`Chunk::encode`](crate::Chunk::encode).
    pub fn encode(&self, raw: &[u8]) -> Result<Chunk> {
        let layout = self.layout();
        check_len(layout.nbytes, raw.len())?;
        let source = RawBlocks { raw, blocksize: layout.blocksize };
        encode_blocks(&layout, &source, self.array.raw().options())
    }

    /// Fills `dst` with the elements of a chunk in the same order.
    ///
    /// # Errors
    /// As [`Chunk::decode_into`](crate::Chunk::decode_into).
    pub fn decode(&self, chunk: &Chunk, dst: &mut [u8]) -> Result<()> {
        let decoder = chunk.decoder_in(&self.layout(), self.array.raw().registry())?;
        decoder.range_into(0..chunk.nbytes(), dst)
    }

    fn layout(&self) -> ChunkLayout<'_> {
        self.array.raw().layout(self.array.raw().grid())
    }
}

/// Full blocks that lie one after the other.
struct RawBlocks<'a> {
    raw: &'a [u8],
    blocksize: usize,
}

impl BlockSource for RawBlocks<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        dst.copy_from_slice(&self.raw[block * self.blocksize..][..dst.len()]);
        Ok(())
    }

    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        Some(&self.raw[block * self.blocksize..][..self.blocksize])
    }
}

/// A full block of bytes.
const PLACE: BlockPlace<'static> =
    BlockPlace { is_leftover: false, reference: None, dtype: DType::U8, shape: &[] };
