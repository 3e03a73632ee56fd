//! Image files of other formats, read and written.
#![cfg(feature = "images")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/allocations.rs"]
mod allocations;
mod canvas;
mod choices;
mod damage;
mod memory;
mod metadata;
mod scenarios;
mod writing;

use std::io::Cursor;
use std::path::PathBuf;

use ndpress::format::Format;
use ndpress::{Image, Options};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// The cryptomatte of compressed-image: 45 channels of `f32`, 320 × 180, in tiles.
fn cryptomatte() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/data/tiled_cryptomatte.exr")
}

/// A diagram, RGBA of `u8`.
fn diagram() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/data/forward.png")
}

/// An image whose channels differ, from a function of channel, row and column.
fn image_of<T: ndpress::Element>(
    names: &[&str],
    [height, width]: [usize; 2],
    value: impl Fn(usize, usize, usize) -> T,
) -> Image {
    let planes: Vec<Vec<T>> = (0..names.len())
        .map(|c| (0..height * width).map(|i| value(c, i / width, i % width)).collect())
        .collect();
    let image = Image::from_planar(&planes, [height, width], &Options::default()).unwrap();
    image.with_names(names.iter().copied()).unwrap()
}

/// A ramp with some noise.
fn ramp(c: usize, y: usize, x: usize) -> u16 {
    (c * 7000 + y * 40 + x * 9 + (x * 31 + y * 17) % 23) as u16
}

fn encoded(image: &Image, format: &dyn Format) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.encode(format, &mut out).unwrap();
    out.into_inner()
}
