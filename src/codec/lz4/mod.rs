//! LZ4: the fast encoder, the high-compression encoder, and the decoder for both.
//!
//! Below are the unchecked loops in [`arch`](crate::arch). The format is that of raw LZ4 blocks,
//! as in <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>, without frame or length.

mod decode;
mod encode;
mod hc;
mod output;
mod sequences;
mod table;

pub use hc::Lz4Hc;
pub(crate) use sequences::sequences_of;

use crate::codec::{BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch, Streams, check_level};
use crate::error::InvalidArgument;

/// Shortest match that the format can name.
const MIN_MATCH: usize = 4;
/// Farthest match that the format can name.
const MAX_OFFSET: usize = 65_535;
/// So many bytes at the end of a block are literals, by the format.
const LAST_LITERALS: usize = 5;
/// A match begins at least so many bytes before the end, by the format.
const MATCH_MARGIN: usize = 12;

/// The LZ4 codec: fast at both ends, for a moderate ratio.
///
/// Its encoder is governed by the *acceleration*: how quickly it gives up on bytes that do not
/// repeat. C-Blosc2, and everything else that knows LZ4, reads what it writes. It keeps 32 KiB of
/// hash tables in the [`Scratch`].
///
/// ```
/// use ndpress::codec::{BlockInfo, Codec, Encoded, Lz4, Scratch};
///
/// let codec = Lz4::clevel(9);
/// let src = [7; 1000];
/// let info = BlockInfo::bytes(&1000);
/// let mut scratch = Scratch::default();
///
/// let mut dst = [0; 999];
/// let Encoded::Len(cbytes) = codec.encode(&src, &mut dst, &info, &mut scratch)? else {
///     unreachable!("a thousand equal bytes shrink")
/// };
/// assert!(cbytes < 20);
///
/// let mut back = [0; 1000];
/// codec.decode(&dst[..cbytes], &mut back, &info, &mut scratch)?;
/// assert_eq!(back, src);
/// # Ok::<(), ndpress::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lz4 {
    setting: Setting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    Clevel(u8),
    Acceleration(u32),
}

impl Lz4 {
    /// With a level on Blosc2's scale: 0 stores, 9 searches most, with acceleration 1.
    ///
    /// Levels above 9 are refused when the codec is [validated](Codec::validate).
    #[must_use]
    pub const fn clevel(clevel: u8) -> Self {
        Self { setting: Setting::Clevel(clevel) }
    }

    /// With LZ4's own measure, from 1 (searches most) to 65537 (hardly at all).
    ///
    /// Others are refused when the codec is [validated](Codec::validate).
    #[must_use]
    pub const fn acceleration(acceleration: u32) -> Self {
        Self { setting: Setting::Acceleration(acceleration) }
    }

    fn effective_acceleration(self) -> u32 {
        match self.setting {
            Setting::Clevel(clevel) => 10 - u32::from(clevel.clamp(1, 9)),
            Setting::Acceleration(acceleration) => acceleration.clamp(1, 65_537),
        }
    }
}

impl Default for Lz4 {
    /// Level 5.
    fn default() -> Self {
        Self::clevel(5)
    }
}

impl Codec for Lz4 {
    fn id(&self) -> CodecId {
        CodecId::LZ4
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        let tables = scratch.state::<table::Tables>();
        Ok(encode::encode(src, dst, self.effective_acceleration(), tables))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        decode::decode(src, dst, block.dictionary.unwrap_or_default())
    }

    fn preferred_streams(&self) -> Streams {
        Streams::PerByte
    }

    fn clevel(&self) -> u8 {
        match self.setting {
            Setting::Clevel(clevel) => clevel,
            Setting::Acceleration(_) => (10 - self.effective_acceleration().min(9)) as u8,
        }
    }

    fn validate(&self) -> Result<(), InvalidArgument> {
        match self.setting {
            Setting::Clevel(clevel) => check_level(self.id(), clevel.into(), 0, 9),
            Setting::Acceleration(n) => check_level(self.id(), n.into(), 1, 65_537),
        }
    }
}

#[cfg(test)]
mod tests;
