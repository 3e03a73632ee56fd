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
        let mut best = Self { predictor: Predictor::Left, stride: 0, base, nbytes: src.len() };
        let nsteps = sample.nsteps(src.len());
        if nsteps == 0 {
            return best;
        }
        let mut least = u64::MAX;
        for stride in strides.into_iter().flatten() {
            let costs = costs(isa, itemsize, src, stride * itemsize, base, sample);
            for (predictor, cost) in Predictor::ALL.into_iter().zip(costs) {
                let weighed = weighed(predictor, cost);
                if weighed < least {
                    least = weighed;
                    let nbytes = cost / 8 * src.len() as u64 / (nsteps * STEP) as u64;
                    let nbytes = usize::try_from(nbytes).unwrap_or(usize::MAX);
                    best = Self { predictor, stride, base, nbytes };
                }
            }
        }
        best
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
