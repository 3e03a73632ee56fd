//! Arrays whose element type is only known when the program runs.

use std::sync::Arc;

use super::chunk_map::ChunkMap;
use super::options::Options;
use super::raw::{Place, RawArray};
use super::selection::Selection;
use super::source::{ChunkSource, StoredChunk};
use super::typed::Array;
use crate::arch::array::{as_typed, as_typed_mut};
use crate::arch::view::{View, ViewMut};
use crate::dtype::{DType, Element, for_each_plain_element};
use crate::error::{InvalidArgument, Result, check_dtype};
use crate::shape::{Region, Shape};

macro_rules! define_any_array {
    ($($variant:ident($type:ty)),*) => {
        /// An array of any element type: what a file turns out to hold.
        ///
        /// ```
        /// use ndpress::{AnyArray, Array, DType, Options};
        ///
        /// let array: AnyArray = Array::full([10, 10], 7u16, &Options::default())?.into();
        /// match &array {
        ///     AnyArray::U16(array) => assert_eq!(array.at(&[3, 4])?, 7),
        ///     other => panic!("{} is not expected", other.dtype()),
        /// }
        /// let error = array.as_typed::<f32>().unwrap_err();
        /// assert_eq!(error.to_string(), "array holds u16, not f32");
        /// # Ok::<(), ndpress::Error>(())
        /// ```
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum AnyArray {
            $(
                #[doc = concat!("Of `", stringify!($type), "`.")]
                $variant(Array<$type>),
            )*
            /// Of `bool`.
            Bool(Array<bool>),
            /// Of records of which only the size is known.
            Opaque(OpaqueArray),
        }

        impl AnyArray {
            pub(crate) fn from_raw(raw: RawArray) -> Self {
                match raw.dtype() {
                    $(DType::$variant => Self::$variant(Array::from_raw(raw)),)*
                    DType::Bool => Self::Bool(Array::from_raw(raw)),
                    DType::Opaque(_) => Self::Opaque(OpaqueArray { raw }),
                }
            }

            pub(crate) fn raw(&self) -> &RawArray {
                match self {
                    $(Self::$variant(array) => array.raw(),)*
                    Self::Bool(array) => array.raw(),
                    Self::Opaque(array) => &array.raw,
                }
            }

            pub(crate) fn raw_mut(&mut self) -> &mut RawArray {
                match self {
                    $(Self::$variant(array) => array.raw_mut(),)*
                    Self::Bool(array) => array.raw_mut(),
                    Self::Opaque(array) => &mut array.raw,
                }
            }

            fn into_raw(self) -> RawArray {
                match self {
                    $(Self::$variant(array) => array.into_raw(),)*
                    Self::Bool(array) => array.into_raw(),
                    Self::Opaque(array) => array.raw,
                }
            }
        }
    };
}
for_each_plain_element!(define_any_array);

impl AnyArray {
    /// An array of zeros. Costs one value, whatever the shape.
    ///
    /// # Errors
    /// As [`Array::zeros`].
    pub fn zeros(dtype: DType, shape: impl AsRef<[usize]>, options: &Options) -> Result<Self> {
        let zero = vec![0; dtype.itemsize()];
        Ok(Self::from_raw(RawArray::new(dtype, Shape::new(shape)?, &zero, options)?))
    }

    /// Compresses elements in C order and the machine's byte order.
    ///
    /// # Errors
    /// As [`Array::from_slice`].
    pub fn from_bytes(
        dtype: DType,
        bytes: &[u8],
        shape: impl AsRef<[usize]>,
        options: &Options,
    ) -> Result<Self> {
        let view = View::from_bytes(bytes, dtype.itemsize(), Shape::new(shape)?)?;
        Self::from_view(dtype, view, options)
    }

    /// Compresses a view of elements of this type.
    pub(crate) fn from_view(dtype: DType, view: View<'_>, options: &Options) -> Result<Self> {
        let mut array = Self::zeros(dtype, view.shape(), options)?;
        array.raw_mut().write(&Selection::full(*view.shape()), view)?;
        Ok(array)
    }

    /// An array whose chunks lie in a source, and are read when their elements are. `chunks` are
    /// the numbers of chunks and what the source calls them; all others are zero.
    ///
    /// Reading a region asks the source for the chunks under it, and no more of these than the
    /// blocks needed. Writing puts the new chunks into memory; the source stays as it is. See
    /// [`ChunkSource`] for an example.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros), and [`InvalidArgument::IndexOutOfBounds`] for a chunk that the
    /// array does not have.
    pub fn from_source(
        dtype: DType,
        shape: impl AsRef<[usize]>,
        options: &Options,
        source: Arc<dyn ChunkSource>,
        chunks: impl IntoIterator<Item = (usize, StoredChunk)>,
    ) -> Result<Self> {
        let mut array = Self::zeros(dtype, shape, options)?;
        let grid = *array.raw().grid();
        let slots = chunks.into_iter().map(|(index, chunk)| {
            grid.check_chunk(index)?;
            Ok((index, Place::Stored(chunk).into()))
        });
        let slots = slots.collect::<Result<ChunkMap<_>>>()?;
        array.raw_mut().set_slots(Some(source), slots);
        Ok(array)
    }

    /// The array as one of `T`. Records of the right size are taken for any
    /// [`Record`](crate::Record).
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`].
    pub fn as_typed<T: Element>(&self) -> Result<&Array<T>> {
        check_dtype(self.dtype(), T::DTYPE)?;
        Ok(as_typed(self.raw()))
    }

    /// The array as one of `T`, to change it.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`].
    pub fn as_typed_mut<T: Element>(&mut self) -> Result<&mut Array<T>> {
        check_dtype(self.dtype(), T::DTYPE)?;
        Ok(as_typed_mut(self.raw_mut()))
    }

    /// Turns the array into one of `T`.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeMismatch`].
    pub fn into_typed<T: Element>(self) -> Result<Array<T>> {
        check_dtype(self.dtype(), T::DTYPE)?;
        Ok(Array::from_raw(self.into_raw()))
    }

    /// Reads a region as bytes, in C order and the machine's byte order.
    ///
    /// # Errors
    /// As [`Array::read_region_into`]; lengths are in bytes.
    pub fn read_region_bytes_into(&self, region: &Region, dst: &mut [u8]) -> Result<()> {
        self.raw().read_region_bytes(region, dst)
    }

    /// Overwrites a region with bytes, in C order and the machine's byte order.
    ///
    /// # Errors
    /// As [`Array::write_region`]; lengths are in bytes.
    pub fn write_region_bytes(&mut self, region: &Region, src: &[u8]) -> Result<()> {
        self.raw_mut().write_region_bytes(region, src)
    }

    /// Lengthens axis 0 by rows as bytes, in C order and the machine's byte order.
    ///
    /// ```
    /// use ndpress::{AnyArray, DType, Options};
    ///
    /// let mut array = AnyArray::zeros(DType::U8, [0, 3], &Options::default())?;
    /// array.append_bytes(&[1, 2, 3, 4, 5, 6])?;
    /// assert_eq!(array.shape()[..], [2, 3]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::append_slice`]; lengths are in bytes.
    pub fn append_bytes(&mut self, rows: &[u8]) -> Result<()> {
        let (shape, itemsize) = (*self.shape(), self.dtype().itemsize());
        let Some(_) = shape.first() else {
            return Err(InvalidArgument::NdimMismatch { expected: 1, found: 0 }.into());
        };
        let row_nbytes = shape.with_len(0, 1).nbytes(itemsize)?;
        let len = super::writer::rows_in(row_nbytes, rows.len());
        let view = View::from_bytes(rows, itemsize, shape.with_len(0, len))?;
        self.raw_mut().append(&[view])
    }

    /// Whether both arrays have the same dtype, shape and elements, bit for bit.
    ///
    /// # Errors
    /// As [`Array::content_eq`].
    pub fn content_eq(&self, other: &Self) -> Result<bool> {
        self.raw().content_eq(other.raw())
    }
}

impl<T: Element> From<Array<T>> for AnyArray {
    fn from(array: Array<T>) -> Self {
        Self::from_raw(array.into_raw())
    }
}

impl From<OpaqueArray> for AnyArray {
    fn from(array: OpaqueArray) -> Self {
        Self::Opaque(array)
    }
}

/// An array of records of which only the size is known, as bytes.
///
/// Where the type is known, [`AnyArray::as_typed`] with a [`Record`](crate::Record) gives an
/// [`Array`] of it.
///
/// ```
/// use ndpress::{AnyArray, DType, Options, Record, Region};
///
/// let rgb = DType::opaque(3)?;
/// let array = AnyArray::from_bytes(rgb, b"redgrnblu", [3], &Options::default())?;
/// let AnyArray::Opaque(records) = &array else { unreachable!() };
/// assert_eq!(records.read_region(&Region::new([1..2])?)?, b"grn");
/// assert_eq!(array.as_typed::<Record<[u8; 3]>>()?.at(&[2])?.0, *b"blu");
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct OpaqueArray {
    raw: RawArray,
}

impl OpaqueArray {
    pub(crate) fn raw(&self) -> &RawArray {
        &self.raw
    }

    pub(crate) fn raw_mut(&mut self) -> &mut RawArray {
        &mut self.raw
    }

    /// Bytes per record.
    #[must_use]
    pub fn itemsize(&self) -> usize {
        self.raw.grid().itemsize()
    }

    /// Reads a region into a new vector, record by record in C order.
    ///
    /// # Errors
    /// As [`Array::read_region`].
    pub fn read_region(&self, region: &Region) -> Result<Vec<u8>> {
        region.check(self.shape())?;
        let mut bytes = super::raw::zeroed(region.shape().nbytes(self.itemsize())?)?;
        self.read_region_into(region, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a region into a slice of bytes, record by record in C order.
    ///
    /// # Errors
    /// As [`Array::read_region_into`]; lengths are in bytes.
    pub fn read_region_into(&self, region: &Region, dst: &mut [u8]) -> Result<()> {
        self.raw.read_region_bytes(region, dst)
    }

    /// Overwrites a region with the bytes of records in C order.
    ///
    /// # Errors
    /// As [`Array::write_region`]; lengths are in bytes.
    pub fn write_region(&mut self, region: &Region, src: &[u8]) -> Result<()> {
        self.raw.write_region_bytes(region, src)
    }
}

impl RawArray {
    fn write_region_bytes(&mut self, region: &Region, src: &[u8]) -> Result<()> {
        region.check(self.shape())?;
        let view = View::from_bytes(src, self.grid().itemsize(), *region.shape())?;
        self.write(&region.into(), view)
    }

    pub(crate) fn read_region_bytes(&self, region: &Region, dst: &mut [u8]) -> Result<()> {
        region.check(self.shape())?;
        let view = ViewMut::from_bytes_mut(dst, self.grid().itemsize(), *region.shape())?;
        self.read(&region.into(), view)
    }
}
