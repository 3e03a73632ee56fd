//! The arrays that benchmarks run on: real ones, and random bytes.
//!
//! `NDPRESS_CORPUS` names a folder of `.npy` files; without it, a small crop of a satellite image
//! is stretched to the size of a chunk.
#![allow(dead_code, reason = "each benchmark uses a part of this")]
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark without data ends")]

use std::fs;
use std::path::{Path, PathBuf};

use ndpress::DType;
use ndpress::half::f16;

/// Bytes of a flat chunk, and of the array that is bundled.
pub(crate) const CHUNK_NBYTES: usize = 4 << 20;

/// An array as an image library holds it: planes of rows.
#[derive(Debug, Clone)]
pub(crate) struct Array {
    pub(crate) name: String,
    pub(crate) dtype: DType,
    /// Bytes per element.
    pub(crate) typesize: usize,
    /// Planes, rows, columns; or rows, columns, channels of an image whose
    /// [order](ChannelOrder) says so.
    pub(crate) shape: [usize; 3],
    /// The elements, little endian, in this order.
    pub(crate) bytes: Vec<u8>,
}

/// How images of several channels are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelOrder {
    /// One channel after the other, whatever the file has.
    Planar,
    /// As the file has them.
    AsStored,
}

impl Array {
    /// The same array with at most `max_nbytes`, or one row: the middle of its rows, or of its
    /// planes where they are many.
    #[must_use]
    pub(crate) fn cropped(self, max_nbytes: usize) -> Self {
        const FEW_PLANES: usize = 5;
        let [planes, rows, columns] = self.shape;
        let row = columns * self.typesize;
        let (kept_planes, kept_rows) = match planes {
            ..=FEW_PLANES => (planes, (max_nbytes / (planes * row)).clamp(1, rows)),
            _ => ((max_nbytes / (rows * row)).clamp(1, planes), rows),
        };
        let first_plane = (planes - kept_planes) / 2;
        let skipped = (rows - kept_rows) / 2 * row;
        let kept = self.bytes.chunks_exact(rows * row).skip(first_plane).take(kept_planes);
        let bytes = kept.flat_map(|plane| &plane[skipped..skipped + kept_rows * row]);
        Self { bytes: bytes.copied().collect(), shape: [kept_planes, kept_rows, columns], ..self }
    }

    /// Keeps whole elements in the middle of the bytes, at most `max_nbytes`: first planes and rows
    /// are often background.
    #[must_use]
    pub(crate) fn middle(&self, max_nbytes: usize) -> &[u8] {
        let len = self.bytes.len().min(max_nbytes) / self.typesize * self.typesize;
        let start = (self.bytes.len() - len) / 2 / self.typesize * self.typesize;
        &self.bytes[start..start + len]
    }
}

/// The arrays of the corpus in the order of their names, or the one that is bundled.
#[must_use]
pub(crate) fn arrays() -> Vec<Array> {
    match std::env::var_os("NDPRESS_CORPUS") {
        Some(folder) => corpus(Path::new(&folder), ChannelOrder::Planar),
        None => vec![bundled()],
    }
}

/// The arrays of a folder of `.npy` files.
#[must_use]
pub(crate) fn corpus(folder: &Path, order: ChannelOrder) -> Vec<Array> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "npy"));
    paths.sort();
    assert!(!paths.is_empty(), "{folder:?} holds no .npy files");
    paths.iter().map(|path| load(path, order)).collect()
}

/// A crop of a satellite image, stretched to [`CHUNK_NBYTES`].
///
/// It is repeated with a growing offset, so that no codec finds the repetition as a match.
#[must_use]
pub(crate) fn bundled() -> Array {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.ancestors().map(|folder| folder.join("benches/data/landsat_u16.npy"));
    let path = path.clone().find(|path| path.exists()).expect("the bundled array is there");
    let crop = load(&path, ChannelOrder::Planar);
    let pixels = crop.bytes.chunks_exact(2).map(|pixel| u16::from_le_bytes([pixel[0], pixel[1]]));
    let mut bytes = Vec::with_capacity(CHUNK_NBYTES + crop.bytes.len());
    for offset in (0..).step_by(37) {
        bytes.extend(pixels.clone().flat_map(|pixel| pixel.wrapping_add(offset).to_le_bytes()));
        if bytes.len() >= CHUNK_NBYTES {
            break;
        }
    }
    let [_, _, columns] = crop.shape;
    let shape = [1, CHUNK_NBYTES / 2 / columns, columns];
    bytes.truncate(shape.iter().product::<usize>() * 2);
    Array { shape, bytes, ..crop }
}

/// Bytes that no codec shrinks, the same every time; `nbytes` is a multiple of 2048.
#[must_use]
pub(crate) fn incompressible(nbytes: usize) -> Array {
    let mut random = Random::default();
    let mut bytes: Vec<u8> =
        (0..nbytes.div_ceil(8)).flat_map(|_| random.word().to_le_bytes()).collect();
    bytes.truncate(nbytes);
    let shape = [1, 1024, nbytes / 2048];
    Array { name: "random_u16".into(), dtype: DType::U16, typesize: 2, shape, bytes }
}

/// SplitMix64: the same numbers every time.
#[derive(Debug, Default)]
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// About normally distributed, with a deviation of 1.
    fn noise(&mut self) -> f32 {
        let word = self.word();
        let uniform = |part: u32| ((word >> (16 * part)) & 0xffff) as f32 / 65536.0 - 0.5;
        // The sum of four has a variance of a third.
        (0..4).map(uniform).sum::<f32>() * 3_f32.sqrt()
    }
}

/// Side of the squares that are made up, in pixels.
const SIDE: usize = 1024;

/// One square for each kind of data that a codec for rasters treats differently.
#[must_use]
pub(crate) fn made_up() -> Vec<Array> {
    let mut random = Random::default();
    vec![
        square("photo_u8", DType::U8, |y, x| {
            let value = 120.0 + 90.0 * scene(y, x) + 3.0 * random.noise();
            [value.clamp(0.0, 255.0) as u8]
        }),
        square("sensor_u16", DType::U16, |y, x| {
            // Shot noise: its deviation is the root of the signal.
            let signal = 6000.0 + 5000.0 * scene(y, x);
            ((signal + signal.sqrt() * random.noise()) as u16).to_le_bytes()
        }),
        square("terrain_i16", DType::I16, |y, x| {
            ((800.0 * scene(y, x) + random.noise()) as i16).to_le_bytes()
        }),
        square("field_f32", DType::F32, |y, x| {
            (285.0 + 20.0 * scene(y, x) + 1e-3 * random.noise()).to_le_bytes()
        }),
        square("hdr_f16", DType::F16, |y, x| {
            let light = (2.0 * scene(y, x)).exp() * (1.0 + 0.01 * random.noise());
            f16::from_f32(light).to_le_bytes()
        }),
        square("labels_u8", DType::U8, |y, x| [(4.0 + 4.0 * scene(y / 8 * 8, x / 8 * 8)) as u8]),
    ]
}

/// Hills and edges, between about -1 and 1.
fn scene(y: usize, x: usize) -> f32 {
    let (y, x) = (y as f32, x as f32);
    let hills = (x / 97.0).sin() * (y / 71.0).cos() + 0.3 * ((x + 2.0 * y) / 23.0).sin();
    let edge = if (x - 500.0).hypot(y - 400.0) < 250.0 { 0.4 } else { 0.0 };
    0.7 * hills + edge
}

/// One plane of what `pixel` says of each row and column.
fn square<const N: usize>(
    name: &str,
    dtype: DType,
    mut pixel: impl FnMut(usize, usize) -> [u8; N],
) -> Array {
    let mut bytes = Vec::with_capacity(SIDE * SIDE * N);
    for y in 0..SIDE {
        for x in 0..SIDE {
            bytes.extend_from_slice(&pixel(y, x));
        }
    }
    Array { name: name.into(), dtype, typesize: N, shape: [1, SIDE, SIDE], bytes }
}

/// Reads a `.npy` file of little-endian numbers in C order.
fn load(path: &Path, order: ChannelOrder) -> Array {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some((dtype, shape, elements)) = parse(&file) else {
        panic!("{path:?} is no .npy of little-endian numbers in C order");
    };
    let typesize = dtype.itemsize();
    let (shape, bytes) = match (order, channels(&shape)) {
        (ChannelOrder::Planar, Some(channels)) => {
            ([channels, shape[0], shape[1]], planar(elements, channels, typesize))
        }
        _ => (three_axes(&shape), elements.to_vec()),
    };
    Array { name, dtype, typesize, shape, bytes }
}

/// The type of the elements, the lengths of the axes, and the elements.
fn parse(file: &[u8]) -> Option<(DType, Vec<usize>, &[u8])> {
    let rest = file.strip_prefix(b"\x93NUMPY")?;
    let (header_len, rest) = match rest.split_at_checked(2)? {
        ([1, _], rest) => {
            let (len, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*len)), rest)
        }
        (_, rest) => {
            let (len, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*len) as usize, rest)
        }
    };
    let (header, elements) = rest.split_at_checked(header_len)?;
    let header = std::str::from_utf8(header).ok()?;
    let value =
        |key: &str| header.split_once(key).map(|(_, value)| value.trim_start_matches([':', ' ']));
    if !value("'fortran_order'")?.starts_with("False") {
        return None;
    }
    let descr = value("'descr'")?.strip_prefix('\'')?.split('\'').next()?;
    let dtype: DType = descr.parse().ok()?;
    let shape = value("'shape'")?.strip_prefix('(')?.split(')').next()?;
    let shape: Vec<usize> = shape.split(',').filter_map(|len| len.trim().parse().ok()).collect();
    let nbytes = shape.iter().product::<usize>() * dtype.itemsize();
    Some((dtype, shape, elements.get(..nbytes)?))
}

/// How many channels an interleaved image has.
///
/// Of three axes, a last one that is short beside both others is taken for channels.
fn channels(shape: &[usize]) -> Option<usize> {
    let [rows, columns, channels] = *shape else { return None };
    let is_image = channels <= 64 && rows > 2 * channels && columns > 2 * channels;
    is_image.then_some(channels)
}

/// The elements of an interleaved image, one channel after the other.
fn planar(elements: &[u8], channels: usize, typesize: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(elements.len());
    for channel in 0..channels {
        for pixel in elements.chunks_exact(channels * typesize) {
            bytes.extend_from_slice(&pixel[channel * typesize..(channel + 1) * typesize]);
        }
    }
    bytes
}

/// The lengths with the leading axes taken together, or with axes of length 1 in front.
fn three_axes(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [ref planes @ .., rows, columns] => [planes.iter().product(), rows, columns],
        _ => [1, 1, shape.iter().product()],
    }
}
