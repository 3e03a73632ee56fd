//! EXR files from bands of rows.

use std::ops::Range;

use exr::block::chunk::Chunk;
use exr::block::writer::ChunksWriter;
use exr::block::{BlockIndex, UncompressedBlock};
use exr::math::{RoundingMode, Vec2};
use exr::meta::attribute::{
    ChannelDescription, Compression, LevelMode, LineOrder, SampleType, Text, TileDescription,
};
use exr::meta::header::Header;
use exr::meta::{BlockDescription, Headers};

use super::attributes::add_attributes;
use super::{ExrCompression, NAME, name_of};
use crate::dtype::DType;
use crate::error::{InvalidArgument, Result};
use crate::format::names::size_u32;
use crate::format::{Band, Bands, FormatError, Output};
use crate::image::Image;
use crate::parallel::for_each;

/// Sizes above this are no valid windows: half of what 32 bits can count.
const MAX_LEN: u32 = i32::MAX as u32 / 2;

pub(super) fn encode(
    compression: ExrCompression,
    tile: Option<[u32; 2]>,
    image: &Image,
    out: &mut dyn Output,
) -> Result<(), FormatError> {
    let mut names: Vec<&str> = image.names().collect();
    names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let image = image.select(names)?;
    let header = header_of(compression, tile, &image)?;
    let headers: Headers = [header].into_iter().collect();
    // What went wrong in a band is not an error of the crate: it waits here.
    let mut failure = None;
    let written = exr::block::write(out, headers.clone(), true, |_, writer| {
        match write_blocks(&image, &headers, writer) {
            Ok(()) => Ok(()),
            Err(Failure::Exr(error)) => Err(error),
            Err(Failure::Image(error)) => {
                failure = Some(error);
                Err(exr::error::Error::Aborted)
            }
        }
    });
    match (failure, written) {
        (Some(error), _) => Err(error.into()),
        (None, written) => Ok(written?),
    }
}

enum Failure {
    Exr(exr::error::Error),
    Image(crate::Error),
}

impl From<exr::error::Error> for Failure {
    fn from(error: exr::error::Error) -> Self {
        Self::Exr(error)
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::Image(error)
    }
}

fn header_of(compression: ExrCompression, tile: Option<[u32; 2]>, image: &Image) -> Result<Header> {
    let [height, width] = size_u32(NAME, image, MAX_LEN)?;
    let mut channels = Vec::with_capacity(image.nchannels());
    for (name, channel) in image.channels() {
        let unfit = InvalidArgument::FormatDType {
            format: NAME,
            channel: name.to_owned(),
            dtype: channel.dtype(),
        };
        let sample_type = match channel.dtype() {
            DType::F16 => SampleType::F16,
            DType::F32 => SampleType::F32,
            DType::U32 => SampleType::U32,
            _ => return Err(unfit.into()),
        };
        let Some(text) = name_of(name) else {
            let setting = name.to_owned();
            return Err(InvalidArgument::FormatSetting { format: NAME, setting }.into());
        };
        channels.push(ChannelDescription::new(text, sample_type, sample_type != SampleType::F16));
    }
    if channels.is_empty() {
        return Err(InvalidArgument::FormatChannels { format: NAME, found: 0 }.into());
    }
    let compression = match compression {
        ExrCompression::None => Compression::Uncompressed,
        ExrCompression::Rle => Compression::RLE,
        ExrCompression::Zips => Compression::ZIP1,
        ExrCompression::Zip => Compression::ZIP16,
        ExrCompression::Piz => Compression::PIZ,
        ExrCompression::Pxr24 => Compression::PXR24,
        ExrCompression::B44 => Compression::B44,
        ExrCompression::B44a => Compression::B44A,
    };
    let blocks = match tile {
        None => BlockDescription::ScanLines,
        Some([rows, columns]) => {
            if !(1..=MAX_LEN).contains(&rows) || !(1..=MAX_LEN).contains(&columns) {
                let setting = "tile".to_owned();
                return Err(InvalidArgument::FormatSetting { format: NAME, setting }.into());
            }
            BlockDescription::Tiles(TileDescription {
                tile_size: Vec2(columns as usize, rows as usize),
                level_mode: LevelMode::Singular,
                rounding_mode: RoundingMode::Down,
            })
        }
    };
    let size = Vec2(width as usize, height as usize);
    let header = Header::new(Text::default(), size, channels.into()).with_encoding(
        compression,
        blocks,
        LineOrder::Increasing,
    );
    add_attributes(image.metadata(), header)
}

/// Compresses the blocks of each band in parallel, and writes them in order.
fn write_blocks(
    image: &Image,
    headers: &Headers,
    writer: &mut impl ChunksWriter,
) -> Result<(), Failure> {
    let header = &headers[0];
    let Vec2(columns, rows) = match header.blocks {
        BlockDescription::Tiles(tiles) => tiles.tile_size,
        BlockDescription::ScanLines => {
            Vec2(image.width(), header.compression.scan_lines_per_block())
        }
    };
    let mut bands = Bands::new(image, rows)?;
    let mut index = 0;
    while let Some(band) = bands.next_band()? {
        let mut blocks: Vec<(UncompressedBlock, Option<Chunk>)> = Vec::new();
        for y in (0..band.rows()).step_by(rows) {
            for x in (0..image.width()).step_by(columns) {
                let rows = y..(y + rows).min(band.rows());
                let columns = x..(x + columns).min(image.width());
                blocks.push((block_of(band, image.width(), rows, columns), None));
            }
        }
        let nbytes = blocks.first().map_or(0, |(block, _)| block.data.len());
        for_each(&mut blocks, nbytes, &|(block, chunk): &mut (
            UncompressedBlock,
            Option<Chunk>,
        )| {
            let block = std::mem::replace(
                block,
                UncompressedBlock { index: block.index, data: Vec::new() },
            );
            *chunk = Some(block.compress_to_chunk(headers)?);
            Ok::<_, exr::error::Error>(())
        })?;
        for chunk in blocks.into_iter().filter_map(|(_, chunk)| chunk) {
            writer.write_chunk(index, chunk)?;
            index += 1;
        }
    }
    Ok(())
}

/// Lines of a block, each with all samples of the first channel, then all of the second, and so on.
fn block_of(
    band: &Band,
    width: usize,
    rows: Range<usize>,
    columns: Range<usize>,
) -> UncompressedBlock {
    let mut data = Vec::new();
    for row in rows.clone() {
        for channel in 0..band.nchannels() {
            let itemsize = band.dtype(channel).itemsize();
            let start = (row * width + columns.start) * itemsize;
            data.extend_from_slice(&band.bytes(channel)[start..][..columns.len() * itemsize]);
        }
    }
    let index = BlockIndex {
        layer: 0,
        pixel_position: Vec2(columns.start, band.y() + rows.start),
        pixel_size: Vec2(columns.len(), rows.len()),
        level: Vec2(0, 0),
    };
    UncompressedBlock { index, data }
}
