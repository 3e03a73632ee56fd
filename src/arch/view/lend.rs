//! Typed memory lent out as bytes, and made valid again before its owner sees it.
//!
//! A decoder writes what the compressed bytes say. For all element types but `bool` every bit
//! pattern is a value; a `bool` must be 0 or 1, or the program's behaviour is undefined. So the
//! bytes are lent to a closure, and a guard brings them to 0 or 1 whichever way it is left: by
//! return, error or panic.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::marker::PhantomData;

use super::layout::Layout;
use super::{Strided, ViewMut};
use crate::dtype::{Element, is_bool};
use crate::error::{Result, check_len};
use crate::shape::Shape;

/// Lends `items`, in C order, to `f`.
///
/// # Errors
/// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when there are more or fewer than the
/// shape holds, and what `f` answers.
pub(crate) fn lend_items<T: Element, R>(
    items: &mut [T],
    shape: Shape,
    f: impl FnOnce(ViewMut<'_>) -> Result<R>,
) -> Result<R> {
    check_len(shape.nitems(), items.len())?;
    let layout = Layout::contiguous(size_of::<T>(), shape);
    // `items` are `nitems` elements borrowed exclusively, so the view's invariant holds.
    Lent::<T>::new(Strided::new(items.as_mut_ptr().cast(), layout)).lend(f)
}

/// Lends the bytes of `items` to `f`.
///
/// # Errors
/// What `f` answers.
pub(crate) fn lend_bytes<T: Element, R>(
    items: &mut [T],
    f: impl FnOnce(&mut [u8]) -> Result<R>,
) -> Result<R> {
    let shape = Shape::new([items.len()])?;
    lend_items(items, shape, |mut view| match view.as_contiguous_mut() {
        Some(bytes) => f(bytes),
        None => unreachable!("a slice has no gaps"),
    })
}

/// Lends the elements of an array of any strides to `f`.
///
/// # Errors
/// [`TooManyAxes`](crate::InvalidArgument::TooManyAxes), and what `f` answers.
#[cfg(feature = "ndarray")]
pub(crate) fn lend_ndarray<T, D, R>(
    array: &mut ndarray::ArrayRef<T, D>,
    f: impl FnOnce(ViewMut<'_>) -> Result<R>,
) -> Result<R>
where
    T: Element,
    D: ndarray::Dimension,
{
    let layout = Layout::of_ndarray(size_of::<T>(), array.shape(), array.strides())?;
    // A mutable `ArrayRef` is exclusive and its indices reach different elements, so the view's
    // invariant holds.
    Lent::<T>::new(Strided::new(array.as_mut_ptr().cast(), layout)).lend(f)
}

/// The first `nitems` elements that lie in scratch bytes, all of them zero. `bytes` are as many, and
/// room for their alignment.
///
/// # Errors
/// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for fewer bytes.
pub(crate) fn as_zeroed<T: Element>(bytes: &mut [u8], nitems: usize) -> Result<&mut [T]> {
    bytes.fill(0);
    as_unspecified(bytes, nitems)
}

/// The first `nitems` elements that lie in scratch bytes, of unspecified value. `bytes` are as many,
/// and room for their alignment.
///
/// # Errors
/// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for fewer bytes.
pub(crate) fn as_unspecified<T: Element>(bytes: &mut [u8], nitems: usize) -> Result<&mut [T]> {
    if is_bool::<T>() {
        bytes.fill(0);
    }
    // SAFETY: every bit pattern is a `T`, but for `bool`, of which there are only zeros; and `T` has
    // no padding, so that the bytes stay initialised.
    let (_, items, _) = unsafe { bytes.align_to_mut::<T>() };
    check_len(nitems, items.len().min(nitems))?;
    Ok(&mut items[..nitems])
}

/// Elements of type `T`, out as bytes.
struct Lent<'a, T: Element> {
    view: ViewMut<'a>,
    owner: PhantomData<&'a mut [T]>,
}

impl<'a, T: Element> Lent<'a, T> {
    fn new(view: ViewMut<'a>) -> Self {
        Self { view, owner: PhantomData }
    }

    /// The closure takes a view of any lifetime, so it cannot keep it.
    fn lend<R>(mut self, f: impl FnOnce(ViewMut<'_>) -> Result<R>) -> Result<R> {
        f(self.view.reborrow())
    }
}

impl<T: Element> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        if is_bool::<T>() {
            self.view.normalize_bools();
        }
    }
}
