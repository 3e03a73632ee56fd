//! The other side of `images.py`: decodes image files that other programs wrote, and writes its own.
//!
//! ```text
//! images decode FROM TO     decodes all files of a folder; pixels as .npy, a folder for each file
//! images write FROM TO      writes all files of a folder anew, in every format that can hold them
//! ```

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ndpress::format::{
    Exr, ExrCompression, Format, ImageReader, Npy, Png, PngCompression, Pnm, Tiff, TiffCompression,
};
use ndpress::{Image, InvalidArgument};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["decode", from, to] => decode(Path::new(from), Path::new(to)),
        ["write", from, to] => write(Path::new(from), Path::new(to)),
        _ => Err("images decode FROM TO | images write FROM TO".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("images: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The files of a folder, without the folders of what is expected of them.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Decodes all parts and levels of all files. Those behind the first are `NAME.P.L`.
fn decode(from: &Path, to: &Path) -> Result<()> {
    let mut count = 0;
    for path in files(from)? {
        let folder = to.join(name(&path));
        let info = match Image::probe(&path) {
            Ok(info) => info,
            Err(error) => {
                refuse(&folder, &error)?;
                continue;
            }
        };
        for (part, about) in info.parts().iter().enumerate() {
            for level in 0..about.levels().len() {
                let folder = match (part, level) {
                    (0, 0) => folder.clone(),
                    _ => to.join(format!("{}.{part}.{level}", name(&path))),
                };
                match ImageReader::new().part(part).level(level).open(&path) {
                    Ok(image) => dump(&image, info.format(), &folder)?,
                    Err(error) => refuse(&folder, &error)?,
                }
                count += 1;
            }
        }
    }
    println!("{count} images decoded");
    Ok(())
}

fn refuse(folder: &Path, error: &ndpress::Error) -> Result<()> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join("error.txt"), error.to_string())?)
}

/// Writes each channel by what `.npy` files are written with, and says what they are.
fn dump(image: &Image, format: &str, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut channels = Vec::new();
    for (index, (name, channel)) in image.channels().enumerate() {
        channels.push(json!({"name": name, "dtype": channel.dtype().numpy()}));
        let alone = image.select([index])?;
        alone.save_as(folder.join(format!("{index}.npy")), &Npy)?;
    }
    let info = json!({
        "format": format, "height": image.height(), "width": image.width(), "channels": channels,
    });
    Ok(fs::write(folder.join("info.json"), info.to_string())?)
}

/// Writes all files anew, beside what is expected of them.
fn write(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let formats: Vec<(&str, Box<dyn Format>)> = vec![
        ("none.exr", Box::new(Exr::new().compression(ExrCompression::None))),
        ("rle.exr", Box::new(Exr::new().compression(ExrCompression::Rle))),
        ("zips.exr", Box::new(Exr::new().compression(ExrCompression::Zips))),
        ("zip.exr", Box::new(Exr::new())),
        ("piz.exr", Box::new(Exr::new().compression(ExrCompression::Piz))),
        ("tiles.exr", Box::new(Exr::new().tile([32, 48]))),
        ("none.tif", Box::new(Tiff::new().compression(TiffCompression::None))),
        ("lzw.tif", Box::new(Tiff::new().compression(TiffCompression::Lzw).no_predictor())),
        ("lzw2.tif", Box::new(Tiff::new().compression(TiffCompression::Lzw))),
        ("deflate.tif", Box::new(Tiff::new())),
        ("zstd.tif", Box::new(Tiff::new().compression(TiffCompression::Zstd))),
        ("png", Box::new(Png::new())),
        ("fast.png", Box::new(Png::new().compression(PngCompression::Fast))),
        ("pnm", Box::new(Pnm)),
        ("npy", Box::new(Npy)),
    ];
    let (mut written, mut refused) = (0, 0);
    for path in files(from)? {
        let Ok(image) = Image::open(&path) else { continue };
        for (ending, format) in &formats {
            let file = format!("{}.{ending}", name(&path).replace('.', "_"));
            match image.save_as(to.join(&file), &**format) {
                Ok(()) => {
                    dump(&image, format.name(), &to.join(format!("{file}.expected")))?;
                    written += 1;
                }
                Err(ndpress::Error::InvalidArgument(error)) if is_of_the_format(&error) => {
                    refused += 1;
                }
                Err(error) => return Err(format!("{file}: {error}").into()),
            }
            if to.join(&file).exists() && !Image::open(to.join(&file))?.nbytes().eq(&image.nbytes())
            {
                return Err(format!("{file}: read back with another size").into());
            }
        }
    }
    println!("{written} files written, {refused} formats cannot hold what they were to");
    Ok(())
}

fn is_of_the_format(error: &InvalidArgument) -> bool {
    matches!(
        error,
        InvalidArgument::FormatDType { .. }
            | InvalidArgument::FormatMixedDTypes { .. }
            | InvalidArgument::FormatChannels { .. }
            | InvalidArgument::FormatSize { .. }
            | InvalidArgument::FormatSetting { .. }
    )
}
