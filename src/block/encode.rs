//! Raw bytes of a block to its streams.

use super::scratch::{BlockScratch, sized};
use super::{BlockCoding, BlockPlace, Pipeline};
use crate::codec::{BlockInfo, Encoded, Scratch};
use crate::error::{Error, InvalidArgument, Result};

impl BlockCoding<'_> {
    /// Writes the streams of a block to the front of `dst`, and says how long they are.
    ///
    /// `dst` has room for [`max_encoded_nbytes`](Self::max_encoded_nbytes) of the block.
    pub(crate) fn encode(
        &self,
        raw: &[u8],
        place: &BlockPlace<'_>,
        dst: &mut [u8],
        scratch: &mut BlockScratch,
    ) -> Result<usize> {
        let BlockScratch { front, back, codec } = scratch;
        let filtered = self.pipeline.forward(raw, place.reference, front, back)?;
        let stream_nbytes = filtered.len() / self.nstreams(place);
        let info = self.info(place, &stream_nbytes);
        let mut len = 0;
        // A split block's length is a multiple of its number of streams.
        for stream in filtered.chunks_exact(stream_nbytes) {
            len += self.encode_stream(stream, &mut dst[len..], &info, codec)?;
        }
        Ok(len)
    }

    fn encode_stream(
        &self,
        stream: &[u8],
        dst: &mut [u8],
        info: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<usize> {
        const CSIZE: usize = size_of::<i32>();
        if self.runs && is_run(stream) {
            return Ok(write_run(stream[0], dst));
        }
        // One byte less than raw: a stream of exactly the raw length means raw bytes.
        let room = &mut dst[CSIZE..CSIZE + stream.len() - 1];
        let encoded = if room.is_empty() {
            Encoded::DoesNotFit
        } else {
            let encoded = self.codec.encode(stream, room, info, scratch);
            encoded.map_err(|source| Error::Codec { codec: self.codec.id(), source })?
        };
        let csize = match encoded {
            // An empty stream would read as a run of zeros.
            Encoded::Len(len) if len > 0 && len < stream.len() => len,
            _ => {
                dst[CSIZE..CSIZE + stream.len()].copy_from_slice(stream);
                stream.len()
            }
        };
        dst[..CSIZE].copy_from_slice(&(csize as i32).to_le_bytes());
        Ok(CSIZE + csize)
    }
}

/// Writes a stream of one repeated byte.
fn write_run(byte: u8, dst: &mut [u8]) -> usize {
    dst[..4].copy_from_slice(&(-i32::from(byte)).to_le_bytes());
    if byte == 0 {
        return 4;
    }
    dst[4] = super::RUN_TOKEN;
    5
}

/// Whether all bytes are the same. Looks at the ends first: most streams differ there already.
fn is_run(bytes: &[u8]) -> bool {
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    first == last && bytes[1..] == bytes[..bytes.len() - 1]
}

impl Pipeline<'_> {
    /// The filtered bytes, in `raw` itself or one of the buffers.
    fn forward<'b>(
        &self,
        raw: &'b [u8],
        reference: Option<&[u8]>,
        front: &'b mut Vec<u8>,
        back: &'b mut Vec<u8>,
    ) -> Result<&'b [u8]> {
        let (mut from, mut to) = (front, back);
        let mut is_raw = true;
        for &(filter, meta) in &self.steps {
            let dst = sized(to, raw.len());
            let src = if is_raw { raw } else { &from[..raw.len()] };
            let done = filter.forward(src, dst, &self.context(meta, reference));
            done.map_err(|source| InvalidArgument::Filter { filter: filter.id(), source })?;
            (from, to) = (to, from);
            is_raw = false;
        }
        Ok(if is_raw { raw } else { &from[..raw.len()] })
    }
}
