//! `Record<T>` may be cast to and from bytes like the `T` it wraps.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use bytemuck::{Pod, TransparentWrapper, Zeroable};

use crate::dtype::Record;

// SAFETY: `repr(transparent)` over the single field `T`.
unsafe impl<T> TransparentWrapper<T> for Record<T> {}
// SAFETY: same layout as `T`, which may be all zero bytes.
unsafe impl<T: Zeroable> Zeroable for Record<T> {}
// SAFETY: same layout as `T`: no padding, no invalid bit pattern, `Copy` and `'static`.
unsafe impl<T: Pod> Pod for Record<T> {}
