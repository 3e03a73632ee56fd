//! Rows of Netpbm's files.

use std::io::{BufRead, Read};

use super::NAME;
use super::header::{Encoding, Header, digit, number};
use crate::array::zeroed;
use crate::format::names::{big_endian, swap_bytes};
use crate::format::{
    Canvas, Decoder, FormatError, ImageInfo, PartInfo, Pixels, Source, SourceReader,
};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::shape::Region;

#[derive(Debug)]
pub(super) struct PnmDecoder {
    source: Source,
    limits: Limits,
    info: ImageInfo,
}

impl PnmDecoder {
    pub(super) fn new(source: Source, limits: &Limits) -> Result<Self, FormatError> {
        let header = Header::parse(&mut source.reader())?;
        let mut metadata = Metadata::new();
        match header.encoding {
            Encoding::Floats { .. } => metadata.insert("scale", header.scale),
            _ => metadata.insert("maxval", header.maxval),
        };
        let part = PartInfo::new(header.size).with_metadata(metadata);
        let part = part.with_channels(&header.names, header.dtype());
        let info = ImageInfo::new(NAME, [part]);
        Ok(Self { source, limits: *limits, info })
    }
}

impl Decoder for PnmDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        _part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let mut reader = self.source.reader();
        let header = Header::parse(&mut reader)?;
        let ([height, width], nchannels) = (header.size, header.names.len());
        let row = width.saturating_mul(nchannels).saturating_mul(header.dtype().itemsize());
        self.limits.check_strip(row)?;
        if row == 0 {
            return Ok(());
        }
        let most = canvas.strip_rows(row);
        let mut strip = zeroed::<u8>(most * row)?;
        let mut packed = vec![0; width.div_ceil(8)];
        let mut done = 0;
        while done < height {
            let rows = most.min(height - done);
            let strip = &mut strip[..rows * row];
            read_rows(&header, &mut reader, strip, &mut packed)?;
            let y = match header.encoding {
                Encoding::Floats { .. } => {
                    reverse_rows(strip, row);
                    height - done - rows
                }
                _ => done,
            };
            let region = Region::new([y..y + rows, 0..width])?;
            canvas.put(&region, &Pixels::interleaved(0, nchannels, strip, row))?;
            done += rows;
        }
        Ok(())
    }
}

/// Fills a strip of rows with samples in the machine's byte order.
fn read_rows(
    header: &Header,
    reader: &mut SourceReader,
    strip: &mut [u8],
    packed: &mut [u8],
) -> Result<(), FormatError> {
    match header.encoding {
        Encoding::Integers => {
            reader.read_exact(strip)?;
            big_endian(header.dtype().itemsize(), strip);
        }
        Encoding::Floats { is_little_endian } => {
            reader.read_exact(strip)?;
            if is_little_endian != cfg!(target_endian = "little") {
                swap_bytes(4, strip);
            }
        }
        Encoding::Bits => {
            for row in strip.chunks_exact_mut(header.size[1]) {
                reader.read_exact(packed)?;
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = grey(packed[x / 8] >> (7 - x % 8) & 1 == 1);
                }
            }
        }
        Encoding::TextBits => {
            for sample in strip {
                *sample = grey(digit(reader)?);
            }
        }
        Encoding::Text => read_numbers(header, reader, strip)?,
    }
    Ok(())
}

/// Bits say what is black.
fn grey(is_black: bool) -> u8 {
    if is_black { 0 } else { u8::MAX }
}

fn read_numbers(
    header: &Header,
    reader: &mut impl BufRead,
    strip: &mut [u8],
) -> Result<(), FormatError> {
    for sample in strip.chunks_exact_mut(header.dtype().itemsize()) {
        let number = number(reader)?;
        let value = u16::try_from(number).ok().filter(|&value| value <= header.maxval);
        let value = value.ok_or_else(|| FormatError::malformed(format!("a sample of {number}")))?;
        match sample {
            [sample] => *sample = value as u8,
            sample => sample.copy_from_slice(&value.to_ne_bytes()),
        }
    }
    Ok(())
}

fn reverse_rows(strip: &mut [u8], row: usize) {
    let rows = strip.len() / row;
    for y in 0..rows / 2 {
        let (low, high) = strip.split_at_mut((rows - 1 - y) * row);
        low[y * row..][..row].swap_with_slice(&mut high[..row]);
    }
}
