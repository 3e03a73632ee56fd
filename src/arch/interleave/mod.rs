//! Channels side by side in each pixel, to a plane for each channel, and back.
//!
//! On the way back, planes may hold [differences](super::raster::differences) to another plane, which is
//! added while both are in registers.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod loops;

use bytemuck::{NoUninit, cast_slice};

use super::Isa;
use super::raster::differences::add;

/// Channels that have kernels of their own.
pub(crate) const MAX_CHANNELS: usize = 8;

/// Bytes of each plane that plain loops work on at once.
const SPAN: usize = 512;

/// Which of up to [`MAX_CHANNELS`] planes hold differences, and to which plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Differences {
    reference: usize,
    /// Bit c stands for plane c.
    planes: u8,
}

impl Differences {
    /// All planes hold the values themselves.
    pub(crate) const NONE: Self = Self { reference: 0, planes: 0 };

    /// `None` if there are more planes than `channels`, or a plane is to hold differences to
    /// itself.
    pub(crate) fn new(channels: usize, reference: usize, planes: u8) -> Option<Self> {
        let exist = reference < channels.min(MAX_CHANNELS)
            && (channels >= MAX_CHANNELS || planes >> channels == 0);
        (exist && planes >> reference & 1 == 0).then_some(Self { reference, planes })
    }

    /// The plane that is added to those that hold differences.
    pub(crate) fn reference(self) -> usize {
        self.reference
    }

    /// The planes that hold differences, a bit each.
    pub(crate) fn planes(self) -> u8 {
        self.planes
    }

    /// Whether this plane holds differences.
    pub(crate) fn contains(self, plane: usize) -> bool {
        plane < MAX_CHANNELS && self.planes >> plane & 1 == 1
    }
}

/// Copies planes of numbers of `itemsize` bytes into interleaved pixels: number `i` of plane `c`
/// becomes number `i * planes.len() + c`, after the reference is added to it where it is a
/// difference.
///
/// # Panics
/// If numbers are not 1, 2, 4 or 8 bytes, there are no planes or more than [`MAX_CHANNELS`], these
/// are not of one length, `dst` is not as long as all of them, or the reference is none of them.
pub(crate) fn interleave(
    isa: Isa,
    itemsize: usize,
    planes: &[&[u8]],
    differences: Differences,
    dst: &mut [u8],
) {
    check(itemsize, planes.iter().map(|plane| plane.len()), dst.len());
    assert!(differences.reference < planes.len(), "a reference that is there");
    match itemsize {
        1 => interleave_items::<1>(isa, planes, differences, dst),
        2 => interleave_items::<2>(isa, planes, differences, dst),
        4 => interleave_items::<4>(isa, planes, differences, dst),
        _ => interleave_items::<8>(isa, planes, differences, dst),
    }
}

fn interleave_items<const SIZE: usize>(
    isa: Isa,
    planes: &[&[u8]],
    differences: Differences,
    dst: &mut [u8],
) {
    #[cfg(target_arch = "x86_64")]
    let done = avx2::interleave::<SIZE>(isa, planes, differences, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    if done < planes[0].len() {
        interleave_plainly::<SIZE>(isa, planes, differences, done, dst);
    }
}

/// Interleaves the bytes from `done` of each plane on.
fn interleave_plainly<const SIZE: usize>(
    isa: Isa,
    planes: &[&[u8]],
    differences: Differences,
    done: usize,
    dst: &mut [u8],
) {
    let mut sums = [[0; SPAN]; MAX_CHANNELS];
    let spans = dst[done * planes.len()..].chunks_mut(SPAN * planes.len());
    for (start, pixels) in (done..).step_by(SPAN).zip(spans) {
        let range = start..start + pixels.len() / planes.len();
        let reference = &planes[differences.reference][range.clone()];
        let mut span: [&[[u8; SIZE]]; MAX_CHANNELS] = [&[]; MAX_CHANNELS];
        for (channel, (plane, sum)) in planes.iter().zip(&mut sums).enumerate() {
            let mut values = &plane[range.clone()];
            if differences.contains(channel) {
                let sum = &mut sum[..values.len()];
                sum.copy_from_slice(values);
                add(isa, SIZE, reference, sum);
                values = sum;
            }
            span[channel] = values.as_chunks().0;
        }
        loops::scatter(&span[..planes.len()], pixels.as_chunks_mut().0, planes.len(), 0);
    }
}

/// Copies interleaved pixels into planes of numbers of `itemsize` bytes: number
/// `i * planes.len() + c` becomes number `i` of plane `c`.
///
/// # Panics
/// If numbers are not 1, 2, 4 or 8 bytes, there are no planes or more than [`MAX_CHANNELS`], these
/// are not of one length, or `src` is not as long as all of them.
pub(crate) fn deinterleave(isa: Isa, itemsize: usize, src: &[u8], planes: &mut [&mut [u8]]) {
    check(itemsize, planes.iter().map(|plane| plane.len()), src.len());
    match itemsize {
        1 => deinterleave_items::<1>(isa, src, planes),
        2 => deinterleave_items::<2>(isa, src, planes),
        4 => deinterleave_items::<4>(isa, src, planes),
        _ => deinterleave_items::<8>(isa, src, planes),
    }
}

fn deinterleave_items<const SIZE: usize>(isa: Isa, src: &[u8], planes: &mut [&mut [u8]]) {
    let channels = planes.len();
    #[cfg(target_arch = "x86_64")]
    let done = avx2::deinterleave::<SIZE>(isa, src, planes);
    #[cfg(not(target_arch = "x86_64"))]
    let done = {
        let _ = isa;
        0
    };
    let mut rest: [&mut [[u8; SIZE]]; MAX_CHANNELS] = std::array::from_fn(|_| &mut [][..]);
    for (rest, plane) in rest.iter_mut().zip(planes) {
        *rest = plane[done..].as_chunks_mut().0;
    }
    let pixels = src[done * channels..].as_chunks().0;
    loops::gather(pixels, channels, 0, &mut rest[..channels]);
}

/// Writes planes as the channels from `first` on of pixels with `nchannels` channels, as far as
/// pixels go.
///
/// # Panics
/// If a plane has not as many items as there are pixels, or pixels not as many channels.
pub(crate) fn scatter<T: NoUninit>(
    planes: &[impl AsRef<[T]>],
    pixels: &mut [T],
    nchannels: usize,
    first: usize,
) {
    if planes.len() != nchannels || !has_kernel::<T>(nchannels) {
        return loops::scatter(planes, pixels, nchannels, first);
    }
    let mut bytes: [&[u8]; MAX_CHANNELS] = [&[]; MAX_CHANNELS];
    for (bytes, plane) in bytes.iter_mut().zip(planes) {
        *bytes = cast_slice(plane.as_ref());
    }
    // SAFETY: the bytes of `pixels`, all of which are initialised. What is written are whole items
    // of the planes to where items are, so that they hold valid items afterwards.
    let pixels = unsafe { bytes_mut(pixels) };
    interleave(Isa::current(), size_of::<T>(), &bytes[..nchannels], Differences::NONE, pixels);
}

/// Reads the channels from `first` on of pixels with `nchannels` channels into planes.
///
/// # Panics
/// As [`scatter`].
pub(crate) fn gather<T: NoUninit>(
    pixels: &[T],
    nchannels: usize,
    first: usize,
    planes: &mut [impl AsMut<[T]>],
) {
    if planes.len() != nchannels || !has_kernel::<T>(nchannels) {
        return loops::gather(pixels, nchannels, first, planes);
    }
    let mut bytes: [&mut [u8]; MAX_CHANNELS] = std::array::from_fn(|_| &mut [][..]);
    for (bytes, plane) in bytes.iter_mut().zip(planes) {
        // SAFETY: as above; each plane is borrowed for itself.
        *bytes = unsafe { bytes_mut(plane.as_mut()) };
    }
    deinterleave(Isa::current(), size_of::<T>(), cast_slice(pixels), &mut bytes[..nchannels]);
}

fn has_kernel<T>(nchannels: usize) -> bool {
    (1..=MAX_CHANNELS).contains(&nchannels) && matches!(size_of::<T>(), 1 | 2 | 4 | 8)
}

/// # Safety
/// Whoever writes the bytes leaves valid items.
unsafe fn bytes_mut<T: NoUninit>(items: &mut [T]) -> &mut [u8] {
    // SAFETY: all bytes of the items are initialised, borrowed exclusively, and no more than these.
    unsafe { std::slice::from_raw_parts_mut(items.as_mut_ptr().cast(), size_of_val(items)) }
}

fn check(itemsize: usize, mut planes: impl ExactSizeIterator<Item = usize>, nbytes: usize) {
    assert!(matches!(itemsize, 1 | 2 | 4 | 8), "numbers");
    assert!(
        (1..=MAX_CHANNELS).contains(&planes.len()),
        "as many channels as there are kernels for"
    );
    let count = planes.len();
    let each = nbytes / count;
    assert!(each * count == nbytes && each.is_multiple_of(itemsize), "whole pixels");
    assert!(planes.all(|len| len == each), "planes of one length");
}

#[cfg(test)]
mod tests;
