//! zlib: what older Blosc files are often compressed with.
//!
//! Below is the `miniz_oxide` crate; above is [`block`](crate::block). Streams are those of RFC 1950,
//! as C-Blosc2 writes them.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::codec::{BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch, check_level};
use crate::error::{InvalidArgument, Result};

/// The zlib codec: for files of others. [`Zstd`](crate::Zstd) is smaller and faster.
///
/// Decoding allocates some 12 KB, encoding some 300 KB, once per scratch.
///
/// ```
/// use ndpress::{Chunk, ChunkOptions, Registry, Zlib};
///
/// let samples: Vec<u8> = (0..50_000u32).flat_map(|i| (i / 5).to_le_bytes()).collect();
/// let chunk = Chunk::encode(&samples, 4, &ChunkOptions::new().codec(Zlib::level(6)))?;
/// assert!(chunk.cbytes() < samples.len() / 5);
/// assert_eq!(chunk.decode(&Registry::default())?, samples);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zlib {
    level: u8,
}

impl Default for Zlib {
    /// Level 5.
    fn default() -> Self {
        Self::level(5)
    }
}

impl Zlib {
    /// A level from 1 to 9, higher is smaller and slower; 0 compresses nothing. Blosc2's levels are
    /// the same.
    #[must_use]
    pub const fn level(level: u8) -> Self {
        Self { level }
    }
}

/// What the library keeps between calls.
#[derive(Default)]
struct Contexts {
    decompressor: Option<Box<DecompressorOxide>>,
    /// With its level.
    compressor: Option<(u8, Box<CompressorOxide>)>,
}

impl Contexts {
    fn compressor(&mut self, level: u8) -> &mut CompressorOxide {
        if self.compressor.as_ref().is_none_or(|(known, _)| *known != level) {
            let flags = create_comp_flags_from_zip_params(level.into(), WINDOW_BITS, 0);
            self.compressor = Some((level, Box::new(CompressorOxide::new(flags))));
        }
        match &mut self.compressor {
            Some((_, compressor)) => {
                compressor.reset();
                compressor
            }
            None => unreachable!("it was just made"),
        }
    }
}

/// The largest window, with zlib's header and checksum.
const WINDOW_BITS: i32 = 15;

impl Codec for Zlib {
    fn id(&self) -> CodecId {
        CodecId::ZLIB
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        if block.dictionary.is_some() {
            return Err(CodecError::Unsupported { reason: "zlib chunks have no dictionaries" });
        }
        if self.level == 0 {
            return Ok(Encoded::DoesNotFit);
        }
        let compressor = scratch.state::<Contexts>().compressor(self.level);
        match compress(compressor, src, dst, TDEFLFlush::Finish) {
            (TDEFLStatus::Done, _, len) => Ok(Encoded::Len(len)),
            // There is no more room.
            (TDEFLStatus::Okay, ..) => Ok(Encoded::DoesNotFit),
            _ => Err(CodecError::Unsupported { reason: "zlib cannot compress this" }),
        }
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        const FLAGS: u32 = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
            | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let decompressor =
            scratch.state::<Contexts>().decompressor.get_or_insert_with(Default::default);
        decompressor.init();
        match decompress(decompressor, src, dst, 0, FLAGS) {
            (TINFLStatus::Done, _, len) if len == dst.len() => Ok(()),
            (TINFLStatus::Done | TINFLStatus::NeedsMoreInput, ..) => Err(CodecError::Truncated),
            (TINFLStatus::FailedCannotMakeProgress, ..) => Err(CodecError::Truncated),
            (TINFLStatus::HasMoreOutput, ..) => {
                Err(CodecError::Corrupt { reason: "stream holds more than the block" })
            }
            (TINFLStatus::Adler32Mismatch, ..) => {
                Err(CodecError::Corrupt { reason: "stream fails its own checksum" })
            }
            _ => Err(CodecError::Corrupt { reason: "stream is no zlib" }),
        }
    }

    fn clevel(&self) -> u8 {
        self.level
    }

    fn validate(&self) -> Result<(), InvalidArgument> {
        check_level(CodecId::ZLIB, self.level.into(), 0, 9)
    }
}

#[cfg(test)]
mod tests;
