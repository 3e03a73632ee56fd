//! What a pool may take, and what it does.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::array::NBytes;

/// How much memory an [`ArrayPool`](super::ArrayPool) may take, and where the rest goes.
///
/// ```
/// use ndpress::{ArrayPool, PoolOptions};
///
/// let pool = ArrayPool::new(PoolOptions::new().limit(256 << 20));
/// assert_eq!(pool.limit(), 268_435_456);
/// ```
#[derive(Debug, Clone)]
pub struct PoolOptions {
    pub(super) limit: usize,
    pub(super) folder: Option<PathBuf>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl PoolOptions {
    /// No limit, and a private folder among the system's temporary files: made when something is
    /// spilled for the first time, removed with the pool.
    #[must_use]
    pub fn new() -> Self {
        Self { limit: usize::MAX, folder: None }
    }

    /// Sets how many compressed bytes may be in memory.
    #[must_use]
    pub fn limit(self, cbytes: usize) -> Self {
        Self { limit: cbytes, ..self }
    }

    /// Sets the folder for the files, which is made if it is not there, and stays. Several pools and
    /// processes may have the same one.
    #[must_use]
    pub fn folder(self, path: impl AsRef<Path>) -> Self {
        Self { folder: Some(path.as_ref().to_owned()), ..self }
    }
}

/// What a pool holds, and what it has done so far. Made by
/// [`ArrayPool::statistics`](super::ArrayPool::statistics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatistics {
    /// How many compressed bytes may be in memory.
    pub limit: usize,
    /// Arrays and images in the pool.
    pub arrays: usize,
    /// Those of which nothing is on disk alone.
    pub resident_arrays: usize,
    /// Compressed bytes in memory. Chunks that several arrays of the pool share count in each.
    pub memory_cbytes: usize,
    /// Bytes of the files.
    pub disk_nbytes: u64,
    /// Uses (by `get` and `edit`) of what was in memory.
    pub hits: u64,
    /// Uses of what was on disk.
    pub misses: u64,
    /// How often something was moved to its file.
    pub spills: u64,
}

impl fmt::Display for PoolStatistics {
    /// `12 arrays, 3 in memory: 31 MB of 32 MB, 110 MB on disk; 40 hits, 9 misses, 18 spills`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arrays, resident_arrays, hits, misses, spills, .. } = self;
        write!(f, "{arrays} arrays, {resident_arrays} in memory: {}", NBytes(self.memory_cbytes))?;
        if self.limit < usize::MAX {
            write!(f, " of {}", NBytes(self.limit))?;
        }
        let disk = NBytes(usize::try_from(self.disk_nbytes).unwrap_or(usize::MAX));
        write!(f, ", {disk} on disk; {hits} hits, {misses} misses, {spills} spills")
    }
}
