//! Files that end early, have other bits, or claim what cannot be.

use ndpress::format::{
    Exr, ExrCompression, Format, ImageReader, Npy, Png, Pnm, Tiff, TiffCompression,
};
use ndpress::{Error, Image, Limits};

use super::allocations::peak_of;
use super::{encoded, image_of, ramp};

/// Small files, one of each kind that is written here.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let grey = image_of(&["Y"], [21, 17], ramp);
    let rgb = image_of(&["R", "G", "B"], [21, 17], ramp);
    let float = image_of(&["R", "G", "B"], [21, 17], |c, y, x| ramp(c, y, x) as f32);
    let file = |image: &Image, format: &dyn Format| encoded(image, format);
    vec![
        ("exr", file(&float, &Exr::new())),
        ("exr piz", file(&float, &Exr::new().compression(ExrCompression::Piz))),
        ("exr tiles", file(&float, &Exr::new().tile([8, 8]).compression(ExrCompression::Rle))),
        ("tiff", file(&rgb, &Tiff::new())),
        ("tiff lzw", file(&grey, &Tiff::new().compression(TiffCompression::Lzw))),
        ("tiff none", file(&grey, &Tiff::new().compression(TiffCompression::None))),
        ("png", file(&rgb, &Png::new())),
        ("pnm", file(&rgb, &Pnm)),
        ("pfm", file(&float, &Pnm)),
        ("npy", file(&grey, &Npy)),
        ("text", b"P3 # a picture\n3 2 15\n1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0 0 0 ".to_vec()),
    ]
}

/// Runs where all work is this thread's, so that what it allocates is counted.
fn alone<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(f)
}

/// A few times the image that limits allow: its planes, and what they are compressed to. Far below
/// what files of some hundred bytes can claim.
const ENOUGH: usize = 12 << 20;

fn read(name: &str, file: Vec<u8>) -> Result<Image, Error> {
    let limits = Limits::default().with_strip_nbytes(1 << 20).with_image_nbytes(4 << 20);
    let reader = ImageReader::new().limits(limits);
    let (image, peak) = peak_of(|| reader.read(file));
    assert!(peak < ENOUGH, "{name}: {peak} bytes");
    image
}

#[test]
fn files_that_end_early_are_errors() {
    alone(|| {
        for (name, file) in files() {
            let whole = read(name, file.clone()).unwrap();
            for len in 0..file.len() {
                match read(name, file[..len].to_vec()) {
                    Err(
                        Error::Corrupt(_)
                        | Error::Unsupported(_)
                        | Error::Truncated { .. }
                        | Error::LimitExceeded { .. },
                    ) => {}
                    Err(error) => panic!("{name}, {len} bytes: {error}"),
                    // What is cut off may be padding, or what comes after the pixels.
                    Ok(image) => {
                        let image = image.with_metadata(whole.metadata().clone());
                        assert!(image.content_eq(&whole).unwrap(), "{name}, {len} bytes");
                    }
                }
            }
        }
    });
}

#[test]
fn files_with_other_bits_are_errors_or_images() {
    alone(|| {
        for (name, file) in files() {
            for bit in 0..file.len() * 8 {
                let mut file = file.clone();
                file[bit / 8] ^= 1 << (bit % 8);
                if let Err(error) = read(name, file) {
                    assert!(
                        matches!(
                            error,
                            Error::Corrupt(_)
                                | Error::Unsupported(_)
                                | Error::LimitExceeded { .. }
                                | Error::InvalidArgument(_)
                        ),
                        "{name}, bit {bit}: {error:?}"
                    );
                }
            }
        }
    });
}

#[test]
fn absurd_sizes_are_refused_before_they_are_allocated() {
    let npy = |shape: &str| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend_from_slice(&(header.len() as u16).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        file
    };
    let huge = "18446744073709551615";
    let files = [
        b"P5 4294967295 4294967295 255 ".to_vec(),
        b"P5 99999999999999999999 1 255 ".to_vec(),
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4000000000\nMAXVAL 255\nENDHDR\n".to_vec(),
        b"PF 2147483647 2147483647 -1.0 ".to_vec(),
        npy("(1000000, 1000000)"),
        npy(&format!("({huge}, {huge})")),
        npy("(1, 1, 4096)"),
    ];
    alone(|| {
        for file in files {
            let text = String::from_utf8_lossy(&file[..file.len().min(40)]).into_owned();
            // By default limits too: what is not there is not allocated.
            let (answer, peak) = peak_of(|| ImageReader::new().read(file.clone()));
            assert!(answer.is_err(), "{text}");
            assert!(peak < 64 << 20, "{text}: {peak} bytes");
            assert!(read(&text, file).is_err(), "{text}");
        }
    });
}

#[test]
fn comments_without_end_take_no_stack() {
    let comments = "#\n".repeat(1 << 20);
    let image = ImageReader::new().read(format!("P5 {comments}1 1 255 a").into_bytes()).unwrap();
    assert_eq!(image.channel::<u8>("Y").unwrap().to_vec().unwrap(), b"a");
}

#[test]
fn strips_that_would_be_huge_are_refused() {
    // A row of 2 GiB, told by 40 bytes; and one that deflate makes of two hundred.
    let grey = image_of(&["Y"], [1, 1 << 18], |_, _, _| 0u8);
    let file = encoded(&grey, &Png::new());
    let limits = Limits::default().with_strip_nbytes(1 << 16);
    alone(|| {
        let (answer, peak) = peak_of(|| ImageReader::new().limits(limits).read(file));
        assert!(answer.is_err());
        assert!(peak < 1 << 20, "{peak} bytes");
    });
}

#[test]
fn the_cells_of_an_image_that_never_comes_cost_little() {
    // The header claims 60 GiB, which the limits allow, and there is nothing behind it.
    let file = b"P5 250000 250000 255 abc".to_vec();
    alone(|| {
        let (answer, peak) = peak_of(|| ImageReader::new().read(file));
        assert!(matches!(answer, Err(Error::Corrupt(_))));
        assert!(peak < 64 << 20, "{peak} bytes");
    });
}
