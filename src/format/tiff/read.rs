//! Strips and tiles of TIFF files.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use tiff::decoder::{Decoder as TiffReader, TiffCodingUnit};
use tiff::tags::ByteOrder;

use super::NAME;
use super::bits::unpack;
use super::layout::{Compression, Layout};
use super::predictor::{Predictor, RowShape};
use super::streams;
use super::tags::metadata_of;
use crate::array::zeroed;
use crate::format::names::swap_bytes;
use crate::format::{
    Canvas, Decoder, FormatError, ImageInfo, PartInfo, Pixels, Source, SourceReader,
};
use crate::limits::Limits;
use crate::shape::Region;

#[derive(Debug)]
pub(super) struct TiffDecoder {
    source: Source,
    limits: Limits,
    info: ImageInfo,
}

fn open(source: &Source, limits: &Limits) -> Result<TiffReader<SourceReader>, FormatError> {
    check_first_directory(source)?;
    let mut bounds = tiff::decoder::Limits::default();
    // Of values, no more can be there than there are bytes; of a byte, the crate makes 32.
    let nbytes = usize::try_from(source.nbytes()?).unwrap_or(usize::MAX);
    bounds.decoding_buffer_size = limits.strip_nbytes().min(nbytes.saturating_mul(32));
    bounds.intermediate_buffer_size = limits.strip_nbytes();
    bounds.ifd_value_size = limits.frame_nbytes().min(nbytes);
    Ok(TiffReader::new(source.reader())?.with_limits(bounds))
}

/// Checks that the values of the first directory are no longer than the file: the crate reads it
/// before it can be told a limit, and takes memory for as many as it says.
fn check_first_directory(source: &Source) -> Result<(), FormatError> {
    let nbytes = source.nbytes()?;
    let mut reader = source.reader();
    let mut start = [0; 16];
    let len = start.len().min(usize::try_from(nbytes).unwrap_or(start.len()));
    reader.read_exact(&mut start[..len])?;
    let (is_little_endian, is_big) = (start[0] == b'I', start[2] == 43 || start[3] == 43);
    let number = |bytes: &[u8]| {
        let digit = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match is_little_endian {
            true => bytes.iter().rev().fold(0, digit),
            false => bytes.iter().fold(0, digit),
        }
    };
    // Widths of the count of entries, and of an entry; tag and type come before the count in it.
    let (place, count_nbytes, entry_nbytes) =
        if is_big { (number(&start[8..16]), 8, 20) } else { (number(&start[4..8]), 2, 12) };
    reader.seek(SeekFrom::Start(place))?;
    let mut count = [0; 8];
    reader.read_exact(&mut count[..count_nbytes])?;
    for _ in 0..number(&count[..count_nbytes]) {
        let mut entry = [0; 20];
        reader.read_exact(&mut entry[..entry_nbytes])?;
        let values = number(&entry[4..4 + (entry_nbytes - 4) / 2]);
        if values > nbytes {
            return Err(FormatError::malformed("a list of values that is longer than the file"));
        }
    }
    Ok(())
}

impl TiffDecoder {
    pub(super) fn new(source: Source, limits: &Limits) -> Result<Self, FormatError> {
        let mut reader = open(&source, limits)?;
        let mut parts = vec![part_of(&mut reader)?];
        while reader.more_images() {
            // A later page that cannot be read is there all the same, without channels.
            let page = reader.next_image().map_err(FormatError::from);
            let part = page.and_then(|()| part_of(&mut reader));
            let is_readable = part.is_ok();
            parts.push(part.unwrap_or_else(|_| PartInfo::new([0, 0])));
            if !is_readable && reader.ifd_pointer().is_none() {
                break;
            }
        }
        let info = ImageInfo::new(NAME, parts);
        Ok(Self { source, limits: *limits, info })
    }
}

fn part_of(reader: &mut TiffReader<SourceReader>) -> Result<PartInfo, FormatError> {
    let layout = Layout::of(reader)?;
    let metadata = metadata_of(reader)?;
    let mut part = PartInfo::new(layout.size).with_tile(layout.tile);
    if let Some(name) = metadata.get("PageName").and_then(|name| name.as_str()) {
        part = part.with_name(name);
    }
    part = part.with_channels(layout.names, layout.dtype);
    Ok(part.with_metadata(metadata))
}

impl Decoder for TiffDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let mut reader = open(&self.source, &self.limits)?;
        reader.seek_to_image(part)?;
        let layout = Layout::of(&mut reader)?;
        self.limits.check_strip(layout.row_nbytes())?;
        if let Compression::Other(_) = layout.compression {
            return self.decode_others(&layout, &mut reader, canvas);
        }
        let [rows, columns] = layout.counts();
        let planes = layout.planes();
        let layout = Arc::new(layout);
        for row in 0..rows {
            for column in 0..columns {
                for plane in (0..planes).filter(|&plane| planes == 1 || canvas.wants(plane)) {
                    let index = (plane * rows + row) * columns + column;
                    let (layout, source) = (layout.clone(), self.source.clone());
                    canvas.spawn(move |canvas| {
                        Tile { layout: &layout, plane, place: [row, column], index }
                            .decode(&source, canvas)
                    });
                }
            }
        }
        Ok(())
    }
}

/// A strip or tile.
struct Tile<'l> {
    layout: &'l Layout,
    /// The first band in it.
    plane: usize,
    place: [usize; 2],
    index: usize,
}

impl Tile<'_> {
    fn decode(&self, source: &Source, canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
        let layout = self.layout;
        let start = [0, 1].map(|axis| self.place[axis] * layout.tile[axis]);
        let len = |axis: usize| layout.tile[axis].min(layout.size[axis] - start[axis]);
        let (rows, columns) = (len(0), len(1));
        let (offset, nbytes) = (layout.offsets[self.index], layout.nbytes[self.index]);
        let mut reader = source.reader();
        reader.seek(SeekFrom::Start(offset))?;
        let mut stream: Box<dyn Read> = match (offset, nbytes) {
            // GDAL leaves out tiles that were never written.
            (0, 0) => Box::new(io::repeat(0)),
            _ => streams::open(layout.compression, reader.take(nbytes))?,
        };
        let row_nbytes = layout.row_nbytes();
        let most = canvas.strip_rows(row_nbytes).min(rows);
        let mut bytes = zeroed::<u8>(most * row_nbytes)?;
        let mut samples = Vec::new();
        let nbands = layout.tile_bands();
        let out_nbytes = layout.tile[1] * nbands * layout.dtype.itemsize();
        let mut y = 0;
        while y < rows {
            let count = most.min(rows - y);
            let bytes = &mut bytes[..count * row_nbytes];
            stream.read_exact(bytes)?;
            for row in bytes.chunks_exact_mut(row_nbytes) {
                self.undo(row, &mut samples);
            }
            let bytes = self.whole(bytes, row_nbytes, &mut samples);
            let region =
                Region::new([start[0] + y..start[0] + y + count, start[1]..start[1] + columns])?;
            canvas.put(&region, &Pixels::interleaved(self.plane, nbands, bytes, out_nbytes))?;
            y += count;
        }
        Ok(())
    }

    /// Brings a row to samples in the machine's byte order, as far as they are whole bytes.
    fn undo(&self, row: &mut [u8], scratch: &mut Vec<u8>) {
        let layout = self.layout;
        // Complex numbers are two floats each.
        let itemsize = match layout.bits {
            128 => 8,
            64 if layout.dtype == crate::DType::Complex64 => 4,
            _ => layout.dtype.itemsize(),
        };
        let shape = RowShape { itemsize, stride: layout.tile_bands() };
        if layout.predictor == Predictor::Float {
            return shape.sum_floats(row, scratch);
        }
        let is_native = (layout.order == ByteOrder::LittleEndian) == cfg!(target_endian = "little");
        if !is_native && layout.bits.is_multiple_of(16) {
            swap_bytes(itemsize, row);
        }
        if layout.predictor == Predictor::Horizontal {
            shape.sum(row);
        }
    }

    /// Rows of whole samples.
    fn whole<'b>(&self, bytes: &'b [u8], row_nbytes: usize, samples: &'b mut Vec<u8>) -> &'b [u8] {
        let layout = self.layout;
        if layout.bits == 8 * layout.dtype.itemsize() {
            return bytes;
        }
        let nbands = layout.tile_bands();
        samples.clear();
        for row in bytes.chunks_exact(row_nbytes) {
            let nitems = layout.tile[1] * nbands;
            match layout.dtype.itemsize() {
                1 => unpack(layout.bits, row, |sample| samples.push(sample as u8), nitems),
                _ => unpack(
                    layout.bits,
                    row,
                    |sample| samples.extend_from_slice(&sample.to_ne_bytes()),
                    nitems,
                ),
            }
        }
        samples
    }
}

impl TiffDecoder {
    /// Decodes what only the crate knows to decompress: whole strips and tiles, one after the other.
    fn decode_others(
        &self,
        layout: &Layout,
        reader: &mut TiffReader<SourceReader>,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        if layout.bits != 8 * layout.dtype.itemsize() {
            return Err(FormatError::unsupported("this compression of samples of this size"));
        }
        let [rows, columns] = layout.counts();
        let bands = layout.tile_bands();
        for index in 0..rows * columns {
            let unit = TiffCodingUnit(u32::try_from(index).unwrap_or(u32::MAX));
            let shape = reader.image_coding_unit_layout(unit)?;
            self.limits.check_strip(shape.complete_len)?;
            let mut bytes = zeroed::<u8>(shape.complete_len)?;
            reader.read_coding_unit_bytes(unit, &mut bytes)?;
            if layout.is_jpeg_ycbcr && !layout.is_planar && layout.nbands == 3 {
                bytes.as_chunks_mut().0.iter_mut().for_each(rgb_of_ycbcr);
            }
            let start = [index / columns * layout.tile[0], index % columns * layout.tile[1]];
            let end = [0, 1].map(|axis| (start[axis] + layout.tile[axis]).min(layout.size[axis]));
            let region = Region::new([start[0]..end[0], start[1]..end[1]])?;
            let row_nbytes = (end[1] - start[1]) * bands * layout.dtype.itemsize();
            let plane_nbytes = row_nbytes * (end[0] - start[0]);
            for (plane, bytes) in bytes.chunks_exact(plane_nbytes).enumerate() {
                canvas.put(&region, &Pixels::interleaved(plane, bands, bytes, row_nbytes))?;
            }
        }
        Ok(())
    }
}

/// Turns brightness and differences of colours into red, green and blue.
///
/// Source: ITU-T T.871 (JFIF), clause 7.
fn rgb_of_ycbcr(pixel: &mut [u8; 3]) {
    let [y, cb, cr] = pixel.map(f32::from);
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    // `as` saturates.
    *pixel = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|value| value.round() as u8);
}
