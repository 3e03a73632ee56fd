//! What an array knows of its chunks, by their numbers: a sparse map whose clones share what is
//! alike.
//!
//! Numbers are grouped into pages of 64. A page holds only the entries that are there, so an array
//! costs memory where it has data; and changing one entry of a map that has clones copies its page
//! and the list of pages, not all of the entries.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers per page: as many as a word has bits.
const PAGE_LEN: usize = u64::BITS as usize;

/// Values by number.
#[derive(Debug, Clone)]
pub(crate) struct ChunkMap<V> {
    /// No page is empty.
    pages: Arc<BTreeMap<usize, Arc<Page<V>>>>,
    len: usize,
}

/// The values of 64 numbers in a row.
#[derive(Debug, Clone)]
struct Page<V> {
    /// Which of the numbers have a value.
    present: u64,
    /// The values that are there, in order.
    values: Vec<V>,
}

impl<V> Default for ChunkMap<V> {
    fn default() -> Self {
        Self { pages: Arc::default(), len: 0 }
    }
}

impl<V> ChunkMap<V> {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no values.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What tells the map from others that live: clones have the same until one of them changes.
    pub(crate) fn key(&self) -> usize {
        Arc::as_ptr(&self.pages) as usize
    }

    /// The value of a number.
    pub(crate) fn get(&self, index: usize) -> Option<&V> {
        self.pages.get(&(index / PAGE_LEN))?.get(index % PAGE_LEN)
    }

    /// All values and their numbers, in the order of these.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &V)> {
        self.pages.iter().flat_map(|(&page, values)| {
            values.iter().map(move |(index, value)| (page * PAGE_LEN + index, value))
        })
    }

    /// All values, in the order of their numbers.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.pages.values().flat_map(|page| &page.values)
    }
}

impl<V: Clone> ChunkMap<V> {
    /// Gives a number a value; returns the one it had.
    pub(crate) fn insert(&mut self, index: usize, value: V) -> Option<V> {
        let pages = Arc::make_mut(&mut self.pages);
        let page = Arc::make_mut(pages.entry(index / PAGE_LEN).or_default());
        let old = page.insert(index % PAGE_LEN, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes the value of a number away, and returns it.
    pub(crate) fn remove(&mut self, index: usize) -> Option<V> {
        // Nothing is copied for what is not there.
        self.get(index)?;
        let (number, pages) = (index / PAGE_LEN, Arc::make_mut(&mut self.pages));
        let page = Arc::make_mut(pages.get_mut(&number)?);
        let old = page.remove(index % PAGE_LEN);
        if page.present == 0 {
            pages.remove(&number);
        }
        self.len -= 1;
        Some(old)
    }
}

impl<V: Clone> FromIterator<(usize, V)> for ChunkMap<V> {
    fn from_iter<I: IntoIterator<Item = (usize, V)>>(items: I) -> Self {
        let mut map = Self::default();
        for (index, value) in items {
            map.insert(index, value);
        }
        map
    }
}

impl<V> Default for Page<V> {
    fn default() -> Self {
        Self { present: 0, values: Vec::new() }
    }
}

impl<V> Page<V> {
    fn has(&self, index: usize) -> bool {
        self.present >> index & 1 == 1
    }

    /// How many values lie before that of a number.
    fn rank(&self, index: usize) -> usize {
        (self.present & ((1 << index) - 1)).count_ones() as usize
    }

    fn get(&self, index: usize) -> Option<&V> {
        self.has(index).then(|| &self.values[self.rank(index)])
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &V)> {
        (0..PAGE_LEN).filter(|&index| self.has(index)).zip(&self.values)
    }

    fn insert(&mut self, index: usize, value: V) -> Option<V> {
        let rank = self.rank(index);
        if self.has(index) {
            return Some(std::mem::replace(&mut self.values[rank], value));
        }
        self.present |= 1 << index;
        self.values.insert(rank, value);
        None
    }

    /// Takes away a value that is there.
    fn remove(&mut self, index: usize) -> V {
        let rank = self.rank(index);
        self.present &= !(1 << index);
        self.values.remove(rank)
    }
}

#[cfg(test)]
mod tests;
