//! PNG: 1 to 16 bits, grey, colour or palette, with or without alpha.

use std::io::Cursor;

use png::{BitDepth, Decoder, Limits, Transformations};

use super::{ColorNames, Failure, Picture, planes_of};

/// Decodes the first frame. Palettes become colours, 1 to 4 bits become 8.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Failure> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: usize::MAX });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let nbytes = reader.output_buffer_size().ok_or("too large")?;
    let mut bytes = vec![0; nbytes];
    let info = reader.next_frame(&mut bytes)?;
    bytes.truncate(info.buffer_size());

    let nchannels = info.color_type.samples();
    let planes = if info.bit_depth == BitDepth::Sixteen {
        let (samples, _) = bytes.as_chunks();
        let samples: Vec<u16> = samples.iter().map(|&sample| u16::from_be_bytes(sample)).collect();
        planes_of(&samples, nchannels, ColorNames::Color)?
    } else {
        planes_of(&bytes, nchannels, ColorNames::Color)?
    };
    let (height, width) = (info.height as usize, info.width as usize);
    Ok(Picture { format: "PNG", height, width, planes })
}
