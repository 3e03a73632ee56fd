//! The header of a frame: 87 bytes of fixed fields, and the metalayers behind them.
//!
//! Source: `README_CFRAME_FORMAT.rst` of C-Blosc2; `docs/format.md` lists where its code differs.

use super::layers::{parse_layers, write_layers};
use super::wire::{FIXARRAY, FIXEXT16, FIXSTR, INT16, INT32, INT64, Reader, UINT64, invalid};
use crate::error::{Error, Result, Unsupported};
use crate::filter::MAX_FILTERS;
use crate::id::CodecId;
use crate::limits::Limits;
use crate::metadata::Metalayers;

/// Length of the fixed fields.
pub(super) const FIXED_LEN: usize = 87;
/// Bytes of the map of metalayers count from here.
const LAYERS_AT: usize = FIXED_LEN;

const MAGIC: &[u8; 8] = b"b2frame\0";
/// The version of frames whose chunks have all one length, as C-Blosc2 writes them since 2.0.
const VERSION: u8 = 2;
/// The newest there is: chunks of different lengths.
const NEWEST_VERSION: u8 = 3;
/// What the low bits of the codec field say for a codec that has a field of its own.
const OTHER_CODEC: u8 = 6;
/// Blosc2's automatic split mode, less one.
const AUTO_SPLIT: u8 = 2;
/// The size of chunks, -1, before there is one: to C-Blosc2, 0 would mean that sizes vary.
const NO_CHUNKS: u32 = u32::MAX;
/// A byte that C-Blosc2 leaves 0 whenever it writes a header, and what ndpress writes there.
const MARK_AT: usize = FIXED_LEN - 1;
const MARK: u8 = 0x6e;
const HAS_VLMETALAYERS: u8 = 0xc3;
const NO_VLMETALAYERS: u8 = 0xc2;

mod flag {
    /// Offsets of 64 bits, the only ones there are.
    pub(super) const OFFSETS_64: u8 = 0x10;
    pub(super) const OFFSETS: u8 = 0x30;
    pub(super) const VARIABLE_CHUNKS: u8 = 0x40;
}

/// How the chunks of a frame are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameKind {
    /// One after the other in one file, or in memory.
    Contiguous,
    /// Each in a file of its own, in one folder.
    Sparse,
}

/// What the header says, checked for consistency with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) kind: FrameKind,
    /// Bytes of the header itself, metalayers included.
    pub(crate) header_len: usize,
    /// Bytes of the frame, or of the index of a sparse frame.
    pub(crate) frame_len: u64,
    /// Uncompressed bytes of all chunks.
    pub(crate) nbytes: u64,
    /// Bytes from the end of the header to the table of chunks, in a contiguous frame.
    pub(crate) cbytes: u64,
    /// Bytes per element.
    pub(crate) typesize: usize,
    /// Uncompressed bytes of a block; 0 if that varies.
    pub(crate) blocksize: usize,
    /// Uncompressed bytes of each chunk but the last; 0 if that varies.
    pub(crate) chunksize: usize,
    /// What new chunks are compressed with by C-Blosc2.
    pub(crate) codec: CodecId,
    pub(crate) clevel: u8,
    pub(crate) codec_meta: u8,
    pub(crate) filters: [(u8, u8); MAX_FILTERS],
}

impl FrameHeader {
    /// The header of a frame without chunks.
    pub(crate) fn empty(kind: FrameKind, typesize: usize) -> Self {
        Self {
            kind,
            header_len: 0,
            frame_len: 0,
            nbytes: 0,
            cbytes: 0,
            typesize,
            blocksize: 0,
            chunksize: 0,
            codec: CodecId::LZ4,
            clevel: 5,
            codec_meta: 0,
            filters: [(0, 0); MAX_FILTERS],
        }
    }

    /// Whether these bytes begin a frame of any version.
    pub(crate) fn is_frame(bytes: &[u8]) -> bool {
        bytes.get(2..10) == Some(MAGIC) && bytes[0] & 0xf0 == FIXARRAY && bytes[1] == FIXSTR + 8
    }

    /// Whether a header was written by another program: C-Blosc2 writes none but the header anew
    /// when an array changes its shape and not its chunks, or a metalayer its content.
    pub(super) fn is_of_others(bytes: &[u8]) -> bool {
        bytes.get(MARK_AT) == Some(&0)
    }

    /// Reads the fixed fields; the frame must be of `available` bytes or fewer.
    pub(crate) fn parse(bytes: &[u8], available: u64, limits: &Limits) -> Result<Self> {
        if !Self::is_frame(bytes) {
            return Err(match bytes.len() {
                0..10 => Error::Truncated { needed: FIXED_LEN as u64, found: bytes.len() as u64 },
                _ => Unsupported::Format.into(),
            });
        }
        let mut reader = Reader::new(bytes, 10);
        let header_len = reader.i32_length("header_len")? as usize;
        let frame_len = reader.i64_length("frame_len", UINT64)?;
        reader.marker("flags", FIXSTR + 4)?;
        let (flags, kind) = (reader.u8()?, reader.u8()?);
        let (codec_flags, _split) = (reader.u8()?, reader.u8()?);
        let version = flags & 0x0f;
        if version > NEWEST_VERSION {
            return Err(Unsupported::FrameVersion { version }.into());
        }
        if flags & flag::OFFSETS != flag::OFFSETS_64 {
            return Err(invalid("flags", flags, "offsets have 64 bits"));
        }
        let mut header = Self {
            header_len,
            frame_len,
            nbytes: reader.i64_length("uncompressed_size", INT64)?,
            cbytes: reader.i64_length("compressed_size", INT64)?,
            typesize: reader.i32_length("type_size")? as usize,
            blocksize: reader.i32_length("block_size")? as usize,
            chunksize: 0,
            clevel: codec_flags >> 4,
            codec: CodecId::new(codec_flags & 0x0f),
            ..Self::empty(kind_of(kind)?, 0)
        };
        header.parse_chunksize(&mut reader)?;
        header.parse_rest(&mut reader, flags)?;
        header.check(available, limits)?;
        Ok(header)
    }

    fn parse_chunksize(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        reader.marker("chunk_size", INT32)?;
        self.chunksize = match reader.u32()? {
            NO_CHUNKS if self.nbytes == 0 => 0,
            value => usize::try_from(value as i32)
                .map_err(|_| invalid("chunk_size", value as i32, "it must not be negative"))?,
        };
        Ok(())
    }

    fn parse_rest(&mut self, reader: &mut Reader<'_>, flags: u8) -> Result<()> {
        for threads in ["tcomp", "tdecomp"] {
            reader.marker(threads, INT16)?;
            reader.u16()?;
        }
        let vlmetalayers = reader.u8()?;
        if !matches!(vlmetalayers, HAS_VLMETALAYERS | NO_VLMETALAYERS) {
            return Err(invalid("has_vlmetalayers", vlmetalayers, "it is true or false"));
        }
        reader.marker("filters", FIXEXT16)?;
        let count = reader.u8()?;
        if usize::from(count) > MAX_FILTERS {
            return Err(invalid("number of filters", count, "there are at most 6"));
        }
        let ids = reader.take(8)?;
        let metas = reader.take(8)?;
        for (slot, filter) in self.filters.iter_mut().enumerate() {
            *filter = (ids[slot], metas[slot]);
        }
        if self.codec.as_u8() == OTHER_CODEC {
            self.codec = CodecId::new(ids[6]);
        }
        self.codec_meta = ids[7];
        if flags & flag::VARIABLE_CHUNKS != 0 && self.chunksize != 0 {
            return Err(invalid("chunk_size", self.chunksize, "it is 0 where lengths vary"));
        }
        Ok(())
    }

    fn check(&self, available: u64, limits: &Limits) -> Result<()> {
        limits.check_frame(self.header_len)?;
        if self.header_len < FIXED_LEN {
            return Err(invalid("header_len", self.header_len, "it is at least 87"));
        }
        if self.frame_len > available {
            return Err(Error::Truncated { needed: self.frame_len, found: available });
        }
        if self.header_len as u64 > self.frame_len {
            return Err(invalid("header_len", self.header_len, "the frame is shorter"));
        }
        if self.typesize == 0 {
            return Err(invalid("type_size", 0, "it must be positive"));
        }
        if self.chunksize > 0 && self.blocksize > self.chunksize {
            return Err(invalid("block_size", self.blocksize, "a chunk is shorter"));
        }
        let end = self.cbytes.checked_add(self.header_len as u64);
        if self.kind == FrameKind::Contiguous && end.is_none_or(|end| end > self.frame_len) {
            return Err(invalid("compressed_size", self.cbytes, "the frame is shorter"));
        }
        Ok(())
    }

    /// The number of chunks that the sizes tell; `None` if chunks have different lengths.
    pub(crate) fn nchunks(&self) -> Option<u64> {
        match self.chunksize {
            _ if self.nbytes == 0 => Some(0),
            0 => None,
            chunksize => Some(self.nbytes.div_ceil(chunksize as u64)),
        }
    }

    /// Reads the metalayers of the whole header.
    pub(crate) fn parse_metalayers(bytes: &[u8]) -> Result<Metalayers> {
        parse_layers(bytes, LAYERS_AT, |content| Ok(content.to_vec()))
    }

    /// Writes the header, and sets its own length.
    pub(crate) fn write(&mut self, metalayers: &Metalayers, vlmetalayers: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.push(FIXARRAY + 14);
        out.push(FIXSTR + 8);
        out.extend(MAGIC);
        out.push(INT32);
        let header_len_at = out.len();
        out.extend([0; 4]);
        out.push(UINT64);
        out.extend(self.frame_len.to_be_bytes());
        out.push(FIXSTR + 4);
        out.extend(self.flags());
        for size in [self.nbytes, self.cbytes] {
            out.push(INT64);
            out.extend(size.to_be_bytes());
        }
        let chunksize = match self.chunksize {
            0 if self.nbytes == 0 => NO_CHUNKS,
            chunksize => chunksize as u32,
        };
        for size in [self.typesize as u32, self.blocksize as u32, chunksize] {
            out.push(INT32);
            out.extend(size.to_be_bytes());
        }
        // Threads, one each: who opens the frame chooses.
        for _ in 0..2 {
            out.push(INT16);
            out.extend(1u16.to_be_bytes());
        }
        out.push(if vlmetalayers > 0 { HAS_VLMETALAYERS } else { NO_VLMETALAYERS });
        out.extend([FIXEXT16, MAX_FILTERS as u8]);
        out.extend(self.filters.map(|(id, _)| id));
        out.extend([self.codec.as_u8(), self.codec_meta]);
        out.extend(self.filters.map(|(_, meta)| meta));
        out.extend([0, MARK]);
        debug_assert_eq!(out.len(), FIXED_LEN);
        // The size of the map counts the marker of the array around it, unlike in the trailer.
        write_layers(&mut out, metalayers.iter(), 1);
        self.header_len = out.len();
        let header_len = (self.header_len as u32).to_be_bytes();
        out[header_len_at..header_len_at + 4].copy_from_slice(&header_len);
        out
    }

    fn flags(&self) -> [u8; 4] {
        let is_variable = self.chunksize == 0 && self.nbytes > 0;
        let version = if is_variable { NEWEST_VERSION } else { VERSION };
        let variable = if is_variable { flag::VARIABLE_CHUNKS } else { 0 };
        let kind = match self.kind {
            FrameKind::Contiguous => 0,
            FrameKind::Sparse => 1,
        };
        let codec = match self.codec.as_u8() {
            id @ 0..=5 => id,
            _ => OTHER_CODEC,
        };
        [version | flag::OFFSETS_64 | variable, kind, codec | self.clevel << 4, AUTO_SPLIT]
    }
}

fn kind_of(kind: u8) -> Result<FrameKind> {
    match kind & 0x0f {
        0 => Ok(FrameKind::Contiguous),
        1 => Ok(FrameKind::Sparse),
        _ => Err(invalid("frame_type", kind, "it is 0 or 1")),
    }
}
