//! Arrays from rows that arrive one after the other.

use std::fmt;

use super::options::Options;
use super::raw::zeroed;
use super::typed::Array;
use crate::arch::view::{View, lend_items};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::Shape;

/// Builds an array from rows along axis 0: of a camera, a decoder, a socket.
///
/// Rows are compressed as soon as there are enough for a chunk; so each chunk is encoded once, and
/// no more than one chunk's rows are held uncompressed.
///
/// ```
/// use ndpress::{Array, Options};
///
/// let mut frames = Array::<u16>::writer([0, 48, 64], &Options::default())?;
/// for number in 0..100 {
///     frames.append_slice(&[number; 48 * 64])?;
/// }
/// let stack = frames.finish()?;
/// assert_eq!(stack.shape()[..], [100, 48, 64]);
/// assert_eq!(stack.at(&[31, 5, 5])?, 31);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct ArrayWriter<T> {
    /// Whole rows of chunks.
    array: Array<T>,
    /// Room for one row of chunks, once it was needed.
    pending: Vec<T>,
    /// Rows in it.
    pending_rows: usize,
}

impl<T: Element> Array<T> {
    /// Starts an array that gets its rows one after the other. `shape` is that of no rows: its axis
    /// 0 has length 0.
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) for a shape of no axes,
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch) for another length of axis 0; otherwise as
    /// [`zeros`](Self::zeros).
    pub fn writer(shape: impl AsRef<[usize]>, options: &Options) -> Result<ArrayWriter<T>> {
        let shape = Shape::new(shape)?;
        let Some(&rows) = shape.first() else {
            return Err(InvalidArgument::NdimMismatch { expected: 1, found: 0 }.into());
        };
        if rows != 0 {
            let (expected, found) = (shape.with_len(0, 0).to_vec(), shape.to_vec());
            return Err(InvalidArgument::ShapeMismatch { expected, found }.into());
        }
        let array = Self::zeros(shape, options)?;
        Ok(ArrayWriter { array, pending: Vec::new(), pending_rows: 0 })
    }
}

impl<T: Element> ArrayWriter<T> {
    /// The shape of all rows so far.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let shape = self.array.shape();
        shape.with_len(0, shape[0] + self.pending_rows)
    }

    /// Appends rows in C order: elements for one or more indices of axis 0.
    ///
    /// # Errors
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch) when they are no whole rows;
    /// [`ShapeOverflow`](InvalidArgument::ShapeOverflow), [`Error::OutOfMemory`] and
    /// [`Error::Codec`]. None of the rows is taken then.
    ///
    /// [`Error::OutOfMemory`]: crate::Error::OutOfMemory
    /// [`Error::Codec`]: crate::Error::Codec
    pub fn append_slice(&mut self, rows: &[T]) -> Result<()> {
        let view = rows_view(self.array.shape(), rows)?;
        self.append_view(view)
    }

    /// Appends the rows of a view of any strides: of as many axes as the array, or of one less for
    /// a single row.
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch),
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch); otherwise as
    /// [`append_slice`](Self::append_slice).
    #[cfg(feature = "ndarray")]
    pub fn append<D: ndarray::Dimension>(&mut self, rows: &ndarray::ArrayRef<T, D>) -> Result<()> {
        let view = super::nd::rows_of(self.array.shape(), rows)?;
        self.append_view(view)
    }

    /// The array of all rows.
    ///
    /// # Errors
    /// [`Error::Codec`](crate::Error::Codec).
    pub fn finish(mut self) -> Result<Array<T>> {
        if self.pending_rows > 0 {
            let shape = self.pending_shape(self.pending_rows);
            let rows = &self.pending[..shape.nitems()];
            self.array.raw_mut().append(&[View::from_items(rows, shape)?])?;
        }
        Ok(self.array)
    }

    /// Appends rows of the right shape.
    pub(crate) fn append_view(&mut self, view: View<'_>) -> Result<()> {
        self.check_total(view.shape()[0])?;
        let chunk_rows = self.array.chunk_shape()[0];
        let rows = view.shape()[0];
        // Rows that complete the pending ones; rows of whole chunks, which need not be copied; and
        // rows that wait for more.
        let completing = match self.pending_rows {
            0 => 0,
            pending => rows.min(chunk_rows - pending),
        };
        let whole = (rows - completing) / chunk_rows * chunk_rows;
        let (head, rest) = view.split_at(0, completing);
        let (body, tail) = rest.split_at(0, whole);
        if completing + tail.shape()[0] > 0 {
            self.reserve_pending()?;
        }
        self.copy_to_pending(self.pending_rows, head)?;
        if self.pending_rows + completing == chunk_rows {
            let shape = self.pending_shape(chunk_rows);
            let pending = View::from_items(&self.pending, shape)?;
            self.array.raw_mut().append(&[pending, body])?;
            self.pending_rows = 0;
        } else {
            self.array.raw_mut().append(&[body])?;
            self.pending_rows += completing;
        }
        self.copy_to_pending(self.pending_rows, tail)?;
        self.pending_rows += tail.shape()[0];
        Ok(())
    }

    /// Checks that there can be so many more rows.
    fn check_total(&self, rows: usize) -> Result<()> {
        let shape = self.shape();
        shape.with_len(0, shape[0].saturating_add(rows)).nbytes(size_of::<T>()).map(drop)
    }

    fn pending_shape(&self, rows: usize) -> Shape {
        self.array.shape().with_len(0, rows)
    }

    fn reserve_pending(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            let shape = self.pending_shape(self.array.chunk_shape()[0]);
            shape.nbytes(size_of::<T>())?;
            self.pending = zeroed(shape.nitems())?;
        }
        Ok(())
    }

    fn copy_to_pending(&mut self, row: usize, rows: View<'_>) -> Result<()> {
        let shape = *rows.shape();
        if shape.contains(&0) {
            return Ok(());
        }
        let row_nitems = shape.with_len(0, 1).nitems();
        let dst = &mut self.pending[row * row_nitems..][..shape.nitems()];
        lend_items(dst, shape, |mut view| {
            view.copy_from(&rows);
            Ok(())
        })
    }
}

impl<T: Element> fmt::Debug for ArrayWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayWriter")
            .field("array", &self.array)
            .field("pending_rows", &self.pending_rows)
            .finish()
    }
}

/// Elements in C order as rows of an array of this shape.
pub(super) fn rows_view<'a, T: Element>(shape: &Shape, items: &'a [T]) -> Result<View<'a>> {
    let Some(_) = shape.first() else {
        return Err(InvalidArgument::NdimMismatch { expected: 1, found: 0 }.into());
    };
    let rows = rows_in(shape.with_len(0, 1).nitems(), items.len());
    View::from_items(items, shape.with_len(0, rows))
}

/// How many rows of `row_nitems` so many elements are, or are meant to be.
pub(super) fn rows_in(row_nitems: usize, nitems: usize) -> usize {
    match row_nitems {
        // Rows of no elements cannot be counted: there are none.
        0 => 0,
        // Less than a row is too few for one, not too many for none.
        _ => (nitems / row_nitems).max(usize::from(nitems > 0)),
    }
}
