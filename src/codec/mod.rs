//! Codecs: bytes to fewer bytes.
//!
//! Below is nothing but `arch`; above is `block`, which hands each
//! stream of a filtered block to a codec and checks all lengths, so that no codec has to.
//!
//! A codec of your own is a type with [`Codec`], put into a [`Registry`](crate::Registry) so that
//! readers find it; `examples/custom_codec.rs` shows one. The `conformance` feature has a suite that
//! proves the contract.

mod band;
mod blosclz;
#[cfg(test)]
mod fixtures;
mod lz4;
mod raster;
#[cfg(feature = "zlib")]
mod zlib;
#[cfg(feature = "zstd")]
mod zstd;

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;

use crate::dtype::DType;
use crate::error::{InvalidArgument, Result};
pub use crate::id::CodecId;
pub use band::Band;
pub use blosclz::BloscLz;
pub use lz4::{Lz4, Lz4Hc};
pub use raster::Raster;
#[cfg(feature = "zlib")]
pub use zlib::Zlib;
#[cfg(feature = "zstd")]
pub use zstd::Zstd;

/// A lossless transformation of bytes to fewer bytes.
///
/// The level is part of the value (`Zstd::level(3)`), and every instance decodes what any instance
/// encoded. Implementations must be deterministic: the same input, options and [`BlockInfo`] give
/// the same bytes, on every machine and thread.
///
/// The caller guarantees that `src` and `dst` are not empty. It checks nothing about what `src`
/// holds when decoding: any bytes may come, and the answer is the right bytes or an error, never a
/// panic, and never more memory than `dst` and a bounded scratch.
pub trait Codec: Send + Sync + fmt::Debug {
    /// The number written into chunk headers.
    fn id(&self) -> CodecId;

    /// Compresses `src` into the front of `dst`.
    ///
    /// `dst` is what the caller has room for, commonly one byte less than `src`: a codec that
    /// needs more answers [`Encoded::DoesNotFit`], and the block is stored as it is.
    ///
    /// # Errors
    /// Only when the codec cannot work at all; data that does not shrink is not an error.
    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError>;

    /// Decompresses all of `src` into `dst`, filling it exactly.
    ///
    /// # Errors
    /// Any [`CodecError`] when `src` is not a stream that fills `dst`; what `dst` holds then is
    /// unspecified.
    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError>;

    /// Decompresses all of `src`, and hands the bytes to `visit` band by band, while they are in the
    /// cache: what only looks at them, or copies them elsewhere, does not wait for memory.
    ///
    /// Together the bands are what [`decode`](Self::decode) would write, in order. None is empty,
    /// and each is of whole elements of `block.dtype`. They may lie in `buffer`, which is as long
    /// as the block and whose content is unspecified before and after, or anywhere else. Once
    /// `visit` answers [`ControlFlow::Break`] it is not called again, and the codec need not decode
    /// the rest.
    ///
    /// By default the block is decoded as a whole, into one band. To override it pays for a codec
    /// that finishes a block from front to back: a few KiB are a good band.
    ///
    /// # Errors
    /// As [`decode`](Self::decode); what was handed out before is unspecified then. A stream that
    /// is damaged behind the point where `visit` wanted no more need not be an error.
    fn decode_bands(
        &self,
        src: &[u8],
        buffer: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<(), CodecError> {
        self.decode(src, buffer, block, scratch)?;
        let _ = visit(Band::Bytes(buffer));
        Ok(())
    }

    /// How the codec likes a block of shuffled elements: whole, or each byte plane for itself.
    fn preferred_streams(&self) -> Streams {
        Streams::Whole
    }

    /// Whether elements of several bytes are better shuffled first, where the caller chooses no
    /// filters: true of codecs that know bytes only.
    fn wants_shuffle(&self) -> bool {
        true
    }

    /// The codec's level on Blosc2's scale, for headers that record it, and for default sizes.
    ///
    /// Level 0 means that nothing is compressed: the chunk is stored as it is.
    fn clevel(&self) -> u8 {
        5
    }

    /// Checks the level and other settings; called once before a codec is used to encode.
    ///
    /// # Errors
    /// [`InvalidArgument::Level`] for a level outside the codec's range.
    fn validate(&self) -> Result<(), InvalidArgument> {
        Ok(())
    }
}

/// What [`Codec::encode`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "callers must handle both; there is no third")]
pub enum Encoded {
    /// The first so many bytes of `dst` hold the stream.
    Len(usize),
    /// The stream would be longer than `dst`.
    DoesNotFit,
}

/// How a block's filtered bytes are handed to the codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Streams {
    /// As one stream.
    Whole,
    /// After a byte shuffle, as one stream per byte of the element: fast LZ codecs find longer
    /// matches in a plane of its own.
    PerByte,
}

/// What the bytes handed to a codec are.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct BlockInfo<'a> {
    /// Type of the elements. [`DType::U8`] for bytes that filters have rearranged; when decoding a
    /// chunk that belongs to no array, [`DType::Opaque`] of the chunk's typesize.
    pub dtype: DType,
    /// Lengths per axis of the block, in elements, last axis fastest: their product times the
    /// item size is the length of the bytes, padding included. One axis where only that is known.
    pub shape: &'a [usize],
    /// The chunk's dictionary, when it was written with one.
    pub dictionary: Option<&'a [u8]>,
    /// The byte that Blosc2 reserves for the codec in the chunk header; 0 unless the codec's own.
    pub codec_meta: u8,
}

impl<'a> BlockInfo<'a> {
    /// Bytes of which nothing is known but their number.
    #[must_use]
    pub fn bytes(nbytes: &'a usize) -> Self {
        Self {
            dtype: DType::U8,
            shape: std::slice::from_ref(nbytes),
            dictionary: None,
            codec_meta: 0,
        }
    }
}

/// Memory that codecs keep between calls: hash tables, contexts. One per thread.
///
/// A codec keeps its state under its own type, made on first use.
///
/// ```
/// use ndpress::codec::Scratch;
///
/// #[derive(Default)]
/// struct Table(Vec<u32>);
///
/// let mut scratch = Scratch::default();
/// scratch.state::<Table>().0.resize(4096, 0);
/// assert_eq!(scratch.state::<Table>().0.len(), 4096);
/// ```
#[derive(Default)]
pub struct Scratch {
    // A handful of entries at most: a linear search beats a map.
    states: Vec<Box<dyn Any + Send>>,
}

impl Scratch {
    /// The state of type `T`, as the last call left it.
    #[allow(clippy::missing_panics_doc, reason = "the entry was just added with this type")]
    pub fn state<T: Any + Send + Default>(&mut self) -> &mut T {
        let found = self.states.iter().position(|state| state.is::<T>());
        let index = found.unwrap_or_else(|| {
            self.states.push(Box::new(T::default()));
            self.states.len() - 1
        });
        match self.states[index].downcast_mut() {
            Some(state) => state,
            None => unreachable!("the entry at this index has this type"),
        }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("states", &self.states.len()).finish()
    }
}

/// Why a codec could not do its work.
#[derive(Debug)]
#[non_exhaustive]
pub enum CodecError {
    /// The stream ends before `dst` is full.
    Truncated,
    /// The stream contradicts itself, or holds more than `dst` has room for.
    Corrupt {
        /// What is wrong.
        reason: &'static str,
    },
    /// The stream needs a dictionary that the chunk does not carry.
    DictionaryMissing,
    /// The codec cannot work on these bytes or with these settings.
    Unsupported {
        /// Why.
        reason: &'static str,
    },
    /// An error of a library underneath.
    External(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("stream ends early"),
            Self::Corrupt { reason } | Self::Unsupported { reason } => f.write_str(reason),
            Self::DictionaryMissing => f.write_str("dictionary missing"),
            Self::External(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::External(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

/// Checks a level against its codec's range.
fn check_level(codec: CodecId, level: i64, min: i64, max: i64) -> Result<(), InvalidArgument> {
    if (min..=max).contains(&level) {
        return Ok(());
    }
    Err(InvalidArgument::Level { codec, level, min, max })
}
