//! Channels that lie side by side in each pixel, taken apart.
//!
//! ```text
//! count  u8      channels, at least 2
//! each channel:
//!   reference u8    0: the channel's values; n: their differences to those of channel n - 1,
//!                   which is before this one
//!   length number   of the node, but for the last channel, whose node is all the rest
//!   node
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
    let _ = (decoder, itemsize, dst, reader.byte()?);
    Err(CodecError::Unsupported { reason: "" })
}
