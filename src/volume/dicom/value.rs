//! Values of elements: texts, numbers, and all of them as metadata.

use super::dictionary;
use super::parse::{Data, Element, Object};
use crate::metadata::{Metadata, Value};

const CHARACTER_SET: u32 = 0x0008_0005;

impl Element<'_> {
    fn bytes(&self) -> &[u8] {
        match self.data {
            Data::Bytes(bytes) => bytes,
            Data::Items(_) => &[],
        }
    }

    /// The text without the padding around it.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(trimmed(self.bytes())).into_owned()
    }

    /// The numbers, whether written as text or not; none, where one of them is none.
    pub(super) fn numbers(&self) -> Vec<f64> {
        let is_text = matches!(&self.vr, b"DS" | b"IS");
        // Attributes that are text by the standard, in files that say nothing of types.
        if is_text || self.vr == *b"UN" {
            let text = self.text();
            let numbers = text.split('\\').map(|text| text.trim().parse::<f64>());
            let numbers: Result<Vec<_>, _> = numbers.collect();
            return numbers.unwrap_or_default();
        }
        let values = self.binary();
        values
            .iter()
            .filter_map(|value| value.as_f64().or(value.as_i64().map(|n| n as f64)))
            .collect()
    }

    /// The first number, if it is a whole one that is not negative.
    pub(super) fn integer(&self) -> Option<u32> {
        let number = *self.numbers().first()?;
        let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        is_whole.then_some(number as u32)
    }

    /// Numbers that are written as such.
    fn binary(&self) -> Vec<Value> {
        let (bytes, is_big) = (self.bytes(), self.is_big_endian);
        match &self.vr {
            b"US" => each(bytes, is_big, |n| i64::from(u16::from_le_bytes(n)).into()),
            b"SS" => each(bytes, is_big, |n| i64::from(i16::from_le_bytes(n)).into()),
            b"UL" => each(bytes, is_big, |n| i64::from(u32::from_le_bytes(n)).into()),
            b"SL" => each(bytes, is_big, |n| i64::from(i32::from_le_bytes(n)).into()),
            b"UV" => each(bytes, is_big, |n| u64::from_le_bytes(n).into()),
            b"SV" => each(bytes, is_big, |n| i64::from_le_bytes(n).into()),
            b"FL" => each(bytes, is_big, |n| f64::from(f32::from_le_bytes(n)).into()),
            b"FD" => each(bytes, is_big, |n| f64::from_le_bytes(n).into()),
            _ => Vec::new(),
        }
    }

    /// The value as metadata.
    fn value(&self, charset: &str) -> Value {
        let bytes = match &self.data {
            Data::Bytes(bytes) => *bytes,
            Data::Items(items) => {
                let items = items.iter().map(|item| Value::Map(metadata_in(item, charset)));
                return Value::Array(items.collect());
            }
        };
        match &self.vr {
            b"US" | b"SS" | b"UL" | b"SL" | b"UV" | b"SV" | b"FL" | b"FD" => {
                one_or_all(self.binary())
            }
            b"AT" | b"OB" | b"OW" | b"OD" | b"OF" | b"OL" | b"OV" | b"UN" => {
                Value::Bytes(bytes.to_vec())
            }
            _ => self.text_value(bytes, charset),
        }
    }

    fn text_value(&self, bytes: &[u8], charset: &str) -> Value {
        let bytes = trimmed(bytes);
        let text = match (std::str::from_utf8(bytes), charset) {
            (Ok(text), _) if text.is_ascii() => text.to_owned(),
            (Ok(text), "ISO_IR 192") => text.to_owned(),
            (_, "ISO_IR 100") => bytes.iter().map(|&byte| char::from(byte)).collect(),
            // In a character set that is not known here.
            _ => return Value::Bytes(bytes.to_vec()),
        };
        // These types are of one text, in which a backslash is one.
        if matches!(&self.vr, b"ST" | b"LT" | b"UT" | b"UR") {
            return text.into();
        }
        let values = text.split('\\').map(str::trim).map(|text| match &self.vr {
            b"DS" => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
            b"IS" => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            _ => text.into(),
        });
        match text.is_empty() {
            true => Value::Null,
            false => one_or_all(values.collect()),
        }
    }
}

/// All attributes under their keywords, but for those of private groups.
pub(super) fn metadata(object: &Object<'_>) -> Metadata {
    let charset = object.get(CHARACTER_SET).map(Element::text).unwrap_or_default();
    metadata_in(object, &charset)
}

fn metadata_in(object: &Object<'_>, charset: &str) -> Metadata {
    // Numbers 0 are lengths of groups.
    let elements = object.elements.iter().filter(|element| element.tag & 0xffff != 0);
    let named = elements.filter_map(|element| {
        let keyword = dictionary::keyword(element.tag)?;
        Some((keyword, element.value(charset)))
    });
    named.collect()
}

/// Several values are an array, one is itself, none is nothing.
fn one_or_all(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

/// Numbers from their bytes, which are handed over with the lowest first.
fn each<const N: usize>(bytes: &[u8], is_big: bool, f: impl Fn([u8; N]) -> Value) -> Vec<Value> {
    let numbers = bytes.as_chunks().0.iter().map(|&number| {
        let mut number = number;
        if is_big {
            number.reverse();
        }
        f(number)
    });
    numbers.collect()
}

/// Texts have even lengths, by a space or a zero byte.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let start = bytes.iter().position(|byte| !is_padding(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}
