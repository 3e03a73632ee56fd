//! Rows of `.npy` files.

use std::io::{Read, Seek, SeekFrom};

use super::NAME;
use super::header::Header;
use crate::array::zeroed;
use crate::dtype::DType;
use crate::format::names::{numbers, swap_bytes};
use crate::format::{Canvas, Decoder, FormatError, ImageInfo, PartInfo, Pixels, Source};
use crate::limits::Limits;
use crate::shape::Region;

/// Channels that an image may have: an array of three axes that are all long is a volume.
const MAX_CHANNELS: usize = 1 << 12;

#[derive(Debug)]
pub(super) struct NpyDecoder {
    source: Source,
    limits: Limits,
    header: Header,
    nchannels: usize,
    info: ImageInfo,
}

impl NpyDecoder {
    pub(super) fn new(source: Source, limits: &Limits) -> Result<Self, FormatError> {
        let header = Header::parse(&mut source.reader())?;
        let (size, nchannels) = match *header.shape {
            [height, width] => ([height, width], 1),
            [height, width, channels @ 1..=MAX_CHANNELS] => ([height, width], channels),
            _ => {
                let what = format!("an image of shape {:?}", header.shape);
                return Err(FormatError::unsupported(what));
            }
        };
        let mut part = PartInfo::new(size);
        part = part.with_channels(numbers(0..nchannels), header.dtype);
        let info = ImageInfo::new(NAME, [part]);
        Ok(Self { source, limits: *limits, header, nchannels, info })
    }

    /// Brings samples to the machine's byte order, and bits to 0 or 1.
    fn undo(&self, samples: &mut [u8]) {
        if self.header.is_swapped {
            // Complex numbers are two floats each.
            let itemsize = match self.header.dtype {
                DType::Complex64 => 4,
                DType::Complex128 => 8,
                dtype => dtype.itemsize(),
            };
            swap_bytes(itemsize, samples);
        }
        if self.header.dtype == DType::Bool {
            samples.iter_mut().for_each(|sample| *sample = u8::from(*sample != 0));
        }
    }

    fn decode_rows(&self, canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
        let [height, width] = canvas.size();
        let row = width * self.nchannels * self.header.dtype.itemsize();
        let mut reader = self.source.reader();
        reader.seek(SeekFrom::Start(self.header.start))?;
        let most = canvas.strip_rows(row);
        let mut strip = zeroed::<u8>(most * row)?;
        for y in (0..height).step_by(most) {
            let rows = most.min(height - y);
            let strip = &mut strip[..rows * row];
            reader.read_exact(strip)?;
            self.undo(strip);
            let region = Region::new([y..y + rows, 0..width])?;
            canvas.put(&region, &Pixels::interleaved(0, self.nchannels, strip, row))?;
        }
        Ok(())
    }

    /// Columns one after the other: of each, the rows of a strip are read, so that no more than a
    /// strip is in memory.
    fn decode_columns(&self, canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
        let [height, width] = canvas.size();
        let itemsize = self.header.dtype.itemsize();
        let most = canvas.rows().min(height);
        let mut column = zeroed::<u8>(most * itemsize)?;
        let mut strip = zeroed::<u8>(most * width * itemsize)?;
        for y in (0..height).step_by(most) {
            let rows = most.min(height - y);
            for channel in (0..self.nchannels).filter(|&channel| canvas.wants(channel)) {
                for x in 0..width {
                    let column = &mut column[..rows * itemsize];
                    let index = (channel * width + x) as u64 * height as u64 + y as u64;
                    let offset = self.header.start + index * itemsize as u64;
                    self.source.read_exact_at(column, offset)?;
                    for (row, sample) in column.chunks_exact(itemsize).enumerate() {
                        let place = (row * width + x) * itemsize;
                        strip[place..place + itemsize].copy_from_slice(sample);
                    }
                }
                let strip = &mut strip[..rows * width * itemsize];
                self.undo(strip);
                let region = Region::new([y..y + rows, 0..width])?;
                canvas.put(&region, &Pixels::plane(channel, strip, width * itemsize))?;
            }
        }
        Ok(())
    }
}

impl Decoder for NpyDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        _part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let [height, width] = canvas.size();
        let pixel = self.nchannels * self.header.dtype.itemsize();
        self.limits.check_strip(width.saturating_mul(pixel))?;
        let nbytes =
            [height, width, pixel].iter().try_fold(1u64, |n, &len| n.checked_mul(len as u64));
        let end = nbytes.and_then(|nbytes| nbytes.checked_add(self.header.start));
        if end.is_none_or(|end| self.source.nbytes().is_ok_and(|found| found < end)) {
            return Err(FormatError::malformed("fewer elements than the shape has"));
        }
        match (height.min(width), self.header.is_fortran) {
            (0, _) => Ok(()),
            (_, false) => self.decode_rows(canvas),
            (_, true) => self.decode_columns(canvas),
        }
    }
}
