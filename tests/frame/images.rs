//! Images in files.

use ndpress::half::f16;
use ndpress::image::Channel;
use ndpress::{
    CodecId, Error, Image, InvalidArgument, Limits, Metadata, OpenOptions, Options, SaveOptions,
    Value,
};

use crate::{Folder, fixture, samples};

/// Channels of several types with names of all kinds, and metadata.
fn image() -> Image {
    let (height, width) = (60, 90);
    let items = samples(height * width, 1);
    let options = Options::new().chunk_shape([25, 90]);
    let mut image = Image::new([height, width]);
    let halves: Vec<f16> = items.iter().map(|&item| f16::from_f32(item as f32)).collect();
    let bytes: Vec<u8> = items.iter().map(|&item| item as u8).collect();
    let halves = Channel::from_slice(&halves, [height, width], &options).unwrap();
    let words = Channel::from_slice(&items, [height, width], &options).unwrap();
    let bytes = Channel::from_slice(&bytes, [height, width], &options).unwrap();
    for name in ["R", "r", "diffuse.R", "a/b", "", "__vlmeta__", "grün", "..", "x\0y"] {
        image.push(name, halves.clone()).unwrap();
    }
    image.push("id", words).unwrap();
    image.push("mask", bytes).unwrap();
    image.push("flat", Channel::full([height, width], 1.5f64, &options).unwrap()).unwrap();
    let window =
        Metadata::from_iter([("min", Value::from([0, 0])), ("max", Value::from([89, 59]))]);
    image.metadata_mut().insert("dataWindow", Value::Map(window));
    image.metadata_mut().insert("owner", "grün");
    image.metadata_mut().insert("none", Value::Null);
    image
}

#[test]
fn images_come_back() {
    let folder = Folder::new();
    let path = folder.join("image.b2z");
    let image = image();
    for options in [SaveOptions::new(), SaveOptions::portable()] {
        image.save(&path, &options).unwrap();
        let opened = Image::open(&path).unwrap();
        assert!(opened.content_eq(&image).unwrap(), "{opened} {:?}", opened.metadata());
        // Lazily: what is said of it comes from the directory alone.
        assert_eq!(
            opened.channel::<u32>("id").unwrap().at(&[59, 89]).unwrap(),
            samples(5400, 1)[5399]
        );
    }
    let empty = Image::new([3, 4]);
    empty.save(&path, &SaveOptions::new()).unwrap();
    assert!(Image::open(&path).unwrap().content_eq(&empty).unwrap());
}

#[test]
fn the_same_image_gives_the_same_bytes() {
    let folder = Folder::new();
    let bytes = |name: &str| {
        image().save(folder.join(name), &SaveOptions::new()).unwrap();
        std::fs::read(folder.join(name)).unwrap()
    };
    assert!(bytes("a.b2z") == bytes("b.b2z"));
}

#[test]
fn chunks_of_channels_are_kept() {
    let folder = Folder::new();
    let path = folder.join("image.b2z");
    image().save(&path, &SaveOptions::new()).unwrap();
    let opened = Image::open(&path).unwrap();
    let chunk = opened.any_channel("id").unwrap().as_array().chunk(1).unwrap().unwrap();
    let before = image();
    let before = before.any_channel("id").unwrap().as_array().chunk(1).unwrap().unwrap();
    assert_eq!(chunk.codec_id(), CodecId::RASTER);
    assert_eq!(chunk.as_bytes(), before.as_bytes());
}

#[test]
fn stores_of_python_are_images() {
    let folder = Folder::new();
    let path = folder.join("store.b2z");
    std::fs::write(&path, fixture("store.b2z")).unwrap();
    let image = Image::open(&path).unwrap();
    let mut names: Vec<&str> = image.names().collect();
    names.sort_unstable();
    assert_eq!(names, ["R", "deep/Z"]);
    assert_eq!(image.channel::<u16>("R").unwrap().at(&[12, 10]).unwrap(), 994);
    assert_eq!(image.channel::<f32>("deep/Z").unwrap().at(&[0, 3]).unwrap(), 21.0);
    assert_eq!(image.metadata().get("camera").and_then(Value::as_str), Some("A"));
}

#[test]
fn what_is_no_image_is_an_error() {
    let folder = Folder::new();
    let error = image().save(folder.join("x"), &SaveOptions::new().sparse()).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::SparseImage)));
    let path = folder.join("plain.b2nd");
    std::fs::write(&path, fixture("plain.b2nd")).unwrap();
    assert_eq!(Image::open(&path).unwrap_err().to_string(), "no format that is known");
    assert!(matches!(Image::open(folder.join("missing")), Err(Error::Io { path: Some(_), .. })));
}

#[test]
fn damaged_archives_are_errors_or_read() {
    let folder = Folder::new();
    let path = folder.join("image.b2z");
    let options = Options::new().chunk_shape([5, 8]);
    let mut small = Image::new([6, 8]);
    for name in ["R", "G"] {
        let items = samples(48, 3);
        small.push(name, Channel::from_slice(&items, [6, 8], &options).unwrap()).unwrap();
    }
    small.save(&path, &SaveOptions::new()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let limits = Limits::default().with_chunk_nbytes(1 << 20).with_frame_nbytes(1 << 20);
    let options = OpenOptions::new().limits(limits);
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let (result, nbytes) = crate::allocations::peak_of(|| -> Result<bool, Error> {
            let image = Image::open_with(&path, &options)?;
            image.content_eq(&small)
        });
        assert!(nbytes < 16 << 20, "{nbytes}");
        result
    };
    assert!(read(&bytes).unwrap());
    for len in 0..bytes.len() {
        assert!(read(&bytes[..len]).is_err(), "{len} bytes");
    }
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // Channels are checked; names and other things of the archive have no checksum.
        let _ = read(&flipped);
    }
}
