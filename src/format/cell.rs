//! Chunks that wait for their pixels.
//!
//! All channels of a part are cut alike. What is at one place in all of them is a *cell*: it is
//! compressed when all of its pixels have come, and its buffers are used for the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::FormatError;
use super::plane::Plane;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Region;

/// The pixels of a cell, as far as they have come.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) region: Region,
    /// A plane for each channel of the image.
    pub(super) planes: Vec<Plane>,
    /// Samples of all planes that have not come.
    pub(super) missing: usize,
}

/// Where and how large cells are.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellGrid {
    pub(super) size: [usize; 2],
    pub(super) cell: [usize; 2],
}

impl CellGrid {
    /// How many cells there are along each axis.
    pub(super) fn counts(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.size[axis].div_ceil(self.cell[axis]))
    }

    /// The pixels of a cell.
    pub(super) fn region(&self, index: usize) -> Result<Region> {
        let columns = self.counts()[1];
        let place = [index / columns, index % columns];
        let range = |axis: usize| {
            let start = place[axis] * self.cell[axis];
            start..(start + self.cell[axis]).min(self.size[axis])
        };
        Region::new([range(0), range(1)])
    }

    /// The cells that a region, which exists, has pixels of.
    pub(super) fn under(&self, region: &Region) -> impl Iterator<Item = usize> + use<> {
        let (start, shape) = (region.start(), region.shape());
        let range = |axis: usize| {
            start[axis] / self.cell[axis]..(start[axis] + shape[axis]).div_ceil(self.cell[axis])
        };
        let (rows, columns, width) = (range(0), range(1), self.counts()[1]);
        rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
    }
}

/// Bytes of all channels in a cell, as a part of the image: some cells are in memory at once.
const SHARE: u64 = 64;
/// Bytes of all channels in a cell that are never too many, and those that are.
const CELL_NBYTES: std::ops::RangeInclusive<u64> = (128 << 10)..=(32 << 20);
/// Bytes of one channel in a cell: a chunk.
const MAX_CHUNK_NBYTES: u64 = 2 << 20;
/// Rows that prediction and blocks want at least, of images whose rows are no chunks by themselves.
const MIN_ROWS: usize = 16;

/// The shape of cells for an image of this size, whose pixels come in strips or tiles.
///
/// Cells are whole rows where some rows are not too much, since few programs read columns alone; and
/// whole tiles otherwise, so that a tile is done when it has come.
pub(super) fn cell_shape(
    size: [usize; 2],
    dtypes: &[DType],
    tile: Option<[usize; 2]>,
) -> [usize; 2] {
    let [height, width] = size.map(|len| len.max(1));
    let pixel: u64 = dtypes.iter().map(|dtype| dtype.itemsize() as u64).sum::<u64>().max(1);
    let largest = dtypes.iter().map(|dtype| dtype.itemsize() as u64).max().unwrap_or(1);
    let nbytes = |rows: usize, columns: usize| {
        (rows as u64).saturating_mul(columns as u64).saturating_mul(pixel)
    };
    let most = (MAX_CHUNK_NBYTES / largest).saturating_mul(pixel);
    let target = nbytes(height, width) / SHARE;
    let target = target.clamp(*CELL_NBYTES.start(), *CELL_NBYTES.end()).min(most);
    let [tile_rows, tile_columns] = tile.unwrap_or([1, width]);
    let (tile_rows, tile_columns) = (tile_rows.clamp(1, height), tile_columns.clamp(1, width));
    let fitting = |unit: u64| usize::try_from(target / unit.max(1)).unwrap_or(usize::MAX).max(1);
    if tile_columns < width && nbytes(tile_rows, width) > 2 * target {
        let columns = fitting(nbytes(tile_rows, tile_columns)).saturating_mul(tile_columns);
        return [tile_rows, columns.min(width)];
    }
    let least = if nbytes(1, width) > MAX_CHUNK_NBYTES { 1 } else { MIN_ROWS };
    let rows = fitting(nbytes(1, width)).max(least);
    let rows = if rows >= tile_rows {
        rows / tile_rows * tile_rows
    } else {
        // Parts of a tall strip that are about equal.
        tile_rows.div_ceil(tile_rows.div_ceil(rows))
    };
    [rows.min(height), width]
}

/// All cells of an image.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) grid: CellGrid,
    pub(super) dtypes: Vec<DType>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Cells of which some pixels have come.
    open: HashMap<usize, Arc<Mutex<Cell>>>,
    /// A bit for each cell: whether all of its pixels have come.
    done: Vec<u64>,
    ndone: usize,
    /// Planes that no cell needs any more.
    spare: Vec<Plane>,
}

impl Cells {
    pub(super) fn new(grid: CellGrid, dtypes: Vec<DType>) -> Self {
        Self { grid, dtypes, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cell that waits for pixels.
    pub(super) fn open(&self, index: usize) -> Result<Arc<Mutex<Cell>>, FormatError> {
        let mut state = self.state();
        if state.done.get(index / 64).is_some_and(|bits| bits >> (index % 64) & 1 == 1) {
            return Err(FormatError::malformed("pixels that are there twice"));
        }
        if let Some(cell) = state.open.get(&index) {
            return Ok(cell.clone());
        }
        let region = self.grid.region(index)?;
        let nitems = region.shape().nitems();
        let mut planes = Vec::with_capacity(self.dtypes.len());
        for &dtype in &self.dtypes {
            let spare = state.spare.pop();
            planes.push(Plane::new(dtype, nitems, spare)?);
        }
        let missing = nitems.saturating_mul(planes.len());
        let cell = Arc::new(Mutex::new(Cell { region, planes, missing }));
        state.open.insert(index, cell.clone());
        Ok(cell)
    }

    /// Ends the wait of a cell whose pixels have all come.
    pub(super) fn close(&self, index: usize) {
        let mut state = self.state();
        state.open.remove(&index);
        if state.done.len() <= index / 64 {
            state.done.resize(index / 64 + 1, 0);
        }
        state.done[index / 64] |= 1 << (index % 64);
        state.ndone += 1;
    }

    /// Takes back planes that have been compressed.
    pub(super) fn recycle(&self, planes: impl IntoIterator<Item = Plane>) {
        self.state().spare.extend(planes);
    }

    /// A plane whose samples have any value.
    pub(super) fn plane(&self, dtype: DType, nitems: usize) -> Result<Plane> {
        let spare = self.state().spare.pop();
        Plane::new(dtype, nitems, spare)
    }

    /// Whether the pixels of all cells have come.
    pub(super) fn are_done(&self) -> bool {
        let [rows, columns] = self.grid.counts();
        self.state().ndone == rows.saturating_mul(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_a_small_part_of_images_and_whole_tiles() {
        let rgb = [DType::U8; 3];
        let [rows, columns] = cell_shape([4000, 6000], &rgb, None);
        assert_eq!(columns, 6000);
        assert!(rows * columns * 3 <= 4000 * 6000 * 3 / 64, "{rows}");
        // A row of tiles is small: some of them.
        assert_eq!(cell_shape([4096, 4096], &rgb, Some([64, 64])), [64, 4096]);
        // A row of tiles is a quarter of the image.
        let [rows, columns] = cell_shape([2048, 2048], &[DType::U16], Some([512, 512]));
        assert_eq!((rows, columns % 512, columns < 2048), (512, 0, true));
        // A strip that is the whole image is cut.
        let [rows, _] = cell_shape([1192, 1192], &[DType::U16], Some([1192, 1192]));
        assert!((16..200).contains(&rows), "{rows}");
        // Rows of 300 MB, as a header may claim.
        assert_eq!(cell_shape([100_000, 100_000_000], &rgb, None), [1, 100_000_000]);
        assert_eq!(cell_shape([3, 5], &rgb, Some([16, 5])), [3, 5]);
        assert_eq!(cell_shape([0, 5], &rgb, None), [1, 5]);
    }
}
