//! The kernels as plain loops: what machines without a kernel of their own run, and what every
//! other kernel is tested against.

use std::ops::Range;

use super::{GROUP, Prediction, Predictor};

/// An unsigned number of 1, 2, 4 or 8 bytes.
trait Value: Copy + Ord + Default {
    const NBYTES: usize = size_of::<Self>();

    fn from_u64(bits: u64) -> Self;
    fn to_u64(self) -> u64;
    /// The value at index `at` of `bytes`.
    fn load(bytes: &[u8], at: usize) -> Self;
    fn store(self, bytes: &mut [u8], at: usize);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// Rounds up.
    fn average(self, other: Self) -> Self;
    /// Bits of two's complement that the number needs when it has a sign: 0 for 0, 1 for -1.
    fn signed_width(self) -> u32;
    /// The same for a number without a sign.
    fn unsigned_width(self) -> u32;
    /// The number whose lowest `width` bits these are, with a sign.
    fn sign_extended(self, width: u32) -> Self;
}

macro_rules! values {
    ($($value:ident: $signed:ident),*) => {$(
        impl Value for $value {
            fn from_u64(bits: u64) -> Self {
                bits as Self
            }

            fn to_u64(self) -> u64 {
                self.into()
            }

            #[inline(always)]
            fn load(bytes: &[u8], at: usize) -> Self {
                let mut value = [0; Self::NBYTES];
                value.copy_from_slice(&bytes[at * Self::NBYTES..][..Self::NBYTES]);
                Self::from_le_bytes(value)
            }

            #[inline(always)]
            fn store(self, bytes: &mut [u8], at: usize) {
                bytes[at * Self::NBYTES..][..Self::NBYTES].copy_from_slice(&self.to_le_bytes());
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn average(self, other: Self) -> Self {
                (self | other) - ((self ^ other) >> 1)
            }

            #[inline(always)]
            fn signed_width(self) -> u32 {
                let sign = (self as $signed) >> (Self::BITS - 1);
                ((self << 1) ^ sign as Self).unsigned_width()
            }

            #[inline(always)]
            fn unsigned_width(self) -> u32 {
                Self::BITS - self.leading_zeros()
            }

            #[inline(always)]
            fn sign_extended(self, width: u32) -> Self {
                match width {
                    0 => 0,
                    _ => (((self << (Self::BITS - width)) as $signed) >> (Self::BITS - width)) as Self,
                }
            }
        }
    )*};
}
values!(u8: i8, u16: i16, u32: i32, u64: i64);

/// Calls a function for values of the size at hand.
macro_rules! with_value {
    ($itemsize:expr, $function:ident($($argument:expr),*)) => {
        match $itemsize {
            1 => $function::<u8>($($argument),*),
            2 => $function::<u16>($($argument),*),
            4 => $function::<u32>($($argument),*),
            _ => $function::<u64>($($argument),*),
        }
    };
}

/// [`minimum`](super::minimum).
pub(super) fn minimum(itemsize: usize, src: &[u8]) -> u64 {
    with_value!(itemsize, minimum_of(src))
}

fn minimum_of<V: Value>(src: &[u8]) -> u64 {
    let values = (0..src.len() / V::NBYTES).map(|at| V::load(src, at));
    values.min().unwrap_or_default().to_u64()
}

/// [`transpose`](super::transpose).
pub(super) fn transpose(p: &Prediction, src: &[u8], planes: &mut [u8], widths: &mut [u8]) {
    with_value!(p.itemsize, transpose_values(p, src, planes, widths));
}

fn transpose_values<V: Value>(p: &Prediction, src: &[u8], planes: &mut [u8], widths: &mut [u8]) {
    let nvalues = src.len() / V::NBYTES;
    let head = p.head(src.len()) / V::NBYTES;
    let is_signed = p.predictor != Predictor::None;
    widths.fill(0);
    for (group, (planes, width)) in planes.chunks_exact_mut(8 * V::NBYTES).zip(widths).enumerate() {
        let mut residuals = [V::default(); GROUP];
        for (at, residual) in (group * GROUP..nvalues).zip(&mut residuals) {
            *residual = V::load(src, at).sub(predicted(p, head, src, at));
        }
        let needed = residuals.iter().map(|residual| {
            if is_signed { residual.signed_width() } else { residual.unsigned_width() }
        });
        *width = needed.max().unwrap_or(0) as u8;
        for (plane, byte) in planes.iter_mut().rev().enumerate() {
            let bit = |residual: &V| (residual.to_u64() >> plane & 1) as u8;
            *byte = residuals.iter().fold(0, |byte, residual| byte << 1 | bit(residual));
        }
    }
}

/// [`compact`](super::compact).
pub(super) fn compact(nplanes: usize, planes: &[u8], widths: &[u8], dst: &mut [u8]) -> usize {
    let mut len = 0;
    for (planes, &width) in planes.chunks_exact(nplanes).zip(widths) {
        let width = usize::from(width);
        dst[len..][..width].copy_from_slice(&planes[nplanes - width..]);
        len += width;
    }
    len
}

/// Decodes the bytes in `range`, which are whole steps or reach the end, from the front of
/// `planes`, and says how many bytes of these it used.
pub(super) fn unpack(
    p: &Prediction,
    range: Range<usize>,
    widths: &[u8],
    planes: &[u8],
    block: &mut [u8],
) -> usize {
    with_value!(p.itemsize, unpack_values(p, range, widths, planes, block))
}

fn unpack_values<V: Value>(
    p: &Prediction,
    range: Range<usize>,
    widths: &[u8],
    planes: &[u8],
    block: &mut [u8],
) -> usize {
    let values = range.start / V::NBYTES..range.end / V::NBYTES;
    let head = p.head(block.len()) / V::NBYTES;
    let is_signed = p.predictor != Predictor::None;
    let mut read = 0;
    // A range that begins within a group continues it; 64 bytes of values are whole groups.
    for (group, &width) in widths.iter().enumerate().take(values.end.div_ceil(GROUP)) {
        let first = group * GROUP;
        if first < values.start {
            continue;
        }
        let width = usize::from(width);
        let planes = &planes[read..][..width];
        read += width;
        for at in first..(first + GROUP).min(values.end) {
            let bit = |byte: &u8| u64::from(byte >> (7 - at % GROUP) & 1);
            let residual = V::from_u64(planes.iter().fold(0, |bits, byte| bits << 1 | bit(byte)));
            let residual = if is_signed { residual.sign_extended(width as u32) } else { residual };
            predicted::<V>(p, head, block, at).add(residual).store(block, at);
        }
    }
    read
}

/// What value `at` is predicted to be; the first `head` values by the gradient.
fn predicted<V: Value>(p: &Prediction, head: usize, values: &[u8], at: usize) -> V {
    let row = p.stride / V::NBYTES;
    let before = |distance: usize| match at.checked_sub(distance) {
        Some(at) => V::load(values, at),
        None => V::default(),
    };
    match p.predictor {
        Predictor::None => V::from_u64(p.base),
        Predictor::Left => before(1),
        Predictor::Up if at >= head => before(row),
        Predictor::W3 if at >= head => {
            before(row).average(before(row + 1).average(before(row - 1)))
        }
        _ => before(1).add(before(row)).sub(before(row.saturating_add(1))),
    }
}
