//! Decoding on x86-64: what the kernels for its instruction sets have in common.
//!
//! A kernel decodes some steps of one predictor. A band is up to three such parts: the first row,
//! one step in which a neighbour above may lie before the block, and the rest, which is free of
//! tests for that.

#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::ops::Range;

use super::unpack_avx2::Avx2;
use super::unpack_avx512::Avx512;
use super::{GROUP, Isa, Packed, Prediction, Predictor, SPAN, STEP, Unpacker};

/// [`Predictor`] for const parameters.
pub(super) const NONE: u8 = Predictor::None as u8;
pub(super) const LEFT: u8 = Predictor::Left as u8;
pub(super) const UP: u8 = Predictor::Up as u8;
pub(super) const GRADIENT: u8 = Predictor::Gradient as u8;
pub(super) const W3: u8 = Predictor::W3 as u8;

/// Bytes that planes are asked for ahead of use. From memory that makes decoding half as fast again
/// to twice as fast, as a block is too short for the machine to see that it is read from end to end;
/// in the caches it costs nothing.
pub(super) const AHEAD: usize = 2048;

/// The kernel for an instruction set.
pub(super) trait Kernel {
    /// Decodes the steps of `part`, and says how many bytes of planes have been used then.
    ///
    /// # Safety
    /// The machine has the instructions, `block` is as long as the block, and the steps of `part`
    /// begin within it. The parameters say what `part` does: the size of values, the predictor, and
    /// whether it is at the front, which need not be said where it makes no difference. What `part`
    /// says is true.
    unsafe fn unpack<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
        part: &Part<'_>,
        block: &mut [u8],
    ) -> usize;
}

/// Whole steps to be decoded with one predictor, of which the last may end with the block.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub(super) packed: Packed<'a>,
    pub(super) steps: Range<usize>,
    pub(super) predictor: Predictor,
    /// Whether a value above or beside it may lie before the block.
    pub(super) is_front: bool,
    /// Bytes of planes of the groups before.
    pub(super) read: usize,
}

impl<'a> Part<'a> {
    /// The spans that the steps are in, with the widths of all groups of the span.
    #[inline(always)]
    pub(super) fn spans<const NBYTES: usize>(
        &self,
    ) -> impl Iterator<Item = (Range<usize>, &'a [u8; SPAN])> {
        let Range { start, end } = self.steps;
        let span_steps = SPAN * GROUP * NBYTES / STEP;
        let spans = self.packed.widths.as_chunks().0.iter().enumerate().skip(start / span_steps);
        let steps =
            move |span: usize| (span * span_steps).max(start)..((span + 1) * span_steps).min(end);
        spans.map(move |(span, widths)| (steps(span), widths)).take_while(|(s, _)| !s.is_empty())
    }

    /// What left predictors have added up before the first step: the value before it, less the one
    /// above that for the gradient.
    pub(super) fn carry(&self, block: &[u8]) -> u64 {
        let Prediction { itemsize, stride, .. } = self.packed.prediction;
        let before = |end: usize| {
            let mut value = [0; 8];
            if let Some(start) = end.checked_sub(itemsize) {
                value[..itemsize].copy_from_slice(&block[start..end]);
            }
            u64::from_le_bytes(value)
        };
        let start = self.steps.start * STEP;
        match self.predictor {
            Predictor::Left => before(start),
            Predictor::Gradient => before(start).wrapping_sub(before(start.saturating_sub(stride))),
            _ => 0,
        }
    }
}

/// Decodes up to byte `until`, rounded up to a whole step, and says how many bytes of planes have
/// been used then. `None` if that is left to others.
pub(super) fn unpack(unpacker: &Unpacker<'_>, until: usize, block: &mut [u8]) -> Option<usize> {
    let Unpacker { packed, isa, done, mut read } = *unpacker;
    assert_eq!(block.len(), packed.nbytes, "the whole block");
    let Prediction { predictor, .. } = packed.prediction;
    let steps = done / STEP..until.min(block.len()).div_ceil(STEP);
    let head = packed.prediction.head(block.len()).div_ceil(STEP);
    let parts = [
        (0..head, Predictor::Gradient, true),
        (head..head + 1, predictor, true),
        (head + 1..steps.end, predictor, false),
    ];
    for (part, predictor, is_front) in parts {
        let steps = part.start.max(steps.start)..part.end.min(steps.end);
        if steps.is_empty() {
            continue;
        }
        let part = Part { packed, steps, predictor, is_front, read };
        // SAFETY: `isa` says that the machine has the instructions; the length was checked, steps
        // end with the block, and an unpacker knows what was read before its first.
        read = unsafe {
            match isa {
                Isa::Scalar => return None,
                Isa::Avx2(_) => unpack_part::<Avx2<false>>(&part, block),
                Isa::Avx2Gfni(_) => unpack_part::<Avx2<true>>(&part, block),
                Isa::Avx512(_) => unpack_part::<Avx512>(&part, block),
            }
        };
    }
    Some(read)
}

/// # Safety
/// The machine has the kernel's instructions, and `block` is as long as the block.
unsafe fn unpack_part<K: Kernel>(part: &Part<'_>, block: &mut [u8]) -> usize {
    // SAFETY: as for this function; the parameter says what `part` does.
    unsafe {
        match part.packed.prediction.itemsize {
            1 => unpack_values::<K, 1>(part, block),
            2 => unpack_values::<K, 2>(part, block),
            4 => unpack_values::<K, 4>(part, block),
            _ => unpack_values::<K, 8>(part, block),
        }
    }
}

/// # Safety
/// As for [`unpack_part`], and values have `NBYTES` bytes.
unsafe fn unpack_values<K: Kernel, const NBYTES: usize>(
    part: &Part<'_>,
    block: &mut [u8],
) -> usize {
    // SAFETY: as for this function; the parameters say what `part` does.
    unsafe {
        match (part.predictor, part.is_front) {
            (Predictor::None, _) => K::unpack::<NBYTES, NONE, false>(part, block),
            (Predictor::Left, _) => K::unpack::<NBYTES, LEFT, false>(part, block),
            (Predictor::Up, _) => K::unpack::<NBYTES, UP, false>(part, block),
            (Predictor::Gradient, true) => K::unpack::<NBYTES, GRADIENT, true>(part, block),
            (Predictor::Gradient, false) => K::unpack::<NBYTES, GRADIENT, false>(part, block),
            (Predictor::W3, true) => K::unpack::<NBYTES, W3, true>(part, block),
            (Predictor::W3, false) => K::unpack::<NBYTES, W3, false>(part, block),
        }
    }
}
