//! What only the crate `image` reads here: formats of whole images.

use image::{ColorType, ImageDecoder, ImageError, ImageFormat};

use super::names::color_names;
use super::{Canvas, Decoder, Format, FormatError, ImageInfo, PartInfo, Source};
use crate::array::zeroed;
use crate::dtype::DType;
use crate::limits::Limits;
use crate::metadata::{Metadata, Value};

const NAME: &str = "image";

/// Files of Radiance HDR, BMP, GIF, TGA, WebP, QOI, farbfeld, ICO and DDS; read only.
///
/// Channels are `Y`, or `R`, `G` and `B`, and `A`; of an animation, it is the first frame. The image
/// is in memory once, interleaved.
///
/// Metadata: `icc_profile`, `exif` and `xmp`, all bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherFormats;

/// The formats by the bytes that they start with.
fn format_of(start: &[u8]) -> Option<ImageFormat> {
    Some(match start {
        [b'B', b'M', ..] => ImageFormat::Bmp,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ImageFormat::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ImageFormat::WebP,
        [b'q', b'o', b'i', b'f', ..] => ImageFormat::Qoi,
        [b'D', b'D', b'S', b' ', ..] => ImageFormat::Dds,
        [0, 0, 1, 0, count, 0, _, _, _, 0, ..] if *count > 0 => ImageFormat::Ico,
        start if start.starts_with(b"farbfeld") => ImageFormat::Farbfeld,
        start if start.starts_with(b"#?RADIANCE") || start.starts_with(b"#?RGBE") => {
            ImageFormat::Hdr
        }
        start if looks_like_tga(start) => ImageFormat::Tga,
        _ => return None,
    })
}

/// Whether 18 bytes are such as a TGA file's, which has no mark of its own there.
fn looks_like_tga(start: &[u8]) -> bool {
    let Some(&[_, map, kind, _, _, _, _, map_bits, _, _, _, _, w0, w1, h0, h1, bits, flags]) =
        start.first_chunk()
    else {
        return false;
    };
    let is_kind = match map {
        0 => matches!(kind, 2 | 3 | 10 | 11) && map_bits == 0,
        1 => matches!(kind, 1 | 9) && matches!(map_bits, 15 | 16 | 24 | 32),
        _ => false,
    };
    let has_size = [w0, w1] != [0, 0] && [h0, h1] != [0, 0];
    is_kind && has_size && matches!(bits, 8 | 15 | 16 | 24 | 32) && flags & 0xc0 == 0
}

impl Format for OtherFormats {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        format_of(start).is_some()
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        let start = source.start(super::START_NBYTES)?;
        let format = format_of(&start).ok_or_else(|| FormatError::malformed("no mark"))?;
        let mut decoder = open(&source, format, limits)?;
        let (width, height) = decoder.dimensions();
        let (nchannels, dtype) = samples_of(decoder.color_type())?;
        let part = PartInfo::new([height as usize, width as usize]);
        let part = part.with_channels(color_names(nchannels), dtype);
        let mut metadata = Metadata::new();
        let entries = [
            ("icc_profile", decoder.icc_profile()),
            ("exif", decoder.exif_metadata()),
            ("xmp", decoder.xmp_metadata()),
        ];
        for (key, bytes) in entries {
            if let Some(bytes) = bytes? {
                metadata.insert(key, Value::Bytes(bytes));
            }
        }
        let info = ImageInfo::new(name_of(format), [part.with_metadata(metadata)]);
        Ok(Box::new(OtherDecoder { source, format, limits: *limits, info }))
    }
}

fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Bmp => "BMP",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Qoi => "QOI",
        ImageFormat::Dds => "DDS",
        ImageFormat::Ico => "ICO",
        ImageFormat::Farbfeld => "farbfeld",
        ImageFormat::Hdr => "Radiance HDR",
        ImageFormat::Tga => "TGA",
        _ => NAME,
    }
}

fn open(
    source: &Source,
    format: ImageFormat,
    limits: &Limits,
) -> Result<Box<dyn ImageDecoder>, FormatError> {
    let mut reader = image::ImageReader::with_format(source.reader(), format);
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.strip_nbytes() as u64);
    reader.limits(bounds);
    Ok(Box::new(reader.into_decoder()?))
}

fn samples_of(color: ColorType) -> Result<(usize, DType), FormatError> {
    Ok(match color {
        ColorType::L8 => (1, DType::U8),
        ColorType::La8 => (2, DType::U8),
        ColorType::Rgb8 => (3, DType::U8),
        ColorType::Rgba8 => (4, DType::U8),
        ColorType::L16 => (1, DType::U16),
        ColorType::La16 => (2, DType::U16),
        ColorType::Rgb16 => (3, DType::U16),
        ColorType::Rgba16 => (4, DType::U16),
        ColorType::Rgb32F => (3, DType::F32),
        ColorType::Rgba32F => (4, DType::F32),
        other => return Err(FormatError::unsupported(format!("{other:?}"))),
    })
}

struct OtherDecoder {
    source: Source,
    format: ImageFormat,
    limits: Limits,
    info: ImageInfo,
}

impl std::fmt::Debug for OtherDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtherDecoder").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Decoder for OtherDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        _part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let decoder = open(&self.source, self.format, &self.limits)?;
        let (nchannels, dtype) = samples_of(decoder.color_type())?;
        let nbytes = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
        self.limits.check_strip(nbytes)?;
        let mut pixels = zeroed::<u8>(nbytes)?;
        decoder.read_image_boxed(&mut pixels)?;
        canvas.put_image(&pixels, nchannels, dtype.itemsize())
    }
}

impl From<ImageError> for FormatError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) => error.into(),
            ImageError::Unsupported(what) => Self::unsupported(what.to_string()),
            error => Self::malformed(error),
        }
    }
}
