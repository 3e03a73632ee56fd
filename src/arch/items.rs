//! Decoded bytes as elements, to look at.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

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
