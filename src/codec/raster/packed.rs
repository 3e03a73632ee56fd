//! Bit planes of residuals: the leaf that most data ends in.
//!
//! ```text
//! tag       u8       low 4 bits: none, left, up, gradient, w3; high 4 bits: coding of the widths
//! stride    number   values to the row above; only for up, gradient, w3
//! base      value    only for none
//! widths             planes of each group of 8 values, see `widths`
//! planes             all the rest: of each group so many planes, see `arch::raster`
//! ```
//!
//! Coding 3 is of both widths and planes: all the rest is as `entropy::groups` says.

use std::ops::ControlFlow;

use super::Preset;
use super::decode::Decoder;
use super::encode::Encoder;
use super::entropy::groups::{self, Layout};
use super::plan::Plan;
use super::stream::{Kind, Reader, push_number};
use super::widths::{self, Coding};
use crate::arch::Isa;
use crate::arch::raster::{
    COMPACT_SLACK, Packed, Prediction, Predictor, Unpacker, compact, sum, transpose,
};
use crate::arch::raster_entropy::Residuals;
use crate::codec::CodecError;

/// The coding of widths and planes by their entropy, beside those of [`Coding`].
const DENSE: u8 = 3;

/// One byte in so many that the entropy stage has to save of a node: it decodes at a quarter of the
/// speed.
const MIN_SAVING: usize = 25;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let band = dst.len().max(1);
    decode_bands(decoder, reader, itemsize, dst, band, &mut |_| ControlFlow::Continue(()))
}

/// Decodes to `dst`, and hands out each `band` bytes as soon as they are there; no more once `visit`
/// breaks off.
pub(super) fn decode_bands(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
    band: usize,
    visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), CodecError> {
    let isa = decoder.isa;
    let tag = reader.byte()?;
    let predictor = predictor_of(tag & 15)?;
    let stride = if predictor.needs_rows() { reader.number()? } else { 0 };
    let base = if predictor == Predictor::None { reader.value(itemsize)? } else { 0 };
    let prediction = stride
        .checked_mul(itemsize)
        .and_then(|stride| Prediction::new(itemsize, predictor, stride, base))
        .ok_or(CodecError::Corrupt { reason: "rows too short to predict across" })?;
    let mut widths = decoder.state.take(prediction.nwidths(dst.len()));
    let planes = match tag >> 4 {
        DENSE => {
            let layout = Layout { max_width: 8 * itemsize as u8, residuals: residuals(predictor) };
            groups::decode(isa, layout, reader, &mut widths, &mut decoder.state.entropy)
        }
        code => Coding::parse(code)
            .and_then(|coding| widths::read(isa, coding, &mut reader, &mut widths))
            .map(|()| reader.rest()),
    };
    let result = planes.and_then(|planes| {
        // Whatever the coding names for them, groups that do not exist have no planes.
        widths[prediction.ngroups(dst.len())..].fill(0);
        Packed::new(prediction, dst.len(), &widths, planes)
            .ok_or(CodecError::Corrupt { reason: "widths and planes do not fit together" })
            .map(|packed| unpack_bands(&mut packed.unpacker(isa), dst, band, visit))
    });
    decoder.state.give(widths);
    result
}

/// Residuals have no sign where the prediction is below all values.
fn residuals(predictor: Predictor) -> Residuals {
    match predictor {
        Predictor::None => Residuals::Unsigned,
        _ => Residuals::Signed,
    }
}

fn unpack_bands(
    unpacker: &mut Unpacker<'_>,
    dst: &mut [u8],
    band: usize,
    visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) {
    while unpacker.done() < dst.len() {
        let start = unpacker.done();
        unpacker.advance(dst, start + band);
        if visit(&dst[start..unpacker.done()]).is_break() {
            return;
        }
    }
}

fn predictor_of(code: u8) -> Result<Predictor, CodecError> {
    let predictor = Predictor::ALL.get(usize::from(code)).copied();
    predictor.ok_or(CodecError::Corrupt { reason: "no such predictor" })
}

/// Appends the node for `src` that this plan says.
pub(super) fn encode(
    encoder: &mut Encoder<'_>,
    src: &[u8],
    itemsize: usize,
    plan: &Plan,
    out: &mut Vec<u8>,
) {
    let Plan { predictor, stride, base, .. } = *plan;
    let Some(prediction) = Prediction::new(itemsize, predictor, stride * itemsize, base) else {
        unreachable!("a plan has rows that are long enough")
    };
    let mut planes = encoder.state.take(prediction.nplanes(src.len()));
    let mut widths = encoder.state.take(prediction.nwidths(src.len()));
    transpose(encoder.isa, &prediction, src, &mut planes, &mut widths);
    let start = out.len();
    out.push(Kind::Packed as u8);
    let tag = out.len();
    out.push(predictor as u8);
    if predictor.needs_rows() {
        push_number(out, stride);
    }
    if predictor == Predictor::None {
        out.extend_from_slice(&base.to_le_bytes()[..itemsize]);
    }
    let groups = prediction.ngroups(src.len());
    let at = out.len();
    if encoder.preset == Preset::Dense {
        let mut kept = encoder.state.take_empty();
        append_planes(encoder.isa, itemsize, &planes, &widths[..groups], &mut kept);
        let (residuals, workspace) = (residuals(predictor), &mut encoder.state.entropy);
        groups::encode(residuals, stride, &widths, &kept, out, workspace);
        encoder.state.give(kept);
    }
    let dense_end = out.len();
    let coding = widths::write(encoder.isa, &mut widths, encoder.state, out) as u8;
    append_planes(encoder.isa, itemsize, &planes, &widths[..groups], out);
    // The node without the entropy stage, which is to save more than a little: it takes time.
    let fast_end = out.len() - (dense_end - at);
    if dense_end > at && dense_end - start < (fast_end - start) / MIN_SAVING * (MIN_SAVING - 1) {
        out.truncate(dense_end);
        out[tag] |= DENSE << 4;
    } else {
        out.drain(at..dense_end);
        out[tag] |= coding << 4;
    }
    encoder.state.give(planes);
    encoder.state.give(widths);
}

/// Appends as many of the planes of each group as it is wide.
fn append_planes(isa: Isa, itemsize: usize, planes: &[u8], widths: &[u8], out: &mut Vec<u8>) {
    let at = out.len();
    out.resize(at + sum(widths) + COMPACT_SLACK, 0);
    let len = compact(isa, itemsize, planes, widths, &mut out[at..]);
    out.truncate(at + len);
}
