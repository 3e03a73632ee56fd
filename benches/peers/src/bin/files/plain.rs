//! The decoders that ndpress uses, into one plane of plain memory for each channel.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use exr::block::reader::ChunksReader;
use png::Transformations;
use tiff::decoder::{ChunkType, Decoder, Limits};
use zune_jpeg::JpegDecoder;

use crate::Result;

pub(crate) fn read(path: &Path) -> Result<Vec<Vec<u8>>> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let reader = BufReader::new(File::open(path)?);
    match ending.as_str() {
        "exr" => read_exr(reader),
        "png" => read_png(reader),
        "tif" | "tiff" => read_tiff(reader),
        "jpg" | "jpeg" => read_jpeg(reader),
        _ => Err("no plain decoder for this ending".into()),
    }
}

/// By the crate's own threads, as it does by default.
fn read_exr(reader: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let reader = exr::block::read(reader, false)?;
    let header = reader.headers()[0].clone();
    let (width, height) = (header.layer_size.0, header.layer_size.1);
    let sizes: Vec<usize> =
        header.channels.list.iter().map(|c| c.sample_type.bytes_per_sample()).collect();
    let mut planes: Vec<Vec<u8>> =
        sizes.iter().map(|size| vec![0; width * height * size]).collect();
    reader
        .filter_chunks(false, |_, _, block| block.layer == 0 && block.level.0 == 0)?
        .decompress_parallel(false, |_, block| {
            let (x, y) = (block.index.pixel_position.0, block.index.pixel_position.1);
            let columns = block.index.pixel_size.0;
            let mut at = 0;
            for row in y..y + block.index.pixel_size.1 {
                for (plane, size) in planes.iter_mut().zip(&sizes) {
                    let n = columns * size;
                    plane[(row * width + x) * size..][..n].copy_from_slice(&block.data[at..at + n]);
                    at += n;
                }
            }
            Ok(())
        })?;
    Ok(planes)
}

fn read_png(reader: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let mut decoder = png::Decoder::new(reader);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let (color, depth) = reader.output_color_type();
    let size = if depth == png::BitDepth::Sixteen { 2 } else { 1 };
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let channels = color.samples();
    let mut planes = vec![vec![0; width * height * size]; channels];
    let mut y = 0;
    while let Some(row) = reader.next_row()? {
        split(row.data(), channels, size, true, &mut planes, y * width);
        y += 1;
    }
    Ok(planes)
}

fn read_tiff(reader: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let mut decoder = Decoder::new(reader)?.with_limits(Limits::unlimited());
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (width as usize, height as usize);
    let color = decoder.colortype()?;
    let (channels, size) = (usize::from(color.num_samples()), usize::from(color.bit_depth()) / 8);
    let mut planes = vec![vec![0; width * height * size]; channels];
    let count = match decoder.get_chunk_type() {
        ChunkType::Strip => decoder.strip_count()?,
        ChunkType::Tile => decoder.tile_count()?,
    };
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let across = width.div_ceil(chunk_width as usize);
    for index in 0..count {
        let (columns, rows) = decoder.chunk_data_dimensions(index);
        let (columns, rows) = (columns as usize, rows as usize);
        let mut chunk = vec![0; columns * rows * channels * size];
        decoder.read_chunk_bytes(index, &mut chunk)?;
        let x = index as usize % across * chunk_width as usize;
        let y = index as usize / across * chunk_height as usize;
        for (row, bytes) in chunk.chunks_exact(columns * channels * size).enumerate() {
            split(bytes, channels, size, false, &mut planes, (y + row) * width + x);
        }
    }
    Ok(planes)
}

fn read_jpeg(reader: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let mut decoder = JpegDecoder::new(reader);
    let pixels = decoder.decode()?;
    let channels = decoder.output_colorspace().ok_or("no colours")?.num_components();
    let mut planes = vec![vec![0; pixels.len() / channels]; channels];
    split(&pixels, channels, 1, false, &mut planes, 0);
    Ok(planes)
}

/// Takes interleaved samples apart, to planes from pixel `at` on; a loop as anyone would write it.
fn split(src: &[u8], channels: usize, size: usize, swap: bool, planes: &mut [Vec<u8>], at: usize) {
    for (c, plane) in planes.iter_mut().enumerate() {
        match (size, swap) {
            (1, _) => {
                let plane = plane[at..].iter_mut();
                for (sample, pixel) in plane.zip(src.chunks_exact(channels)) {
                    *sample = pixel[c];
                }
            }
            (2, true) => {
                let (plane, _) = plane[at * 2..].as_chunks_mut::<2>();
                for (sample, pixel) in plane.iter_mut().zip(src.chunks_exact(channels * 2)) {
                    *sample = [pixel[c * 2 + 1], pixel[c * 2]];
                }
            }
            (size, _) => {
                let plane = plane[at * size..].chunks_exact_mut(size);
                for (sample, pixel) in plane.zip(src.chunks_exact(channels * size)) {
                    sample.copy_from_slice(&pixel[c * size..][..size]);
                }
            }
        }
    }
}
