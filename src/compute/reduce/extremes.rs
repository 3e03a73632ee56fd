//! Least and greatest elements.

use super::{BlockStatistics, Reduce};
use crate::compute::number::{Extremes, Kernel, Number};

pub(super) struct MinMax;

impl<T: Number> Reduce<T> for MinMax {
    type State = Extremes<T>;

    fn start(&self) -> Extremes<T> {
        Extremes::NONE
    }

    #[inline(always)]
    fn fold(&self, state: &mut Extremes<T>, items: &[T], _: usize) {
        state.include(T::Kernel::extremes(items));
    }

    fn fold_repeated(&self, state: &mut Extremes<T>, value: T, count: usize, _: usize) {
        if count > 0 {
            state.include(Extremes::of(value));
        }
    }

    #[inline(always)]
    fn fold_each(&self, states: &mut [Extremes<T>], items: &[T], _: usize) {
        for (state, &item) in states.iter_mut().zip(items) {
            state.include(Extremes::of(item));
        }
    }

    fn is_answered(&self, _: &BlockStatistics<T>) -> bool {
        true
    }

    fn fold_known(&self, state: &mut Extremes<T>, known: &BlockStatistics<T>) {
        state.include(known.extremes());
    }

    fn merge(&self, state: &mut Extremes<T>, later: Extremes<T>) {
        state.include(later);
    }
}
