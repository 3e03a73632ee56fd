//! How an array is cut: chunks over the array, blocks over each chunk.
//!
//! This is the layout of Blosc2's b2nd. The grid of chunks covers the shape; chunks at the far
//! edges are as large as all others, and what lies outside the array is padding. Within a chunk the
//! blocks follow each other in C order, each a C-ordered box of its own and again of full size, so
//! that every chunk of an array has the same number of bytes.

use crate::chunk::{MAX_BLOCK_NBYTES, MAX_CHUNK_NBYTES};
use crate::error::{IndexKind, InvalidArgument, Part, Result, check_part_nbytes};
use crate::shape::{Region, Shape};

/// The shapes of an array, its chunks and its blocks, and the numbering that follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    itemsize: usize,
    shape: Shape,
    chunk: Shape,
    block: Shape,
    /// Chunks along each axis.
    chunks: Shape,
    /// Blocks along each axis of a chunk.
    blocks: Shape,
}

impl Grid {
    /// Cuts `shape` into chunks, and each of them into blocks. All three have the same axes.
    ///
    /// # Errors
    /// [`InvalidArgument::PartShape`] for a length of 0 and for a block longer than its chunk;
    /// [`InvalidArgument::PartTooLarge`] for more bytes than Blosc2 can number;
    /// [`InvalidArgument::ShapeOverflow`].
    pub(crate) fn new(itemsize: usize, shape: Shape, chunk: Shape, block: Shape) -> Result<Self> {
        shape.nbytes(itemsize)?;
        for (axis, &len) in chunk.iter().enumerate() {
            check_len(Part::Chunk, axis, len, shape[axis], len > 0)?;
            check_len(Part::Block, axis, block[axis], len, (1..=len).contains(&block[axis]))?;
        }
        let chunks = shape.map(|axis| shape[axis].div_ceil(chunk[axis]));
        let blocks = shape.map(|axis| chunk[axis].div_ceil(block[axis]));
        check_nbytes(Part::Block, itemsize, block.iter().copied(), MAX_BLOCK_NBYTES)?;
        let padded = block.iter().zip(&*blocks).map(|(len, n)| len.saturating_mul(*n));
        check_nbytes(Part::Chunk, itemsize, padded, MAX_CHUNK_NBYTES)?;
        Ok(Self { itemsize, shape, chunk, block, chunks, blocks })
    }

    /// The same chunks and blocks over a longer or shorter axis 0, which exists. Chunks keep their
    /// numbers.
    pub(crate) fn with_rows(&self, rows: usize) -> Result<Self> {
        Self::new(self.itemsize, self.shape.with_len(0, rows), self.chunk, self.block)
    }

    /// Bytes per element.
    pub(crate) fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// Lengths of the array.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Lengths of a chunk.
    pub(crate) fn chunk_shape(&self) -> &Shape {
        &self.chunk
    }

    /// Lengths of a block.
    pub(crate) fn block_shape(&self) -> &Shape {
        &self.block
    }

    /// Chunks along each axis.
    pub(crate) fn chunks(&self) -> &Shape {
        &self.chunks
    }

    /// Blocks along each axis of a chunk.
    pub(crate) fn blocks(&self) -> &Shape {
        &self.blocks
    }

    /// Number of chunks.
    pub(crate) fn nchunks(&self) -> usize {
        self.chunks.nitems()
    }

    /// Number of blocks of a chunk, those of nothing but padding included.
    pub(crate) fn nblocks(&self) -> usize {
        self.blocks.nitems()
    }

    /// Uncompressed bytes of the array, without padding.
    pub(crate) fn nbytes(&self) -> usize {
        self.shape.nitems() * self.itemsize
    }

    /// Uncompressed bytes of a block.
    pub(crate) fn block_nbytes(&self) -> usize {
        self.block.nitems() * self.itemsize
    }

    /// Uncompressed bytes of a chunk, padding included.
    pub(crate) fn chunk_nbytes(&self) -> usize {
        self.nblocks() * self.block_nbytes()
    }

    /// The number of the chunk with the element at `index`, and that chunk's first index.
    pub(crate) fn chunk_at(&self, index: &Shape) -> (usize, Shape) {
        locate(index, &self.chunk, &self.chunks)
    }

    /// The number of the block with the element at `index` of a chunk, and that block's first
    /// index.
    pub(crate) fn block_at(&self, index: &Shape) -> (usize, Shape) {
        locate(index, &self.block, &self.blocks)
    }

    /// The elements of a chunk, without padding.
    pub(crate) fn chunk_region(&self, chunk: usize) -> Region {
        part_region(chunk, &self.chunk, &self.chunks, &self.shape)
    }

    /// The elements of a block of a chunk, counted from the chunk's first, without what lies
    /// outside `extent`. That may leave none.
    pub(crate) fn block_region(&self, block: usize, extent: &Shape) -> Region {
        part_region(block, &self.block, &self.blocks, extent)
    }

    /// Checks a chunk's number.
    pub(crate) fn check_chunk(&self, index: usize) -> Result<()> {
        let (what, len) = (IndexKind::Chunk, self.nchunks());
        if index >= len {
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        Ok(())
    }
}

fn locate(index: &Shape, part: &Shape, parts: &Shape) -> (usize, Shape) {
    let position = index.map(|axis| index[axis] / part[axis]);
    (parts.ravel(&position), position.map(|axis| position[axis] * part[axis]))
}

fn part_region(number: usize, part: &Shape, parts: &Shape, whole: &Shape) -> Region {
    let position = parts.unravel(number);
    let start = position.map(|axis| (position[axis] * part[axis]).min(whole[axis]));
    let shape = start.map(|axis| part[axis].min(whole[axis] - start[axis]));
    Region::at(start, shape)
}

fn check_len(part: Part, axis: usize, len: usize, container: usize, ok: bool) -> Result<()> {
    if !ok {
        return Err(InvalidArgument::PartShape { part, axis, len, container }.into());
    }
    Ok(())
}

fn check_nbytes(
    part: Part,
    itemsize: usize,
    lens: impl Iterator<Item = usize>,
    max: usize,
) -> Result<()> {
    let nbytes = lens.fold(itemsize as u64, |nbytes, len| nbytes.saturating_mul(len as u64));
    check_part_nbytes(part, nbytes, max)
}

#[cfg(test)]
mod tests;
