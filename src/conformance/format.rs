//! The suite for formats of image files.

use std::io::Cursor;

use crate::array::Options;
use crate::error::Error;
use crate::format::{Format, ImageReader, Source};
use crate::image::{Channel, Image};

/// Proves that `format` keeps the contract of [`Format`], for files of it, and for images that it
/// can hold if it writes: what is written is recognized, and holds the same pixels under the same
/// names, or under numbers; the same image gives the same bytes; channels are the same alone and in another order;
/// header and pixels agree; and files that end early, or have other bytes, are no reason to panic.
///
/// ```
/// # #[cfg(feature = "pnm")]
/// ndpress::conformance::format(&ndpress::format::Pnm, &[b"P5 3 1 255 abc"]);
/// ```
///
/// # Panics
/// At the first breach of the contract; also if the format neither writes an image nor has files to
/// be read.
pub fn format<F: Format + Copy + 'static>(format: &F, files: &[&[u8]]) {
    let mut count = 0;
    for file in files {
        check_file(format, file);
        count += 1;
    }
    for image in images() {
        let Some(file) = written(format, &image) else { continue };
        let again = written(format, &image);
        assert!(again.as_ref() == Some(&file), "{}: other bytes the second time", format.name());
        let read = check_file(format, &file);
        check_pixels(format, &image, &read);
        count += 1;
    }
    assert!(count > 0, "{}: nothing to read and nothing to write", format.name());
}

/// Checks that the same pixels come back: by their names, in whatever order; or by their places, if the
/// format has numbers for names.
fn check_pixels(format: &dyn Format, image: &Image, read: &Image) {
    let is_numbered = read.names().enumerate().all(|(i, name)| name == i.to_string());
    assert_eq!(read.nchannels(), image.nchannels(), "{}", format.name());
    for (index, (name, channel)) in image.channels().enumerate() {
        let found = match is_numbered {
            true => read.any_channel(index),
            false => read.any_channel(name),
        };
        let same = found.and_then(|found| found.content_eq(channel));
        assert!(same.is_ok_and(|same| same), "{}: {name:?} is not the same", format.name());
    }
}

/// Images of some sizes, types and names.
fn images() -> Vec<Image> {
    let mut images = Vec::new();
    for [height, width] in [[1, 1], [3, 50], [70, 33], [300, 200]] {
        for names in
            [&["Y"][..], &["R", "G", "B"], &["R", "G", "B", "A"], &["0", "1", "2", "3", "4"]]
        {
            macro_rules! push {
                ($($type:ty),*) => {$({
                    let mut image = Image::new([height, width]);
                    for (index, name) in names.iter().enumerate() {
                        let pixels: Vec<$type> = (0..height * width)
                            .map(|i| ((i % width) * 3 + i / width * 7 + index * 50 + i % 3) as u8)
                            .map(|value| <$type>::from(value))
                            .collect();
                        let options = Options::default();
                        let channel = Channel::from_slice(&pixels, [height, width], &options);
                        let pushed = channel.and_then(|channel| image.push(*name, channel));
                        assert!(pushed.is_ok(), "samples are sound");
                    }
                    images.push(image);
                })*};
            }
            push!(u8, u16, u32, u64, i16, i32, i64, half::f16, f32, f64);
        }
    }
    images
}

/// The file of an image; `None` if the format says that it cannot hold it, or never writes.
fn written(format: &dyn Format, image: &Image) -> Option<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    match image.encode(format, &mut out) {
        Ok(()) => Some(out.into_inner()),
        Err(Error::InvalidArgument(_) | Error::Unsupported(_)) => {
            assert!(out.get_ref().is_empty(), "{}: refused too late", format.name());
            None
        }
        Err(error) => panic!("{}: {error}", format.name()),
    }
}

fn check_file<F: Format + Copy + 'static>(format: &F, file: &[u8]) -> Image {
    let start = &file[..file.len().min(crate::format::START_NBYTES)];
    assert!(format.recognizes(start), "{}: a file is not recognized", format.name());
    let reader = ImageReader::new().format(*format);
    let read = |reader: &ImageReader<'_>| reader.read(file.to_vec());
    let image = match read(&reader) {
        Ok(image) => image,
        Err(error) => panic!("{}: {error}", format.name()),
    };
    check_header(format, &reader, file, &image);
    let reversed = image.names().rev().map(str::to_owned).collect::<Vec<_>>();
    match read(&reader.clone().channels(reversed.iter())) {
        Ok(other) => {
            let expected = image.select(reversed.iter());
            let same = expected.and_then(|expected| {
                other.clone().with_metadata(image.metadata().clone()).content_eq(&expected)
            });
            assert!(same.is_ok_and(|same| same), "{}: channels depend on order", format.name());
        }
        Err(error) => panic!("{}, reversed channels: {error}", format.name()),
    }
    check_damage(format, &reader, file);
    image
}

fn check_header(format: &dyn Format, reader: &ImageReader<'_>, file: &[u8], image: &Image) {
    let info = match reader.probe_source(Source::from(file.to_vec())) {
        Ok(info) => info,
        Err(error) => panic!("{}: {error}", format.name()),
    };
    let part = &info.parts()[0];
    let told = part.channels().iter().map(|channel| (channel.name(), channel.dtype()));
    let found = image.channels().map(|(name, channel)| (name, channel.dtype()));
    assert!(told.eq(found), "{}: the header has other channels", format.name());
    let size = [part.height(), part.width()];
    assert_eq!(size, [image.height(), image.width()], "{}: another size", format.name());
}

/// Reads some of all prefixes, and files with some bytes changed: any answer is right but a panic.
fn check_damage(format: &dyn Format, reader: &ImageReader<'_>, file: &[u8]) {
    let step = (file.len() / 40).max(1);
    for len in (0..file.len()).step_by(step) {
        let _ = reader.read(file[..len].to_vec());
    }
    for place in (0..file.len()).step_by(step) {
        let mut file = file.to_vec();
        file[place] ^= 0x55;
        if format.recognizes(&file[..file.len().min(crate::format::START_NBYTES)]) {
            let _ = reader.read(file);
        }
    }
}
