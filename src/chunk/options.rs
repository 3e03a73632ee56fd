//! How a chunk is to be written.

use std::sync::{Arc, LazyLock};

use crate::codec::{Codec, Lz4, Streams};
use crate::error::{InvalidArgument, Part, Result, check_part_nbytes};
use crate::filter::{BitShuffle, Filter, FilterId, MAX_FILTERS, Shuffle};

use super::header::{MAX_BLOCK_NBYTES, MAX_STREAMS, is_split_by_blosc1};
use super::tune;

/// Codec, filters and block size of chunks to be written.
///
/// Settings are checked when they are used, so that a chain of them reads well.
///
/// ```
/// use ndpress::{Chunk, ChunkOptions, Lz4Hc, Registry};
///
/// let options = ChunkOptions::new().codec(Lz4Hc::level(9)).bitshuffle().blocksize(16 << 10);
/// let samples: Vec<u8> = (0..40_000u16).flat_map(|i| (i / 7).to_le_bytes()).collect();
/// let chunk = Chunk::encode(&samples, 2, &options)?;
/// assert!(chunk.cbytes() < samples.len() / 20);
/// assert_eq!(chunk.decode(&Registry::default())?, samples);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChunkOptions {
    codec: Arc<dyn Codec>,
    /// Whether a byte shuffle comes first where the codec wants it.
    default_filters: bool,
    filters: Vec<Arc<dyn Filter>>,
    split: SplitMode,
    format: ChunkFormat,
    blocksize: Option<usize>,
}

/// Whether a block of shuffled elements is handed to the codec as one stream per byte plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SplitMode {
    /// As the codec [prefers](Codec::preferred_streams), where the planes are long enough.
    #[default]
    Auto,
    /// Always, whatever the filters and the typesize.
    Always,
    /// Never.
    Never,
}

/// Which library's header a chunk gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ChunkFormat {
    /// Blosc2: 32 bytes, six filters, special chunks.
    #[default]
    Blosc2,
    /// Blosc1: 16 bytes, at most one shuffle and Blosc's own codecs. What Zarr's and HDF5's
    /// `blosc` filters read.
    Blosc1,
}

/// Blosc2's shortest stream of a split block, in bytes.
const MIN_STREAM_NBYTES: usize = 32;

impl Default for ChunkOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ChunkOptions {
    /// Whether chunks are the same bytes, written with these options or the others.
    pub(crate) fn writes_like(&self, other: &Self) -> bool {
        let codec = |options: &Self| {
            (options.codec_ref().id(), options.codec_ref().clevel(), options.chunk_format())
        };
        let filters = |options: &Self| -> Vec<_> {
            options.filters().iter().map(|filter| (filter.id(), filter.meta(1))).collect()
        };
        codec(self) == codec(other) && filters(self) == filters(other) && self.split == other.split
    }

    /// LZ4 at Blosc2's level 5 after a byte shuffle, blocks sized for the cache: a chunk that every
    /// reader of Blosc2 knows, and a codec that need not be told what the bytes are.
    #[must_use]
    pub fn new() -> Self {
        Self {
            codec: Arc::new(Lz4::default()),
            default_filters: true,
            filters: Vec::new(),
            split: SplitMode::Auto,
            format: ChunkFormat::Blosc2,
            blocksize: None,
        }
    }

    /// Sets the codec, with its level.
    #[must_use]
    pub fn codec(self, codec: impl Codec + 'static) -> Self {
        self.shared_codec(Arc::new(codec))
    }

    /// Sets the codec, shared.
    #[must_use]
    pub fn shared_codec(mut self, codec: Arc<dyn Codec>) -> Self {
        self.codec = codec;
        self
    }

    /// Sets byte shuffle as the only filter. This is the default for codecs that
    /// [want it](Codec::wants_shuffle).
    #[must_use]
    pub fn shuffle(self) -> Self {
        self.no_filters().filter(Shuffle::default())
    }

    /// Sets bit shuffle as the only filter.
    #[must_use]
    pub fn bitshuffle(self) -> Self {
        self.no_filters().filter(BitShuffle)
    }

    /// Removes all filters.
    #[must_use]
    pub fn no_filters(mut self) -> Self {
        self.default_filters = false;
        self.filters.clear();
        self
    }

    /// Adds a filter after those set before.
    #[must_use]
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.filters.push(Arc::new(filter));
        self
    }

    /// Adds a filter, shared, after those set before.
    #[must_use]
    pub fn shared_filter(mut self, filter: Arc<dyn Filter>) -> Self {
        self.filters.push(filter);
        self
    }

    /// Sets whether blocks are split into byte planes.
    #[must_use]
    pub fn split(mut self, split: SplitMode) -> Self {
        self.split = split;
        self
    }

    /// Sets the header written.
    #[must_use]
    pub fn format(mut self, format: ChunkFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets the size of blocks, in bytes; rounded down to whole elements.
    #[must_use]
    pub fn blocksize(mut self, nbytes: usize) -> Self {
        self.blocksize = Some(nbytes);
        self
    }

    /// The codec.
    #[must_use]
    pub fn codec_ref(&self) -> &Arc<dyn Codec> {
        &self.codec
    }

    /// The filters, in the order they are applied.
    #[must_use]
    pub fn filters(&self) -> Vec<&Arc<dyn Filter>> {
        static SHUFFLE: LazyLock<Arc<dyn Filter>> = LazyLock::new(|| Arc::new(Shuffle::default()));
        let is_shuffled = self.default_filters && self.codec.wants_shuffle();
        let default = is_shuffled.then(|| &*SHUFFLE);
        default.into_iter().chain(&self.filters).collect()
    }

    pub(super) fn chunk_format(&self) -> ChunkFormat {
        self.format
    }

    /// Checks the settings for elements of `typesize` bytes (as the header has it, 1 to 255).
    pub(crate) fn validate(&self, typesize: usize) -> Result<()> {
        self.codec.validate()?;
        let filters = self.filters();
        let (found, max) = (filters.len(), MAX_FILTERS);
        if found > max {
            return Err(InvalidArgument::TooManyFilters { found, max }.into());
        }
        for (slot, filter) in filters.iter().enumerate() {
            let id = filter.id();
            let invalid = |source| InvalidArgument::Filter { filter: id, source };
            filter.validate(typesize).map_err(invalid)?;
            if filter.needs_reference() && slot != 0 {
                return Err(InvalidArgument::FilterOrder { filter: id, slot }.into());
            }
        }
        if self.format == ChunkFormat::Blosc1 {
            self.validate_blosc1(&filters, typesize)
        } else {
            Ok(())
        }
    }

    fn validate_blosc1(&self, filters: &[&Arc<dyn Filter>], typesize: usize) -> Result<()> {
        let codec = self.codec.id();
        if codec.is_user_defined() || codec.name().is_none() {
            return Err(InvalidArgument::NotBlosc1 { id: codec.as_u8() }.into());
        }
        let plain = |filter: &Arc<dyn Filter>| {
            matches!(filter.id(), FilterId::SHUFFLE | FilterId::BITSHUFFLE)
                && filter.meta(typesize) == 0
        };
        match filters.iter().enumerate().find(|(slot, filter)| *slot > 0 || !plain(filter)) {
            None => Ok(()),
            Some((_, filter)) => Err(InvalidArgument::NotBlosc1 { id: filter.id().as_u8() }.into()),
        }
    }

    /// The size of blocks for a chunk of `nbytes`: whole elements, at most the chunk, at least 1.
    pub(crate) fn blocksize_for(&self, nbytes: usize, typesize: usize) -> Result<usize> {
        let asked = match self.blocksize {
            None => tune::blocksize(self.codec.clevel(), typesize),
            Some(0) => {
                let (part, axis, len, container) = (Part::Block, 0, 0, nbytes);
                return Err(InvalidArgument::PartShape { part, axis, len, container }.into());
            }
            Some(asked) => {
                check_part_nbytes(Part::Block, asked as u64, MAX_BLOCK_NBYTES)?;
                asked
            }
        };
        let largest = nbytes.max(1);
        let whole = asked.min(largest) / typesize * typesize;
        Ok(if whole == 0 { typesize.min(largest) } else { whole })
    }

    /// Whether full blocks are written as one stream per byte of the element.
    pub(super) fn splits(&self, typesize: usize, blocksize: usize) -> bool {
        // C-Blosc2 splits other blocks too when told to, and loses bytes.
        if !blocksize.is_multiple_of(typesize) {
            return false;
        }
        let is_allowed = match self.format {
            ChunkFormat::Blosc2 => true,
            ChunkFormat::Blosc1 => is_split_by_blosc1(typesize, blocksize),
        };
        let is_wanted = match self.split {
            SplitMode::Never => false,
            SplitMode::Always => true,
            SplitMode::Auto => {
                typesize <= MAX_STREAMS
                    && blocksize / typesize >= MIN_STREAM_NBYTES
                    && self.filters().iter().any(|filter| filter.id() == FilterId::SHUFFLE)
                    && self.codec.preferred_streams() == Streams::PerByte
            }
        };
        is_allowed && is_wanted
    }
}
