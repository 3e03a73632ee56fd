//! Image files to planes: one contiguous plane of pixels per channel, named and typed.
//!
//! The format is told from a file's first bytes, so names and extensions do not matter.

mod exr;
mod jpeg;
mod png;
mod tiff;

use std::error::Error;
use std::fs;
use std::path::Path;

use ndpress::Element;
use ndpress::image::deinterleave;

use crate::plane::Plane;

/// What went wrong, in the decoder's own words.
type Failure = Box<dyn Error>;

/// A decoded file.
pub(crate) struct Picture {
    pub(crate) format: &'static str,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) planes: Vec<Plane>,
}

/// Decodes the first image of a file.
pub(crate) fn decode_file(path: &Path) -> Result<Picture, Failure> {
    let decoded = fs::read(path).map_err(Failure::from).and_then(|bytes| decode(&bytes));
    decoded.map_err(|error| format!("{}: {error}", path.display()).into())
}

fn decode(bytes: &[u8]) -> Result<Picture, Failure> {
    let picture = match bytes {
        [0x76, 0x2f, 0x31, 0x01, ..] => exr::decode(bytes)?,
        [0x89, b'P', b'N', b'G', ..] => png::decode(bytes)?,
        [0xff, 0xd8, 0xff, ..] => jpeg::decode(bytes)?,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => tiff::decode(bytes)?,
        _ => return Err("not an EXR, PNG, JPEG or TIFF file".into()),
    };
    if picture.planes.is_empty() || picture.height == 0 || picture.width == 0 {
        return Err("holds no pixels".into());
    }
    Ok(picture)
}

/// Takes pixels apart that lie side by side: `RGB RGB …`.
fn planes_of<T: Element>(
    pixels: &[T],
    nchannels: usize,
    kind: ColorNames,
) -> Result<Vec<Plane>, Failure> {
    let nitems = pixels.len() / nchannels.max(1);
    let mut planes = vec![vec![T::zeroed(); nitems]; nchannels];
    deinterleave(pixels, &mut planes)?;
    let names = kind.names(nchannels);
    Ok(names.into_iter().zip(planes).map(|(name, plane)| Plane::new(name, plane)).collect())
}

/// How a format calls its channels.
#[derive(Clone, Copy)]
enum ColorNames {
    /// Grey or colour, with or without alpha.
    Color,
    /// Cyan, magenta, yellow, black.
    Cmyk,
    /// Measurements of any kind.
    Bands,
}

impl ColorNames {
    fn names(self, nchannels: usize) -> Vec<String> {
        let known: &[&str] = match (self, nchannels) {
            (Self::Color, 1) => &["Y"],
            (Self::Color, 2) => &["Y", "A"],
            (Self::Color, _) => &["R", "G", "B", "A"],
            (Self::Cmyk, _) => &["C", "M", "Y", "K", "A"],
            (Self::Bands, _) => &[],
        };
        let name = |channel: usize| match known.get(channel) {
            Some(&name) => name.to_owned(),
            None => format!("band {}", channel + 1),
        };
        (0..nchannels).map(name).collect()
    }
}
