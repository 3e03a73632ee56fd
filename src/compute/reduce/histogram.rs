//! How often values occur, by intervals of equal width.

use super::{BlockStatistics, Reduce};
use crate::compute::number::{Kernel, Number};

/// How many elements lie in each of some intervals of equal width.
///
/// ```
/// use ndpress::{Array, Options};
///
/// let array = Array::from_slice(&[0.5, 1.5, 1.6, 3.0, 9.0], [5], &Options::new())?;
/// let histogram = array.histogram(3, 0.0, 3.0)?;
/// assert_eq!(histogram.counts(), [1, 2, 1]); // 3.0 is in the last, 9.0 in none
/// assert_eq!(histogram.edges(), [0.0, 1.0, 2.0, 3.0]);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    low: f64,
    high: f64,
    counts: Vec<u64>,
}

impl Histogram {
    /// The number of elements in each interval. An interval has its lower end and not its upper one;
    /// the last has both.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The ends of the intervals, one more than there are intervals.
    #[must_use]
    pub fn edges(&self) -> Vec<f64> {
        (0..=self.counts.len()).map(|i| edge(self.low, self.high, self.counts.len(), i)).collect()
    }
}

/// The lower end of interval `i`.
fn edge(low: f64, high: f64, bins: usize, i: usize) -> f64 {
    if i == bins { high } else { low + (high - low) * (i as f64 / bins as f64) }
}

pub(super) struct Intervals {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) bins: usize,
}

impl Intervals {
    fn bin(&self, value: f64) -> Option<usize> {
        if !(value >= self.low && value <= self.high) {
            return None;
        }
        let scale = self.bins as f64 / (self.high - self.low);
        let mut bin = (((value - self.low) * scale) as usize).min(self.bins - 1);
        // Rounding may lead to a neighbour; the edges decide.
        if bin > 0 && value < edge(self.low, self.high, self.bins, bin) {
            bin -= 1;
        } else if bin + 1 < self.bins && value >= edge(self.low, self.high, self.bins, bin + 1) {
            bin += 1;
        }
        Some(bin)
    }

    /// The one interval of all numbers of a block, or none of them; `None` where they go to several,
    /// or some of them to none.
    fn common_bin<T: Number>(&self, known: &BlockStatistics<T>) -> Option<Option<usize>> {
        let Some((low, high)) = known.range() else { return Some(None) };
        let (low, high) = (T::Kernel::to_f64(low), T::Kernel::to_f64(high));
        if high < self.low || low > self.high {
            return Some(None);
        }
        let (first, last) = (self.bin(low), self.bin(high));
        (first.is_some() && first == last).then_some(first)
    }

    pub(super) fn histogram(&self, counts: Vec<u64>) -> Histogram {
        Histogram { low: self.low, high: self.high, counts }
    }
}

impl<T: Number> Reduce<T> for Intervals {
    type State = Vec<u64>;

    fn start(&self) -> Vec<u64> {
        vec![0; self.bins]
    }

    fn fold(&self, state: &mut Vec<u64>, items: &[T], _: usize) {
        T::Kernel::as_f64(items, |numbers| {
            for bin in numbers.iter().filter_map(|number| self.bin(*number)) {
                state[bin] += 1;
            }
        });
    }

    fn fold_repeated(&self, state: &mut Vec<u64>, value: T, count: usize, _: usize) {
        if let Some(bin) = self.bin(T::Kernel::to_f64(value)) {
            state[bin] += count as u64;
        }
    }

    fn is_answered(&self, known: &BlockStatistics<T>) -> bool {
        self.common_bin(known).is_some()
    }

    fn fold_known(&self, state: &mut Vec<u64>, known: &BlockStatistics<T>) {
        if let Some(Some(bin)) = self.common_bin(known) {
            state[bin] += known.nnumbers() as u64;
        }
    }

    fn merge(&self, state: &mut Vec<u64>, later: Vec<u64>) {
        state.iter_mut().zip(later).for_each(|(count, more)| *count += more);
    }
}
