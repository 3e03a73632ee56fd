//! Filters: bytes to as many bytes that compress better.
//!
//! Below is nothing but [`arch`](crate::arch); above is [`block`](crate::block), which runs up to
//! six of them over a block before the codec, and backwards after it.

mod bitshuffle;
mod bytedelta;
mod delta;
mod shuffle;
#[cfg(test)]
mod tests;
mod trunc_prec;

use std::fmt;

pub use self::bitshuffle::BitShuffle;
pub use self::bytedelta::ByteDelta;
pub use self::delta::Delta;
pub use self::shuffle::Shuffle;
pub use self::trunc_prec::TruncPrec;
pub use crate::id::FilterId;

/// The most filters a chunk header has slots for.
pub const MAX_FILTERS: usize = 6;

/// A transformation of a block that keeps its length.
///
/// Reversible unless its documentation says otherwise. Implementations must be deterministic, and
/// treat blocks whose length is no multiple of the typesize without loss.
///
/// The caller guarantees that `src` and `dst` have the same length, not 0.
pub trait Filter: Send + Sync + fmt::Debug {
    /// The number written into chunk headers.
    fn id(&self) -> FilterId;

    /// The byte written beside it for elements of `typesize` bytes, which the filter gets back in
    /// [`FilterContext::meta`].
    fn meta(&self, typesize: usize) -> u8 {
        let _ = typesize;
        0
    }

    /// Transforms a block on its way to the codec.
    ///
    /// # Errors
    /// When the filter cannot work on such elements.
    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError>;

    /// Undoes [`forward`](Self::forward).
    ///
    /// # Errors
    /// When the filter cannot work on such elements.
    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError>;

    /// Whether the filter leaves such blocks as they are in both directions, so that the copy can
    /// be spared.
    fn is_identity(&self, context: &FilterContext<'_>) -> bool {
        let _ = context;
        false
    }

    /// Whether the filter needs the chunk's first block to transform the others.
    fn needs_reference(&self) -> bool {
        false
    }

    /// Checks that the filter can work on elements of `typesize` bytes with its settings.
    ///
    /// # Errors
    /// Why it cannot.
    fn validate(&self, typesize: usize) -> Result<(), FilterError> {
        let _ = typesize;
        Ok(())
    }
}

/// What a filter is told about the block at hand.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FilterContext<'a> {
    /// Bytes per element, 1 to 255: larger elements are treated as bytes.
    pub typesize: usize,
    /// The filter's own byte from the chunk header.
    pub meta: u8,
    /// The unfiltered bytes of the chunk's first block, for a filter that
    /// [needs them](Filter::needs_reference). `None` when this is the first block.
    pub reference: Option<&'a [u8]>,
    /// Version of the chunk format the block was written in.
    pub chunk_version: u8,
}

impl FilterContext<'_> {
    /// Elements of `typesize` bytes in a chunk of the current version.
    #[must_use]
    pub fn new(typesize: usize, meta: u8) -> Self {
        let chunk_version = CURRENT_CHUNK_VERSION;
        Self { typesize, meta, reference: None, chunk_version }
    }

    /// Bytes per group, for filters whose meta byte is a group width that defaults to the typesize.
    fn width(&self) -> usize {
        if self.meta == 0 { self.typesize } else { usize::from(self.meta) }
    }
}

/// The version of the chunk format that this crate writes: that of Blosc2 since its first release.
pub(crate) const CURRENT_CHUNK_VERSION: u8 = 5;

/// Why a filter could not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// It is not made for elements of this size.
    Typesize {
        /// Bytes per element.
        typesize: usize,
    },
    /// Its meta byte has no meaning.
    Meta {
        /// The byte.
        meta: u8,
    },
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typesize { typesize } => {
                write!(f, "not possible with elements of {typesize} bytes")
            }
            Self::Meta { meta } => write!(f, "meta byte {meta} has no meaning"),
        }
    }
}

impl std::error::Error for FilterError {}
