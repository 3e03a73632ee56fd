//! Which predictor suits a block, judged by a sample.

use super::encode::Values;
use crate::arch::Isa;
use crate::arch::raster::{Predictor, Sample, costs, minimum};

/// One pair of steps in so many is looked at: a tenth more than all would be 0.2 to 1 % smaller.
const EVERY: usize = 10;

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
    pub(super) fn new(isa: Isa, src: &[u8], values: Values) -> Self {
        let Values { itemsize, geometry, .. } = values;
        let base = minimum(isa, itemsize, src);
        // Rows above and slices before have to be in reach of all of the sample, but not take most
        // of the block away from it.
        let farthest = if geometry.slice * itemsize * 2 <= src.len() {
            geometry.slice.max(geometry.row)
        } else {
            geometry.row
        };
        let sample = Sample { skip: (farthest + 1) * itemsize, every: EVERY };
        let strides = [geometry.row, geometry.slice].into_iter().filter(|&stride| stride <= farthest);
        let mut best = Self { predictor: Predictor::Left, stride: 0, base, nbytes: 0 };
        let mut least = u64::MAX;
        for stride in strides {
            let costs = costs(isa, itemsize, src, stride * itemsize, base, sample);
            for (predictor, cost) in Predictor::ALL.into_iter().zip(costs) {
                let weighed = weighed(predictor, cost);
                if weighed < least {
                    (best.predictor, best.stride, least) = (predictor, stride, weighed);
                    best.nbytes = sample.scaled(cost, src.len());
                }
            }
        }
        if least == u64::MAX || sample.is_empty(src.len()) {
            // Too short to judge: as good as any.
            best.nbytes = src.len();
        }
        best
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
