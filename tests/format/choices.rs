//! Options of the reader: strips, progress, conversion, codecs, parts and levels.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ndpress::format::{Exr, ImageReader, Png, Source, Tiff};
use ndpress::{
    DType, Error, Image, IndexKind, InvalidArgument, Limit, Limits, Lz4, Options, Raster,
};

use super::{cryptomatte, diagram, encoded, image_of, ramp};

#[test]
fn each_pixel_is_in_one_strip() {
    let picture = image_of(&["R", "G", "B"], [301, 203], ramp);
    for file in [encoded(&picture, &Tiff::new()), encoded(&picture, &Png::new())] {
        let seen = Mutex::new(vec![0; 301 * 203]);
        let look = |strip: &mut ndpress::format::Strip<'_>| {
            let place = *strip.place();
            assert_eq!(strip.names(), ["B", "R"]);
            assert_eq!(strip.dtype("R")?, DType::U16);
            let [red, blue] = strip.channels_mut::<u16, 2>(["R", "B"])?;
            for (i, (red, blue)) in red.iter_mut().zip(blue).enumerate() {
                let (y, x) = (place.y(i), place.x(i));
                assert_eq!((*red, *blue), (ramp(0, y, x), ramp(2, y, x)));
                seen.lock().unwrap()[y * 203 + x] += 1;
                *red = red.wrapping_add(*blue);
            }
            Ok(())
        };
        let reader = ImageReader::new().channels(["B", "R"]).postprocess(look);
        let image = reader.read(file).unwrap();
        assert!(seen.lock().unwrap().iter().all(|&count| count == 1));
        let red = image.channel::<u16>("R").unwrap();
        let expected = ramp(0, 300, 202).wrapping_add(ramp(2, 300, 202));
        assert_eq!(red.at(&[300, 202]).unwrap(), expected);
    }
}

#[test]
fn an_error_in_a_strip_is_the_answer() {
    let wrong = |strip: &mut ndpress::format::Strip<'_>| strip.channel_mut::<u8>(0).map(drop);
    let error = ImageReader::new().postprocess(wrong).open(cryptomatte()).unwrap_err();
    assert_eq!(error.to_string(), "channel \"crypto_asset.B\" holds f32, not u8");
    let twice =
        |strip: &mut ndpress::format::Strip<'_>| strip.channels_mut::<f32, 2>([1, 1]).map(drop);
    let error = ImageReader::new().postprocess(twice).open(cryptomatte()).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::SameChannelTwice { .. })));
}

#[test]
fn progress_rises_to_all_pixels_and_can_end_it() {
    let (calls, last) = (AtomicU64::new(0), AtomicU64::new(0));
    let look = |progress: ndpress::format::Progress| {
        calls.fetch_add(1, Ordering::Relaxed);
        last.fetch_max(progress.done(), Ordering::Relaxed);
        assert!(progress.done() <= progress.total() && progress.fraction() <= 1.0);
        ControlFlow::Continue(())
    };
    let image = ImageReader::new().progress(look).open(diagram()).unwrap();
    let npixels = (image.height() * image.width()) as u64;
    assert_eq!(last.load(Ordering::Relaxed), npixels);
    assert!(calls.load(Ordering::Relaxed) > 10);
    let stop = |progress: ndpress::format::Progress| match progress.fraction() > 0.5 {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let error = ImageReader::new().progress(stop).open(diagram()).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
}

#[test]
fn conversion_keeps_numbers_or_ranges() {
    let picture = image_of(&["Y"], [50, 60], |_, y, x| (y * 5 + x) as u8);
    let file = encoded(&picture, &Png::new());
    let read = |reader: ImageReader<'_>| reader.read(file.clone()).unwrap();
    let cast = read(ImageReader::new().cast_to(DType::F32));
    let scaled = read(ImageReader::new().scale_to(DType::F32));
    let wide = read(ImageReader::new().scale_to(DType::U16));
    for (y, x) in [(0, 0), (20, 30), (39, 59)] {
        let value = (y * 5 + x) as u8;
        let at = [y, x];
        assert_eq!(cast.channel::<f32>(0).unwrap().at(&at).unwrap(), f32::from(value));
        assert_eq!(scaled.channel::<f32>(0).unwrap().at(&at).unwrap(), f32::from(value) / 255.0);
        assert_eq!(wide.channel::<u16>(0).unwrap().at(&at).unwrap(), u16::from(value) * 257);
    }
    let error = ImageReader::new().cast_to(DType::Complex64).read(file).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::Conversion { .. })));
}

#[test]
fn channels_have_codecs_of_their_own() {
    let picture = image_of(&["R", "G", "B"], [100, 100], ramp);
    let image = ImageReader::new()
        .options(&Options::new().codec(Raster::dense()))
        .channel_options("[not a pattern]", &Options::new())
        .channel_options("?", &Options::new().codec(Raster::fast()))
        .channel_options("G", &Options::new().codec(Lz4::clevel(9)))
        .read(encoded(&picture, &Tiff::new()))
        .unwrap();
    assert!(image.any_channel("G").unwrap().to_string().contains("lz4"));
    assert!(image.any_channel("R").unwrap().to_string().contains("raster"));
    assert!(image.content_eq(&picture.with_metadata(image.metadata().clone())).unwrap());
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let file = std::fs::read(cryptomatte()).unwrap();
    let held = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let image = pool.install(|| ImageReader::new().read(file.clone())).unwrap();
        image
            .channels()
            .map(|(_, channel)| channel.as_array().to_cframe(&ndpress::SaveOptions::new()).unwrap())
            .collect::<Vec<_>>()
    };
    let one = held(1);
    assert!(one == held(2) && one == held(5));
}

#[test]
fn parts_and_levels_that_are_not_there_are_errors() {
    let file = encoded(&image_of(&["Y"], [20, 20], ramp), &Tiff::new());
    let error = ImageReader::new().part(1).read(file.clone()).unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidArgument(InvalidArgument::IndexOutOfBounds {
            what: IndexKind::Part,
            index: 1,
            len: 1
        })
    ));
    let error = ImageReader::new().part("beauty").read(file.clone()).unwrap_err();
    assert_eq!(error.to_string(), "there is no part \"beauty\"");
    let error = ImageReader::new().level(1).read(file).unwrap_err();
    assert_eq!(error.to_string(), "level 1 does not exist, there are 1");
}

#[test]
fn sources_are_files_readers_and_bytes() {
    let bytes = std::fs::read(cryptomatte()).unwrap();
    let expected = Image::open(cryptomatte()).unwrap();
    let file = std::fs::File::open(cryptomatte()).unwrap();
    let seekable = Source::from_seekable(std::io::Cursor::new(bytes.clone())).unwrap();
    let sources = [
        Source::from(bytes.clone()),
        Source::from(file),
        seekable,
        Source::from_reader(&bytes[..]).unwrap(),
    ];
    for source in sources {
        assert!(ImageReader::new().read(source).unwrap().content_eq(&expected).unwrap());
    }
}

#[test]
fn content_tells_the_format_whatever_the_name() {
    let folder = std::env::temp_dir().join(format!("ndpress-content-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("picture.jpg");
    std::fs::copy(cryptomatte(), &path).unwrap();
    assert_eq!(Image::probe(&path).unwrap().format(), "EXR");
    std::fs::write(&path, b"neither this nor that").unwrap();
    let error = Image::open(&path).unwrap_err();
    assert!(matches!(error, Error::Unsupported(ndpress::Unsupported::Format)));
    let error = Image::open(folder.join("nothing")).unwrap_err();
    assert!(matches!(error, Error::Io { path: Some(_), .. }));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn limits_are_kept() {
    let exceeded = |limits: Limits, limit: Limit| {
        let error = ImageReader::new().limits(limits).open(cryptomatte()).unwrap_err();
        assert!(
            matches!(error, Error::LimitExceeded { limit: found, .. } if found == limit),
            "{error}"
        );
    };
    exceeded(Limits::default().with_image_nbytes(1 << 20), Limit::ImageNbytes);
    exceeded(Limits::default().with_strip_nbytes(1 << 10), Limit::StripNbytes);
    // What is not asked for does not count.
    let limits = Limits::default().with_image_nbytes(320 * 180 * 4);
    ImageReader::new().limits(limits).channels([3]).open(cryptomatte()).unwrap();
}

#[test]
fn encoders_have_settings() {
    let picture = image_of(&["Y"], [40, 40], |_, y, x| ramp(0, y, x) as f32);
    let error = picture.encode(&Exr::new().tile([0, 16]), &mut std::io::Cursor::new(Vec::new()));
    assert!(matches!(error, Err(Error::InvalidArgument(InvalidArgument::FormatSetting { .. }))));
    let tiled = encoded(&picture, &Exr::new().tile([16, 24]));
    let info = ImageReader::new().probe_source(tiled).unwrap();
    assert_eq!(info.parts()[0].tile(), Some([16, 24]));
    assert_eq!(info.to_string(), "EXR, 40×40, 1 channel (f32)");
}
