//! What a file says about its image: how pixels are stored, and where its frames are.

use super::FORMAT;
use super::parse::{Element, File, Object, PixelData};
use super::syntax::Syntax;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::volume::Rescale;
use crate::volume::error::{VolumeError, unsupported};

const SERIES: u32 = 0x0020_000e;
const INSTANCE: u32 = 0x0020_0013;
const SHARED_GROUPS: u32 = 0x5200_9229;
const FRAME_GROUPS: u32 = 0x5200_9230;

/// What a file has, without its pixels and without what only the first of a series is asked for.
#[derive(Debug)]
pub(super) struct Image {
    /// The SeriesInstanceUID; empty where there is none.
    pub(super) series: String,
    pub(super) instance: Option<u32>,
    pub(super) layout: Layout,
    pub(super) pixels: PixelData,
    pub(super) syntax: Syntax,
    pub(super) frames: usize,
    /// One for each frame, or one for all.
    places: Vec<Frame>,
}

/// How pixels are stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// 1 or 3.
    pub(super) samples: usize,
    /// Of a sample.
    pub(super) dtype: DType,
    pub(super) bits_stored: u32,
    pub(super) high_bit: u32,
    pub(super) is_signed: bool,
    /// Whether all samples of one colour come before those of the next.
    pub(super) is_planar: bool,
    pub(super) colours: String,
}

/// What may be another for each frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Frame {
    /// Of the first pixel.
    pub(super) position: Option<[f64; 3]>,
    /// Where rows and columns point: the direction in which x grows, and that of y.
    pub(super) orientation: Option<[[f64; 3]; 2]>,
    /// Along y and x.
    pub(super) pixel_spacing: Option<[f64; 2]>,
    /// From slice to slice, where nothing better tells.
    pub(super) slice_spacing: Option<f64>,
    pub(super) rescale: Option<Rescale>,
}

impl Layout {
    /// Bytes of a frame.
    pub(super) fn frame_nbytes(&self) -> u64 {
        // Rows and columns have 16 bits.
        (self.rows * self.columns) as u64 * (self.samples * self.dtype.itemsize()) as u64
    }

    fn of(object: &Object<'_>) -> Result<Self> {
        let bits = needed(object, 0x0028_0100, "BitsAllocated")?;
        let is_signed = optional(object, 0x0028_0103).unwrap_or(0) == 1;
        let dtype = match (bits, is_signed) {
            (8, false) => DType::U8,
            (8, true) => DType::I8,
            (16, false) => DType::U16,
            (16, true) => DType::I16,
            (32, false) => DType::U32,
            (32, true) => DType::I32,
            _ => return Err(unsupported(FORMAT, format!("a pixel of {bits} bits"))),
        };
        let bits_stored = optional(object, 0x0028_0101).unwrap_or(bits);
        if !(1..=bits).contains(&bits_stored) {
            return Err(invalid("BitsStored", bits_stored, "it is not more than BitsAllocated"));
        }
        let high_bit = optional(object, 0x0028_0102).unwrap_or(bits_stored - 1);
        if !(bits_stored - 1..bits).contains(&high_bit) {
            return Err(invalid("HighBit", high_bit, "the bits stored lie within those allocated"));
        }
        let samples = optional(object, 0x0028_0002).unwrap_or(1);
        if !matches!(samples, 1 | 3) {
            return Err(unsupported(FORMAT, format!("a pixel of {samples} samples")));
        }
        Ok(Self {
            rows: length(object, 0x0028_0010, "Rows")?,
            columns: length(object, 0x0028_0011, "Columns")?,
            samples: samples as usize,
            dtype,
            bits_stored,
            high_bit,
            is_signed,
            is_planar: samples > 1 && optional(object, 0x0028_0006) == Some(1),
            colours: object.get(0x0028_0004).map(Element::text).unwrap_or_default(),
        })
    }
}

impl Image {
    /// What the file says; its length bounds how many frames it can have. `None` for what is no
    /// image: reports, drawings, directories.
    pub(super) fn of(file: &File<'_>, len: u64) -> Result<Option<Self>> {
        let object = &file.object;
        let Some(pixels) = file.pixels else {
            return match is_image(&file.class) {
                true => Err(VolumeError::MissingField { field: "PixelData" }.of(FORMAT)),
                false => Ok(None),
            };
        };
        if pixels.tag & 0xffff != 0x0010 {
            return Err(unsupported(FORMAT, "a pixel that is a float"));
        }
        let layout = Layout::of(object)?;
        let frames = object.get(0x0028_0008).map_or(Some(1), Element::integer);
        let frames = frames.filter(|&frames| frames > 0);
        let frames = frames.ok_or_else(|| invalid("NumberOfFrames", "none", "there is one"))?;
        let syntax = Syntax::of(&file.syntax)?;
        check_nbytes(&pixels, u64::from(frames), &layout, len)?;
        Ok(Some(Self {
            series: object.get(SERIES).map(Element::text).unwrap_or_default(),
            instance: object.get(INSTANCE).and_then(Element::integer),
            places: places(object, frames as usize)?,
            frames: frames as usize,
            layout,
            pixels,
            syntax,
        }))
    }

    /// What is said of a frame.
    pub(super) fn frame(&self, index: usize) -> &Frame {
        // There is at least one.
        &self.places[index.min(self.places.len() - 1)]
    }
}

/// Checks that a file of so many bytes can have so many frames.
fn check_nbytes(pixels: &PixelData, frames: u64, layout: &Layout, len: u64) -> Result<()> {
    let left = len.saturating_sub(pixels.offset);
    // An item of compressed bytes takes eight of them at least.
    let needed = match pixels.len {
        Some(_) => frames.saturating_mul(layout.frame_nbytes()),
        None => frames.saturating_mul(8),
    };
    if needed > left {
        let (needed, found) = (pixels.offset.saturating_add(needed), len);
        return Err(Error::Truncated { needed, found });
    }
    let announced = pixels.len.map_or(needed, u64::from);
    if announced < needed {
        return Err(VolumeError::Length { needed, found: announced }.of(FORMAT));
    }
    Ok(())
}

/// Whether files of a class have pixels, as far as their UID tells.
fn is_image(class: &str) -> bool {
    const STORAGE: &str = "1.2.840.10008.5.1.4.1.1.";
    // Waveforms, presentations, registrations, reports, documents, and plans of treatment.
    const OTHERS: [&str; 12] =
        ["9.", "11.", "66.1", "66.2", "66.3", "66.5", "67", "68.", "88.", "104.", "481.3", "481.5"];
    match class.strip_prefix(STORAGE) {
        Some(kind) => !OTHERS
            .iter()
            .any(|other| *other == kind || (other.ends_with('.') && kind.starts_with(other))),
        // A directory, or nothing that the standard stores.
        None => class.is_empty(),
    }
}

/// What is said of each frame, or once of all.
fn places(object: &Object<'_>, frames: usize) -> Result<Vec<Frame>> {
    // Looked up once: a file can have many frames and many attributes.
    let all = Frame::of(object);
    let all = object.item(SHARED_GROUPS).map_or(all.clone(), |shared| Frame::of(shared).or(&all));
    let each = object.items(FRAME_GROUPS);
    if each.is_empty() {
        return Ok(vec![all]);
    }
    if each.len() != frames {
        let rule = "there is one for each of NumberOfFrames";
        return Err(invalid("items of PerFrameFunctionalGroupsSequence", each.len(), rule));
    }
    Ok(each.iter().map(|frame| Frame::of(frame).or(&all)).collect())
}

impl Frame {
    /// What an object says: in groups, or by itself.
    fn of(object: &Object<'_>) -> Self {
        let find = |group: u32, tag: u32| {
            let grouped = object.item(group).and_then(|item| item.get(tag));
            let numbers = grouped.or_else(|| object.get(tag)).map(Element::numbers);
            numbers.filter(|numbers| numbers.iter().all(|number| number.is_finite()))
        };
        let number = |group, tag| find(group, tag).and_then(|numbers| numbers.first().copied());
        let measure = |tag| find(0x0028_9110, tag);
        let position = find(0x0020_9113, 0x0020_0032).and_then(|n| n.first_chunk().copied());
        let orientation = find(0x0020_9116, 0x0020_0037).and_then(|numbers| {
            let [x @ .., _, _, _]: [f64; 6] = *numbers.first_chunk()?;
            Some([x, *numbers.last_chunk()?])
        });
        let (slope, intercept) =
            (number(0x0028_9145, 0x0028_1053), number(0x0028_9145, 0x0028_1052));
        let is_scaled = slope.is_some() || intercept.is_some();
        let positive = |number: &f64| *number > 0.0;
        let slice = |tag| measure(tag).and_then(|n| n.first().copied()).filter(positive);
        Self {
            position,
            orientation,
            pixel_spacing: measure(0x0028_0030)
                .and_then(|numbers| numbers.first_chunk().copied())
                .filter(|spacing: &[f64; 2]| spacing.iter().all(positive)),
            slice_spacing: slice(0x0018_0088).or_else(|| slice(0x0018_0050)),
            rescale: is_scaled.then(|| Rescale {
                slope: slope.unwrap_or(1.0),
                intercept: intercept.unwrap_or(0.0),
            }),
        }
    }
}

impl Frame {
    /// The same, and what another says where this does not.
    fn or(self, other: &Self) -> Self {
        Self {
            position: self.position.or(other.position),
            orientation: self.orientation.or(other.orientation),
            pixel_spacing: self.pixel_spacing.or(other.pixel_spacing),
            slice_spacing: self.slice_spacing.or(other.slice_spacing),
            rescale: self.rescale.or(other.rescale),
        }
    }
}

fn optional(object: &Object<'_>, tag: u32) -> Option<u32> {
    object.get(tag).and_then(Element::integer)
}

fn needed(object: &Object<'_>, tag: u32, field: &'static str) -> Result<u32> {
    optional(object, tag).ok_or_else(|| VolumeError::MissingField { field }.of(FORMAT))
}

/// A length, which has 16 bits and is not 0.
fn length(object: &Object<'_>, tag: u32, field: &'static str) -> Result<usize> {
    let len = needed(object, tag, field)?;
    if !(1..=0xffff).contains(&len) {
        return Err(invalid(field, len, "images have at least one pixel"));
    }
    Ok(len as usize)
}

fn invalid(field: &'static str, value: impl ToString, rule: &'static str) -> Error {
    VolumeError::field(field, value, rule).of(FORMAT)
}
