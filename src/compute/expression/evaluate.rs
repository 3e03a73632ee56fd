//! Where the elements of an expression go.

use super::Expression;
use crate::array::{Array, Options};
use crate::compute::computed::Computed;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::Region;

impl<T: Element> Expression<T> {
    /// The expression, cut to be evaluated.
    pub(crate) fn computed(&self) -> Result<Computed<'static, T>> {
        Computed::new(self.node()?.clone())
    }

    /// Evaluates the expression into a compressed array: with the chunks and blocks of the first array
    /// that has its shape, and with the default codec; or with that of the array whose elements these
    /// all are, in another place. Where chunks are just in another place too, they are shared with
    /// that array, and not decoded.
    ///
    /// Memory: the compressed bytes, and for each thread some buffers of one block; of one chunk where
    /// elements of many blocks come together in one.
    ///
    /// # Errors
    /// That of the expression; [`Error::Corrupt`](crate::Error::Corrupt), naming a chunk and block of
    /// one of the arrays; [`Error::Codec`](crate::Error::Codec).
    pub fn to_array(&self) -> Result<Array<T>> {
        self.computed()?.to_array(None)
    }

    /// As [`to_array`](Self::to_array), with options. Chunk and block shapes that are not chosen are
    /// those of the first array that has the expression's shape.
    ///
    /// # Errors
    /// As [`to_array`](Self::to_array), and as [`Array::zeros`].
    pub fn to_array_with(&self, options: &Options) -> Result<Array<T>> {
        self.computed()?.to_array(Some(options))
    }

    /// Evaluates a region into a slice, in C order, in parallel.
    ///
    /// # Errors
    /// [`RegionOutOfBounds`](crate::InvalidArgument::RegionOutOfBounds),
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch); as [`to_array`](Self::to_array).
    /// Errors in the arguments leave `dst` as it is.
    pub fn read_region_into(&self, region: &Region, dst: &mut [T]) -> Result<()> {
        self.computed()?.read(region, dst)
    }

    /// Evaluates a region into a new vector, in C order.
    ///
    /// # Errors
    /// As [`read_region_into`](Self::read_region_into), and
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn read_region(&self, region: &Region) -> Result<Vec<T>> {
        region.check(&self.shape()?)?;
        let mut items = crate::array::zeroed(region.shape().nitems())?;
        self.read_region_into(region, &mut items)?;
        Ok(items)
    }

    /// Evaluates the expression into a new vector, in C order.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.read_region(&Region::full(self.shape()?))
    }

    /// Evaluates the expression into an `ndarray`.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    #[cfg(feature = "ndarray")]
    pub fn to_ndarray(&self) -> Result<ndarray::ArrayD<T>> {
        let (shape, items) = (self.shape()?, self.to_vec()?);
        Ok(crate::array::from_items(ndarray::IxDyn(&shape), items))
    }
}
