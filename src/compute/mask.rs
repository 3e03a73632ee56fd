//! The elements where a mask is true.

use super::expression::Expression;
use super::zip::Source;
use crate::array::{Array, ArrayItems};
use crate::dtype::Element;
use crate::error::{Result, check_len};
use crate::shape::{Region, Shape, check_shape};

/// Elements that are looked at together, at least one index of axis 0: a bound on the memory.
const SLAB_NITEMS: usize = 1 << 22;

/// One of so many elements: if no more are wanted, they are picked one by one.
const FEW: usize = 64;

/// The parts of an array of this shape that follow each other in C order, cut where chunks end as far
/// as that keeps them small.
fn slabs(shape: &Shape, chunk: &Shape) -> impl Iterator<Item = Region> + use<> {
    let shape = *shape;
    let row: usize = shape.iter().skip(1).product();
    let (len, chunk_rows) = match (shape.first(), chunk.first()) {
        // However many rows of nothing there are.
        _ if shape.contains(&0) => (0, 1),
        (Some(&len), Some(&rows)) => (len, rows),
        _ => (1, 1),
    };
    let fitting = (SLAB_NITEMS / row.max(1)).max(1);
    let rows = if fitting >= chunk_rows { fitting / chunk_rows * chunk_rows } else { fitting };
    (0..len).step_by(rows).map(move |start| {
        let axis0 = |first: usize, lens: Shape| {
            if lens.ndim() == 0 { lens } else { lens.with_len(0, first) }
        };
        let start_at = axis0(start, shape.map(|_| 0));
        Region::at(start_at, axis0(rows.min(len - start), shape))
    })
}

/// Where a slab's mask is true: C-order indices, counted from the array's first element.
fn indices_in<'a>(
    slab: &Region,
    whole: &Shape,
    mask: &'a [bool],
) -> impl Iterator<Item = usize> + 'a {
    let first = whole.ravel(slab.start());
    let is_true = mask.iter().enumerate().filter(|(_, is_true)| **is_true);
    is_true.map(move |(position, _)| first + position)
}

impl Expression<bool> {
    /// Where the expression is true: indices in C order, as of a flattened array, ascending. A
    /// [`Shape`] makes them those of each axis: [`Shape::unravel`].
    ///
    /// Memory: the result, and some MiB of the expression at a time, or an index of axis 0. Of an
    /// array that [keeps statistics](Array::keep_block_statistics), compared with a number, only
    /// blocks are decoded whose elements lie on both sides of it.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1.5f32, -2.0, 3.0, -4.0], [2, 2], &Options::new())?;
    /// assert_eq!(array.lazy().lt(0).true_indices()?, [1, 3]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of the expression; [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block.
    pub fn true_indices(&self) -> Result<Vec<usize>> {
        let computed = self.computed()?;
        let (shape, chunk) = (self.shape()?, *computed.grid().chunk_shape());
        let (mut found, mut mask) = (Vec::new(), Vec::new());
        for slab in slabs(&shape, &chunk) {
            mask.resize(slab.shape().nitems(), false);
            computed.read(&slab, &mut mask)?;
            found.extend(indices_in(&slab, &shape, &mask));
        }
        Ok(found)
    }
}

impl Array<bool> {
    /// Where the array is true: see [`Expression::true_indices`].
    ///
    /// # Errors
    /// As there.
    pub fn true_indices(&self) -> Result<Vec<usize>> {
        self.lazy().true_indices()
    }
}

impl<T: Element> Array<T> {
    /// The elements where a mask of the same shape is true, in C order. The mask is an array or an
    /// expression; a plain one becomes an array with [`from_slice`](Array::from_slice).
    ///
    /// Memory: the result, and some MiB of the array and the mask at a time, or an index of axis 0.
    /// Where the mask is true of few elements, only the blocks that have them are decoded.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1.5f32, -2.0, 3.0, -4.0], [2, 2], &Options::new())?;
    /// assert_eq!(array.read_masked(array.lazy().lt(0))?, [-2.0, -4.0]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::InvalidArgument::ShapeMismatch) for a mask of another shape, and that of the
    /// expression; [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block.
    pub fn read_masked(&self, mask: impl Source<Item = bool>) -> Result<Vec<T>> {
        let mask = mask.into();
        check_shape(self.shape(), &mask.shape()?)?;
        let mut found = Vec::new();
        for slab in slabs(self.shape(), self.chunk_shape()) {
            let mask = mask.read_region(&slab)?;
            let nwanted = mask.iter().filter(|is_wanted| **is_wanted).count();
            if nwanted > mask.len() / FEW {
                let items = self.read_region(&slab)?.into_iter().zip(mask);
                found.extend(items.filter(|(_, is_wanted)| *is_wanted).map(|(item, _)| item));
            } else if nwanted > 0 {
                let indices = indices_in(&slab, self.shape(), &mask);
                let points: Vec<Shape> = indices.map(|index| self.shape().unravel(index)).collect();
                found.extend(self.read_points(&points)?);
            }
        }
        Ok(found)
    }

    /// Overwrites the elements where a mask of the same shape is true, with as many in C order.
    ///
    /// Memory: as [`read_masked`](Self::read_masked), and the old chunks until all new ones are there.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let mut array = Array::from_slice(&[1u8, 9, 2, 9], [4], &Options::new())?;
    /// array.write_masked(array.lazy().eq(9), &[5, 6])?;
    /// assert_eq!(array.to_vec()?, [1, 5, 2, 6]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_masked`](Self::read_masked);
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for another number of elements than the
    /// mask has of `true`; [`Error::Codec`](crate::Error::Codec). The array is then as it was.
    pub fn write_masked(&mut self, mask: impl Source<Item = bool>, items: &[T]) -> Result<()> {
        let mask = mask.into();
        check_shape(self.shape(), &mask.shape()?)?;
        check_len(mask.count(|is_wanted| is_wanted)?, items.len())?;
        let (mut changed, mut items) = (self.clone(), items.iter());
        for slab in slabs(self.shape(), self.chunk_shape()) {
            let mask = mask.read_region(&slab)?;
            if mask.contains(&true) {
                let mut slab_items = self.read_region(&slab)?;
                let wanted = slab_items.iter_mut().zip(mask).filter(|(_, is_wanted)| *is_wanted);
                wanted.zip(&mut items).for_each(|((item, _), new)| *item = *new);
                changed.write_region(&slab, &slab_items)?;
            }
        }
        *self = changed;
        Ok(())
    }

    /// Sets the elements where a mask is true to one value. The mask is repeated where its shape is
    /// less; blocks of the array without any stay as they are.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let mut depth = Array::from_slice(&[1.5f32, 1e30, 3.0], [3], &Options::new())?;
    /// depth.fill_masked(depth.lazy().gt(1000), f32::INFINITY)?;
    /// assert_eq!(depth.at(&[1])?, f32::INFINITY);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zip_map_in_place`](Self::zip_map_in_place).
    pub fn fill_masked(&mut self, mask: impl Source<Item = bool>, value: T) -> Result<()> {
        self.zip_map_in_place((mask,), |item, (is_wanted,)| if is_wanted { value } else { item })
    }
}
