//! The kernels of the raster codec: values to planes of bits, and back.
//!
//! Each value of a block is predicted from values before it; what is left, the *residual*, is a
//! small number in two's complement. Eight consecutive residuals are a *group*. A group of *width*
//! w is stored as its w lowest bit planes, one byte each, plane w - 1 first: within a byte the
//! first value is bit 7. Planes above repeat plane w - 1, the sign; after [`Predictor::None`],
//! whose residuals have no sign, they are zero. So a group is w bytes for every type of element,
//! and the 8, 16, 32 or 64 bytes that end where the group ends hold its planes 7, 15, 31 or 63 to
//! 0 in the same places whatever w is.
//!
//! Packing is two steps, since what widths are stored is decided from all of them:
//! [`transpose`] writes all planes of each group and says what width it needs, [`compact`] keeps as
//! many as are asked for. [`Packed`] is what comes back from storage, checked; [`Unpacker`] decodes
//! it in bands, so that each can be used while it is in the first-level cache.
//!
//! Kernels work on *steps* of 64 bytes of values. A value before the first is taken to be 0. The
//! values of the steps that begin before the second row have no whole row above them:
//! [`Predictor::Up`] and [`Predictor::W3`] are replaced by [`Predictor::Gradient`] there.

mod costs;
#[cfg(target_arch = "x86_64")]
mod costs_avx2;
#[cfg(target_arch = "x86_64")]
mod costs_avx512;
pub(crate) mod differences;
pub(crate) mod fill;
#[cfg(target_arch = "x86_64")]
mod fill_x86;
pub(crate) mod lookup;
pub(crate) mod map;
mod recompiled;
mod scalar;
pub(crate) mod scale;
pub(crate) mod sparse;
pub(crate) mod survey;
#[cfg(target_arch = "x86_64")]
mod transpose_avx2;
#[cfg(target_arch = "x86_64")]
mod transpose_avx512;
#[cfg(target_arch = "x86_64")]
mod transpose_x86;
#[cfg(target_arch = "x86_64")]
mod unpack_avx2;
#[cfg(target_arch = "x86_64")]
mod unpack_avx512;
#[cfg(target_arch = "x86_64")]
mod unpack_x86;
mod widths;
mod widths_encode;
#[cfg(target_arch = "x86_64")]
mod widths_x86;

pub(crate) use self::costs::{Sample, costs};
pub(crate) use self::widths::{expand_nibbles, expand_offsets};
pub(crate) use self::widths_encode::{
    NWIDTHS, look_up, maxima, offsets_cost, pack_nibbles, presence, round_to_offsets,
};
use super::Isa;

/// Values in a group.
pub(crate) const GROUP: usize = 8;

/// Bytes of values that kernels work on at once.
pub(crate) const STEP: usize = 64;

/// The shortest row that a value can be predicted across, in bytes: the neighbours above are all
/// in steps before.
pub(crate) const MIN_STRIDE: usize = 2 * STEP;

/// Widths are handed over in whole spans of so many groups; those after the last group are 0.
pub(crate) const SPAN: usize = 64;

/// From what a value is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    /// From a constant not above any value of the block.
    None,
    /// From the value before.
    Left,
    /// From the value one row above.
    Up,
    /// left + up - upper left.
    Gradient,
    /// The average of up with the average of its neighbours in the row: averages are of unsigned
    /// numbers and round up.
    W3,
}

impl Predictor {
    pub(crate) const ALL: [Self; 5] = [Self::None, Self::Left, Self::Up, Self::Gradient, Self::W3];

    /// Whether it looks one row up.
    pub(crate) fn needs_rows(self) -> bool {
        matches!(self, Self::Up | Self::Gradient | Self::W3)
    }
}

/// How the values of a block become residuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prediction {
    /// Bytes of a value: 1, 2, 4 or 8, little-endian.
    itemsize: usize,
    predictor: Predictor,
    /// Bytes from one row to the next, a multiple of `itemsize`, for predictors that need rows.
    stride: usize,
    /// What [`Predictor::None`] subtracts.
    base: u64,
}

impl Prediction {
    /// `None` if kernels cannot work with this: a size of values that does not exist, rows that
    /// are no whole values or shorter than [`MIN_STRIDE`].
    ///
    /// `stride` is in bytes, and counts for predictors that need rows only; `base` for
    /// [`Predictor::None`] only.
    pub(crate) fn new(
        itemsize: usize,
        predictor: Predictor,
        stride: usize,
        base: u64,
    ) -> Option<Self> {
        let is_size = matches!(itemsize, 1 | 2 | 4 | 8);
        let is_stride = !predictor.needs_rows()
            || (stride >= MIN_STRIDE && is_size && stride.is_multiple_of(itemsize));
        (is_size && is_stride).then_some(Self { itemsize, predictor, stride, base })
    }

    /// How many bytes at the front are predicted by the gradient instead, where a row above is
    /// looked at: whole steps.
    fn head(&self, nbytes: usize) -> usize {
        if !self.predictor.needs_rows() {
            return 0;
        }
        self.stride.checked_next_multiple_of(STEP).map_or(nbytes, |head| head.min(nbytes))
    }

    /// Groups of a block of `nbytes` bytes.
    pub(crate) fn ngroups(&self, nbytes: usize) -> usize {
        nbytes.div_ceil(GROUP * self.itemsize)
    }

    /// Widths to be handed over for a block of `nbytes` bytes.
    pub(crate) fn nwidths(&self, nbytes: usize) -> usize {
        self.ngroups(nbytes).next_multiple_of(SPAN)
    }

    /// Bytes of all planes of all groups of a block of `nbytes` bytes.
    pub(crate) fn nplanes(&self, nbytes: usize) -> usize {
        self.ngroups(nbytes) * GROUP * self.itemsize
    }
}

/// Writes all planes of all groups of `src` to `planes`, and the width that each group needs to
/// `widths`, followed by zeros. Values that the last group lacks have residuals of 0.
///
/// # Panics
/// If `src` is no whole values, or `planes` or `widths` are not as long as
/// [`nplanes`](Prediction::nplanes) and [`nwidths`](Prediction::nwidths) say.
pub(crate) fn transpose(
    isa: Isa,
    prediction: &Prediction,
    src: &[u8],
    planes: &mut [u8],
    widths: &mut [u8],
) {
    assert!(src.len().is_multiple_of(prediction.itemsize), "whole values");
    assert_eq!(planes.len(), prediction.nplanes(src.len()), "room for all planes");
    assert_eq!(widths.len(), prediction.nwidths(src.len()), "a width for each group");
    #[cfg(target_arch = "x86_64")]
    if transpose_x86::transpose(isa, prediction, src, planes, widths) {
        return;
    }
    scalar::transpose(prediction, src, planes, widths);
}

/// Bytes that [`compact`] may write behind those that count.
pub(crate) const COMPACT_SLACK: usize = 64;

/// Writes the `widths[g]` last planes of each group to the front of `dst`, and says how many bytes
/// that is. `planes` has all planes of each group, as from [`transpose`].
///
/// # Panics
/// If there are fewer widths than groups, a width is above the number of planes, or `dst` does not
/// have [`COMPACT_SLACK`] bytes more than the widths add up to.
pub(crate) fn compact(
    isa: Isa,
    itemsize: usize,
    planes: &[u8],
    widths: &[u8],
    dst: &mut [u8],
) -> usize {
    let nplanes = 8 * itemsize;
    assert!(planes.len().is_multiple_of(nplanes), "whole groups");
    let widths = &widths[..planes.len() / nplanes];
    let max = widths.iter().fold(0, |max, &width| max.max(width));
    assert!(usize::from(max) <= nplanes, "no more than there is");
    assert!(sum(widths) + COMPACT_SLACK <= dst.len(), "room for the planes");
    #[cfg(target_arch = "x86_64")]
    if let Some(len) = transpose_x86::compact(isa, itemsize, planes, widths, dst) {
        return len;
    }
    scalar::compact(nplanes, planes, widths, dst)
}

/// The planes of a block with the width of each group, known to fit together: kernels rely on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a> {
    prediction: Prediction,
    nbytes: usize,
    widths: &'a [u8],
    planes: &'a [u8],
}

impl<'a> Packed<'a> {
    /// The planes of a block of `nbytes` bytes. `None` if they do not fit together: `nbytes` is no
    /// whole values, `widths` is not [`nwidths`](Prediction::nwidths) long, holds a width above the
    /// bits of a value or anything but 0 after the last group, or the widths do not add up to the
    /// length of `planes`.
    pub(crate) fn new(
        prediction: Prediction,
        nbytes: usize,
        widths: &'a [u8],
        planes: &'a [u8],
    ) -> Option<Self> {
        let is_whole = nbytes.is_multiple_of(prediction.itemsize);
        if !is_whole || widths.len() != prediction.nwidths(nbytes) {
            return None;
        }
        let max = widths.iter().fold(0, |max, &width| max.max(width));
        let (used, unused) = widths.split_at(prediction.ngroups(nbytes));
        let fits = usize::from(max) <= 8 * prediction.itemsize
            && unused.iter().all(|&width| width == 0)
            && sum(used) == planes.len();
        fits.then_some(Self { prediction, nbytes, widths, planes })
    }

    /// Decodes the block, from the start.
    pub(crate) fn unpacker(self, isa: Isa) -> Unpacker<'a> {
        Unpacker { packed: self, isa, done: 0, read: 0 }
    }
}

/// Decodes a block band by band.
#[derive(Debug)]
pub(crate) struct Unpacker<'a> {
    packed: Packed<'a>,
    isa: Isa,
    /// Bytes of values decoded: whole steps, or all.
    done: usize,
    /// Bytes of planes used: those of the groups before, which kernels rely on.
    read: usize,
}

impl Unpacker<'_> {
    /// Bytes decoded so far.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Decodes on, up to byte `until` rounded up to a whole step. `block` is the whole block, which
    /// holds what was decoded before; bytes after what is decoded are unspecified.
    ///
    /// # Panics
    /// If `block` is not as long as the block.
    pub(crate) fn advance(&mut self, block: &mut [u8], until: usize) {
        let nbytes = self.packed.nbytes;
        assert_eq!(block.len(), nbytes, "the whole block");
        let until = until.checked_next_multiple_of(STEP).map_or(nbytes, |end| end.min(nbytes));
        if until <= self.done {
            return;
        }
        self.read = self.unpack(until, block);
        self.done = until;
    }

    /// Decodes up to byte `until`, and says how many bytes of planes have been used then.
    fn unpack(&self, until: usize, block: &mut [u8]) -> usize {
        #[cfg(target_arch = "x86_64")]
        if let Some(read) = unpack_x86::unpack(self, until, block) {
            return read;
        }
        let Packed { prediction, widths, planes, .. } = &self.packed;
        let unused = &planes[self.read..];
        self.read + scalar::unpack(prediction, self.done..until, widths, unused, block)
    }
}

/// The planes of groups of these widths.
pub(crate) fn sum(widths: &[u8]) -> usize {
    // In pieces whose sum fits 16 bits, which lets the compiler add many at once.
    widths
        .chunks(256)
        .map(|widths| usize::from(widths.iter().map(|&width| u16::from(width)).sum::<u16>()))
        .sum()
}

#[cfg(test)]
mod tests;
