//! Where the least or greatest element is.

use super::Reduce;
use super::runs::Indices;
use super::sum::Nan;
use crate::compute::number::{Kernel, Number};

/// The first of the elements that are less than, or greater than, all others. NaN is before all of
/// them, or left out.
pub(super) struct Argument {
    pub(super) end: End,
    pub(super) nan: Nan,
}

/// Which element is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Least,
    Greatest,
}

/// The best element so far, and its index.
pub(super) type Found<T> = Option<(T, usize)>;

impl Argument {
    /// Whether `a` is to be found rather than `b`, wherever they are.
    fn is_better<T: Number>(&self, a: T, b: T) -> bool {
        match self.end {
            _ if T::Kernel::is_nan(b) => false,
            _ if T::Kernel::is_nan(a) => true,
            End::Least => a < b,
            End::Greatest => a > b,
        }
    }

    fn include<T: Number>(&self, found: &mut Found<T>, value: T, index: usize) {
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

impl<T: Number> Reduce<T> for Argument {
    type State = Found<T>;

    const INDICES: Indices = Indices::Needed;

    fn start(&self) -> Found<T> {
        None
    }

    #[inline(always)]
    fn fold(&self, state: &mut Found<T>, items: &[T], index: usize) {
        // Elements in a row are searched only if the best of them can be what is looked for.
        let extremes = T::Kernel::extremes(items);
        let best = match (extremes.has_nan, extremes.range, self.end) {
            (true, _, _) if self.nan == Nan::Kept => None,
            (_, None, _) => return,
            (_, Some((low, _)), End::Least) => Some(low),
            (_, Some((_, high)), End::Greatest) => Some(high),
        };
        let is_hopeless = best.zip(*state).is_some_and(|(best, (value, at))| {
            self.is_better(value, best) || (!self.is_better(best, value) && at < index)
        });
        if is_hopeless {
            return;
        }
        let is_best = |item: &T| match best {
            Some(best) => *item == best,
            None => T::Kernel::is_nan(*item),
        };
        if let Some(position) = items.iter().position(is_best) {
            self.include(state, items[position], index + position);
        }
    }

    fn fold_repeated(&self, state: &mut Found<T>, value: T, count: usize, index: usize) {
        if count > 0 {
            self.include(state, value, index);
        }
    }

    fn merge(&self, state: &mut Found<T>, later: Found<T>) {
        if let Some((value, index)) = later {
            self.include(state, value, index);
        }
    }
}
