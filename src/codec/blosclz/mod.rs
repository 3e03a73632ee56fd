//! BloscLZ: the fast LZ77 of Blosc2, written anew.
//!
//! Below are the byte copies of [`arch`](crate::arch); above is [`block`](crate::block).
//!
//! A stream is a row of instructions, each begun by a control byte `c`:
//!
//! - `c < 32`: `c + 1` literal bytes follow.
//! - otherwise a match. Its length is `(c >> 5) + 2`; where that is 9, bytes follow that are added
//!   to it, up to and including the first that is not 255. Then comes one byte `b`, and the
//!   distance is `(c & 31) * 256 + b + 1`. Where that would be 8192, two more bytes, high one
//!   first, are added to it.
//!
//! The first instruction is always a literal run; of its control byte only the low five bits
//! count, and writers set bit 5. C-Blosc2 rejects a stream whose last instruction is a short match,
//! so writers end with literals.

mod decode;
mod encode;
#[cfg(test)]
mod tests;
mod write;

use crate::codec::{BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch, Streams, check_level};
use crate::error::{InvalidArgument, Result};

/// Most bytes of one literal run.
const MAX_LITERALS: usize = 32;
/// Shortest distance that takes the two extra bytes.
const FAR_DISTANCE: usize = 8192;
/// Longest distance there is.
const MAX_DISTANCE: usize = FAR_DISTANCE + 0xffff;
/// Shortest match whose length takes extra bytes.
const LONG_MATCH: usize = 9;
/// What writers add to the first control byte.
const MARKER: u8 = 1 << 5;

/// The BloscLZ codec: Blosc2's default, fastest on shuffled data.
///
/// Compatible with every version of Blosc and Blosc2 in both directions. Needs no dictionary, and
/// ignores one that is there. Encoding takes 64 KiB of [`Scratch`], decoding none.
///
/// ```
/// use ndpress::codec::{BlockInfo, BloscLz, Codec, Encoded, Scratch};
///
/// let (codec, mut scratch) = (BloscLz::clevel(5), Scratch::default());
/// let bytes = [7; 1000];
/// let mut stream = [0; 1000];
/// let block = BlockInfo::bytes(&1000);
/// let encoded = codec.encode(&bytes, &mut stream, &block, &mut scratch)?;
/// let Encoded::Len(len) = encoded else { panic!("a thousand sevens shrink") };
/// assert!(len < 20);
///
/// let mut decoded = [0; 1000];
/// codec.decode(&stream[..len], &mut decoded, &block, &mut scratch)?;
/// assert_eq!(decoded, bytes);
/// # Ok::<(), ndpress::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BloscLz {
    clevel: u8,
}

impl Default for BloscLz {
    /// Level 5.
    fn default() -> Self {
        Self::clevel(5)
    }
}

impl BloscLz {
    /// Level 0 to 9, which is both the codec's own scale and Blosc2's: 0 compresses nothing,
    /// 1 is fastest and gives up on data that would not shrink to half, 9 is smallest.
    #[must_use]
    pub const fn clevel(level: u8) -> Self {
        Self { clevel: level }
    }
}

impl Codec for BloscLz {
    fn id(&self) -> CodecId {
        CodecId::BLOSCLZ
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        let Some(effort) = encode::Effort::new(self.clevel) else {
            return Ok(Encoded::DoesNotFit);
        };
        Ok(encode::encode(src, dst, effort, scratch.state()))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        decode::decode(src, dst)
    }

    fn preferred_streams(&self) -> Streams {
        Streams::PerByte
    }

    fn clevel(&self) -> u8 {
        self.clevel
    }

    fn validate(&self) -> Result<(), InvalidArgument> {
        check_level(CodecId::BLOSCLZ, i64::from(self.clevel), 0, 9)
    }
}
