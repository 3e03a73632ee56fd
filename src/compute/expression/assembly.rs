//! Arrays put together from others.

use std::sync::Arc;

use super::Expression;
use super::views::into_argument;
use crate::array::{Array, Options};
use crate::compute::node::{AxisIndex, Concatenated, Indexed, Node};
use crate::compute::overlap::Border;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape, check_axis};

/// Arrays and expressions one after the other along an axis.
///
/// ```
/// use ndpress::{Array, Options, concatenate};
///
/// let options = Options::new();
/// let (top, bottom) = (Array::full([2, 3], 1u8, &options)?, Array::full([1, 3], 2u8, &options)?);
/// let both = concatenate(0, [&top, &bottom]).to_array()?;
/// assert_eq!(both.to_vec()?, [1, 1, 1, 1, 1, 1, 2, 2, 2]);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// Evaluated, it answers [`ShapeMismatch`](InvalidArgument::ShapeMismatch) for shapes that differ in
/// another axis, [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis that does not
/// exist, and [`NothingToJoin`](InvalidArgument::NothingToJoin) for none. Made into an array, chunks
/// are shared with the first ones as long as these end where a chunk does.
pub fn concatenate<T: Element, E: Into<Expression<T>>>(
    axis: usize,
    parts: impl IntoIterator<Item = E>,
) -> Expression<T> {
    let nodes: Result<Vec<_>, _> = parts.into_iter().map(|part| part.into().node).collect();
    Expression { node: nodes.and_then(|nodes| join(axis, nodes).map_err(into_argument)) }
}

fn join<T: Element>(axis: usize, nodes: Vec<Arc<dyn Node<T>>>) -> Result<Arc<dyn Node<T>>> {
    let Some(first) = nodes.first() else {
        return Err(InvalidArgument::NothingToJoin.into());
    };
    check_axis(axis, first.shape().ndim())?;
    Ok(Arc::new(Concatenated::new(axis, nodes)?))
}

/// Arrays and expressions of one shape side by side along a new axis.
///
/// ```
/// use ndpress::{Array, Options, stack};
///
/// let options = Options::new();
/// let planes = [1u8, 2, 3].map(|value| Array::full([480, 640], value, &options));
/// let planes = planes.into_iter().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(stack(2, &planes).shape()?[..], [480, 640, 3]);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// Evaluated, it answers what [`concatenate`] does.
pub fn stack<T: Element, E: Into<Expression<T>>>(
    axis: usize,
    parts: impl IntoIterator<Item = E>,
) -> Expression<T> {
    concatenate(axis, parts.into_iter().map(|part| part.into().insert_axis(axis)))
}

impl<T: Element> Expression<T> {
    /// The parts before, between and behind some indices of an axis, which rise.
    ///
    /// # Errors
    /// That of the expression; [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis
    /// that does not exist; [`RegionOutOfBounds`](InvalidArgument::RegionOutOfBounds) for indices
    /// that do not rise or exceed it.
    pub fn split(&self, axis: usize, indices: &[usize]) -> Result<Vec<Self>> {
        let shape = self.shape()?;
        check_axis(axis, shape.ndim())?;
        let ends = indices.iter().copied().chain([shape[axis]]);
        let mut start = 0;
        ends.map(|end| {
            if start > end {
                let len = shape[axis];
                return Err(InvalidArgument::RegionOutOfBounds { axis, start, end, len }.into());
            }
            let first = shape.map(|other| if other == axis { start } else { 0 });
            let region = Region::at(first, shape.with_len(axis, end - start));
            region.check(&shape)?;
            start = end;
            Ok(self.clone().crop(&region))
        })
        .collect()
    }

    /// More elements before and behind each axis: what `border` says.
    ///
    /// ```
    /// use ndpress::{Array, Border, Options};
    ///
    /// let array = Array::from_slice(&[1u8, 2, 3], [3], &Options::new())?;
    /// let padded = array.lazy().pad([(1, 2)], Border::Reflect);
    /// assert_eq!(padded.to_vec()?, [2, 1, 2, 3, 2, 1]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// Evaluated, it answers [`NdimMismatch`](InvalidArgument::NdimMismatch) for another number of
    /// widths than axes, [`ShapeOverflow`](InvalidArgument::ShapeOverflow), and
    /// [`EmptyReduction`](InvalidArgument::EmptyReduction) where there is no element to repeat.
    #[must_use]
    pub fn pad(self, widths: impl AsRef<[(usize, usize)]>, border: Border<T>) -> Self {
        self.with_node(|inner| {
            let (widths, lens) = (widths.as_ref(), *inner.shape());
            let (expected, found) = (lens.ndim(), widths.len());
            if expected != found {
                return Err(InvalidArgument::NdimMismatch { expected, found }.into());
            }
            let shape = lens.map(|axis| {
                let (before, behind) = widths[axis];
                lens[axis].saturating_add(before).saturating_add(behind)
            });
            shape.nbytes(size_of::<T>())?;
            let value = match border {
                Border::Constant(value) => value,
                _ if (0..lens.ndim()).any(|axis| lens[axis] == 0 && shape[axis] > 0) => {
                    let (operation, shape) = ("pad", lens.to_vec());
                    return Err(InvalidArgument::EmptyReduction { operation, shape }.into());
                }
                _ => T::zeroed(),
            };
            let axes = widths.iter().map(|&(before, _)| AxisIndex::Padded { before, border });
            Ok(Arc::new(Indexed { inner, axes: axes.collect(), value, shape }))
        })
    }

    /// The elements repeated so many times along each axis, the last ones aligned; as NumPy's `tile`.
    ///
    /// Evaluated, it answers [`ShapeOverflow`](InvalidArgument::ShapeOverflow) and
    /// [`TooManyAxes`](InvalidArgument::TooManyAxes).
    #[must_use]
    pub fn tile(self, repetitions: impl AsRef<[usize]>) -> Self {
        let repetitions = repetitions.as_ref();
        let ndim = self.node.as_ref().map_or(0, |node| node.shape().ndim());
        let more = repetitions.len().saturating_sub(ndim);
        let all = (0..more).fold(self, |all, _| all.insert_axis(0));
        all.with_node(|inner| {
            let lens = *inner.shape();
            let once = lens.ndim() - repetitions.len();
            let shape = lens.map(|axis| {
                let times = if axis < once { 1 } else { repetitions[axis - once] };
                lens[axis].saturating_mul(times)
            });
            shape.nbytes(size_of::<T>())?;
            Ok(periodic(inner, shape, &|_| 0))
        })
    }

    /// The elements of an axis moved by `shift` indices; those that would leave it come in at the
    /// other end.
    ///
    /// Evaluated, it answers [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis that
    /// does not exist.
    #[must_use]
    pub fn roll(self, axis: usize, shift: isize) -> Self {
        self.with_node(|inner| {
            let shape = *inner.shape();
            check_axis(axis, shape.ndim())?;
            let len = shape[axis].max(1) as isize;
            let first = shift.rem_euclid(len);
            let first = if first == 0 { 0 } else { (len - first) as usize };
            Ok(periodic(inner, shape, &|other| if other == axis { first } else { 0 }))
        })
    }
}

/// A node repeated along its axes.
fn periodic<T: Element>(
    inner: Arc<dyn Node<T>>,
    shape: Shape,
    first: &dyn Fn(usize) -> usize,
) -> Arc<dyn Node<T>> {
    let axes = (0..shape.ndim()).map(|axis| AxisIndex::Periodic { first: first(axis) }).collect();
    Arc::new(Indexed { inner, axes, value: T::zeroed(), shape })
}

impl<T: Element> Array<T> {
    /// The array compressed and cut in another way: with another codec, level or filters, in other
    /// chunks and blocks. Those that the options do not name stay as they are.
    ///
    /// Memory: the compressed bytes of both, and an uncompressed chunk for each thread.
    ///
    /// ```
    /// use ndpress::{Array, Lz4, Options};
    ///
    /// let rows = Array::full([1000, 1000], 7u16, &Options::new().chunk_shape([10, 1000]))?;
    /// let tiles = rows.recode(&Options::new().codec(Lz4::clevel(9)).chunk_shape([100, 100]))?;
    /// assert_eq!(tiles.chunk_shape()[..], [100, 100]);
    /// assert!(tiles.content_eq(&rows)?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block; as [`zeros`](Self::zeros).
    pub fn recode(&self, options: &Options) -> Result<Self> {
        let mut options = options.clone();
        if !options.has_codec() {
            let raw = self.raw();
            options = options.chunk_options(raw.options().clone(), raw.registry().clone());
        }
        self.lazy().to_array_with(&options)
    }
}
