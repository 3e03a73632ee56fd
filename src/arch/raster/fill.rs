//! One value of a block that is kept apart: where it is, what is put in its place, and how it comes
//! back.
//!
//! A *mask* has a bit for each value, the first the lowest of a byte: set where the value is.
//! Plain loops, compiled once for each instruction set, as in [`map`](super::map).

use super::super::Isa;
use super::map::{Word, recompiled};
use super::scalar::with_value;

/// Values of a byte of the mask.
const BYTE: usize = 8;

/// Marks in `mask` the values of `src` that are `fill`. Bits after the last value are 0.
///
/// # Panics
/// If `mask` is too short.
pub(crate) fn find(isa: Isa, itemsize: usize, fill: u64, src: &[u8], mask: &mut [u8]) {
    let len = (src.len() / itemsize).div_ceil(BYTE);
    let mask = &mut mask[..len];
    recompiled(
        isa,
        #[inline(always)]
        || with_value!(itemsize, find_values(fill, src, mask)),
    );
}

/// Puts `fill` where `mask` says.
///
/// # Panics
/// If `mask` is too short.
pub(crate) fn restore(isa: Isa, itemsize: usize, fill: u64, mask: &[u8], values: &mut [u8]) {
    let mask = &mask[..(values.len() / itemsize).div_ceil(BYTE)];
    recompiled(
        isa,
        #[inline(always)]
        || with_value!(itemsize, restore_values(fill, mask, values)),
    );
}

/// Copies `src` to `dst`, but for values that are `fill`: those are replaced by the last other value
/// before, or the first of all.
pub(crate) fn replace_by_left(itemsize: usize, fill: u64, src: &[u8], dst: &mut [u8]) {
    with_value!(itemsize, values_by_left(fill, src, dst));
}

/// Copies `src` to `dst`, but for values that are `fill`: those are replaced by what was put one
/// row, `stride` bytes, above. The first row is as from [`replace_by_left`].
pub(crate) fn replace_by_up(
    isa: Isa,
    itemsize: usize,
    stride: usize,
    fill: u64,
    src: &[u8],
    dst: &mut [u8],
) {
    let len = src.len().min(dst.len());
    let first = stride.min(len);
    replace_by_left(itemsize, fill, &src[..first], &mut dst[..first]);
    if first == 0 {
        return;
    }
    let starts = (first..len).step_by(stride);
    for start in starts {
        let (above, row) = dst[start - stride..len].split_at_mut(stride);
        let src = &src[start..];
        recompiled(
            isa,
            #[inline(always)]
            || with_value!(itemsize, row_by_up(fill, src, above, row)),
        );
    }
}

#[inline(always)]
fn find_values<W: Word>(fill: u64, src: &[u8], mask: &mut [u8]) {
    let fill = W::from_u64(fill);
    for (values, byte) in src.chunks(BYTE * W::NBYTES).zip(mask) {
        let values = values.chunks_exact(W::NBYTES).map(W::read).enumerate();
        *byte = values.fold(0, |byte, (at, value)| byte | u8::from(value == fill) << at);
    }
}

#[inline(always)]
fn restore_values<W: Word>(fill: u64, mask: &[u8], values: &mut [u8]) {
    let fill = W::from_u64(fill);
    for (values, byte) in values.chunks_mut(BYTE * W::NBYTES).zip(mask) {
        for (at, value) in values.chunks_exact_mut(W::NBYTES).enumerate() {
            let kept = W::read(value);
            let is_filled = byte >> at & 1 == 1;
            (if is_filled { fill } else { kept }).write(value);
        }
    }
}

fn values_by_left<W: Word>(fill: u64, src: &[u8], dst: &mut [u8]) {
    let fill = W::from_u64(fill);
    let values = src.chunks_exact(W::NBYTES).map(W::read);
    let mut last = values.clone().find(|&value| value != fill).unwrap_or(fill);
    for (value, to) in values.zip(dst.chunks_exact_mut(W::NBYTES)) {
        last = if value == fill { last } else { value };
        last.write(to);
    }
}

#[inline(always)]
fn row_by_up<W: Word>(fill: u64, src: &[u8], above: &[u8], row: &mut [u8]) {
    let fill = W::from_u64(fill);
    let values = src.chunks_exact(W::NBYTES).zip(above.chunks_exact(W::NBYTES));
    for ((value, above), to) in values.zip(row.chunks_exact_mut(W::NBYTES)) {
        let (value, above) = (W::read(value), W::read(above));
        (if value == fill { above } else { value }).write(to);
    }
}

#[cfg(test)]
mod tests;
