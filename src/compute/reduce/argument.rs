//! Where the least or greatest element is.

use super::runs::Indices;
use super::sum::Nan;
use super::{BlockStatistics, Reduce};
use crate::compute::number::{Extremes, Kernel, Number};

/// The first of the elements that are less than, or greater than, all others. NaN is before all of
/// them, or left out.
pub(super) struct Argument<T> {
    end: End,
    nan: Nan,
    /// An element that there is, or a better one: as good as one can be that is known of.
    bound: Option<T>,
}

/// Which element is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Least,
    Greatest,
}

/// The best element so far, and its index.
pub(super) type Found<T> = Option<(T, usize)>;

impl<T: Number> Argument<T> {
    pub(super) fn new(end: End, nan: Nan) -> Self {
        Self { end, nan, bound: None }
    }

    /// To be found among elements of which this is known.
    pub(super) fn with_bound(self, known: &Extremes<T>) -> Self {
        Self { bound: self.best(known), ..self }
    }

    /// The element to be found of some that lie so.
    fn best(&self, extremes: &Extremes<T>) -> Option<T> {
        match (extremes.range, self.end) {
            _ if extremes.has_nan && self.nan == Nan::Kept => T::Kernel::NAN,
            (None, _) => None,
            (Some((low, _)), End::Least) => Some(low),
            (Some((_, high)), End::Greatest) => Some(high),
        }
    }

    /// Whether `a` is to be found rather than `b`, wherever they are.
    fn is_better(&self, a: T, b: T) -> bool {
        match self.end {
            _ if T::Kernel::is_nan(b) => false,
            _ if T::Kernel::is_nan(a) => true,
            End::Least => a < b,
            End::Greatest => a > b,
        }
    }

    fn include(&self, found: &mut Found<T>, value: T, index: usize) {
        if self.nan == Nan::Skipped && T::Kernel::is_nan(value) {
            return;
        }
        let is_better = found.is_none_or(|(best, at)| {
            self.is_better(value, best) || (!self.is_better(best, value) && index < at)
        });
        if is_better {
            *found = Some((value, index));
        }
    }
}

impl<T: Number> Reduce<T> for Argument<T> {
    type State = Found<T>;

    const INDICES: Indices = Indices::Needed;

    fn start(&self) -> Found<T> {
        None
    }

    #[inline(always)]
    fn fold(&self, state: &mut Found<T>, items: &[T], index: usize) {
        // Elements in a row are searched only if the best of them can be what is looked for.
        let Some(best) = self.best(&T::Kernel::extremes(items)) else { return };
        let is_hopeless = state.is_some_and(|(value, at)| {
            self.is_better(value, best) || (!self.is_better(best, value) && at < index)
        });
        if is_hopeless {
            return;
        }
        let is_best =
            |item: &T| *item == best || T::Kernel::is_nan(best) && T::Kernel::is_nan(*item);
        if let Some(position) = items.iter().position(is_best) {
            self.include(state, items[position], index + position);
        }
    }

    fn fold_repeated(&self, state: &mut Found<T>, value: T, count: usize, index: usize) {
        if count > 0 {
            self.include(state, value, index);
        }
    }

    fn is_answered(&self, known: &BlockStatistics<T>) -> bool {
        let best = self.best(&known.extremes());
        best.is_none_or(|best| self.bound.is_some_and(|bound| self.is_better(bound, best)))
    }

    // It is not in a block of which enough is known: nothing to do in `fold_known`.

    fn merge(&self, state: &mut Found<T>, later: Found<T>) {
        if let Some((value, index)) = later {
            self.include(state, value, index);
        }
    }
}
