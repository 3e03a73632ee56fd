//! How the values of a block lie next to each other.

use crate::arch::interleave::MAX_CHANNELS;
use crate::arch::raster::MIN_STRIDE;

/// Distances between neighbours, in pixels. What is no image has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// From a pixel to the one below it; 0 if there is none.
    pub(super) row: usize,
    /// From a pixel to the one behind it; 0 if there is none.
    pub(super) slice: usize,
    /// Values of a pixel, side by side.
    pub(super) channels: usize,
}

impl Geometry {
    /// No rows.
    pub(super) const FLAT: Self = Self { row: 0, slice: 0, channels: 1 };

    /// Of a block of this shape, last axis fastest, each of whose elements is `components` values.
    ///
    /// Axes of length 1 count for nothing. Short last axes are channels.
    pub(super) fn new(shape: &[usize], components: usize) -> Self {
        let mut lens = shape.iter().copied().filter(|&len| len != 1).rev();
        let mut channels = components;
        let mut next = lens.next();
        while let Some(len) = next.filter(|len| len * channels <= MAX_CHANNELS) {
            channels *= len;
            next = lens.next();
        }
        let (Some(width), Some(height)) = (next, lens.next()) else {
            return Self { channels, ..Self::FLAT };
        };
        let slice = if lens.next().is_some() { width * height } else { 0 };
        Self { row: width, slice, channels }
    }

    /// The same with rows taken several at a time, where they are too short to be predicted across
    /// if values have `itemsize` bytes.
    pub(super) fn with_long_rows(self, itemsize: usize) -> Self {
        let shortest = MIN_STRIDE / itemsize;
        let row = self.row * shortest.div_ceil(self.row.max(1)).max(1);
        Self { row, slice: if self.slice > row { self.slice } else { 0 }, ..self }
    }

    /// Of one of the channels by itself.
    pub(super) fn of_channel(self) -> Self {
        Self { channels: 1, ..self }
    }
}
