//! Decoded bytes as elements, to look at.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::any::TypeId;
use std::borrow::Cow;

use crate::dtype::{Element, is_bool};

/// The elements whose bytes these are: where they lie, if they lie as elements must, or as a copy.
/// Bytes behind the last whole element are left out. What a `bool` cannot be is `true`.
pub(crate) fn items<T: Element>(bytes: &[u8]) -> Cow<'_, [T]> {
    let ptr = bytes.as_ptr().cast::<T>();
    let is_valid = !is_bool::<T>() || bytes.iter().fold(0, |all, byte| all | byte) <= 1;
    if is_valid && ptr.is_aligned() {
        // SAFETY: as many elements as there are bytes for, borrowed as `bytes` are, and aligned.
        // Elements are plain, and every bit pattern is one; for `bool`, all bytes are 0 or 1.
        let items = unsafe { std::slice::from_raw_parts(ptr, bytes.len() / size_of::<T>()) };
        return Cow::Borrowed(items);
    }
    Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(item).collect())
}

/// Bytes to be overwritten with elements, if they lie as elements must. A `bool` is `false` before.
pub(crate) fn items_mut<T: Element>(bytes: &mut [u8]) -> Option<&mut [T]> {
    let ptr = bytes.as_mut_ptr().cast::<T>();
    if !ptr.is_aligned() {
        return None;
    }
    if is_bool::<T>() {
        bytes.fill(0);
    }
    // SAFETY: as many elements as there are bytes for, borrowed as `bytes` are, and aligned. Every
    // bit pattern is an element, but for `bool`, of which there are only zeros; and elements have no
    // padding, so that the bytes stay initialised.
    Some(unsafe { std::slice::from_raw_parts_mut(ptr, bytes.len() / size_of::<T>()) })
}

/// The element whose bytes these are, as many as it has. What a `bool` cannot be is `true`.
pub(crate) fn item<T: Element>(bytes: &[u8]) -> T {
    assert_eq!(bytes.len(), size_of::<T>(), "bytes of one element");
    if is_bool::<T>() {
        let byte = [u8::from(bytes[0] != 0)];
        // SAFETY: `T` is `bool`, and the byte is 0 or 1.
        return unsafe { byte.as_ptr().cast::<T>().read_unaligned() };
    }
    // SAFETY: `T` is plain, every bit pattern is a value, and there are as many bytes as it has.
    unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
}

/// The same elements, if both types are one.
pub(crate) fn as_type_mut<T: Element, U: Element>(items: &mut [T]) -> Option<&mut [U]> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return None;
    }
    // SAFETY: the types are the same, and so is the borrow.
    Some(unsafe { &mut *(std::ptr::from_mut(items) as *mut [U]) })
}

/// The same element; both types are one.
#[inline(always)]
pub(crate) fn retyped<T: Element, U: Element>(item: T) -> U {
    assert!(TypeId::of::<T>() == TypeId::of::<U>(), "two types");
    // SAFETY: the types are the same, and plain.
    unsafe { std::ptr::from_ref(&item).cast::<U>().read() }
}
