//! Arrays from and to DLPack's tensors (feature `dlpack`).
//!
//! Below are [`array`](crate::Array), and `arch::dlpack`, which has the structures and what is
//! unsafe.

use crate::arch::dlpack::DlpackTensor;
use crate::array::{AnyArray, Array, Options, RawArray};
use crate::dtype::Element;
use crate::error::{Result, check_dtype};
use crate::shape::Region;

fn read(array: &RawArray, region: &Region) -> Result<DlpackTensor> {
    region.check(array.shape())?;
    DlpackTensor::new(array.dtype(), *region.shape(), |bytes| {
        array.read_region_bytes(region, bytes)
    })
}

/// The same conversions for each kind of array.
macro_rules! conversions {
    ($($array:ident $(<$type:ident>)?;)*) => {$(
        impl$(<$type: Element>)? $array$(<$type>)? {
            /// Decodes everything into a tensor in C order (feature `dlpack`), which other libraries
            /// take without a copy.
            ///
            /// Allocates the elements, at DLPack's alignment of 256 bytes.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let array = Array::full([40, 60], 2.5f32, &Options::new())?;
            /// assert_eq!(array.to_dlpack()?.to_string(), "40×60 f32");
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`Records`](crate::DlpackError::Records) for an array of records; otherwise as
            /// [`Array::read_region`].
            pub fn to_dlpack(&self) -> Result<DlpackTensor> {
                read(self.raw(), &Region::full(*self.raw().shape()))
            }

            /// Decodes a region into a tensor, as [`to_dlpack`](Self::to_dlpack).
            ///
            /// # Errors
            /// As [`to_dlpack`](Self::to_dlpack).
            pub fn region_to_dlpack(&self, region: &Region) -> Result<DlpackTensor> {
                read(self.raw(), region)
            }

            /// Decodes a chunk into a tensor of the shape of its
            /// [region](Self::chunk_region), as [`to_dlpack`](Self::to_dlpack).
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let options = Options::new().chunk_shape([32, 60]);
            /// let array = Array::full([40, 60], 2.5f32, &options)?;
            /// assert_eq!(array.chunk_to_dlpack(1)?.to_string(), "8×60 f32"); // the last rows
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds); otherwise as
            /// [`to_dlpack`](Self::to_dlpack).
            pub fn chunk_to_dlpack(&self, index: usize) -> Result<DlpackTensor> {
                read(self.raw(), &self.chunk_region(index)?)
            }
        }
    )*};
}
conversions! {
    Array<T>;
    AnyArray;
}

impl AnyArray {
    /// Compresses the elements of a tensor from where they lie (feature `dlpack`), whatever its
    /// strides.
    ///
    /// Allocates nothing but the compressed bytes and a little scratch per thread.
    ///
    /// ```
    /// use ndpress::{AnyArray, Array, Options, Region};
    ///
    /// let array = Array::from_slice(&[1.5f32, 2.5, 3.5, 4.5], [2, 2], &Options::new())?;
    /// let column = array.region_to_dlpack(&Region::new([0..2, 1..2])?)?;
    /// let copy = AnyArray::from_dlpack(&column, &Options::new())?;
    /// assert_eq!(copy.as_typed::<f32>()?.to_vec()?, [2.5, 4.5]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros), and [`Error::Codec`](crate::Error::Codec).
    pub fn from_dlpack(tensor: &DlpackTensor, options: &Options) -> Result<Self> {
        Self::from_view(tensor.dtype(), tensor.view(), options)
    }
}

impl<T: Element> Array<T> {
    /// Compresses the elements of a tensor from where they lie, as [`AnyArray::from_dlpack`].
    ///
    /// # Errors
    /// [`DTypeMismatch`](crate::InvalidArgument::DTypeMismatch) for a tensor of other elements;
    /// otherwise as [`AnyArray::from_dlpack`].
    pub fn from_dlpack(tensor: &DlpackTensor, options: &Options) -> Result<Self> {
        check_dtype(tensor.dtype(), T::DTYPE)?;
        AnyArray::from_dlpack(tensor, options)?.into_typed()
    }
}
