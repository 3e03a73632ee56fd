//! Numbers in frames: big-endian, as msgpack has them.

use crate::error::{Corruption, Error, Result};
use crate::metadata::{Metadata, Value};

/// A field of a frame with a value that breaks a rule.
pub(crate) fn invalid(field: &'static str, value: impl TryInto<i64>, rule: &'static str) -> Error {
    let value = value.try_into().unwrap_or(i64::MAX);
    Error::corrupt(Corruption::Frame { field, value, rule })
}

/// Reads fields one after the other, and never past the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else {
            let needed = (self.at as u64).saturating_add(len as u64);
            return Err(Error::Truncated { needed, found: self.bytes.len() as u64 });
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// A byte that can only be `marker`: msgpack's for the type of what follows.
    pub(crate) fn marker(&mut self, field: &'static str, marker: u8) -> Result<()> {
        let found = self.u8()?;
        if found != marker {
            return Err(invalid(field, found, "its msgpack type is another"));
        }
        Ok(())
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A length of 4 bytes behind its marker, which is not negative.
    pub(crate) fn i32_length(&mut self, field: &'static str) -> Result<u32> {
        self.marker(field, INT32)?;
        let value = i32::from_be_bytes(self.array()?);
        u32::try_from(value).map_err(|_| invalid(field, value, "it must not be negative"))
    }

    /// A length of 8 bytes behind a marker, which is not negative as a signed number.
    pub(crate) fn i64_length(&mut self, field: &'static str, marker: u8) -> Result<u64> {
        self.marker(field, marker)?;
        let value = i64::from_be_bytes(self.array()?);
        u64::try_from(value).map_err(|_| invalid(field, value, "it must not be negative"))
    }
}

pub(crate) const BIN8: u8 = 0xc4;
pub(crate) const BIN16: u8 = 0xc5;
pub(crate) const BIN32: u8 = 0xc6;
pub(crate) const UINT16: u8 = 0xcd;
pub(crate) const UINT32: u8 = 0xce;
pub(crate) const UINT64: u8 = 0xcf;
pub(crate) const INT16: u8 = 0xd1;
pub(crate) const INT32: u8 = 0xd2;
pub(crate) const INT64: u8 = 0xd3;
pub(crate) const FIXEXT16: u8 = 0xd8;
pub(crate) const STR32: u8 = 0xdb;
pub(crate) const ARRAY16: u8 = 0xdc;
pub(crate) const MAP16: u8 = 0xde;
/// A text of up to 31 bytes, whose length is added.
pub(crate) const FIXSTR: u8 = 0xa0;
/// An array of up to 15 elements, whose number is added.
pub(crate) const FIXARRAY: u8 = 0x90;

/// The content of a metalayer of ours: a map of `version` and of `chunks`, bytes.
pub(crate) fn content_of(records: Vec<u8>, version: u8) -> Value {
    let version = Value::from(i64::from(version));
    Value::Map(Metadata::from_iter([("version", version), ("chunks", Value::Bytes(records))]))
}

/// The records in such a content, as msgpack. Only this form is written, and no other is read: whoever
/// made the file must not choose what it takes to read it.
pub(crate) fn records_of<'a>(
    content: &'a [u8],
    version: u8,
    field: &'static str,
) -> Result<&'a [u8]> {
    const VERSION_KEY: &[u8] = b"\x82\xa7version";
    const CHUNKS_KEY: &[u8] = b"\xa6chunks";
    let mut reader = Reader::new(content, 0);
    let is_map = reader.take(VERSION_KEY.len())? == VERSION_KEY;
    let found = reader.u8()?;
    if !is_map || found != version {
        return Err(invalid(field, found, "they are of a version that this release reads"));
    }
    let is_chunks = reader.take(CHUNKS_KEY.len())? == CHUNKS_KEY;
    let len = match reader.u8()? {
        BIN8 => reader.u8()?.into(),
        BIN16 => reader.u16()?.into(),
        BIN32 => reader.u32()?,
        marker => return Err(invalid(field, marker, "they are bytes")),
    };
    match (reader.take(len as usize), is_chunks) {
        (Ok(records), true) => Ok(records),
        _ => Err(invalid(field, len, "they are bytes of the name `chunks`")),
    }
}
