//! An array of elements whose type is only known at run time: what all kinds of array are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::options::Options;
use super::partition::partition;
use crate::chunk::{Chunk, ChunkLayout, ChunkOptions, constant_chunk};
use crate::dtype::DType;
use crate::error::{Error, Result, check_len};
use crate::registry::Registry;
use crate::shape::Shape;

/// Chunks over a grid, and how to encode and decode them.
///
/// Chunks of nothing but the fill value are not stored. The others are shared between clones, and
/// replaced as a whole when their elements change.
#[derive(Clone)]
pub(crate) struct RawArray {
    dtype: DType,
    grid: Grid,
    /// One element's bytes: the value of every chunk that is not stored.
    fill: Arc<[u8]>,
    /// The other chunks by number. A map, so that an array costs memory only where it has data.
    chunks: Arc<BTreeMap<usize, Arc<Chunk>>>,
    options: ChunkOptions,
    registry: Registry,
}

/// What a chunk becomes: `None` for the fill value.
pub(super) struct Change {
    pub(super) chunk: usize,
    pub(super) contents: Option<Arc<Chunk>>,
}

impl RawArray {
    /// An array of one value, which is one element's bytes.
    pub(crate) fn new(dtype: DType, shape: Shape, fill: &[u8], options: &Options) -> Result<Self> {
        let itemsize = dtype.itemsize();
        check_len(itemsize, fill.len())?;
        let grid = partition(itemsize, shape, options.chunk_lens(), options.block_lens())?;
        let chunks = Arc::default();
        let (options, registry) = options.for_chunks(dtype)?;
        Ok(Self { dtype, grid, fill: fill.into(), chunks, options, registry })
    }

    /// An array of one value, otherwise like this one.
    pub(crate) fn full_like(&self, fill: &[u8]) -> Self {
        debug_assert_eq!(fill.len(), self.grid.itemsize());
        Self { fill: fill.into(), chunks: Arc::default(), ..self.clone() }
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

    /// The value of chunks that are not stored.
    pub(crate) fn fill_value(&self) -> &[u8] {
        &self.fill
    }

    /// A stored chunk; `None` when all its elements have the fill value.
    pub(crate) fn chunk(&self, index: usize) -> Option<&Arc<Chunk>> {
        self.chunks.get(&index)
    }

    /// Puts a chunk that comes from elsewhere in its place.
    pub(crate) fn insert(&mut self, index: usize, chunk: Chunk) -> Result<()> {
        self.grid.check_chunk(index)?;
        check_len(self.grid.chunk_nbytes(), chunk.nbytes())?;
        if chunk.special().is_none() {
            check_len(self.grid.block_nbytes(), chunk.blocksize())?;
        }
        Arc::make_mut(&mut self.chunks).insert(index, Arc::new(chunk));
        Ok(())
    }

    /// The bytes held: compressed chunks, and what it takes to find them.
    pub(crate) fn cbytes(&self) -> usize {
        // A chunk lies behind an `Arc` with two counters, and has a key and a pointer in the map.
        const PER_CHUNK: usize = size_of::<Chunk>() + 4 * size_of::<usize>();
        let chunks: usize = self.chunks.values().map(|chunk| chunk.cbytes() + PER_CHUNK).sum();
        size_of::<Self>() + self.fill.len() + chunks
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
    pub(super) fn constant(&self, value: &[u8]) -> Result<Option<Arc<Chunk>>> {
        if *value == *self.fill {
            return Ok(None);
        }
        Ok(Some(Arc::new(constant_chunk(&self.layout(&self.grid), value)?)))
    }

    /// Carries out changes that have all been computed, so that none can fail any more.
    pub(super) fn install(&mut self, grid: Grid, changes: Vec<Change>) {
        self.grid = grid;
        if changes.is_empty() {
            return;
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        for Change { chunk, contents } in changes {
            match contents {
                Some(contents) => chunks.insert(chunk, contents),
                None => chunks.remove(&chunk),
            };
        }
    }

    /// Sets all elements to one value.
    pub(super) fn reset(&mut self, fill: &[u8]) {
        self.fill = fill.into();
        self.chunks = Arc::default();
    }
}

/// A vector of zeros, or of what is all zero bytes; from the allocator, which knows cheaper ways
/// to get many of them than to write them.
pub(crate) fn zeroed<T: bytemuck::Zeroable>(nitems: usize) -> Result<Vec<T>> {
    let nbytes = (nitems as u64).saturating_mul(size_of::<T>() as u64);
    bytemuck::allocation::try_zeroed_vec(nitems).map_err(|()| Error::OutOfMemory { nbytes })
}
