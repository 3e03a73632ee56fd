//! Between planes (all of `R`, then all of `G`, …) and interleaved pixels (`RGB RGB …`).
//!
//! Below is nothing; the image layer above calls the kernels row by row on decoded tiles that are
//! still in cache.

use crate::arch::interleave::{gather, scatter};
use crate::dtype::Element;
use crate::error::{Result, check_len};

/// Copies planes of equal length into interleaved pixels: item `i` of plane `c` becomes item
/// `i * planes.len() + c`.
///
/// Nothing is allocated.
///
/// # Errors
/// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when the planes differ in length, or
/// `out` has not as many items as all planes together. Nothing is written then.
///
/// ```
/// use ndpress::image::interleave;
///
/// let mut pixels = [0u8; 6];
/// interleave(&[[1, 2], [10, 20], [100, 200]], &mut pixels)?;
/// assert_eq!(pixels, [1, 10, 100, 2, 20, 200]);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub fn interleave<T: Element>(planes: &[impl AsRef<[T]>], out: &mut [T]) -> Result<()> {
    check_lens(planes.iter().map(|plane| plane.as_ref().len()), out.len())?;
    scatter(planes, out, planes.len(), 0);
    Ok(())
}

/// Copies interleaved pixels into planes of equal length: item `i * planes.len() + c` becomes item
/// `i` of plane `c`.
///
/// Nothing is allocated.
///
/// # Errors
/// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) when the planes differ in length, or
/// `pixels` has not as many items as all planes together. Nothing is written then.
///
/// ```
/// use ndpress::image::deinterleave;
///
/// let mut planes = [[0u8; 2]; 3];
/// deinterleave(&[1, 10, 100, 2, 20, 200], &mut planes)?;
/// assert_eq!(planes, [[1, 2], [10, 20], [100, 200]]);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub fn deinterleave<T: Element>(pixels: &[T], planes: &mut [impl AsMut<[T]>]) -> Result<()> {
    check_lens(planes.iter_mut().map(|plane| plane.as_mut().len()), pixels.len())?;
    let nchannels = planes.len();
    gather(pixels, nchannels, 0, planes);
    Ok(())
}

/// Checks that planes are equally long, and hold `nitems` together.
fn check_lens(mut planes: impl Iterator<Item = usize>, nitems: usize) -> Result<()> {
    let mut total = 0;
    if let Some(expected) = planes.next() {
        total = expected;
        for found in planes {
            check_len(expected, found)?;
            total += found;
        }
    }
    check_len(total, nitems)
}

#[cfg(test)]
mod tests;
