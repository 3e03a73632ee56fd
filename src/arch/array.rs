//! The same array seen as another layer's type, by reference.
//!
//! Private functions, since a public `TransparentWrapper` would let anybody make an array of
//! another type, or a channel of another number of axes.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use crate::array::{Array, RawArray};
use crate::image::Channel;

/// An untyped array as one of `T`. Callers have compared the dtypes; a wrong one is a wrong answer,
/// not undefined behaviour: reads compare item sizes, and take bytes for `T` only as `arch::view`
/// allows.
pub(crate) fn as_typed<T>(raw: &RawArray) -> &Array<T> {
    // SAFETY: `Array` is `repr(transparent)` over `RawArray`; its other field has no size.
    unsafe { &*std::ptr::from_ref(raw).cast() }
}

/// As [`as_typed`].
pub(crate) fn as_typed_mut<T>(raw: &mut RawArray) -> &mut Array<T> {
    // SAFETY: as above; the borrow stays exclusive.
    unsafe { &mut *std::ptr::from_mut(raw).cast() }
}

/// An array as a channel. Callers have checked that it has two axes; nothing unsafe depends on it.
pub(crate) fn as_channel<T>(array: &Array<T>) -> &Channel<T> {
    // SAFETY: `Channel` is `repr(transparent)` over `Array`, its only field.
    unsafe { &*std::ptr::from_ref(array).cast() }
}

/// As [`as_channel`].
pub(crate) fn as_channel_mut<T>(array: &mut Array<T>) -> &mut Channel<T> {
    // SAFETY: as above; the borrow stays exclusive.
    unsafe { &mut *std::ptr::from_mut(array).cast() }
}
