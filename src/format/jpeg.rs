//! JPEG, by the crate `zune-jpeg`, which gives whole images.
//!
//! Source: ITU-T T.81.

use zune_jpeg::JpegDecoder as ZuneDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::names::{color_names, owned};
use super::{Canvas, Decoder, Format, FormatError, ImageInfo, PartInfo, Source, SourceReader};
use crate::array::zeroed;
use crate::dtype::DType;
use crate::limits::Limits;
use crate::metadata::{Metadata, Value};

const NAME: &str = "JPEG";

/// JPEG files: baseline and progressive, 8 bits; read only.
///
/// Channels are `Y`, or `R`, `G` and `B`, or `C`, `M`, `Y` and `K` as the file has them; YCCK is
/// not read. The image is in memory once, interleaved, and progressive ones two to four times more
/// within the decoder. A file that ends early is an error.
///
/// Metadata: `exif`, `icc_profile`, `xmp` and `iptc`, all bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jpeg;

impl Format for Jpeg {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        start.starts_with(&[0xff, 0xd8, 0xff])
    }

    fn decoder(&self, source: Source, limits: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        let (decoder, space) = open(&source)?;
        let (width, height) = size_of(&decoder)?;
        let names = match space {
            ColorSpace::CMYK => owned(&["C", "M", "Y", "K"]),
            space => color_names(space.num_components()),
        };
        let part = PartInfo::new([height, width]).with_channels(names, DType::U8);
        let info = ImageInfo::new(NAME, [part.with_metadata(metadata_of(&decoder))]);
        Ok(Box::new(JpegDecoder { source, limits: *limits, info }))
    }
}

/// A file whose header has been read, and the colours it is to be decoded to.
fn open(source: &Source) -> Result<(ZuneDecoder<SourceReader>, ColorSpace), FormatError> {
    // Strict, so that a file cut short is an error and not a picture with a grey end.
    let options = DecoderOptions::default().set_strict_mode(true);
    let options = options.set_max_width(65_535).set_max_height(65_535);
    let mut decoder = ZuneDecoder::new_with_options(source.reader(), options);
    decoder.decode_headers()?;
    let space = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        Some(ColorSpace::CMYK) => ColorSpace::CMYK,
        // The decoder makes RGB of it, which is not what the file holds.
        Some(ColorSpace::YCCK) => return Err(FormatError::unsupported("YCCK")),
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    Ok((decoder, space))
}

fn size_of(decoder: &ZuneDecoder<SourceReader>) -> Result<(usize, usize), FormatError> {
    decoder.dimensions().ok_or_else(|| FormatError::malformed("no size"))
}

fn metadata_of(decoder: &ZuneDecoder<SourceReader>) -> Metadata {
    let mut metadata = Metadata::new();
    let entries = [
        ("exif", decoder.exif().cloned()),
        ("icc_profile", decoder.icc_profile()),
        ("xmp", decoder.xmp().cloned()),
        ("iptc", decoder.iptc().cloned()),
    ];
    for (key, bytes) in entries {
        if let Some(bytes) = bytes {
            metadata.insert(key, Value::Bytes(bytes));
        }
    }
    metadata
}

#[derive(Debug)]
struct JpegDecoder {
    source: Source,
    limits: Limits,
    info: ImageInfo,
}

impl Decoder for JpegDecoder {
    fn info(&self) -> &ImageInfo {
        &self.info
    }

    fn decode(
        &mut self,
        _part: usize,
        _level: usize,
        canvas: &Canvas<'_, '_>,
    ) -> Result<(), FormatError> {
        let (mut decoder, space) = open(&self.source)?;
        let (width, height) = size_of(&decoder)?;
        let row_nbytes = width * space.num_components();
        let nbytes = row_nbytes * height;
        self.limits.check_strip(nbytes)?;
        let mut pixels = zeroed::<u8>(nbytes)?;
        decoder.decode_into(&mut pixels)?;
        canvas.put_image(&pixels, space.num_components(), 1)
    }
}

impl From<DecodeErrors> for FormatError {
    fn from(error: DecodeErrors) -> Self {
        match error {
            DecodeErrors::Unsupported(what) => Self::unsupported(format!("{what:?}")),
            error => Self::malformed(error),
        }
    }
}
