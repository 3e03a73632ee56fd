//! Blocks that were decoded lately, for reads of a few elements each.
//!
//! A block is known by its chunk, and a chunk by where it is: in memory by its address, to which the
//! entry has a weak reference, so that no other chunk can have it; in a source by the address of that,
//! the same way, and what the source calls it. A chunk that changes is another chunk. So nothing in
//! the cache is ever wrong, and nobody has to be told of changes; what belongs to chunks that are no
//! more is not used, and leaves in turn.
//!
//! ```text
//! mod       what users call; keys, shards, limits
//!   lru     entries in the order of use
//! read      small reads of an array
//! ```
//!
//! Entries lie in shards, each under its own lock, limit and order of use; small caches have one. A
//! lock is held for as long as it takes to look up, not to decode or to copy.

mod lru;
mod read;

use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use self::lru::{Lru, Mixer};
use super::raw::{Place, Slot};
use super::source::{ChunkSource, StoredChunk};
use crate::chunk::Chunk;

/// The most blocks that a read may touch to use the cache.
const MAX_BLOCKS: usize = 64;
/// The most bytes that these may have, decoded.
const MAX_READ_NBYTES: usize = 16 << 20;
/// The part of the limit that they may have.
const MAX_PART: usize = 4;
/// What a shard has at least, if there are several: so any block of a small read fits.
const SHARD_NBYTES: usize = MAX_READ_NBYTES;
const MAX_SHARDS: usize = 16;

/// Decoded blocks of any number of arrays, for many small reads in the same places: a cursor over
/// pixels, profiles, tiles that overlap. It holds so many bytes at most.
///
/// Arrays that are told of it, by [`set_block_cache`](crate::Array::set_block_cache), ask it before
/// they decode a block, or load it from a file. Only *small* reads do, of regions and single
/// elements: those that touch at most 64 blocks, which decoded take at most 16 MiB and a quarter of
/// the limit. They decode blocks as a whole, and leave them in the cache. Larger reads, writes,
/// reductions and expressions go past it; chunks of one value, and uncompressed ones in memory, do
/// too, as nothing is decoded for these.
///
/// What was not used for the longest time leaves first. Writing to an array never makes the cache
/// wrong: what it holds belongs to chunks, and these do not change, they are replaced.
///
/// ```
/// use ndpress::{Array, BlockCache, Options};
///
/// let cache = BlockCache::new(64 << 20);
/// let ramp: Vec<u32> = (0..1_000_000).collect();
/// let mut array = Array::from_slice(&ramp, [1000, 1000], &Options::default())?;
/// array.set_block_cache(Some(&cache));
///
/// assert_eq!(array.at(&[7, 11])?, 7011);
/// assert_eq!(array.at(&[7, 12])?, 7012); // decodes nothing
/// assert_eq!((cache.statistics().misses, cache.statistics().hits), (1, 1));
/// array.set(&[7, 12], 1)?;
/// assert_eq!(array.at(&[7, 12])?, 1);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// Clones are the same cache, and cost a pointer. Any number of threads may use it at once. Where two
/// want a block that is not there, both decode it.
#[derive(Clone)]
pub struct BlockCache {
    inner: Arc<Inner>,
}

struct Inner {
    limit: usize,
    shards: Box<[Mutex<Shard>]>,
}

/// What a [`BlockCache`] holds, and what it has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockCacheStatistics {
    /// The most bytes that it holds.
    pub limit: usize,
    /// Bytes of the blocks that it holds; some 150 more for each keep them in order.
    pub nbytes: usize,
    /// Blocks that it holds.
    pub blocks: usize,
    /// Blocks that were wanted and there.
    pub hits: u64,
    /// Blocks that were wanted and had to be decoded.
    pub misses: u64,
    /// Blocks that left for others.
    pub evictions: u64,
}

/// Some of the blocks.
struct Shard {
    limit: usize,
    nbytes: usize,
    blocks: Lru<Key, Cached>,
    hits: u64,
    misses: u64,
    evictions: u64,
}

/// A block's bytes, decoded.
pub(super) type BlockBytes = Arc<Vec<u8>>;

struct Cached {
    bytes: BlockBytes,
    /// Keeps the chunk's address its own.
    _owner: Owner,
}

enum Owner {
    Chunk { _chunk: Weak<Chunk> },
    Source { _source: Weak<dyn ChunkSource> },
}

/// A block of a chunk, cut to this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    /// Of the chunk, or the source that it is in.
    address: usize,
    stored: Option<StoredChunk>,
    block: usize,
    nbytes: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.address);
        state.write_u64(self.stored.map_or(0, |stored| stored.id()));
        state.write_usize(self.block);
    }
}

impl BlockCache {
    /// A cache of at most so many bytes; none are taken before there are blocks.
    #[must_use]
    pub fn new(nbytes: usize) -> Self {
        let nshards = (nbytes / SHARD_NBYTES).clamp(1, MAX_SHARDS);
        let shard = |number| {
            let limit = nbytes / nshards + usize::from(number < nbytes % nshards);
            Mutex::new(Shard::new(limit))
        };
        let inner = Inner { limit: nbytes, shards: (0..nshards).map(shard).collect() };
        Self { inner: Arc::new(inner) }
    }

    /// The most bytes that the cache holds.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.inner.limit
    }

    /// What the cache holds, and what it has done so far.
    #[must_use]
    pub fn statistics(&self) -> BlockCacheStatistics {
        let mut all = BlockCacheStatistics {
            limit: self.inner.limit,
            nbytes: 0,
            blocks: 0,
            hits: 0,
            misses: 0,
            evictions: 0,
        };
        for shard in &*self.inner.shards {
            let shard = locked(shard);
            all.nbytes += shard.nbytes;
            all.blocks += shard.blocks.len();
            all.hits += shard.hits;
            all.misses += shard.misses;
            all.evictions += shard.evictions;
        }
        all
    }

    /// Lets all blocks go. What was counted stays.
    pub fn clear(&self) {
        for shard in &*self.inner.shards {
            let blocks = {
                let mut shard = locked(shard);
                shard.nbytes = 0;
                std::mem::take(&mut shard.blocks)
            };
            drop(blocks);
        }
    }

    /// Whether a read that touches so many blocks of this size is to use the cache.
    pub(super) fn suits(&self, blocks: usize, block_nbytes: usize) -> bool {
        let nbytes = blocks.saturating_mul(block_nbytes);
        blocks <= MAX_BLOCKS && nbytes <= MAX_READ_NBYTES.min(self.inner.limit / MAX_PART)
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let hash = BuildHasherDefault::<Mixer>::default().hash_one(key);
        // The tables of the shards take other bits.
        let shards = &self.inner.shards;
        locked(&shards[(hash >> 32) as usize % shards.len()])
    }
}

fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // No call of another's is made under the lock.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn new(limit: usize) -> Self {
        Self { limit, nbytes: 0, blocks: Lru::default(), hits: 0, misses: 0, evictions: 0 }
    }
}

/// The blocks of one chunk in a cache.
pub(super) struct CachedChunk<'a> {
    cache: &'a BlockCache,
    origin: Origin<'a>,
    block_nbytes: usize,
}

#[derive(Clone, Copy)]
enum Origin<'a> {
    Memory(&'a Arc<Chunk>),
    Source(&'a Arc<dyn ChunkSource>, StoredChunk),
}

impl<'a> CachedChunk<'a> {
    /// Those of the chunk in a slot, if it takes any work to have them.
    pub(super) fn new(
        cache: &'a BlockCache,
        slot: &'a Slot,
        source: Option<&'a Arc<dyn ChunkSource>>,
        block_nbytes: usize,
    ) -> Option<Self> {
        let origin = match &slot.place {
            Place::Memory(chunk) if chunk.special().is_some() || chunk.is_stored() => return None,
            Place::Memory(chunk) => Origin::Memory(chunk),
            Place::Stored(stored) => Origin::Source(source?, *stored),
        };
        Some(Self { cache, origin, block_nbytes })
    }

    fn key(&self, block: usize) -> Key {
        let (address, stored) = match self.origin {
            Origin::Memory(chunk) => (Arc::as_ptr(chunk).addr(), None),
            Origin::Source(source, stored) => (Arc::as_ptr(source).addr(), Some(stored)),
        };
        Key { address, stored, block, nbytes: self.block_nbytes }
    }

    fn owner(&self) -> Owner {
        match self.origin {
            Origin::Memory(chunk) => Owner::Chunk { _chunk: Arc::downgrade(chunk) },
            Origin::Source(source, _) => Owner::Source { _source: Arc::downgrade(source) },
        }
    }

    /// A block, if it is there.
    pub(super) fn find(&self, block: usize) -> Option<BlockBytes> {
        let key = self.key(block);
        let mut shard = self.cache.shard(&key);
        let bytes = shard.blocks.get(&key).map(|cached| Arc::clone(&cached.bytes));
        shard.hits += u64::from(bytes.is_some());
        bytes
    }

    /// Adds a block that had to be decoded, of no more bytes than a shard may have.
    pub(super) fn add(&self, block: usize, bytes: &BlockBytes) {
        let key = self.key(block);
        let cached = Cached { bytes: Arc::clone(bytes), _owner: self.owner() };
        // Dropped without the lock.
        let mut evicted = Vec::new();
        let mut shard = self.cache.shard(&key);
        shard.misses += 1;
        // Another thread may have been faster.
        if bytes.len() <= shard.limit && shard.blocks.get(&key).is_none() {
            while shard.nbytes + bytes.len() > shard.limit
                && let Some(oldest) = shard.blocks.pop_oldest()
            {
                shard.nbytes -= oldest.bytes.len();
                shard.evictions += 1;
                evicted.push(oldest);
            }
            shard.nbytes += bytes.len();
            shard.blocks.insert(key, cached);
        }
        drop(shard);
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCache").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}
