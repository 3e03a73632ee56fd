//! Writing chunks: blocks in parallel, put in order.

use super::header::{Header, LONG_LEN, MAX_CHUNK_NBYTES, Payload, SHORT_LEN};
use super::options::{ChunkFormat, ChunkOptions};
use super::special::{constant_chunk, header_typesize, is_repeating};
use super::{Chunk, MAX_BLOCK_NBYTES};
use crate::block::scratch::{with_block_scratch, with_buffer};
use crate::block::{BlockCoding, BlockPlace, Pipeline};
use crate::dtype::DType;
use crate::error::{Part, Result, check_part_nbytes};
use crate::filter::MAX_FILTERS;
use crate::parallel;

/// Chunks of fewer bytes are stored as they are: Blosc's own bound.
const MIN_COMPRESSED_NBYTES: usize = 32;

/// Uncompressed bytes that are encoded before their streams are put in order. Bounds the memory
/// for chunks of any size, and is enough work for many threads.
const BATCH_NBYTES: usize = 8 << 20;

/// What the bytes of a chunk are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkLayout<'a> {
    /// Uncompressed bytes.
    pub(crate) nbytes: usize,
    /// Uncompressed bytes of each block but the last: whole elements.
    pub(crate) blocksize: usize,
    /// The elements.
    pub(crate) dtype: DType,
    /// Lengths per axis of each block, in elements. Flat chunks have one axis, and may end with a
    /// block that is shorter.
    pub(crate) block_shape: &'a [usize],
}

impl ChunkLayout<'_> {
    pub(super) fn nblocks(&self) -> usize {
        self.nbytes.div_ceil(self.blocksize.max(1))
    }

    pub(super) fn block_len(&self, block: usize) -> usize {
        self.blocksize.min(self.nbytes - block * self.blocksize)
    }
}

/// Where the raw bytes of blocks come from.
pub(crate) trait BlockSource: Sync {
    /// Writes the raw bytes of a block, padding included, to `dst`, which is as long and may hold
    /// anything.
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()>;

    /// The raw bytes, where they lie in memory as they are wanted.
    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        let _ = block;
        None
    }
}

/// Lends the `nbytes` raw bytes of a block to `f`, from where they lie or from a buffer.
fn with_block<R>(
    source: &dyn BlockSource,
    block: usize,
    nbytes: usize,
    f: impl FnOnce(&[u8]) -> Result<R>,
) -> Result<R> {
    match source.borrow_block(block) {
        Some(raw) => f(raw),
        None => with_buffer(nbytes, |buffer| {
            source.read_block(block, buffer)?;
            f(buffer)
        }),
    }
}

/// Bytes that already lie in order.
pub(crate) struct SliceSource<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) blocksize: usize,
}

impl BlockSource for SliceSource<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let start = block * self.blocksize;
        dst.copy_from_slice(&self.bytes[start..start + dst.len()]);
        Ok(())
    }

    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        let start = block * self.blocksize;
        Some(&self.bytes[start..self.bytes.len().min(start + self.blocksize)])
    }
}

impl Chunk {
    /// Compresses `src`, elements of `typesize` bytes, into a chunk; blocks in parallel.
    ///
    /// Bytes that are one repeated element become a [special](Self::special) chunk, bytes that do
    /// not shrink are [stored](Self::is_stored): the result is never longer than `src` and 32.
    /// `src` need not be whole elements. The same bytes come out for any number of threads.
    ///
    /// Allocates the result, and a scratch of at most 8 MiB that the thread keeps.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::InvalidArgument) of every kind that [`ChunkOptions`] names, and
    /// for `typesize` 0 or more than 536 866 816 bytes, or more than 2 147 483 615 bytes in all.
    pub fn encode(src: &[u8], typesize: usize, options: &ChunkOptions) -> Result<Self> {
        let dtype = DType::of_typesize(typesize)?;
        let blocksize = options.blocksize_for(src.len(), typesize)?;
        let block_shape = [blocksize / typesize];
        let layout = ChunkLayout { nbytes: src.len(), blocksize, dtype, block_shape: &block_shape };
        encode_blocks(&layout, &SliceSource { bytes: src, blocksize }, options)
    }
}

/// Compresses the blocks of a source into a chunk.
pub(crate) fn encode_blocks(
    layout: &ChunkLayout<'_>,
    source: &dyn BlockSource,
    options: &ChunkOptions,
) -> Result<Chunk> {
    let encoder = ChunkEncoder::new(layout, options)?;
    if options.chunk_format() == ChunkFormat::Blosc2
        && let Some(chunk) = encoder.constant(source)?
    {
        return Ok(chunk);
    }
    if encoder.compresses()
        && let Some(chunk) = encoder.blocks(source)?
    {
        return Ok(chunk);
    }
    encoder.stored(source)
}

/// One chunk being written.
pub(super) struct ChunkEncoder<'a> {
    layout: &'a ChunkLayout<'a>,
    coding: BlockCoding<'a>,
    /// With `cbytes` still to be set.
    header: Header,
}

impl<'a> ChunkEncoder<'a> {
    pub(super) fn new(layout: &'a ChunkLayout<'a>, options: &'a ChunkOptions) -> Result<Self> {
        let typesize = header_typesize(layout.dtype.itemsize());
        options.validate(typesize)?;
        check_part_nbytes(Part::Chunk, layout.nbytes as u64, MAX_CHUNK_NBYTES)?;
        check_part_nbytes(Part::Block, layout.blocksize as u64, MAX_BLOCK_NBYTES)?;
        let is_blosc2 = options.chunk_format() == ChunkFormat::Blosc2;
        let len = if is_blosc2 { LONG_LEN } else { SHORT_LEN };
        let version = Header::version_written(len);
        let mut pipeline = Pipeline::new(typesize, version);
        let mut filters = [(0, 0); MAX_FILTERS];
        // At the end, where C-Blosc2 has its default filter.
        let slots = filters[MAX_FILTERS - options.filters().len()..].iter_mut();
        for (slot, filter) in slots.zip(options.filters()) {
            let meta = filter.meta(typesize);
            *slot = (filter.id().as_u8(), meta);
            pipeline.push(filter.as_ref(), meta);
        }
        let is_split = options.splits(typesize, layout.blocksize);
        let coding = BlockCoding {
            codec: options.codec_ref().as_ref(),
            pipeline,
            nstreams: if is_split { typesize } else { 1 },
            runs: is_blosc2,
            dictionary: None,
            codec_meta: 0,
        };
        let header = Header {
            version,
            len,
            typesize,
            nbytes: layout.nbytes,
            blocksize: layout.blocksize.clamp(1, layout.nbytes.max(1)),
            cbytes: 0,
            codec: coding.codec.id(),
            codec_meta: coding.codec_meta,
            filters,
            is_split,
            has_dictionary: false,
            payload: Payload::Blocks,
        };
        Ok(Self { layout, coding, header })
    }

    /// Whether the chunk may be worth compressing at all.
    pub(super) fn compresses(&self) -> bool {
        self.coding.codec.clevel() != 0 && self.layout.nbytes >= MIN_COMPRESSED_NBYTES
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn needs_reference(&self) -> bool {
        self.coding.pipeline.needs_reference()
    }

    /// Bytes that the chunk takes when it is stored uncompressed.
    pub(super) fn stored_nbytes(&self) -> usize {
        self.header.len + self.header.nbytes
    }

    /// The special chunk, when all elements are the same, and more than one.
    fn constant(&self, source: &dyn BlockSource) -> Result<Option<Chunk>> {
        let layout = self.layout;
        let width = layout.dtype.itemsize();
        if layout.nbytes <= width || !layout.blocksize.is_multiple_of(width) {
            return Ok(None);
        }
        let mut value = None;
        for block in 0..layout.nblocks() {
            let is_constant = with_block(source, block, layout.block_len(block), |raw| {
                let value = value.get_or_insert_with(|| raw[..width].to_vec());
                Ok(is_repeating(raw, value))
            })?;
            if !is_constant {
                return Ok(None);
            }
        }
        constant_chunk(layout, &value.unwrap_or_default()).map(Some)
    }

    /// The chunk with compressed blocks, unless storing it is as short.
    fn blocks(&self, source: &dyn BlockSource) -> Result<Option<Chunk>> {
        let layout = self.layout;
        // The table alone can be longer than the bytes, when blocks are tiny.
        if self.header.table_end() >= self.stored_nbytes() {
            return Ok(None);
        }
        let reference = self.reference(source)?;
        let nblocks = layout.nblocks();
        let per_batch = (BATCH_NBYTES / self.max_encoded_nbytes()).max(1);
        let mut out = ChunkWriter::new(self.header);
        let mut fits = true;
        for start in (0..nblocks).step_by(per_batch) {
            let blocks: Vec<usize> = (start..nblocks.min(start + per_batch)).collect();
            self.encode_each(&blocks, source, reference.as_deref(), |encoded| {
                let len = encoded.iter().map(|block| block.len()).sum();
                fits = out.len() + len < self.stored_nbytes();
                if fits {
                    out.reserve(len);
                    encoded.iter().for_each(|block| out.push(block));
                }
            })?;
            if !fits {
                return Ok(None);
            }
        }
        Ok(Some(out.finish()))
    }

    /// The raw first block, where filters need it for the others.
    fn reference(&self, source: &dyn BlockSource) -> Result<Option<Vec<u8>>> {
        if !self.needs_reference() {
            return Ok(None);
        }
        let mut first = vec![0; self.layout.block_len(0)];
        source.read_block(0, &mut first)?;
        Ok(Some(first))
    }

    /// Encodes these blocks in parallel and hands their streams to `f`, in the same order.
    pub(super) fn encode_each(
        &self,
        blocks: &[usize],
        source: &dyn BlockSource,
        reference: Option<&[u8]>,
        f: impl FnOnce(&[&[u8]]),
    ) -> Result<()> {
        let staging_nbytes = blocks.len() * self.max_encoded_nbytes();
        with_buffer(staging_nbytes, |staging| {
            let mut encoded = vec![&[][..]; blocks.len()];
            self.encode_into(staging, blocks, source, reference, &mut encoded)?;
            f(&encoded);
            Ok(())
        })
    }

    fn max_encoded_nbytes(&self) -> usize {
        self.coding.max_encoded_nbytes(self.layout.blocksize)
    }

    /// Encodes to `staging`, in halves while a second thread would help. What one thread encodes
    /// lies close together, so that little of the cache is used.
    fn encode_into<'s>(
        &self,
        staging: &'s mut [u8],
        blocks: &[usize],
        source: &dyn BlockSource,
        reference: Option<&[u8]>,
        encoded: &mut [&'s [u8]],
    ) -> Result<()> {
        let nbytes = blocks.len() * self.layout.blocksize;
        if blocks.len() == 1 || !parallel::pays(nbytes) {
            let mut rest = staging;
            for (&block, encoded) in blocks.iter().zip(encoded) {
                let len = self.encode_one(block, source, reference, rest)?;
                (*encoded, rest) = rest.split_at_mut(len);
            }
            return Ok(());
        }
        let half = blocks.len() / 2;
        let (low_staging, high_staging) = staging.split_at_mut(half * self.max_encoded_nbytes());
        let (low_blocks, high_blocks) = blocks.split_at(half);
        let (low_encoded, high_encoded) = encoded.split_at_mut(half);
        let (low, high) = parallel::join(
            nbytes,
            || self.encode_into(low_staging, low_blocks, source, reference, low_encoded),
            || self.encode_into(high_staging, high_blocks, source, reference, high_encoded),
        );
        low.and(high)
    }

    fn encode_one(
        &self,
        block: usize,
        source: &dyn BlockSource,
        reference: Option<&[u8]>,
        dst: &mut [u8],
    ) -> Result<usize> {
        let nbytes = self.layout.block_len(block);
        let is_leftover = nbytes < self.layout.blocksize;
        let itemsize = self.layout.dtype.itemsize();
        let nitems = [nbytes / itemsize];
        let shape = if is_leftover { &nitems } else { self.layout.block_shape };
        let place = BlockPlace {
            is_leftover,
            reference: reference.filter(|_| block != 0),
            dtype: self.layout.dtype,
            shape: if nbytes.is_multiple_of(itemsize) { shape } else { &[] },
        };
        with_block(source, block, nbytes, |raw| {
            with_block_scratch(|scratch| self.coding.encode(raw, &place, dst, scratch))
        })
    }

    /// The chunk with its bytes as they are.
    fn stored(&self, source: &dyn BlockSource) -> Result<Chunk> {
        let cbytes = self.stored_nbytes();
        let header = Header { payload: Payload::Stored, cbytes, ..self.header };
        let mut bytes = Vec::with_capacity(cbytes);
        bytes.resize(header.len, 0);
        header.write(&mut bytes);
        for block in 0..self.layout.nblocks() {
            match source.borrow_block(block) {
                Some(raw) => bytes.extend_from_slice(raw),
                None => {
                    let start = bytes.len();
                    bytes.resize(start + self.layout.block_len(block), 0);
                    source.read_block(block, &mut bytes[start..])?;
                }
            }
        }
        Ok(Chunk { header, starts: None, bytes })
    }
}

/// Puts encoded blocks behind the header and the table of their offsets.
pub(super) struct ChunkWriter {
    header: Header,
    bytes: Vec<u8>,
    nblocks: usize,
}

impl ChunkWriter {
    pub(super) fn new(header: Header) -> Self {
        Self { header, bytes: vec![0; header.table_end()], nblocks: 0 }
    }

    /// Makes room for this many bytes of blocks: all of them, commonly.
    pub(super) fn reserve(&mut self, nbytes: usize) {
        self.bytes.reserve_exact(nbytes);
    }

    pub(super) fn push(&mut self, encoded: &[u8]) {
        let at = self.header.len + 4 * self.nblocks;
        let offset = self.bytes.len() as u32;
        self.bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
        self.bytes.extend_from_slice(encoded);
        self.nblocks += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn finish(mut self) -> Chunk {
        self.header.cbytes = self.bytes.len();
        self.header.write(&mut self.bytes);
        self.bytes.shrink_to_fit();
        Chunk { header: self.header, starts: None, bytes: self.bytes }
    }
}
