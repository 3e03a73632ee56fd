//! The one error type users see, sorted by whose fault it is.
//!
//! This module imports nothing from the layers above it but plain identifiers: each layer has its
//! own small error ([`CodecError`], [`FilterError`], [`DlpackError`], [`ArrowTensorError`]) and maps it
//! here.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::codec::{CodecError, CodecId};
use crate::convert::{ArrowTensorError, DlpackError};
use crate::dtype::DType;
use crate::filter::{FilterError, FilterId};
use crate::metadata::MsgpackError;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, by cause.
///
/// The variants answer the question a caller has to ask: is it my call ([`InvalidArgument`]), the
/// data ([`Corrupt`], [`Truncated`]), this build ([`Unsupported`]), a limit that I set
/// ([`LimitExceeded`]) or the machine ([`OutOfMemory`], [`Io`])? Or somebody else, who has the file
/// ([`Locked`])?
///
/// [`InvalidArgument`]: Error::InvalidArgument
/// [`Corrupt`]: Error::Corrupt
/// [`Truncated`]: Error::Truncated
/// [`Unsupported`]: Error::Unsupported
/// [`LimitExceeded`]: Error::LimitExceeded
/// [`OutOfMemory`]: Error::OutOfMemory
/// [`Io`]: Error::Io
/// [`Locked`]: Error::Locked
///
/// ```
/// use ndpress::{DType, Error, InvalidArgument};
///
/// let error = "<x9".parse::<DType>().unwrap_err();
/// assert!(matches!(error, Error::InvalidArgument(InvalidArgument::DTypeString { .. })));
/// assert_eq!(error.to_string(), "\"<x9\" is not a NumPy dtype string");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The call cannot be carried out as asked; nothing was changed.
    InvalidArgument(InvalidArgument),
    /// Compressed bytes contradict themselves or their codec.
    Corrupt(Corrupt),
    /// Compressed bytes end early.
    Truncated {
        /// Bytes that the part read so far announces, in all.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The bytes are valid, but this build cannot read them.
    Unsupported(Unsupported),
    /// A codec could not compress.
    Codec {
        /// The codec.
        codec: CodecId,
        /// Its own words.
        source: CodecError,
    },
    /// Input asks for more than [`Limits`](crate::Limits) allow.
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// What the input asks for.
        requested: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// The allocator refused a buffer.
    OutOfMemory {
        /// Size of the buffer, in bytes.
        nbytes: u64,
    },
    /// The system could not read or write.
    Io {
        /// The file or folder, where there is one.
        path: Option<PathBuf>,
        /// The system's words.
        source: io::Error,
    },
    /// Another writer has the file open.
    Locked {
        /// The file or folder.
        path: PathBuf,
    },
    /// The caller's own closure ended the work.
    Cancelled,
}

/// A request that makes no sense for the object it was made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InvalidArgument {
    /// A text that names no dtype.
    DTypeString {
        /// The text.
        text: String,
    },
    /// More axes than Blosc2's b2nd layout can name.
    TooManyAxes {
        /// Axes asked for.
        ndim: usize,
        /// Axes allowed.
        max: usize,
    },
    /// A product of lengths does not fit the machine's word.
    ShapeOverflow {
        /// The lengths.
        shape: Vec<usize>,
        /// Bytes per element.
        itemsize: usize,
    },
    /// A shape, region or array with another number of axes than needed.
    NdimMismatch {
        /// Axes needed.
        expected: usize,
        /// Axes given.
        found: usize,
    },
    /// A shape, buffer or view of another shape than needed.
    ShapeMismatch {
        /// The shape needed.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// A buffer of another length than needed, in elements (or bytes, for byte buffers).
    LengthMismatch {
        /// The length needed.
        expected: usize,
        /// The length given.
        found: usize,
    },
    /// Elements of another type than the array's.
    DTypeMismatch {
        /// What the array holds.
        held: DType,
        /// What was asked for.
        asked: DType,
    },
    /// A region that ends outside the array, or before it starts.
    RegionOutOfBounds {
        /// Axis at fault, counted from 0.
        axis: usize,
        /// First index asked for.
        start: usize,
        /// One past the last index asked for.
        end: usize,
        /// Length of the axis.
        len: usize,
    },
    /// A negative index, counted from the end of an axis, that lies before its start.
    NegativeIndex {
        /// Axis at fault, counted from 0.
        axis: usize,
        /// The index.
        index: isize,
        /// Length of the axis.
        len: usize,
    },
    /// A range that would never come to its second index.
    ZeroStep {
        /// Axis at fault, counted from 0.
        axis: usize,
    },
    /// An index at or past the end of what it counts.
    IndexOutOfBounds {
        /// What is counted: `"axis 1"`, `"chunk"`, `"block"`, `"channel"`.
        what: IndexKind,
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A chunk or block length that no array can have.
    PartShape {
        /// Chunk or block.
        part: Part,
        /// Axis at fault.
        axis: usize,
        /// Length asked for.
        len: usize,
        /// The length of what contains it: the chunk's, for a block.
        container: usize,
    },
    /// A chunk or block of more bytes than its format can hold.
    PartTooLarge {
        /// Chunk or block.
        part: Part,
        /// Its size in bytes.
        nbytes: u64,
        /// The largest size in bytes.
        max: u64,
    },
    /// A compression level outside its codec's range.
    Level {
        /// The codec.
        codec: CodecId,
        /// The level asked for.
        level: i64,
        /// Lowest level.
        min: i64,
        /// Highest level.
        max: i64,
    },
    /// A filter that cannot work with this dtype or meta value.
    Filter {
        /// The filter.
        filter: FilterId,
        /// Why.
        source: FilterError,
    },
    /// More filters than a chunk has slots for.
    TooManyFilters {
        /// Filters asked for.
        found: usize,
        /// Slots.
        max: usize,
    },
    /// A filter in a slot where Blosc2 decodes it wrongly.
    FilterOrder {
        /// The filter.
        filter: FilterId,
        /// The slot it was given.
        slot: usize,
    },
    /// A codec or filter that Blosc1's chunk format has no room for.
    NotBlosc1 {
        /// Its id.
        id: u8,
    },
    /// A codec or filter id that is already taken in this registry, or reserved for Blosc2.
    IdTaken {
        /// The id.
        id: u8,
    },
    /// A type of no bytes, or of more than Blosc2 can name.
    ItemSize {
        /// Its size in bytes.
        nbytes: usize,
    },
    /// A channel name that is not there.
    UnknownChannel {
        /// The name.
        name: String,
    },
    /// A channel name that is already there.
    DuplicateChannel {
        /// The name.
        name: String,
    },
    /// A channel of another dtype than asked for.
    ChannelDType {
        /// The channel.
        name: String,
        /// What it holds.
        held: DType,
        /// What was asked for.
        asked: DType,
    },
    /// As many names as channels are needed.
    NameCount {
        /// Channels.
        channels: usize,
        /// Names.
        names: usize,
    },
    /// A change of a frame that was opened to be read.
    ReadOnly,
    /// A chunk that a frame has no place for: all but its last one are equally long.
    ChunkNbytes {
        /// Uncompressed bytes that are needed there.
        expected: u64,
        /// Uncompressed bytes of the chunk.
        found: u64,
    },
    /// A name that no metalayer can have.
    MetalayerName {
        /// The name.
        name: String,
    },
    /// More metalayers than a frame can have.
    TooManyMetalayers {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// An image that is to be saved in a folder.
    SparseImage,
    /// An order that does not name each chunk once.
    ChunkOrder,
    /// A dtype text for elements of another size, or none at all.
    NumPyDType {
        /// The text.
        text: String,
        /// Bytes of an element of the array.
        itemsize: usize,
    },
    /// A part that an image file does not have.
    UnknownPart {
        /// Its name.
        name: String,
    },
    /// A channel whose values a file format cannot hold.
    FormatDType {
        /// The format.
        format: &'static str,
        /// The channel.
        channel: String,
        /// What it holds.
        dtype: DType,
    },
    /// Channels of different types where a file format has one type for all.
    FormatMixedDTypes {
        /// The format.
        format: &'static str,
    },
    /// More or fewer channels than a file format can hold.
    FormatChannels {
        /// The format.
        format: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A height or width that a file format cannot hold.
    FormatSize {
        /// The format.
        format: &'static str,
        /// Rows.
        height: usize,
        /// Pixels per row.
        width: usize,
    },
    /// A setting of an encoder, or an entry of an image's metadata, that a file format cannot hold.
    FormatSetting {
        /// The format.
        format: &'static str,
        /// The setting, or the metadata's key.
        setting: String,
    },
    /// Values of a type that other values are not converted from or to.
    Conversion {
        /// What is there.
        from: DType,
        /// What was asked for.
        to: DType,
    },
    /// A bound on errors that is negative, infinite or NaN.
    MaxError {
        /// The bound.
        max_error: f64,
    },
    /// Two channels under one exclusive borrow must be two different ones.
    SameChannelTwice {
        /// The channel.
        name: String,
    },
    /// A folder with several DICOM series, none of which was chosen.
    SeveralSeries {
        /// Their SeriesInstanceUIDs, in order.
        uids: Vec<String>,
    },
    /// A DICOM series that the folder does not have.
    UnknownSeries {
        /// The SeriesInstanceUID asked for.
        uid: String,
    },
    /// An axis named twice.
    RepeatedAxis {
        /// The axis.
        axis: usize,
    },
    /// An index named twice, where each may be written once.
    RepeatedIndex {
        /// The axis.
        axis: usize,
        /// The index.
        index: usize,
    },
    /// A reduction of no elements that has no value then.
    EmptyReduction {
        /// What was asked for.
        operation: &'static str,
        /// Lengths of the array.
        shape: Vec<usize>,
    },
    /// A sum of integers that does not fit its type.
    SumOverflow {
        /// The sum, in digits.
        sum: String,
        /// The type.
        dtype: DType,
    },
    /// Intervals of a histogram that are none.
    Intervals {
        /// How many.
        bins: usize,
        /// Where the first one begins.
        low: f64,
        /// Where the last one ends.
        high: f64,
    },
    /// A part of all elements that is none.
    Percentile {
        /// In percent.
        percent: f64,
    },
    /// Nothing to be put together.
    NothingToJoin,
    /// A shape that the chunks of an array cannot have.
    Reshape {
        /// Lengths of the array.
        from: Vec<usize>,
        /// Lengths asked for.
        to: Vec<usize>,
    },
    /// A number that the elements it is to be computed with cannot be.
    ScalarRange {
        /// The number, in digits.
        number: String,
        /// Their type.
        dtype: DType,
    },
    /// Shapes of which none can be repeated to be the other.
    Broadcast {
        /// One.
        left: Vec<usize>,
        /// The other.
        right: Vec<usize>,
    },
    /// A column of Arrow's that is no array, or an array that is no column.
    Arrow {
        /// Why.
        source: ArrowTensorError,
    },
    /// A DLPack tensor that is no array, or an array that is no tensor.
    Dlpack {
        /// Why.
        source: DlpackError,
    },
}

/// What an index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKind {
    /// Elements along an axis.
    Axis(usize),
    /// Axes of an array.
    Axes,
    /// Chunks of an array.
    Chunk,
    /// Blocks of a chunk.
    Block,
    /// Channels of an image.
    Channel,
    /// Parts of an image file.
    Part,
    /// Levels of a part of an image file, of which 0 is the largest.
    Level,
}

/// A part of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// What is stored and replaced as one.
    Chunk,
    /// What is compressed as one.
    Block,
}

/// Which of the [`Limits`](crate::Limits) was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Uncompressed bytes of one chunk.
    ChunkNbytes,
    /// Uncompressed bytes of one block.
    BlockNbytes,
    /// Bytes that describe a frame: its header, its trailer, and the table of its chunks.
    FrameNbytes,
    /// Uncompressed bytes of an image that is decoded.
    ImageNbytes,
    /// Uncompressed bytes of what a decoder of image files has in memory at once: a strip, a tile.
    StripNbytes,
}

/// Where compressed bytes are wrong, and how.
#[derive(Debug)]
#[non_exhaustive]
pub struct Corrupt {
    /// File or folder, where the bytes come from one.
    pub path: Option<PathBuf>,
    /// Chunk of the array, where the chunk belongs to one.
    pub chunk: Option<usize>,
    /// Block of the chunk, where it is one block's fault.
    pub block: Option<usize>,
    /// What is wrong.
    pub cause: Corruption,
}

/// What is wrong with compressed bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Corruption {
    /// A header field that no writer can have meant.
    Header {
        /// The field, as the format names it.
        field: &'static str,
        /// Its value.
        value: i64,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A block that starts outside the chunk.
    BlockOffset {
        /// Where it is said to start, in bytes from the start of the chunk.
        offset: i64,
        /// First byte where a block may start.
        min: usize,
        /// One past the last.
        max: usize,
    },
    /// A stream that is longer than the bytes that are left.
    StreamLength {
        /// Its announced length in bytes.
        length: i64,
        /// Bytes left.
        available: usize,
    },
    /// A run stream with a token of unknown meaning.
    RunToken {
        /// The token.
        token: u8,
    },
    /// A dictionary of impossible size.
    DictionaryLength {
        /// Its announced length in bytes.
        length: i64,
        /// The largest size, in bytes.
        max: usize,
    },
    /// A codec could not make sense of its stream.
    Codec {
        /// The codec.
        codec: CodecId,
        /// Its own words.
        source: CodecError,
    },
    /// A filter could not undo a block.
    Filter {
        /// The filter.
        filter: FilterId,
        /// Its own words.
        source: FilterError,
    },
    /// A field of a frame that no writer can have meant.
    Frame {
        /// The field, as the format names it.
        field: &'static str,
        /// Its value.
        value: i64,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// Shapes that no array can have.
    Layout {
        /// Why.
        source: InvalidArgument,
    },
    /// An image file that contradicts itself or its format.
    Image {
        /// The format.
        format: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An archive that is damaged.
    Archive {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A metalayer whose content is no value that this crate knows.
    Metalayer {
        /// Its name.
        name: String,
        /// Why.
        source: MsgpackError,
    },
    /// Bytes that are not those that were written.
    Checksum {
        /// Where the chunk starts in its file, in bytes.
        offset: u64,
        /// The checksum when it was written.
        expected: u64,
        /// The checksum now.
        found: u64,
    },
    /// The header, the table of chunks or the trailer of a frame are not those that were written.
    Fingerprint,
}

/// Valid bytes that this build cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// A chunk format newer than this crate.
    ChunkVersion {
        /// Its version byte.
        version: u8,
    },
    /// A codec that is not in the registry.
    Codec {
        /// The codec.
        codec: CodecId,
    },
    /// A filter that is not in the registry.
    Filter {
        /// The filter.
        filter: FilterId,
    },
    /// A chunk whose blocks are somewhere else (a *lazy* chunk of a frame).
    LazyChunk,
    /// A chunk of NaN for a type that has none.
    NanTypesize {
        /// Its typesize in bytes.
        typesize: usize,
    },
    /// A chunk with the codec's timings in place of its data.
    InstrumentedChunk,
    /// An operation that chunks with blocks of different lengths do not have.
    VariableBlocks,
    /// An array of a frame whose chunks have different lengths.
    VariableChunks,
    /// A frame format newer than this crate.
    FrameVersion {
        /// Its version.
        version: u8,
    },
    /// A file or bytes of no format that this crate knows.
    Format,
    /// Something in an image file that this crate does not read.
    Image {
        /// The format.
        format: &'static str,
        /// What it is.
        what: String,
    },
    /// A format of image files that this crate reads but does not write.
    Encoding {
        /// The format.
        format: &'static str,
    },
}

impl Error {
    pub(crate) fn corrupt(cause: Corruption) -> Self {
        Self::Corrupt(Corrupt { path: None, chunk: None, block: None, cause })
    }

    /// The same error, told which block it happened in.
    pub(crate) fn in_block(mut self, index: usize) -> Self {
        if let Self::Corrupt(corrupt) = &mut self {
            corrupt.block.get_or_insert(index);
        }
        self
    }

    /// The same error, told which file it happened in.
    pub(crate) fn in_file(mut self, path: Option<&Path>) -> Self {
        if let (
            Self::Corrupt(Corrupt { path: place, .. }) | Self::Io { path: place, .. },
            Some(path),
        ) = (&mut self, path)
        {
            place.get_or_insert_with(|| path.to_owned());
        }
        self
    }

    /// The same error, told which chunk it happened in.
    pub(crate) fn in_chunk(mut self, index: usize) -> Self {
        if let Self::Corrupt(corrupt) = &mut self {
            corrupt.chunk.get_or_insert(index);
        }
        self
    }
}

/// Checks that a buffer, or a list, is as long as it has to be.
pub(crate) fn check_len(expected: usize, found: usize) -> Result<()> {
    if expected != found {
        return Err(InvalidArgument::LengthMismatch { expected, found }.into());
    }
    Ok(())
}

/// Checks that elements are of the type asked for.
pub(crate) fn check_dtype(held: DType, asked: DType) -> Result<()> {
    if held != asked {
        return Err(InvalidArgument::DTypeMismatch { held, asked }.into());
    }
    Ok(())
}

/// Checks that a chunk or block is no larger than its format can hold.
pub(crate) fn check_part_nbytes(part: Part, nbytes: u64, max: usize) -> Result<()> {
    let max = max as u64;
    if nbytes > max {
        return Err(InvalidArgument::PartTooLarge { part, nbytes, max }.into());
    }
    Ok(())
}

impl From<InvalidArgument> for Error {
    fn from(error: InvalidArgument) -> Self {
        Self::InvalidArgument(error)
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        Self::Io { path: None, source }
    }
}

impl From<Unsupported> for Error {
    fn from(error: Unsupported) -> Self {
        Self::Unsupported(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArgument(error) => error.fmt(f),
            Self::Corrupt(error) => error.fmt(f),
            Self::Truncated { needed, found } => {
                write!(f, "compressed data ends after {found} of {needed} bytes")
            }
            Self::Unsupported(error) => error.fmt(f),
            Self::Codec { codec, source } => write!(f, "codec {codec}: {source}"),
            Self::LimitExceeded { limit, requested, allowed } => {
                let what = match limit {
                    Limit::ChunkNbytes => "a chunk",
                    Limit::BlockNbytes => "a block",
                    Limit::FrameNbytes => "a frame's description",
                    Limit::ImageNbytes => "an image",
                    Limit::StripNbytes => "a strip or tile",
                };
                write!(f, "input asks for {what} of {requested} bytes, the limit is {allowed}")
            }
            Self::OutOfMemory { nbytes } => write!(f, "cannot allocate {nbytes} bytes"),
            Self::Io { path: Some(path), source } => write!(f, "{path:?}: {source}"),
            Self::Io { path: None, source } => source.fmt(f),
            Self::Locked { path } => write!(f, "{path:?} is open for another writer"),
            Self::Cancelled => f.write_str("ended by the caller"),
        }
    }
}

impl fmt::Display for InvalidArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DTypeString { text } => write!(f, "{text:?} is not a NumPy dtype string"),
            Self::TooManyAxes { ndim, max } => {
                write!(f, "{ndim} axes are more than the {max} an array can have")
            }
            Self::ShapeOverflow { shape, itemsize } => {
                write!(f, "shape {shape:?} of {itemsize}-byte elements overflows")
            }
            Self::NdimMismatch { expected, found } => {
                write!(f, "{found} axes given, {expected} needed")
            }
            Self::ShapeMismatch { expected, found } => {
                write!(f, "shape {found:?} given, {expected:?} needed")
            }
            Self::LengthMismatch { expected, found } => {
                write!(f, "length {found} given, {expected} needed")
            }
            Self::DTypeMismatch { held, asked } => write!(f, "array holds {held}, not {asked}"),
            Self::RegionOutOfBounds { axis, start, end, len } => {
                if start > end {
                    write!(f, "region {start}..{end} of axis {axis} ends before it starts")
                } else {
                    write!(f, "region {start}..{end} exceeds axis {axis} of length {len}")
                }
            }
            Self::NegativeIndex { axis, index, len } => {
                write!(f, "index {index} lies before the start of axis {axis} of length {len}")
            }
            Self::ZeroStep { axis } => write!(f, "step 0 on axis {axis}"),
            Self::IndexOutOfBounds { what, index, len } => match what {
                IndexKind::Axis(axis) => {
                    write!(f, "index {index} exceeds axis {axis} of length {len}")
                }
                IndexKind::Axes => write!(f, "axis {index} does not exist, there are {len}"),
                IndexKind::Chunk => write!(f, "chunk {index} does not exist, there are {len}"),
                IndexKind::Block => write!(f, "block {index} does not exist, there are {len}"),
                IndexKind::Channel => write!(f, "channel {index} does not exist, there are {len}"),
                IndexKind::Part => write!(f, "part {index} does not exist, there are {len}"),
                IndexKind::Level => write!(f, "level {index} does not exist, there are {len}"),
            },
            Self::PartShape { part, axis, len, container } => {
                let (part, whole) = match part {
                    Part::Chunk => ("chunk", "array"),
                    Part::Block => ("block", "chunk"),
                };
                write!(f, "{part} length {len} on axis {axis} does not suit ")?;
                write!(f, "the {whole}'s length {container}")
            }
            Self::PartTooLarge { part, nbytes, max } => {
                let part = match part {
                    Part::Chunk => "chunk",
                    Part::Block => "block",
                };
                write!(f, "{part} of {nbytes} bytes is larger than {max} bytes")
            }
            Self::Level { codec, level, min, max } => {
                write!(f, "level {level} of codec {codec} is outside {min}..={max}")
            }
            Self::Filter { filter, source } => write!(f, "filter {filter}: {source}"),
            Self::TooManyFilters { found, max } => {
                write!(f, "{found} filters are more than the {max} a chunk has slots for")
            }
            Self::FilterOrder { filter, slot } => {
                write!(f, "filter {filter} must come first, not in slot {slot}")
            }
            Self::NotBlosc1 { id } => write!(f, "Blosc1 chunks cannot name codec or filter {id}"),
            Self::IdTaken { id } => write!(f, "id {id} is taken or reserved"),
            Self::ItemSize { nbytes } => write!(f, "elements of {nbytes} bytes are not supported"),
            Self::UnknownChannel { name } => write!(f, "there is no channel {name:?}"),
            Self::DuplicateChannel { name } => write!(f, "there already is a channel {name:?}"),
            Self::ChannelDType { name, held, asked } => {
                write!(f, "channel {name:?} holds {held}, not {asked}")
            }
            Self::NameCount { channels, names } => {
                write!(f, "{names} names for {channels} channels")
            }
            Self::ReadOnly => f.write_str("opened to be read, not to be changed"),
            Self::ChunkNbytes { expected, found } => {
                write!(f, "chunk of {found} bytes where one of {expected} is needed")
            }
            Self::MetalayerName { name } => {
                write!(f, "{name:?} is no name of a metalayer: 1 to 31 bytes without NUL, ")?;
                f.write_str("and not \"ndpress\"")
            }
            Self::TooManyMetalayers { found, max } => {
                write!(f, "{found} metalayers are more than the {max} a frame can have")
            }
            Self::SparseImage => f.write_str("images are saved in one file, not in a folder"),
            Self::ChunkOrder => f.write_str("the order does not name each chunk once"),
            Self::NumPyDType { text, itemsize } => {
                write!(f, "{text:?} is no dtype of {itemsize}-byte elements")
            }
            Self::UnknownPart { name } => write!(f, "there is no part {name:?}"),
            Self::FormatDType { format, channel, dtype } => {
                write!(f, "channel {channel:?} holds {dtype}, which {format} cannot hold")
            }
            Self::FormatMixedDTypes { format } => {
                write!(f, "channels of different types, {format} has one for all")
            }
            Self::FormatChannels { format, found } => {
                write!(f, "{format} cannot hold {found} channels of these names")
            }
            Self::FormatSize { format, height, width } => {
                write!(f, "{format} cannot hold an image of {width}×{height}")
            }
            Self::FormatSetting { format, setting } => {
                write!(f, "{format} cannot hold this value of {setting:?}")
            }
            Self::Conversion { from, to } => write!(f, "{from} is not converted to {to}"),
            Self::MaxError { max_error } => write!(f, "{max_error} is no bound on errors"),
            Self::SameChannelTwice { name } => {
                write!(f, "channel {name:?} asked for twice at once")
            }
            Self::SeveralSeries { uids } => {
                write!(f, "{} series, choose one: {}", uids.len(), uids.join(", "))
            }
            Self::UnknownSeries { uid } => write!(f, "there is no series {uid:?}"),
            Self::RepeatedAxis { axis } => write!(f, "axis {axis} is named twice"),
            Self::RepeatedIndex { axis, index } => {
                write!(f, "index {index} of axis {axis} is named twice")
            }
            Self::EmptyReduction { operation, shape } => {
                write!(f, "{operation} of no elements, in an array of shape {shape:?}")
            }
            Self::SumOverflow { sum, dtype } => write!(f, "the sum, {sum}, does not fit {dtype}"),
            Self::Intervals { bins, low, high } => {
                write!(f, "{bins} intervals from {low} to {high} are no histogram")
            }
            Self::Percentile { percent } => write!(f, "{percent} percent is not within 0 to 100"),
            Self::NothingToJoin => f.write_str("no arrays to put together"),
            Self::Reshape { from, to } => {
                write!(f, "shape {from:?} cannot be {to:?} over the same chunks")
            }
            Self::ScalarRange { number, dtype } => write!(f, "{number} does not fit {dtype}"),
            Self::Broadcast { left, right } => {
                write!(f, "shapes {left:?} and {right:?} cannot be broadcast together")
            }
            Self::Arrow { source } => write!(f, "Arrow column: {source}"),
            Self::Dlpack { source } => write!(f, "DLPack tensor: {source}"),
        }
    }
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = Vec::new();
        place.extend(self.chunk.map(|chunk| format!("chunk {chunk}")));
        place.extend(self.block.map(|block| format!("block {block}")));
        let mut place = place.join(", ");
        if let Some(path) = &self.path {
            place += if place.is_empty() { "" } else { " of " };
            place += &format!("{path:?}");
        }
        if let (Corruption::Checksum { .. }, false) = (&self.cause, place.is_empty()) {
            return write!(f, "{place} {}", self.cause);
        }
        match place.as_str() {
            "" => self.cause.fmt(f),
            place => write!(f, "{place}: {}", self.cause),
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { field, value, rule } => {
                write!(f, "chunk header: {field} is {value}, but {rule}")
            }
            Self::BlockOffset { offset, min, max } => {
                write!(f, "block starts at byte {offset}, outside {min}..{max}")
            }
            Self::StreamLength { length, available } => {
                write!(f, "stream of {length} bytes where {available} are left")
            }
            Self::RunToken { token } => write!(f, "run with unknown token {token:#04x}"),
            Self::DictionaryLength { length, max } => {
                write!(f, "dictionary of {length} bytes, at most {max} are allowed")
            }
            Self::Codec { codec, source } => write!(f, "codec {codec}: {source}"),
            Self::Filter { filter, source } => write!(f, "filter {filter}: {source}"),
            Self::Frame { field, value, rule } => {
                write!(f, "frame: {field} is {value}, but {rule}")
            }
            Self::Layout { source } => write!(f, "array: {source}"),
            Self::Image { format, source } => write!(f, "{format}: {source}"),
            Self::Archive { source } => write!(f, "zip archive: {source}"),
            Self::Metalayer { name, source } => write!(f, "metalayer {name:?}: {source}"),
            Self::Checksum { offset, expected, found } => {
                write!(f, "fails its checksum at offset {offset} ")?;
                write!(f, "(expected {expected:016x}, found {found:016x})")
            }
            Self::Fingerprint => f.write_str("header, index or trailer fail their checksum"),
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChunkVersion { version } => write!(f, "chunk format version {version}"),
            Self::Codec { codec } => write!(f, "codec {codec} is not registered"),
            Self::Filter { filter } => write!(f, "filter {filter} is not registered"),
            Self::LazyChunk => f.write_str("lazy chunk without its frame"),
            Self::NanTypesize { typesize } => {
                write!(f, "chunk of NaN with {typesize}-byte elements")
            }
            Self::InstrumentedChunk => f.write_str("chunk holds timings, not data"),
            Self::VariableBlocks => f.write_str("not possible with variable-length blocks"),
            Self::VariableChunks => f.write_str("an array of chunks of different lengths"),
            Self::FrameVersion { version } => write!(f, "frame format version {version}"),
            Self::Format => f.write_str("no format that is known"),
            Self::Image { format, what } => write!(f, "{format}: {what} is not supported"),
            Self::Encoding { format } => write!(f, "{format} files are read, but not written"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::InvalidArgument(error) => error.source(),
            Self::Corrupt(error) => error.source(),
            Self::Codec { source, .. } => Some(source),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl std::error::Error for InvalidArgument {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Filter { source, .. } => Some(source),
            Self::Arrow { source } => Some(source),
            Self::Dlpack { source } => Some(source),
            _ => None,
        }
    }
}

impl std::error::Error for Corrupt {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

impl std::error::Error for Corruption {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Codec { source, .. } => Some(source),
            Self::Filter { source, .. } => Some(source),
            Self::Layout { source } => Some(source),
            Self::Archive { source } | Self::Image { source, .. } => Some(&**source),
            Self::Metalayer { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl std::error::Error for Unsupported {}
