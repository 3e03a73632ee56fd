//! Calls that make no sense: a typed error each, and nothing changed.

use half::f16;
use ndpress::image::{Channel, zip};
use ndpress::{Array, DType, Error, Image, InvalidArgument, Options, Region, Result};

use super::pixels;

#[track_caller]
fn assert_says<T>(result: Result<T>, text: &str) {
    let Err(error) = result else { panic!("no error, but expected: {text}") };
    assert!(matches!(error, Error::InvalidArgument(_)));
    assert_eq!(error.to_string(), text);
}

fn image() -> Image {
    let mut image = Image::zeros::<u8>(["R", "G"], [4, 6], &Options::default()).unwrap();
    let z = Channel::full([4, 6], 1.5f32, &Options::default()).unwrap();
    image.push("Z", z).unwrap();
    image
}

#[test]
fn channels_that_are_not_there() {
    let mut image = image();
    assert_says(image.channel::<u8>("A"), "there is no channel \"A\"");
    assert_says(image.channel::<u8>(3), "channel 3 does not exist, there are 3");
    assert_says(
        image.channel_mut::<u8>(usize::MAX),
        &format!("channel {} does not exist, there are 3", usize::MAX),
    );
    assert_says(image.any_channel(""), "there is no channel \"\"");
    assert_says(image.remove("z"), "there is no channel \"z\"");
    assert_says(image.remove(3), "channel 3 does not exist, there are 3");
    assert_says(image.extract::<f32>(3), "channel 3 does not exist, there are 3");
    assert_says(image.rename("A", "B"), "there is no channel \"A\"");
    assert_says(Image::new([1, 1]).remove(0), "channel 0 does not exist, there are 0");
    assert_eq!(image.nchannels(), 3);
}

#[test]
fn channels_of_another_type() {
    let mut image = image();
    assert_says(image.channel::<f16>("Z"), "channel \"Z\" holds f32, not f16");
    assert_says(image.channel_mut::<i8>(0), "channel \"R\" holds u8, not i8");
    assert_says(image.extract::<u8>("Z"), "channel \"Z\" holds f32, not u8");
    assert_says(image.channels_mut::<[u8; 2], _>(["R", "Z"]), "channel \"Z\" holds f32, not u8");
    assert_says(image.channels_mut::<(f32, u8), _>([0, 1]), "channel \"R\" holds u8, not f32");
    assert_says(image.to_planar::<u8>(), "channel \"Z\" holds f32, not u8");
    assert_says(image.to_interleaved::<u8>(), "channel \"Z\" holds f32, not u8");
    let error = image.channel::<f16>("Z").unwrap_err();
    let Error::InvalidArgument(InvalidArgument::ChannelDType { held, asked, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!((held, asked), (DType::F32, DType::F16));
    assert!(image.names().eq(["R", "G", "Z"]));
}

#[test]
fn names_that_are_taken_or_too_few() {
    let mut image = image();
    let channel = || Channel::<u8>::zeros([4, 6], &Options::default()).unwrap();
    assert_says(image.push("R", channel()), "there already is a channel \"R\"");
    assert_says(image.insert(0, "Z", channel()), "there already is a channel \"Z\"");
    assert_says(image.insert(4, "A", channel()), "channel 4 does not exist, there are 3");
    assert_says(image.rename("R", "G"), "there already is a channel \"G\"");
    let named = |names: &[&str]| self::image().with_names(names.iter().copied());
    assert_says(named(&["a", "b"]), "2 names for 3 channels");
    assert_says(named(&["a", "b", "c", "d"]), "4 names for 3 channels");
    assert_says(named(&["a", "b", "a"]), "there already is a channel \"a\"");
    assert_says(
        Image::zeros::<u8>(["a", "a"], [1, 1], &Options::default()),
        "there already is a channel \"a\"",
    );
    assert_says(
        image.channels_mut::<[u8; 2], _>(["R", "R"]),
        "channel \"R\" asked for twice at once",
    );
    assert!(image.names().eq(["R", "G", "Z"]));
}

#[test]
fn sizes_that_do_not_fit() {
    let options = Options::default();
    let mut image = image();
    let turned = Channel::<u8>::zeros([6, 4], &options).unwrap();
    assert_says(image.push("A", turned.clone()), "shape [6, 4] given, [4, 6] needed");
    assert_says(
        Image::from_planar(&[[0u8; 24], [0; 24]], [4, 5], &options),
        "length 24 given, 20 needed",
    );
    assert_says(
        Image::from_interleaved(&[0u8; 23], [4, 6, 1], &options),
        "length 23 given, 24 needed",
    );
    assert_says(Channel::from_slice(&[0u8; 25], [4, 6], &options), "length 25 given, 24 needed");
    assert!(Image::from_interleaved(&[0u8; 0], [usize::MAX, 2, 2], &options).is_err());
    assert!(Image::from_interleaved(&[0u8; 0], [usize::MAX, 2, 0], &options).is_err());
    assert!(Channel::<f64>::zeros([usize::MAX, usize::MAX], &options).is_err());
    let cube = Array::<u8>::zeros([2, 2, 2], &options).unwrap();
    assert_says(Channel::try_from(cube), "3 axes given, 2 needed");
    let other = Channel::<u8>::zeros([4, 7], &options).unwrap();
    assert!(zip((&turned, &other)).is_err());

    image.remove("Z").unwrap();
    let mut out = vec![9u8; 49];
    assert_says(image.read_interleaved_into(&mut out), "length 49 given, 48 needed");
    assert_says(image.read_planar_into(&mut [&mut out[..24]]), "length 1 given, 2 needed");
    let (a, b) = out.split_at_mut(24);
    assert_says(image.read_planar_into(&mut [a, b]), "length 25 given, 24 needed");
    assert_eq!(out, [9; 49], "nothing is written");
}

/// `&mut Channel` lets its holder put a channel of another size in place.
#[test]
fn a_channel_replaced_by_one_of_another_size_is_found_out() {
    let mut image = Image::zeros::<u8>(["R", "G"], [4, 6], &Options::default()).unwrap();
    *image.channel_mut::<u8>("G").unwrap() = Channel::zeros([8, 8], &Options::default()).unwrap();
    assert_says(image.to_planar::<u8>(), "shape [8, 8] given, [4, 6] needed");
    assert_says(image.to_interleaved::<u8>(), "shape [8, 8] given, [4, 6] needed");
}

#[test]
fn chunks_and_regions_outside() {
    let options = Options::new().chunk_shape([3, 10]);
    let plain = pixels::<u16>([10, 10], 1);
    let mut channel = Channel::from_slice(&plain, [10, 10], &options).unwrap();
    assert_says(channel.read_chunk(4), "chunk 4 does not exist, there are 4");
    assert_says(channel.fill_chunk(4, 1), "chunk 4 does not exist, there are 4");
    // The last chunk has one row, and takes no other number.
    assert_says(channel.write_chunk(3, &[1; 30]), "length 30 given, 10 needed");
    assert_says(channel.write_chunk(3, &[1; 9]), "length 9 given, 10 needed");
    let last = channel.chunks_mut().last().unwrap();
    assert_says(last.write(&[1; 30]), "length 30 given, 10 needed");
    let mut short = [7; 29];
    assert_says(channel.read_chunk_into(0, &mut short), "length 29 given, 30 needed");
    assert_eq!(short, [7; 29]);
    let region = Region::new([0..10, 1..11]).unwrap();
    assert_says(channel.fill_region(&region, 1), "region 1..11 exceeds axis 1 of length 10");
    assert_says(channel.set([10, 0], 1), "index 10 exceeds axis 0 of length 10");
    assert_eq!(channel.to_vec().unwrap(), plain);
}

#[cfg(feature = "ndarray")]
#[test]
fn views_of_different_shapes() {
    let (a, b) = (ndarray::Array2::<u8>::zeros((4, 6)), ndarray::Array2::<u8>::zeros((6, 4)));
    let options = Options::default();
    assert_says(
        Image::from_planar_ndarray(&[a.view(), b.view()], &options),
        "shape [6, 4] given, [4, 6] needed",
    );
    assert_eq!(Image::from_planar_ndarray(&[a.view(), b.t()], &options).unwrap().nchannels(), 2);
    assert!(Image::from_planar_ndarray::<u8>(&[], &options).is_err());
}

#[test]
fn more_channels_than_memory() {
    let shape = [0, 3, 1 << 58];
    let error = Image::from_interleaved::<u8>(&[], shape, &Options::default()).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
}

#[cfg(feature = "ndarray")]
#[test]
fn no_planes_have_no_size() {
    let none: [ndpress::ndarray::ArrayView2<'_, u8>; 0] = [];
    assert_says(Image::from_planar_ndarray(&none, &Options::default()), "length 0 given, 1 needed");
}
