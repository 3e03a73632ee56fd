//! Which predictor suits a block, judged by a sample.

use super::encode::Values;
use crate::arch::Isa;
use crate::arch::raster::{Predictor, STEP, Sample, costs};

/// One pair of steps in so many is looked at: a tenth more than all would be 0.2 to 1 % smaller.
const EVERY: usize = 10;

/// Bytes of which a sample is large enough for its estimate to be relied on.
const LARGE: usize = 4096;

/// How to pack a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) predictor: Predictor,
    /// Values to the row above, for predictors that need one.
    pub(super) stride: usize,
    /// What [`Predictor::None`] subtracts.
    pub(super) base: u64,
    /// Bytes that the node would take, estimated.
    pub(super) nbytes: usize,
    /// The same for differences to the slice before, predicted from the left; 0 if that is not known.
    pub(super) nbytes_of_slices: usize,
}

impl Plan {
    /// `base` is the smallest value, as an unsigned number.
    pub(super) fn new(isa: Isa, src: &[u8], values: Values, base: u64) -> Self {
        let itemsize = values.itemsize;
        let geometry = values.geometry.with_long_rows(itemsize);
        // Rows above and slices before have to be in reach of all of the sample, but not take most
        // of the block away from it.
        let is_near = |stride: &usize| stride * itemsize * 2 <= src.len();
        let slice = Some(geometry.slice).filter(|&slice| slice > 0);
        // Without rows, or with too few, what needs none is left to judge.
        let row = Some(geometry.row).filter(is_near).unwrap_or(0);
        let strides = [Some(row), slice.filter(is_near)];
        let farthest = strides.into_iter().flatten().max().unwrap_or(0);
        let sample = Sample { skip: (farthest + 1) * itemsize, every: EVERY };
        let (predictor, nbytes) = (Predictor::Left, src.len());
        let mut best = Self { predictor, stride: 0, base, nbytes, nbytes_of_slices: 0 };
        let nsteps = sample.nsteps(src.len());
        if nsteps == 0 {
            return best;
        }
        let nbytes = |cost: u64| {
            let nbytes = cost / 8 * src.len() as u64 / (nsteps * STEP) as u64;
            usize::try_from(nbytes).unwrap_or(usize::MAX)
        };
        let mut least = u64::MAX;
        for stride in strides.into_iter().flatten() {
            let costs = costs(isa, itemsize, src, stride * itemsize, base, sample);
            if stride == geometry.slice && stride > 0 {
                // Left of the differences is the gradient of the values: the same residuals.
                let cost = costs[Predictor::Gradient as usize];
                best.nbytes_of_slices = if cost == u64::MAX { 0 } else { nbytes(cost) };
            }
            for (predictor, cost) in Predictor::ALL.into_iter().zip(costs) {
                let weighed = weighed(predictor, cost);
                if weighed < least {
                    least = weighed;
                    best = Self { predictor, stride, nbytes: nbytes(cost), ..best };
                }
            }
        }
        best
    }

    /// Whether differences to the slice before may take fewer than `limit` bytes: their best predictor
    /// is not much better than left.
    pub(super) fn may_pay_as_slices(&self, limit: usize) -> bool {
        self.nbytes_of_slices - self.nbytes_of_slices / 6 < limit
    }

    /// Whether the node of a block of `nbytes` bytes is all but certain to exceed `limit` bytes.
    pub(super) fn exceeds(&self, limit: usize, nbytes: usize) -> bool {
        nbytes >= LARGE && self.nbytes - self.nbytes / 8 > limit
    }
}

/// Running sums decode at little more than half the speed of the others, which is worth a few per
/// cent of the size.
fn weighed(predictor: Predictor, cost: u64) -> u64 {
    match predictor {
        Predictor::Left | Predictor::Gradient => cost.saturating_add(cost / 40),
        _ => cost,
    }
}
