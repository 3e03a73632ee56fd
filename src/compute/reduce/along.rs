//! Reductions over some axes.

use std::fmt;
use std::sync::Arc;

use super::argument::{Argument, End, Found};
use super::extremes::MinMax;
use super::moments::Moments;
use super::partial::partial;
use super::sum::{Nan, Sum};
use super::truth::Count;
use super::{Reduce, methods};
use crate::array::{Array, ArrayItems, Options};
use crate::compute::number::{Extremes, Kernel, Number};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{MAX_NDIM, check_axis};

/// An array's elements along some of its axes, to be reduced: see [`Array::along`].
///
/// What comes out is a compressed array of the other axes. Each block is decoded once, and nothing
/// decompressed is held but states for the outputs of one chunk.
#[must_use = "nothing is computed before a reduction is asked for"]
pub struct Along<T> {
    array: Arc<dyn ArrayItems<T>>,
    kept: Vec<bool>,
    nan: Nan,
    options: Options,
}

impl<T: Element> Along<T> {
    /// `axes` are those that are to go.
    pub(crate) fn new(array: Arc<dyn ArrayItems<T>>, axes: &[usize]) -> Result<Self> {
        let len = array.grid().shape().ndim();
        let mut kept = [true; MAX_NDIM];
        for &axis in axes {
            check_axis(axis, len)?;
            if !std::mem::replace(&mut kept[axis], false) {
                return Err(InvalidArgument::RepeatedAxis { axis }.into());
            }
        }
        let (nan, options) = (Nan::Kept, Options::default());
        Ok(Self { array, kept: kept[..len].to_vec(), nan, options })
    }

    /// Leaves out elements that are not a number.
    pub fn skip_nan(self) -> Self {
        Self { nan: Nan::Skipped, ..self }
    }

    /// How the results are compressed and cut; as [`Options::default`] says otherwise.
    pub fn options(self, options: &Options) -> Self {
        Self { options: options.clone(), ..self }
    }

    fn reduce<R: Reduce<T>, U: Element>(
        &self,
        reducer: &R,
        finish: impl Fn(R::State) -> Result<U> + Sync,
    ) -> Result<Array<U>> {
        partial(&*self.array, &self.kept, reducer, finish, &self.options)
    }

    /// Elements that go to one output.
    fn noutput_items(&self) -> usize {
        let lens = self.array.grid().shape().iter().zip(&self.kept);
        lens.filter(|(_, kept)| !**kept).map(|(len, _)| len).product()
    }

    /// Checks that there are elements for each output.
    fn check_not_empty(&self, operation: &'static str) -> Result<()> {
        let has_outputs = {
            let lens = self.array.grid().shape().iter().zip(&self.kept);
            lens.filter(|(_, kept)| **kept).all(|(len, _)| *len > 0)
        };
        if has_outputs && self.noutput_items() == 0 {
            let shape = self.array.grid().shape().to_vec();
            return Err(InvalidArgument::EmptyReduction { operation, shape }.into());
        }
        Ok(())
    }
}

impl<T: Number> Along<T> {
    /// Sums, as [`Array::sum`].
    ///
    /// # Errors
    /// As [`Array::sum`].
    pub fn sum(&self) -> Result<Array<T::Total>> {
        self.reduce(&Sum { nan: self.nan }, |state| T::Kernel::total(state.sum))
    }

    /// Means, as [`Array::mean`].
    ///
    /// # Errors
    /// [`EmptyReduction`](InvalidArgument::EmptyReduction); [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn mean(&self) -> Result<Array<f64>> {
        self.check_not_empty("mean")?;
        self.reduce(&Sum { nan: self.nan }, |state| Ok(methods::mean::<T>(state)))
    }

    /// Variances, as [`Array::var`].
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn var(&self, ddof: f64) -> Result<Array<f64>> {
        self.check_not_empty("var")?;
        self.reduce(&Moments { nan: self.nan }, |state| Ok(state.variance(ddof)))
    }

    /// Standard deviations, as [`Array::std`].
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn std(&self, ddof: f64) -> Result<Array<f64>> {
        self.check_not_empty("std")?;
        self.reduce(&Moments { nan: self.nan }, |state| Ok(state.variance(ddof).sqrt()))
    }

    /// Least elements, as [`Array::min`].
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn min(&self) -> Result<Array<T>> {
        self.extremes("min", |(low, _)| low)
    }

    /// Greatest elements, as [`Array::max`].
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn max(&self) -> Result<Array<T>> {
        self.extremes("max", |(_, high)| high)
    }

    fn extremes(
        &self,
        operation: &'static str,
        which: impl Fn((T, T)) -> T + Sync,
    ) -> Result<Array<T>> {
        self.check_not_empty(operation)?;
        self.reduce(&MinMax, |state: Extremes<T>| {
            Ok(which(methods::range(state, self.nan).unwrap_or((T::zeroed(), T::zeroed()))))
        })
    }

    /// Indices of the first least elements: along the axis, or in C order among the axes that go.
    ///
    /// # Errors
    /// As [`mean`](Self::mean); and `EmptyReduction` where all are NaN and these are left out.
    pub fn argmin(&self) -> Result<Array<u64>> {
        self.argument("argmin", End::Least)
    }

    /// Indices of the first greatest elements, as [`argmin`](Self::argmin).
    ///
    /// # Errors
    /// As [`argmin`](Self::argmin).
    pub fn argmax(&self) -> Result<Array<u64>> {
        self.argument("argmax", End::Greatest)
    }

    fn argument(&self, operation: &'static str, end: End) -> Result<Array<u64>> {
        self.check_not_empty(operation)?;
        self.reduce(&Argument::new(end, self.nan), |state: Found<T>| match state {
            Some((_, index)) => Ok(index as u64),
            None => {
                let shape = self.array.grid().shape().to_vec();
                Err(InvalidArgument::EmptyReduction { operation, shape }.into())
            }
        })
    }
}

impl<T: Element> Along<T> {
    /// How many elements `f` holds for. It may be asked once for many equal ones.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn count(&self, f: impl Fn(T) -> bool + Sync) -> Result<Array<u64>> {
        self.reduce(&Count { is_counted: f, limit: usize::MAX }, |count| Ok(count as u64))
    }
}

impl Along<bool> {
    /// Whether any elements are true; not of none.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn any(&self) -> Result<Array<bool>> {
        self.reduce(&Count { is_counted: |item| item, limit: usize::MAX }, |count| Ok(count > 0))
    }

    /// Whether all elements are true, as of none.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt).
    pub fn all(&self) -> Result<Array<bool>> {
        let count = |item: bool| !item;
        self.reduce(&Count { is_counted: count, limit: usize::MAX }, |count| Ok(count == 0))
    }
}

impl<T> fmt::Debug for Along<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Along").field("kept", &self.kept).field("nan", &self.nan).finish()
    }
}
