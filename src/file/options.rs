//! How arrays and images are saved.

use std::sync::Arc;

use crate::array::keeps_elements;
use crate::chunk::{Chunk, ChunkOptions};
use crate::codec::{Codec, CodecId};
use crate::filter::{Filter, FilterId};
use crate::frame::FrameKind;

/// How an array or an image is saved.
///
/// ```
/// use ndpress::{Lz4Hc, SaveOptions};
///
/// let for_python = SaveOptions::portable();
/// let small = SaveOptions::new().codec(Lz4Hc::clevel(9));
/// ```
#[derive(Debug, Clone, Default)]
pub struct SaveOptions {
    pub(super) kind: Option<FrameKind>,
    pub(super) recoding: Recoding,
}

/// Which chunks are compressed anew.
#[derive(Debug, Clone, Default)]
pub(super) enum Recoding {
    /// None.
    #[default]
    Keep,
    /// Those that C-Blosc2 does not know.
    Portable,
    /// Those of other codecs or filters than these.
    With(ChunkOptions),
}

impl SaveOptions {
    /// Chunks as they are, whatever their codec, in one file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks that C-Blosc2 and python-blosc2 can read, in one file: those of the raster codec, and
    /// of codecs and filters of your own, are compressed with Zstandard at Blosc2's level 5 after a
    /// byte shuffle (LZ4 without the feature `zstd`); all others are saved as they are.
    #[must_use]
    pub fn portable() -> Self {
        Self { recoding: Recoding::Portable, ..Self::default() }
    }

    /// Compresses with this codec, after a byte shuffle where the codec wants it. Chunks of it with
    /// the same filters are saved as they are, whatever their level.
    #[must_use]
    pub fn codec(self, codec: impl Codec + 'static) -> Self {
        let options = self.chunk_options().codec(codec);
        Self { recoding: Recoding::With(options), ..self }
    }

    /// As [`codec`](Self::codec), with a codec that is shared.
    #[must_use]
    pub fn shared_codec(self, codec: Arc<dyn Codec>) -> Self {
        let options = self.chunk_options().shared_codec(codec);
        Self { recoding: Recoding::With(options), ..self }
    }

    /// As [`codec`](Self::codec), which comes first: without any filters.
    #[must_use]
    pub fn no_filters(self) -> Self {
        let options = self.chunk_options().no_filters();
        Self { recoding: Recoding::With(options), ..self }
    }

    /// As [`codec`](Self::codec), which comes first: with a filter after those already chosen.
    #[must_use]
    pub fn filter(self, filter: impl Filter + 'static) -> Self {
        let options = self.chunk_options().filter(filter);
        Self { recoding: Recoding::With(options), ..self }
    }

    /// Saves each chunk in a file of its own, in a folder. Not for images.
    ///
    /// Where such a folder is replaced, its old files are removed in the end: who still has the old
    /// array open, lazily, cannot read it any more.
    #[must_use]
    pub fn sparse(self) -> Self {
        Self { kind: Some(FrameKind::Sparse), ..self }
    }

    fn chunk_options(&self) -> ChunkOptions {
        match &self.recoding {
            Recoding::With(options) => options.clone(),
            Recoding::Keep | Recoding::Portable => portable_options(),
        }
    }

    /// What a chunk is to be compressed with anew; `None` for one that is saved as it is.
    pub(super) fn recoding<B: AsRef<[u8]>>(&self, chunk: &Chunk<B>) -> Option<ChunkOptions> {
        if chunk.special().is_some() {
            return None;
        }
        match &self.recoding {
            Recoding::Keep => None,
            Recoding::Portable => (!is_portable(chunk)).then(portable_options),
            Recoding::With(options) => (!fits(chunk, options)).then(|| options.clone()),
        }
    }

    /// Whether what is saved has the same elements, bit for bit, whatever is compressed anew.
    pub(super) fn keeps_elements(&self) -> bool {
        match &self.recoding {
            Recoding::Keep | Recoding::Portable => true,
            Recoding::With(options) => keeps_elements(options),
        }
    }

    /// What the header of the frame says of an array with these options of its own.
    pub(super) fn header_options(&self, own: &ChunkOptions) -> ChunkOptions {
        match &self.recoding {
            Recoding::With(options) => options.clone(),
            Recoding::Portable if !is_portable_codec(own.codec_ref().id()) => portable_options(),
            Recoding::Keep | Recoding::Portable => own.clone(),
        }
    }
}

fn portable_options() -> ChunkOptions {
    let options = ChunkOptions::new();
    #[cfg(feature = "zstd")]
    let options = options.codec(crate::codec::Zstd::clevel(5));
    options
}

fn is_portable_codec(id: CodecId) -> bool {
    // Blosc2's own have the first numbers. Its plugins are not in every build.
    id.as_u8() <= CodecId::ZSTD.as_u8()
}

fn is_portable<B: AsRef<[u8]>>(chunk: &Chunk<B>) -> bool {
    is_portable_codec(chunk.codec_id())
        && chunk.filters().all(|(id, _)| id <= FilterId::TRUNC_PREC || id == FilterId::BYTEDELTA)
}

/// Whether a chunk is of this codec, after these filters.
fn fits<B: AsRef<[u8]>>(chunk: &Chunk<B>, options: &ChunkOptions) -> bool {
    let typesize = chunk.typesize();
    let filters = options.filters();
    let filters = filters.iter().map(|filter| (filter.id(), filter.meta(typesize)));
    chunk.codec_id() == options.codec_ref().id() && chunk.filters().eq(filters)
}
