//! Arrays whose element type is known when the program is compiled.

use std::marker::PhantomData;

use bytemuck::bytes_of;

use super::options::Options;
use super::raw::{RawArray, zeroed};
use super::selection::Selection;
use crate::arch::view::{View, lend_items};
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::{Region, Shape, check_axis, check_index};

/// A compressed n-dimensional array of `T` in memory.
///
/// Reading decodes the blocks under what is asked for, straight into the result where it can.
/// Writing encodes the blocks under what is given, and either happens as a whole or not at all.
/// Both use the caller's `rayon` thread pool when there is enough work (feature `rayon`), and give
/// the same bytes without it.
///
/// Reads take `&self`, from any number of threads. A clone costs a few pointers: compressed chunks
/// are shared, and replaced when one of the clones changes. It is also a snapshot to read from
/// while the original is written.
///
/// With feature `ndarray`, see [`from_ndarray`](Self::from_ndarray), [`read`](Self::read) and
/// [`write`](Self::write) for views of any strides and selections with `s![]`; everything else
/// works on slices in C order.
///
/// ```
/// use ndpress::{Array, Options, Region};
///
/// let mut array = Array::<u16>::zeros([100_000, 100_000], &Options::default())?;
/// assert!(array.cbytes() < 1000); // a constant costs one value
///
/// let window = Region::new([500..502, 70_000..70_003])?;
/// array.write_region(&window, &[1, 2, 3, 4, 5, 6])?;
/// assert_eq!(array.at(&[501, 70_001])?, 5);
/// assert_eq!(array.read_region(&Region::new([499..502, 70_001..70_002])?)?, [0, 2, 5]);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[repr(transparent)]
pub struct Array<T> {
    raw: RawArray,
    elements: PhantomData<T>,
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), elements: PhantomData }
    }
}

impl<T> Array<T> {
    pub(crate) fn raw(&self) -> &RawArray {
        &self.raw
    }

    pub(crate) fn raw_mut(&mut self) -> &mut RawArray {
        &mut self.raw
    }

    pub(super) fn into_raw(self) -> RawArray {
        self.raw
    }
}

impl<T: Element> Array<T> {
    /// The caller knows that the array holds elements of type `T`.
    pub(crate) fn from_raw(raw: RawArray) -> Self {
        debug_assert_eq!(raw.dtype(), T::DTYPE);
        Self { raw, elements: PhantomData }
    }

    /// An array of zeros (`false` for `bool`). Costs one value, whatever the shape.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::InvalidArgument) for a shape that is too large, for chunk or block
    /// shapes that do not suit it, and for a codec or filter with settings it does not have.
    pub fn zeros(shape: impl AsRef<[usize]>, options: &Options) -> Result<Self> {
        Self::full(shape, T::zeroed(), options)
    }

    /// An array of one value. Costs one value, whatever the shape.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::full([1 << 20, 1 << 20], f32::NAN, &Options::default())?;
    /// assert!(array.at(&[12_345, 678])?.is_nan());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros).
    pub fn full(shape: impl AsRef<[usize]>, value: T, options: &Options) -> Result<Self> {
        let shape = Shape::new(shape)?;
        Ok(Self::from_raw(RawArray::new(T::DTYPE, shape, bytes_of(&value), options)?))
    }

    /// An array of zeros with the shape, chunks, blocks, codec and filters of another.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// let depth = Array::full([480, 640], 1.5f32, &Options::new().chunk_shape([48, 640]))?;
    /// let mask = Array::<f32>::zeros_like(&depth);
    /// assert_eq!(mask.chunk_shape(), depth.chunk_shape());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn zeros_like(other: &Self) -> Self {
        Self::full_like(other, T::zeroed())
    }

    /// An array of one value with the shape, chunks, blocks, codec and filters of another.
    #[must_use]
    pub fn full_like(other: &Self, value: T) -> Self {
        Self::from_raw(other.raw.full_like(bytes_of(&value)))
    }

    /// Compresses a slice of elements in C order.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<f32> = (0..480 * 640).map(|i| (i / 640) as f32).collect();
    /// let array = Array::from_slice(&ramp, [480, 640], &Options::default())?;
    /// assert_eq!(array.at(&[123, 456])?, 123.0);
    /// assert!(array.ratio() > 20.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::LengthMismatch`](crate::InvalidArgument::LengthMismatch) when there are
    /// more or fewer than the shape holds; otherwise as [`zeros`](Self::zeros).
    pub fn from_slice(items: &[T], shape: impl AsRef<[usize]>, options: &Options) -> Result<Self> {
        let shape = Shape::new(shape)?;
        Self::from_view(View::from_items(items, shape)?, options)
    }

    /// Compresses a view of elements of type `T`.
    pub(super) fn from_view(view: View<'_>, options: &Options) -> Result<Self> {
        let mut array = Self::zeros(view.shape(), options)?;
        array.raw.write(&Selection::full(*view.shape()), view)?;
        Ok(array)
    }

    /// Reads a region into a new vector, in C order.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into), and
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn read_region(&self, region: &Region) -> Result<Vec<T>> {
        region.check(self.raw.shape())?;
        let mut items = zeroed(region.shape().nitems())?;
        self.read_region_into(region, &mut items)?;
        Ok(items)
    }

    /// Reads a region into a slice, in C order. Nothing is allocated.
    ///
    /// ```
    /// # use ndpress::{Array, Options, Region};
    /// # let array = Array::from_slice(&[0u8, 1, 2, 3, 4, 5], [2, 3], &Options::default())?;
    /// let mut column = [0; 2];
    /// array.read_region_into(&Region::new([0..2, 1..2])?, &mut column)?;
    /// assert_eq!(column, [1, 4]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`RegionOutOfBounds`](crate::InvalidArgument::RegionOutOfBounds),
    /// [`NdimMismatch`](crate::InvalidArgument::NdimMismatch) and
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) leave `dst` as it is;
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block, leaves it with unspecified
    /// values.
    pub fn read_region_into(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        region.check(self.raw.shape())?;
        lend_items(dst, *region.shape(), |view| self.raw.read(&region.into(), view))
    }

    /// Reads everything into a new vector, in C order.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.read_region(&Region::full(*self.raw.shape()))
    }

    /// Reads everything into a slice, in C order.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into).
    pub fn read_all_into(&self, dst: &mut [T]) -> Result<()> {
        self.read_region_into(&Region::full(*self.raw.shape()), dst)
    }

    /// Overwrites a region with elements in C order.
    ///
    /// Blocks outside of it keep their compressed bytes; blocks inside are not decoded first.
    ///
    /// ```
    /// # use ndpress::{Array, Options, Region};
    /// let mut array = Array::<u8>::zeros([2, 3], &Options::default())?;
    /// array.write_region(&Region::new([0..2, 1..3])?, &[1, 2, 3, 4])?;
    /// assert_eq!(array.to_vec()?, [0, 1, 2, 0, 3, 4]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into), for blocks that are covered in part;
    /// [`Error::Codec`](crate::Error::Codec). The array is then as it was.
    pub fn write_region(&mut self, region: &Region, src: &[T]) -> Result<()> {
        region.check(self.raw.shape())?;
        self.raw.write(&region.into(), View::from_items(src, *region.shape())?)
    }

    /// Sets all elements of a region to one value.
    ///
    /// # Errors
    /// As [`write_region`](Self::write_region).
    pub fn fill_region(&mut self, region: &Region, value: T) -> Result<()> {
        region.check(self.raw.shape())?;
        self.raw.write(&region.into(), View::repeated(bytes_of(&value), *region.shape()))
    }

    /// The element at these indices. Decodes one block: to read many, read a region.
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds),
    /// [`NdimMismatch`](crate::InvalidArgument::NdimMismatch),
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn at(&self, index: &[usize]) -> Result<T> {
        let region = self.item_region(index)?;
        let mut item = [T::zeroed()];
        lend_items(&mut item, *region.shape(), |view| self.raw.read(&(&region).into(), view))?;
        Ok(item[0])
    }

    /// Sets the element at these indices. Encodes one block anew: to set many, write a region.
    ///
    /// # Errors
    /// As [`at`](Self::at), and [`Error::Codec`](crate::Error::Codec). The array is then as it was.
    pub fn set(&mut self, index: &[usize], value: T) -> Result<()> {
        let region = self.item_region(index)?;
        self.fill_region(&region, value)
    }

    fn item_region(&self, index: &[usize]) -> Result<Region> {
        let shape = self.raw.shape();
        check_index(index, shape)?;
        Ok(Region::at(shape.map(|axis| index[axis]), shape.map(|_| 1)))
    }

    /// Lengthens axis 0 by rows in C order: elements for one or more indices of axis 0.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// let mut array = Array::from_slice(&[1u8, 2, 3], [1, 3], &Options::default())?;
    /// array.append_slice(&[4, 5, 6, 7, 8, 9])?;
    /// assert_eq!(array.shape()[..], [3, 3]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// To build an array from rows, [`writer`](Self::writer) is cheaper: it encodes each chunk once.
    ///
    /// # Errors
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when `rows` are no whole rows,
    /// [`NdimMismatch`](crate::InvalidArgument::NdimMismatch) for an array of no axes; otherwise as
    /// [`write_region`](Self::write_region).
    pub fn append_slice(&mut self, rows: &[T]) -> Result<()> {
        let view = super::writer::rows_view(self.raw.shape(), rows)?;
        self.raw.append(&[view])
    }

    /// Lengthens an axis by a box of elements in C order, which is as long as the array on all
    /// other axes. It need not end where a chunk does.
    ///
    /// ```
    /// # use ndpress::{Array, Options};
    /// let mut array = Array::from_slice(&[1u8, 2, 3, 4], [2, 2], &Options::default())?;
    /// array.append_slice_along(1, &[7, 8])?;
    /// assert_eq!(array.to_vec()?, [1, 2, 7, 3, 4, 8]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds) for an axis that does not
    /// exist, [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when `items` fill no whole
    /// number of indices; otherwise as [`resize`](Self::resize) and
    /// [`write_region`](Self::write_region). The array is then as it was.
    pub fn append_slice_along(&mut self, axis: usize, items: &[T]) -> Result<()> {
        check_axis(axis, self.raw.shape().ndim())?;
        let one = self.raw.shape().with_len(axis, 1);
        let len = super::writer::rows_in(one.nitems(), items.len());
        let view = View::from_items(items, one.with_len(axis, len))?;
        self.raw.append_along(axis, view)
    }

    /// Whether both arrays have the same shape and elements, bit for bit; however they are
    /// compressed and cut.
    ///
    /// Compares chunk by chunk, in parallel; chunks that clones share are not decoded.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) for a chunk of either that cannot be decoded.
    pub fn content_eq(&self, other: &Self) -> Result<bool> {
        self.raw.content_eq(&other.raw)
    }
}
