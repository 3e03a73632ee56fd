//! Memory at the alignment that DLPack asks for.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use crate::error::{Error, Result};

/// As `dlpack.h` says of `DLTensor::data`.
const ALIGNMENT: usize = 256;

/// Bytes that are initialised and belong to nobody else.
#[derive(Debug)]
pub(super) struct Memory {
    ptr: NonNull<u8>,
    layout: Layout,
}

// SAFETY: plain bytes of which this is the only owner.
unsafe impl Send for Memory {}
// SAFETY: as above; writing needs `&mut self`.
unsafe impl Sync for Memory {}

impl Memory {
    /// So many zeros.
    pub(super) fn zeroed(nbytes: usize) -> Result<Self> {
        let out_of_memory = || Error::OutOfMemory { nbytes: nbytes as u64 };
        let layout = Layout::from_size_align(nbytes, ALIGNMENT).map_err(|_| out_of_memory())?;
        if nbytes == 0 {
            return Ok(Self { ptr: NonNull::dangling(), layout });
        }
        // SAFETY: the layout has a size.
        let ptr = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(out_of_memory)?;
        Ok(Self { ptr, layout })
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as many bytes were allocated, none of them if there are none; all were zero, and
        // `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.layout.size()) }
    }

    /// Where the bytes are; null if there are none, as `dlpack.h` says.
    pub(super) fn as_ptr(&self) -> *mut u8 {
        if self.layout.size() == 0 { std::ptr::null_mut() } else { self.ptr.as_ptr() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: allocated with this layout, and dropped once.
            unsafe { dealloc(self.ptr.as_ptr(), self.layout) }
        }
    }
}
