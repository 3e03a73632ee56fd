//! Structures of DLPack that own what they point to, until their deleter is called.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

use super::abi::{DLManagedTensor, DLManagedTensorVersioned, Tensor, VERSION};

/// Both of DLPack's structures.
pub(super) trait Managed: Sized {
    /// A structure without a context.
    fn new(tensor: Tensor, flags: u64, deleter: unsafe extern "C" fn(*mut Self)) -> Self;

    fn context(&mut self) -> &mut *mut c_void;
}

impl Managed for DLManagedTensorVersioned {
    fn new(dl_tensor: Tensor, flags: u64, deleter: unsafe extern "C" fn(*mut Self)) -> Self {
        let (manager_ctx, deleter) = (null_mut(), Some(deleter));
        Self { version: VERSION, manager_ctx, deleter, flags, dl_tensor }
    }

    fn context(&mut self) -> &mut *mut c_void {
        &mut self.manager_ctx
    }
}

impl Managed for DLManagedTensor {
    fn new(dl_tensor: Tensor, _flags: u64, deleter: unsafe extern "C" fn(*mut Self)) -> Self {
        Self { dl_tensor, manager_ctx: null_mut(), deleter: Some(deleter) }
    }

    fn context(&mut self) -> &mut *mut c_void {
        &mut self.manager_ctx
    }
}

/// A structure, and what has to live as long.
struct Export<M, O> {
    managed: M,
    _owner: O,
}

/// A structure with this tensor, whose deleter drops `owner`, to which the tensor's pointers lead.
pub(super) fn export<M: Managed, O>(tensor: Tensor, flags: u64, owner: O) -> NonNull<M> {
    let managed = M::new(tensor, flags, delete::<M, O>);
    let export = Box::into_raw(Box::new(Export { managed, _owner: owner }));
    // SAFETY: `export` is a box that nobody else has, and so is not null.
    unsafe {
        *(*export).managed.context() = export.cast();
        NonNull::new_unchecked(&raw mut (*export).managed)
    }
}

/// Drops a structure of [`export`], and its owner.
unsafe extern "C" fn delete<M: Managed, O>(managed: *mut M) {
    // SAFETY: whoever has the structure calls its deleter once, with it; its context is the box that
    // it is in.
    unsafe {
        let export = (*(*managed).context()).cast::<Export<M, O>>();
        drop(Box::from_raw(export));
    }
}
