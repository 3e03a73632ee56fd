//! Variance, by the means and the sums of squared distances of parts: Chan, Golub and LeVeque,
//! "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).

use super::sum::Nan;
use super::{Grouping, Reduce};
use crate::compute::number::{Kernel, Number};

pub(super) struct Moments {
    pub(super) nan: Nan,
}

/// Of the elements so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MomentsState {
    count: f64,
    mean: f64,
    /// The sum of their squared distances from the mean.
    squares: f64,
}

impl MomentsState {
    fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        let mean = f64::sum(numbers) / count;
        let squares = squares(numbers, mean);
        Self { count, mean, squares }
    }

    fn include(&mut self, other: Self) {
        if other.count == 0.0 {
            return;
        }
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        self.mean += distance * (other.count / count);
        self.squares += other.squares + distance * distance * (self.count * other.count / count);
        self.count = count;
    }

    /// The variance with `ddof` degrees of freedom taken; NaN where none are left.
    pub(super) fn variance(&self, ddof: f64) -> f64 {
        let freedom = self.count - ddof;
        if freedom > 0.0 { self.squares / freedom } else { f64::NAN }
    }

    /// Number of elements.
    pub(super) fn count(&self) -> f64 {
        self.count
    }
}

/// The sum of squared distances, in lanes.
#[inline(always)]
fn squares(numbers: &[f64], mean: f64) -> f64 {
    let mut buffer = [0.0; 256];
    let mut sum = 0.0;
    for numbers in numbers.chunks(buffer.len()) {
        let buffer = &mut buffer[..numbers.len()];
        for (square, number) in buffer.iter_mut().zip(numbers) {
            *square = (number - mean) * (number - mean);
        }
        sum += f64::sum(buffer);
    }
    sum
}

impl<T: Number> Reduce<T> for Moments {
    type State = MomentsState;

    const GROUPING: Grouping = Grouping::Fixed;

    fn start(&self) -> MomentsState {
        MomentsState::default()
    }

    #[inline(always)]
    fn fold(&self, state: &mut MomentsState, items: &[T], _: usize) {
        T::Kernel::as_f64(items, |numbers| {
            if self.nan == Nan::Kept || !numbers.iter().any(|number| number.is_nan()) {
                return state.include(MomentsState::of(numbers));
            }
            let (mut rest, mut len) = ([0.0; 256], 0);
            for number in numbers.iter().filter(|number| !number.is_nan()) {
                rest[len] = *number;
                len += 1;
            }
            if len > 0 {
                state.include(MomentsState::of(&rest[..len]));
            }
        });
    }

    fn fold_repeated(&self, state: &mut MomentsState, value: T, count: usize, _: usize) {
        if count > 0 && (self.nan == Nan::Kept || !T::Kernel::is_nan(value)) {
            // Distances from an infinite mean are not zero but undefined.
            let mean = T::Kernel::to_f64(value);
            let squares = if mean.is_finite() { 0.0 } else { f64::NAN };
            state.include(MomentsState { count: count as f64, mean, squares });
        }
    }

    fn merge(&self, state: &mut MomentsState, later: MomentsState) {
        state.include(later);
    }
}
