//! An array of elements whose type is only known at run time: what all kinds of array are made of.

use std::borrow::Cow;
use std::sync::Arc;

use super::cache::BlockCache;
use super::chunk_map::ChunkMap;
use super::grid::Grid;
use super::options::Options;
use super::partition::partition;
use super::source::{Blocks, ChunkSource, StoredChunk};
use super::summary::{Summaries, Summarise};
use crate::chunk::{Chunk, ChunkLayout, ChunkOptions, SliceSource, constant_chunk, encode_blocks};
use crate::dtype::DType;
use crate::error::{Corruption, Error, InvalidArgument, Result, check_len};
use crate::metadata::Metalayers;
use crate::registry::Registry;
use crate::shape::Shape;

/// Chunks over a grid, and how to encode and decode them.
///
/// Chunks of nothing but the fill value are not there. The others are in memory, shared between
/// clones, or in a source; they are replaced as a whole when their elements change.
#[derive(Clone)]
pub(crate) struct RawArray {
    dtype: DType,
    grid: Grid,
    /// One element's bytes: the value of every chunk that is not there.
    fill: Arc<[u8]>,
    /// The other chunks by number.
    chunks: ChunkMap<Slot>,
    /// Where chunks are that are not in memory.
    source: Option<Arc<dyn ChunkSource>>,
    /// Where small reads look for decoded blocks.
    block_cache: Option<BlockCache>,
    options: ChunkOptions,
    registry: Registry,
    /// Makes what is known of a block, where the array keeps statistics.
    summarise: Option<Summarise>,
    /// The dtype as NumPy has it, where that says more than `dtype`.
    numpy_dtype: Option<Arc<str>>,
    /// What a file says besides: at its start, and at its end.
    metalayers: Metalayers,
    vlmetalayers: Metalayers,
}

/// A chunk: where it is, and what is known of it.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) place: Place,
    /// Of its blocks; where the array keeps statistics.
    pub(crate) summaries: Option<Summaries>,
}

/// Where a chunk is.
#[derive(Clone)]
pub(crate) enum Place {
    /// Here.
    Memory(Arc<Chunk>),
    /// In the array's source.
    Stored(StoredChunk),
}

impl From<Chunk> for Slot {
    fn from(chunk: Chunk) -> Self {
        Place::Memory(Arc::new(chunk)).into()
    }
}

impl From<Place> for Slot {
    fn from(place: Place) -> Self {
        Self { place, summaries: None }
    }
}

impl Slot {
    /// The same chunk, of which nothing is known.
    pub(super) fn bare(&self) -> Self {
        self.place.clone().into()
    }

    /// Whether there is nothing to know of the chunk's blocks that is not here.
    pub(super) fn is_summarised(&self) -> bool {
        let is_one_value = matches!(&self.place, Place::Memory(chunk) if chunk.special().is_some());
        self.summaries.is_some() || is_one_value
    }

    /// Whether both are the same chunk, not only one of the same elements. Stored chunks are, if
    /// their sources are.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Place::Memory(chunk), Place::Memory(other)) => Arc::ptr_eq(chunk, other),
            (Place::Stored(chunk), Place::Stored(other)) => chunk == other,
            _ => false,
        }
    }
}

/// What a chunk becomes: `None` for the fill value.
pub(super) struct Change {
    pub(super) chunk: usize,
    pub(super) contents: Option<Slot>,
}

impl RawArray {
    /// An array of one value, which is one element's bytes.
    pub(crate) fn new(dtype: DType, shape: Shape, fill: &[u8], options: &Options) -> Result<Self> {
        let itemsize = dtype.itemsize();
        check_len(itemsize, fill.len())?;
        let grid = partition(itemsize, shape, options.chunk_lens(), options.block_lens())?;
        Self::with_grid(dtype, grid, fill, options)
    }

    /// An array of one value, cut as the grid says.
    pub(crate) fn with_grid(
        dtype: DType,
        grid: Grid,
        fill: &[u8],
        options: &Options,
    ) -> Result<Self> {
        let summarise = options.summarise(dtype);
        let (options, registry) = options.for_chunks(dtype)?;
        Ok(Self {
            dtype,
            grid,
            fill: fill.into(),
            chunks: ChunkMap::default(),
            source: None,
            block_cache: None,
            options,
            registry,
            summarise,
            numpy_dtype: None,
            metalayers: Metalayers::new(),
            vlmetalayers: Metalayers::new(),
        })
    }

    /// An array of one value, otherwise like this one.
    pub(crate) fn full_like(&self, fill: &[u8]) -> Self {
        debug_assert_eq!(fill.len(), self.grid.itemsize());
        Self {
            fill: fill.into(),
            chunks: ChunkMap::default(),
            source: None,
            metalayers: Metalayers::new(),
            vlmetalayers: Metalayers::new(),
            ..self.clone()
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(crate) fn shape(&self) -> &Shape {
        self.grid.shape()
    }

    pub(crate) fn options(&self) -> &ChunkOptions {
        &self.options
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn set_options(&mut self, options: ChunkOptions) {
        self.options = options;
    }

    /// Makes what is known of a block, where the array keeps statistics.
    pub(crate) fn summarise(&self) -> Option<Summarise> {
        self.summarise
    }

    pub(crate) fn set_summarise(&mut self, summarise: Option<Summarise>) {
        self.summarise = summarise;
    }

    /// The dtype as NumPy has it.
    pub(crate) fn numpy_dtype(&self) -> Cow<'_, str> {
        match &self.numpy_dtype {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.dtype.numpy()),
        }
    }

    /// Calls the dtype by a text of NumPy that says more than `dtype` does.
    pub(crate) fn set_numpy_dtype(&mut self, text: &str) -> Result<()> {
        let is_structured = text.starts_with(['[', '{', '(']);
        let is_alike = match (self.dtype, text.parse::<DType>()) {
            (dtype, Ok(parsed)) => parsed == dtype,
            (DType::Opaque(_), Err(_)) => is_structured,
            _ => false,
        };
        if !is_alike {
            let (text, itemsize) = (text.to_owned(), self.grid.itemsize());
            return Err(InvalidArgument::NumPyDType { text, itemsize }.into());
        }
        self.numpy_dtype = (text != self.dtype.numpy()).then(|| text.into());
        Ok(())
    }

    pub(crate) fn metalayers(&self) -> &Metalayers {
        &self.metalayers
    }

    pub(crate) fn metalayers_mut(&mut self) -> &mut Metalayers {
        &mut self.metalayers
    }

    pub(crate) fn vlmetalayers(&self) -> &Metalayers {
        &self.vlmetalayers
    }

    pub(crate) fn vlmetalayers_mut(&mut self) -> &mut Metalayers {
        &mut self.vlmetalayers
    }

    /// Sets what a file says besides the chunks.
    pub(crate) fn set_notes(
        &mut self,
        numpy_dtype: Option<&str>,
        metalayers: Metalayers,
        vlmetalayers: Metalayers,
    ) {
        self.numpy_dtype = numpy_dtype.map(Arc::from);
        (self.metalayers, self.vlmetalayers) = (metalayers, vlmetalayers);
    }

    /// The value of chunks that are not stored.
    pub(crate) fn fill_value(&self) -> &[u8] {
        &self.fill
    }

    /// The same, to keep.
    pub(super) fn shared_fill_value(&self) -> Arc<[u8]> {
        Arc::clone(&self.fill)
    }

    /// Where a chunk is; `None` when all its elements have the fill value.
    pub(crate) fn slot(&self, index: usize) -> Option<&Slot> {
        self.chunks.get(index)
    }

    /// All chunks that are not of the fill value, by number.
    pub(crate) fn slots(&self) -> &ChunkMap<Slot> {
        &self.chunks
    }

    /// What tells this array from others that live: clones have the same until one of them changes.
    pub(crate) fn key(&self) -> (usize, Grid) {
        // The same chunks can be those of arrays of several shapes.
        (self.chunks.key(), self.grid)
    }

    /// Where chunks are that are not in memory.
    pub(crate) fn source(&self) -> Option<&Arc<dyn ChunkSource>> {
        self.source.as_ref()
    }

    /// Where small reads look for decoded blocks.
    pub(crate) fn block_cache(&self) -> Option<&BlockCache> {
        self.block_cache.as_ref()
    }

    pub(crate) fn set_block_cache(&mut self, cache: Option<&BlockCache>) {
        self.block_cache = cache.cloned();
    }

    /// A chunk with at least these blocks; `None` when all its elements have the fill value.
    pub(crate) fn chunk(
        &self,
        index: usize,
        blocks: Blocks<'_>,
    ) -> Result<Option<Chunk<Cow<'_, [u8]>>>> {
        let slot = self.slot(index);
        slot.map(|slot| self.load_slot(index, slot, blocks)).transpose()
    }

    /// A chunk of this number with at least these blocks, wherever it is.
    pub(super) fn load_slot<'a>(
        &'a self,
        index: usize,
        slot: &'a Slot,
        blocks: Blocks<'_>,
    ) -> Result<Chunk<Cow<'a, [u8]>>> {
        let load = || {
            let chunk = self.load(slot, blocks)?;
            self.check_nbytes(index, chunk.nbytes())?;
            match blocks {
                Blocks::All if chunk.nbytes() < self.grid.chunk_nbytes() => self.padded(&chunk),
                _ => Ok(chunk),
            }
        };
        load().map_err(|error| error.in_chunk(index))
    }

    /// A chunk with at least these blocks, from where it is.
    fn load<'a>(&'a self, slot: &'a Slot, blocks: Blocks<'_>) -> Result<Chunk<Cow<'a, [u8]>>> {
        let stored = match &slot.place {
            Place::Memory(chunk) => return Ok(chunk.borrowed()),
            Place::Stored(stored) => stored,
        };
        let Some(source) = &self.source else {
            unreachable!("stored chunks come with their source");
        };
        let chunk = source.load(stored, blocks)?;
        // Blocks were counted as the array cuts them. Who cut the chunk otherwise has it read whole.
        let is_cut_alike = chunk.blocksize() == self.grid.block_nbytes();
        match blocks {
            Blocks::Only(_) if chunk.special().is_none() && !is_cut_alike => {
                source.load(stored, Blocks::All)
            }
            _ => Ok(chunk),
        }
    }

    /// Checks that a chunk from a source has its elements. In a row of them, the last chunk may do
    /// without its padding: that is how Blosc2's super-chunks end.
    fn check_nbytes(&self, index: usize, nbytes: usize) -> Result<()> {
        let full = self.grid.chunk_nbytes();
        let needed = match self.grid.shape().ndim() {
            1 => self.grid.chunk_region(index).shape().nbytes(self.grid.itemsize())?,
            _ => full,
        };
        if (needed..=full).contains(&nbytes) {
            return Ok(());
        }
        let (field, value) = ("nbytes", nbytes as i64);
        let rule = "all chunks of an array have the size of its chunk shape";
        Err(Error::corrupt(Corruption::Header { field, value, rule }))
    }

    /// A chunk with the padding that it came without.
    fn padded<B: AsRef<[u8]>>(&self, chunk: &Chunk<B>) -> Result<Chunk<Cow<'static, [u8]>>> {
        let layout = self.layout(&self.grid);
        let mut bytes = zeroed(layout.nbytes)?;
        chunk.decode_into(&mut bytes[..chunk.nbytes()], &self.registry)?;
        let source = SliceSource { bytes: &bytes, blocksize: layout.blocksize };
        let chunk = encode_blocks(&layout, &source, &self.options)?;
        Ok(chunk.map_bytes(Cow::Owned))
    }

    /// Puts a chunk that comes from elsewhere in its place.
    pub(crate) fn insert(&mut self, index: usize, chunk: Chunk) -> Result<()> {
        self.grid.check_chunk(index)?;
        check_len(self.grid.chunk_nbytes(), chunk.nbytes())?;
        if chunk.special().is_none() {
            check_len(self.grid.block_nbytes(), chunk.blocksize())?;
        }
        self.chunks.insert(index, chunk.into());
        Ok(())
    }

    /// Says where all chunks are: in memory, or in this source if there is one.
    pub(crate) fn set_slots(
        &mut self,
        source: Option<Arc<dyn ChunkSource>>,
        slots: ChunkMap<Slot>,
    ) {
        (self.source, self.chunks) = (source, slots);
    }

    /// Cuts the array otherwise, into these chunks.
    pub(super) fn recut(&mut self, grid: Grid, slots: ChunkMap<Slot>) {
        (self.grid, self.chunks) = (grid, slots);
    }

    /// Says where a chunk is.
    pub(crate) fn set_slot(&mut self, index: usize, slot: Slot) {
        self.chunks.insert(index, slot);
    }

    /// The bytes of compressed chunks, here or in a source, what is known of their blocks, and what it
    /// takes to find them.
    pub(crate) fn cbytes(&self) -> usize {
        // A chunk lies behind an `Arc` with two counters.
        const PER_CHUNK: usize = size_of::<Chunk>() + 2 * size_of::<usize>();
        const PER_SLOT: usize = size_of::<Slot>() + size_of::<usize>();
        let chunks = self.chunks.values().map(|slot| {
            let summaries = slot.summaries.as_ref().map_or(0, |all| size_of_val(&**all));
            summaries
                + match &slot.place {
                    Place::Memory(chunk) => chunk.cbytes() + PER_CHUNK,
                    Place::Stored(chunk) => chunk.cbytes(),
                }
        });
        let slots = self.chunks.len() * PER_SLOT;
        size_of::<Self>() + self.fill.len() + slots + chunks.sum::<usize>()
    }

    /// What the encoder of a chunk has to know.
    pub(crate) fn layout<'a>(&self, grid: &'a Grid) -> ChunkLayout<'a> {
        ChunkLayout {
            nbytes: grid.chunk_nbytes(),
            blocksize: grid.block_nbytes(),
            dtype: self.dtype,
            block_shape: grid.block_shape(),
        }
    }

    /// A chunk of one value, padding included.
    pub(super) fn constant(&self, value: &[u8]) -> Result<Option<Slot>> {
        if *value == *self.fill {
            return Ok(None);
        }
        Ok(Some(constant_chunk(&self.layout(&self.grid), value)?.into()))
    }

    /// Carries out changes that have all been computed, so that none can fail any more.
    pub(super) fn install(&mut self, grid: Grid, changes: Vec<Change>) {
        self.grid = grid;
        for Change { chunk, contents } in changes {
            self.exchange_slot(chunk, contents);
        }
    }

    /// Puts other contents in the place of a chunk that exists, and returns those it had.
    pub(super) fn exchange_slot(&mut self, chunk: usize, contents: Option<Slot>) -> Option<Slot> {
        match contents {
            Some(contents) => self.chunks.insert(chunk, contents),
            None => self.chunks.remove(chunk),
        }
    }

    /// Sets all elements to one value.
    pub(crate) fn reset(&mut self, fill: &[u8]) {
        self.fill = fill.into();
        self.chunks = ChunkMap::default();
    }
}

/// A vector of zeros, or of what is all zero bytes; from the allocator, which knows cheaper ways
/// to get many of them than to write them.
pub(crate) fn zeroed<T: bytemuck::Zeroable>(nitems: usize) -> Result<Vec<T>> {
    let nbytes = (nitems as u64).saturating_mul(size_of::<T>() as u64);
    bytemuck::allocation::try_zeroed_vec(nitems).map_err(|()| Error::OutOfMemory { nbytes })
}
