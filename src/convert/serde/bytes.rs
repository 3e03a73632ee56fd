//! Compressed bytes as the formats of `serde` have them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::base64;

/// Room for bytes that come one by one, before it is known how many there are.
const FIRST_ROOM: usize = 64 << 10;

/// Bytes: as bytes, and as base64 in formats that people read, where numbers would take thrice the
/// room.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(&base64::encode(&self.0)),
            false => serializer.serialize_bytes(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_str(BytesVisitor),
            false => deserializer.deserialize_byte_buf(BytesVisitor),
        }
    }
}

/// Takes bytes as well as texts from any format: what `serde` keeps in between, for untagged enums
/// and flattened structures, does not know who reads it.
struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, or their base64 text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        base64::decode(text).map(Bytes).ok_or_else(|| E::custom("the text is no base64"))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(Bytes(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let announced = items.size_hint().unwrap_or(0);
        let mut bytes = Vec::with_capacity(announced.min(FIRST_ROOM));
        while let Some(byte) = items.next_element()? {
            bytes.push(byte);
        }
        Ok(Bytes(bytes))
    }
}
