//! Which codecs and filters a reader knows.

use std::sync::{Arc, LazyLock};

use crate::codec::{self, Codec, CodecId};
use crate::error::{InvalidArgument, Result, Unsupported};
use crate::filter::{self, Filter, FilterId};

/// The codecs and filters that chunks may name: the built-in ones, and yours.
///
/// A value, not a global: two parts of a program may know different codecs. Cloning is cheap.
///
/// ```
/// use ndpress::{CodecId, Registry};
///
/// let registry = Registry::default();
/// assert_eq!(registry.codec(CodecId::new(200)).unwrap_err().to_string(),
///            "codec 200 is not registered");
/// ```
#[derive(Debug, Clone)]
pub struct Registry {
    known: Arc<Known>,
}

#[derive(Debug, Clone)]
struct Known {
    codecs: Vec<Arc<dyn Codec>>,
    filters: Vec<Arc<dyn Filter>>,
}

/// One line per built-in codec and filter.
static BUILT_IN: LazyLock<Registry> = LazyLock::new(|| {
    let codecs: Vec<Arc<dyn Codec>> = vec![
        Arc::new(codec::BloscLz::default()),
        Arc::new(codec::Lz4::default()),
        Arc::new(codec::Lz4Hc::default()),
        Arc::new(codec::Raster::default()),
        #[cfg(feature = "zlib")]
        Arc::new(codec::Zlib::default()),
        #[cfg(feature = "zstd")]
        Arc::new(codec::Zstd::default()),
    ];
    let filters: Vec<Arc<dyn Filter>> = vec![
        Arc::new(filter::Shuffle::default()),
        Arc::new(filter::BitShuffle),
        Arc::new(filter::Delta),
        Arc::new(filter::TruncPrec::bits(1)),
        Arc::new(filter::ByteDelta::default()),
    ];
    Registry { known: Arc::new(Known { codecs, filters }) }
});

impl Default for Registry {
    /// All built-in codecs and filters.
    fn default() -> Self {
        BUILT_IN.clone()
    }
}

impl Registry {
    /// Adds a codec of your own.
    ///
    /// # Errors
    /// [`InvalidArgument::IdTaken`] when its id is not from 160 to 255, or already registered.
    pub fn with_codec(mut self, codec: Arc<dyn Codec>) -> Result<Self> {
        let id = codec.id();
        if !id.is_user_defined() || self.codec(id).is_ok() {
            return Err(InvalidArgument::IdTaken { id: id.as_u8() }.into());
        }
        Arc::make_mut(&mut self.known).codecs.push(codec);
        Ok(self)
    }

    /// Adds a filter of your own.
    ///
    /// # Errors
    /// [`InvalidArgument::IdTaken`] when its id is not from 160 to 255, or already registered.
    pub fn with_filter(mut self, filter: Arc<dyn Filter>) -> Result<Self> {
        let id = filter.id();
        if !id.is_user_defined() || self.filter(id).is_ok() {
            return Err(InvalidArgument::IdTaken { id: id.as_u8() }.into());
        }
        Arc::make_mut(&mut self.known).filters.push(filter);
        Ok(self)
    }

    /// The codec with this id.
    ///
    /// # Errors
    /// [`Unsupported::Codec`] when it is not registered.
    pub fn codec(&self, id: CodecId) -> Result<&Arc<dyn Codec>> {
        let found = self.known.codecs.iter().find(|codec| codec.id() == id);
        found.ok_or_else(|| Unsupported::Codec { codec: id }.into())
    }

    /// The filter with this id.
    ///
    /// # Errors
    /// [`Unsupported::Filter`] when it is not registered.
    pub fn filter(&self, id: FilterId) -> Result<&Arc<dyn Filter>> {
        let found = self.known.filters.iter().find(|filter| filter.id() == id);
        found.ok_or_else(|| Unsupported::Filter { filter: id }.into())
    }
}
