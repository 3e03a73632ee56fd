//! What files say besides pixels, and say again when written.

use ndpress::format::{Exr, ImageReader, Png, Tiff};
use ndpress::{Error, Image, InvalidArgument, Metadata, Value};

use super::{cryptomatte, encoded, image_of, ramp};

fn with(image: &Image, entries: impl IntoIterator<Item = (&'static str, Value)>) -> Image {
    image.clone().with_metadata(Metadata::from_iter(entries))
}

#[test]
fn attributes_of_exr_survive() {
    let picture = Image::open(cryptomatte()).unwrap();
    let read = ImageReader::new().read(encoded(&picture, &Exr::new().tile([64, 64]))).unwrap();
    let differs = |key: &str| read.metadata().get(key) != picture.metadata().get(key);
    let changed: Vec<&str> = picture.metadata().keys().filter(|key| differs(key)).collect();
    // What the encoder decides.
    let decided = ["compression", "lineOrder", "exr_types"];
    assert!(changed.iter().all(|key| decided.contains(key)), "{changed:?}");
}

#[test]
fn attributes_of_all_types_survive() {
    let picture = image_of(&["Y"], [10, 20], |_, y, x| ramp(0, y, x) as f32);
    let entries = [
        ("owner", Value::from("Zoë \u{4e2d}")),
        ("expTime", 0.1f64.into()),
        ("count", 7.into()),
        ("precise", 0.1f64.into()),
        ("pixelAspectRatio", 1.5f32.into()),
        ("dataWindow", [-5, 3, 14, 12].into()),
        ("displayWindow", [0, 0, 99, 49].into()),
        ("place", [1, 2, 3].into()),
        ("box", [0.5f32, 1.0, 2.0, 4.0].into()),
        ("matrix", [[1.0f32, 0.0, 0.5], [0.0, 1.0, 0.25], [0.0, 0.0, 1.0]].into()),
        ("chromaticities", [0.64f32, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329].into()),
        ("names", Value::from(vec!["left", "right"])),
        ("framesPerSecond", [24000i64, 1001].into()),
        ("someone's", Value::Bytes(vec![1, 2, 3])),
    ];
    let types = Metadata::from_iter([("someone's", Value::from("secret"))]);
    let mut image = with(&picture, entries.clone());
    image.metadata_mut().insert("exr_types", types);
    let read = ImageReader::new().read(encoded(&image, &Exr::new())).unwrap();
    for (key, value) in entries {
        // The standard says that it is of 32 bits.
        let value = if key == "expTime" { Value::from(0.1f32) } else { value };
        assert_eq!(read.metadata().get(key), Some(&value), "{key}");
    }
    assert!(read.content_eq(&image.with_metadata(read.metadata().clone())).unwrap());
    let wrong = with(&picture, [("owner", Value::from(7))]);
    let answer = wrong.encode(&Exr::new(), &mut std::io::Cursor::new(Vec::new()));
    assert!(matches!(
        answer,
        Err(Error::InvalidArgument(InvalidArgument::FormatSetting { setting, .. })) if setting == "owner"
    ));
}

#[test]
fn tags_of_tiff_survive() {
    let picture = image_of(&["Y"], [10, 20], ramp);
    let entries = [
        ("ImageDescription", Value::from("a place")),
        ("Orientation", 3u16.into()),
        ("XResolution", [300u32, 1].into()),
        ("ModelPixelScale", [30.0, 30.0, 0.0].into()),
        ("ModelTiepoint", [0.0, 0.0, 0.0, 440_720.0, 3_751_320.0, 0.0].into()),
        ("GeoKeyDirectory", [1u16, 1, 0, 1, 1024, 0, 1, 1].into()),
        ("GeoAsciiParams", "WGS 84|".into()),
        ("GDAL_NODATA", "-9999".into()),
        ("ICCProfile", Value::Bytes(vec![9; 300])),
        ("tag_65123", [70_000u32, 1].into()),
    ];
    let image = with(&picture, entries.clone());
    let read = ImageReader::new().read(encoded(&image, &Tiff::new())).unwrap();
    for (key, value) in entries {
        assert_eq!(read.metadata().get(key), Some(&value), "{key}");
    }
    let wrong = with(&picture, [("Orientation", Value::from("up"))]);
    assert!(wrong.encode(&Tiff::new(), &mut std::io::Cursor::new(Vec::new())).is_err());
    // What only other formats know is left out.
    let foreign = with(&picture, [("screenWindowCenter", [0.0f32, 0.0].into())]);
    let read = ImageReader::new().read(encoded(&foreign, &Tiff::new())).unwrap();
    assert_eq!(read.metadata().len(), 0);
}

#[test]
fn chunks_of_png_survive() {
    let picture = image_of(&["R", "G", "B"], [10, 20], ramp);
    let entries = [
        ("gamma", Value::from(0.45455)),
        ("pixels_per_metre", [3000u32, 3000].into()),
        ("Title", "a picture".into()),
        ("Author", "somebody from \u{141}\u{f3}d\u{17a}".into()),
    ];
    let image = with(&picture, entries.clone());
    let read = ImageReader::new().read(encoded(&image, &Png::new())).unwrap();
    for (key, value) in entries {
        assert_eq!(read.metadata().get(key), Some(&value), "{key}");
    }
}
