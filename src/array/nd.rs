//! Arrays from and to `ndarray`: views of any strides, selections with `s![]`.

use bytemuck::bytes_of;
use ndarray::{ArrayD, ArrayRef, Dimension, IxDyn, SliceArg};

use super::options::Options;
use super::raw::zeroed;
use super::select::Slicing;
use super::typed::Array;
use crate::arch::view::{View, lend_ndarray};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Shape, check_axis, check_shape};

impl<T: Element> Array<T> {
    /// Compresses an array or a view of any strides: transposed, reversed, sliced or broadcast.
    ///
    /// Allocates nothing but the compressed bytes and a little scratch per thread.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use ndpress::{Array, Options};
    ///
    /// let volume = Array3::<i16>::from_shape_fn((20, 30, 40), |(z, y, _)| (z * y) as i16);
    /// let array = Array::from_ndarray(&volume.t(), &Options::default())?;
    /// assert_eq!(array.shape()[..], [40, 30, 20]);
    /// assert_eq!(array.to_ndarray()?, volume.t().into_dyn());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TooManyAxes`](InvalidArgument::TooManyAxes); otherwise as [`zeros`](Self::zeros).
    pub fn from_ndarray<D: Dimension>(array: &ArrayRef<T, D>, options: &Options) -> Result<Self> {
        Self::from_view(View::from_ndarray(array)?, options)
    }

    /// Decompresses everything.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn to_ndarray(&self) -> Result<ArrayD<T>> {
        let items = self.to_vec()?;
        Ok(from_items(IxDyn(self.shape()), items))
    }

    /// Reads a selection into a new array: ranges, steps, single indices, new axes, with negative
    /// numbers counted from the end, as in [`ndarray::s!`]. The dimension of the result is part of
    /// the selection's type.
    ///
    /// ```
    /// use ndarray::{Array1, Array2, s};
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<u32> = (0..1000 * 1000).collect();
    /// let array = Array::from_slice(&ramp, [1000, 1000], &Options::default())?;
    /// let window: Array2<u32> = array.read(s![100..164, 200..264])?;
    /// assert_eq!(window[[1, 2]], 101_202);
    /// let column: Array1<u32> = array.read(s![..;-100, -1])?;
    /// assert_eq!(column[0], 999_999);
    /// assert!(array.read(s![0..1001, ..]).is_err());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`RegionOutOfBounds`](InvalidArgument::RegionOutOfBounds),
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds),
    /// [`NegativeIndex`](InvalidArgument::NegativeIndex),
    /// [`ZeroStep`](InvalidArgument::ZeroStep) and
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) where `ndarray` panics;
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block;
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn read<I: SliceArg<IxDyn>>(&self, selection: I) -> Result<ndarray::Array<T, I::OutDim>> {
        let slicing = Slicing::new(&selection, self.shape())?;
        let dim = slicing.dim()?;
        let mut array = from_items(dim, zeroed(slicing.shape.nitems())?);
        self.read_sliced(&slicing, &mut array)?;
        Ok(array)
    }

    /// Reads a selection into an array or a view of any strides. Nothing is allocated that grows
    /// with the array.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// # use ndpress::{Array, Options};
    /// # let array = Array::full([1000, 1000], 7u32, &Options::default())?;
    /// let mut canvas = Array2::zeros((200, 200));
    /// array.read_into(s![100..164, 200..264], &mut canvas.slice_mut(s![..64, 10..74]))?;
    /// assert_eq!((canvas[[0, 9]], canvas[[0, 10]]), (0, 7));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`ShapeMismatch`](InvalidArgument::ShapeMismatch). Only
    /// [`Error::Corrupt`](crate::Error::Corrupt) leaves `dst` with unspecified values.
    pub fn read_into<I, D>(&self, selection: I, dst: &mut ArrayRef<T, D>) -> Result<()>
    where
        I: SliceArg<IxDyn>,
        D: Dimension,
    {
        let slicing = Slicing::new(&selection, self.shape())?;
        slicing.check(dst.shape())?;
        self.read_sliced(&slicing, dst)
    }

    fn read_sliced<D: Dimension>(&self, slicing: &Slicing, dst: &mut ArrayRef<T, D>) -> Result<()> {
        lend_ndarray(dst, |view| self.raw().read(&slicing.selection, slicing.align(view)?))
    }

    /// Overwrites a selection with the elements of an array or a view of any strides and the
    /// selection's shape.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use ndpress::{Array, Options};
    ///
    /// let mut array = Array::<u8>::zeros([100, 100], &Options::default())?;
    /// let patch = Array2::from_shape_fn((10, 20), |(y, x)| (y + x) as u8);
    /// array.write(s![50..60, ..40;2], &patch)?;
    /// array.write(s![..20, 90..], &patch.t())?;
    /// assert_eq!(array.at(&[51, 4])?, 3);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_into`](Self::read_into), and [`Error::Codec`](crate::Error::Codec). The array is
    /// then as it was.
    pub fn write<I, D>(&mut self, selection: I, src: &ArrayRef<T, D>) -> Result<()>
    where
        I: SliceArg<IxDyn>,
        D: Dimension,
    {
        let (selection, view) = Slicing::with_source(&selection, self.shape(), src)?;
        self.raw_mut().write(&selection, view)
    }

    /// Sets all elements of a selection to one value.
    ///
    /// ```
    /// use ndarray::s;
    /// # use ndpress::{Array, Options};
    /// let mut checks = Array::<bool>::zeros([8, 8], &Options::default())?;
    /// checks.fill(s![..;2, ..;2], true)?;
    /// checks.fill(s![1..;2, 1..;2], true)?;
    /// assert!(checks.at(&[3, 5])? && !checks.at(&[3, 4])?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn fill<I: SliceArg<IxDyn>>(&mut self, selection: I, value: T) -> Result<()> {
        let slicing = Slicing::new(&selection, self.shape())?;
        let view = View::repeated(bytes_of(&value), *slicing.selection.count());
        self.raw_mut().write(&slicing.selection, view)
    }

    /// Lengthens axis 0 by the rows of a view: of as many axes as the array, or of one less for a
    /// single row.
    ///
    /// ```
    /// use ndarray::{Array2, Array3};
    /// # use ndpress::{Array, Options};
    /// let mut stack = Array::from_ndarray(&Array3::<u16>::zeros((4, 48, 64)), &Options::default())?;
    /// stack.append(&Array2::ones((48, 64)))?;
    /// stack.append(&Array3::ones((3, 48, 64)))?;
    /// assert_eq!(stack.shape()[..], [8, 48, 64]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// To build an array from rows, [`writer`](Self::writer) is cheaper: it encodes each chunk once.
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch),
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch) for rows of another shape; otherwise as
    /// [`write`](Self::write).
    pub fn append<D: Dimension>(&mut self, rows: &ArrayRef<T, D>) -> Result<()> {
        let view = rows_of(self.shape(), rows)?;
        self.raw_mut().append(&[view])
    }
}

impl<T: Element> Array<T> {
    /// Lengthens an axis by a view of any strides, which is as long as the array on all other axes;
    /// it need not end where a chunk does.
    ///
    /// ```
    /// use ndarray::Array2;
    /// # use ndpress::{Array, Options, s};
    /// let mut array = Array::from_ndarray(&Array2::<u16>::zeros((48, 64)), &Options::default())?;
    /// array.append_along(1, &Array2::ones((48, 3)))?;
    /// assert_eq!(array.shape()[..], [48, 67]);
    /// assert_eq!(array.at(&[47, 66])?, 1);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis that does not exist,
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) and
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch) for another view; otherwise as
    /// [`resize`](Self::resize) and [`write`](Self::write). The array is then as it was.
    pub fn append_along<D: Dimension>(
        &mut self,
        axis: usize,
        items: &ArrayRef<T, D>,
    ) -> Result<()> {
        check_axis(axis, self.ndim())?;
        let view = View::from_ndarray(items)?;
        let (expected, found) = (self.shape().ndim(), view.shape().ndim());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        check_shape(&self.shape().with_len(axis, view.shape()[axis]), view.shape())?;
        self.raw_mut().append_along(axis, view)
    }
}

/// The elements of a view as rows of an array of this shape.
pub(super) fn rows_of<'a, T, D>(shape: &Shape, rows: &'a ArrayRef<T, D>) -> Result<View<'a>>
where
    T: Element,
    D: Dimension,
{
    let mut view = View::from_ndarray(rows)?;
    if view.shape().ndim() + 1 == shape.ndim() {
        view = view.insert_axis(0)?;
    }
    let (expected, found) = (shape.ndim().max(1), view.shape().ndim());
    if expected != found {
        return Err(InvalidArgument::NdimMismatch { expected, found }.into());
    }
    check_shape(&shape.with_len(0, view.shape()[0]), view.shape())?;
    Ok(view)
}

/// As many elements as the dimension holds, in C order.
pub(crate) fn from_items<T, D: Dimension>(dim: D, items: Vec<T>) -> ndarray::Array<T, D> {
    match ndarray::Array::from_shape_vec(dim, items) {
        Ok(array) => array,
        Err(_) => unreachable!("the vector was made for this shape"),
    }
}
