//! Bit shuffle: from items to one row of bits per bit of the item, and back.
//!
//! Eight items in a row are taken as one wide item. A byte shuffle of those gives, for each byte of
//! an item, eight planes: one with the byte of items 0, 8, 16, …, one with that of items 1, 9, 17, …
//! What remains is to transpose the eight bits that lie above one another in the eight planes, for
//! which no byte has to move. Both steps are done a tile at a time, through a buffer that stays in
//! the first-level cache.

use std::ops::Range;

use super::shuffle::{Layout, from_planes, to_planes};
use super::{Isa, scalar};

/// Items that fill one byte of a bit row.
const GROUP: usize = 8;

/// Columns treated at once of items of more than [`WHOLE`] bytes.
const STRIP: usize = 16;

/// Items of up to this many bytes have all their columns treated at once, as there are no gaps
/// between them then. More would need a larger buffer.
const WHOLE: usize = 32;

/// Groups in a tile are a multiple of this, the bytes of the widest register.
const STEP: usize = 64;

/// Bytes of the buffer: the eight planes of each column.
const BUFFER: usize = GROUP * WHOLE * STEP;

/// Gathers bit `j` of byte `i` of all items of `typesize` bytes in row `8 * i + j` of `dst`, lowest
/// bit first. What is left after a multiple of 8 items stays where it is.
pub(crate) fn bitshuffle(isa: Isa, typesize: usize, src: &[u8], dst: &mut [u8]) {
    let Some(tiles) = Tiles::new(typesize, src, dst) else { return };
    let mut buffer = [0; BUFFER];
    tiles.for_each(|tile| {
        for (layout, item, plane) in tile.layouts() {
            to_planes(isa, layout, &src[item..], &mut buffer[plane..]);
        }
        for (from, to) in tile.rows() {
            transpose(isa, tile.groups.len(), (&buffer, from), (dst, to));
        }
    });
}

/// Undoes [`bitshuffle`].
pub(crate) fn bitunshuffle(isa: Isa, typesize: usize, src: &[u8], dst: &mut [u8]) {
    let Some(tiles) = Tiles::new(typesize, src, dst) else { return };
    let mut buffer = [0; BUFFER];
    tiles.for_each(|tile| {
        for (to, from) in tile.rows() {
            transpose(isa, tile.groups.len(), (src, from), (&mut buffer, to));
        }
        for (layout, item, plane) in tile.layouts() {
            from_planes(isa, layout, &buffer[plane..], &mut dst[item..]);
        }
    });
}

/// How a block is cut into tiles that fit the buffer.
#[derive(Debug, Clone, Copy)]
struct Tiles {
    typesize: usize,
    /// Groups of 8 items in the block.
    ngroups: usize,
    /// Columns of a tile.
    columns: usize,
    /// Groups of a whole tile.
    plane: usize,
}

/// Some columns of some groups.
#[derive(Debug, Clone)]
struct Tile {
    tiles: Tiles,
    first_column: usize,
    groups: Range<usize>,
}

/// Eight rows: the first byte of the first row, and the bytes from row to row.
#[derive(Debug, Clone, Copy)]
struct Rows {
    first: usize,
    stride: usize,
}

impl Tiles {
    /// Copies what is no group of 8 items; `None` when that was everything.
    fn new(typesize: usize, src: &[u8], dst: &mut [u8]) -> Option<Self> {
        assert_eq!(src.len(), dst.len(), "a filter keeps the length");
        let group = GROUP * typesize;
        let ngroups = src.len().checked_div(group).unwrap_or(0);
        let tail = ngroups * group;
        dst[tail..].copy_from_slice(&src[tail..]);
        let columns = if typesize <= WHOLE { typesize } else { STRIP };
        let plane = (BUFFER / (GROUP * columns.max(1))) / STEP * STEP;
        (ngroups > 0).then_some(Self { typesize, ngroups, columns, plane })
    }

    fn for_each(self, mut action: impl FnMut(&Tile)) {
        // The last strip overlaps the one before when the columns are no multiple of 16.
        let last = self.typesize - self.columns;
        let columns = (0..last).step_by(self.columns).chain([last]);
        for start in (0..self.ngroups).step_by(self.plane) {
            let end = self.ngroups.min(start + self.plane);
            // The last tile is filled up to whole registers with groups of the one before.
            let len = (end - start).next_multiple_of(STEP);
            let groups = end.saturating_sub(len)..end;
            for first_column in columns.clone() {
                action(&Tile { tiles: self, first_column, groups: groups.clone() });
            }
        }
    }
}

impl Tile {
    /// The transpositions between items and buffer: with the place of the first item and that in
    /// the buffer. Plane `i * columns + j` of the buffer is of byte `j` of the `i`-th items of the
    /// groups.
    fn layouts(&self) -> impl Iterator<Item = (Layout, usize, usize)> {
        let Tiles { typesize, columns, plane, .. } = self.tiles;
        let stride = GROUP * typesize;
        let first = self.groups.start * stride + self.first_column;
        let nitems = self.groups.len();
        // Whole items follow each other without a gap.
        let (calls, columns) = if columns == typesize { (1, stride) } else { (GROUP, columns) };
        (0..calls).map(move |call| {
            let layout = Layout { nitems, columns, stride, plane };
            (layout, first + call * typesize, call * columns * plane)
        })
    }

    /// For each column, where its eight planes are in the buffer, and its eight bit rows in the
    /// block.
    fn rows(&self) -> impl Iterator<Item = (Rows, Rows)> {
        let Tiles { ngroups, columns, plane, .. } = self.tiles;
        (0..columns).map(move |column| {
            let row = (self.first_column + column) * GROUP;
            let bits = Rows { first: row * ngroups + self.groups.start, stride: ngroups };
            (Rows { first: column * plane, stride: columns * plane }, bits)
        })
    }
}

/// Transposes the 8 × 8 bits in each byte of eight rows of `nbytes`.
fn transpose(isa: Isa, nbytes: usize, from: (&[u8], Rows), to: (&mut [u8], Rows)) {
    let (from, from_stride) = (&from.0[from.1.first..], from.1.stride);
    let (to, to_stride) = (&mut to.0[to.1.first..], to.1.stride);
    #[cfg(target_arch = "x86_64")]
    if super::bitshuffle_x86::transpose(isa, nbytes, (from, from_stride), (to, to_stride)) {
        return;
    }
    let _ = isa;
    for at in (0..nbytes).step_by(8) {
        let len = (nbytes - at).min(8);
        let rows = std::array::from_fn(|row| {
            let mut bytes = [0; 8];
            bytes[..len].copy_from_slice(&from[row * from_stride + at..][..len]);
            u64::from_le_bytes(bytes)
        });
        for (row, bits) in scalar::transpose_bits(rows).iter().enumerate() {
            to[row * to_stride + at..][..len].copy_from_slice(&bits.to_le_bytes()[..len]);
        }
    }
}
