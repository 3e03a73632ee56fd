//! TIFF files from bands of rows.

use std::io::Write;

use tiff::encoder::{DirectoryEncoder, TiffEncoder, TiffKind, TiffKindBig, TiffKindStandard};
use tiff::tags::{Tag, ValueBuffer};

use super::predictor::{Predictor, RowShape};
use super::tags::tags_of;
use super::{NAME, Tiff, TiffCompression};
use crate::dtype::DType;
use crate::error::{InvalidArgument, Result};
use crate::format::names::{common_dtype, in_color_order, size_u32, unfit_dtype};
use crate::format::{Bands, FormatError, Output};
use crate::image::Image;
use crate::parallel::for_each;

/// Uncompressed bytes of a strip.
const STRIP_NBYTES: usize = 256 << 10;

/// Pixels above this are not sure to fit 32 bits of offsets, whatever they compress to.
const MAX_CLASSIC_NBYTES: u64 = 0xf000_0000;

/// What is the same for all strips.
struct Plan {
    compression: TiffCompression,
    predictor: Predictor,
    shape: RowShape,
    row_nbytes: usize,
    strip_rows: usize,
}

pub(super) fn encode(
    settings: &Tiff,
    image: &Image,
    out: &mut dyn Output,
) -> Result<(), FormatError> {
    let image = in_order(image)?;
    let size = size_u32(NAME, &image, u32::MAX)?;
    let dtype = common_dtype(NAME, &image)?;
    let (bits, format) = sample_format(dtype).ok_or_else(|| unfit_dtype(NAME, &image))?;
    let found = image.nchannels();
    let nbands = u16::try_from(found);
    let nbands = nbands
        .map_err(|_| crate::Error::from(InvalidArgument::FormatChannels { format: NAME, found }))?;
    let mut tags = tags_of(image.metadata())?;
    let is_compressed = settings.compression != TiffCompression::None;
    let predictor = match settings.has_predictor && is_compressed {
        true if matches!(dtype, DType::F16 | DType::F32 | DType::F64) => Predictor::Float,
        true if !dtype.is_float() => Predictor::Horizontal,
        _ => Predictor::None,
    };
    let row_nbytes = image.width().saturating_mul(found).saturating_mul(dtype.itemsize());
    let strip_rows = (STRIP_NBYTES / row_nbytes.max(1)).clamp(1, image.height());
    let plan = Plan {
        compression: settings.compression,
        predictor,
        shape: RowShape { itemsize: dtype.itemsize(), stride: found },
        row_nbytes,
        strip_rows,
    };
    let mut add = |tag: Tag, values: &[u16]| tags.push((tag, ValueBuffer::from_value(&values)));
    add(Tag::BitsPerSample, &vec![bits; found]);
    add(Tag::SampleFormat, &vec![format; found]);
    add(Tag::SamplesPerPixel, &[nbands]);
    add(Tag::PlanarConfiguration, &[1]);
    add(Tag::Compression, &[plan.compression_number()]);
    let (photometric, extra) = photometric(&image);
    add(Tag::PhotometricInterpretation, &[photometric]);
    if !extra.is_empty() {
        add(Tag::ExtraSamples, &extra);
    }
    match predictor {
        Predictor::None => {}
        Predictor::Horizontal => add(Tag::Predictor, &[2]),
        Predictor::Float => add(Tag::Predictor, &[3]),
    }
    let mut add = |tag: Tag, value: u32| tags.push((tag, ValueBuffer::from_value(&value)));
    add(Tag::ImageLength, size[0]);
    add(Tag::ImageWidth, size[1]);
    add(Tag::RowsPerStrip, u32::try_from(strip_rows).unwrap_or(u32::MAX));

    if image.nbytes() as u64 > MAX_CLASSIC_NBYTES {
        let mut encoder = TiffEncoder::<_, TiffKindBig>::new_generic(out)?;
        let (offsets, nbytes, directory) = write_strips(&plan, &image, &mut encoder)?;
        tags.push((Tag::StripOffsets, ValueBuffer::from_value(&&offsets[..])));
        tags.push((Tag::StripByteCounts, ValueBuffer::from_value(&&nbytes[..])));
        finish(directory, &tags)
    } else {
        let mut encoder = TiffEncoder::<_, TiffKindStandard>::new_generic(out)?;
        let (offsets, nbytes, directory) = write_strips(&plan, &image, &mut encoder)?;
        let [offsets, nbytes] = [offsets, nbytes].map(|numbers| {
            numbers.into_iter().map(u32::try_from).collect::<std::result::Result<Vec<u32>, _>>()
        });
        let too_long = |_| FormatError::Io(std::io::ErrorKind::FileTooLarge.into());
        let (offsets, nbytes) = (offsets.map_err(too_long)?, nbytes.map_err(too_long)?);
        tags.push((Tag::StripOffsets, ValueBuffer::from_value(&&offsets[..])));
        tags.push((Tag::StripByteCounts, ValueBuffer::from_value(&&nbytes[..])));
        finish(directory, &tags)
    }
}

fn finish<W: Write + std::io::Seek, K: TiffKind>(
    mut directory: DirectoryEncoder<'_, W, K>,
    tags: &[(Tag, ValueBuffer)],
) -> Result<(), FormatError> {
    for (tag, value) in tags {
        directory.write_tag_buf(*tag, value)?;
    }
    Ok(directory.finish()?)
}

/// Channels in the order that the format has for their colours, if they are ones.
fn in_order(image: &Image) -> Result<Image> {
    let cmyk = ["C", "M", "Y", "K"];
    if image.nchannels() == 4 && image.names().all(|name| cmyk.contains(&name)) {
        return image.select(cmyk);
    }
    in_color_order(image)
}

/// The number of the colours, and what the bands after them are: 2 is alpha, 0 anything.
fn photometric(image: &Image) -> (u16, Vec<u16>) {
    let names: Vec<&str> = image.names().collect();
    let (number, ncolors) = match &names[..] {
        ["R", "G", "B", ..] => (2, 3),
        ["C", "M", "Y", "K", ..] => (5, 4),
        _ => (1, 1),
    };
    let extra = names[ncolors..].iter().enumerate();
    let kind = |(place, name): (usize, &&str)| if place == 0 && *name == "A" { 2 } else { 0 };
    (number, extra.map(kind).collect())
}

/// Bits, and the number of the kind of number.
fn sample_format(dtype: DType) -> Option<(u16, u16)> {
    let format = match dtype {
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 1,
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => 2,
        DType::F16 | DType::F32 | DType::F64 => 3,
        DType::Complex64 | DType::Complex128 => 6,
        DType::Bool | DType::Opaque(_) => return None,
    };
    Some((dtype.itemsize() as u16 * 8, format))
}

impl Plan {
    fn compression_number(&self) -> u16 {
        match self.compression {
            TiffCompression::None => 1,
            TiffCompression::Lzw => 5,
            TiffCompression::Deflate => 8,
            #[cfg(feature = "zstd")]
            TiffCompression::Zstd => 50000,
        }
    }

    /// A strip as it is in the file.
    fn coded(&self, mut pixels: Vec<u8>) -> std::io::Result<Vec<u8>> {
        let mut scratch = Vec::new();
        for row in pixels.chunks_exact_mut(self.row_nbytes) {
            match self.predictor {
                Predictor::None => {}
                Predictor::Horizontal => self.shape.difference(row),
                Predictor::Float => self.shape.difference_floats(row, &mut scratch),
            }
        }
        match self.compression {
            TiffCompression::None => Ok(pixels),
            TiffCompression::Lzw => {
                let mut encoder =
                    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
                encoder.encode(&pixels).map_err(std::io::Error::other)
            }
            TiffCompression::Deflate => {
                let level = flate2::Compression::default();
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(&pixels)?;
                encoder.finish()
            }
            #[cfg(feature = "zstd")]
            TiffCompression::Zstd => {
                let mut out = Vec::with_capacity(zstd_safe::compress_bound(pixels.len()));
                zstd_safe::compress(&mut out, &pixels, 9)
                    .map_err(|code| std::io::Error::other(zstd_safe::get_error_name(code)))?;
                Ok(out)
            }
        }
    }
}

type Strips<'a, W, K> = (Vec<u64>, Vec<u64>, DirectoryEncoder<'a, W, K>);

/// Compresses the strips of each band in parallel, and writes them in order. Offsets, numbers of
/// bytes, and the directory that waits for both.
fn write_strips<'a, W: Write + std::io::Seek, K: TiffKind>(
    plan: &Plan,
    image: &Image,
    encoder: &'a mut TiffEncoder<W, K>,
) -> Result<Strips<'a, W, K>, FormatError> {
    let mut directory = encoder.image_directory()?;
    let (mut offsets, mut nbytes) = (Vec::new(), Vec::new());
    let mut bands = Bands::new(image, plan.strip_rows)?;
    while let Some(band) = bands.next_band()? {
        let starts = (0..band.rows()).step_by(plan.strip_rows);
        let mut strips: Vec<(usize, Vec<u8>)> = starts.map(|start| (start, Vec::new())).collect();
        for_each(&mut strips, plan.row_nbytes * plan.strip_rows, &|(start, strip): &mut (_, _)| {
            let mut pixels = Vec::new();
            band.interleave_rows(*start..(*start + plan.strip_rows).min(band.rows()), &mut pixels);
            *strip = plan.coded(pixels)?;
            Ok::<_, std::io::Error>(())
        })
        .map_err(FormatError::Io)?;
        for (_, strip) in strips {
            offsets.push(directory.write_data(&strip[..])?);
            nbytes.push(strip.len() as u64);
        }
    }
    Ok((offsets, nbytes, directory))
}
