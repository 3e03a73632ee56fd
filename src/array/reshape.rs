//! Other axes over the same chunks.

use super::grid::Grid;
use super::raw::RawArray;
use super::typed::Array;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::Shape;

impl<T: Element> Array<T> {
    /// The same elements, in C order, in another shape, where the chunks can stay as they are: they
    /// are shared, and nothing is decoded.
    ///
    /// Axes may be merged whose chunks and blocks have all of them but the first, and be split the
    /// same way; axes of length 1 come and go. For other shapes, make a new array of
    /// [`to_vec`](Self::to_vec). The result keeps no [statistics](Self::keep_block_statistics).
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let options = Options::new().chunk_shape([2, 64, 64]).block_shape([1, 64, 64]);
    /// let stack = Array::full([10, 64, 64], 1u16, &options)?;
    /// assert_eq!(stack.reshape([10, 4096])?.chunk_shape()[..], [2, 4096]);
    /// assert!(stack.reshape([64, 640]).is_err());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Reshape`](InvalidArgument::Reshape) for another number of elements, and for chunks that would
    /// have to be cut otherwise; [`TooManyAxes`](InvalidArgument::TooManyAxes).
    pub fn reshape(&self, shape: impl AsRef<[usize]>) -> Result<Self> {
        Ok(Self::from_raw(self.raw().reshaped(Shape::new(shape)?)?))
    }
}

impl RawArray {
    fn reshaped(&self, shape: Shape) -> Result<Self> {
        let grid = self.grid();
        let error = || -> crate::Error {
            let (from, to) = (grid.shape().to_vec(), shape.to_vec());
            InvalidArgument::Reshape { from, to }.into()
        };
        let (chunk, block) = lens(grid, &shape).ok_or_else(error)?;
        let new = Grid::new(grid.itemsize(), shape, chunk, block).map_err(|_| error())?;
        let is_same = (new.nchunks(), new.nblocks(), new.block_nbytes())
            == (grid.nchunks(), grid.nblocks(), grid.block_nbytes());
        if !is_same {
            return Err(error());
        }
        let mut array = self.clone();
        array.recut(new, self.slots().clone());
        // Sums were made in the order of the axes as they were.
        array.drop_summaries();
        Ok(array)
    }
}

/// The lengths of chunks and blocks under other axes; `None` if there are none.
fn lens(grid: &Grid, shape: &Shape) -> Option<(Shape, Shape)> {
    let (mut chunk, mut block) = (*shape, *shape);
    let (mut old, mut new) = (0, 0);
    let (old_ndim, new_ndim) = (grid.shape().ndim(), shape.ndim());
    while old < old_ndim || new < new_ndim {
        // As few axes of both as have the same number of elements.
        let (old_start, new_start) = (old, new);
        let (mut old_len, mut new_len) = (1usize, 1usize);
        loop {
            match () {
                () if old_len < new_len && old < old_ndim => {
                    old_len = old_len.checked_mul(grid.shape()[old])?;
                    old += 1;
                }
                () if new_len < old_len && new < new_ndim => {
                    new_len = new_len.checked_mul(shape[new])?;
                    new += 1;
                }
                () if old_len != new_len => return None,
                () if old == old_start && new == new_start && old < old_ndim => {
                    old_len = grid.shape()[old];
                    old += 1;
                }
                () if old == old_start && new == new_start => {
                    new_len = shape[new];
                    new += 1;
                }
                () => break,
            }
            if old_len == 0 || new_len == 0 {
                return None;
            }
        }
        // All but the first axis that is longer than 1 have to be in one block.
        let first = (old_start..old).find(|&axis| grid.shape()[axis] > 1);
        let Some(first) = first else {
            (new_start..new).for_each(|axis| {
                chunk = chunk.with_len(axis, 1);
                block = block.with_len(axis, 1);
            });
            continue;
        };
        let rest = first + 1..old;
        if rest.clone().any(|axis| grid.block_shape()[axis] != grid.shape()[axis]) {
            return None;
        }
        let inner: usize = rest.map(|axis| grid.shape()[axis]).product();
        let (chunk_len, block_len) =
            (grid.chunk_shape()[first] * inner, grid.block_shape()[first] * inner);
        let first = (new_start..new).find(|&axis| shape[axis] > 1)?;
        let inner: usize = (first + 1..new).map(|axis| shape[axis]).product();
        if !chunk_len.is_multiple_of(inner) || !block_len.is_multiple_of(inner) {
            return None;
        }
        chunk = chunk.with_len(first, chunk_len / inner);
        block = block.with_len(first, block_len / inner);
    }
    Some((chunk, block))
}
