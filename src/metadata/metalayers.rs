//! Named contents of a frame beside its chunks.

use std::fmt;
use std::sync::Arc;

use super::Value;
use super::msgpack::{decode, encode};
use crate::error::{Corruption, Error, InvalidArgument, Result};

/// The longest name, in bytes.
const MAX_NAME_NBYTES: usize = 31;

/// What a Blosc2 frame says besides its chunks: contents with names, in an order.
///
/// A content is any bytes; by convention they are one value in msgpack, and Python's `blosc2` reads
/// and writes nothing else. Contents that are something else, or of types that [`Value`] does not
/// have, are kept as they are. Copies share their contents.
///
/// A frame has two lists: the *metalayers* of its header, at most 16, which are there for good and
/// tell what the chunks are; and the *variable-length metalayers* of its trailer, at most 8192,
/// which may change (`vlmeta` in Python). Source: `README_CFRAME_FORMAT.rst` of C-Blosc2.
///
/// ```
/// use ndpress::{Metalayers, Value};
///
/// let mut layers = Metalayers::new();
/// layers.insert("spacing", [0.5, 0.5, 2.0])?;
/// layers.insert_bytes("checked", &b"\xc3"[..])?;
/// assert_eq!(layers.value("checked")?, Some(Value::Bool(true)));
/// assert!(layers.names().eq(["spacing", "checked"]));
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metalayers {
    layers: Vec<(Arc<str>, Arc<[u8]>)>,
}

impl Metalayers {
    /// No layers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of layers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Whether there is a layer of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The content of a layer, as it is.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.position(name).map(|position| &*self.layers[position].1)
    }

    /// The value that the content of a layer is.
    ///
    /// Integers that fit `i64` are [`Value::I64`], whatever they were inserted as, and all others
    /// [`Value::U64`]. The value may take some 300 times the memory of a content that was made to
    /// do so: 300 MiB for 1 MiB of lists in lists.
    ///
    /// # Errors
    /// [`Corruption::Metalayer`] when the content is no msgpack, or of a type that [`Value`] does
    /// not have.
    pub fn value(&self, name: &str) -> Result<Option<Value>> {
        let decode = |bytes| {
            decode(bytes).map_err(|source| {
                Error::corrupt(Corruption::Metalayer { name: name.to_owned(), source })
            })
        };
        self.bytes(name).map(decode).transpose()
    }

    /// Adds a layer at the end, or replaces the content of one where it stands. Returns what was
    /// replaced.
    ///
    /// # Errors
    /// [`InvalidArgument::MetalayerName`].
    pub fn insert(&mut self, name: &str, value: impl Into<Value>) -> Result<Option<Arc<[u8]>>> {
        self.insert_bytes(name, encode(&value.into()))
    }

    /// As [`insert`](Self::insert), for a content that is to be stored as it is.
    ///
    /// # Errors
    /// [`InvalidArgument::MetalayerName`].
    pub fn insert_bytes(
        &mut self,
        name: &str,
        content: impl Into<Arc<[u8]>>,
    ) -> Result<Option<Arc<[u8]>>> {
        if !(1..=MAX_NAME_NBYTES).contains(&name.len()) || name.contains('\0') {
            return Err(InvalidArgument::MetalayerName { name: name.to_owned() }.into());
        }
        let content = content.into();
        match self.position(name) {
            Some(position) => Ok(Some(std::mem::replace(&mut self.layers[position].1, content))),
            None => {
                self.layers.push((name.into(), content));
                Ok(None)
            }
        }
    }

    /// Removes a layer and returns its content; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Arc<[u8]>> {
        self.position(name).map(|position| self.layers.remove(position).1)
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.layers.iter().map(|(name, _)| &**name)
    }

    /// Names and contents in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.layers.iter().map(|(name, content)| (&**name, &**content))
    }

    fn position(&self, name: &str) -> Option<usize> {
        // A linear search: frames have a handful of layers.
        self.layers.iter().position(|(held, _)| **held == *name)
    }
}

impl fmt::Debug for Metalayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, content) in self.iter() {
            match decode(content) {
                Ok(value) => map.entry(&name, &value),
                Err(_) => map.entry(&name, &format_args!("{} bytes", content.len())),
            };
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests;
