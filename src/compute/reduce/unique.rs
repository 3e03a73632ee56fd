//! Which values there are.

use std::collections::BTreeMap;

use super::{BlockStatistics, Reduce};
use crate::compute::number::{Kernel, Number};

/// Counts each value, by its key.
pub(super) struct Unique;

impl<T: Number> Reduce<T> for Unique {
    type State = BTreeMap<u64, u64>;

    fn start(&self) -> Self::State {
        BTreeMap::new()
    }

    fn fold(&self, state: &mut Self::State, items: &[T], index: usize) {
        // Labels come in runs.
        for run in items.chunk_by(|a, b| T::Kernel::key(*a) == T::Kernel::key(*b)) {
            self.fold_repeated(state, run[0], run.len(), index);
        }
    }

    fn fold_repeated(&self, state: &mut Self::State, value: T, count: usize, _: usize) {
        if count > 0 {
            *state.entry(T::Kernel::key(value)).or_default() += count as u64;
        }
    }

    fn is_answered(&self, known: &BlockStatistics<T>) -> bool {
        known.nitems() == 0 || known.value().is_some()
    }

    fn fold_known(&self, state: &mut Self::State, known: &BlockStatistics<T>) {
        if let Some(value) = known.value() {
            self.fold_repeated(state, value, known.nitems(), 0);
        }
    }

    fn merge(&self, state: &mut Self::State, later: Self::State) {
        for (key, count) in later {
            *state.entry(key).or_default() += count;
        }
    }
}
