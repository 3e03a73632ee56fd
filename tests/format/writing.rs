//! Files that are written: whole or not at all.

use ndpress::format::{Exr, Jpeg, Npy, Png, Pnm, Tiff};
use ndpress::image::Channel;
use ndpress::{Error, Image, InvalidArgument, Options};

use super::{encoded, image_of, ramp};

#[test]
fn an_image_that_does_not_fit_leaves_the_old_file() {
    let folder = std::env::temp_dir().join(format!("ndpress-writing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("picture.png");
    let good = image_of(&["Y"], [30, 30], ramp);
    good.save_as(&path, &Png::new()).unwrap();
    let before = std::fs::read(&path).unwrap();
    let float = image_of(&["Y"], [30, 30], |_, _, _| 0.5f32);
    let error = float.save_as(&path, &Png::new()).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::FormatDType { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_formats_cannot_hold_is_said() {
    let refused = |image: &Image, format: &dyn ndpress::format::Format| {
        let mut out = std::io::Cursor::new(Vec::new());
        let error = image.encode(format, &mut out).unwrap_err();
        assert!(out.get_ref().is_empty(), "{error}");
        error.to_string()
    };
    let mut mixed = image_of(&["R"], [4, 4], ramp);
    mixed.push("Z", Channel::full([4, 4], 1.0f32, &Options::default()).unwrap()).unwrap();
    for format in [&Png::new() as &dyn ndpress::format::Format, &Tiff::new(), &Npy, &Pnm] {
        assert!(refused(&mixed, format).starts_with("channels of different types"));
        assert!(!refused(&Image::new([4, 4]), format).is_empty());
    }
    assert_eq!(refused(&mixed, &Exr::new()), "channel \"R\" holds u16, which EXR cannot hold");
    let cmyk = image_of(&["C", "M", "Y", "K"], [4, 4], ramp);
    assert_eq!(refused(&cmyk, &Png::new()), "PNG cannot hold 4 channels of these names");
    assert_eq!(refused(&cmyk, &Jpeg), "JPEG files are read, but not written");
    let empty = image_of(&["Y"], [0, 4], ramp);
    assert_eq!(refused(&empty, &Png::new()), "PNG cannot hold an image of 4×0");
}

#[test]
fn colours_are_written_in_their_order() {
    // As EXR has them.
    let image = image_of(&["A", "B", "G", "R"], [9, 9], ramp);
    for format in [&Png::new() as &dyn ndpress::format::Format, &Tiff::new(), &Pnm] {
        let read = ndpress::format::ImageReader::new().read(encoded(&image, format)).unwrap();
        assert!(read.names().eq(["R", "G", "B", "A"]), "{}", format.name());
        for name in ["R", "G", "B", "A"] {
            let (a, b) = (read.channel::<u16>(name).unwrap(), image.channel(name).unwrap());
            assert!(a.content_eq(b).unwrap());
        }
    }
}

#[test]
fn arrays_without_pixels_survive_as_npy() {
    let image = image_of(&["0"], [0, 7], ramp);
    let read = ndpress::format::ImageReader::new().read(encoded(&image, &Npy)).unwrap();
    assert_eq!((read.height(), read.width()), (0, 7));
}

#[cfg(feature = "conformance")]
#[test]
fn formats_keep_their_contract() {
    use ndpress::conformance::format;
    format(&Exr::new(), &[]);
    format(&Exr::new().tile([32, 48]), &[]);
    format(&Tiff::new(), &[]);
    format(&Png::new(), &[]);
    format(&Pnm, &[b"P1 3 2 101 01 1", b"Pf 1 1 1.0\nabcd"]);
    format(&Npy, &[]);
}
