//! Suites find what is wrong with codecs and filters made wrong on purpose.

use std::ops::ControlFlow;

use crate::codec::{Band, BlockInfo, BloscLz, Codec, CodecError, CodecId, Encoded, Scratch};
use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    RemembersInScratch,
    ReadsDestination,
    ClaimsTooMuch,
    LosesABit,
    IgnoresLength,
    PanicsOnDamage,
    NeverShrinks,
    SkipsABand,
    EndsInBandOfNothing,
    CutsElements,
    RepeatsSeveral,
    IgnoresBreak,
    PanicsInBands,
}

/// BloscLZ in bands of eight bytes, with a fault.
#[derive(Debug)]
struct Faulty(Fault);

#[derive(Default)]
struct Calls(u8);

impl Codec for Faulty {
    fn id(&self) -> CodecId {
        CodecId::new(200)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        let last = dst.last().copied();
        let encoded = BloscLz::clevel(9).encode(src, dst, block, scratch)?;
        let calls = scratch.state::<Calls>();
        calls.0 = calls.0.wrapping_add(1);
        // Bits 5 to 7 of the first byte mean nothing to the decoder.
        match self.0 {
            Fault::RemembersInScratch => dst[0] ^= calls.0 << 7,
            Fault::ReadsDestination if last == Some(0xff) => dst[0] ^= 1 << 7,
            Fault::ClaimsTooMuch => return Ok(Encoded::Len(dst.len() + 1)),
            Fault::NeverShrinks => return Ok(Encoded::DoesNotFit),
            _ => {}
        }
        Ok(encoded)
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        let decoded = BloscLz::clevel(9).decode(src, dst, block, scratch);
        match self.0 {
            Fault::LosesABit => dst[dst.len() / 2] &= 0xfe,
            Fault::IgnoresLength => return Ok(()),
            Fault::PanicsOnDamage => assert!(!matches!(decoded, Err(CodecError::Truncated))),
            _ => {}
        }
        decoded
    }

    fn decode_bands(
        &self,
        src: &[u8],
        buffer: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<(), CodecError> {
        self.decode(src, buffer, block, scratch)?;
        let len = if self.0 == Fault::CutsElements { 7 } else { 8 };
        for (number, bytes) in buffer.chunks(len).enumerate() {
            let flow = match (self.0, number) {
                (Fault::SkipsABand, 1) => continue,
                (Fault::RepeatsSeveral, 1) => visit(Band::Repeated { value: bytes, count: 1 }),
                (Fault::PanicsInBands, 1) => panic!("on purpose"),
                _ => visit(Band::Bytes(bytes)),
            };
            if flow.is_break() && self.0 != Fault::IgnoresBreak {
                return Ok(());
            }
        }
        if self.0 == Fault::EndsInBandOfNothing {
            let _ = visit(Band::Bytes(&[]));
        }
        Ok(())
    }
}

fn run(fault: Fault) {
    super::codec(&Faulty(fault));
}

#[test]
fn a_good_codec_passes() {
    run(Fault::None);
}

#[test]
#[should_panic(expected = "a used scratch changes the stream")]
fn a_codec_that_remembers() {
    run(Fault::RemembersInScratch);
}

#[test]
#[should_panic(expected = "and a destination of ones change the stream")]
fn a_codec_that_reads_its_destination() {
    run(Fault::ReadsDestination);
}

#[test]
#[should_panic(expected = "in a room of")]
fn a_codec_that_claims_too_much() {
    run(Fault::ClaimsTooMuch);
}

#[test]
#[should_panic(expected = "other bytes come back")]
fn a_codec_that_loses_a_bit() {
    run(Fault::LosesABit);
}

#[test]
#[should_panic(expected = "decodes to")]
fn a_codec_that_ignores_the_length() {
    run(Fault::IgnoresLength);
}

#[test]
#[should_panic(expected = "panics on [")]
fn a_codec_that_panics() {
    run(Fault::PanicsOnDamage);
}

#[test]
#[should_panic(expected = "shrinks nothing")]
fn a_codec_that_never_shrinks() {
    run(Fault::NeverShrinks);
}

#[test]
#[should_panic(expected = "other bytes come back in bands")]
fn a_codec_that_skips_a_band() {
    run(Fault::SkipsABand);
}

#[test]
#[should_panic(expected = "a band is empty")]
fn a_codec_that_hands_out_nothing() {
    run(Fault::EndsInBandOfNothing);
}

#[test]
#[should_panic(expected = "a band cuts an element")]
fn a_codec_that_cuts_elements() {
    run(Fault::CutsElements);
}

#[test]
#[should_panic(expected = "what is repeated is not one element")]
fn a_codec_that_repeats_several_elements() {
    run(Fault::RepeatsSeveral);
}

#[test]
#[should_panic(expected = "bands go on after the break")]
fn a_codec_that_ignores_the_break() {
    run(Fault::IgnoresBreak);
}

#[test]
#[should_panic(expected = "decoding in bands panics on [")]
fn a_codec_that_panics_in_bands() {
    run(Fault::PanicsInBands);
}

/// Adds 1 to each byte, but treats the last one of a block of odd length in its own way.
#[derive(Debug)]
struct OddTail(fn(&mut [u8]));

impl Filter for OddTail {
    fn id(&self) -> FilterId {
        FilterId::new(200)
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let whole = src.len() / 2 * 2;
        for (to, from) in dst.iter_mut().zip(&src[..whole]) {
            *to = from.wrapping_add(1);
        }
        dst[whole..].copy_from_slice(&src[whole..]);
        (self.0)(&mut dst[whole..]);
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let whole = src.len() / 2 * 2;
        for (to, from) in dst.iter_mut().zip(&src[..whole]) {
            *to = from.wrapping_sub(1);
        }
        dst[whole..].copy_from_slice(&src[whole..]);
        Ok(())
    }
}

#[test]
fn a_good_filter_passes() {
    super::filter(&OddTail(|_| {}));
    super::lossy_filter(&OddTail(|tail| tail.fill(0)));
}

#[test]
#[should_panic(expected = "other bytes come back")]
fn a_filter_that_loses_its_tail() {
    super::filter(&OddTail(|tail| tail.fill(0)));
}

#[test]
#[should_panic(expected = "changes when filtered once more")]
fn a_filter_that_loses_more_each_time() {
    super::lossy_filter(&OddTail(|tail| tail.iter_mut().for_each(|byte| *byte /= 2)));
}
