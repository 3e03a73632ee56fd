//! What goes wrong in decoders and encoders, in their own words.

use std::fmt;
use std::io;

use crate::error::{Corruption, Error, Unsupported};

/// Why a [`Format`](super::Format) could not read or write a file.
///
/// Users see an [`Error`] that names the format as well.
#[derive(Debug)]
#[non_exhaustive]
pub enum FormatError {
    /// The file contradicts itself or its format.
    Malformed(Box<dyn std::error::Error + Send + Sync>),
    /// The file is in order, but has something that the decoder does not read: what it is.
    Unsupported(String),
    /// The system could not read or write.
    Io(io::Error),
    /// What this crate answered to the decoder or encoder; or the caller's fault.
    Other(Error),
}

impl FormatError {
    /// The file contradicts itself or its format; a text or an error says how.
    pub fn malformed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Malformed(source.into())
    }

    /// Something that the decoder does not read: "deep data".
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// The error that users see.
    pub(crate) fn of(self, format: &'static str) -> Error {
        match self {
            Self::Malformed(source) => Error::corrupt(Corruption::Image { format, source }),
            Self::Unsupported(what) => Unsupported::Image { format, what }.into(),
            Self::Io(error) => error.into(),
            Self::Other(error) => error,
        }
    }
}

impl From<io::Error> for FormatError {
    /// A file that ends early is malformed, and so is what a decoder of streams calls invalid.
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match error.kind() {
            UnexpectedEof | InvalidData | InvalidInput => Self::Malformed(error.into()),
            _ => Self::Io(error),
        }
    }
}

impl From<Error> for FormatError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(source) => source.fmt(f),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::Io(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FormatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(source) => Some(&**source),
            Self::Unsupported(_) => None,
            Self::Io(error) => Some(error),
            Self::Other(error) => Some(error),
        }
    }
}
