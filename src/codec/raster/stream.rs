//! The bytes of a stream: its head, the kinds of its nodes, numbers.

use crate::codec::CodecError;

/// Version of the format, in the highest bits of a stream's first byte.
const VERSION: u8 = 0;

/// What the values of a block are. It says how they are compared and averaged when encoding; all
/// that decoding needs is their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Unsigned,
    Signed,
    Float,
    /// Bytes of unknown meaning.
    Bytes,
}

/// The front of a stream.
///
/// ```text
/// values  u8      bits 0-1: log2 of the bytes of a value; 2-4: class; 5-7: version, 0
/// length  number  of the block: 32 + its bytes, or n below 32 for 2^n bytes
/// node            all the rest
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) class: Class,
    /// 1, 2, 4 or 8 bytes.
    pub(super) itemsize: usize,
    /// Bytes of the block.
    pub(super) nbytes: usize,
}

/// Lengths below are exponents of two.
const EXPONENTS: usize = 32;

impl Head {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let size = self.itemsize.trailing_zeros() as u8;
        out.push(VERSION << 5 | (self.class as u8) << 2 | size);
        let is_power = self.nbytes.is_power_of_two();
        let exponent = self.nbytes.trailing_zeros() as usize;
        push_number(out, if is_power { exponent } else { self.nbytes + EXPONENTS });
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let byte = reader.byte()?;
        if byte >> 5 != VERSION {
            return Err(CodecError::Unsupported { reason: "raster stream of a newer version" });
        }
        let class = match byte >> 2 & 7 {
            0 => Class::Unsigned,
            1 => Class::Signed,
            2 => Class::Float,
            3 => Class::Bytes,
            _ => return Err(CodecError::Corrupt { reason: "no such class of values" }),
        };
        let length = reader.number()?;
        let nbytes = length.checked_sub(EXPONENTS).unwrap_or(1 << (length % EXPONENTS));
        Ok(Self { class, itemsize: 1 << (byte & 3), nbytes })
    }
}

/// What a node is: its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The values as they are.
    Stored = 0,
    /// One value, which all are.
    Constant = 1,
    /// Bit planes of residuals.
    Packed = 2,
    /// An LZ4 stream, of values whose bytes may be shuffled.
    Lz = 3,
    /// At most 256 distinct values, and a node of their indices.
    Dictionary = 4,
    /// Channels, a node each, to be interleaved.
    Channels = 5,
    /// A node of differences to the slice before.
    Slices = 11,
    /// A node of unsigned numbers that the values were mapped to.
    Mapped = 6,
    /// A node of integers that the values, floats, are multiples of a power of two by.
    Scaled = 7,
    /// A mask of the places of one value, and a node of the others.
    Fill = 10,
    /// At most 8192 distinct values, and a node of their indices.
    WideDictionary = 8,
    /// Labels: bytes that mostly equal the one above.
    Sparse = 9,
    /// The sequences of an LZ codec, coded by entropy.
    Sequences = 12,
}

impl Kind {
    pub(super) fn parse(byte: u8) -> Result<Self, CodecError> {
        Ok(match byte {
            0 => Self::Stored,
            1 => Self::Constant,
            2 => Self::Packed,
            3 => Self::Lz,
            4 => Self::Dictionary,
            5 => Self::Channels,
            11 => Self::Slices,
            6 => Self::Mapped,
            7 => Self::Scaled,
            10 => Self::Fill,
            8 => Self::WideDictionary,
            9 => Self::Sparse,
            12 => Self::Sequences,
            _ => return Err(CodecError::Corrupt { reason: "no such kind of node" }),
        })
    }
}

/// Appends a number, 7 bits to a byte, the lowest first; the highest bit says that more follow.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The value at index `at`, of 1, 2, 4 or 8 bytes: bits of any class.
pub(super) fn value_at(values: &[u8], itemsize: usize, at: usize) -> u64 {
    let bytes = &values[at * itemsize..][..itemsize];
    // Loads of one size each are far faster than a copy of any.
    match *bytes {
        [a] => a.into(),
        [a, b] => u16::from_le_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]).into(),
        _ => bytes.first_chunk().map_or(0, |&bytes| u64::from_le_bytes(bytes)),
    }
}

/// Takes a stream apart, from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        Ok(self.bytes(1)?[0])
    }

    /// A number, as [`push_number`] writes it: at most 32 bits.
    pub(super) fn number(&mut self) -> Result<usize, CodecError> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let number = u32::try_from(number).ok();
                return number
                    .map(|number| number as usize)
                    .ok_or(CodecError::Corrupt { reason: "number above 32 bits" });
            }
        }
        Err(CodecError::Corrupt { reason: "number above 32 bits" })
    }

    /// A value of 1, 2, 4 or 8 bytes.
    pub(super) fn value(&mut self, itemsize: usize) -> Result<u64, CodecError> {
        let mut value = [0; 8];
        value[..itemsize].copy_from_slice(self.bytes(itemsize)?);
        Ok(u64::from_le_bytes(value))
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}
