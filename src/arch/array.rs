//! An array of known element type may be looked at through a reference to its untyped core.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use bytemuck::TransparentWrapper;

use crate::array::{Array, RawArray};

// SAFETY: `repr(transparent)` over `RawArray`; the other field is a `PhantomData`. That the core
// holds elements of another type is a wrong answer, not undefined behaviour: reads compare item
// sizes, and take bytes for `T` only as `arch::view` allows.
unsafe impl<T> TransparentWrapper<RawArray> for Array<T> {}
