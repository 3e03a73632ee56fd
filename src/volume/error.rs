//! What can be wrong with a file that is a volume.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Corruption, Error, Unsupported};

/// What is wrong with a file of a volume: the source of
/// [`Corruption::Image`](crate::Corruption::Image).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum VolumeError {
    /// A field that no writer can have meant.
    Field {
        /// The field or attribute, as the format names it.
        field: &'static str,
        /// Its value, as text.
        value: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// An attribute that is needed and not there.
    MissingField {
        /// The attribute, as the format names it.
        field: &'static str,
    },
    /// A slice that cannot be of one volume with the one before it.
    Slice {
        /// Its file.
        path: PathBuf,
        /// What differs: `"size"`, `"type"`, `"orientation"`, `"pixel spacing"`.
        what: &'static str,
    },
    /// Bytes that the format's structure does not allow.
    Structure {
        /// Where, in bytes from the start of the file.
        offset: u64,
        /// The rule they break.
        rule: &'static str,
    },
    /// Compressed bytes that do not give as many as the image needs.
    Length {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that there are.
        found: u64,
    },
}

impl VolumeError {
    /// The error that users see.
    pub(super) fn of(self, format: &'static str) -> Error {
        Error::corrupt(Corruption::Image { format, source: Box::new(self) })
    }

    /// A field that no writer can have meant.
    pub(super) fn field(field: &'static str, value: impl ToString, rule: &'static str) -> Self {
        Self::Field { field, value: value.to_string(), rule }
    }
}

/// What this build cannot read.
pub(super) fn unsupported(format: &'static str, what: impl Into<String>) -> Error {
    Unsupported::Image { format, what: what.into() }.into()
}

impl fmt::Display for VolumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field, value, rule } => write!(f, "{field} is {value}, but {rule}"),
            Self::MissingField { field } => write!(f, "there is no {field}"),
            Self::Slice { path, what } => {
                write!(f, "{path:?} has another {what} than the slice before")
            }
            Self::Structure { offset, rule } => write!(f, "at byte {offset}: {rule}"),
            Self::Length { needed, found } => write!(f, "{found} bytes where {needed} are needed"),
        }
    }
}

impl std::error::Error for VolumeError {}
