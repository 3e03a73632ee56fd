//! At most 256 distinct values, and the index of each.
//!
//! ```text
//! last    u8       number of distinct values less 1
//! values           each, ascending as unsigned numbers
//! indices node     of single bytes
//! ```

use super::decode::Decoder;
use super::stream::Reader;
use crate::codec::CodecError;

pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    mut reader: Reader<'_>,
    itemsize: usize,
    dst: &mut [u8],
) -> Result<(), CodecError> {
    let last = usize::from(reader.byte()?);
    let values = reader.bytes((last + 1) * itemsize)?;
    let mut indices = decoder.state.take(dst.len() / itemsize);
    let result = decoder.node(reader.rest(), 1, &mut indices).and_then(|()| {
        for (item, &index) in dst.chunks_exact_mut(itemsize).zip(&indices) {
            let at = usize::from(index) * itemsize;
            let value = values.get(at..at + itemsize);
            item.copy_from_slice(value.ok_or(CodecError::Corrupt { reason: "no such entry" })?);
        }
        Ok(())
    });
    decoder.state.give(indices);
    result
}
