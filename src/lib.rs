//! Compressed n-dimensional arrays and images in memory, as Blosc2 chunks.

pub mod codec;
pub mod filter;

mod arch;
mod array;
mod dtype;
mod error;
mod id;
mod limits;
mod registry;
mod shape;

pub use crate::codec::{Codec, CodecError};
pub use crate::dtype::{DType, Element, Record};
pub use crate::error::{
    Corrupt, Corruption, Error, IndexKind, InvalidArgument, Limit, Part, Result, Unsupported,
};
pub use crate::filter::{Filter, FilterError};
pub use crate::id::{CodecId, FilterId};
pub use crate::limits::Limits;
pub use crate::registry::Registry;
pub use crate::shape::{MAX_NDIM, Region, Shape};
