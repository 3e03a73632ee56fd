//! Voxels that arrive in C order become chunks of an array whose shape is known.
//!
//! What has arrived is kept until it is a row of chunks, so that each of them is encoded once.

use crate::array::{AnyArray, Options};
use crate::dtype::DType;
use crate::error::{Corruption, Error, Result};
use crate::limits::Limits;
use crate::shape::{Region, Shape};

/// An array that gets its elements one after the other.
pub(super) struct Fill {
    array: AnyArray,
    /// The axis that is cut into slabs: along those before it a slab has length 1, and all of those
    /// behind it are in one.
    axis: usize,
    /// Length of a slab along this axis.
    len: usize,
    /// Elements that came before those in `pending`.
    done: usize,
    /// Bytes of the slab that is not complete.
    pending: Vec<u8>,
}

impl Fill {
    /// An array of zeros, and nothing more yet: a shape costs nothing until its elements come.
    pub(super) fn new(
        dtype: DType,
        shape: &[usize],
        options: &Options,
        limits: &Limits,
    ) -> Result<Self> {
        // What a file says of its shape is not the caller's mistake.
        let shape =
            Shape::new(shape).and_then(|shape| shape.nbytes(dtype.itemsize()).map(|_| shape));
        let shape = shape.map_err(|error| match error {
            Error::InvalidArgument(source) => Error::corrupt(Corruption::Layout { source }),
            other => other,
        })?;
        let array = AnyArray::zeros(dtype, shape, options)?;
        let (axis, len) = slab(&array, limits.chunk_nbytes());
        Ok(Self { array, axis, len, done: 0, pending: Vec::new() })
    }

    /// Bytes of all elements.
    #[cfg(feature = "nifti")]
    pub(super) fn nbytes(&self) -> usize {
        self.array.nbytes()
    }

    /// Takes the next elements, in the machine's byte order; any number of bytes, but in all no
    /// more than the array has.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let region = self.next_region();
            let needed = region.shape().nbytes(self.array.dtype().itemsize())?;
            if self.pending.is_empty() && bytes.len() >= needed {
                let (slab, rest) = bytes.split_at(needed);
                self.array.write_region_bytes(&region, slab)?;
                self.done += region.shape().nitems();
                bytes = rest;
                continue;
            }
            let taken = bytes.len().min(needed - self.pending.len());
            let (head, rest) = bytes.split_at(taken);
            self.reserve(taken, needed)?;
            self.pending.extend_from_slice(head);
            bytes = rest;
            if self.pending.len() == needed {
                self.array.write_region_bytes(&region, &self.pending)?;
                self.done += region.shape().nitems();
                self.pending.clear();
            }
        }
        Ok(())
    }

    /// The array, once all its elements came.
    pub(super) fn finish(self) -> AnyArray {
        debug_assert!(self.pending.is_empty() && self.done == self.array.shape().nitems());
        self.array
    }

    /// The region of the slab that the next bytes belong to.
    fn next_region(&self) -> Region {
        let shape = *self.array.shape();
        let start = shape.unravel(self.done);
        let lens = shape.map(|axis| match axis.cmp(&self.axis) {
            std::cmp::Ordering::Less => 1,
            std::cmp::Ordering::Equal => self.len.min(shape[axis] - start[axis]),
            std::cmp::Ordering::Greater => shape[axis],
        });
        Region::at(start, lens)
    }

    /// Makes room for what came, twice as much each time, but never for more than a slab: memory
    /// follows the bytes that there are, not those that are announced.
    fn reserve(&mut self, more: usize, most: usize) -> Result<()> {
        let (len, capacity) = (self.pending.len(), self.pending.capacity());
        if capacity - len >= more {
            return Ok(());
        }
        let wanted = (2 * capacity).clamp(len + more, most);
        let out_of_memory = |_| Error::OutOfMemory { nbytes: wanted as u64 };
        self.pending.try_reserve_exact(wanted - len).map_err(out_of_memory)
    }
}

/// The axis to cut into slabs, and how long they are: rows of whole chunks if these are no more
/// than so many bytes, else whatever is.
fn slab(array: &AnyArray, most: usize) -> (usize, usize) {
    let (shape, chunk) = (*array.shape(), *array.chunk_shape());
    let last = shape.ndim().saturating_sub(1);
    let first = chunk.iter().position(|&len| len > 1).unwrap_or(last);
    let mut inner = shape[first..].iter().product::<usize>() * array.dtype().itemsize();
    for axis in first..shape.ndim() {
        inner /= shape[axis].max(1);
        let len = (most / inner.max(1)).min(chunk[axis]);
        if len > 0 {
            // Whole blocks where that is possible, since a part of one is encoded again later.
            let block = array.block_shape()[axis];
            return (
                axis,
                if len < chunk[axis] && len > block { len / block * block } else { len },
            );
        }
    }
    (last, 1)
}
