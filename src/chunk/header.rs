//! The only file that knows the bits of a chunk header.
//!
//! Two headers exist: Blosc1's 16 bytes, and Blosc2's 32, told apart by two flags that exclude
//! each other in Blosc1. Source: `README_CHUNK_FORMAT.rst` of C-Blosc2; `docs/format.md` lists
//! where the code of C-Blosc2 differs from it.

use std::ops::Range;

use crate::codec::CodecId;
use crate::error::{Corruption, Error, IndexKind, InvalidArgument, Result, Unsupported};
use crate::filter::{CURRENT_CHUNK_VERSION, MAX_FILTERS};

/// Length of a Blosc1 header.
pub(super) const SHORT_LEN: usize = 16;
/// Length of a Blosc2 header.
pub(super) const LONG_LEN: usize = 32;

/// The most uncompressed bytes a chunk can hold.
pub(crate) const MAX_CHUNK_NBYTES: usize = i32::MAX as usize - LONG_LEN;
/// The most uncompressed bytes a block can hold.
pub(crate) const MAX_BLOCK_NBYTES: usize = 536_866_816;
/// The most streams a block is cut into, unless a writer insists.
pub(super) const MAX_STREAMS: usize = 16;
/// The version byte of chunks in Blosc1's format, as its last releases write it.
const BLOSC1_VERSION: u8 = 2;
/// Blosc2's alpha releases, which had five filters and left the sixth slot undefined.
const ALPHA_VERSION: u8 = 3;
/// The newest version there is: variable-length blocks.
const NEWEST_VERSION: u8 = 6;

mod flag {
    pub(super) const SHUFFLE: u8 = 0x01;
    pub(super) const STORED: u8 = 0x02;
    pub(super) const BITSHUFFLE: u8 = 0x04;
    pub(super) const DELTA: u8 = 0x08;
    pub(super) const WHOLE_BLOCKS: u8 = 0x10;
    /// Both filter flags at once: not a Blosc1 chunk.
    pub(super) const LONG: u8 = SHUFFLE | BITSHUFFLE;
}

mod blosc2_flag {
    pub(super) const DICTIONARY: u8 = 0x01;
    pub(super) const LAZY: u8 = 0x08;
    pub(super) const INSTRUMENTED: u8 = 0x80;
    /// In `blosc2_flags2`.
    pub(super) const VARIABLE_BLOCKS: u8 = 0x01;
}

/// A chunk that holds one value, or none, instead of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Special {
    /// All bytes are 0.
    Zeros,
    /// All elements are the quiet NaN of their size.
    Nan,
    /// All elements are the value that follows the header.
    Repeat,
    /// Nothing was written; this crate reads zeros.
    Uninit,
}

/// What follows the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Block offsets, then the blocks' streams.
    Blocks,
    /// The uncompressed bytes.
    Stored,
    /// Nothing, or one value.
    Special(Special),
    /// As `Blocks`, with this many blocks of different lengths.
    Variable { nblocks: usize },
}

/// A filter slot: id and meta byte. Id 0 is an empty slot.
pub(crate) type Slot = (u8, u8);

/// What a header says, checked for consistency with itself and the length of the chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u8,
    /// Bytes of the header itself: Blosc1's or Blosc2's.
    pub(crate) len: usize,
    /// 1 to 255.
    pub(crate) typesize: usize,
    /// Uncompressed bytes.
    pub(crate) nbytes: usize,
    /// Uncompressed bytes of each block but the last, at least 1.
    pub(crate) blocksize: usize,
    /// Bytes of the chunk, header included.
    pub(crate) cbytes: usize,
    pub(crate) codec: CodecId,
    pub(crate) codec_meta: u8,
    pub(crate) filters: [Slot; MAX_FILTERS],
    pub(crate) is_split: bool,
    pub(crate) has_dictionary: bool,
    pub(crate) payload: Payload,
}

fn invalid(field: &'static str, value: impl Into<i64>, rule: &'static str) -> Error {
    Error::corrupt(Corruption::Header { field, value: value.into(), rule })
}

fn length(bytes: &[u8], at: usize, field: &'static str) -> Result<usize> {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    let value = i32::from_le_bytes(word);
    usize::try_from(value).map_err(|_| invalid(field, value, "it must not be negative"))
}

impl Header {
    /// Reads the header at the front of `bytes`, which must hold the whole chunk.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let found = bytes.len() as u64;
        let truncated = |needed: usize| Error::Truncated { needed: needed as u64, found };
        if bytes.len() < SHORT_LEN {
            return Err(truncated(SHORT_LEN));
        }
        let (version, flags) = (bytes[0], bytes[2]);
        let is_long = flags & flag::LONG == flag::LONG;
        let len = if is_long { LONG_LEN } else { SHORT_LEN };
        let cbytes = length(bytes, 12, "cbytes")?;
        if cbytes < len {
            return Err(invalid("cbytes", cbytes as i64, "it includes the header"));
        }
        if cbytes > bytes.len() {
            return Err(truncated(cbytes));
        }
        if version > NEWEST_VERSION {
            return Err(Unsupported::ChunkVersion { version }.into());
        }
        let mut header = Self {
            version,
            len,
            typesize: usize::from(bytes[3]),
            nbytes: length(bytes, 4, "nbytes")?,
            blocksize: length(bytes, 8, "blocksize")?,
            cbytes,
            codec: codec_of(flags, is_long.then(|| bytes[0x16]))?,
            codec_meta: 0,
            filters: [(0, 0); MAX_FILTERS],
            is_split: flags & flag::WHOLE_BLOCKS == 0,
            has_dictionary: false,
            payload: if flags & flag::STORED != 0 { Payload::Stored } else { Payload::Blocks },
        };
        if is_long {
            header.parse_extension(bytes)?
        } else {
            header.filters_of_flags(flags)
        }
        header.check()?;
        if version <= BLOSC1_VERSION {
            // Old Blosc1 has no flag for blocks that are not split, but only this rule.
            header.is_split &= is_split_by_blosc1(header.typesize, header.blocksize);
        }
        Ok(header)
    }

    fn filters_of_flags(&mut self, flags: u8) {
        // Where C-Blosc2 puts them, too; there is at most one shuffle in a short header.
        if flags & flag::SHUFFLE != 0 {
            self.filters[5].0 = 1;
        }
        if flags & flag::BITSHUFFLE != 0 {
            self.filters[5].0 = 2;
        }
        if flags & flag::DELTA != 0 {
            self.filters[4].0 = 3;
        }
    }

    fn parse_extension(&mut self, bytes: &[u8]) -> Result<()> {
        for (slot, filter) in self.filters.iter_mut().enumerate() {
            *filter = (bytes[0x10 + slot], bytes[0x18 + slot]);
        }
        if self.version == ALPHA_VERSION {
            self.filters[5] = (0, 0);
        }
        self.codec_meta = bytes[0x17];
        let (flags2, flags) = (bytes[0x1e], bytes[0x1f]);
        if flags2 & !blosc2_flag::VARIABLE_BLOCKS != 0 {
            return Err(invalid("blosc2_flags2", flags2, "its bits 1 to 7 are reserved"));
        }
        if flags & blosc2_flag::INSTRUMENTED != 0 {
            return Err(Unsupported::InstrumentedChunk.into());
        }
        self.has_dictionary = flags & blosc2_flag::DICTIONARY != 0;
        let is_stored = self.payload == Payload::Stored;
        let special = match (flags >> 4) & 7 {
            0 => None,
            1 => Some(Special::Zeros),
            2 => Some(Special::Nan),
            3 => Some(Special::Repeat),
            4 => Some(Special::Uninit),
            kind => return Err(invalid("special value", kind, "only 1 to 4 are defined")),
        };
        if flags2 & blosc2_flag::VARIABLE_BLOCKS != 0 {
            if special.is_some() || is_stored {
                let rule = "variable-length blocks exclude special and stored chunks";
                return Err(invalid("blosc2_flags2", flags2, rule));
            }
            self.payload = Payload::Variable { nblocks: self.blocksize };
            self.is_split = false;
        } else if let Some(special) = special {
            self.payload = Payload::Special(special);
        }
        // Special chunks have no blocks that could be elsewhere.
        if special.is_none() && flags & blosc2_flag::LAZY != 0 {
            return Err(Unsupported::LazyChunk.into());
        }
        Ok(())
    }

    fn check(&mut self) -> Result<()> {
        let nbytes = self.nbytes as i64;
        if self.typesize == 0 {
            return Err(invalid("typesize", 0, "it must be positive"));
        }
        if self.blocksize == 0 {
            return Err(invalid("blocksize", 0, "it must be positive"));
        }
        if self.nbytes > MAX_CHUNK_NBYTES {
            return Err(invalid("nbytes", nbytes, "it is at most 2147483615"));
        }
        if let Payload::Variable { .. } = self.payload {
            // The field counts blocks; nobody may take it for a length.
            self.blocksize = self.nbytes.max(1);
            return Ok(());
        }
        if self.blocksize > MAX_BLOCK_NBYTES {
            return Err(invalid("blocksize", self.blocksize as i64, "it is at most 536866816"));
        }
        if self.nbytes == 0 && self.cbytes == self.len {
            self.payload = Payload::Stored;
        }
        self.blocksize = self.blocksize.min(self.nbytes.max(1));
        match self.payload {
            Payload::Stored if self.cbytes != self.len + self.nbytes => {
                Err(invalid("cbytes", self.cbytes as i64, "a stored chunk is header and bytes"))
            }
            Payload::Special(Special::Repeat) => {
                let width = self.cbytes - self.len;
                if width == 0 || width > self.nbytes || !self.nbytes.is_multiple_of(width) {
                    let rule = "the repeated value must divide nbytes";
                    return Err(invalid("cbytes", self.cbytes as i64, rule));
                }
                Ok(())
            }
            Payload::Special(Special::Nan) => {
                let typesize = self.typesize;
                if !matches!(typesize, 2 | 4 | 8) {
                    return Err(Unsupported::NanTypesize { typesize }.into());
                }
                if !self.nbytes.is_multiple_of(typesize) {
                    return Err(invalid("nbytes", nbytes, "NaN needs whole elements"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Number of blocks.
    pub(crate) fn nblocks(&self) -> usize {
        match self.payload {
            Payload::Variable { nblocks } => nblocks,
            _ => self.nbytes.div_ceil(self.blocksize),
        }
    }

    /// Checks that there is such a block.
    pub(super) fn check_block(&self, block: usize) -> Result<()> {
        let len = self.nblocks();
        if block >= len {
            let (what, index) = (IndexKind::Block, block);
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        Ok(())
    }

    /// The uncompressed bytes of a block that exists; `starts` are where blocks of different
    /// lengths start, and their end.
    pub(super) fn block_range(&self, starts: Option<&[u32]>, block: usize) -> Range<usize> {
        match starts {
            Some(starts) => starts[block] as usize..starts[block + 1] as usize,
            None => {
                let start = block * self.blocksize;
                start..(start + self.blocksize).min(self.nbytes)
            }
        }
    }

    /// Where the table of block offsets ends.
    pub(crate) fn table_end(&self) -> usize {
        // `nblocks` is at most `i32::MAX`.
        (self.len as u64 + 4 * self.nblocks() as u64).try_into().unwrap_or(usize::MAX)
    }

    /// Writes the header to the front of `bytes`.
    pub(crate) fn write(&self, bytes: &mut [u8]) {
        let is_long = self.len == LONG_LEN;
        let mut flags = match (is_long, self.codec) {
            (_, CodecId::BLOSCLZ) => 0,
            (_, CodecId::LZ4 | CodecId::LZ4HC) => 1,
            (_, CodecId::ZLIB) => 3,
            (_, CodecId::ZSTD) => 4,
            (_, _) => 6,
        } << 5;
        flags |= if is_long { flag::LONG } else { self.flags_of_filters() };
        flags |= if self.is_split { 0 } else { flag::WHOLE_BLOCKS };
        flags |= if self.payload == Payload::Stored { flag::STORED } else { 0 };
        // The last byte is the version of the codec's format: 1 for all there are.
        bytes[..4].copy_from_slice(&[self.version, 1, flags, self.typesize as u8]);
        bytes[4..8].copy_from_slice(&(self.nbytes as u32).to_le_bytes());
        bytes[8..12].copy_from_slice(&(self.blocksize as u32).to_le_bytes());
        bytes[12..16].copy_from_slice(&(self.cbytes as u32).to_le_bytes());
        if !is_long {
            return;
        }
        for (slot, &(id, meta)) in self.filters.iter().enumerate() {
            bytes[0x10 + slot] = id;
            bytes[0x18 + slot] = meta;
        }
        bytes[0x16] = self.codec.as_u8();
        bytes[0x17] = self.codec_meta;
        bytes[0x1e] = 0;
        bytes[0x1f] = match self.payload {
            Payload::Special(Special::Zeros) => 1 << 4,
            Payload::Special(Special::Nan) => 2 << 4,
            Payload::Special(Special::Repeat) => 3 << 4,
            Payload::Special(Special::Uninit) => 4 << 4,
            _ => 0,
        };
    }

    fn flags_of_filters(&self) -> u8 {
        let flag = |&(id, _): &Slot| match id {
            1 => flag::SHUFFLE,
            2 => flag::BITSHUFFLE,
            3 => flag::DELTA,
            _ => 0,
        };
        self.filters.iter().map(flag).fold(0, |flags, flag| flags | flag)
    }

    /// The version that chunks with a header of this length are written with.
    pub(crate) fn version_written(len: usize) -> u8 {
        if len == LONG_LEN { CURRENT_CHUNK_VERSION } else { BLOSC1_VERSION }
    }
}

/// Whether Blosc1 cuts blocks of this size into streams, where it does so at all.
pub(super) fn is_split_by_blosc1(typesize: usize, blocksize: usize) -> bool {
    typesize <= MAX_STREAMS && blocksize / typesize >= 128
}

/// The codec that the header names: by its format in the flags, and by id in the long header.
fn codec_of(flags: u8, id: Option<u8>) -> Result<CodecId> {
    match (flags >> 5, id) {
        (0, _) => Ok(CodecId::BLOSCLZ),
        (1, Some(id)) if CodecId::new(id) == CodecId::LZ4HC => Ok(CodecId::LZ4HC),
        (1, _) => Ok(CodecId::LZ4),
        (3, _) => Ok(CodecId::ZLIB),
        (4, _) => Ok(CodecId::ZSTD),
        // Ids below 32 are Blosc2's own, whose formats have numbers of their own.
        (6, Some(id @ 32..)) => Ok(CodecId::new(id)),
        (format, _) => {
            Err(invalid("codec format", format, "it must be 0, 1, 3, 4, or 6 with an id above 31"))
        }
    }
}
