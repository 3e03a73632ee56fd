//! Whether elements are true, and how many.

use super::Reduce;

/// Counts the elements that are true of something; may end when enough is known.
pub(super) struct Count<F> {
    pub(super) is_counted: F,
    /// Enough.
    pub(super) limit: usize,
}

impl<T: Copy, F: Fn(T) -> bool + Sync> Reduce<T> for Count<F> {
    type State = usize;

    fn start(&self) -> usize {
        0
    }

    #[inline(always)]
    fn fold(&self, state: &mut usize, items: &[T], _: usize) {
        *state += items.iter().filter(|item| (self.is_counted)(**item)).count();
    }

    fn fold_repeated(&self, state: &mut usize, value: T, count: usize, _: usize) {
        *state += if (self.is_counted)(value) { count } else { 0 };
    }

    #[inline(always)]
    fn fold_each(&self, states: &mut [usize], items: &[T], _: usize) {
        for (state, item) in states.iter_mut().zip(items) {
            *state += usize::from((self.is_counted)(*item));
        }
    }

    fn merge(&self, state: &mut usize, later: usize) {
        *state += later;
    }

    fn is_done(&self, state: &usize) -> bool {
        *state >= self.limit
    }
}
