//! The numbers that stand for codecs and filters in a chunk header.

use std::fmt;

/// A codec's number in Blosc2 chunk headers. One codec keeps it for ever.
///
/// 0 to 31 are Blosc2's own, 32 to 159 its registered plugins, 160 to 255 are for users.
/// Source: `README_CHUNK_FORMAT.rst` of C-Blosc2 and its codec registry.
///
/// ```
/// use ndpress::CodecId;
///
/// assert_eq!(CodecId::ZSTD.to_string(), "zstd");
/// assert_eq!(CodecId::new(200).to_string(), "200");
/// assert!(CodecId::new(200).is_user_defined());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodecId(u8);

impl CodecId {
    /// BloscLZ.
    pub const BLOSCLZ: Self = Self(0);
    /// LZ4, fast.
    pub const LZ4: Self = Self(1);
    /// LZ4, high compression. Decoded as [`LZ4`](Self::LZ4).
    pub const LZ4HC: Self = Self(2);
    /// zlib.
    pub const ZLIB: Self = Self(4);
    /// Zstandard.
    pub const ZSTD: Self = Self(5);
    /// [`Raster`](crate::codec::Raster), this crate's own: from the numbers left to users, so that
    /// other readers of Blosc2 say that they do not know it.
    pub const RASTER: Self = Self(178);

    /// The name, for Blosc2's own codecs and this crate's.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::BLOSCLZ => "blosclz",
            Self::LZ4 => "lz4",
            Self::LZ4HC => "lz4hc",
            Self::ZLIB => "zlib",
            Self::ZSTD => "zstd",
            Self::RASTER => "raster",
            _ => return None,
        })
    }
}

/// A filter's number in Blosc2 chunk headers. One filter keeps it for ever.
///
/// 0 to 31 are Blosc2's own, 32 to 159 its registered plugins, 160 to 255 are for users.
///
/// ```
/// use ndpress::FilterId;
///
/// assert_eq!(FilterId::SHUFFLE.to_string(), "shuffle");
/// assert_eq!(FilterId::BYTEDELTA.as_u8(), 35);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterId(u8);

impl FilterId {
    /// An empty slot.
    pub const NONE: Self = Self(0);
    /// Byte shuffle.
    pub const SHUFFLE: Self = Self(1);
    /// Bit shuffle.
    pub const BITSHUFFLE: Self = Self(2);
    /// XOR with the element before, or with the chunk's first block.
    pub const DELTA: Self = Self(3);
    /// Zeroes low mantissa bits: lossy.
    pub const TRUNC_PREC: Self = Self(4);
    /// Difference of neighbouring bytes within each byte plane.
    pub const BYTEDELTA: Self = Self(35);

    /// The name, for Blosc2's own filters.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NONE => "none",
            Self::SHUFFLE => "shuffle",
            Self::BITSHUFFLE => "bitshuffle",
            Self::DELTA => "delta",
            Self::TRUNC_PREC => "trunc_prec",
            Self::BYTEDELTA => "bytedelta",
            _ => return None,
        })
    }
}

macro_rules! id {
    ($($id:ident),*) => {$(
        impl $id {
            /// The one with this number.
            #[must_use]
            pub const fn new(id: u8) -> Self {
                Self(id)
            }

            /// The number in the header.
            #[must_use]
            pub const fn as_u8(self) -> u8 {
                self.0
            }

            /// Whether the number is from the range left to users, 160 to 255.
            #[must_use]
            pub const fn is_user_defined(self) -> bool {
                self.0 >= 160
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => self.0.fmt(f),
                }
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({} {})"), self.0, self.name().unwrap_or("?"))
            }
        }
    )*};
}
id!(CodecId, FilterId);
