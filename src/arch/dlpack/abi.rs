//! The structures of DLPack's C interface, field by field.
//!
//! Source: `dlpack.h` of DLPack 1.1.

use std::ffi::c_void;

/// The version of the structures, of which another major number means other structures.
pub(super) const VERSION: Version = Version { major: 1, minor: 1 };
/// The machine's own memory.
pub(super) const CPU: i32 = 1;
/// Nobody may write to the elements.
pub(super) const READ_ONLY: u64 = 1;
/// The elements were copied for whoever has them now.
pub(super) const COPIED: u64 = 2;

/// Kinds of elements.
pub(super) const INT: u8 = 0;
pub(super) const UINT: u8 = 1;
pub(super) const FLOAT: u8 = 2;
pub(super) const COMPLEX: u8 = 5;
pub(super) const BOOL: u8 = 6;

#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Device {
    pub(super) kind: i32,
    pub(super) id: i32,
}

#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct DataType {
    pub(super) code: u8,
    pub(super) bits: u8,
    pub(super) lanes: u16,
}

#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Tensor {
    pub(super) data: *mut c_void,
    pub(super) device: Device,
    pub(super) ndim: i32,
    pub(super) dtype: DataType,
    /// Lengths per axis.
    pub(super) shape: *mut i64,
    /// Elements from one index to the next, per axis; in old versions null for C order.
    pub(super) strides: *mut i64,
    /// Bytes from `data` to the first element.
    pub(super) byte_offset: u64,
}

/// DLPack's structure for tensors since version 1.0, for [`DlpackTensor`](super::DlpackTensor). In
/// Python, what a capsule of the name `dltensor_versioned` holds.
#[derive(Debug)]
#[repr(C)]
pub struct DLManagedTensorVersioned {
    pub(super) version: Version,
    pub(super) manager_ctx: *mut c_void,
    pub(super) deleter: Option<unsafe extern "C" fn(*mut Self)>,
    pub(super) flags: u64,
    pub(super) dl_tensor: Tensor,
}

/// DLPack's structure for tensors before version 1.0, for [`DlpackTensor`](super::DlpackTensor). In
/// Python, what a capsule of the name `dltensor` holds.
#[derive(Debug)]
#[repr(C)]
pub struct DLManagedTensor {
    pub(super) dl_tensor: Tensor,
    pub(super) manager_ctx: *mut c_void,
    pub(super) deleter: Option<unsafe extern "C" fn(*mut Self)>,
}
