//! What is left of a stream whose symbols are taken out run by run.

use super::super::stream::Reader;
use crate::arch::Isa;
use crate::arch::raster_entropy::{self, Lanes, MIN_STATE, Model, Slots};
use crate::codec::CodecError;

/// Decodes symbols in the order that they were in before they were coded.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    isa: Isa,
    lanes: Lanes,
    words: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Reads the states of these lanes. All that follows them are words, and what comes after.
    pub(super) fn new(
        isa: Isa,
        mut lanes: Lanes,
        mut reader: Reader<'a>,
    ) -> Result<Self, CodecError> {
        let bytes = reader.bytes(4 * lanes.states().len())?;
        for (state, bytes) in lanes.states_mut().iter_mut().zip(bytes.as_chunks().0) {
            *state = u32::from_le_bytes(*bytes);
        }
        Ok(Self { isa, lanes, words: reader.rest() })
    }

    /// Bytes that the lanes carry besides symbols.
    pub(super) fn ncarried(&self) -> usize {
        2 * self.lanes.states().len()
    }

    /// A run of symbols.
    pub(super) fn run(
        &mut self,
        slots: &Slots,
        model: Model<'_>,
        symbols: &mut [u8],
    ) -> Result<(), CodecError> {
        let lanes = &mut self.lanes;
        let taken = raster_entropy::decode(self.isa, lanes, self.words, slots, model, symbols);
        let rest = taken.and_then(|taken| self.words.get(taken..));
        self.words = rest.ok_or(CodecError::Truncated)?;
        Ok(())
    }

    /// After the last run: writes the front of the bytes that the lanes carried to `carried`, and
    /// answers those after the words.
    pub(super) fn finish(self, carried: &mut [u8]) -> Result<&'a [u8], CodecError> {
        let states = self.lanes.states();
        if states.iter().any(|state| state >> 16 != MIN_STATE >> 16) {
            return Err(CodecError::Corrupt { reason: "lanes do not end where they began" });
        }
        for (bytes, state) in carried.chunks_mut(2).zip(states) {
            bytes.copy_from_slice(&state.to_le_bytes()[..bytes.len()]);
        }
        Ok(self.words)
    }
}
