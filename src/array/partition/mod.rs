//! Chunk and block shapes for arrays whose author did not choose, or chose only in part.
//!
//! A *block* is what is decoded to reach one element, so it has to be small; and what a codec finds
//! likeness in, so it must not be too small. The default is 32 KiB, which leaves half of a
//! first-level cache to the codec's tables. Neighbours in it should be neighbours in space:
//!
//! - planes are cut into tiles with rows of 512 bytes; rows not much longer stay whole;
//! - volumes into boxes: rows of 256 bytes and four slices, since slices resemble each other;
//! - a short last axis is the channels of pixels. Up to eight are in a block together, more of them
//!   in groups of four: what they share is found, and enough pixels are left to a block.
//!
//! One default serves all codecs: what suits the raster codec costs LZ codecs nothing.
//!
//! A *chunk* is what is allocated and replaced at once, about 2 MiB of blocks: whole rows of the
//! array where they fit, because most data arrives and leaves by rows.
//!
//! Lengths are balanced: 1000 rows in blocks of at most 300 make four blocks of 250, not three of
//! 300 and one of 100 rows and 200 of padding.

use super::grid::Grid;
use crate::chunk::{MAX_BLOCK_NBYTES, MAX_CHUNK_NBYTES};
use crate::error::{InvalidArgument, Part, Result};
use crate::shape::Shape;

/// Bytes of a block.
const BLOCK_NBYTES: usize = 32 << 10;

/// Bytes of a row of a block: long enough for copies, short enough for tiles.
const ROW_NBYTES: usize = 512;

/// Bytes of a row of a block that has several slices.
const VOLUME_ROW_NBYTES: usize = 256;

/// Slices of a volume in a block. Reading one of them decodes the others too.
const DEPTH: usize = 4;

/// Bytes of one channel that are in a row of a block.
const CHANNEL_ROW_NBYTES: usize = 128;

/// Channels that are in a block together.
const MAX_CHANNELS: usize = 8;

/// Channels of a block where there are more of them.
const CHANNEL_GROUP: usize = 4;

/// More than this in the last axis are no channels.
const MANY_CHANNELS: usize = 64;

/// Bytes of a chunk; up to twice as many where that makes the last axis whole.
const CHUNK_NBYTES: usize = 2 << 20;

/// Bytes that rows are a multiple of where that wastes little: kernels take so many at once.
const STEP_NBYTES: usize = 64;

/// Elements that rows are a multiple of elsewhere, so that rows of small ones end where words do.
const ROUND: usize = 8;

/// What part of a row may be padding for the sake of whole steps.
const WASTE: usize = 16;

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
    let all = (BLOCK_NBYTES / itemsize).clamp(1, MAX_BLOCK_NBYTES);
    let channels = channels(bound);
    let Some(row) = (bound.ndim() - usize::from(channels.is_some())).checked_sub(1) else {
        return block;
    };
    if let Some(channels) = channels {
        block = block.with_len(row + 1, channels.min(all));
    }
    // First a row and some slices, and as many rows as fit. Where these are too few, what comes
    // after them: slices, more of the row, more channels.
    let mut row_nbytes = ROW_NBYTES / block.nitems() / STEP_NBYTES * STEP_NBYTES;
    let depth = depth(bound, row).min(all / block.nitems());
    if depth > 1 {
        row_nbytes = row_nbytes.min(VOLUME_ROW_NBYTES);
        block = block.with_len(row - 2, depth);
    }
    let most = row_nbytes.max(CHANNEL_ROW_NBYTES) / itemsize;
    let most = if bound[row] <= 2 * most { bound[row] } else { most };
    let most = most.min(all / block.nitems()).max(1);
    block = block.with_len(row, row_len(itemsize, bound[row], most));
    for axis in (0..row).rev().chain(row..bound.ndim()) {
        let others: usize = block.nitems() / block[axis];
        let most = (all / others).max(block[axis]).min(bound[axis]);
        let len = match axis == row {
            true => row_len(itemsize, bound[axis], most),
            false => balanced(bound[axis], most, 1),
        };
        block = block.with_len(axis, len);
        if len < bound[axis] {
            break;
        }
    }
    block
}

/// How many slices a block has at least, where `row` is the axis of rows.
fn depth(bound: &Shape, row: usize) -> usize {
    match row.checked_sub(2).map(|slice| bound[slice]) {
        // What grows does so slice by slice; and of two slices only one has another before it.
        None | Some(..3 | usize::MAX) => 1,
        Some(len) => balanced(len, DEPTH, 1),
    }
}

/// How many channels of pixels a block has, if the last axis is channels.
fn channels(bound: &Shape) -> Option<usize> {
    let [.., width, channels] = **bound else { return None };
    let are_many = bound.ndim() > 2 && channels <= MANY_CHANNELS.min(width / 4);
    match channels {
        ..=MAX_CHANNELS => Some(channels),
        _ => are_many.then(|| balanced(channels, CHANNEL_GROUP, 1)),
    }
}

/// The length of rows, at most `most`, that cover `len`.
fn row_len(itemsize: usize, len: usize, most: usize) -> usize {
    let steps = balanced(len, most, (STEP_NBYTES / itemsize).max(1));
    let waste = steps.saturating_mul(len.div_ceil(steps)) - len;
    if waste <= len / WASTE { steps } else { balanced(len, most, ROUND) }
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
