//! Ordered metadata: what a file or a program says about pixels.
//!
//! Below is nothing; images carry one [`Metadata`] each, frames and arrays have [`Metalayers`], whose
//! contents are such values in msgpack.

mod metalayers;
mod msgpack;
mod value;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use self::metalayers::Metalayers;
pub use self::msgpack::MsgpackError;
pub use self::value::Value;

/// Named values in the order they were inserted.
///
/// Looking up a key is one hash; removing one moves the entries after it. Two metadata are equal
/// when they have the same keys and values in the same order.
///
/// ```
/// use ndpress::{Metadata, Value};
///
/// let mut metadata = Metadata::new();
/// metadata.insert("compression", "zip");
/// metadata.insert("frame", 101);
/// metadata.insert("screenWindowCenter", [0.0, 0.5]);
/// assert_eq!(metadata.get("frame").and_then(Value::as_i64), Some(101));
/// assert!(metadata.keys().eq(["compression", "frame", "screenWindowCenter"]));
///
/// assert_eq!(metadata.remove("compression"), Some(Value::from("zip")));
/// assert_eq!(format!("{metadata:?}"), r#"{"frame": 101, "screenWindowCenter": [0.0, 0.5]}"#);
/// ```
#[derive(Clone, Default)]
pub struct Metadata {
    entries: Vec<(Arc<str>, Value)>,
    /// Where each key's entry is.
    positions: HashMap<Arc<str>, usize>,
}

impl Metadata {
    /// No entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let position = *self.positions.get(key)?;
        Some(&self.entries[position].1)
    }

    /// The value of a key, to change it where it is.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let position = *self.positions.get(key)?;
        Some(&mut self.entries[position].1)
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.positions.contains_key(key)
    }

    /// Adds an entry at the end, or replaces the value of a key where it stands.
    ///
    /// Returns the value replaced, if any.
    pub fn insert(&mut self, key: impl AsRef<str>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.as_ref(), value.into());
        if let Some(held) = self.get_mut(key) {
            return Some(std::mem::replace(held, value));
        }
        let key = Arc::<str>::from(key);
        self.positions.insert(key.clone(), self.entries.len());
        self.entries.push((key, value));
        None
    }

    /// Removes an entry and returns its value; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let position = self.positions.remove(key)?;
        let (_, value) = self.entries.remove(position);
        for later in self.positions.values_mut().filter(|later| **later > position) {
            *later -= 1;
        }
        Some(value)
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.positions.clear();
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// Keys, and values to change, in order.
    pub fn iter_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = (&str, &mut Value)> + ExactSizeIterator {
        self.entries.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// Keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| &**key)
    }
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Metadata {}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: AsRef<str>, V: Into<Value>> Extend<(K, V)> for Metadata {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: AsRef<str>, V: Into<Value>> FromIterator<(K, V)> for Metadata {
    /// The last value of a key that comes twice is kept, at the place of the first.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut metadata = Self::new();
        metadata.extend(entries);
        metadata
    }
}

#[cfg(test)]
mod tests;
