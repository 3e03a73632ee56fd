//! Elements computed from neighbourhoods: convolution, morphology, differences.

use std::ops::Range;

use crate::arch::view::lend_items;
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
    fn index(&self, index: isize, len: usize) -> Option<usize> {
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
        // Along each axis, runs of indices that are neighbours in the array too. Most boxes have one.
        let (runs, copies): (Vec<_>, Vec<_>) =
            (0..shape.ndim()).map(|axis| self.runs(axis, start(axis), shape[axis], border)).unzip();
        let counts = shape.map(|axis| runs[axis].len());
        lend_items(dst, *shape, |mut view| {
            for number in 0..counts.nitems() {
                let position = counts.unravel(number);
                let run = |axis: usize| &runs[axis][position[axis]];
                let mut part = view.reborrow();
                for axis in 0..shape.ndim() {
                    part = part.slice_axis(axis, run(axis).to.clone());
                    if run(axis).is_reversed {
                        part = part.invert_axis(axis);
                    }
                }
                let lens = shape.map(|axis| run(axis).to.len());
                let region = Region::at(shape.map(|axis| run(axis).from), lens);
                self.raw().read(&(&region).into(), part)?;
            }
            Ok(())
        })?;
        for (axis, copies) in copies.into_iter().enumerate() {
            copies.into_iter().for_each(|(from, to)| copy_along(dst, shape, axis, from, to));
        }
        Ok(())
    }

    /// The runs of an axis; and which indices of the box are copies of others.
    fn runs(
        &self,
        axis: usize,
        start: isize,
        len: usize,
        border: Border<T>,
    ) -> (Vec<Run>, Vec<(usize, usize)>) {
        let (mut runs, mut copies) = (Vec::<Run>::new(), Vec::new());
        for at in 0..len {
            let Some(index) = border.index(start + at as isize, self.shape()[axis]) else {
                continue;
            };
            match runs.last_mut() {
                Some(run) if run.repeats(index) => copies.push((at - 1, at)),
                Some(run) => {
                    if let Some(next) = run.extended(at, index) {
                        *run = next;
                    } else {
                        runs.push(Run::one(at, index));
                    }
                }
                None => runs.push(Run::one(at, index)),
            }
        }
        (runs, copies)
    }
}

/// Indices of a box, and those of the array they stand for.
struct Run {
    to: Range<usize>,
    /// The least one.
    from: usize,
    is_reversed: bool,
}

impl Run {
    fn one(at: usize, index: usize) -> Self {
        Self { to: at..at + 1, from: index, is_reversed: false }
    }

    /// Whether its last index is this one.
    fn repeats(&self, index: usize) -> bool {
        index == if self.is_reversed { self.from } else { self.from + self.to.len() - 1 }
    }

    /// The run and one index more, if that goes on the same way.
    fn extended(&self, at: usize, index: usize) -> Option<Self> {
        let to = self.to.start..at + 1;
        if self.to.end != at {
            return None;
        }
        if !self.is_reversed && index == self.from + self.to.len() {
            return Some(Self { to, ..*self });
        }
        let goes_back = self.is_reversed || self.to.len() == 1;
        (goes_back && index + 1 == self.from).then_some(Self { to, from: index, is_reversed: true })
    }
}

/// Copies what is at an index of one axis to another one.
fn copy_along<T: Copy>(items: &mut [T], shape: &Shape, axis: usize, from: usize, to: usize) {
    let inner: usize = shape[axis + 1..].iter().product();
    for items in items.chunks_exact_mut((inner * shape[axis]).max(1)) {
        items.copy_within(from * inner..(from + 1) * inner, to * inner);
    }
}
