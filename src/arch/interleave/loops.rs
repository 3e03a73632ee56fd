//! Between planes and interleaved pixels, as plain loops.
//!
//! Up to four channels, which most images have, go through a loop of fixed stride that compilers turn
//! into shuffles. Other numbers go four channels at a time over spans of pixels that stay in
//! the first-level cache, so that each line of the interleaved side is brought in once, however
//! many channels there are.

use std::ops::Range;

/// Channels handled by one pass over a span of pixels.
const LANES: usize = 4;

/// Bytes of interleaved pixels that one span covers.
const SPAN_NBYTES: usize = 16 << 10;

/// Writes planes as the channels from `first` on of pixels with `nchannels` channels.
///
/// Lengths were checked: each plane has an item per pixel.
pub(super) fn scatter<T: Copy>(
    planes: &[impl AsRef<[T]>],
    pixels: &mut [T],
    nchannels: usize,
    first: usize,
) {
    let Some(span) = span_len::<T>(nchannels) else { return };
    for (index, pixels) in pixels.chunks_mut(span * nchannels).enumerate() {
        let range = index * span..index * span + pixels.len() / nchannels;
        let plane = |channel: usize| &planes[channel].as_ref()[range.clone()];
        for lane in (0..planes.len()).step_by(LANES) {
            let at = first + lane;
            match planes.len() - lane {
                1 => scatter_lanes([plane(lane)], pixels, nchannels, at),
                2 => scatter_lanes([0, 1].map(|i| plane(lane + i)), pixels, nchannels, at),
                3 => scatter_lanes([0, 1, 2].map(|i| plane(lane + i)), pixels, nchannels, at),
                _ => scatter_lanes([0, 1, 2, 3].map(|i| plane(lane + i)), pixels, nchannels, at),
            }
        }
    }
}

/// Reads the channels from `first` on of pixels with `nchannels` channels into planes.
///
/// Lengths were checked: each plane has an item per pixel.
pub(super) fn gather<T: Copy>(
    pixels: &[T],
    nchannels: usize,
    first: usize,
    planes: &mut [impl AsMut<[T]>],
) {
    let Some(span) = span_len::<T>(nchannels) else { return };
    for (index, pixels) in pixels.chunks(span * nchannels).enumerate() {
        let range = index * span..index * span + pixels.len() / nchannels;
        for (group, planes) in planes.chunks_mut(LANES).enumerate() {
            let at = first + group * LANES;
            let cut = |plane| cut_mut(plane, range.clone());
            match planes {
                [a] => gather_lanes(pixels, nchannels, at, [a].map(cut)),
                [a, b] => gather_lanes(pixels, nchannels, at, [a, b].map(cut)),
                [a, b, c] => gather_lanes(pixels, nchannels, at, [a, b, c].map(cut)),
                [a, b, c, d, ..] => gather_lanes(pixels, nchannels, at, [a, b, c, d].map(cut)),
                [] => {}
            }
        }
    }
}

fn cut_mut<T>(plane: &mut impl AsMut<[T]>, range: Range<usize>) -> &mut [T] {
    &mut plane.as_mut()[range]
}

/// Pixels of a span; `None` where there is nothing to copy.
fn span_len<T>(nchannels: usize) -> Option<usize> {
    let pixel_nbytes = nchannels.checked_mul(size_of::<T>()).filter(|&nbytes| nbytes > 0)?;
    Some((SPAN_NBYTES / pixel_nbytes).max(1))
}

#[inline]
fn scatter_lanes<T: Copy, const N: usize>(
    planes: [&[T]; N],
    pixels: &mut [T],
    nchannels: usize,
    first: usize,
) {
    if nchannels == N {
        // The stride is a constant here, and the whole pixel is written at once.
        let (pixels, _) = pixels.as_chunks_mut::<N>();
        // Slices of one known length let the compiler drop the bounds checks below.
        let planes = planes.map(|plane| &plane[..pixels.len()]);
        for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = planes.map(|plane| plane[i]);
        }
    } else {
        for (i, pixel) in pixels.chunks_exact_mut(nchannels).enumerate() {
            pixel[first..first + N].copy_from_slice(&planes.map(|plane| plane[i]));
        }
    }
}

#[inline]
fn gather_lanes<T: Copy, const N: usize>(
    pixels: &[T],
    nchannels: usize,
    first: usize,
    mut planes: [&mut [T]; N],
) {
    if nchannels == N {
        let (pixels, _) = pixels.as_chunks::<N>();
        // As above; and one plane after the other, because several mutable ones at once keep the
        // loop from being vectorised.
        for (lane, plane) in planes.iter_mut().enumerate() {
            for (item, pixel) in plane.iter_mut().zip(pixels) {
                *item = pixel[lane];
            }
        }
    } else {
        for (i, pixel) in pixels.chunks_exact(nchannels).enumerate() {
            let items = &pixel[first..first + N];
            for (plane, &item) in planes.iter_mut().zip(items) {
                plane[i] = item;
            }
        }
    }
}
