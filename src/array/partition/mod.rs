//! Chunk and block shapes for arrays whose author did not choose, or chose only in part.
//!
//! A *block* is what is decoded to reach one element, so it has to be small; and what a codec finds
//! repetitions in, so it must not be too small. The default is 32 KiB, which leaves half of a
//! first-level cache to the codec's tables: a row of 512 bytes along the last axes, and as many
//! such rows from the axes before. A *chunk* is what is allocated and replaced at once, about 2 MiB
//! of blocks: whole rows of the array where they fit, because most data arrives and leaves by rows.
//!
//! Lengths are balanced: 1000 rows in blocks of at most 300 make four blocks of 250, not three of
//! 300 and one of 100 rows and 200 of padding.

use super::grid::Grid;
use crate::chunk::{MAX_BLOCK_NBYTES, MAX_CHUNK_NBYTES};
use crate::error::{InvalidArgument, Part, Result};
use crate::shape::Shape;

/// Bytes of a block.
const BLOCK_NBYTES: usize = 32 << 10;

/// Bytes of a block along the last axes: long enough for copies, short enough for tiles.
const ROW_NBYTES: usize = 512;

/// Pixels of many channels that a block has at least in a row.
const ROW_PIXELS: usize = 16;

/// Bytes of a chunk; up to twice as many where that makes the last axis whole.
const CHUNK_NBYTES: usize = 2 << 20;

/// Elements that the last length of a block is a multiple of, so that rows of small elements end
/// where words do.
const ROUND: usize = 8;

/// The grid for an array of this shape, with the chunk and block shapes asked for, if any.
///
/// Both are cut down to the lengths of the array; but an axis 0 of length 0 is one that grows, and
/// bounds nothing.
///
/// # Errors
/// As [`Grid::new`], and [`InvalidArgument::NdimMismatch`]. A block longer than its chunk is an
/// error if both were asked for.
pub(crate) fn partition(
    itemsize: usize,
    shape: Shape,
    chunk: Option<&[usize]>,
    block: Option<&[usize]>,
) -> Result<Grid> {
    shape.nbytes(itemsize)?;
    let growing = shape.first() == Some(&0);
    // What parts are cut down to.
    let bound = shape.map(|axis| match (axis, shape[axis]) {
        (0, 0) if growing => usize::MAX,
        (_, len) => len.max(1),
    });
    let chunk = chunk.map(|lens| part_shape(Part::Chunk, lens, &shape)).transpose()?;
    let block = block.map(|lens| part_shape(Part::Block, lens, &shape)).transpose()?;
    if let (Some(chunk), Some(block)) = (&chunk, &block) {
        check_inside(block, chunk)?;
    }
    let fit = |part: Shape, bound: &Shape| part.map(|axis| part[axis].min(bound[axis]));
    let chunk = chunk.map(|chunk| fit(chunk, &bound));
    let block = match block {
        Some(block) => fit(block, chunk.as_ref().unwrap_or(&bound)),
        None => block_within(itemsize, chunk.as_ref().unwrap_or(&bound)),
    };
    let chunk = chunk.unwrap_or_else(|| chunk_of(itemsize, &block, &bound));
    Grid::new(itemsize, shape, chunk, block)
}

/// The shape asked for, if the array can have parts of it.
fn part_shape(part: Part, lens: &[usize], shape: &Shape) -> Result<Shape> {
    let (expected, found) = (shape.ndim(), lens.len());
    if expected != found {
        return Err(InvalidArgument::NdimMismatch { expected, found }.into());
    }
    if let Some(axis) = lens.iter().position(|&len| len == 0) {
        let container = shape[axis];
        return Err(InvalidArgument::PartShape { part, axis, len: 0, container }.into());
    }
    Ok(shape.map(|axis| lens[axis]))
}

fn check_inside(block: &Shape, chunk: &Shape) -> Result<()> {
    for (axis, (&len, &container)) in block.iter().zip(&**chunk).enumerate() {
        if len > container {
            let part = Part::Block;
            return Err(InvalidArgument::PartShape { part, axis, len, container }.into());
        }
    }
    Ok(())
}

/// A block of about [`BLOCK_NBYTES`] that fits into `bound`, which has no length of 0.
fn block_within(itemsize: usize, bound: &Shape) -> Shape {
    let mut block = bound.map(|_| 1);
    let row = (ROW_NBYTES / itemsize).max(1);
    let all = (BLOCK_NBYTES / itemsize).clamp(1, MAX_BLOCK_NBYTES);
    // A short last axis is the channels of pixels: then a row has some pixels, however many
    // channels there are.
    let last = bound.last().copied().unwrap_or(1);
    let row = if last <= row / 2 { row.max(last * ROW_PIXELS).min(all) } else { row };
    // First a row along the last axes, then rows along the axes before; what is still to spare
    // goes to the axis that the row did not fill.
    let row_start = grow(&mut block, bound, bound.ndim(), row);
    grow(&mut block, bound, row_start, all);
    grow(&mut block, bound, bound.ndim(), all);
    block
}

/// Lengthens a block along the axes before `end`, the last of them first, to at most `nitems`
/// elements. Answers the first axis that became longer than 1.
fn grow(block: &mut Shape, bound: &Shape, end: usize, nitems: usize) -> usize {
    for axis in (0..end).rev() {
        let others: usize = block.nitems() / block[axis];
        let most = (nitems / others).max(block[axis]).min(bound[axis]);
        let round = if axis + 1 == bound.ndim() { ROUND } else { 1 };
        *block = block.with_len(axis, balanced(bound[axis], most, round));
        if block[axis] < bound[axis] {
            return if block[axis] > 1 { axis } else { axis + 1 };
        }
    }
    0
}

/// The length of parts, at most `most`, that cover `len` with little to spare.
fn balanced(len: usize, most: usize, round: usize) -> usize {
    let even = len.div_ceil(len.div_ceil(most));
    let rounded = even.div_ceil(round).saturating_mul(round);
    if even < len && rounded <= most { rounded } else { even }
}

/// A chunk of about [`CHUNK_NBYTES`], of whole blocks, that fits into `bound`.
fn chunk_of(itemsize: usize, block: &Shape, bound: &Shape) -> Shape {
    let block_nbytes = block.iter().fold(itemsize, |nbytes, &len| nbytes.saturating_mul(len));
    let nblocks = |nbytes: usize| (nbytes.min(MAX_CHUNK_NBYTES) / block_nbytes).max(1);
    let mut left = nblocks(CHUNK_NBYTES);
    let mut chunk = *block;
    for axis in (0..bound.ndim()).rev() {
        let needed = bound[axis].div_ceil(block[axis]);
        let whole_rows = axis + 1 == bound.ndim() && needed <= nblocks(2 * CHUNK_NBYTES);
        let n = if whole_rows { needed } else { balanced(needed, left, 1) };
        chunk = chunk.with_len(axis, n.saturating_mul(block[axis]).min(bound[axis]));
        left = (left / n).max(1);
    }
    chunk
}

#[cfg(test)]
mod tests;
