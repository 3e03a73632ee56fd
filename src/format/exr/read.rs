//! Blocks of EXR files.

use std::collections::HashSet;
use std::sync::Arc;

use exr::block::chunk::{Chunk, CompressedBlock};
use exr::block::{UncompressedBlock, read};
use exr::math::Vec2;
use exr::meta::attribute::{LevelMode, SampleType};
use exr::meta::header::Header;
use exr::meta::{BlockDescription, MetaData, compute_level_count, compute_level_size};

use super::attributes::metadata_of;
use super::{NAME, decoded};
use crate::dtype::DType;
use crate::format::{Canvas, Decoder, FormatError, ImageInfo, PartInfo, Pixels, Source};
use crate::limits::Limits;
use crate::shape::Region;

#[derive(Debug)]
pub(super) struct ExrDecoder {
    source: Source,
    limits: Limits,
    meta: Arc<MetaData>,
    info: ImageInfo,
}

impl ExrDecoder {
    pub(super) fn new(source: Source, limits: &Limits) -> Result<Self, FormatError> {
        let meta = read(source.reader(), false)?.into_meta_data();
        // More blocks than the crate can count again.
        if meta.headers.iter().any(|header| i32::try_from(header.chunk_count).is_err()) {
            return Err(FormatError::malformed("more blocks than 32 bits count"));
        }
        let info = ImageInfo::new(NAME, meta.headers.iter().map(part_of));
        Ok(Self { source, limits: *limits, meta: Arc::new(meta), info })
    }

    /// The header of a part that can be decoded.
    fn header(&self, part: usize) -> Result<&Header, FormatError> {
        let header = self.meta.headers.get(part);
        let header = header.ok_or_else(|| FormatError::malformed("a part that is not there"))?;
        if header.deep {
            return Err(FormatError::unsupported("deep data"));
        }
        if header.channels.list.iter().any(|channel| channel.sampling != Vec2(1, 1)) {
            return Err(FormatError::unsupported("a channel with fewer pixels than others"));
        }
        let lines = match header.blocks {
            BlockDescription::Tiles(tiles) => tiles.tile_size,
            BlockDescription::ScanLines => {
                Vec2(header.layer_size.0, header.compression.scan_lines_per_block())
            }
        };
        let nbytes = lines.0.saturating_mul(lines.1);
        self.limits.check_strip(nbytes.saturating_mul(header.channels.bytes_per_pixel))?;
        Ok(header)
    }
}

fn part_of(header: &Header) -> PartInfo {
    let Vec2(width, height) = header.layer_size;
    let mut part = PartInfo::new([height, width]);
    if let Some(name) = &header.own_attributes.layer_name {
        part = part.with_name(decoded(name.as_slice()));
    }
    for channel in &header.channels.list {
        part = part.with_channel(decoded(channel.name.as_slice()), dtype_of(channel.sample_type));
    }
    match header.blocks {
        BlockDescription::ScanLines => {
            part = part.with_tile([header.compression.scan_lines_per_block(), width]);
        }
        BlockDescription::Tiles(tiles) => {
            let Vec2(columns, rows) = tiles.tile_size;
            part = part.with_tile([rows, columns]);
            if tiles.level_mode != LevelMode::Singular {
                let round = tiles.rounding_mode;
                // Of both axes' levels, those that both have been made smaller for.
                let count = match tiles.level_mode {
                    LevelMode::MipMap => compute_level_count(round, width.max(height)),
                    _ => compute_level_count(round, width.min(height)),
                };
                for level in 1..count {
                    let size = [height, width].map(|len| compute_level_size(round, len, level));
                    part = part.with_level(size);
                }
            }
        }
    }
    part.with_metadata(metadata_of(header))
}

fn dtype_of(sample_type: SampleType) -> DType {
    match sample_type {
        SampleType::F16 => DType::F16,
        SampleType::F32 => DType::F32,
        SampleType::U32 => DType::U32,
    }
}

impl Decoder for ExrDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        part: usize,
        level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        self.header(part)?;
        let level = Vec2(level, level);
        let reader = read(self.source.reader(), false)?;
        let chunks = reader
            .filter_chunks(false, |_, _, block| block.layer == part && block.level == level)?;
        let mut seen = HashSet::new();
        for chunk in chunks {
            let chunk = chunk?;
            // Tables of offsets may lead to any chunk, and to one of them twice.
            if chunk.layer_index != part || !seen.insert(place_of(&chunk)) {
                return Err(FormatError::malformed("a table of offsets that names other blocks"));
            }
            let meta = self.meta.clone();
            canvas.spawn(move |canvas| decode_block(chunk, &meta, level, canvas));
        }
        Ok(())
    }
}

/// Where a block is: its line, or its tile and level.
fn place_of(chunk: &Chunk) -> [usize; 4] {
    match &chunk.compressed_block {
        CompressedBlock::Tile(tile) => {
            let (tile, level) = (tile.coordinates.tile_index, tile.coordinates.level_index);
            [tile.0, tile.1, level.0, level.1]
        }
        CompressedBlock::ScanLine(block) => [block.y_coordinate as usize, 0, 0, 0],
        _ => [0; 4],
    }
}

fn decode_block(
    chunk: Chunk,
    meta: &MetaData,
    level: Vec2<usize>,
    canvas: &Canvas<'_, '_>,
) -> Result<(), FormatError> {
    let header = &meta.headers[chunk.layer_index];
    let block = UncompressedBlock::decompress_chunk(chunk, meta, false)?;
    let (Vec2(x, y), Vec2(columns, rows)) = (block.index.pixel_position, block.index.pixel_size);
    let row_nbytes = columns * header.channels.bytes_per_pixel;
    if block.index.level != level || block.data.len() != rows * row_nbytes {
        return Err(FormatError::malformed("a block of another size than its place"));
    }
    let region = Region::new([y..y + rows, x..x + columns])?;
    // Each line has all samples of the first channel, then all of the second, and so on.
    let mut offset = 0;
    for (index, channel) in header.channels.list.iter().enumerate() {
        canvas.put(&region, &Pixels::plane(index, &block.data[offset..], row_nbytes))?;
        offset += columns * channel.sample_type.bytes_per_sample();
    }
    Ok(())
}
