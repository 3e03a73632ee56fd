//! Compressed n-dimensional arrays and images in memory, as Blosc2 chunks.

#[cfg(feature = "benchmarks")]
pub mod benchmarks;
pub mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod filter;
pub mod image;

mod arch;
mod array;
mod block;
mod chunk;
mod dtype;
mod error;
mod id;
mod limits;
mod metadata;
mod parallel;
mod registry;
mod shape;

pub use crate::array::{AnyArray, Array, ArrayWriter, OpaqueArray, Options};
pub use crate::chunk::{Chunk, ChunkDecoder, ChunkFormat, ChunkOptions, Special, SplitMode};
#[cfg(feature = "zstd")]
pub use crate::codec::Zstd;
pub use crate::codec::{BloscLz, Codec, CodecError, Lz4, Lz4Hc};
pub use crate::dtype::{DType, Element, Record};
pub use crate::error::{
    Corrupt, Corruption, Error, IndexKind, InvalidArgument, Limit, Part, Result, Unsupported,
};
pub use crate::filter::{BitShuffle, ByteDelta, Delta, Filter, FilterError, Shuffle, TruncPrec};
pub use crate::id::{CodecId, FilterId};
pub use crate::image::Image;
pub use crate::limits::Limits;
pub use crate::metadata::{Metadata, Value};
pub use crate::registry::Registry;
pub use crate::shape::{MAX_NDIM, Region, Shape};
