//! A block's streams back to its raw bytes.

use std::ops::ControlFlow;

use super::scratch::{BlockScratch, sized, with_buffer};
use super::{BlockCoding, BlockPlace, Pipeline, RUN_TOKEN};
use crate::codec::{Band, BlockInfo, CodecError, Scratch};
use crate::error::{Corruption, Error, Result};

/// One stream of a block, as it lies in the chunk.
#[derive(Debug, Clone, Copy)]
enum Stream<'a> {
    /// All bytes are this one.
    Run(u8),
    /// The bytes themselves.
    Raw(&'a [u8]),
    /// For the codec.
    Coded(&'a [u8]),
}

/// Reads the stream of `nbytes` at the front of `src`, and says where the next one starts.
fn split_stream(src: &[u8], nbytes: usize) -> Result<(Stream<'_>, &[u8])> {
    let (head, rest) = src
        .split_first_chunk::<4>()
        .ok_or(Error::corrupt(Corruption::StreamLength { length: 4, available: src.len() }))?;
    let csize = i32::from_le_bytes(*head);
    let too_long =
        || Error::corrupt(Corruption::StreamLength { length: csize.into(), available: rest.len() });
    match csize {
        0 => Ok((Stream::Run(0), rest)),
        -255..0 => match rest.split_first() {
            Some((&token, rest)) if token & RUN_TOKEN != 0 => {
                Ok((Stream::Run(csize.unsigned_abs() as u8), rest))
            }
            Some((&token, _)) => Err(Error::corrupt(Corruption::RunToken { token })),
            None => Err(too_long()),
        },
        1.. => {
            let (bytes, rest) = rest.split_at_checked(csize as usize).ok_or_else(too_long)?;
            let is_raw = bytes.len() == nbytes;
            Ok((if is_raw { Stream::Raw(bytes) } else { Stream::Coded(bytes) }, rest))
        }
        _ => Err(too_long()),
    }
}

impl BlockCoding<'_> {
    /// Fills `dst` with the raw bytes of the block whose streams are at the front of `src`.
    pub(crate) fn decode(
        &self,
        src: &[u8],
        place: &BlockPlace<'_>,
        dst: &mut [u8],
        scratch: &mut BlockScratch,
    ) -> Result<()> {
        let nstreams = self.nstreams(place);
        let stream_nbytes = dst.len() / nstreams;
        let BlockScratch { front, back, codec } = scratch;
        if self.pipeline.is_empty() {
            return self.decode_streams(src, place, dst, codec);
        }
        if nstreams == 1 {
            // Spares the copy of a block that did not shrink: filters read it in place.
            if let (Stream::Raw(bytes), _) = split_stream(src, stream_nbytes)? {
                return self.pipeline.backward(Some(bytes), place.reference, dst, front, back);
            }
        }
        let filtered = sized(front, dst.len());
        self.decode_streams(src, place, filtered, codec)?;
        self.pipeline.backward(None, place.reference, dst, front, back)
    }

    /// Hands out the raw `nbytes` of the block whose streams are at the front of `src`, in bands of
    /// whole elements. Behind filters, and of split blocks, the only band is the whole block.
    pub(crate) fn visit(
        &self,
        src: &[u8],
        place: &BlockPlace<'_>,
        nbytes: usize,
        scratch: &mut BlockScratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if !self.codec_sees_elements(place) {
            return with_buffer(nbytes, |buffer| {
                self.decode(src, place, buffer, scratch)?;
                let _ = visit(Band::Bytes(buffer));
                Ok(())
            });
        }
        let BlockScratch { front, codec, .. } = scratch;
        match split_stream(src, nbytes)?.0 {
            Stream::Run(byte) => {
                let value = sized(front, place.dtype.itemsize());
                value.fill(byte);
                let count = nbytes / value.len();
                let _ = visit(Band::Repeated { value, count });
            }
            Stream::Raw(bytes) => {
                let _ = visit(Band::Bytes(bytes));
            }
            Stream::Coded(bytes) => {
                let (buffer, info) = (sized(front, nbytes), self.info(place, &nbytes));
                let mut missing = nbytes;
                let mut visit = |band: Band<'_>| {
                    let flow = visit(band);
                    missing =
                        if flow.is_break() { 0 } else { missing.saturating_sub(band.nbytes()) };
                    flow
                };
                let decoded = self.codec.decode_bands(bytes, buffer, &info, codec, &mut visit);
                let decoded = match missing {
                    0 => decoded,
                    // Who waits for the rest must be told.
                    _ => decoded.and(Err(CodecError::Truncated)),
                };
                decoded.map_err(|source| self.codec_error(source))?;
            }
        }
        Ok(())
    }

    /// Decodes a block that is one stream without its length in front, as in chunks of
    /// variable-length blocks.
    pub(crate) fn decode_bare(
        &self,
        src: &[u8],
        place: &BlockPlace<'_>,
        dst: &mut [u8],
        scratch: &mut BlockScratch,
    ) -> Result<()> {
        let is_raw = src.len() == dst.len();
        let stream = if is_raw { Stream::Raw(src) } else { Stream::Coded(src) };
        let nbytes = dst.len();
        let info = self.info(place, &nbytes);
        let BlockScratch { front, back, codec } = scratch;
        if self.pipeline.is_empty() {
            return self.decode_stream(stream, dst, &info, codec);
        }
        self.decode_stream(stream, sized(front, nbytes), &info, codec)?;
        self.pipeline.backward(None, place.reference, dst, front, back)
    }

    /// The length of the encoded block at the front of `src`, whose raw length is `nbytes`.
    pub(crate) fn encoded_len(
        &self,
        src: &[u8],
        place: &BlockPlace<'_>,
        nbytes: usize,
    ) -> Result<usize> {
        let nstreams = self.nstreams(place);
        let mut rest = src;
        for _ in 0..nstreams {
            (_, rest) = split_stream(rest, nbytes / nstreams)?;
        }
        Ok(src.len() - rest.len())
    }

    fn decode_streams(
        &self,
        src: &[u8],
        place: &BlockPlace<'_>,
        dst: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let nbytes = dst.len() / self.nstreams(place);
        let info = self.info(place, &nbytes);
        let mut rest = src;
        // A split block is cut into equal streams; bytes that would be left over are no block.
        for dst in dst.chunks_exact_mut(nbytes) {
            let (stream, next) = split_stream(rest, nbytes)?;
            self.decode_stream(stream, dst, &info, scratch)?;
            rest = next;
        }
        Ok(())
    }

    fn decode_stream(
        &self,
        stream: Stream<'_>,
        dst: &mut [u8],
        info: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        match stream {
            Stream::Run(byte) => dst.fill(byte),
            Stream::Raw(bytes) => dst.copy_from_slice(bytes),
            Stream::Coded(bytes) => {
                let decoded = self.codec.decode(bytes, dst, info, scratch);
                decoded.map_err(|source| self.codec_error(source))?;
            }
        }
        Ok(())
    }

    fn codec_error(&self, source: CodecError) -> Error {
        Error::corrupt(Corruption::Codec { codec: self.codec.id(), source })
    }
}

impl Pipeline<'_> {
    /// Undoes all filters, from `filtered` (or `front`, where that is `None`) to `dst`.
    fn backward(
        &self,
        filtered: Option<&[u8]>,
        reference: Option<&[u8]>,
        dst: &mut [u8],
        front: &mut Vec<u8>,
        back: &mut Vec<u8>,
    ) -> Result<()> {
        let nbytes = dst.len();
        let mut filtered = filtered;
        let (mut from, mut to) = (front, back);
        for (step, &(filter, meta)) in self.steps.iter().enumerate().rev() {
            let src = filtered.take().unwrap_or_else(|| &from[..nbytes]);
            let out = if step == 0 { &mut *dst } else { sized(to, nbytes) };
            let done = filter.backward(src, out, &self.context(meta, reference));
            done.map_err(|source| {
                Error::corrupt(Corruption::Filter { filter: filter.id(), source })
            })?;
            (from, to) = (to, from);
        }
        Ok(())
    }
}
