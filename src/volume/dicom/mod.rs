//! DICOM: a file with one or more frames, or a folder with a file for each slice.
//!
//! `parse` reads elements, `value` their values, with names from `dictionary`; `image` is what a
//! file says of its pixels and where they are; `pixels` decodes frames, with `rle` and `jpeg`. Here
//! are the files: which belong together, and in which order.
//!
//! The headers of all files are read first, then one file after the other, frame by frame.

mod dictionary;
mod image;
mod jpeg;
mod parse;
mod pixels;
mod place;
mod rle;
mod syntax;
mod value;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use self::image::{Frame, Image};
use super::error::{VolumeError, unsupported};
use super::fill::Fill;
use super::{Rescale, Volume};
use crate::array::Options;
use crate::error::{Error, InvalidArgument, Result, Unsupported};
use crate::limits::Limits;

/// The name of the format in errors.
const FORMAT: &str = "DICOM";

/// A file of a series.
struct Slice {
    path: PathBuf,
    image: Image,
}

/// Opens a file with one or more frames.
pub(super) fn open_file(
    path: &Path,
    series: Option<&str>,
    options: &Options,
    limits: &Limits,
) -> Result<Volume> {
    let Some(image) = read_image(path, limits)? else { return Err(Unsupported::Format.into()) };
    let slices = vec![Slice { path: path.to_owned(), image }];
    read(&chosen(slices, series)?, options, limits)
}

/// Opens a folder with the files of a series.
pub(super) fn open_folder(
    folder: &Path,
    series: Option<&str>,
    options: &Options,
    limits: &Limits,
) -> Result<Volume> {
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>>>()?;
    // Folders have no order of their own.
    paths.sort();
    let mut slices = Vec::new();
    for path in paths {
        if is_dicom(&path).map_err(|error| error.in_file(Some(&path)))? {
            let image = read_image(&path, limits).map_err(|error| error.in_file(Some(&path)))?;
            slices.extend(image.map(|image| Slice { path, image }));
        }
    }
    if slices.is_empty() {
        return Err(Unsupported::Format.into());
    }
    let mut slices = chosen(slices, series)?;
    check_alike(&slices)?;
    sort(&mut slices)?;
    read(&slices, options, limits)
}

/// Whether a file says that it is of this format. Pipes and the like are not asked.
fn is_dicom(path: &Path) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    File::open(path)?.take(132).read_to_end(&mut start)?;
    Ok(start.get(128..) == Some(b"DICM"))
}

/// What a file says of its image, if it has one.
fn read_image(path: &Path, limits: &Limits) -> Result<Option<Image>> {
    with_header(path, limits, |file, len| Image::of(&file, len))
}

/// Calls `f` with a file's elements up to its pixels, and its length.
///
/// More and more of the file is read until it is enough, so that pixels are not read for nothing.
fn with_header<R>(
    path: &Path,
    limits: &Limits,
    f: impl Fn(parse::File<'_>, u64) -> Result<R>,
) -> Result<R> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let (mut bytes, mut most) = (Vec::new(), 64 << 10);
    loop {
        let is_whole = most >= len;
        limits.check_frame(usize::try_from(most.min(len)).unwrap_or(usize::MAX))?;
        (&mut file).take(most.min(len) - bytes.len() as u64).read_to_end(&mut bytes)?;
        match parse::parse(&bytes, is_whole) {
            Err(Error::Truncated { needed, .. }) if !is_whole => {
                if needed > len {
                    return Err(Error::Truncated { needed, found: len });
                }
                most = needed.max(2 * most);
            }
            parsed => return f(parsed?, len),
        }
    }
}

/// The files of the series asked for, or of the only one there is.
fn chosen(mut slices: Vec<Slice>, series: Option<&str>) -> Result<Vec<Slice>> {
    if let Some(uid) = series {
        slices.retain(|slice| slice.image.series == uid);
        if slices.is_empty() {
            return Err(InvalidArgument::UnknownSeries { uid: uid.to_owned() }.into());
        }
        return Ok(slices);
    }
    let uids: BTreeSet<_> = slices.iter().map(|slice| slice.image.series.clone()).collect();
    if uids.len() > 1 {
        let uids = uids.into_iter().collect();
        return Err(InvalidArgument::SeveralSeries { uids }.into());
    }
    Ok(slices)
}

/// Checks that all files can be slices of one volume.
fn check_alike(slices: &[Slice]) -> Result<()> {
    if slices.len() > 1 && slices.iter().any(|slice| slice.image.frames > 1) {
        return Err(unsupported(FORMAT, "a series of several files with several frames"));
    }
    for pair in slices.windows(2) {
        let [before, slice] = pair else { continue };
        let (a, b) = (&before.image.layout, &slice.image.layout);
        let (from, to) = (before.image.frame(0), slice.image.frame(0));
        let what = if (a.rows, a.columns) != (b.rows, b.columns) {
            "size"
        } else if (a.samples, a.dtype) != (b.samples, b.dtype) {
            "type"
        } else if !place::is_parallel(from.orientation, to.orientation) {
            "orientation"
        } else if !place::is_close(from.pixel_spacing, to.pixel_spacing) {
            "pixel spacing"
        } else {
            continue;
        };
        return Err(VolumeError::Slice { path: slice.path.clone(), what }.of(FORMAT));
    }
    Ok(())
}

/// Sorts slices by where they are, or else by their numbers, or else leaves them by their names.
fn sort(slices: &mut [Slice]) -> Result<()> {
    let Some(heights) = place::heights(slices.iter().map(|slice| slice.image.frame(0))) else {
        slices.sort_by_key(|slice| slice.image.instance.unwrap_or(u32::MAX));
        return Ok(());
    };
    let mut order: Vec<usize> = (0..slices.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    let is_same = |pair: &[usize]| (heights[pair[1]] - heights[pair[0]]).abs() < place::SAME;
    if order.windows(2).any(is_same) {
        return Err(unsupported(FORMAT, "a series with several slices at one place"));
    }
    let mut rank = vec![0; slices.len()];
    order.iter().enumerate().for_each(|(place, &slice)| rank[slice] = place);
    // Ranks follow their slices, each to its place.
    for index in 0..slices.len() {
        while rank[index] != index {
            let to = rank[index];
            slices.swap(index, to);
            rank.swap(index, to);
        }
    }
    Ok(())
}

/// Reads files that are in order: several of one frame, or one of several.
fn read(slices: &[Slice], options: &Options, limits: &Limits) -> Result<Volume> {
    let Some(first) = slices.first() else { return Err(Unsupported::Format.into()) };
    let layout = &first.image.layout;
    let frames: Vec<&Frame> = slices
        .iter()
        .flat_map(|slice| (0..slice.image.frames).map(|index| slice.image.frame(index)))
        .collect();
    let mut shape = vec![frames.len(), layout.rows, layout.columns];
    shape.extend((layout.samples > 1).then_some(layout.samples));
    let mut fill = Fill::new(layout.dtype, &shape, options, limits)?;
    for slice in slices {
        let mut copy = || {
            let file = File::open(&slice.path)?;
            let len = file.metadata()?.len();
            pixels::for_each_frame(file, len, &slice.image, limits, |frame| fill.write(frame))
        };
        copy().map_err(|error: Error| error.in_file(Some(&slice.path)))?;
    }
    let metadata = with_header(&first.path, limits, |file, _| Ok(value::metadata(&file.object)))?;
    let place = place::place(&frames, shape.len());
    Ok(Volume { array: fill.finish(), metadata, place, rescales: rescales(&frames) })
}

/// One for each frame, or one where all are the same; none where no file tells.
fn rescales(frames: &[&Frame]) -> Vec<Rescale> {
    if frames.iter().all(|frame| frame.rescale.is_none()) {
        return Vec::new();
    }
    // Without one, values mean themselves.
    let identity = Rescale { slope: 1.0, intercept: 0.0 };
    let mut rescales: Vec<_> =
        frames.iter().map(|frame| frame.rescale.unwrap_or(identity)).collect();
    if rescales.iter().all(|rescale| *rescale == rescales[0]) {
        rescales.truncate(1);
    }
    rescales
}
