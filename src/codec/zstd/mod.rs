//! Zstandard, by the library of its authors.
//!
//! Below is the `zstd-safe` crate; above is [`block`](crate::block).
//!
//! Streams are one frame each, with the content size, without a checksum: what C-Blosc2 writes.
//! Readers take whatever frames there are, a row of several included.

mod context;
#[cfg(test)]
mod tests;

use zstd_safe::{max_c_level, min_c_level};

use self::context::Contexts;
use crate::codec::{BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch, Streams, check_level};
use crate::error::{InvalidArgument, Result};

/// The Zstandard codec: smaller than the LZ codecs, slower to write.
///
/// Encodes and decodes with the dictionary of [`BlockInfo::dictionary`] where there is one, as
/// Blosc2 chunks have it. What it digests of a dictionary is kept in the [`Scratch`] until another
/// one comes.
///
/// Decoding allocates a context of some 100 KB, once per scratch, whatever the stream announces:
/// matches are copied within the destination, so there is no window. Encoding allocates what zstd
/// needs for the level and length, again once per scratch: 1 to 3 MB at common levels.
///
/// ```
/// use ndpress::codec::{BlockInfo, Codec, Encoded, Scratch, Zstd};
///
/// let (codec, mut scratch) = (Zstd::level(3), Scratch::default());
/// let bytes = [7; 1000];
/// let mut stream = [0; 1000];
/// let block = BlockInfo::bytes(&1000);
/// let encoded = codec.encode(&bytes, &mut stream, &block, &mut scratch)?;
/// let Encoded::Len(len) = encoded else { panic!("a thousand sevens shrink") };
/// assert!(len < 30);
///
/// let mut decoded = [0; 1000];
/// codec.decode(&stream[..len], &mut decoded, &block, &mut scratch)?;
/// assert_eq!(decoded, bytes);
/// # Ok::<(), ndpress::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zstd {
    level: Level,
}

/// A level on one of two scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Native(i32),
    Blosc2(u8),
}

impl Default for Zstd {
    /// Level 5 on Blosc2's scale, which is zstd's 9.
    fn default() -> Self {
        Self::clevel(5)
    }
}

impl Zstd {
    /// A level on zstd's own scale: 1 to 22, higher is smaller and slower; negative levels, down to
    /// -131072, are faster still. 0 is the library's default, 3.
    ///
    /// On Blosc2's scale, which decides how blocks are split and what headers say, it counts as the
    /// lowest level that is no less: negative levels and 1 as 1, 2 and 3 as 2, and so on up to 15
    /// as 8; more as 9.
    #[must_use]
    pub const fn level(level: i32) -> Self {
        Self { level: Level::Native(if level == 0 { 3 } else { level }) }
    }

    /// A level on Blosc2's scale: 0 compresses nothing, 1 to 8 are zstd's 1, 3, 5 up to 15, and 9
    /// is its highest, 22.
    #[must_use]
    pub const fn clevel(level: u8) -> Self {
        Self { level: Level::Blosc2(level) }
    }

    /// The level on zstd's scale; `None` when nothing is to be compressed.
    fn native(self) -> Option<i32> {
        match self.level {
            Level::Native(level) => Some(level),
            Level::Blosc2(0) => None,
            Level::Blosc2(level @ 1..=8) => Some(i32::from(level) * 2 - 1),
            Level::Blosc2(_) => Some(max_c_level()),
        }
    }
}

impl Codec for Zstd {
    fn id(&self) -> CodecId {
        CodecId::ZSTD
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        let Some(level) = self.native() else { return Ok(Encoded::DoesNotFit) };
        scratch.state::<Contexts>().compress(src, dst, block.dictionary, level)
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        scratch.state::<Contexts>().decompress(src, dst, block.dictionary)
    }

    /// By byte up to level 5 on Blosc2's scale (9 on zstd's), as in C-Blosc2: above, zstd's own
    /// search does as well on whole blocks.
    fn preferred_streams(&self) -> Streams {
        if Codec::clevel(self) <= 5 { Streams::PerByte } else { Streams::Whole }
    }

    fn clevel(&self) -> u8 {
        match self.level {
            Level::Blosc2(level) => level,
            Level::Native(..=1) => 1,
            Level::Native(level @ 2..=15) => (level / 2 + 1) as u8,
            Level::Native(_) => 9,
        }
    }

    fn validate(&self) -> Result<(), InvalidArgument> {
        match self.level {
            Level::Blosc2(level) => check_level(CodecId::ZSTD, level.into(), 0, 9),
            Level::Native(level) => {
                let (min, max) = (min_c_level().into(), max_c_level().into());
                check_level(CodecId::ZSTD, level.into(), min, max)
            }
        }
    }
}
