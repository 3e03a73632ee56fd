//! Rows of PNG files.

use png::{BitDepth, InterlaceInfo, Reader, Transformations};

use super::NAME;
use super::metadata::metadata_of;
use crate::array::zeroed;
use crate::dtype::DType;
use crate::error::Result;
use crate::format::names::{big_endian, color_names};
use crate::format::{
    Canvas, Decoder, FormatError, ImageInfo, PartInfo, Pixels, Source, SourceReader,
};
use crate::limits::Limits;
use crate::shape::Region;

#[derive(Debug)]
pub(super) struct PngDecoder {
    source: Source,
    limits: Limits,
    info: ImageInfo,
}

impl PngDecoder {
    pub(super) fn new(source: Source, limits: &Limits) -> Result<Self, FormatError> {
        let reader = open(&source, limits)?;
        let header = reader.info();
        let (color, depth) = reader.output_color_type();
        let dtype = if depth == BitDepth::Sixteen { DType::U16 } else { DType::U8 };
        let part = PartInfo::new([header.height as usize, header.width as usize]);
        let part = part.with_channels(color_names(color.samples()), dtype);
        let part = part.with_metadata(metadata_of(header)?);
        let info = ImageInfo::new(NAME, [part]);
        Ok(Self { source, limits: *limits, info })
    }
}

fn open(source: &Source, limits: &Limits) -> Result<Reader<SourceReader>, FormatError> {
    // Rows, palettes and texts: the crate counts what it allocates.
    let bytes = limits.strip_nbytes();
    let mut decoder = png::Decoder::new_with_limits(source.reader(), png::Limits { bytes });
    decoder.set_transformations(Transformations::EXPAND);
    Ok(decoder.read_info()?)
}

impl Decoder for PngDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        _part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let mut reader = open(&self.source, &self.limits)?;
        let (color, depth) = reader.output_color_type();
        let itemsize = if depth == BitDepth::Sixteen { 2 } else { 1 };
        let rows = Rows { nchannels: color.samples(), itemsize, size: canvas.size() };
        self.limits.check_strip(rows.row_nbytes())?;
        match reader.info().interlaced {
            false => rows.in_order(&mut reader, canvas),
            true => {
                let nbytes = rows.row_nbytes().saturating_mul(rows.size[0]);
                self.limits.check_strip(nbytes)?;
                rows.interlaced(&mut reader, canvas)
            }
        }
    }
}

/// What rows of pixels are like.
struct Rows {
    nchannels: usize,
    itemsize: usize,
    size: [usize; 2],
}

impl Rows {
    fn row_nbytes(&self) -> usize {
        self.size[1].saturating_mul(self.nchannels * self.itemsize)
    }

    fn put(
        &self,
        canvas: &Canvas<'_, '_>,
        y: usize,
        rows: usize,
        bytes: &mut [u8],
    ) -> Result<(), FormatError> {
        big_endian(self.itemsize, bytes);
        let pixels = Pixels::interleaved(0, self.nchannels, bytes, self.row_nbytes());
        canvas.put(&Region::new([y..y + rows, 0..self.size[1]])?, &pixels)
    }

    fn in_order(
        &self,
        reader: &mut Reader<SourceReader>,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let row_nbytes = self.row_nbytes();
        let most = canvas.strip_rows(row_nbytes);
        let mut strip = zeroed::<u8>(most * row_nbytes)?;
        let mut y = 0;
        while y < self.size[0] {
            let rows = most.min(self.size[0] - y);
            for row in strip.chunks_exact_mut(row_nbytes).take(rows) {
                if reader.read_row(row)?.is_none() {
                    return Err(FormatError::malformed("rows that are missing"));
                }
            }
            self.put(canvas, y, rows, &mut strip[..rows * row_nbytes])?;
            y += rows;
        }
        Ok(())
    }

    /// Puts an image together whose rows come in seven passes, of ever more pixels.
    fn interlaced(
        &self,
        reader: &mut Reader<SourceReader>,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let row_nbytes = self.row_nbytes();
        let mut image = zeroed::<u8>(row_nbytes.saturating_mul(self.size[0]))?;
        let bits = (self.nchannels * self.itemsize * 8) as u8;
        while let Some(row) = reader.next_interlaced_row()? {
            if let InterlaceInfo::Adam7(pass) = row.interlace() {
                png::expand_interlaced_row(&mut image, row_nbytes, row.data(), pass, bits);
            }
        }
        big_endian(self.itemsize, &mut image);
        canvas.put_image(&image, self.nchannels, self.itemsize)
    }
}
