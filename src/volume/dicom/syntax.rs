//! How pixels are encoded.

use super::FORMAT;
use crate::error::Result;
use crate::volume::error::unsupported;

/// How pixels are encoded, as far as this crate can decode them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Plain { is_big_endian: bool },
    Rle,
    Jpeg,
}

impl Syntax {
    /// That of a UID.
    pub(super) fn of(uid: &str) -> Result<Self> {
        match uid {
            "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" => Ok(Self::Plain { is_big_endian: false }),
            "1.2.840.10008.1.2.2" => Ok(Self::Plain { is_big_endian: true }),
            "1.2.840.10008.1.2.5" => Ok(Self::Rle),
            // Baseline and extended, lossless with any predictor and with the first.
            "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.57"
            | "1.2.840.10008.1.2.4.70" => Ok(Self::Jpeg),
            _ => Err(unsupported(FORMAT, format!("transfer syntax {uid}"))),
        }
    }
}
