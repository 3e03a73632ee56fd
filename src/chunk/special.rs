//! Chunks that hold one value.

use super::encode::ChunkLayout;
use super::header::{Header, LONG_LEN, MAX_CHUNK_NBYTES, Payload, Special};
use super::{Chunk, tune};
use crate::codec::CodecId;
use crate::error::{InvalidArgument, Part, Result, check_part_nbytes};
use crate::filter::{CURRENT_CHUNK_VERSION, MAX_FILTERS};

impl Chunk {
    /// A chunk of `nbytes` zeros, in 32 bytes.
    ///
    /// ```
    /// use ndpress::{Chunk, Registry};
    ///
    /// let chunk = Chunk::zeros(1 << 30, 4)?;
    /// assert_eq!(chunk.cbytes(), 32);
    /// let mut pixel = [9; 4];
    /// chunk.decode_range_into(4000..4004, &mut pixel, &Registry::default())?;
    /// assert_eq!(pixel, [0; 4]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for elements of no bytes, [`InvalidArgument::PartTooLarge`]
    /// for more bytes than a chunk can hold.
    pub fn zeros(nbytes: usize, typesize: usize) -> Result<Self> {
        special(Special::Zeros, nbytes, typesize, None, &[])
    }

    /// A chunk of `nbytes` in which the bytes of `value` repeat, in 32 bytes and the value.
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for a value of no bytes; [`InvalidArgument::LengthMismatch`]
    /// when it does not divide `nbytes`; [`InvalidArgument::PartTooLarge`].
    pub fn repeat(value: &[u8], nbytes: usize) -> Result<Self> {
        special(Special::Repeat, nbytes, value.len(), None, value)
    }

    /// A chunk of `nbytes` whose elements, of 4 or 8 bytes, are all the quiet NaN.
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for other elements; [`InvalidArgument::LengthMismatch`] when
    /// they do not divide `nbytes`; [`InvalidArgument::PartTooLarge`].
    pub fn nan(nbytes: usize, typesize: usize) -> Result<Self> {
        if !matches!(typesize, 4 | 8) {
            return Err(InvalidArgument::ItemSize { nbytes: typesize }.into());
        }
        special(Special::Nan, nbytes, typesize, None, &[])
    }

    /// A chunk of `nbytes` that nobody has written yet. This crate reads zeros from it, C-Blosc2
    /// whatever its buffer held.
    ///
    /// # Errors
    /// As [`zeros`](Self::zeros), and [`InvalidArgument::LengthMismatch`] when the elements do not
    /// divide `nbytes`.
    pub fn uninit(nbytes: usize, typesize: usize) -> Result<Self> {
        special(Special::Uninit, nbytes, typesize, None, &[])
    }
}

/// A chunk of one value, which is one element's bytes, cut as `layout` says.
pub(crate) fn constant_chunk(layout: &ChunkLayout<'_>, value: &[u8]) -> Result<Chunk> {
    let (kind, stored) = match value.iter().all(|&byte| byte == 0) {
        true => (Special::Zeros, &[][..]),
        false => (Special::Repeat, value),
    };
    special(kind, layout.nbytes, value.len(), Some(layout.blocksize), stored)
}

/// A special chunk; the size of its blocks is `blocksize`, or chosen.
fn special(
    special: Special,
    nbytes: usize,
    typesize: usize,
    blocksize: Option<usize>,
    value: &[u8],
) -> Result<Chunk> {
    check_part_nbytes(Part::Chunk, nbytes as u64, MAX_CHUNK_NBYTES)?;
    if typesize == 0 {
        return Err(InvalidArgument::ItemSize { nbytes: 0 }.into());
    }
    let is_never_empty = matches!(special, Special::Repeat | Special::Nan);
    // C-Blosc2 reads zeros of any length, all others as whole elements.
    let needs_whole = special != Special::Zeros;
    if is_never_empty && nbytes == 0 || needs_whole && !nbytes.is_multiple_of(typesize) {
        let expected = nbytes.next_multiple_of(typesize).max(typesize);
        return Err(InvalidArgument::LengthMismatch { expected, found: nbytes }.into());
    }
    let blocksize = blocksize.unwrap_or_else(|| {
        let whole = tune::blocksize(0, typesize) / typesize * typesize;
        whole.max(typesize)
    });
    let header = Header {
        version: CURRENT_CHUNK_VERSION,
        len: LONG_LEN,
        typesize: header_typesize(typesize),
        nbytes,
        blocksize: blocksize.clamp(1, nbytes.max(1)),
        cbytes: LONG_LEN + value.len(),
        codec: CodecId::BLOSCLZ,
        codec_meta: 0,
        filters: [(0, 0); MAX_FILTERS],
        is_split: true,
        has_dictionary: false,
        payload: Payload::Special(special),
    };
    let mut bytes = vec![0; header.cbytes];
    header.write(&mut bytes);
    bytes[LONG_LEN..].copy_from_slice(value);
    Ok(Chunk { header, starts: None, bytes })
}

/// Elements of more than 255 bytes are bytes to the chunk format.
pub(crate) fn header_typesize(typesize: usize) -> usize {
    if typesize > usize::from(u8::MAX) { 1 } else { typesize }
}

/// The value that repeats in a special chunk.
pub(super) fn value<'a>(special: Special, header: &Header, bytes: &'a [u8]) -> &'a [u8] {
    match (special, header.typesize) {
        (Special::Zeros | Special::Uninit, _) => &[0],
        (Special::Repeat, _) => &bytes[header.len..],
        (Special::Nan, 2) => &[0x00, 0x7e],
        (Special::Nan, 4) => &[0x00, 0x00, 0xc0, 0x7f],
        (Special::Nan, _) => &[0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f],
    }
}

/// Fills `dst` with what an endless repetition of `value` holds from byte `start` on.
pub(super) fn fill_repeating(dst: &mut [u8], value: &[u8], start: usize) {
    if let [byte] = value {
        return dst.fill(*byte);
    }
    let phase = start % value.len();
    let head = dst.len().min(value.len());
    for (at, byte) in dst[..head].iter_mut().enumerate() {
        *byte = value[(phase + at) % value.len()];
    }
    // Doubling what is there: a few large copies.
    let mut filled = head;
    while filled < dst.len() {
        let len = filled.min(dst.len() - filled);
        dst.copy_within(..len, filled);
        filled += len;
    }
}

/// Whether `bytes` is nothing but repetitions of `value`.
pub(super) fn is_repeating(bytes: &[u8], value: &[u8]) -> bool {
    let width = value.len();
    let Some(rest) = bytes.strip_prefix(value) else { return false };
    // Compared with itself one element on: ends at the first difference.
    bytes.len().is_multiple_of(width) && *rest == bytes[..bytes.len() - width]
}
