//! A channel may be looked at through a reference to its array.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use bytemuck::TransparentWrapper;

use crate::array::Array;
use crate::image::Channel;

// SAFETY: `repr(transparent)` over its only field. That the array has two axes is for callers to
// check, and nothing unsafe depends on it.
unsafe impl<T> TransparentWrapper<Array<T>> for Channel<T> {}
