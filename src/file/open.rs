//! Arrays from frames.

use std::path::Path;
use std::sync::Arc;

use super::b2nd::{self, Layout};
use super::save::slots_of;
use super::statistics;
use crate::array::{AnyArray, Array, ChunkSource, Options, RawArray};
use crate::chunk::ChunkOptions;
use crate::codec::{BloscLz, Codec, CodecId, Lz4, Lz4Hc};
use crate::dtype::{DType, Element};
use crate::error::{Corruption, Error, Result, Unsupported};
use crate::filter::{BitShuffle, ByteDelta, Delta, Filter, FilterId, Shuffle, TruncPrec};
use crate::frame::wire::invalid;
use crate::frame::{Frame, OpenOptions};
use crate::metadata::Metalayers;
use crate::registry::Registry;
use crate::shape::Shape;

/// Opens the array in a file or folder, to read it: a b2nd file, written here or by Blosc2 in any
/// language.
///
/// Only what describes the array is read. Elements are when they are asked for, no more than the
/// blocks that hold them, and checked against the checksums that ndpress saves. Changes stay in
/// memory; [`save`](AnyArray::save) keeps them, and so does an [`ArrayFile`](crate::ArrayFile).
///
/// A frame without a shape, Blosc2's super-chunk, is an array of one axis; of elements of unknown
/// type if they have more than one byte.
///
/// ```no_run
/// use ndpress::AnyArray;
///
/// match ndpress::open("volume.b2nd")? {
///     AnyArray::I16(volume) => println!("{volume}"),
///     other => println!("{} is not expected", other.dtype()),
/// }
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Errors
/// As [`AnyArray::open`].
pub fn open(path: impl AsRef<Path>) -> Result<AnyArray> {
    AnyArray::open(path, &OpenOptions::new())
}

impl AnyArray {
    /// Opens the array in a file or folder, as [`open`], with options.
    ///
    /// ```no_run
    /// use ndpress::frame::{Access, Checksums};
    /// use ndpress::{AnyArray, OpenOptions};
    ///
    /// # #[cfg(feature = "mmap")] {
    /// let options = OpenOptions::new().access(Access::MemoryMap).checksums(Checksums::Skip);
    /// let volume = AnyArray::open("volume.b2nd", &options)?;
    /// # }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`]; [`Unsupported::Format`](crate::Unsupported::Format) for another file;
    /// [`Error::Corrupt`], [`Error::Truncated`]; [`Error::LimitExceeded`] for chunks or blocks
    /// larger than the options' limits allow, and more chunks.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        let array = array_of(&Frame::open(path, options)?);
        array.map_err(|error| error.in_file(Some(path)))
    }

    /// Opens the array in a frame that is in memory. Its chunks stay where they are, and are decoded
    /// from there.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_cframe(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        options: &OpenOptions,
    ) -> Result<Self> {
        array_of(&Frame::from_bytes(bytes, options)?)
    }

    /// The array in an open frame.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_frame(frame: &Frame) -> Result<Self> {
        array_of(frame)
    }
}

impl<T: Element> Array<T> {
    /// Opens the array in a file or folder, as [`AnyArray::open`].
    ///
    /// # Errors
    /// As [`AnyArray::open`], and
    /// [`InvalidArgument::DTypeMismatch`](crate::InvalidArgument::DTypeMismatch).
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        AnyArray::open(path, options)?.into_typed()
    }

    /// Opens the array in a frame that is in memory, as [`AnyArray::from_cframe`].
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_cframe(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        options: &OpenOptions,
    ) -> Result<Self> {
        AnyArray::from_cframe(bytes, options)?.into_typed()
    }
}

/// The array that a frame holds.
pub(super) fn array_of(frame: &Frame) -> Result<AnyArray> {
    let Layout { grid, dtype, numpy_dtype } =
        match b2nd::parse(frame.metalayers(), frame.typesize())? {
            Some(layout) => layout,
            None => flat(frame)?,
        };
    let (limits, nchunks) = (frame.options().limits, grid.nchunks());
    if nchunks > 0 {
        limits.check_chunk(grid.chunk_nbytes())?;
        limits.check_block(grid.block_nbytes())?;
        check_chunks(frame, nchunks, grid.chunk_nbytes())?;
    }
    let registry = frame.options().registry.clone();
    let options = Options::new().chunk_options(chunk_options(frame, &registry), registry);
    let zero = vec![0; grid.itemsize()];
    let mut raw = RawArray::with_grid(dtype, grid, &zero, &options)?;
    let source: Arc<dyn ChunkSource> = frame.source().clone();
    raw.set_slots(Some(source), slots_of(frame, grid.chunk_nbytes())?);
    let mut vlmetalayers = frame.vlmetalayers().clone();
    if let Some(known) = vlmetalayers.remove(statistics::LAYER) {
        statistics::apply(&mut raw, &known, frame.metalayers(), frame.entries())?;
    }
    raw.set_notes(numpy_dtype.as_deref(), own_layers(frame), vlmetalayers);
    Ok(AnyArray::from_raw(raw))
}

/// Checks that a frame has the chunks of an array.
fn check_chunks(frame: &Frame, nchunks: usize, chunk_nbytes: usize) -> Result<()> {
    if frame.nchunks() != nchunks {
        return Err(invalid(
            "number of chunks",
            frame.nchunks(),
            "the array's shape tells another",
        ));
    }
    if frame.chunksize() != chunk_nbytes {
        return Err(invalid("chunk_size", frame.chunksize(), "the array's shape tells another"));
    }
    Ok(())
}

/// The metalayers that do not say what the array is.
fn own_layers(frame: &Frame) -> Metalayers {
    let mut own = frame.metalayers().clone();
    own.remove(b2nd::LAYER);
    own.remove(b2nd::CATERVA_LAYER);
    own
}

/// The layout of a frame without a shape: its elements in a row.
fn flat(frame: &Frame) -> Result<Layout> {
    let typesize = frame.typesize();
    let (chunksize, nbytes) = (frame.chunksize(), frame.nbytes());
    let is_whole = nbytes.is_multiple_of(typesize as u64) && chunksize.is_multiple_of(typesize);
    if chunksize == 0 && nbytes > 0 {
        return Err(Unsupported::VariableChunks.into());
    }
    if !is_whole {
        return Err(invalid("chunk_size", chunksize, "chunks of an array are whole elements"));
    }
    let blocksize = match frame.blocksize() {
        size if size > 0 && chunksize.is_multiple_of(size) && size.is_multiple_of(typesize) => size,
        _ => chunksize,
    };
    let lens = [nbytes / typesize as u64, chunksize as u64, blocksize as u64];
    let [items, _, _] = lens;
    let item = |nbytes: usize| Shape::new([(nbytes / typesize).max(1)]);
    let items =
        usize::try_from(items).map_err(|_| invalid("uncompressed_size", nbytes, "it fits"))?;
    let grid =
        crate::array::Grid::new(typesize, Shape::new([items])?, item(chunksize)?, item(blocksize)?);
    let grid = grid.map_err(|error| match error {
        Error::InvalidArgument(source) => Error::corrupt(Corruption::Layout { source }),
        other => other,
    })?;
    Ok(Layout { grid, dtype: DType::of_typesize(typesize)?, numpy_dtype: None })
}

/// What new chunks are compressed with: as the header says, where this build can.
fn chunk_options(frame: &Frame, registry: &Registry) -> ChunkOptions {
    let header = frame.header();
    let filters = header.filters.iter().filter(|(id, _)| *id != 0);
    let filters: Option<Vec<_>> =
        filters.map(|&(id, meta)| filter_of(FilterId::new(id), meta, registry)).collect();
    match (codec_of(header.codec, header.clevel, registry), filters) {
        (Some(codec), Some(filters)) => {
            let options = ChunkOptions::new().shared_codec(codec).no_filters();
            filters.into_iter().fold(options, ChunkOptions::shared_filter)
        }
        _ => ChunkOptions::new(),
    }
}

fn codec_of(id: CodecId, clevel: u8, registry: &Registry) -> Option<Arc<dyn Codec>> {
    Some(match id {
        CodecId::BLOSCLZ => Arc::new(BloscLz::clevel(clevel)),
        CodecId::LZ4 => Arc::new(Lz4::clevel(clevel)),
        CodecId::LZ4HC => Arc::new(Lz4Hc::clevel(clevel)),
        #[cfg(feature = "zlib")]
        CodecId::ZLIB => Arc::new(crate::codec::Zlib::level(clevel)),
        #[cfg(feature = "zstd")]
        CodecId::ZSTD => Arc::new(crate::codec::Zstd::clevel(clevel)),
        id => registry.codec(id).ok()?.clone(),
    })
}

fn filter_of(id: FilterId, meta: u8, registry: &Registry) -> Option<Arc<dyn Filter>> {
    Some(match id {
        FilterId::SHUFFLE => Arc::new(Shuffle::default()),
        FilterId::BITSHUFFLE => Arc::new(BitShuffle),
        FilterId::DELTA => Arc::new(Delta),
        FilterId::TRUNC_PREC => Arc::new(TruncPrec::bits(meta as i8)),
        FilterId::BYTEDELTA => Arc::new(ByteDelta::default()),
        id => registry.filter(id).ok()?.clone(),
    })
}
