//! Uncompressed samples of one channel, of a type known at run time.

use crate::array::zeroed;
use crate::dtype::{DType, Element};
use crate::error::{Result, check_dtype};

/// Samples in a buffer that suits any type, and can be used again for another.
#[derive(Debug)]
pub(super) struct Plane {
    dtype: DType,
    nitems: usize,
    /// Words, so that samples of all types are aligned.
    words: Vec<u64>,
}

impl Plane {
    /// As many samples, in the buffer of another plane if there is one. The samples have any value.
    pub(super) fn new(dtype: DType, nitems: usize, spare: Option<Self>) -> Result<Self> {
        let nwords = nitems.saturating_mul(dtype.itemsize()).div_ceil(size_of::<u64>());
        let words = match spare {
            Some(spare) if spare.words.len() >= nwords => spare.words,
            _ => zeroed(nwords)?,
        };
        Ok(Self { dtype, nitems, words })
    }

    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.nitems * self.dtype.itemsize()]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.nitems * self.dtype.itemsize()]
    }

    /// The samples as those of a type whose every bit pattern is a value.
    pub(super) fn samples<T: Element + bytemuck::AnyBitPattern>(&self) -> Result<&[T]> {
        check_dtype(self.dtype, T::DTYPE)?;
        Ok(bytemuck::cast_slice(self.bytes()))
    }

    pub(super) fn samples_mut<T: Element + bytemuck::Pod>(&mut self) -> Result<&mut [T]> {
        check_dtype(self.dtype, T::DTYPE)?;
        Ok(bytemuck::cast_slice_mut(self.bytes_mut()))
    }
}
