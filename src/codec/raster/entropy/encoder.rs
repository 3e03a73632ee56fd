//! Asymmetric numeral systems, the encoding half: the decoding half is
//! [`arch::raster_entropy`](crate::arch::raster_entropy).

use super::distribution::{Distribution, NSYMBOLS};
use crate::arch::raster_entropy::Lanes;

/// How to code each symbol of a distribution.
#[derive(Debug, Clone)]
pub(super) struct Codes([Code; NSYMBOLS]);

/// How to put a symbol into a state: `state / share * slots + first + state % share`, with the
/// division as a multiplication.
#[derive(Debug, Clone, Copy, Default)]
struct Code {
    /// 2^64 / share, rounded up.
    reciprocal: u64,
    /// States from here on have no room for the symbol.
    limit: u64,
    /// What is added; for a share of 1, whose reciprocal does not fit, with what its quotient
    /// lacks.
    bias: u32,
    /// Slots less share.
    others: u32,
}

impl Codes {
    pub(super) fn new(distribution: &Distribution) -> Self {
        let bits = distribution.bits();
        let mut codes = [Code::default(); NSYMBOLS];
        for (symbol, first, share) in distribution.symbols() {
            let others = (1 << bits) - share;
            let (reciprocal, bias) = match share {
                1 => (u64::MAX, first + others),
                _ => (u64::MAX / u64::from(share) + 1, first),
            };
            let limit = u64::from(share) << (32 - bits);
            codes[usize::from(symbol)] = Code { reciprocal, limit, bias, others };
        }
        Self(codes)
    }
}

/// Where the states and words of many lanes are fewer bytes than this, there are few: what states
/// take is then more than what the speed of many is worth.
const FEW_LANES: usize = 2048;

/// Codes symbols from the last to the first.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    lanes: Lanes,
    /// From the last to the first.
    words: &'a mut Vec<u16>,
}

impl<'a> Encoder<'a> {
    /// Does `runs` with many lanes, or few.
    ///
    /// Lanes carry the first [`ncarried`](Self::ncarried) of the bytes `carried`, which are the
    /// last that the decoder gets to see.
    pub(super) fn best(
        carried: &[u8],
        words: &'a mut Vec<u16>,
        runs: impl Fn(&mut Encoder<'_>),
    ) -> Self {
        let mut many = Encoder::new(Lanes::many(), carried, words);
        runs(&mut many);
        if many.nbytes() >= FEW_LANES {
            let lanes = many.lanes;
            return Self { lanes, words };
        }
        let mut few = Self::new(Lanes::few(), carried, words);
        runs(&mut few);
        few
    }

    fn new(mut lanes: Lanes, carried: &[u8], words: &'a mut Vec<u16>) -> Self {
        words.clear();
        for (state, bytes) in lanes.states_mut().iter_mut().zip(carried.chunks(2)) {
            let low = bytes.iter().rev().fold(0, |low, &byte| low << 8 | u32::from(byte));
            *state |= low;
        }
        Self { lanes, words }
    }

    /// Codes a run of symbols; of each the distribution is asked for by its place in the run.
    pub(super) fn run<'c>(&mut self, symbols: &[u8], codes: impl Fn(usize) -> &'c Codes) {
        let states = self.lanes.states_mut();
        let nlanes = states.len();
        let mut nwords = self.words.len();
        self.words.resize(nwords + symbols.len(), 0);
        for (at, &symbol) in symbols.iter().enumerate().rev() {
            let code = &codes(at).0[usize::from(symbol)];
            let state = &mut states[at % nlanes];
            // Without a branch, which nobody could predict.
            let is_full = u32::from(u64::from(*state) >= code.limit);
            self.words[nwords] = *state as u16;
            nwords += is_full as usize;
            let rest = *state >> (16 * is_full);
            let quotient = ((u128::from(rest) * u128::from(code.reciprocal)) >> 64) as u32;
            *state = rest.wrapping_add(quotient.wrapping_mul(code.others)).wrapping_add(code.bias);
        }
        self.words.truncate(nwords);
    }

    pub(super) fn has_many_lanes(&self) -> bool {
        matches!(self.lanes, Lanes::Many(_))
    }

    /// Bytes that the lanes carry besides symbols.
    pub(super) fn ncarried(&self) -> usize {
        2 * self.lanes.states().len()
    }

    /// Bytes of [`finish`](Self::finish).
    pub(super) fn nbytes(&self) -> usize {
        4 * self.lanes.states().len() + 2 * self.words.len()
    }

    /// Appends the states of the lanes, then the words.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        out.extend(self.lanes.states().iter().flat_map(|state| state.to_le_bytes()));
        out.extend(self.words.iter().rev().flat_map(|word| word.to_le_bytes()));
    }
}
