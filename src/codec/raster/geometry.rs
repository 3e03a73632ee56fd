//! How the values of a block lie next to each other.

use crate::arch::raster::MIN_STRIDE;

/// Distances between neighbours, in values. What is no image has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// From a value to the one below it; 0 if there is none.
    pub(super) row: usize,
    /// From a value to the one behind it; 0 if there is none.
    pub(super) slice: usize,
    /// Values of a pixel: its channels, side by side.
    pub(super) channels: usize,
}

/// More channels than this in the last axis are no pixel but a row.
const MAX_CHANNELS: usize = 8;

impl Geometry {
    /// No rows.
    pub(super) const FLAT: Self = Self { row: 0, slice: 0, channels: 1 };

    /// Of a block of this shape, last axis fastest. Axes of length 1 count for nothing.
    pub(super) fn new(shape: &[usize]) -> Self {
        let mut lens = shape.iter().copied().filter(|&len| len != 1).rev();
        let (Some(mut row), Some(mut height)) = (lens.next(), lens.next()) else {
            return Self::FLAT;
        };
        let mut depth = lens.next();
        let mut channels = 1;
        if row <= MAX_CHANNELS
            && let Some(next) = depth
        {
            (channels, row, height, depth) = (row, height, next, lens.next());
        }
        let slice = if depth.is_some() { row * height } else { 0 };
        Self { row, slice, channels }
    }

    /// The same with rows taken several at a time, where they are too short to be predicted across
    /// if values have `itemsize` bytes.
    pub(super) fn with_long_rows(self, itemsize: usize) -> Self {
        let shortest = MIN_STRIDE / itemsize;
        let row = self.row * shortest.div_ceil(self.row.max(1)).max(1);
        Self { row, slice: if self.slice > row { self.slice } else { 0 }, ..self }
    }
}
