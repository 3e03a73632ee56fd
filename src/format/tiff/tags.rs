//! Tags of TIFF files as metadata, and back.

use tiff::decoder::Decoder;
use tiff::decoder::ifd::Value as TagValue;
use tiff::encoder::TiffValue;
use tiff::tags::{Tag, Type, ValueBuffer};

use super::NAME;
use super::layout::is_list_of_bytes;
use crate::error::{InvalidArgument, Result};
use crate::format::{FormatError, SourceReader};
use crate::metadata::{Metadata, Value};

/// What tags are called, and the type they are written as.
const KNOWN: [(u16, &str, Type); 31] = [
    (269, "DocumentName", Type::ASCII),
    (270, "ImageDescription", Type::ASCII),
    (271, "Make", Type::ASCII),
    (272, "Model", Type::ASCII),
    (274, "Orientation", Type::SHORT),
    (282, "XResolution", Type::RATIONAL),
    (283, "YResolution", Type::RATIONAL),
    (285, "PageName", Type::ASCII),
    (286, "XPosition", Type::RATIONAL),
    (287, "YPosition", Type::RATIONAL),
    (296, "ResolutionUnit", Type::SHORT),
    (297, "PageNumber", Type::SHORT),
    (305, "Software", Type::ASCII),
    (306, "DateTime", Type::ASCII),
    (315, "Artist", Type::ASCII),
    (316, "HostComputer", Type::ASCII),
    (320, "ColorMap", Type::SHORT),
    (700, "XMP", Type::BYTE),
    (33432, "Copyright", Type::ASCII),
    (33550, "ModelPixelScale", Type::DOUBLE),
    (33723, "IPTC", Type::UNDEFINED),
    (33922, "ModelTiepoint", Type::DOUBLE),
    (34264, "ModelTransformation", Type::DOUBLE),
    (34377, "Photoshop", Type::BYTE),
    (34675, "ICCProfile", Type::UNDEFINED),
    (34735, "GeoKeyDirectory", Type::SHORT),
    (34736, "GeoDoubleParams", Type::DOUBLE),
    (34737, "GeoAsciiParams", Type::ASCII),
    (42112, "GDAL_METADATA", Type::ASCII),
    (42113, "GDAL_NODATA", Type::ASCII),
    (65000, "LercParameters", Type::LONG),
];

/// Tags that say how pixels lie in the file, or where other things do, which they would no more when
/// copied: sizes, colours, strips, tiles, JPEG's tables, other directories.
const OF_THE_LAYOUT: [u16; 39] = [
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 284, 292, 293, 317,
    322, 323, 324, 325, 330, 332, 334, 336, 338, 339, 347, 512, 513, 514, 529, 530, 531, 532,
    34665, 34853,
];

/// Bytes of a tag that are kept: there are profiles of some MiB.
const MAX_NBYTES: u64 = 16 << 20;

pub(super) fn metadata_of(reader: &mut Decoder<SourceReader>) -> Result<Metadata, FormatError> {
    let mut metadata = Metadata::new();
    let mut directory = reader.image_ifd();
    let tags: Vec<Tag> = directory
        .directory()
        .iter()
        .filter(|(tag, entry)| {
            let nbytes = entry.count().saturating_mul(8);
            !OF_THE_LAYOUT.contains(&tag.to_u16()) && nbytes <= MAX_NBYTES
        })
        .map(|(tag, _)| tag)
        .collect();
    for tag in tags {
        // A tag of an unknown type says nothing; pixels do not depend on it.
        let Ok(Some(value)) = directory.find_tag(tag) else { continue };
        let number = tag.to_u16();
        let known = KNOWN.iter().find(|(known, ..)| *known == number);
        match known {
            Some((_, name, _)) => metadata.insert(*name, value_of(value)),
            None => metadata.insert(format!("tag_{number}"), value_of(value)),
        };
    }
    Ok(metadata)
}

fn value_of(value: TagValue) -> Value {
    if is_list_of_bytes(&value) {
        return Value::Bytes(value.into_u8_vec().unwrap_or_default());
    }
    match value {
        TagValue::Byte(value) => value.into(),
        TagValue::Short(value) => value.into(),
        TagValue::Unsigned(value) | TagValue::Ifd(value) => value.into(),
        TagValue::UnsignedBig(value) | TagValue::IfdBig(value) => value.into(),
        TagValue::SignedByte(value) => value.into(),
        TagValue::SignedShort(value) => value.into(),
        TagValue::Signed(value) => value.into(),
        TagValue::SignedBig(value) => value.into(),
        TagValue::Float(value) => value.into(),
        TagValue::Double(value) => value.into(),
        TagValue::Rational(numerator, denominator) => [numerator, denominator].into(),
        TagValue::SRational(numerator, denominator) => [numerator, denominator].into(),
        TagValue::Ascii(text) => text.trim_end_matches('\0').into(),
        TagValue::List(values) => values.into_iter().map(value_of).collect::<Vec<Value>>().into(),
        _ => Value::Null,
    }
}

/// The tags that metadata have to say, but for what other formats call theirs.
pub(super) fn tags_of(metadata: &Metadata) -> Result<Vec<(Tag, ValueBuffer)>> {
    let mut tags = Vec::new();
    for (key, value) in metadata.iter() {
        let known = KNOWN.iter().find(|(_, name, _)| *name == key);
        let number = key.strip_prefix("tag_").and_then(|number| number.parse::<u16>().ok());
        let buffer = match (known, number) {
            (Some(&(number, _, kind)), _) => (number, buffer_of(value, kind)),
            (None, Some(number)) if !OF_THE_LAYOUT.contains(&number) => {
                (number, kind_of(value).and_then(|kind| buffer_of(value, kind)))
            }
            _ => continue,
        };
        let (number, Some(buffer)) = buffer else {
            let setting = key.to_owned();
            return Err(InvalidArgument::FormatSetting { format: NAME, setting }.into());
        };
        tags.push((Tag::from_u16_exhaustive(number), buffer));
    }
    Ok(tags)
}

/// The smallest type that holds a value.
fn kind_of(value: &Value) -> Option<Type> {
    let of_number = |value: &Value| match value {
        Value::U64(number) if *number <= u64::from(u16::MAX) => Some(Type::SHORT),
        Value::U64(number) if *number <= u64::from(u32::MAX) => Some(Type::LONG),
        Value::I64(number) if i32::try_from(*number).is_ok() => Some(Type::SLONG),
        Value::F64(_) => Some(Type::DOUBLE),
        _ => None,
    };
    match value {
        Value::String(_) => Some(Type::ASCII),
        Value::Bytes(_) => Some(Type::UNDEFINED),
        Value::Array(values) => {
            let kinds = values.iter().map(of_number).collect::<Option<Vec<_>>>()?;
            let first = *kinds.first()?;
            match kinds.iter().all(|kind| *kind == first) {
                true => Some(first),
                false => kinds
                    .iter()
                    .all(|kind| matches!(kind, Type::SHORT | Type::LONG))
                    .then_some(Type::LONG),
            }
        }
        value => of_number(value),
    }
}

/// A value as one of this type.
fn buffer_of(value: &Value, kind: Type) -> Option<ValueBuffer> {
    fn numbers<T>(value: &Value, number: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        match value {
            Value::Array(values) => values.iter().map(number).collect(),
            value => Some(vec![number(value)?]),
        }
    }
    fn buffer<T>(values: &[T]) -> Option<ValueBuffer>
    where
        for<'a> &'a [T]: TiffValue,
    {
        Some(ValueBuffer::from_value(&values))
    }
    match kind {
        Type::ASCII => {
            let text = value.as_str().filter(|text| text.is_ascii() && !text.contains('\0'))?;
            Some(ValueBuffer::from_value(&text))
        }
        Type::BYTE | Type::UNDEFINED => match value {
            Value::Bytes(bytes) => buffer(bytes.as_slice()),
            _ => None,
        },
        Type::SHORT => buffer(&numbers(value, |value| u16::try_from(value.as_u64()?).ok())?),
        Type::LONG => buffer(&numbers(value, |value| u32::try_from(value.as_u64()?).ok())?),
        Type::SLONG => buffer(&numbers(value, |value| i32::try_from(value.as_i64()?).ok())?),
        Type::DOUBLE => buffer(&numbers(value, Value::as_f64)?),
        Type::RATIONAL => {
            let [numerator, denominator] = value.as_array()? else { return None };
            let part = |value: &Value| u32::try_from(value.as_u64()?).ok();
            let (n, d) = (part(numerator)?, part(denominator)?);
            Some(ValueBuffer::from_value(&tiff::encoder::Rational { n, d }))
        }
        _ => None,
    }
}
