//! Elements computed from neighbourhoods: convolution, morphology, differences.

use super::node::{gather, runs};
use crate::array::{Array, Options, with_unspecified};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// What lies beyond the ends of an array, as in NumPy's `pad`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Border<T> {
    /// This value.
    Constant(T),
    /// The last element: `a a | a b c d | d d`.
    Edge,
    /// The elements before the last one, backwards: `c b | a b c d | c b`.
    Reflect,
    /// The elements from the last one, backwards: `b a | a b c d | d c`.
    Symmetric,
    /// The elements of the other end: `c d | a b c d | a b`.
    Wrap,
}

impl<T> Border<T> {
    /// Which index of an axis of length `len`, not 0, stands for this one; `None` for the constant.
    pub(super) fn index(&self, index: isize, len: usize) -> Option<usize> {
        if (0..len as isize).contains(&index) {
            return Some(index as usize);
        }
        let len = len as isize;
        let folded = |period: isize, last: isize| {
            let at = index.rem_euclid(period);
            if at < len { at } else { last - at }
        };
        let index = match self {
            Self::Constant(_) => return None,
            Self::Edge => index.clamp(0, len - 1),
            Self::Reflect if len == 1 => 0,
            Self::Reflect => folded(2 * len - 2, 2 * len - 2),
            Self::Symmetric => folded(2 * len, 2 * len - 1),
            Self::Wrap => index.rem_euclid(len),
        };
        Some(index as usize)
    }
}

/// Elements to be computed, and where those lie that they are computed from.
#[derive(Debug, Clone, Copy)]
pub struct Neighbourhood<'a, T> {
    region: &'a Region,
    shape: &'a Shape,
    items: &'a [T],
}

impl<'a, T> Neighbourhood<'a, T> {
    /// Where the elements to be computed lie in the array.
    #[must_use]
    pub fn region(&self) -> &'a Region {
        self.region
    }

    /// Lengths of [`items`](Self::items): those of the region, and the depth twice.
    #[must_use]
    pub fn shape(&self) -> &'a Shape {
        self.shape
    }

    /// The elements of the region and as many around it as the depth says, in C order.
    #[must_use]
    pub fn items(&self) -> &'a [T] {
        self.items
    }
}

impl<T: Element> Array<T> {
    /// A new array computed from neighbourhoods: `f` gets the elements of a region with `depth` more
    /// on both sides of each axis, and writes those of the region, in C order.
    ///
    /// Regions are the chunks of the result, in parallel and in any order; beyond the ends of the
    /// array lies what `border` says. Memory: for each thread an uncompressed chunk of the result, and
    /// one of the array with its surroundings.
    ///
    /// ```
    /// use ndpress::{Array, Border, Options};
    ///
    /// let steps: Vec<f32> = (0..1000).map(|x| if x < 500 { 0.0 } else { 3.0 }).collect();
    /// let array = Array::from_slice(&steps, [1000], &Options::new())?;
    /// let smooth = array.map_overlap([1], Border::Edge, &Options::new(), |around, out| {
    ///     for (item, window) in out.iter_mut().zip(around.items().windows(3)) {
    ///         *item = window.iter().sum::<f32>() / 3.0;
    ///     }
    /// })?;
    /// assert_eq!((smooth.at(&[499])?, smooth.at(&[500])?, smooth.at(&[999])?), (1.0, 2.0, 3.0));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) for another number of depths than axes,
    /// [`ShapeOverflow`](InvalidArgument::ShapeOverflow) for depths that are too large;
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block; as [`zeros`](Self::zeros).
    pub fn map_overlap<U: Element>(
        &self,
        depth: impl AsRef<[usize]>,
        border: Border<T>,
        options: &Options,
        f: impl Fn(Neighbourhood<'_, T>, &mut [U]) + Send + Sync,
    ) -> Result<Array<U>> {
        let depth = depth.as_ref();
        let (expected, found) = (self.ndim(), depth.len());
        if expected != found {
            return Err(InvalidArgument::NdimMismatch { expected, found }.into());
        }
        let widened = |shape: &Shape| {
            shape.map(|axis| shape[axis].saturating_add(depth[axis].saturating_mul(2)))
        };
        widened(self.chunk_shape()).nbytes(size_of::<T>())?;
        let mut options = options.clone();
        if options.chunk_lens().is_none() {
            options = options.chunk_shape(self.chunk_shape());
        }
        Array::try_from_chunks_fn(*self.shape(), &options, |region, out| {
            let shape = widened(region.shape());
            shape.nbytes(size_of::<T>())?;
            with_unspecified(shape.nitems(), |items: &mut [T]| {
                let start = |axis: usize| region.start()[axis] as isize - depth[axis] as isize;
                self.read_bordered(&start, &shape, border, items)?;
                f(Neighbourhood { region, shape: &shape, items }, out);
                Ok(())
            })
        })
    }

    /// Reads a box that may reach beyond the ends of the array, which is not empty.
    fn read_bordered(
        &self,
        start: &dyn Fn(usize) -> isize,
        shape: &Shape,
        border: Border<T>,
        dst: &mut [T],
    ) -> Result<()> {
        if let Border::Constant(value) = border {
            dst.fill(value);
        }
        let runs: Vec<_> = (0..shape.ndim())
            .map(|axis| {
                let (start, len) = (start(axis), self.shape()[axis]);
                runs(0..shape[axis], |at| border.index(start + at as isize, len))
            })
            .collect();
        gather(&runs, shape, dst, |region, view| self.raw().read(&region.into(), view))
    }
}
