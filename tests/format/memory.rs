//! How much memory reading and writing take.

use ndpress::Image;
use ndpress::format::{
    Exr, ExrCompression, Format, ImageReader, Npy, Png, Pnm, Tiff, TiffCompression,
};
use rayon::ThreadPoolBuilder;

use super::allocations::peak_of;
use super::{encoded, image_of, ramp};

/// Runs where all work is this thread's, so that what it allocates is counted.
fn alone<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(f)
}

fn large() -> Image {
    image_of(&["R", "G", "B"], [2100, 1700], ramp)
}

#[test]
fn reading_takes_what_is_held_and_little_more() {
    let image = large();
    let formats: [(&str, &(dyn Format + Sync)); 6] = [
        ("tiff", &Tiff::new()),
        ("tiff lzw", &Tiff::new().compression(TiffCompression::Lzw)),
        ("tiff none", &Tiff::new().compression(TiffCompression::None)),
        ("png", &Png::new()),
        ("pnm", &Pnm),
        ("npy", &Npy),
    ];
    for (name, format) in formats {
        let file = encoded(&image, format);
        alone(|| {
            // What the thread keeps for its next image does not count.
            let source = ndpress::format::Source::from(file);
            drop(ImageReader::new().read(source.clone()).unwrap());
            let (read, peak) = peak_of(|| ImageReader::new().read(source).unwrap());
            let over = peak.saturating_sub(read.cbytes());
            assert!(over < image.nbytes() / 10, "{name}: {over} of {}", image.nbytes());
        });
    }
}

#[test]
fn reading_exr_takes_what_is_held_and_little_more() {
    let image = image_of(&["B", "G", "R"], [2100, 1700], |c, y, x| {
        half::f16::from_f32(f32::from(ramp(c, y, x)))
    });
    for compression in [ExrCompression::None, ExrCompression::Zip, ExrCompression::Piz] {
        let file = encoded(&image, &Exr::new().compression(compression));
        alone(|| {
            let source = ndpress::format::Source::from(file);
            drop(ImageReader::new().read(source.clone()).unwrap());
            let (read, peak) = peak_of(|| ImageReader::new().read(source).unwrap());
            let over = peak.saturating_sub(read.cbytes());
            assert!(over < image.nbytes() / 10, "{compression:?}: {over} of {}", image.nbytes());
        });
    }
}

#[test]
fn writing_takes_a_band() {
    let image = large();
    let formats: [(&str, &(dyn Format + Sync)); 4] =
        [("tiff", &Tiff::new()), ("png", &Png::new()), ("pnm", &Pnm), ("npy", &Npy)];
    for (name, format) in formats {
        alone(|| {
            let mut out = std::io::Cursor::new(Vec::with_capacity(2 * image.nbytes()));
            let ((), peak) = peak_of(|| image.encode(format, &mut out).unwrap());
            // A band of 4 MiB as planes, interleaved, and compressed.
            assert!(peak < 16 << 20, "{name}: {peak} bytes of {}", image.nbytes());
        });
    }
}
