//! Frames of a file, one at a time, as samples in the machine's byte order.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::image::{Image, Layout};
use super::syntax::Syntax;
use super::{FORMAT, jpeg, rle};
use crate::array::zeroed;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::volume::error::{VolumeError, unsupported};

/// Items of compressed bytes.
const ITEM: [u8; 4] = [0xfe, 0xff, 0x00, 0xe0];
const SEQUENCE_END: [u8; 4] = [0xfe, 0xff, 0xdd, 0xe0];

/// Where a fragment lies in its file.
#[derive(Debug, Clone, Copy)]
struct Fragment {
    offset: u64,
    len: u32,
}

/// Hands over the frames of a file in order.
pub(super) fn for_each_frame(
    file: File,
    len: u64,
    image: &Image,
    limits: &Limits,
    mut f: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut file = BufReader::new(file);
    file.seek(SeekFrom::Start(image.pixels.offset))?;
    let layout = &image.layout;
    let mut hand_over = |mut frame: Vec<u8>| {
        clean(&mut frame, layout);
        f(&frame)
    };
    match (image.syntax, image.pixels.len) {
        (Syntax::Plain { is_big_endian }, Some(_)) => {
            if layout.colours.starts_with("YBR") && layout.colours != "YBR_FULL" {
                return Err(unsupported(FORMAT, format!("{} without JPEG", layout.colours)));
            }
            (0..image.frames).try_for_each(|_| {
                // The length was checked against that of the file.
                let mut frame = zeroed(layout.frame_nbytes() as usize)?;
                file.read_exact(&mut frame)?;
                order_bytes(&mut frame, image, is_big_endian)?;
                hand_over(if layout.is_planar { interleaved(&frame, layout)? } else { frame })
            })
        }
        (Syntax::Rle | Syntax::Jpeg, None) => {
            let (offsets, fragments) = fragments(&mut file, len)?;
            let ends = frame_ends(&mut file, image, &offsets, &fragments)?;
            let mut start = 0;
            ends.into_iter().try_for_each(|end| {
                let bytes = read_fragments(&mut file, &fragments[start..end])?;
                start = end;
                hand_over(match image.syntax {
                    Syntax::Rle => rle::decode(&bytes, layout)?,
                    _ => jpeg::decode(&bytes, layout, limits)?,
                })
            })
        }
        _ => Err(structure(image.pixels.offset, "compressed pixels are in fragments, others not")),
    }
}

fn structure(offset: u64, rule: &'static str) -> Error {
    VolumeError::Structure { offset, rule }.of(FORMAT)
}

/// The table of offsets of frames, which may be empty, and all fragments.
fn fragments(file: &mut BufReader<File>, len: u64) -> Result<(Vec<u8>, Vec<Fragment>)> {
    let mut at = file.stream_position()?;
    let mut table = None;
    let mut fragments = Vec::new();
    loop {
        if at + 8 > len {
            return Err(Error::Truncated { needed: at + 8, found: len });
        }
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let [tag, nbytes] =
            [[head[0], head[1], head[2], head[3]], [head[4], head[5], head[6], head[7]]];
        let nbytes = u32::from_le_bytes(nbytes);
        if tag == SEQUENCE_END {
            return Ok((table.unwrap_or_default(), fragments));
        }
        if tag != ITEM {
            return Err(structure(at, "pixel data has something that is no fragment"));
        }
        at += 8;
        let end = at + u64::from(nbytes);
        if end > len {
            return Err(Error::Truncated { needed: end, found: len });
        }
        if table.is_none() {
            let mut bytes = zeroed(nbytes as usize)?;
            file.read_exact(&mut bytes)?;
            table = Some(bytes);
        } else {
            fragments.push(Fragment { offset: at, len: nbytes });
            file.seek_relative(nbytes.into())?;
        }
        at = end;
    }
}

fn read_fragments(file: &mut BufReader<File>, fragments: &[Fragment]) -> Result<Vec<u8>> {
    let nbytes = fragments.iter().map(|fragment| fragment.len as usize).sum();
    let mut bytes = zeroed(nbytes)?;
    let mut at = 0;
    for fragment in fragments {
        let end = at + fragment.len as usize;
        file.seek(SeekFrom::Start(fragment.offset))?;
        file.read_exact(&mut bytes[at..end])?;
        at = end;
    }
    Ok(bytes)
}

/// For each frame, one past its last fragment: by their number, by the table, or by where images of
/// JPEG begin.
fn frame_ends(
    file: &mut BufReader<File>,
    image: &Image,
    table: &[u8],
    fragments: &[Fragment],
) -> Result<Vec<usize>> {
    let frames = image.frames;
    if fragments.len() == frames {
        return Ok((1..=frames).collect());
    }
    if fragments.len() < frames {
        let (needed, found) = (frames as u64, fragments.len() as u64);
        return Err(VolumeError::Length { needed, found }.of(FORMAT));
    }
    if frames == 1 {
        return Ok(vec![fragments.len()]);
    }
    let mut starts = Vec::new();
    if table.len() == 4 * frames {
        // Offsets count from the first fragment's item.
        let base = fragments[0].offset;
        for offset in table.as_chunks().0 {
            let offset = base + u64::from(u32::from_le_bytes(*offset));
            let start = fragments.binary_search_by_key(&offset, |fragment| fragment.offset);
            starts.extend(start);
        }
    } else if image.syntax == Syntax::Jpeg {
        for (index, fragment) in fragments.iter().enumerate() {
            let mut marker = [0; 2];
            file.seek(SeekFrom::Start(fragment.offset))?;
            if fragment.len >= 2 {
                file.read_exact(&mut marker)?;
            }
            starts.extend((marker == [0xff, 0xd8]).then_some(index));
        }
    }
    let is_order = starts.first() == Some(&0) && starts.is_sorted_by(|a, b| a < b);
    if starts.len() != frames || !is_order {
        return Err(structure(fragments[0].offset, "nothing tells which fragments are of a frame"));
    }
    starts.remove(0);
    starts.push(fragments.len());
    Ok(starts)
}

/// Brings samples into the machine's byte order.
fn order_bytes(frame: &mut [u8], image: &Image, is_big_endian: bool) -> Result<()> {
    let itemsize = image.layout.dtype.itemsize();
    if itemsize == 1 {
        // Bytes in words are turned around with them.
        return match is_big_endian && image.pixels.vr == *b"OW" {
            true if frame.len().is_multiple_of(2) => {
                frame.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
                Ok(())
            }
            true => Err(unsupported(FORMAT, "a big-endian frame of an odd number of bytes")),
            false => Ok(()),
        };
    }
    if is_big_endian != cfg!(target_endian = "big") {
        frame.chunks_exact_mut(itemsize).for_each(<[u8]>::reverse);
    }
    Ok(())
}

/// Planes of colours as pixels.
fn interleaved(frame: &[u8], layout: &Layout) -> Result<Vec<u8>> {
    let itemsize = layout.dtype.itemsize();
    let mut pixels = zeroed(frame.len())?;
    let plane_nbytes = frame.len() / layout.samples;
    for (colour, plane) in frame.chunks_exact(plane_nbytes).enumerate() {
        let samples = pixels.chunks_exact_mut(itemsize).skip(colour).step_by(layout.samples);
        for (to, from) in samples.zip(plane.chunks_exact(itemsize)) {
            to.copy_from_slice(from);
        }
    }
    Ok(pixels)
}

/// Leaves of samples the bits that are theirs: old files have drawings in the others.
fn clean(frame: &mut [u8], layout: &Layout) {
    let bits = 8 * layout.dtype.itemsize() as u32;
    if layout.bits_stored == bits {
        return;
    }
    // First the highest bit stored becomes the highest of all, then the lowest the lowest.
    let (up, down) = (bits - 1 - layout.high_bit, bits - layout.bits_stored);
    macro_rules! clean {
        ($unsigned:ty, $signed:ty) => {
            for bytes in frame.as_chunks_mut().0 {
                let value = <$unsigned>::from_ne_bytes(*bytes) << up;
                *bytes = match layout.is_signed {
                    true => ((value as $signed) >> down).to_ne_bytes(),
                    false => (value >> down).to_ne_bytes(),
                };
            }
        };
    }
    match bits {
        8 => clean!(u8, i8),
        16 => clean!(u16, i16),
        _ => clean!(u32, i32),
    }
}
