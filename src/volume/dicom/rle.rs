//! RLE: a segment for each byte of each sample, the highest first, packed as in TIFF.

use super::FORMAT;
use super::image::Layout;
use crate::array::zeroed;
use crate::error::Result;
use crate::volume::error::{VolumeError, unsupported};

/// How many segments there are, and where fifteen of them begin.
const HEADER: usize = 64;
/// Two bytes can become so many times as many.
const MAX_RATIO: u64 = 64;

/// Decodes a frame.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>> {
    let nbytes = layout.frame_nbytes();
    let short =
        |needed, found: usize| VolumeError::Length { needed, found: found as u64 }.of(FORMAT);
    let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(short(HEADER as u64, bytes.len()));
    };
    if nbytes > MAX_RATIO * bytes.len() as u64 {
        return Err(short(nbytes.div_ceil(MAX_RATIO), bytes.len()));
    }
    let itemsize = layout.dtype.itemsize();
    let numbers = header.as_chunks().0.iter().map(|&number| u32::from_le_bytes(number));
    let numbers: Vec<usize> = numbers.map(|number| number as usize).collect();
    let segments = layout.samples * itemsize;
    if segments > 15 {
        return Err(unsupported(FORMAT, format!("RLE with {segments} segments")));
    }
    if numbers[0] != segments {
        let rule = "there is one for each byte of a pixel";
        return Err(VolumeError::field("RLE segments", numbers[0], rule).of(FORMAT));
    }
    let mut frame = zeroed(nbytes as usize)?;
    for segment in 0..segments {
        let end = if segment + 1 < segments { numbers[segment + 2] } else { bytes.len() };
        let packed = bytes.get(numbers[segment + 1]..end).unwrap_or_default();
        let (sample, significance) = (segment / itemsize, segment % itemsize);
        let byte = match cfg!(target_endian = "big") {
            true => significance,
            false => itemsize - 1 - significance,
        };
        let to = frame.iter_mut().skip(sample * itemsize + byte).step_by(segments);
        let missing = unpack(packed, to);
        if missing > 0 {
            let needed = layout.rows * layout.columns;
            return Err(short(needed as u64, needed - missing));
        }
    }
    Ok(frame)
}

/// Unpacks bytes to these places; how many of them did not get any.
fn unpack<'a>(mut packed: &[u8], mut to: impl ExactSizeIterator<Item = &'a mut u8>) -> usize {
    while let Some((&count, rest)) = packed.split_first() {
        packed = match count as i8 {
            // As many as are said, and one more.
            0.. => {
                let (literal, after) = rest.split_at(rest.len().min(usize::from(count) + 1));
                literal
                    .iter()
                    .zip(to.by_ref().take(literal.len()))
                    .for_each(|(from, to)| *to = *from);
                after
            }
            -128 => rest,
            negative => {
                let Some((&value, after)) = rest.split_first() else { break };
                let count = usize::from(negative.unsigned_abs()) + 1;
                to.by_ref().take(count).for_each(|to| *to = value);
                after
            }
        };
    }
    to.len()
}
