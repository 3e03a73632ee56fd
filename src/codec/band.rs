//! What a decoder hands out while it is in the cache.

/// Some of a block's elements, in a row, as a decoder hands them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "callers must handle both; there is no third")]
pub enum Band<'a> {
    /// The elements' bytes.
    Bytes(&'a [u8]),
    /// Equal elements: what is computed from one holds for all of them.
    Repeated {
        /// The bytes of one.
        value: &'a [u8],
        /// How many there are.
        count: usize,
    },
}

impl Band<'_> {
    /// Number of bytes, all repetitions counted.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        match *self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Repeated { value, count } => value.len() * count,
        }
    }

    /// All bytes, repetitions written out.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        match *self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Repeated { value, count } => value.repeat(count),
        }
    }
}
