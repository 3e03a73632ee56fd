//! Values as msgpack: what the contents of metalayers are by convention.
//!
//! Source: the specification of msgpack. Written as Python's `msgpack.packb` does it: the shortest
//! form of each value, floats of 64 bits. All forms are read but extensions and keys that are no
//! text.

use std::fmt;

use super::{Metadata, Value};

/// How deep values may lie in each other.
const MAX_DEPTH: usize = 64;
/// How many values there may be in one: of a byte each in the input, and hundreds in memory.
const MAX_VALUES: usize = 1 << 18;

/// Why bytes are not one value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MsgpackError {
    /// The bytes end within a value.
    Truncated,
    /// Bytes follow the value.
    TrailingBytes {
        /// How many.
        nbytes: usize,
    },
    /// A byte that begins no value: 0xc1.
    Marker {
        /// The byte.
        marker: u8,
    },
    /// Text that is not UTF-8.
    Text,
    /// A map with a key that is no text.
    Key,
    /// A value of a type that an application defined.
    Extension {
        /// Its number.
        kind: i8,
    },
    /// Too many values in one.
    Values {
        /// How many there may be.
        max: usize,
    },
    /// Values that lie too deep in each other.
    Depth {
        /// How deep they may lie.
        max: usize,
    },
}

impl fmt::Display for MsgpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("msgpack ends within a value"),
            Self::TrailingBytes { nbytes } => write!(f, "{nbytes} bytes follow a msgpack value"),
            Self::Marker { marker } => write!(f, "no msgpack value begins with {marker:#04x}"),
            Self::Text => f.write_str("msgpack text is not UTF-8"),
            Self::Key => f.write_str("key of a msgpack map is no text"),
            Self::Extension { kind } => write!(f, "msgpack extension of type {kind}"),
            Self::Values { max } => write!(f, "more than {max} msgpack values in one"),
            Self::Depth { max } => write!(f, "msgpack values lie more than {max} deep"),
        }
    }
}

impl std::error::Error for MsgpackError {}

/// Writes a value.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_to(value, &mut out);
    out
}

fn encode_to(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(0xc2 + u8::from(*value)),
        Value::U64(value) => encode_unsigned(*value, out),
        Value::I64(value) => match u64::try_from(*value) {
            Ok(value) => encode_unsigned(value, out),
            Err(_) => encode_negative(*value, out),
        },
        Value::F64(value) => {
            out.push(0xcb);
            out.extend(value.to_be_bytes());
        }
        Value::String(text) => {
            encode_len(text.len(), Some((0xa0, 31)), [Some(0xd9), Some(0xda), Some(0xdb)], out);
            out.extend(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            encode_len(bytes.len(), None, [Some(0xc4), Some(0xc5), Some(0xc6)], out);
            out.extend(bytes);
        }
        Value::Array(values) => {
            encode_len(values.len(), Some((0x90, 15)), [None, Some(0xdc), Some(0xdd)], out);
            values.iter().for_each(|value| encode_to(value, out));
        }
        Value::Map(entries) => {
            encode_len(entries.len(), Some((0x80, 15)), [None, Some(0xde), Some(0xdf)], out);
            for (key, value) in entries.iter() {
                encode_to(&Value::from(key), out);
                encode_to(value, out);
            }
        }
    }
}

fn encode_unsigned(value: u64, out: &mut Vec<u8>) {
    match value {
        0..=0x7f => out.push(value as u8),
        0x80..=0xff => out.extend([0xcc, value as u8]),
        0x100..=0xffff => {
            out.push(0xcd);
            out.extend((value as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xce);
            out.extend((value as u32).to_be_bytes());
        }
        _ => {
            out.push(0xcf);
            out.extend(value.to_be_bytes());
        }
    }
}

fn encode_negative(value: i64, out: &mut Vec<u8>) {
    const I8_MIN: i64 = i8::MIN as i64;
    const I16_MIN: i64 = i16::MIN as i64;
    const I32_MIN: i64 = i32::MIN as i64;
    match value {
        -32.. => out.push(value as u8),
        I8_MIN.. => out.extend([0xd0, value as u8]),
        I16_MIN.. => {
            out.push(0xd1);
            out.extend((value as i16).to_be_bytes());
        }
        I32_MIN.. => {
            out.push(0xd2);
            out.extend((value as i32).to_be_bytes());
        }
        _ => {
            out.push(0xd3);
            out.extend(value.to_be_bytes());
        }
    }
}

/// A length in the shortest form: within the marker up to a bound, or in 1, 2 or 4 bytes behind it.
fn encode_len(len: usize, fixed: Option<(u8, usize)>, markers: [Option<u8>; 3], out: &mut Vec<u8>) {
    let [one, two, four] = markers;
    match (fixed, one, two, four) {
        (Some((marker, max)), ..) if len <= max => out.push(marker | len as u8),
        (_, Some(marker), ..) if len <= 0xff => out.extend([marker, len as u8]),
        (_, _, Some(marker), _) if len <= 0xffff => {
            out.push(marker);
            out.extend((len as u16).to_be_bytes());
        }
        (.., marker) => {
            out.extend(marker);
            out.extend((len as u32).to_be_bytes());
        }
    }
}

/// Reads the value that `bytes` is.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, MsgpackError> {
    let mut decoder = Decoder { bytes, values: 0 };
    let value = decoder.value(0)?;
    match decoder.bytes.len() {
        0 => Ok(value),
        nbytes => Err(MsgpackError::TrailingBytes { nbytes }),
    }
}

struct Decoder<'a> {
    /// What is not read yet.
    bytes: &'a [u8],
    /// How many values were begun.
    values: usize,
}

impl<'a> Decoder<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], MsgpackError> {
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or(MsgpackError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A number of `width` bytes.
    fn number(&mut self, width: usize) -> Result<u64, MsgpackError> {
        let bytes = self.take(width)?;
        Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// A length of `width` bytes.
    fn len(&mut self, width: usize) -> Result<usize, MsgpackError> {
        usize::try_from(self.number(width)?).map_err(|_| MsgpackError::Truncated)
    }

    fn signed(&mut self, width: usize) -> Result<Value, MsgpackError> {
        let unused = 64 - 8 * width as u32;
        let number = (self.number(width)? << unused) as i64 >> unused;
        Ok(Value::I64(number))
    }

    fn value(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(MsgpackError::Values { max: MAX_VALUES });
        }
        let marker = self.take(1)?[0];
        Ok(match marker {
            0x00..=0x7f => Value::I64(marker.into()),
            0x80..=0x8f => self.map((marker & 0x0f).into(), depth)?,
            0x90..=0x9f => self.array((marker & 0x0f).into(), depth)?,
            0xa0..=0xbf => self.text((marker & 0x1f).into())?,
            0xc0 => Value::Null,
            0xc1 => return Err(MsgpackError::Marker { marker }),
            0xc2 | 0xc3 => Value::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let len = self.len(1 << (marker - 0xc4))?;
                Value::Bytes(self.take(len)?.to_vec())
            }
            0xc7..=0xc9 => {
                self.len(1 << (marker - 0xc7))?;
                return Err(self.extension());
            }
            0xca => Value::F64(f32::from_bits(self.number(4)? as u32).into()),
            0xcb => Value::F64(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => {
                let number = self.number(1 << (marker - 0xcc))?;
                i64::try_from(number).map_or(Value::U64(number), Value::I64)
            }
            0xd0..=0xd3 => self.signed(1 << (marker - 0xd0))?,
            0xd4..=0xd8 => return Err(self.extension()),
            0xd9..=0xdb => {
                let len = self.len(1 << (marker - 0xd9))?;
                self.text(len)?
            }
            0xdc | 0xdd => {
                let len = self.len(if marker == 0xdc { 2 } else { 4 })?;
                self.array(len, depth)?
            }
            0xde | 0xdf => {
                let len = self.len(if marker == 0xde { 2 } else { 4 })?;
                self.map(len, depth)?
            }
            0xe0..=0xff => Value::I64((marker as i8).into()),
        })
    }

    fn extension(&mut self) -> MsgpackError {
        match self.take(1) {
            Ok(kind) => MsgpackError::Extension { kind: kind[0] as i8 },
            Err(error) => error,
        }
    }

    fn text(&mut self, len: usize) -> Result<Value, MsgpackError> {
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| MsgpackError::Text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn array(&mut self, len: usize, depth: usize) -> Result<Value, MsgpackError> {
        self.check_inner(len, depth)?;
        (0..len).map(|_| self.value(depth + 1)).collect::<Result<_, _>>().map(Value::Array)
    }

    fn map(&mut self, len: usize, depth: usize) -> Result<Value, MsgpackError> {
        self.check_inner(len, depth)?;
        let mut entries = Metadata::new();
        for _ in 0..len {
            let Value::String(key) = self.value(depth + 1)? else { return Err(MsgpackError::Key) };
            entries.insert(key, self.value(depth + 1)?);
        }
        Ok(Value::Map(entries))
    }

    /// Checks that there can be so many inner values: each has a byte.
    fn check_inner(&self, len: usize, depth: usize) -> Result<(), MsgpackError> {
        match depth {
            _ if len > self.bytes.len() => Err(MsgpackError::Truncated),
            MAX_DEPTH.. => Err(MsgpackError::Depth { max: MAX_DEPTH }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
