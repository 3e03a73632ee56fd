//! Where in a picture are the bytes? A heat map of what each block is compressed to, beside the
//! channel itself.
//!
//! ```text
//! cargo run --release --features images --example block_map -- [FILE [CHANNEL [OUT.png]]]
//! ```
//!
//! Black blocks take nothing, white ones as many bytes as their pixels have, or more. The channel is
//! drawn from its least to its greatest finite value.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use ndpress::format::{ImageReader, Png};
use ndpress::image::{AnyChannel, Channel};
use ndpress::{DType, Image, Options, Region};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/forward.png");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("block_map: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let file = arguments.next().map_or_else(|| BUNDLED.into(), PathBuf::from);
    let name = arguments.next().map(|name| name.to_string_lossy().into_owned());
    let bundled_out = std::env::temp_dir().join("block_map.png");
    let out = arguments.next().map_or(bundled_out, PathBuf::from);

    let reader = ImageReader::new();
    let image = match &name {
        Some(name) => reader.channels([name]).open(&file)?,
        None => reader.channels([0]).open(&file)?,
    };
    let name = image.names().next().unwrap_or_default().to_owned();
    let channel = image.any_channel(0)?;
    let shares = shares_of(channel)?;
    let picture = picture_of(channel)?;
    side_by_side(&picture, &shares, channel.width())?.save_as(&out, &Png::new())?;
    println!("{}, channel {name}: {channel}", file.display());
    println!("the channel, and its blocks beside it: {}", out.display());
    Ok(())
}

/// What part of its size each pixel's block is compressed to, from 0 to 255.
fn shares_of(channel: &AnyChannel) -> Result<Vec<u8>> {
    let array = channel.as_array();
    let width = channel.width();
    let (chunk_shape, block_shape) = (*array.chunk_shape(), *array.block_shape());
    let mut shares = vec![0; channel.height() * width];
    for index in 0..array.nchunks() {
        // A chunk of the fill value is nowhere.
        let Some(chunk) = array.chunk(index)? else { continue };
        let region = array.chunk_region(index)?;
        let across = chunk_shape[1].div_ceil(block_shape[1]);
        let nbytes = block_shape[0] * block_shape[1] * channel.dtype().itemsize();
        for (block, cbytes) in chunk.blocks_cbytes().into_iter().enumerate() {
            let share = (cbytes * 255 / nbytes).min(255) as u8;
            let start = [block / across * block_shape[0], block % across * block_shape[1]];
            paint(&mut shares, width, &region, start, [block_shape[0], block_shape[1]], share);
        }
    }
    Ok(shares)
}

/// Sets the pixels of a block, as far as they are in the chunk's region.
fn paint(
    pixels: &mut [u8],
    width: usize,
    region: &Region,
    start: [usize; 2],
    shape: [usize; 2],
    value: u8,
) {
    let end = [0, 1].map(|axis| (start[axis] + shape[axis]).min(region.shape()[axis]));
    for y in start[0]..end[0] {
        let row = (region.start()[0] + y) * width + region.start()[1];
        pixels[row + start[1]..row + end[1].max(start[1])].fill(value);
    }
}

/// The channel in 256 shades.
fn picture_of(channel: &AnyChannel) -> Result<Vec<u8>> {
    let values = values_of(channel)?;
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = (finite().fold(f64::MAX, f64::min), finite().fold(f64::MIN, f64::max));
    let scale = if most > least { 255.0 / (most - least) } else { 0.0 };
    // NaN becomes 0.
    Ok(values.into_iter().map(|value| ((value - least) * scale).round() as u8).collect())
}

fn values_of(channel: &AnyChannel) -> Result<Vec<f64>> {
    macro_rules! values {
        ($($variant:ident: $type:ty),*) => {
            match channel.dtype() {
                $(DType::$variant => {
                    let values = channel.as_typed::<$type>()?.to_vec()?;
                    Ok(values.into_iter().map(|value| value as f64).collect())
                })*
                DType::F16 => {
                    let values = channel.as_typed::<ndpress::half::f16>()?.to_vec()?;
                    Ok(values.into_iter().map(f64::from).collect())
                }
                other => Err(format!("a channel of {other} has no shades").into()),
            }
        };
    }
    values!(U8: u8, U16: u16, U32: u32, U64: u64, I8: i8, I16: i16, I32: i32, I64: i64, F32: f32, F64: f64)
}

/// The channel in grey, and its blocks from black by red and yellow to white.
fn side_by_side(picture: &[u8], shares: &[u8], width: usize) -> Result<Image> {
    let height = picture.len() / width.max(1);
    let heat = |share: u8, from: u16| ((u16::from(share) * 3).saturating_sub(from)).min(255) as u8;
    let mut image = Image::new([height, 2 * width]);
    for (name, from) in [("R", 0), ("G", 255), ("B", 510)] {
        let rows = picture.chunks(width).zip(shares.chunks(width));
        let pixels: Vec<u8> = rows
            .flat_map(|(picture, shares)| {
                picture.iter().copied().chain(shares.iter().map(move |&share| heat(share, from)))
            })
            .collect();
        let channel = Channel::from_slice(&pixels, [height, 2 * width], &Options::default())?;
        image.push(name, channel)?;
    }
    Ok(image)
}
