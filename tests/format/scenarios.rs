//! What users of compressed-image do with files, and what goes wrong there.

use half::f16;
use ndpress::format::{Exr, ImageReader, Png, Tiff};
use ndpress::image::{Channel, zip};
use ndpress::{DType, Error, Image, IndexKind, InvalidArgument, Options};

use super::{cryptomatte, encoded, image_of, ramp};

#[test]
fn chunks_may_be_larger_than_channels_and_smaller() {
    let picture = image_of(&["R", "G", "B"], [200, 150], |c, y, x| (ramp(c, y, x) >> 8) as u8);
    let file = encoded(&picture, &Png::new());
    for shape in [[1, 150], [7, 150], [64, 64], [200, 150], [5000, 5000]] {
        let options = Options::new().chunk_shape(shape);
        let mut image = ImageReader::new().options(&options).read(file.clone()).unwrap();
        assert!(image.names().eq(["R", "G", "B"]));
        for name in ["R", "G", "B"] {
            let expected = picture.channel::<u8>(name).unwrap();
            assert!(image.extract::<u8>(name).unwrap().content_eq(expected).unwrap());
        }
        assert_eq!(image.nchannels(), 0);
    }
    let rows = ImageReader::new().chunk_rows(9).read(file).unwrap();
    assert_eq!(rows.channel::<u8>("R").unwrap().chunk_shape()[..], [9, 150]);
}

#[test]
fn tiled_files_of_many_channels_open() {
    let image = Image::open(cryptomatte()).unwrap();
    assert_eq!((image.height(), image.width(), image.nchannels()), (180, 320, 45));
    assert!(image.channels().all(|(_, channel)| channel.dtype() == DType::F32));
    assert!(!image.metadata().is_empty());
    assert!(image.ratio() > 20.0, "{image}");
}

#[test]
fn channels_come_in_the_order_asked_for() {
    let all = Image::open(cryptomatte()).unwrap();
    let names: Vec<&str> = all.names().collect();
    for order in [&[0, 1, 2, 3][..], &[0, 2, 3, 11], &[11, 3, 2, 0], &[44, 0], &[7]] {
        let by_index = ImageReader::new().channels(order).open(cryptomatte()).unwrap();
        let asked = order.iter().map(|&index| names[index]);
        let by_name = ImageReader::new().channels(asked.clone()).open(cryptomatte()).unwrap();
        assert!(by_index.names().eq(asked));
        assert!(by_index.content_eq(&by_name).unwrap());
        assert!(by_index.content_eq(&all.select(order).unwrap()).unwrap());
    }
}

#[test]
fn channels_that_are_not_there_are_errors() {
    let read = |reader: ImageReader<'_>| reader.open(cryptomatte()).unwrap_err();
    assert!(matches!(
        read(ImageReader::new().channels([64])),
        Error::InvalidArgument(InvalidArgument::IndexOutOfBounds {
            what: IndexKind::Channel,
            index: 64,
            len: 45
        })
    ));
    // One past the last is not there either.
    assert!(matches!(
        read(ImageReader::new().channels([45])),
        Error::InvalidArgument(InvalidArgument::IndexOutOfBounds { .. })
    ));
    assert!(matches!(
        read(ImageReader::new().channels(["Z"]).postprocess(|_| Ok(()))),
        Error::InvalidArgument(InvalidArgument::UnknownChannel { .. })
    ));
    assert!(matches!(
        read(ImageReader::new().channels([3, 3])),
        Error::InvalidArgument(InvalidArgument::SameChannelTwice { .. })
    ));
}

#[test]
fn patterns_choose_channels() {
    let all = Image::open(cryptomatte()).unwrap();
    let expected: Vec<&str> = all.names().filter(|name| name.ends_with(".R")).collect();
    let red = ImageReader::new().channels(["*.R"]).open(cryptomatte()).unwrap();
    assert!(red.names().eq(expected.iter().copied()) && red.nchannels() > 10);
    // The last first, then all of them but the last.
    let last = *expected.last().unwrap();
    let both = ImageReader::new().channels([last, "*.R"]).open(cryptomatte()).unwrap();
    assert_eq!((both.names().next(), both.nchannels()), (Some(last), red.nchannels()));
    let none = ImageReader::new().channels(["nothing*"]).open(cryptomatte());
    assert!(matches!(none, Err(Error::InvalidArgument(InvalidArgument::UnknownChannel { .. }))));
}

#[test]
fn channels_of_several_types_are_in_one_image() {
    let mut picture = image_of(&["B", "G", "R"], [90, 120], |c, y, x| {
        f16::from_f32(f32::from(ramp(c, y, x)) / 1000.0)
    });
    let ids: Vec<f32> = (0..90 * 120u32).map(|i| f32::from_bits(0x3f80_0000 + i * 977)).collect();
    let options = Options::default();
    picture.push("crypto00.R", Channel::from_slice(&ids, [90, 120], &options).unwrap()).unwrap();
    picture.push("objet détaché", Channel::full([90, 120], 7u32, &options).unwrap()).unwrap();
    let mut image = ImageReader::new().read(encoded(&picture, &Exr::new())).unwrap();
    assert_eq!(image.channel::<f32>("crypto00.R").unwrap().to_vec().unwrap(), ids);
    assert_eq!(image.any_channel("G").unwrap().dtype(), DType::F16);
    // By name, then by index.
    image.remove("G").unwrap();
    image.remove(0).unwrap();
    assert!(image.names().eq(["R", "crypto00.R", "objet détaché"]));
    assert!(image.channel::<u32>("R").is_err());
}

#[test]
fn unnamed_and_single_pixel_images_survive() {
    for size in [[1, 1], [1, 77], [77, 1]] {
        let picture = image_of(&["0", "1", "2", "3", "4"], size, ramp);
        let mut image = ImageReader::new().read(encoded(&picture, &Tiff::new())).unwrap();
        assert!(
            image.content_eq(&picture.clone().with_metadata(image.metadata().clone())).unwrap()
        );
        image.remove(4).unwrap();
        assert_eq!(image.nchannels(), 4);
    }
}

#[test]
fn channels_read_from_files_zip() {
    let picture = image_of(&["R", "G", "B"], [64, 64], ramp);
    let image = ImageReader::new().read(encoded(&picture, &Tiff::new())).unwrap();
    let (r, b) = (image.channel::<u16>("R").unwrap(), image.channel::<u16>("B").unwrap());
    zip((r, b))
        .unwrap()
        .for_each(|place, (r, b)| {
            for (i, (r, b)) in r.iter().zip(b).enumerate() {
                assert_eq!(*r, ramp(0, place.y(i), place.x(i)));
                assert_eq!(*b, ramp(2, place.y(i), place.x(i)));
            }
        })
        .unwrap();
}
