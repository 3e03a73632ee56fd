//! A shared array's reads into and writes from views of `ndarray`.

use bytemuck::bytes_of;
use ndarray::{ArrayD, ArrayRef, Dimension, IxDyn, SliceArg};

use super::SharedArray;
use crate::arch::view::View;
use crate::array::select::Slicing;
use crate::array::typed::Array;
use crate::dtype::Element;
use crate::error::Result;

impl<T: Element> SharedArray<T> {
    /// Reads a selection into a new array, as [`Array::read`].
    ///
    /// ```
    /// use ndpress::ndarray::Array1;
    /// # use ndpress::{Array, Options, SharedArray, s};
    /// let shared = SharedArray::new(Array::<u8>::zeros([100, 100], &Options::default())?);
    /// shared.fill(s![.., ..;2], 1)?;
    /// let row: Array1<u8> = shared.read(s![7, ..4])?;
    /// assert_eq!(row.to_vec(), [1, 0, 1, 0]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::read`].
    pub fn read<I: SliceArg<IxDyn>>(&self, selection: I) -> Result<ndarray::Array<T, I::OutDim>> {
        self.with_version(|array| array.read(selection))
    }

    /// Reads a selection into an array or a view of any strides, as [`Array::read_into`].
    ///
    /// # Errors
    /// As [`Array::read_into`].
    pub fn read_into<I, D>(&self, selection: I, dst: &mut ArrayRef<T, D>) -> Result<()>
    where
        I: SliceArg<IxDyn>,
        D: Dimension,
    {
        self.with_version(|array| array.read_into(selection, dst))
    }

    /// Decompresses everything.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn to_ndarray(&self) -> Result<ArrayD<T>> {
        self.with_version(Array::to_ndarray)
    }

    /// Overwrites a selection with the elements of an array or a view of any strides and the
    /// selection's shape.
    ///
    /// ```
    /// use ndpress::ndarray::Array2;
    /// # use ndpress::{Array, Options, SharedArray, s};
    /// let shared = SharedArray::new(Array::<u8>::zeros([100, 100], &Options::default())?);
    /// let patch = Array2::from_shape_fn((10, 20), |(y, x)| (y + x) as u8);
    /// shared.write(s![50..60, ..40;2], &patch)?;
    /// assert_eq!(shared.at(&[51, 4])?, 3);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::write`]. The array is then as it was.
    pub fn write<I, D>(&self, selection: I, src: &ArrayRef<T, D>) -> Result<()>
    where
        I: SliceArg<IxDyn>,
        D: Dimension,
    {
        let (selection, view) = Slicing::with_source(&selection, self.shape(), src)?;
        self.versions.write(&selection, view)
    }

    /// Sets all elements of a selection to one value.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn fill<I: SliceArg<IxDyn>>(&self, selection: I, value: T) -> Result<()> {
        let slicing = Slicing::new(&selection, self.shape())?;
        let view = View::repeated(bytes_of(&value), *slicing.selection.count());
        self.versions.write(&slicing.selection, view)
    }
}
