//! How the pixels of a page lie in its file.

use tiff::decoder::Decoder;
use tiff::decoder::ifd::Value;
use tiff::tags::{ByteOrder, Tag};

use super::predictor::Predictor;
use crate::dtype::DType;
use crate::format::names::{numbers, owned};
use crate::format::{FormatError, SourceReader};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    #[cfg(feature = "zstd")]
    Zstd,
    /// By its number.
    Other(u16),
}

/// The number of JPEG among compressions, and of brightness and differences among colours.
const JPEG: u16 = 7;
const YCBCR: u16 = 6;

/// What the directory of a page says about its pixels.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) size: [usize; 2],
    pub(super) bits: usize,
    pub(super) dtype: DType,
    pub(super) nbands: usize,
    pub(super) names: Vec<String>,
    /// Three bands that are decompressed to brightness and two differences of colours.
    pub(super) is_jpeg_ycbcr: bool,
    /// Bands one after the other rather than side by side.
    pub(super) is_planar: bool,
    pub(super) compression: Compression,
    pub(super) predictor: Predictor,
    pub(super) order: ByteOrder,
    /// `[height, width]` of strips or tiles.
    pub(super) tile: [usize; 2],
    pub(super) offsets: Vec<u64>,
    pub(super) nbytes: Vec<u64>,
}

/// A directory, of which tags are asked for.
struct Directory<'d>(&'d mut Decoder<SourceReader>);

impl Directory<'_> {
    fn number<T: TryFrom<u64>>(&mut self, tag: Tag) -> Result<Option<T>, FormatError> {
        Ok(self.0.find_tag_unsigned(tag)?)
    }

    fn number_or<T: TryFrom<u64>>(&mut self, tag: Tag, default: T) -> Result<T, FormatError> {
        Ok(self.number(tag)?.unwrap_or(default))
    }

    fn numbers<T: TryFrom<u64>>(&mut self, tag: Tag) -> Result<Vec<T>, FormatError> {
        Ok(self.0.find_tag_unsigned_vec(tag)?.unwrap_or_default())
    }

    /// The one value that all bands have.
    fn common(&mut self, tag: Tag, default: u16) -> Result<u16, FormatError> {
        let numbers: Vec<u16> = self.numbers(tag)?;
        let Some(&first) = numbers.first() else { return Ok(default) };
        match numbers.iter().all(|&number| number == first) {
            true => Ok(first),
            false => Err(FormatError::unsupported("bands of different types")),
        }
    }
}

impl Layout {
    pub(super) fn of(decoder: &mut Decoder<SourceReader>) -> Result<Self, FormatError> {
        let (width, height) = decoder.dimensions()?;
        let order = decoder.byte_order();
        let mut directory = Directory(decoder);
        let bits = usize::from(directory.common(Tag::BitsPerSample, 1)?);
        let dtype = dtype_of(bits, directory.common(Tag::SampleFormat, 1)?)?;
        let nbands = usize::from(directory.number_or::<u16>(Tag::SamplesPerPixel, 1)?);
        if nbands == 0 {
            return Err(FormatError::malformed("an image without bands"));
        }
        let compression = compression_of(directory.number_or(Tag::Compression, 1)?);
        let predictor = match directory.number_or::<u16>(Tag::Predictor, 1)? {
            1 => Predictor::None,
            2 => Predictor::Horizontal,
            3 => Predictor::Float,
            _ => return Err(FormatError::unsupported("this predictor")),
        };
        let is_planar = nbands > 1 && directory.number_or::<u16>(Tag::PlanarConfiguration, 1)? == 2;
        if directory.number_or::<u16>(Tag::FillOrder, 1)? != 1 {
            return Err(FormatError::unsupported("bits that begin with the lowest"));
        }
        let size = [height as usize, width as usize];
        let is_tiled = directory.0.find_tag(Tag::TileWidth)?.is_some();
        let (tile, tags) = if is_tiled {
            let width = directory.number::<u32>(Tag::TileWidth)?.unwrap_or(0) as usize;
            let height = directory.number::<u32>(Tag::TileLength)?.unwrap_or(0) as usize;
            ([height, width], [Tag::TileOffsets, Tag::TileByteCounts])
        } else {
            let rows = directory.number_or::<u32>(Tag::RowsPerStrip, height)?.min(height);
            ([rows as usize, size[1]], [Tag::StripOffsets, Tag::StripByteCounts])
        };
        if tile.contains(&0) {
            return Err(FormatError::malformed("strips or tiles without pixels"));
        }
        let colors = directory.number_or::<u16>(Tag::PhotometricInterpretation, 1)?;
        let names = band_names(&mut directory, nbands, colors, compression)?;
        let is_jpeg_ycbcr = compression == Compression::Other(JPEG) && colors == YCBCR;
        let [offsets, nbytes] = tags.map(|tag| directory.numbers::<u64>(tag));
        let layout = Self {
            size,
            bits,
            dtype,
            nbands,
            names,
            is_jpeg_ycbcr,
            is_planar,
            compression,
            predictor,
            order,
            tile,
            offsets: offsets?,
            nbytes: nbytes?,
        };
        layout.check()?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), FormatError> {
        let is_whole = self.bits == 8 * self.dtype.itemsize();
        let is_fit = match self.predictor {
            Predictor::None => true,
            Predictor::Horizontal => is_whole && self.bits <= 64,
            Predictor::Float => is_whole && self.dtype.is_float() && self.bits <= 64,
        };
        if !is_fit {
            return Err(FormatError::unsupported("this predictor for samples of this type"));
        }
        let [rows, columns] = self.counts();
        let needed = rows.saturating_mul(columns).saturating_mul(self.planes());
        if self.offsets.len() < needed || self.nbytes.len() < needed {
            return Err(FormatError::malformed("fewer strips or tiles than the image has"));
        }
        Ok(())
    }

    /// How many rows and columns of strips or tiles there are.
    pub(super) fn counts(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.size[axis].div_ceil(self.tile[axis]))
    }

    /// How often these come one after the other.
    pub(super) fn planes(&self) -> usize {
        if self.is_planar { self.nbands } else { 1 }
    }

    /// How many bands are side by side in a strip or tile.
    pub(super) fn tile_bands(&self) -> usize {
        if self.is_planar { 1 } else { self.nbands }
    }

    /// Bytes of a row of a strip or tile.
    pub(super) fn row_nbytes(&self) -> usize {
        self.tile[1].saturating_mul(self.tile_bands()).saturating_mul(self.bits).div_ceil(8)
    }
}

fn compression_of(number: u16) -> Compression {
    match number {
        1 => Compression::None,
        5 => Compression::Lzw,
        8 | 32946 => Compression::Deflate,
        32773 => Compression::PackBits,
        #[cfg(feature = "zstd")]
        50000 => Compression::Zstd,
        other => Compression::Other(other),
    }
}

/// The type of samples with so many bits, by the number of their format.
fn dtype_of(bits: usize, format: u16) -> Result<DType, FormatError> {
    Ok(match (format, bits) {
        // The fourth is "of unknown type", which is taken for unsigned everywhere.
        (1 | 4, 1..=8) => DType::U8,
        (1 | 4, 9..=16) => DType::U16,
        (1 | 4, 32) => DType::U32,
        (1 | 4, 64) => DType::U64,
        (2, 8) => DType::I8,
        (2, 16) => DType::I16,
        (2, 32) => DType::I32,
        (2, 64) => DType::I64,
        (3, 16) => DType::F16,
        (3, 32) => DType::F32,
        (3, 64) => DType::F64,
        (6, 64) => DType::Complex64,
        (6, 128) => DType::Complex128,
        _ => return Err(FormatError::unsupported(format!("a sample of {bits} bits of this type"))),
    })
}

fn band_names(
    directory: &mut Directory<'_>,
    nbands: usize,
    colors: u16,
    compression: Compression,
) -> Result<Vec<String>, FormatError> {
    let known: &[&str] = match colors {
        0 | 1 => &["Y"],
        2 => &["R", "G", "B"],
        3 => &["index"],
        5 => &["C", "M", "Y", "K"],
        // What JPEG has inside of files is not what its decoders give, here too.
        YCBCR if compression == Compression::Other(JPEG) => &["R", "G", "B"],
        YCBCR => {
            let subsampling: Vec<u16> = directory.numbers(Tag::ChromaSubsampling)?;
            if subsampling != [1, 1] {
                return Err(FormatError::unsupported("a band with fewer pixels than others"));
            }
            &["Y", "Cb", "Cr"]
        }
        8..=10 => &["L", "a", "b"],
        _ => &[],
    };
    let extra: Vec<u16> = directory.numbers(Tag::ExtraSamples)?;
    let has_alpha = matches!(extra.first(), Some(1 | 2));
    // Grey, and more that nobody explains: bands of the same kind.
    let is_bands = nbands > known.len() && known == ["Y"] && !has_alpha;
    if known.is_empty() || nbands < known.len() || is_bands {
        return Ok(numbers(0..nbands).collect());
    }
    let mut names = owned(known);
    if has_alpha && nbands > known.len() {
        names.push("A".to_owned());
    }
    names.extend(numbers(names.len()..nbands));
    Ok(names)
}

/// Texts, numbers and lists of them, as the crate has them.
pub(super) fn is_list_of_bytes(value: &Value) -> bool {
    matches!(value, Value::List(values) if values.iter().all(|value| matches!(value, Value::Byte(_))))
}
