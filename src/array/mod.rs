//! Compressed n-dimensional arrays.
//!
//! Below is [`chunk`](crate::chunk), which knows bytes and blocks but no axes; above is
//! `image`. An array is a grid of chunks of the same shape, each a grid of blocks,
//! in the layout of Blosc2's b2nd:
//!
//! ```text
//! typed, any, chunks, writer, nd     what users call: element types, slices, ndarray
//!   select                           s![] of ndarray, checked
//! pick                               points, and lists of indices
//! shared                             an array that many threads write
//! raw                                dtype, grid, chunks; untyped
//!   chunk_map                        chunks by number, shared between clones
//!   read, write, equal, resize, …    the things that are done with elements
//!   visit, build, edit               elements as they are decoded, computed and changed, block by
//!                                    block, for the layers above
//!   selection                        which elements, cut along chunks and blocks
//!   cache                            decoded blocks, for small reads
//!   grid, partition                  where chunks and blocks lie; their default shapes
//!   source                           where chunks come from that are not in memory
//!   summary                          what is known of blocks, made while they are encoded
//! ```

mod any;
mod build;
mod cache;
mod chunk_map;
mod chunks;
mod edit;
mod equal;
mod facts;
mod grid;
#[cfg(feature = "ndarray")]
mod nd;
mod options;
mod partition;
mod pick;
mod quantize;
mod raw;
mod read;
mod reshape;
mod resize;
#[cfg(feature = "ndarray")]
mod select;
mod selection;
mod shared;
mod source;
mod summary;
mod typed;
mod visit;
mod write;
mod writer;

pub use self::any::{AnyArray, OpaqueArray};
pub(crate) use self::build::Boxes;
pub use self::cache::{BlockCache, BlockCacheStatistics};
pub(crate) use self::chunk_map::ChunkMap;
pub(crate) use self::chunks::{with_items, with_unspecified};
pub(crate) use self::edit::EditedChunk;
pub(crate) use self::facts::NBytes;
pub(crate) use self::grid::Grid;
#[cfg(feature = "ndarray")]
pub(crate) use self::nd::from_items;
pub use self::options::Options;
pub(crate) use self::partition::partition;
pub use self::pick::AxisIndices;
pub use self::quantize::Quantize;
pub(crate) use self::raw::{Place, RawArray, Slot, zeroed};
#[cfg(feature = "ndarray")]
pub(crate) use self::select::{SlicedAxis, Slicing};
pub(crate) use self::selection::Cut;
pub use self::shared::SharedArray;
pub use self::source::{Blocks, ChunkSource, StoredChunk};
pub(crate) use self::summary::{Summarise, Summary, keeps_elements};
pub use self::typed::Array;
pub(crate) use self::visit::{ArrayItems, ChunkItems, Piece, Visit};
pub use self::writer::ArrayWriter;
