//! What each predictor would cost, estimated from a sample of the block.
//!
//! All predictors are tried in one pass over two steps in every so many, whose values are loaded
//! once. Only the number of planes is wanted, so that nothing is transposed: a group's width is
//! that of all its residuals, without their signs, or-ed together.

use super::scalar::Value;
use super::{GROUP, Isa, MIN_STRIDE, Predictor, STEP};

/// Estimated bits by predictor, in the order of [`Predictor::ALL`]; `u64::MAX` for predictors
/// that were not tried.
pub(crate) type Costs = [u64; Predictor::ALL.len()];

/// What a group's width takes in the header where any of its neighbours is not 0, in bits.
const HEADER: u64 = 3;

/// Steps looked at together: left neighbours are loaded already.
const PAIR: usize = 2;

/// Which steps of a block are looked at: [`PAIR`] of every so many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Bytes at the front that are left out. One step is left out in any case.
    pub(crate) skip: usize,
    /// Of so many steps one pair is looked at. 2 or less are all steps.
    pub(crate) every: usize,
}

impl Sample {
    /// The first byte that may be looked at: of a whole step.
    fn start(self) -> usize {
        self.skip.max(STEP).div_ceil(STEP).saturating_mul(STEP)
    }

    /// How many steps of a block of `nbytes` bytes are looked at.
    pub(crate) fn nsteps(self, nbytes: usize) -> usize {
        self.pairs(nbytes).count() * PAIR
    }

    /// Where the pairs of a block of `nbytes` bytes begin. Steps that are not whole are left out.
    ///
    /// Within its window a pair lies at a place of its own, spread by the golden ratio, or the
    /// sample might hit the same columns of each row.
    fn pairs(self, nbytes: usize) -> impl Iterator<Item = usize> {
        let window = self.every.max(PAIR);
        let places = (window - PAIR + 1) as u64;
        let nsteps = nbytes.saturating_sub(self.start()) / STEP;
        let pair = move |index: usize| {
            let fraction = (index as u32).wrapping_mul(0x9e37_79b9);
            let place = u64::from(fraction) * places >> 32;
            index * window + place as usize
        };
        // Windows do not overlap, so that pairs are in order.
        (0..nsteps.div_ceil(window))
            .map(pair)
            .take_while(move |step| step + PAIR <= nsteps)
            .map(move |step| self.start() + step * STEP)
    }

    /// Whether values in the sample have neighbours `stride` bytes before, on both sides.
    fn has_rows(self, itemsize: usize, stride: usize) -> bool {
        stride >= MIN_STRIDE
            && stride.is_multiple_of(itemsize)
            && stride.checked_add(itemsize).is_some_and(|reach| reach <= self.start())
    }
}

/// Estimates the bits that each predictor takes for the values in the sample.
///
/// Rows begin `stride` bytes apart; predictors that need them are tried if `stride` is one that
/// [`Prediction::new`](super::Prediction::new) takes and the sample leaves out a row and a value.
/// `base` is what [`Predictor::None`] subtracts. Costs can be compared between calls with different
/// strides if the sample is the same.
///
/// # Panics
/// If `itemsize` is not 1, 2, 4 or 8.
pub(crate) fn costs(
    isa: Isa,
    itemsize: usize,
    src: &[u8],
    stride: usize,
    base: u64,
    sample: Sample,
) -> Costs {
    assert!(matches!(itemsize, 1 | 2 | 4 | 8), "a size of values");
    let stride = sample.has_rows(itemsize, stride).then_some(stride);
    let _ = isa;
    match itemsize {
        1 => costs_of::<u8>(src, stride, base, sample),
        2 => costs_of::<u16>(src, stride, base, sample),
        4 => costs_of::<u32>(src, stride, base, sample),
        _ => costs_of::<u64>(src, stride, base, sample),
    }
}

fn costs_of<V: Value>(src: &[u8], stride: Option<usize>, base: u64, sample: Sample) -> Costs {
    let base = V::from_u64(base);
    let mut costs = Costs::default();
    for first in sample.pairs(src.len()).flat_map(|pair| [pair, pair + STEP]) {
        let step = |back: usize| &src[first - back..][..STEP];
        let (values, left) = (step(0), step(V::NBYTES));
        let residual = |at: usize, predicted: V| V::load(values, at).sub(predicted);
        let to_left = |at: usize| residual(at, V::load(left, at));
        costs[Predictor::None as usize] += step_cost::<V>(|at| residual(at, base).unsigned_width());
        costs[Predictor::Left as usize] += step_cost::<V>(|at| to_left(at).signed_width());
        let Some(stride) = stride else { continue };
        let [up, up_left, up_right] =
            [stride, stride + V::NBYTES, stride - V::NBYTES].map(|back| step(back));
        let to_up = |at: usize| residual(at, V::load(up, at));
        let to_gradient = |at: usize| to_left(at).sub(V::load(up, at).sub(V::load(up_left, at)));
        let to_w3 = |at: usize| {
            let sides = V::load(up_left, at).average(V::load(up_right, at));
            residual(at, V::load(up, at).average(sides))
        };
        costs[Predictor::Up as usize] += step_cost::<V>(|at| to_up(at).signed_width());
        costs[Predictor::Gradient as usize] += step_cost::<V>(|at| to_gradient(at).signed_width());
        costs[Predictor::W3 as usize] += step_cost::<V>(|at| to_w3(at).signed_width());
    }
    if stride.is_none() {
        for predictor in Predictor::ALL.into_iter().filter(|predictor| predictor.needs_rows()) {
            costs[predictor as usize] = u64::MAX;
        }
    }
    costs
}

/// Bits that a step takes whose value `at` needs `width(at)` planes.
fn step_cost<V: Value>(width: impl Fn(usize) -> u32) -> u64 {
    let group_width = |group: usize| (0..GROUP).map(|at| width(group * GROUP + at)).max();
    let groups = STEP / V::NBYTES / GROUP;
    let widths: u32 = (0..groups).filter_map(group_width).sum();
    let header = if widths == 0 { 0 } else { HEADER * groups as u64 };
    u64::from(widths) * GROUP as u64 + header
}
