//! How formats without names call their channels, and the order in which they want them.

use crate::error::{InvalidArgument, Result};
use crate::image::Image;

/// Channels of colours, in the order of formats that have one.
const GREY: [&str; 2] = ["Y", "A"];
const COLOR: [&str; 4] = ["R", "G", "B", "A"];

/// What channels are called that are grey or colours, with or without alpha; by their numbers if
/// they are more.
pub(super) fn color_names(nchannels: usize) -> Vec<String> {
    match nchannels {
        1 | 2 => owned(&GREY[..nchannels]),
        3 | 4 => owned(&COLOR[..nchannels]),
        _ => numbers(0..nchannels).collect(),
    }
}

/// What channels are called that have no names: their numbers.
pub(super) fn numbers(channels: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    channels.map(|number| number.to_string())
}

pub(super) fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The image with its channels in the order of colours, if that is what they are: files of some
/// formats have them in the order of their names. All channels, in their order, if they are not.
pub(super) fn in_color_order(image: &Image) -> Result<Image> {
    for names in [&GREY[..1], &GREY, &COLOR[..3], &COLOR] {
        if names.len() == image.nchannels() && image.names().all(|name| names.contains(&name)) {
            return image.select(names.iter().copied());
        }
    }
    image.select(0..image.nchannels())
}

/// Checks that an image is grey or colours, with or without alpha, for formats that take the last of
/// two or four channels for alpha.
pub(super) fn check_colors(format: &'static str, image: &Image) -> Result<()> {
    match image.nchannels() {
        1 | 3 => Ok(()),
        2 | 4 if has_alpha(image) => Ok(()),
        found => Err(InvalidArgument::FormatChannels { format, found }.into()),
    }
}

/// Whether there is a channel for alpha, after `in_color_order`.
pub(super) fn has_alpha(image: &Image) -> bool {
    image.names().next_back() == Some("A") && matches!(image.nchannels(), 2 | 4)
}

/// The one type of all channels.
pub(super) fn common_dtype(format: &'static str, image: &Image) -> Result<crate::DType> {
    let mut dtypes = image.channels().map(|(_, channel)| channel.dtype());
    let Some(first) = dtypes.next() else {
        return Err(InvalidArgument::FormatChannels { format, found: 0 }.into());
    };
    if dtypes.any(|dtype| dtype != first) {
        return Err(InvalidArgument::FormatMixedDTypes { format }.into());
    }
    Ok(first)
}

/// What is wrong with channels of a type that a format does not have.
pub(super) fn unfit_dtype(format: &'static str, image: &Image) -> crate::Error {
    let mut channels = image.channels();
    match channels.next() {
        Some((name, channel)) => {
            let (channel, dtype) = (name.to_owned(), channel.dtype());
            InvalidArgument::FormatDType { format, channel, dtype }.into()
        }
        None => InvalidArgument::FormatChannels { format, found: 0 }.into(),
    }
}

/// Height and width as numbers of 32 bits that are not 0.
pub(super) fn size_u32(format: &'static str, image: &Image, max: u32) -> Result<[u32; 2]> {
    let (height, width) = (image.height(), image.width());
    let error = InvalidArgument::FormatSize { format, height, width };
    let len = |len: usize| u32::try_from(len).ok().filter(|len| (1..=max).contains(len));
    match (len(height), len(width)) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => Err(error.into()),
    }
}

/// Reverses the bytes of each number.
pub(super) fn swap_bytes(itemsize: usize, bytes: &mut [u8]) {
    fn swap<const SIZE: usize>(bytes: &mut [u8]) {
        bytes.as_chunks_mut::<SIZE>().0.iter_mut().for_each(|item| item.reverse());
    }
    match itemsize {
        2 => swap::<2>(bytes),
        4 => swap::<4>(bytes),
        8 => swap::<8>(bytes),
        _ => {}
    }
}

/// Brings numbers that were read, or are to be written, from one byte order to the other, if the
/// machine's is not big endian.
pub(super) fn big_endian(itemsize: usize, bytes: &mut [u8]) {
    if cfg!(target_endian = "little") {
        swap_bytes(itemsize, bytes);
    }
}
