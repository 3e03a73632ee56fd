//! Elements as they come out of the decoder, block by block, to be looked at while they are in the
//! cache: for whatever computes with them.
//!
//! [`ArrayItems`] is also what expressions are, whose blocks are computed instead of decoded.

use std::ops::ControlFlow;

use super::grid::Grid;
use super::read::item;
use super::source::Blocks;
use super::summary::Summary;
use super::typed::Array;
use crate::arch;
use crate::block::scratch::with_buffer;
use crate::chunk::ChunkDecoder;
use crate::codec::Band;
use crate::dtype::Element;
use crate::error::{Error, Result};

/// Elements of a block, in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a, T> {
    Items(&'a [T]),
    /// As many equal elements.
    Repeated(T, usize),
}

/// A function that takes a block's pieces in C order, padding included, until it breaks off.
pub(crate) type Visit<'a, T> = dyn FnMut(Piece<'_, T>) -> ControlFlow<()> + 'a;

/// The elements of a chunk, block by block.
pub(crate) trait ChunkItems<T>: Sync {
    /// The value of all elements, where nothing has to be decoded to know that they are equal.
    fn constant(&self) -> Option<T>;

    /// Hands out the elements of a block.
    fn visit_block(&self, block: usize, visit: &mut Visit<'_, T>) -> Result<()>;
}

/// The elements of something that is cut like an array, chunk by chunk.
pub(crate) trait ArrayItems<T>: Send + Sync {
    fn grid(&self) -> &Grid;

    /// Calls `f` with a chunk of which at least these blocks can be visited.
    fn with_chunk(
        &self,
        chunk: usize,
        blocks: Blocks<'_>,
        f: &mut dyn FnMut(&dyn ChunkItems<T>) -> Result<()>,
    ) -> Result<()>;

    /// Whether something may be known of blocks.
    fn keeps_summaries(&self) -> bool {
        false
    }

    /// What is known of a chunk's blocks without decoding them.
    fn summaries(&self, _chunk: usize) -> Option<&[Summary]> {
        None
    }
}

impl<T: Element> ArrayItems<T> for Array<T> {
    fn grid(&self) -> &Grid {
        self.raw().grid()
    }

    fn keeps_summaries(&self) -> bool {
        self.raw().summarise().is_some()
    }

    fn summaries(&self, chunk: usize) -> Option<&[Summary]> {
        self.raw().summaries(chunk)
    }

    fn with_chunk(
        &self,
        index: usize,
        blocks: Blocks<'_>,
        f: &mut dyn FnMut(&dyn ChunkItems<T>) -> Result<()>,
    ) -> Result<()> {
        let (raw, grid) = (self.raw(), self.raw().grid());
        let block_nitems = grid.block_shape().nitems();
        let in_chunk = |error: Error| error.in_chunk(index);
        let Some(chunk) = raw.chunk(index, blocks)? else {
            let value = arch::items::item(raw.fill_value());
            return f(&ConstantChunk { value, block_nitems }).map_err(in_chunk);
        };
        let layout = raw.layout(grid);
        let decoder = chunk.decoder_in(&layout, raw.registry()).map_err(in_chunk)?;
        let value = decoder.constant().and_then(|value| item(value, grid.itemsize()));
        match value.map(|value| arch::items::item(&value)) {
            Some(value) => f(&ConstantChunk { value, block_nitems }),
            None => f(&CodedChunk { decoder, block_nbytes: grid.block_nbytes() }),
        }
        .map_err(in_chunk)
    }
}

/// A chunk of one value.
struct ConstantChunk<T> {
    value: T,
    block_nitems: usize,
}

impl<T: Element> ChunkItems<T> for ConstantChunk<T> {
    fn constant(&self) -> Option<T> {
        Some(self.value)
    }

    fn visit_block(&self, _: usize, visit: &mut Visit<'_, T>) -> Result<()> {
        let _ = visit(Piece::Repeated(self.value, self.block_nitems));
        Ok(())
    }
}

/// A chunk that has to be decoded.
struct CodedChunk<'a> {
    decoder: ChunkDecoder<'a>,
    block_nbytes: usize,
}

impl<T: Element> ChunkItems<T> for CodedChunk<'_> {
    fn constant(&self) -> Option<T> {
        None
    }

    fn visit_block(&self, block: usize, visit: &mut Visit<'_, T>) -> Result<()> {
        if self.decoder.has_blocksize(self.block_nbytes) {
            return self.decoder.visit_block(block, |band| match band {
                Band::Bytes(bytes) => visit(Piece::Items(&arch::items::items(bytes))),
                Band::Repeated { value, count } => {
                    visit(Piece::Repeated(arch::items::item(value), count))
                }
            });
        }
        // Another writer has cut the chunk otherwise than its array says.
        with_buffer(self.block_nbytes, |buffer| {
            self.decoder.padded_block_into(block, buffer)?;
            let _ = visit(Piece::Items(&arch::items::items(buffer)));
            Ok(())
        })
    }
}
