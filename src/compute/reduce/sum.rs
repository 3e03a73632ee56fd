//! Sums and counts.

use super::{BlockStatistics, Grouping, Reduce};
use crate::compute::number::{Kernel, Number, Partial, PartialOf};

/// The sum of all elements, or of all that are numbers; and how many these are.
pub(super) struct Sum {
    pub(super) nan: Nan,
}

/// What becomes of elements that are not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nan {
    /// They make the result one.
    Kept,
    /// They are left out.
    Skipped,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SumState<P> {
    pub(super) sum: P,
    pub(super) count: usize,
}

impl<T: Number> Reduce<T> for Sum {
    type State = SumState<PartialOf<T>>;

    const GROUPING: Grouping = Grouping::Fixed;

    fn start(&self) -> Self::State {
        SumState { sum: PartialOf::<T>::default(), count: 0 }
    }

    #[inline(always)]
    fn fold(&self, state: &mut Self::State, items: &[T], _: usize) {
        let (sum, count) = match self.nan {
            Nan::Kept => (T::Kernel::sum(items), items.len()),
            Nan::Skipped => T::Kernel::sum_of_numbers(items),
        };
        state.sum.add(sum);
        state.count += count;
    }

    fn fold_repeated(&self, state: &mut Self::State, value: T, count: usize, _: usize) {
        if self.nan == Nan::Kept || !T::Kernel::is_nan(value) {
            state.sum.add(T::Kernel::times(T::Kernel::partial(value), count));
            state.count += count;
        }
    }

    #[inline(always)]
    fn fold_each(&self, states: &mut [Self::State], items: &[T], _: usize) {
        for (state, &item) in states.iter_mut().zip(items) {
            if self.nan == Nan::Kept || !T::Kernel::is_nan(item) {
                state.sum.add(T::Kernel::partial(item));
                state.count += 1;
            }
        }
    }

    fn is_answered(&self, _: &BlockStatistics<T>) -> bool {
        true
    }

    fn fold_known(&self, state: &mut Self::State, known: &BlockStatistics<T>) {
        match T::Kernel::NAN {
            Some(nan) if self.nan == Nan::Kept && known.nan_count() > 0 => {
                state.sum.add(T::Kernel::partial(nan));
            }
            _ => state.sum.add(known.partial()),
        }
        state.count += match self.nan {
            Nan::Kept => known.nitems(),
            Nan::Skipped => known.nnumbers(),
        };
    }

    fn merge(&self, state: &mut Self::State, later: Self::State) {
        state.sum.add(later.sum);
        state.count += later.count;
    }
}
