//! Reductions over all elements.

use std::fmt;
use std::sync::Arc;

use super::along::Along;
use super::argument::{Argument, End};
use super::extremes::MinMax;
use super::histogram::{Histogram, Intervals};
use super::moments::{Moments, MomentsState};
use super::quantile::by_rank;
use super::statistics::known_extremes;
use super::sum::{Nan, Sum, SumState};
use super::truth::Count;
use super::unique::Unique;
use super::whole::whole;
use crate::array::{Array, ArrayItems};
use crate::compute::expression::Expression;
use crate::compute::number::{Extremes, Kernel, Number, Partial, PartialOf, has_nan};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};

/// All elements of an array, and what becomes of those that are not a number.
pub(crate) struct All<T> {
    array: Arc<dyn ArrayItems<T>>,
    nan: Nan,
}

impl<T> Clone for All<T> {
    fn clone(&self) -> Self {
        Self { array: self.array.clone(), nan: self.nan }
    }
}

impl<T: Number> All<T> {
    fn empty(&self, operation: &'static str) -> crate::Error {
        let shape = self.array.grid().shape().to_vec();
        InvalidArgument::EmptyReduction { operation, shape }.into()
    }

    pub(crate) fn sum(&self) -> Result<T::Total> {
        T::Kernel::total(whole(&*self.array, &Sum { nan: self.nan })?.sum)
    }

    pub(crate) fn mean(&self) -> Result<f64> {
        let state = whole(&*self.array, &Sum { nan: self.nan })?;
        if state.count == 0 && !self.has_items() {
            return Err(self.empty("mean"));
        }
        Ok(mean::<T>(state))
    }

    fn has_items(&self) -> bool {
        !self.array.grid().shape().contains(&0)
    }

    pub(crate) fn var(&self, ddof: f64, operation: &'static str) -> Result<f64> {
        let state: MomentsState = whole(&*self.array, &Moments { nan: self.nan })?;
        if state.count() == 0.0 && !self.has_items() {
            return Err(self.empty(operation));
        }
        Ok(state.variance(ddof))
    }

    pub(crate) fn min_max(&self, operation: &'static str) -> Result<(T, T)> {
        let state = whole(&*self.array, &MinMax)?;
        range(state, self.nan).ok_or_else(|| self.empty(operation))
    }

    pub(crate) fn argument(&self, end: End, operation: &'static str) -> Result<Vec<usize>> {
        let argument = Argument::new(end, self.nan).with_bound(&known_extremes(&*self.array));
        let found = whole(&*self.array, &argument)?;
        let (_, index) = found.ok_or_else(|| self.empty(operation))?;
        Ok(self.array.grid().shape().unravel(index).to_vec())
    }

    pub(crate) fn histogram(&self, bins: usize, low: f64, high: f64) -> Result<Histogram> {
        let is_range = low.is_finite() && high.is_finite() && low < high;
        if bins == 0 || !is_range {
            return Err(InvalidArgument::Intervals { bins, low, high }.into());
        }
        let intervals = Intervals { low, high, bins };
        let counts = whole(&*self.array, &intervals)?;
        Ok(intervals.histogram(counts))
    }

    pub(crate) fn percentiles(&self, percents: &[f64]) -> Result<Vec<f64>> {
        if let Some(&percent) = percents.iter().find(|percent| !(0.0..=100.0).contains(*percent)) {
            return Err(InvalidArgument::Percentile { percent }.into());
        }
        // Where each lies between two ranks.
        let mut places = Vec::new();
        let mut is_nan = false;
        let found = by_rank(&*self.array, |count, nans| {
            if count + nans == 0 {
                return Err(self.empty("percentile"));
            }
            is_nan = count == 0 || nans > 0 && self.nan == Nan::Kept;
            if is_nan {
                return Ok(Vec::new());
            }
            let last = count - 1;
            places.extend(percents.iter().map(|percent| percent / 100.0 * last as f64));
            let ranks = places
                .iter()
                .flat_map(|place| [place.floor() as usize, (place.ceil() as usize).min(last)]);
            Ok(ranks.collect())
        })?;
        if is_nan {
            return Ok(vec![f64::NAN; percents.len()]);
        }
        let pairs = found.as_chunks().0.iter().zip(places);
        Ok(pairs
            .map(|(&[low, high], place): (&[T; 2], f64)| {
                let (low, high, weight) =
                    (T::Kernel::to_f64(low), T::Kernel::to_f64(high), place.fract());
                if weight == 0.0 { low } else { low * (1.0 - weight) + high * weight }
            })
            .collect())
    }

    pub(crate) fn unique_counts(&self) -> Result<Vec<(T, u64)>> {
        let counts = whole(&*self.array, &Unique)?;
        Ok(counts.into_iter().map(|(key, count)| (T::Kernel::of_key(key), count)).collect())
    }
}

/// The mean, from a sum.
pub(super) fn mean<T: Number>(state: SumState<PartialOf<T>>) -> f64 {
    state.sum.to_f64() / state.count as f64
}

/// Least and greatest, NaN where one of the elements is and that counts; `None` of no elements.
pub(super) fn range<T: Number>(state: Extremes<T>, nan: Nan) -> Option<(T, T)> {
    let is_nan = state.has_nan && (nan == Nan::Kept || state.range.is_none());
    if is_nan { T::Kernel::NAN.map(|nan| (nan, nan)) } else { state.range }
}

/// How many elements `f` holds for, up to `limit` or more.
pub(crate) fn count<T: Element>(
    array: &dyn ArrayItems<T>,
    f: impl Fn(T) -> bool + Sync,
    limit: usize,
) -> Result<usize> {
    whole(array, &Count { is_counted: f, limit })
}

/// An array's elements that are numbers: see [`Array::skip_nan`].
#[must_use = "nothing is computed before a reduction is asked for"]
pub struct SkipNan<T>(All<T>);

impl<T> Clone for SkipNan<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for SkipNan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SkipNan")
    }
}

impl<T: Number> SkipNan<T> {
    fn new(array: Arc<dyn ArrayItems<T>>) -> Self {
        let nan = if has_nan::<T>() { Nan::Skipped } else { Nan::Kept };
        Self(All { array, nan })
    }

    /// The sum, as [`Array::sum`].
    ///
    /// # Errors
    /// As [`Array::sum`].
    pub fn sum(&self) -> Result<T::Total> {
        self.0.sum()
    }

    /// The mean, as [`Array::mean`]; NaN where all elements are.
    ///
    /// # Errors
    /// As [`Array::mean`].
    pub fn mean(&self) -> Result<f64> {
        self.0.mean()
    }

    /// The variance, as [`Array::var`].
    ///
    /// # Errors
    /// As [`Array::var`].
    pub fn var(&self, ddof: f64) -> Result<f64> {
        self.0.var(ddof, "var")
    }

    /// The standard deviation, as [`Array::std`].
    ///
    /// # Errors
    /// As [`Array::std`].
    pub fn std(&self, ddof: f64) -> Result<f64> {
        Ok(self.0.var(ddof, "std")?.sqrt())
    }

    /// The least element, as [`Array::min`]; NaN where all elements are.
    ///
    /// # Errors
    /// As [`Array::min`].
    pub fn min(&self) -> Result<T> {
        Ok(self.0.min_max("min")?.0)
    }

    /// The greatest element, as [`Array::max`]; NaN where all elements are.
    ///
    /// # Errors
    /// As [`Array::max`].
    pub fn max(&self) -> Result<T> {
        Ok(self.0.min_max("max")?.1)
    }

    /// The least and the greatest element, as [`Array::min_max`]; NaN where all elements are.
    ///
    /// # Errors
    /// As [`Array::min_max`].
    pub fn min_max(&self) -> Result<(T, T)> {
        self.0.min_max("min_max")
    }

    /// The index of the first least element, as [`Array::argmin`].
    ///
    /// # Errors
    /// As [`Array::argmin`]; and `EmptyReduction` where all elements are NaN.
    pub fn argmin(&self) -> Result<Vec<usize>> {
        self.0.argument(End::Least, "argmin")
    }

    /// The index of the first greatest element, as [`Array::argmax`].
    ///
    /// # Errors
    /// As [`argmin`](Self::argmin).
    pub fn argmax(&self) -> Result<Vec<usize>> {
        self.0.argument(End::Greatest, "argmax")
    }

    /// The values below which these parts of the elements lie, as [`Array::percentiles`].
    ///
    /// # Errors
    /// As [`Array::percentiles`].
    pub fn percentiles(&self, percents: &[f64]) -> Result<Vec<f64>> {
        self.0.percentiles(percents)
    }
}

/// The same reductions for each kind of array.
macro_rules! reductions {
    ($($array:ident)*) => {$(
        impl<T: Number> $array<T> {
            fn all_items(&self) -> Result<All<T>> {
                Ok(All { array: self.items()?, nan: Nan::Kept })
            }

            /// The sum of all elements, as [`Number::Total`]: of integers it is exact; floats are
            /// added as `f64`, in pairs, in an order that neither threads nor codec change. Of no
            /// elements it is 0.
            ///
            /// Blocks are summed up while they are in the cache; equal elements in one step. Memory:
            /// a buffer of one block for each thread.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let array = Array::full([1000, 1000, 1000], 200u8, &Options::new())?;
            /// assert_eq!(array.sum()?, 200_000_000_000);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`SumOverflow`](InvalidArgument::SumOverflow);
            /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block.
            pub fn sum(&self) -> Result<T::Total> {
                self.all_items()?.sum()
            }

            /// The mean of all elements, from the sum; NaN if one of them is.
            ///
            /// # Errors
            /// [`EmptyReduction`](InvalidArgument::EmptyReduction);
            /// [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn mean(&self) -> Result<f64> {
                self.all_items()?.mean()
            }

            /// Means along one axis: an array of the others.
            ///
            /// # Errors
            /// As [`along`](Self::along) and [`mean`](Self::mean).
            pub fn mean_axis(&self, axis: usize) -> Result<Array<f64>> {
                self.along([axis])?.mean()
            }

            /// Sums along one axis: an array of the others.
            ///
            /// # Errors
            /// As [`along`](Self::along) and [`sum`](Self::sum).
            pub fn sum_axis(&self, axis: usize) -> Result<Array<T::Total>> {
                self.along([axis])?.sum()
            }

            /// The variance of all elements: the sum of their squared distances from the mean, by
            /// their number less `ddof`, the degrees of freedom taken; NaN where that is not
            /// positive. In one pass, without loss where the mean is large.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn var(&self, ddof: f64) -> Result<f64> {
                self.all_items()?.var(ddof, "var")
            }

            /// The standard deviation of all elements, the root of [`var`](Self::var).
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn std(&self, ddof: f64) -> Result<f64> {
                Ok(self.all_items()?.var(ddof, "std")?.sqrt())
            }

            /// The least element; NaN if one of them is.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn min(&self) -> Result<T> {
                Ok(self.all_items()?.min_max("min")?.0)
            }

            /// The greatest element; NaN if one of them is.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn max(&self) -> Result<T> {
                Ok(self.all_items()?.min_max("max")?.1)
            }

            /// The least and the greatest element, in one pass; NaN if one of them is.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn min_max(&self) -> Result<(T, T)> {
                self.all_items()?.min_max("min_max")
            }

            /// The index of the first of the least elements; of the first NaN if there is one.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn argmin(&self) -> Result<Vec<usize>> {
                self.all_items()?.argument(End::Least, "argmin")
            }

            /// The index of the first of the greatest elements; of the first NaN if there is one.
            ///
            /// # Errors
            /// As [`mean`](Self::mean).
            pub fn argmax(&self) -> Result<Vec<usize>> {
                self.all_items()?.argument(End::Greatest, "argmax")
            }

            /// How many elements lie in each of `bins` intervals of equal width from `low` to
            /// `high`. Elements outside of them, and NaN, are not counted.
            ///
            /// Memory: the counts, a few times for each thread.
            ///
            /// # Errors
            /// [`Intervals`](InvalidArgument::Intervals) for none of them and for ends that are not
            /// finite or do not rise; [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn histogram(&self, bins: usize, low: f64, high: f64) -> Result<Histogram> {
                self.all_items()?.histogram(bins, low, high)
            }

            /// The values below which these parts of all elements lie, in percent: 50 is the
            /// median. What lies between two elements is interpolated; all are NaN if an element is.
            ///
            /// Exact, and nothing is sorted: each pass over the array counts 16 bits of the
            /// elements, so that types of one and two bytes need one pass, of four bytes two, of
            /// eight bytes four. Memory: 512 KiB a few times for each thread, more only for
            /// many percents of types of more than two bytes.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let array = Array::from_slice(&[3.0f32, 1.0, 2.0, 10.0], [2, 2], &Options::new())?;
            /// assert_eq!(array.percentiles(&[0.0, 50.0])?, [1.0, 2.5]);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`Percentile`](InvalidArgument::Percentile) outside of 0 to 100; as
            /// [`mean`](Self::mean).
            pub fn percentiles(&self, percents: &[f64]) -> Result<Vec<f64>> {
                self.all_items()?.percentiles(percents)
            }

            /// All values that there are, in order, and how often each: the sizes of labels.
            /// Floats that differ in their bits are different values.
            ///
            /// Memory: some 30 bytes for each value, a few times for each thread.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let labels = Array::from_slice(&[7u32, 0, 0, 7, 9, 7], [6], &Options::new())?;
            /// assert_eq!(labels.unique_counts()?, [(0, 2), (7, 3), (9, 1)]);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn unique_counts(&self) -> Result<Vec<(T, u64)>> {
                self.all_items()?.unique_counts()
            }
        }

        impl<T: Element> $array<T> {
            /// The elements along some axes, to be reduced to an array of the others.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let frames = Array::from_slice(&[1u8, 2, 3, 4, 5, 9], [3, 1, 2], &Options::new())?;
            /// let mean = frames.along([0])?.mean()?;
            /// assert_eq!((mean.shape()[..].to_vec(), mean.to_vec()?), (vec![1, 2], vec![3.0, 5.0]));
            /// assert_eq!(frames.along([1, 2])?.max()?.to_vec()?, [2, 4, 9]);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis that does not
            /// exist, [`RepeatedAxis`](InvalidArgument::RepeatedAxis).
            pub fn along(&self, axes: impl AsRef<[usize]>) -> Result<Along<T>> {
                Along::new(self.items()?, axes.as_ref())
            }

            /// How many elements `f` holds for. It may be asked once for many equal ones.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let array = Array::from_slice(&[1u8, 5, 7], [3], &Options::new())?;
            /// assert_eq!(array.count(|value| value > 4)?, 2);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn count(&self, f: impl Fn(T) -> bool + Sync) -> Result<usize> {
                count(&*self.items()?, f, usize::MAX)
            }
        }

        impl $array<bool> {
            /// Whether any element is true; not of none. Ends when one is found: what is damaged
            /// elsewhere may go unnoticed.
            ///
            /// # Errors
            /// [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn any(&self) -> Result<bool> {
                Ok(count(&*self.items()?, |item| item, 1)? > 0)
            }

            /// Whether all elements are true, as of none. Ends when one is not.
            ///
            /// # Errors
            /// [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn all(&self) -> Result<bool> {
                Ok(count(&*self.items()?, |item: bool| !item, 1)? == 0)
            }
        }
    )*};
}
reductions!(Array Expression);

impl<T: Element> Array<T> {
    fn items(&self) -> Result<Arc<dyn ArrayItems<T>>> {
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Element> Expression<T> {
    fn items(&self) -> Result<Arc<dyn ArrayItems<T>>> {
        Ok(Arc::new(self.computed()?))
    }
}

impl<T: Number> Array<T> {
    /// The same reductions without the elements that are not a number.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1.0, f32::NAN, 2.0], [3], &Options::new())?;
    /// assert!(array.max()?.is_nan());
    /// assert_eq!(array.skip_nan().max()?, 2.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    pub fn skip_nan(&self) -> SkipNan<T> {
        SkipNan::new(Arc::new(self.clone()))
    }
}

impl<T: Number> Expression<T> {
    /// The same reductions without the elements that are not a number.
    ///
    /// # Errors
    /// That of the expression.
    pub fn skip_nan(&self) -> Result<SkipNan<T>> {
        Ok(SkipNan::new(self.items()?))
    }
}
