//! Shapes and regions: lengths per axis, in C order (the last axis varies fastest).

use std::fmt;
use std::ops::{Deref, Range};

use crate::error::{IndexKind, InvalidArgument, Result};

/// The most axes an array can have. C-Blosc2 writes 16 too, but no reader can open them.
pub const MAX_NDIM: usize = 15;

/// Lengths per axis, at most [`MAX_NDIM`] of them, stored in place.
///
/// Dereferences to a slice.
///
/// ```
/// use ndpress::Shape;
///
/// let shape = Shape::new([2, 3, 4])?;
/// assert_eq!(shape.len(), 3);
/// assert_eq!(shape.nitems(), 24);
/// assert!(Shape::new([usize::MAX, 2]).is_err());
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    ndim: u8,
    lens: [usize; MAX_NDIM],
}

impl Shape {
    /// A shape of these lengths.
    ///
    /// # Errors
    /// [`InvalidArgument::TooManyAxes`] above [`MAX_NDIM`]; [`InvalidArgument::ShapeOverflow`] when
    /// the number of elements does not fit `isize`.
    pub fn new(lens: impl AsRef<[usize]>) -> Result<Self> {
        let shape = Self::from_lens(lens.as_ref())?;
        shape.nbytes(1)?;
        Ok(shape)
    }

    fn from_lens(lens: &[usize]) -> Result<Self> {
        let ndim = lens.len();
        if ndim > MAX_NDIM {
            return Err(InvalidArgument::TooManyAxes { ndim, max: MAX_NDIM }.into());
        }
        let mut array = [0; MAX_NDIM];
        array[..ndim].copy_from_slice(lens);
        Ok(Self { ndim: ndim as u8, lens: array })
    }

    /// The shape of a scalar: no axes, one element.
    #[must_use]
    pub const fn scalar() -> Self {
        Self { ndim: 0, lens: [0; MAX_NDIM] }
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        usize::from(self.ndim)
    }

    /// Number of elements.
    #[must_use]
    pub fn nitems(&self) -> usize {
        self.iter().product()
    }

    /// Number of bytes, for elements of `itemsize` bytes.
    ///
    /// # Errors
    /// [`InvalidArgument::ShapeOverflow`] when it does not fit `isize`. Axes of length 0 do not
    /// excuse the others, so that strides are safe to compute.
    pub fn nbytes(&self, itemsize: usize) -> Result<usize> {
        let overflow = || InvalidArgument::ShapeOverflow { shape: self.to_vec(), itemsize };
        let nbytes = self
            .iter()
            .try_fold(itemsize, |n, &len| n.checked_mul(len.max(1)))
            .filter(|&n| isize::try_from(n).is_ok())
            .ok_or_else(overflow)?;
        Ok(if self.contains(&0) { 0 } else { nbytes })
    }

    /// Elements between neighbours along each axis, in C order.
    #[must_use]
    pub fn strides(&self) -> Self {
        let mut strides = *self;
        let mut step = 1;
        for axis in (0..self.ndim()).rev() {
            strides.lens[axis] = step;
            step *= self[axis].max(1);
        }
        strides
    }

    /// The indices of the element at `position` in C order.
    #[must_use]
    pub fn unravel(&self, mut position: usize) -> Self {
        let mut index = *self;
        for axis in (0..self.ndim()).rev() {
            let len = self[axis].max(1);
            index.lens[axis] = position % len;
            position /= len;
        }
        index
    }

    /// The position in C order of the element at these indices.
    #[must_use]
    pub fn ravel(&self, index: &[usize]) -> usize {
        self.iter().zip(index).fold(0, |position, (len, index)| position * len + index)
    }

    /// The same lengths without those of one axis, which exists.
    pub(crate) fn without_axis(&self, axis: usize) -> Self {
        let ndim = self.ndim();
        let mut shape = *self;
        shape.lens.copy_within(axis + 1..ndim, axis);
        shape.lens[ndim - 1] = 0;
        shape.ndim -= 1;
        shape
    }

    /// The same lengths with one more axis before `axis`.
    pub(crate) fn with_axis(&self, axis: usize, len: usize) -> Result<Self> {
        let ndim = self.ndim();
        if ndim == MAX_NDIM {
            return Err(InvalidArgument::TooManyAxes { ndim: ndim + 1, max: MAX_NDIM }.into());
        }
        let mut shape = *self;
        shape.lens.copy_within(axis..ndim, axis + 1);
        shape.lens[axis] = len;
        shape.ndim += 1;
        Ok(shape)
    }

    /// The same lengths but for that of one axis.
    pub(crate) fn with_len(&self, axis: usize, len: usize) -> Self {
        let mut shape = *self;
        shape.lens[..self.ndim()][axis] = len;
        shape
    }

    /// Applies `f` to each axis number.
    pub(crate) fn map(&self, mut f: impl FnMut(usize) -> usize) -> Self {
        let mut mapped = *self;
        for axis in 0..self.ndim() {
            mapped.lens[axis] = f(axis);
        }
        mapped
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.lens[..usize::from(self.ndim)]
    }
}

impl AsRef<[usize]> for Shape {
    fn as_ref(&self) -> &[usize] {
        self
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl fmt::Display for Shape {
    /// `4096×2160`; `scalar` for no axes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.split_first() else {
            return f.write_str("scalar");
        };
        write!(f, "{first}")?;
        rest.iter().try_for_each(|len| write!(f, "×{len}"))
    }
}

/// A box of elements: a half-open range per axis.
///
/// ```
/// use ndpress::Region;
///
/// let region = Region::new([100..164, 200..264])?;
/// assert_eq!(&region.shape()[..], [64, 64]);
/// let error = region.check(&[4096, 250]).unwrap_err();
/// assert_eq!(error.to_string(), "region 200..264 exceeds axis 1 of length 250");
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    start: Shape,
    shape: Shape,
}

impl Region {
    /// The region of these ranges.
    ///
    /// # Errors
    /// [`InvalidArgument::TooManyAxes`]; [`InvalidArgument::RegionOutOfBounds`] for a range that
    /// ends before it starts; [`InvalidArgument::ShapeOverflow`] as [`Shape::new`].
    pub fn new(ranges: impl AsRef<[Range<usize>]>) -> Result<Self> {
        let ranges = ranges.as_ref();
        let ndim = ranges.len();
        if ndim > MAX_NDIM {
            return Err(InvalidArgument::TooManyAxes { ndim, max: MAX_NDIM }.into());
        }
        let mut region = Self { start: Shape::scalar(), shape: Shape::scalar() };
        region.start.ndim = ndim as u8;
        region.shape.ndim = ndim as u8;
        for (axis, &Range { start, end }) in ranges.iter().enumerate() {
            if start > end {
                let len = end;
                return Err(InvalidArgument::RegionOutOfBounds { axis, start, end, len }.into());
            }
            region.start.lens[axis] = start;
            region.shape.lens[axis] = end - start;
        }
        region.shape.nbytes(1)?;
        Ok(region)
    }

    /// The region of this shape that begins at `start`; both have the same number of axes.
    pub(crate) fn at(start: Shape, shape: Shape) -> Self {
        debug_assert_eq!(start.ndim, shape.ndim);
        Self { start, shape }
    }

    /// The whole of an array of this shape.
    #[must_use]
    pub fn full(shape: Shape) -> Self {
        Self { start: shape.map(|_| 0), shape }
    }

    /// First index along each axis.
    #[must_use]
    pub fn start(&self) -> &Shape {
        &self.start
    }

    /// Length along each axis.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// One past the last index along `axis`.
    #[must_use]
    pub fn end(&self, axis: usize) -> usize {
        self.start[axis] + self.shape[axis]
    }

    /// The range along `axis`.
    #[must_use]
    pub fn range(&self, axis: usize) -> Range<usize> {
        self.start[axis]..self.end(axis)
    }

    /// The first `len` indices of an axis, and the others.
    pub(crate) fn split_at(&self, axis: usize, len: usize) -> (Self, Self) {
        let (start, shape) = (self.start, self.shape);
        let low = Self::at(start, shape.with_len(axis, len));
        let start = start.with_len(axis, start[axis] + len);
        (low, Self::at(start, shape.with_len(axis, shape[axis] - len)))
    }

    /// A region counted from `origin`, counted from where that is.
    pub(crate) fn moved_by(&self, origin: &Shape) -> Self {
        Self::at(self.start.map(|axis| self.start[axis] + origin[axis]), self.shape)
    }

    /// Whether there is no element in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Checks that the region lies inside an array of this shape.
    ///
    /// # Errors
    /// [`InvalidArgument::NdimMismatch`], [`InvalidArgument::RegionOutOfBounds`].
    pub fn check(&self, shape: &[usize]) -> Result<()> {
        let (expected, found) = (shape.len(), self.start.ndim());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        for (axis, &len) in shape.iter().enumerate() {
            let Range { start, end } = self.range(axis);
            if end > len {
                return Err(InvalidArgument::RegionOutOfBounds { axis, start, end, len }.into());
            }
        }
        Ok(())
    }
}

/// Checks that an index lies inside an array of this shape.
pub(crate) fn check_index(index: &[usize], shape: &[usize]) -> Result<()> {
    let (expected, found) = (shape.len(), index.len());
    if expected != found {
        return Err(InvalidArgument::NdimMismatch { expected, found }.into());
    }
    for (axis, (&index, &len)) in index.iter().zip(shape).enumerate() {
        if index >= len {
            let what = IndexKind::Axis(axis);
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
    }
    Ok(())
}

/// Checks that there is such an axis.
pub(crate) fn check_axis(axis: usize, ndim: usize) -> Result<()> {
    if axis >= ndim {
        let (what, index, len) = (IndexKind::Axes, axis, ndim);
        return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
    }
    Ok(())
}

/// Checks that something has the lengths needed.
pub(crate) fn check_shape(expected: &[usize], found: &[usize]) -> Result<()> {
    if expected != found {
        let (expected, found) = (expected.to_vec(), found.to_vec());
        return Err(InvalidArgument::ShapeMismatch { expected, found }.into());
    }
    Ok(())
}

/// An index of an axis; a negative one counts from its end.
pub(crate) fn resolve_index(index: isize, axis: usize, len: usize) -> Result<usize> {
    let from_start = resolve_position(index, axis, len)?;
    if from_start >= len {
        let what = IndexKind::Axis(axis);
        return Err(InvalidArgument::IndexOutOfBounds { what, index: from_start, len }.into());
    }
    Ok(from_start)
}

/// The lowest index of a range with a step, and how many there are. Negative positions count from the
/// end of the axis, and with a negative step so does the range.
pub(crate) fn resolve_range(
    start: isize,
    end: Option<isize>,
    step: isize,
    axis: usize,
    len: usize,
) -> Result<(usize, usize)> {
    if step == 0 {
        return Err(InvalidArgument::ZeroStep { axis }.into());
    }
    let start = resolve_position(start, axis, len)?;
    let end = end.map_or(Ok(len), |end| resolve_position(end, axis, len))?;
    // A range that ends before it starts is empty, as in `ndarray`.
    let end = end.max(start);
    if end > len {
        return Err(InvalidArgument::RegionOutOfBounds { axis, start, end, len }.into());
    }
    let stride = step.unsigned_abs();
    let count = (end - start).div_ceil(stride);
    // Backwards, the step counts from the last index.
    let lowest = if step < 0 && count > 0 { end - 1 - (count - 1) * stride } else { start };
    Ok((lowest, count))
}

/// A position from the start of an axis; a negative one counts from its end.
fn resolve_position(position: isize, axis: usize, len: usize) -> Result<usize> {
    if let Ok(position) = usize::try_from(position) {
        return Ok(position);
    }
    let from_end = position.unsigned_abs();
    len.checked_sub(from_end)
        .ok_or_else(|| InvalidArgument::NegativeIndex { axis, index: position, len }.into())
}
