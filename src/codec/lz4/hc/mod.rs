//! The high-compression encoder: looks at many earlier places before it takes a match.
//!
//! What it writes is decoded like the output of the fast encoder, only faster, for there is less.

mod chains;
mod lazy;
mod mid;
mod optimal;

use self::chains::Walk;
use self::optimal::{Limits, Searches};
use super::output::Output;
use super::{LAST_LITERALS, MATCH_MARGIN, decode};
use crate::arch::words::Words;
use crate::codec::{BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch, Streams, check_level};
use crate::error::InvalidArgument;

/// Longest input that other decoders take, just under 2 GiB.
const MAX_LEN: usize = 0x7e00_0000;

/// The LZ4 codec with its high-compression encoder: slow to write, fastest to read.
///
/// It searches for the longest match instead of the first, and chooses where matches begin and end.
/// It keeps up to 256 KiB of tables in the [`Scratch`], and above level 9 some 64 KiB more.
///
/// ```
/// use ndpress::codec::{BlockInfo, Codec, Encoded, Lz4, Lz4Hc, Scratch};
///
/// let src: Vec<u8> = (0..4000_u32).flat_map(|i| (i * i % 97).to_le_bytes()).collect();
/// let info = BlockInfo::bytes(&16_000);
/// let mut scratch = Scratch::default();
/// let mut dst = [0; 16_000];
///
/// let fast = Lz4::clevel(9).encode(&src, &mut dst, &info, &mut scratch)?;
/// let high = Lz4Hc::level(12).encode(&src, &mut dst, &info, &mut scratch)?;
/// let (Encoded::Len(fast), Encoded::Len(high)) = (fast, high) else {
///     unreachable!("the numbers repeat")
/// };
/// assert!(high < fast);
///
/// let mut back = vec![0; 16_000];
/// Lz4Hc::default().decode(&dst[..high], &mut back, &info, &mut scratch)?;
/// assert_eq!(back, src);
/// # Ok::<(), ndpress::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lz4Hc {
    setting: Setting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    Clevel(u8),
    Level(u8),
}

impl Lz4Hc {
    /// With a level on Blosc2's scale: 0 stores, the others are LZ4's own.
    ///
    /// Levels above 9 are refused when the codec is [validated](Codec::validate).
    #[must_use]
    pub const fn clevel(clevel: u8) -> Self {
        Self { setting: Setting::Clevel(clevel) }
    }

    /// With LZ4's own level, from 1 to 12: two looks per position up to 2, ever more earlier places
    /// from 3 to 9, and from 10 on the cheapest way through all matches found.
    ///
    /// Others are refused when the codec is [validated](Codec::validate).
    #[must_use]
    pub const fn level(level: u8) -> Self {
        Self { setting: Setting::Level(level) }
    }

    fn effort(self) -> Effort {
        let (Setting::Clevel(level) | Setting::Level(level)) = self.setting;
        let optimal = |attempts, sufficient, searches| {
            Effort::Optimal(Limits { attempts, sufficient, searches })
        };
        match level {
            0..=2 => Effort::Mid,
            3..=9 => Effort::Lazy { attempts: 4 << (level - 3) },
            10 => optimal(96, 64, Searches::Farther),
            11 => optimal(512, 128, Searches::Farther),
            _ => optimal(16_384, 4095, Searches::All),
        }
    }
}

/// What a level means.
#[derive(Debug, Clone, Copy)]
enum Effort {
    /// Two hash tables, the first good match.
    Mid,
    /// So many earlier places per search, and a look at where the match ends.
    Lazy { attempts: u32 },
    /// The cheapest of all ways.
    Optimal(Limits),
}

/// A place where earlier bytes come again.
#[derive(Debug, Clone, Copy, Default)]
struct Match {
    start: usize,
    offset: usize,
    len: usize,
}

impl Match {
    fn end(self) -> usize {
        self.start + self.len
    }

    /// Moves the start behind `n` bytes.
    fn skip(&mut self, n: usize) {
        self.start += n;
        self.len -= n;
    }
}

/// An input that is long enough for matches, what was written of it, and its limits.
struct Input<'a> {
    words: Words<'a>,
    output: Output<'a>,
    /// All before this is written.
    anchor: usize,
    /// The last position where a match may begin.
    last_start: usize,
    /// Where matches end at the latest.
    end: usize,
}

impl Input<'_> {
    /// Writes `found` with the literals before it; `None` when it does not fit.
    #[inline]
    fn emit(&mut self, found: Match) -> Option<()> {
        let Match { start, offset, len } = found;
        self.output.sequence(self.words.bytes(), self.anchor, start, offset, len)?;
        self.anchor = found.end();
        Some(())
    }
}

/// Compresses `src` into the front of `dst`; `None` when the stream would not fit.
fn compress(src: &[u8], dst: &mut [u8], effort: Effort, scratch: &mut Scratch) -> Option<usize> {
    let output = Output::new(dst);
    let (Some(last_start), Some(words)) = (src.len().checked_sub(MATCH_MARGIN), Words::new(src))
    else {
        return output.finish(src);
    };
    let end = src.len() - LAST_LITERALS;
    let mut input = Input { words, output, anchor: 0, last_start, end };
    match effort {
        Effort::Mid => mid::parse(&mut input, scratch.state())?,
        Effort::Lazy { attempts } => {
            let state: &mut optimal::State = scratch.state();
            state.chains.begin(src.len());
            let walk = if attempts > 128 { Walk::SkipRuns } else { Walk::Plain };
            lazy::parse(&mut input, &mut state.chains, (attempts, walk))?;
        }
        Effort::Optimal(limits) => {
            let state: &mut optimal::State = scratch.state();
            state.chains.begin(src.len());
            optimal::parse(&mut input, state, limits)?;
        }
    }
    input.output.finish(&src[input.anchor..])
}

impl Default for Lz4Hc {
    /// Level 5.
    fn default() -> Self {
        Self::clevel(5)
    }
}

impl Codec for Lz4Hc {
    fn id(&self) -> CodecId {
        CodecId::LZ4HC
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        if src.len() > MAX_LEN {
            return Ok(Encoded::DoesNotFit);
        }
        let nbytes = compress(src, dst, self.effort(), scratch);
        Ok(nbytes.map_or(Encoded::DoesNotFit, Encoded::Len))
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
        Streams::Whole
    }

    fn clevel(&self) -> u8 {
        match self.setting {
            Setting::Clevel(clevel) => clevel,
            Setting::Level(level) => level.clamp(1, 9),
        }
    }

    fn validate(&self) -> Result<(), InvalidArgument> {
        match self.setting {
            Setting::Clevel(clevel) => check_level(self.id(), clevel.into(), 0, 9),
            Setting::Level(level) => check_level(self.id(), level.into(), 1, 12),
        }
    }
}

#[cfg(test)]
mod tests;
