//! Changing some blocks of a chunk: the streams of the others are copied.

use super::decode::ChunkDecoder;
use super::encode::{BlockSource, ChunkEncoder, ChunkLayout, ChunkWriter, encode_blocks};
use super::header::{Header, Payload};
use super::{Chunk, ChunkOptions};
use crate::dtype::DType;
use crate::error::{InvalidArgument, Result, Unsupported};
use crate::registry::Registry;

impl Chunk {
    /// Overwrites the uncompressed bytes from `start` on with `src`. Blocks that lie in the range
    /// as a whole are not decoded; the streams of blocks outside of it are copied as they are.
    ///
    /// `options` should be those the chunk was written with: the blocks are all written anew when
    /// they differ in more than the level. So are those of a special chunk, and of one whose
    /// blocks depend on a changed first block. Allocates the new chunk; the old one stays as it is
    /// when there is an error.
    ///
    /// ```
    /// use ndpress::{Chunk, ChunkOptions, Registry};
    ///
    /// let (options, registry) = (ChunkOptions::new(), Registry::default());
    /// let mut chunk = Chunk::zeros(1 << 20, 1)?;
    /// chunk.write_range(5000, b"seven", &options, &registry)?;
    /// let mut window = [9; 7];
    /// chunk.decode_range_into(4999..5006, &mut window, &registry)?;
    /// assert_eq!(&window, b"\0seven\0");
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::RegionOutOfBounds`]; [`Unsupported::VariableBlocks`]; what
    /// [`encode`](Self::encode) and [`decode_into`](Self::decode_into) answer.
    pub fn write_range(
        &mut self,
        start: usize,
        src: &[u8],
        options: &ChunkOptions,
        registry: &Registry,
    ) -> Result<()> {
        let (end, len) = (start.saturating_add(src.len()), self.nbytes());
        if end > len {
            return Err(InvalidArgument::RegionOutOfBounds { axis: 0, start, end, len }.into());
        }
        if self.starts.is_some() {
            return Err(Unsupported::VariableBlocks.into());
        }
        if src.is_empty() {
            return Ok(());
        }
        let (blocksize, typesize) = (self.blocksize(), self.typesize());
        let dtype = DType::of_typesize(typesize)?;
        let block_shape = [blocksize / typesize];
        let layout = ChunkLayout { nbytes: len, blocksize, dtype, block_shape: &block_shape };
        let touched: Vec<usize> = (start / blocksize..end.div_ceil(blocksize)).collect();
        let source = Patch { decoder: self.decoder(registry)?, blocksize, start, src };
        *self = rewrite_blocks(self, &layout, &touched, &source, options, registry)?;
        Ok(())
    }
}

/// New bytes over those of the old chunk.
struct Patch<'a> {
    decoder: ChunkDecoder<'a>,
    blocksize: usize,
    start: usize,
    src: &'a [u8],
}

impl BlockSource for Patch<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let block_start = block * self.blocksize;
        let end = (self.start + self.src.len()).min(block_start + dst.len());
        let start = self.start.max(block_start);
        if end - start < dst.len() {
            self.decoder.block_into(block, dst)?;
        }
        let new = &self.src[start - self.start..end - self.start];
        dst[start - block_start..end - block_start].copy_from_slice(new);
        Ok(())
    }
}

/// The chunk with the blocks `touched` (ascending) taken from `source`.
///
/// Blocks of a chunk that was written with other options are written anew, all of them; so are
/// those of special chunks (which costs little), and those that depend on a changed first block.
pub(crate) fn rewrite_blocks<B: AsRef<[u8]>>(
    chunk: &Chunk<B>,
    layout: &ChunkLayout<'_>,
    touched: &[usize],
    source: &dyn BlockSource,
    options: &ChunkOptions,
    registry: &Registry,
) -> Result<Chunk> {
    let decoder = chunk.decoder_in(layout, registry)?;
    let encoder = ChunkEncoder::new(layout, options)?;
    let kept = match chunk.header.payload {
        Payload::Blocks if can_keep_streams(&chunk.header, &encoder, touched) => {
            replace_streams(chunk, &decoder, touched, source, &encoder)?
        }
        Payload::Stored if is_same_cut(&chunk.header, encoder.header()) => {
            replace_stored(chunk, touched, source, &encoder)?
        }
        _ => None,
    };
    match kept {
        Some(chunk) => Ok(chunk),
        None => {
            let blocksize = layout.blocksize;
            encode_blocks(layout, &Overlay { decoder, blocksize, touched, source }, options)
        }
    }
}

/// Whether both headers cut the same bytes into the same blocks.
fn is_same_cut(old: &Header, new: &Header) -> bool {
    (old.len, old.nbytes, old.blocksize, old.typesize)
        == (new.len, new.nbytes, new.blocksize, new.typesize)
}

fn can_keep_streams(old: &Header, encoder: &ChunkEncoder<'_>, touched: &[usize]) -> bool {
    let new = encoder.header();
    let is_same_coding = (old.codec, old.codec_meta, old.filters, old.is_split, old.version)
        == (new.codec, new.codec_meta, new.filters, new.is_split, new.version);
    let moves_reference = encoder.needs_reference() && touched.first() == Some(&0);
    is_same_cut(old, new) && is_same_coding && !old.has_dictionary && !moves_reference
}

/// `None` when the chunk has to be looked at as a whole: it grew to the size of stored bytes, or
/// shrank so much that it may have become constant.
fn replace_streams<B: AsRef<[u8]>>(
    chunk: &Chunk<B>,
    decoder: &ChunkDecoder<'_>,
    touched: &[usize],
    source: &dyn BlockSource,
    encoder: &ChunkEncoder<'_>,
) -> Result<Option<Chunk>> {
    let reference = if encoder.needs_reference() { Some(decoder.reference()?) } else { None };
    let mut out = ChunkWriter::new(*encoder.header());
    let mut failed = Ok(());
    encoder.encode_each(touched, source, reference, |encoded| {
        // Once for all: growing step by step would copy what is there, and fault in its pages again.
        out.reserve(chunk.cbytes() + encoded.iter().map(|block| block.len()).sum::<usize>());
        let mut new = touched.iter().zip(encoded).peekable();
        for block in 0..chunk.nblocks() {
            // Far beyond where the blocks of a hostile chunk are the same bytes, many times over.
            if out.len() >= encoder.stored_nbytes() {
                break;
            }
            match new.next_if(|(touched, _)| **touched == block) {
                Some((_, encoded)) => out.push(encoded),
                None => match decoder.encoded_block(block) {
                    Ok(encoded) => out.push(encoded),
                    Err(error) => failed = Err(error),
                },
            }
        }
    })?;
    failed?;
    let header = encoder.header();
    let nstreams = if header.is_split { header.typesize } else { 1 };
    // Nothing but runs: four bytes each, or five.
    let may_be_constant = out.len() <= header.table_end() + 5 * nstreams * chunk.nblocks();
    let is_long = out.len() >= encoder.stored_nbytes();
    Ok(if is_long || may_be_constant { None } else { Some(out.finish()) })
}

/// `None` when a block shrinks: the chunk is worth compressing then.
fn replace_stored<B: AsRef<[u8]>>(
    chunk: &Chunk<B>,
    touched: &[usize],
    source: &dyn BlockSource,
    encoder: &ChunkEncoder<'_>,
) -> Result<Option<Chunk>> {
    let mut shrinks = false;
    let compresses = encoder.compresses();
    if compresses && !encoder.needs_reference() {
        encoder.encode_each(touched, source, None, |encoded| {
            shrinks = encoded.iter().zip(touched).any(|(encoded, &block)| {
                chunk.block_range(block).is_ok_and(|range| encoded.len() < range.len())
            });
        })?;
    }
    if shrinks || compresses && encoder.needs_reference() {
        return Ok(None);
    }
    let mut bytes = chunk.as_bytes().to_vec();
    for &block in touched {
        let range = chunk.block_range(block)?;
        let dst = &mut bytes[chunk.header.len + range.start..chunk.header.len + range.end];
        source.read_block(block, dst)?;
    }
    Ok(Some(Chunk { header: chunk.header, starts: None, bytes }))
}

/// The touched blocks of a source over the bytes of the old chunk.
struct Overlay<'a> {
    /// May cut its bytes differently.
    decoder: ChunkDecoder<'a>,
    blocksize: usize,
    touched: &'a [usize],
    source: &'a dyn BlockSource,
}

impl Overlay<'_> {
    fn is_touched(&self, block: usize) -> bool {
        self.touched.binary_search(&block).is_ok()
    }
}

impl BlockSource for Overlay<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        if self.is_touched(block) {
            return self.source.read_block(block, dst);
        }
        let start = block * self.blocksize;
        self.decoder.range_into(start..start + dst.len(), dst)
    }

    fn borrow_block(&self, block: usize) -> Option<&[u8]> {
        if self.is_touched(block) { self.source.borrow_block(block) } else { None }
    }
}
