//! Compressed n-dimensional arrays and images: held in RAM at a fraction of their size, read and
//! changed by region, in the Blosc2 format.
//!
//! ```
//! # #[cfg(feature = "ndarray")] {
//! use ndpress::ndarray::Array2;
//! use ndpress::{Array, Options, s};
//!
//! let terrain = Array2::from_shape_fn((600, 800), |(y, x)| (x * y / 500) as u16);
//! let mut array = Array::from_ndarray(&terrain, &Options::new())?;
//! assert!(array.ratio() > 3.0);
//!
//! let window: Array2<u16> = array.read(s![100..164, 200..264])?;
//! assert_eq!(window, terrain.slice(s![100..164, 200..264]));
//! array.fill(s![.., ..10], 0)?;
//! assert_eq!(array.at(&[500, 9])?, 0);
//! # }
//! # Ok::<(), ndpress::Error>(())
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | arrays of a type known when you compile | [`Array`], made with [`Options`] |
//! | arrays of a type known when you run | [`AnyArray`] |
//! | rows that arrive one by one | [`Array::writer`] |
//! | arrays that many threads write at once | [`SharedArray`] |
//! | many small reads in the same places | [`BlockCache`] |
//! | more arrays than memory holds, even compressed | [`ArrayPool`] |
//! | images with named channels | [`Image`], [`Channel`], the module [`image`] |
//! | EXR, TIFF, PNG and other image files | [`Image::open`], [`Image::save_as`], the module [`format`](mod@format) |
//! | volumes from NIfTI and DICOM files | the module `volume` (features `nifti`, `dicom`) |
//! | columns of Arrow | [`AnyArray`]'s `to_arrow`, `from_arrow` (feature `arrow`) |
//! | arrays of other libraries in memory | `DlpackTensor` (feature `dlpack`) |
//! | arrays and images in formats of `serde` | [`AnyArray`]'s `Serialize` (feature `serde`) |
//! | single Blosc2 chunks, for files and stores of your own | [`Chunk`] |
//! | codecs and filters, and writing your own | the modules [`codec`] and [`filter`], [`Registry`] |
//! | what can go wrong | [`Error`], sorted by whose fault it is |
//! | how much memory input may ask for | [`Limits`] |
//!
//! # Layers
//!
//! An image has channels, a channel is an array, an array is a grid of chunks, a chunk a row of
//! blocks. A *block*, some 32 KiB, is filtered and compressed as one, and is the least that a read
//! decodes. A *chunk*, some MiB, is what is replaced as one, and a chunk of C-Blosc2. Axes are in
//! C order: the last varies fastest, and images are (height, width).
//!
//! # Threads
//!
//! With the feature `rayon`, on by default, work of more than 256 KiB is shared among the threads
//! of the pool it is called in. The bytes written never depend on it. Reading needs `&self`, and
//! everything here is `Send` and `Sync`.

#[cfg(feature = "benchmarks")]
pub mod benchmarks;
pub mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod filter;
pub mod format;
pub mod frame;
pub mod image;
#[cfg(any(feature = "nifti", feature = "dicom"))]
pub mod volume;

mod arch;
mod array;
mod block;
mod chunk;
mod compute;
mod convert;
mod dtype;
mod error;
mod file;
mod id;
mod limits;
mod metadata;
mod parallel;
mod pool;
mod registry;
mod shape;

#[cfg(feature = "dlpack")]
pub use crate::arch::dlpack::{DLManagedTensor, DLManagedTensorVersioned, DlpackTensor};
pub use crate::array::{
    AnyArray, Array, ArrayWriter, AxisIndices, BlockCache, BlockCacheStatistics, Blocks,
    ChunkSource, OpaqueArray, Options, Quantize, SharedArray, StoredChunk,
};
pub use crate::chunk::{Chunk, ChunkDecoder, ChunkFormat, ChunkOptions, Special, SplitMode};
#[cfg(feature = "zlib")]
pub use crate::codec::Zlib;
#[cfg(feature = "zstd")]
pub use crate::codec::Zstd;
pub use crate::codec::{BloscLz, Codec, CodecError, Lz4, Lz4Hc, Raster};
pub use crate::compute::{
    Along, Arithmetic, BlockStatistics, Border, CastFrom, Expression, Histogram, Neighbourhood,
    Number, Operand, Promote, SkipNan, Source, Sources, concatenate, stack, zip_map,
    zip_map_indexed,
};
#[cfg(feature = "arrow")]
pub use crate::convert::ArrowRows;
pub use crate::convert::{ArrowTensorError, DlpackError};
pub use crate::dtype::{DType, Element, Record};
pub use crate::error::{
    Corrupt, Corruption, Error, IndexKind, InvalidArgument, Limit, Part, Result, Unsupported,
};
pub use crate::file::{ArrayFile, SaveOptions, open};
pub use crate::filter::{BitShuffle, ByteDelta, Delta, Filter, FilterError, Shuffle, TruncPrec};
pub use crate::frame::{Frame, OpenOptions};
pub use crate::id::{CodecId, FilterId};
pub use crate::image::{AnyChannel, Channel, Image};
pub use crate::limits::Limits;
pub use crate::metadata::{Metadata, Metalayers, MsgpackError, Value};
pub use crate::pool::{ArrayPool, NotPooled, PoolOptions, PoolStatistics, Poolable, Pooled};
pub use crate::registry::Registry;
pub use crate::shape::{MAX_NDIM, Region, Shape};
/// The versions of the crates whose types are elements: [`half::f16`](struct@half::f16), and what
/// a [`Record`] holds.
pub use bytemuck;
pub use half;
/// The version of `ndarray` whose types this crate takes and gives, and its macro for selections.
#[cfg(feature = "ndarray")]
pub use ndarray::{self, s};
/// The versions of Arrow's crates whose types this crate takes and gives.
#[cfg(feature = "arrow")]
pub use {arrow_array, arrow_schema};

/// Runs the examples of the README as tests.
#[cfg(all(doctest, feature = "exr", feature = "ndarray", feature = "tiff", feature = "zstd"))]
#[doc = include_str!("../README.md")]
struct Readme;
