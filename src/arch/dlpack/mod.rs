//! Tensors in memory that others allocated, or are to free: DLPack's C interface.
//!
//! Below is nothing but views and what describes arrays; above is `convert`, where arrays are
//! compressed from tensors and decoded into them.
//!
//! ```text
//! DlpackTensor      owns a tensor, whoever allocated it
//!   layout          what its fields say, checked
//!   export          structures for others, with their deleter
//!   memory          elements at DLPack's alignment
//!   abi             the structures
//! ```
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

mod abi;
mod export;
mod layout;
mod memory;

use std::fmt;
use std::ptr::NonNull;

use self::abi::{COPIED, CPU, Device, READ_ONLY, Tensor, VERSION};
pub use self::abi::{DLManagedTensor, DLManagedTensorVersioned};
use self::export::export;
use self::layout::{TensorLayout, data_type, ndim_of};
use self::memory::Memory;
use super::view::View;
use crate::convert::DlpackError;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;

/// A tensor of [DLPack](https://dmlc.github.io/dlpack/latest/), by which libraries hand arrays in
/// memory to each other without a copy (feature `dlpack`): NumPy, PyTorch, JAX, CuPy, ….
///
/// It owns the tensor: when it is dropped, the deleter is called, of whichever library that is.
/// [`AnyArray::to_dlpack`](crate::AnyArray::to_dlpack) decodes an array into one, which
/// [`into_raw`](Self::into_raw) hands to others; [`from_raw`](Self::from_raw) takes one from others,
/// and [`AnyArray::from_dlpack`](crate::AnyArray::from_dlpack) compresses it from where it lies.
///
/// ```
/// use ndpress::{AnyArray, Array, DlpackTensor, Options};
///
/// let array = Array::from_slice(&[1u16, 2, 3, 4, 5, 6], [2, 3], &Options::new())?;
/// let tensor = array.to_dlpack()?;
/// // For another library; which here is this one.
/// let pointer = tensor.into_raw();
/// // SAFETY: the pointer was just made, and nobody else has it.
/// let tensor = unsafe { DlpackTensor::from_raw(pointer)? };
/// assert_eq!(tensor.to_string(), "2×3 u16");
/// assert!(AnyArray::from_dlpack(&tensor, &Options::new())?.content_eq(&array.into())?);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct DlpackTensor {
    /// Of [`Owned`], with the data that it points to.
    owned: Owned,
    /// What its fields say.
    layout: TensorLayout,
}

/// A structure whose deleter is to be called.
///
/// The invariant that all `unsafe` here rests on: the structure is one that its producer gave away,
/// once, and everything it points to stays as it is until the deleter is called.
enum Owned {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
}

// SAFETY: whoever made the structure by an unsafe function said that its deleter may be called from
// any thread; those made here may be freed anywhere.
unsafe impl Send for Owned {}
// SAFETY: as above, and by the invariant nothing changes what is read here.
unsafe impl Sync for Owned {}

impl DlpackTensor {
    /// Takes a tensor from another library.
    ///
    /// Allocates nothing: elements stay where they are. Any strides are taken, those of 0 and below
    /// too, and null ones for C order. Whether the elements may be written does not matter.
    ///
    /// # Safety
    /// `tensor` is null, or a structure as DLPack 1 has it, given away by its producer: its deleter
    /// is not called by anybody else, may be called from any thread, and until it is, what the
    /// structure points to exists and does not change. Of structures of another major version only
    /// the fields before the tensor have to be as in version 1.
    ///
    /// # Errors
    /// After the deleter was called: [`InvalidArgument::Dlpack`](crate::InvalidArgument::Dlpack), for null, another major version,
    /// another device than the CPU, and elements that no array has;
    /// [`TooManyAxes`](crate::InvalidArgument::TooManyAxes) and
    /// [`ShapeOverflow`](crate::InvalidArgument::ShapeOverflow).
    pub unsafe fn from_raw(tensor: *mut DLManagedTensorVersioned) -> Result<Self> {
        let tensor = NonNull::new(tensor).ok_or(null("tensor"))?;
        let owned = Owned::Versioned(tensor);
        // SAFETY: by the caller's word, there is a structure; its first field is always the version.
        let version = unsafe { (&raw const (*tensor.as_ptr()).version).read() };
        if version.major != VERSION.major {
            let (major, minor) = (version.major, version.minor);
            return Err(DlpackError::Version { major, minor }.into());
        }
        Self::of_owned(owned)
    }

    /// Takes a tensor of the structure before version 1.0 from another library, as
    /// [`from_raw`](Self::from_raw).
    ///
    /// # Safety
    /// As for [`from_raw`](Self::from_raw).
    ///
    /// # Errors
    /// As [`from_raw`](Self::from_raw), but for the version.
    pub unsafe fn from_raw_legacy(tensor: *mut DLManagedTensor) -> Result<Self> {
        Self::of_owned(Owned::Legacy(NonNull::new(tensor).ok_or(null("tensor"))?))
    }

    fn of_owned(owned: Owned) -> Result<Self> {
        let tensor = *owned.tensor();
        let ndim = ndim_of(&tensor)?;
        let numbers = |ptr: *mut i64| match ptr.is_null() {
            true => None,
            // SAFETY: by the invariant, as many numbers as axes, which nothing changes.
            false => Some(unsafe { std::slice::from_raw_parts(ptr, ndim) }),
        };
        let lens = match numbers(tensor.shape) {
            None if ndim > 0 => return Err(null("shape").into()),
            lens => lens.unwrap_or_default(),
        };
        let layout = TensorLayout::new(&tensor, lens, numbers(tensor.strides))?;
        if tensor.data.is_null() && !layout.shape.contains(&0) {
            return Err(null("data").into());
        }
        Ok(Self { owned, layout })
    }

    /// A tensor in C order, of memory that `fill` writes to.
    pub(crate) fn new(
        dtype: DType,
        shape: Shape,
        fill: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Self> {
        let dtype_of_tensor = data_type(dtype)?;
        let mut memory = Memory::zeroed(shape.nbytes(dtype.itemsize())?)?;
        fill(memory.as_mut_slice())?;
        if dtype == DType::Bool {
            memory.as_mut_slice().iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
        }
        let steps = shape.strides();
        let mut numbers: Vec<i64> = shape.iter().chain(&*steps).map(|&n| n as i64).collect();
        let (lens, strides) = numbers.split_at_mut(shape.ndim());
        let tensor = Tensor {
            data: memory.as_ptr().cast(),
            device: Device { kind: CPU, id: 0 },
            ndim: shape.ndim() as i32,
            dtype: dtype_of_tensor,
            shape: lens.as_mut_ptr(),
            strides: strides.as_mut_ptr(),
            byte_offset: 0,
        };
        let layout = TensorLayout::new(&tensor, lens, None)?;
        Ok(Self { owned: Owned::Versioned(export(tensor, COPIED, (numbers, memory))), layout })
    }

    /// Gives the tensor away, for a library that knows DLPack 1: it calls the deleter when it needs
    /// the tensor no more. Who has no use for the pointer takes it back with
    /// [`from_raw`](Self::from_raw).
    ///
    /// A tensor of the older structure comes under a new one, with the same elements.
    #[must_use = "nobody else frees the tensor"]
    pub fn into_raw(self) -> *mut DLManagedTensorVersioned {
        if let Owned::Versioned(tensor) = &self.owned {
            let tensor = tensor.as_ptr();
            std::mem::forget(self);
            return tensor;
        }
        export(*self.owned.tensor(), 0, self.owned).as_ptr()
    }

    /// Gives the tensor away, for a library that knows DLPack before version 1.0 only.
    ///
    /// A tensor of the newer structure comes under an old one, with the same elements.
    ///
    /// # Errors
    /// [`ReadOnly`](DlpackError::ReadOnly) for a tensor whose elements nobody may write to: the older
    /// structure cannot say so. Its deleter was called then.
    pub fn into_raw_legacy(self) -> Result<*mut DLManagedTensor> {
        if let Owned::Legacy(tensor) = &self.owned {
            let tensor = tensor.as_ptr();
            std::mem::forget(self);
            return Ok(tensor);
        }
        if self.is_read_only() {
            return Err(DlpackError::ReadOnly.into());
        }
        Ok(export(*self.owned.tensor(), 0, self.owned).as_ptr())
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.layout.dtype
    }

    /// Lengths per axis.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.layout.shape
    }

    /// Whether whoever made the tensor forbids to write to its elements.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.owned.flags() & READ_ONLY != 0
    }

    /// The elements, where they lie.
    pub(crate) fn view(&self) -> View<'_> {
        let TensorLayout { dtype, shape, strides, offset } = self.layout;
        let first = self.owned.tensor().data.cast::<u8>().wrapping_add(offset);
        // SAFETY: by the invariant of `owned`, the elements that its tensor names are there until
        // it is dropped, and do not change. The layout is that of the tensor, and its distances were
        // checked.
        unsafe { View::from_raw(first, dtype.itemsize(), shape, strides) }
    }
}

impl Owned {
    fn tensor(&self) -> &Tensor {
        // SAFETY: by the invariant, there is a structure, and it does not change.
        unsafe {
            match self {
                Self::Versioned(tensor) => &tensor.as_ref().dl_tensor,
                Self::Legacy(tensor) => &tensor.as_ref().dl_tensor,
            }
        }
    }

    /// What else is known of the tensor.
    fn flags(&self) -> u64 {
        match self {
            // SAFETY: as above.
            Self::Versioned(tensor) => unsafe { tensor.as_ref() }.flags,
            Self::Legacy(_) => 0,
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: by the invariant, nobody else calls the deleter, and this is the last use of the
        // structure. Of another major version, the fields up to the deleter are the same.
        unsafe {
            match self {
                Self::Versioned(tensor) => {
                    let deleter = (&raw const (*tensor.as_ptr()).deleter).read();
                    if let Some(deleter) = deleter {
                        deleter(tensor.as_ptr());
                    }
                }
                Self::Legacy(tensor) => {
                    if let Some(deleter) = tensor.as_ref().deleter {
                        deleter(tensor.as_ptr());
                    }
                }
            }
        }
    }
}

impl fmt::Display for DlpackTensor {
    /// `2×3 u16`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.shape(), self.dtype())
    }
}

impl fmt::Debug for DlpackTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strides = &self.layout.strides[..self.shape().ndim()];
        f.debug_struct("DlpackTensor")
            .field("shape", self.shape())
            .field("dtype", &self.dtype())
            .field("strides", &strides)
            .finish_non_exhaustive()
    }
}

fn null(what: &'static str) -> DlpackError {
    DlpackError::Null { what }
}
