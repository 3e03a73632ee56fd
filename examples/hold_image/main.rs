//! How much smaller is an image held compressed, and what does that cost?
//!
//! ```text
//! cargo run --release --example hold_image [FILE]
//! ```
//!
//! Decodes an EXR, PNG, JPEG or TIFF file (a bundled one if none is named), compresses each channel
//! in memory, reads it back, and prints sizes and times. Then it mirrors the image in place and
//! compares each pixel with the same done to an uncompressed copy.

mod decode;
mod measure;
mod plane;
mod table;

use std::error::Error;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ndpress::{Image, Options};

use crate::decode::{Picture, decode_file};
use crate::measure::Measured;
use crate::table::{Table, bytes, rate, ratio, time};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/tiled_cryptomatte.exr");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hold_image: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let path = path_from_arguments()?;
    let picture = decode_file(&path)?;
    print_title(&path, &picture)?;
    let image = hold(&picture)?;
    writeln!(stdout(), "\nHeld: {image}")?;
    mirror(picture, image)
}

fn path_from_arguments() -> Result<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().map_or_else(|| BUNDLED.into(), PathBuf::from);
    if arguments.next().is_some() || path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return Err("one file at a time, please: hold_image [FILE]".into());
    }
    Ok(path)
}

fn print_title(path: &Path, picture: &Picture) -> Result<()> {
    let Picture { format, height, width, planes } = picture;
    let name = path.file_name().unwrap_or(path.as_os_str()).display();
    let plural = if planes.len() == 1 { "" } else { "s" };
    writeln!(stdout(), "{name}: {format}, {width}×{height}, {} channel{plural}\n", planes.len())?;
    Ok(())
}

/// Compresses all channels, and prints a line for each.
fn hold(picture: &Picture) -> Result<Image> {
    let shape = [picture.height, picture.width];
    let mut image = Image::new(shape);
    let mut table = Table::new(&[
        "channel",
        "dtype",
        "raw",
        "held",
        "ratio",
        "compress",
        "read back",
        "64×64 window",
    ]);
    let mut total = Measured::default();
    for plane in &picture.planes {
        let (channel, measured) = plane.pixels.hold(shape, &Options::default())?;
        table.push(measured.row(&plane.name, &plane.pixels.dtype().to_string()));
        total += measured;
        image.push(&plane.name, channel)?;
    }
    // The truth about memory is what the image itself says.
    (total.nbytes, total.cbytes) = (image.nbytes(), image.cbytes());
    table.rule();
    table.push(total.row("total", ""));
    let speeds = [rate(total.nbytes, total.compress), rate(total.nbytes, total.read)];
    table.push([&[const { String::new() }; 5][..], &speeds, &[String::new()]].concat());
    write!(stdout(), "{table}")?;
    Ok(image)
}

/// Mirrors the image in place, and checks it against an uncompressed copy.
fn mirror(mut picture: Picture, mut image: Image) -> Result<()> {
    let start = Instant::now();
    for plane in &picture.planes {
        plane.pixels.mirror_channel(&mut image, &plane.name)?;
    }
    let elapsed = start.elapsed();
    for plane in &mut picture.planes {
        plane.pixels.mirror(picture.width);
        if !plane.pixels.matches(&image, &plane.name)? {
            return Err(format!("channel {:?} differs from its copy", plane.name).into());
        }
    }
    let (held, times) = (bytes(image.cbytes()), ratio(image.ratio()));
    writeln!(stdout(), "Mirrored in place in {}: {held}, {times}.", time(elapsed))?;
    writeln!(stdout(), "Each pixel of each channel is, bit for bit, as in an uncompressed copy.")?;
    Ok(())
}
