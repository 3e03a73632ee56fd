//! Values to planes, and planes compacted, on x86-64: what the AVX2 and AVX-512 kernels share.
//!
//! A step takes three things: residuals, a transposition of bytes and bits that makes planes of
//! them, and a comparison of each plane with the topmost, the sign. The bits that say which planes
//! differ are collected for many steps and turned into widths together.
//!
//! Nearly all steps lie so that all neighbours exist. The others, *edges*, read what does not exist
//! as 0: the first step, those around the second row, and the last if it is not whole.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::ops::Range;

use super::{GROUP, Isa, Prediction, Predictor, STEP};
use super::{transpose_avx2 as avx2, transpose_avx512 as avx512};

/// Steps whose comparisons are collected: whole spans of widths for every size of values.
pub(super) const TILE: usize = 64;

/// For each step one bit per byte of planes.
pub(super) type Masks = [u64; TILE];

/// The values of a block and how they are predicted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) prediction: &'a Prediction,
    pub(super) src: &'a [u8],
}

/// Predictors as constants that functions can be generic over.
pub(super) const NONE: u8 = Predictor::None as u8;
pub(super) const LEFT: u8 = Predictor::Left as u8;
pub(super) const UP: u8 = Predictor::Up as u8;
pub(super) const GRADIENT: u8 = Predictor::Gradient as u8;
pub(super) const W3: u8 = Predictor::W3 as u8;

/// Steps that are done alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    predictor: Predictor,
    /// Some neighbours or values do not exist. Edges are done one by one.
    is_edge: bool,
    /// The first step that is not part of it.
    end: usize,
}

impl Source<'_> {
    /// The run that `step` is part of.
    fn run(&self, step: usize) -> Run {
        let Prediction { itemsize, predictor, stride, .. } = *self.prediction;
        let whole = self.src.len() / STEP;
        let edge = |predictor| Run { predictor, is_edge: true, end: step + 1 };
        let body = |predictor, end: usize| Run { predictor, is_edge: false, end: end.min(whole) };
        let head = self.prediction.head(self.src.len());
        let own = if step * STEP < head { Predictor::Gradient } else { predictor };
        if step >= whole || (step == 0 && predictor != Predictor::None) {
            return edge(own);
        }
        if !predictor.needs_rows() {
            return body(predictor, whole);
        }
        // Above the first row everything is 0.
        let first_row = stride / STEP;
        if step < first_row {
            return body(Predictor::Left, first_row);
        }
        if step * STEP < stride.saturating_add(itemsize) {
            return edge(own);
        }
        body(predictor, whole)
    }

    /// Bytes before a value that are looked at.
    pub(super) fn reach(&self, predictor: Predictor) -> usize {
        let Prediction { itemsize, stride, .. } = *self.prediction;
        match predictor {
            Predictor::None => 0,
            Predictor::Left => itemsize,
            _ => stride.saturating_add(itemsize),
        }
    }

    /// The 64 bytes from `at` on: those that do not exist are 0.
    pub(super) fn window(&self, at: isize) -> [u8; STEP] {
        let existing = self.existing(at);
        let mut window = [0; STEP];
        if !existing.is_empty() {
            let first = at.wrapping_add_unsigned(existing.start) as usize;
            window[existing.clone()].copy_from_slice(&self.src[first..][..existing.len()]);
        }
        window
    }

    /// Which of the 64 bytes from `at` on exist.
    pub(super) fn existing(&self, at: isize) -> Range<usize> {
        let place = |end: isize| end.saturating_sub(at).clamp(0, STEP as isize) as usize;
        place(0)..place(self.src.len() as isize)
    }
}

/// Calls a kernel with the size of values as a constant.
macro_rules! with_itemsize {
    ($itemsize:expr, $isa:ident::$kernel:ident, $args:tt) => {
        match $itemsize {
            1 => with_itemsize!(@call $isa::$kernel, 1, $args),
            2 => with_itemsize!(@call $isa::$kernel, 2, $args),
            4 => with_itemsize!(@call $isa::$kernel, 4, $args),
            _ => with_itemsize!(@call $isa::$kernel, 8, $args),
        }
    };
    (@call $isa:ident::$kernel:ident, $itemsize:literal, ($($arg:expr),*)) => {
        $isa::$kernel::<$itemsize>($($arg),*)
    };
}
pub(super) use with_itemsize;

/// [`transpose`](super::transpose) and true, or false if there are no kernels for `isa`.
pub(super) fn transpose(
    isa: Isa,
    prediction: &Prediction,
    src: &[u8],
    planes: &mut [u8],
    widths: &mut [u8],
) -> bool {
    let source = Source { prediction, src };
    let itemsize = prediction.itemsize;
    // SAFETY: `isa` says that the machine has the instructions.
    unsafe {
        match isa {
            Isa::Scalar => return false,
            Isa::Avx2(_) => {
                with_itemsize!(itemsize, avx2::transpose, (source, planes, widths))
            }
            Isa::Avx2Gfni(_) => {
                with_itemsize!(itemsize, avx2::transpose_gfni, (source, planes, widths))
            }
            Isa::Avx512(_) => {
                with_itemsize!(itemsize, avx512::transpose, (source, planes, widths))
            }
        }
    }
    true
}

/// [`compact`](super::compact), or `None` if there are no kernels for `isa`.
///
/// # Panics
/// As there.
pub(super) fn compact(
    isa: Isa,
    itemsize: usize,
    planes: &[u8],
    widths: &[u8],
    dst: &mut [u8],
) -> Option<usize> {
    // SAFETY: `isa` says that the machine has the instructions.
    unsafe {
        match isa {
            Isa::Scalar => None,
            Isa::Avx2(_) | Isa::Avx2Gfni(_) => {
                Some(with_itemsize!(itemsize, avx2::compact, (planes, widths, dst)))
            }
            Isa::Avx512(_) => {
                Some(with_itemsize!(itemsize, avx512::compact, (planes, widths, dst)))
            }
        }
    }
}

/// What the kernels of an instruction set do.
pub(super) trait Kernels {
    /// Does steps that all neighbours exist of.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn steps(
        source: Source<'_>,
        predictor: Predictor,
        steps: Range<usize>,
        planes: &mut [u8],
        masks: &mut [u64],
    );

    /// Does an edge.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn edge(
        source: Source<'_>,
        predictor: Predictor,
        step: usize,
        planes: &mut [u8; STEP],
    ) -> u64;
}

/// Does all steps of a block, tile by tile.
///
/// # Safety
/// The machine has the instructions that `K` is for, and this is inlined where they are enabled.
#[inline(always)]
pub(super) unsafe fn tiles<K: Kernels, const ITEMSIZE: usize>(
    source: Source<'_>,
    planes: &mut [u8],
    widths: &mut [u8],
) {
    let nsteps = source.src.len().div_ceil(STEP);
    let is_signed = source.prediction.predictor != Predictor::None;
    for (tile, widths) in widths.chunks_mut(TILE * GROUP / ITEMSIZE).enumerate() {
        let mut masks: Masks = [0; TILE];
        let first = tile * TILE;
        let end = nsteps.min(first + TILE);
        let mut step = first;
        while step < end {
            let run = source.run(step);
            let steps = step..run.end.min(end);
            step = steps.end;
            let masks = &mut masks[steps.start - first..steps.end - first];
            if !run.is_edge {
                let planes = &mut planes[steps.start * STEP..steps.end * STEP];
                // SAFETY: the machine has the instructions.
                unsafe { K::steps(source, run.predictor, steps, planes, masks) };
                continue;
            }
            let mut edge = [0; STEP];
            // SAFETY: as above.
            masks[0] = unsafe { K::edge(source, run.predictor, steps.start, &mut edge) };
            // A last step that is not whole may be less than 8 groups.
            let planes = &mut planes[steps.start * STEP..];
            let len = planes.len().min(STEP);
            planes[..len].copy_from_slice(&edge[..len]);
        }
        needed_widths::<ITEMSIZE>(&masks, is_signed, widths);
    }
}

/// The width of each group of a tile.
///
/// Without a sign, bits say which planes are not 0. With a sign, they say which differ from the
/// topmost, and the bit of that one, which never does, whether it is not 0: a plane of zigzag-coded
/// residuals each, but for the order.
#[inline(always)]
fn needed_widths<const ITEMSIZE: usize>(masks: &Masks, is_signed: bool, widths: &mut [u8]) {
    macro_rules! lanes {
        ($lane:ident) => {{
            // SAFETY: all bits are allowed, and nothing needs more alignment than u64.
            let (_, lanes, _) = unsafe { masks.align_to::<$lane>() };
            for (width, &differs) in widths.iter_mut().zip(lanes) {
                let planes = if is_signed { differs.rotate_right(1) } else { differs };
                *width = (planes | planes.wrapping_neg()).count_ones() as u8;
            }
        }};
    }
    match ITEMSIZE {
        1 => lanes!(u8),
        2 => lanes!(u16),
        4 => lanes!(u32),
        _ => lanes!(u64),
    }
}
