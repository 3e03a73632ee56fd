//! What each predictor would cost, estimated from a sample of the block.
//!
//! All predictors are tried in one pass over two steps in every so many, whose values are loaded
//! once. Only the number of planes is wanted, so that nothing is transposed: a group's width is
//! that of all its residuals, without their signs, or-ed together.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::scalar::Value;
#[cfg(target_arch = "x86_64")]
use super::transpose_x86::with_itemsize;
use super::{GROUP, Isa, MIN_STRIDE, Predictor, STEP};
#[cfg(target_arch = "x86_64")]
use super::{costs_avx2, costs_avx512};

/// Estimated bits by predictor, in the order of [`Predictor::ALL`]; `u64::MAX` for predictors
/// that were not tried.
pub(crate) type Costs = [u64; Predictor::ALL.len()];

/// What a group's width takes in the header where any width of the pair is not 0, in bits.
const HEADER: u64 = 3;

/// Steps looked at together: left neighbours are loaded already.
pub(super) const PAIR: usize = 2;

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
            let place = (u64::from(fraction) * places) >> 32;
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
    let pairs = Pairs { src, stride, base, sample };
    let sums = match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe {
            with_itemsize!(itemsize, costs_avx2::sums, (pairs))
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { with_itemsize!(itemsize, costs_avx512::sums, (pairs)) },
        _ => match itemsize {
            1 => sums_of::<u8>(pairs),
            2 => sums_of::<u16>(pairs),
            4 => sums_of::<u32>(pairs),
            _ => sums_of::<u64>(pairs),
        },
    };
    let header = HEADER * (PAIR * STEP / GROUP / itemsize) as u64;
    Predictor::ALL.map(|predictor| {
        let at = predictor as usize;
        let is_tried = stride.is_some() || !predictor.needs_rows();
        if is_tried { GROUP as u64 * sums.widths[at] + header * sums.nonzero[at] } else { u64::MAX }
    })
}

/// The values that are looked at, and how they are predicted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'a> {
    src: &'a [u8],
    /// Not above [`reach`](Self::reach).
    pub(super) stride: Option<usize>,
    pub(super) base: u64,
    sample: Sample,
}

impl<'a> Pairs<'a> {
    /// Bytes before a value that are looked at.
    pub(super) fn reach(&self, itemsize: usize) -> usize {
        self.stride.unwrap_or(0) + itemsize
    }

    /// Pairs of steps behind [`reach`](Self::reach) bytes before them.
    pub(super) fn with_reach(self, itemsize: usize) -> impl Iterator<Item = &'a [u8]> {
        let reach = self.reach(itemsize);
        let pairs = self.sample.pairs(self.src.len());
        pairs.map(move |pair| &self.src[pair - reach..pair + PAIR * STEP])
    }
}

/// What is added up over all pairs, by predictor.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Widths of groups.
    pub(super) widths: [u64; Predictor::ALL.len()],
    /// Pairs in which not all widths are 0.
    pub(super) nonzero: [u64; Predictor::ALL.len()],
}

/// Adds up in plain loops.
fn sums_of<V: Value>(pairs: Pairs<'_>) -> Sums {
    let base = V::from_u64(pairs.base);
    let reach = pairs.reach(V::NBYTES);
    let mut sums = Sums::default();
    for pair in pairs.with_reach(V::NBYTES) {
        let neighbours = |back: usize| &pair[reach - back..][..PAIR * STEP];
        let (values, left) = (neighbours(0), neighbours(V::NBYTES));
        let residual = |at: usize, predicted: V| V::load(values, at).sub(predicted);
        let to_left = |at: usize| residual(at, V::load(left, at));
        sums.add::<V>(Predictor::None, |at| residual(at, base));
        sums.add::<V>(Predictor::Left, |at| to_left(at).folded());
        let Some(stride) = pairs.stride else { continue };
        let [up, up_left, up_right] =
            [stride, stride + V::NBYTES, stride - V::NBYTES].map(neighbours);
        let to_gradient = |at: usize| to_left(at).sub(V::load(up, at).sub(V::load(up_left, at)));
        let to_w3 = |at: usize| {
            let sides = V::load(up_left, at).average(V::load(up_right, at));
            residual(at, V::load(up, at).average(sides))
        };
        sums.add::<V>(Predictor::Up, |at| residual(at, V::load(up, at)).folded());
        sums.add::<V>(Predictor::Gradient, |at| to_gradient(at).folded());
        sums.add::<V>(Predictor::W3, |at| to_w3(at).folded());
    }
    sums
}

impl Sums {
    /// Adds a pair of steps, whose residuals have no sign.
    fn add<V: Value>(&mut self, predictor: Predictor, residual: impl Fn(usize) -> V) {
        let mut widths = 0;
        for group in 0..PAIR * STEP / V::NBYTES / GROUP {
            let residuals = (0..GROUP).map(|at| residual(group * GROUP + at));
            widths += residuals.fold(V::default(), V::or).unsigned_width();
        }
        self.widths[predictor as usize] += u64::from(widths);
        self.nonzero[predictor as usize] += u64::from(widths > 0);
    }
}
