//! How an array is compressed and cut.

use std::sync::Arc;

use super::summary::{Summarise, Summariser};
use crate::chunk::{ChunkOptions, SplitMode, header_typesize};
use crate::codec::{Codec, Raster};
use crate::dtype::DType;
use crate::error::Result;
use crate::filter::Filter;
use crate::registry::Registry;

/// How a new array is compressed, and how it is cut into chunks and blocks.
///
/// The default suits most data: the [raster codec](crate::Raster), or LZ4 after a byte shuffle for
/// records of unknown bytes; in blocks of about 32 KiB (what is decoded to reach one element) and
/// chunks of about 2 MiB (what is stored and replaced at once). A codec other than the raster codec
/// has a byte shuffle before it unless other filters are chosen. Nothing is checked before an array
/// is made with it.
///
/// ```
/// use ndpress::{Array, Options};
///
/// let options = Options::new().bitshuffle().chunk_shape([512, 4096]).block_shape([64, 512]);
/// let array = Array::<u16>::zeros([4096, 4096], &options)?;
/// assert_eq!(array.chunk_shape()[..], [512, 4096]);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    chunk: ChunkOptions,
    /// Whether `chunk` has a codec that was asked for.
    has_codec: bool,
    registry: Registry,
    chunk_shape: Option<Vec<usize>>,
    block_shape: Option<Vec<usize>>,
    /// What makes the statistics to keep.
    summariser: Option<Summariser>,
}

impl Options {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses with this codec. One of your own need not be in the
    /// [registry](Self::registry) as well.
    #[must_use]
    pub fn codec(self, codec: impl Codec + 'static) -> Self {
        Self { chunk: self.chunk.codec(codec), has_codec: true, ..self }
    }

    /// Compresses with this codec, shared.
    #[must_use]
    pub fn shared_codec(self, codec: Arc<dyn Codec>) -> Self {
        Self { chunk: self.chunk.shared_codec(codec), has_codec: true, ..self }
    }

    /// Groups the bytes of elements by significance before the codec, as by default for codecs
    /// that [want it](Codec::wants_shuffle).
    #[must_use]
    pub fn shuffle(self) -> Self {
        Self { chunk: self.chunk.shuffle(), ..self }
    }

    /// Groups the bits of elements by significance before the codec.
    #[must_use]
    pub fn bitshuffle(self) -> Self {
        Self { chunk: self.chunk.bitshuffle(), ..self }
    }

    /// Hands elements to the codec as they are.
    #[must_use]
    pub fn no_filters(self) -> Self {
        Self { chunk: self.chunk.no_filters(), ..self }
    }

    /// Adds a filter after those already chosen.
    #[must_use]
    pub fn filter(self, filter: impl Filter + 'static) -> Self {
        Self { chunk: self.chunk.filter(filter), ..self }
    }

    /// When to hand the codec each byte of shuffled elements as a stream of its own.
    #[must_use]
    pub fn split(self, split: SplitMode) -> Self {
        Self { chunk: self.chunk.split(split), ..self }
    }

    /// Cuts the array into chunks of these lengths, one per axis.
    ///
    /// Lengths above the array's are cut down to it, but for an axis 0 of length 0, which may grow.
    #[must_use]
    pub fn chunk_shape(self, lens: impl AsRef<[usize]>) -> Self {
        Self { chunk_shape: Some(lens.as_ref().to_vec()), ..self }
    }

    /// Cuts chunks into blocks of these lengths, one per axis.
    ///
    /// Lengths above the array's are cut down to it. Chunks need not be a multiple: what is missing
    /// is padding.
    #[must_use]
    pub fn block_shape(self, lens: impl AsRef<[usize]>) -> Self {
        Self { block_shape: Some(lens.as_ref().to_vec()), ..self }
    }

    /// Whether a codec was asked for.
    pub(crate) fn has_codec(&self) -> bool {
        self.has_codec
    }

    /// Compresses as these options say.
    pub(crate) fn chunk_options(self, chunk: ChunkOptions, registry: Registry) -> Self {
        Self { chunk, has_codec: true, registry, ..self }
    }

    /// The codecs and filters to decode with.
    #[must_use]
    pub fn registry(self, registry: Registry) -> Self {
        Self { registry, ..self }
    }

    /// Checks everything that does not depend on the array's shape, and makes sure that what is
    /// compressed with these options can be decompressed.
    pub(super) fn for_chunks(&self, dtype: DType) -> Result<(ChunkOptions, Registry)> {
        let mut chunk = self.chunk.clone();
        if !self.has_codec && !matches!(dtype, DType::Opaque(_)) {
            chunk = chunk.codec(Raster::default());
        }
        chunk.validate(header_typesize(dtype.itemsize()))?;
        let mut registry = self.registry.clone();
        let codec = chunk.codec_ref();
        if codec.id().is_user_defined() && registry.codec(codec.id()).is_err() {
            registry = registry.with_codec(codec.clone())?;
        }
        for filter in chunk.filters() {
            if filter.id().is_user_defined() && registry.filter(filter.id()).is_err() {
                registry = registry.with_filter(filter.clone())?;
            }
        }
        Ok((chunk, registry))
    }

    /// Keeps statistics of blocks.
    pub(crate) fn summariser(self, summariser: Summariser) -> Self {
        Self { summariser: Some(summariser), ..self }
    }

    /// What makes the statistics that an array of this dtype is to keep.
    pub(super) fn summarise(&self, dtype: DType) -> Option<Summarise> {
        self.summariser.and_then(|summariser| summariser(dtype))
    }

    pub(crate) fn chunk_lens(&self) -> Option<&[usize]> {
        self.chunk_shape.as_deref()
    }

    pub(crate) fn block_lens(&self) -> Option<&[usize]> {
        self.block_shape.as_deref()
    }
}
