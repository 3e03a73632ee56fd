//! One value of a block that is kept apart: where it is, what is put in its place, and how it comes
//! back.
//!
//! A *mask* has a bit for each value, the first the lowest of a byte: set where the value is.
//! Plain loops, compiled once for each instruction set, as in [`map`](super::map); but bits to
//! vectors is what compilers do badly, so that there are kernels for machines that have instructions for it.

use std::iter;

use super::super::Isa;
use super::map::{Word, recompiled};
use super::scalar::with_value;

/// Values whose bits are gathered from bytes at once.
const TILE: usize = 64;

/// Marks in `mask` the values of `src` that are `fill`. Bits after the last value are 0.
///
/// # Panics
/// If `mask` is too short.
pub(crate) fn find(isa: Isa, itemsize: usize, fill: u64, src: &[u8], mask: &mut [u8]) {
    let len = (src.len() / itemsize).div_ceil(8);
    let mask = &mut mask[..len];
    let done = find_vectors(isa, itemsize, fill, src, mask);
    let (src, mask) = (&src[done..], &mut mask[done / itemsize / 8..]);
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
    let mask = &mask[..(values.len() / itemsize).div_ceil(8)];
    let done = restore_vectors(isa, itemsize, fill, mask, values);
    let (mask, values) = (&mask[done / itemsize / 8..], &mut values[done..]);
    with_value!(itemsize, restore_values(fill, mask, values));
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

/// Does a number of bytes from the front, of whole bytes of the mask, and says how many.
fn restore_vectors(isa: Isa, itemsize: usize, fill: u64, mask: &[u8], values: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    return super::fill_x86::restore(isa, itemsize, fill, mask, values);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (isa, itemsize, fill, mask, values);
        0
    }
}

/// As [`restore_vectors`], for [`find`].
fn find_vectors(isa: Isa, itemsize: usize, fill: u64, src: &[u8], mask: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    return super::fill_x86::find(isa, itemsize, fill, src, mask);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (isa, itemsize, fill, src, mask);
        0
    }
}

#[inline(always)]
fn find_values<W: Word>(fill: u64, src: &[u8], mask: &mut [u8]) {
    let fill = W::from_u64(fill);
    for (values, mask) in src.chunks(TILE * W::NBYTES).zip(mask.chunks_mut(TILE / 8)) {
        let mut flags = [0; TILE];
        for (flag, value) in flags.iter_mut().zip(W::all(values)) {
            *flag = u8::from(value == fill);
        }
        for (byte, flags) in mask.iter_mut().zip(flags.as_chunks().0) {
            *byte = (u64::from_le_bytes(*flags).wrapping_mul(GATHER) >> 56) as u8;
        }
    }
}

fn restore_values<W: Word>(fill: u64, mask: &[u8], values: &mut [u8]) {
    let fill = W::from_u64(fill);
    for (values, byte) in values.chunks_mut(8 * W::NBYTES).zip(mask) {
        for (at, value) in values.chunks_exact_mut(W::NBYTES).enumerate() {
            if byte >> at & 1 == 1 {
                W::write(value, iter::once(fill));
            }
        }
    }
}

/// Multiplies so that the lowest bits of eight bytes meet in the highest byte, the first lowest.
const GATHER: u64 = 0x0102_0408_1020_4080;

fn values_by_left<W: Word>(fill: u64, src: &[u8], dst: &mut [u8]) {
    let fill = W::from_u64(fill);
    let values = W::all(src);
    let mut last = values.clone().find(|&value| value != fill).unwrap_or(fill);
    let replaced = values.map(|value| {
        last = if value == fill { last } else { value };
        last
    });
    W::write(dst, replaced);
}

#[inline(always)]
fn row_by_up<W: Word>(fill: u64, src: &[u8], above: &[u8], row: &mut [u8]) {
    let fill = W::from_u64(fill);
    let values = W::all(src).zip(W::all(above));
    W::write(row, values.map(|(value, above)| if value == fill { above } else { value }));
}

#[cfg(test)]
mod tests;
