//! Compressed strips as streams of bytes.

use std::io::{self, BufRead, Read, Take};

use super::layout::Compression;
use crate::format::{FormatError, SourceReader};

/// The uncompressed bytes of a strip or tile.
pub(super) fn open(
    compression: Compression,
    bytes: Take<SourceReader>,
) -> Result<Box<dyn Read>, FormatError> {
    Ok(match compression {
        Compression::None => Box::new(bytes),
        Compression::Lzw => Box::new(LzwReader::new(bytes)),
        Compression::Deflate => Box::new(flate2::bufread::ZlibDecoder::new(bytes)),
        Compression::PackBits => Box::new(PackBits { bytes, run: Run::Literal(0) }),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Box::new(zstd::ZstdReader::new(bytes)?),
        Compression::Other(_) => {
            return Err(FormatError::unsupported("this compression of strips"));
        }
    })
}

struct LzwReader<R> {
    bytes: R,
    decoder: weezl::decode::Decoder,
    is_done: bool,
}

impl<R> LzwReader<R> {
    fn new(bytes: R) -> Self {
        let decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
        Self { bytes, decoder, is_done: false }
    }
}

impl<R: BufRead> Read for LzwReader<R> {
    fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
        while !self.is_done && !dst.is_empty() {
            let bytes = self.bytes.fill_buf()?;
            let is_empty = bytes.is_empty();
            let step = self.decoder.decode_bytes(bytes, dst);
            self.bytes.consume(step.consumed_in);
            self.is_done = match step.status {
                Ok(weezl::LzwStatus::Ok) => false,
                Ok(weezl::LzwStatus::Done) => true,
                Ok(weezl::LzwStatus::NoProgress) => is_empty,
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            };
            if step.consumed_out > 0 {
                return Ok(step.consumed_out);
            }
            if is_empty {
                break;
            }
        }
        Ok(0)
    }
}

struct PackBits<R> {
    bytes: R,
    run: Run,
}

/// What is left of a run.
#[derive(Clone, Copy)]
enum Run {
    Literal(usize),
    Repeat(u8, usize),
}

impl<R: BufRead> PackBits<R> {
    fn byte(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.bytes.read(&mut byte)? == 1).then_some(byte[0]))
    }
}

impl<R: BufRead> Read for PackBits<R> {
    fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.run {
                Run::Literal(0) | Run::Repeat(_, 0) => {
                    let Some(count) = self.byte()? else { return Ok(0) };
                    self.run = match count {
                        0..=127 => Run::Literal(usize::from(count) + 1),
                        // Nothing at all.
                        128 => Run::Literal(0),
                        129.. => {
                            let Some(byte) = self.byte()? else { return Ok(0) };
                            Run::Repeat(byte, 257 - usize::from(count))
                        }
                    };
                }
                Run::Literal(left) => {
                    let nbytes = left.min(dst.len());
                    let nbytes = self.bytes.read(&mut dst[..nbytes])?;
                    self.run = Run::Literal(left - nbytes);
                    return Ok(nbytes);
                }
                Run::Repeat(byte, left) => {
                    let nbytes = left.min(dst.len());
                    dst[..nbytes].fill(byte);
                    self.run = Run::Repeat(byte, left - nbytes);
                    return Ok(nbytes);
                }
            }
        }
    }
}

#[cfg(feature = "zstd")]
mod zstd {
    use std::io::{self, BufRead, Read};

    use zstd_safe::{DCtx, InBuffer, OutBuffer, get_error_name};

    pub(super) struct ZstdReader<R> {
        bytes: R,
        context: DCtx<'static>,
    }

    impl<R> ZstdReader<R> {
        pub(super) fn new(bytes: R) -> io::Result<Self> {
            let context = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
            Ok(Self { bytes, context })
        }
    }

    impl<R: BufRead> Read for ZstdReader<R> {
        fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
            loop {
                let bytes = self.bytes.fill_buf()?;
                let is_empty = bytes.is_empty();
                let mut input = InBuffer::around(bytes);
                let mut output = OutBuffer::around(&mut *dst);
                let step = self.context.decompress_stream(&mut output, &mut input);
                let (consumed, written) = (input.pos, output.pos());
                self.bytes.consume(consumed);
                step.map_err(|code| {
                    io::Error::new(io::ErrorKind::InvalidData, get_error_name(code))
                })?;
                if written > 0 || dst.is_empty() || is_empty {
                    return Ok(written);
                }
            }
        }
    }
}
