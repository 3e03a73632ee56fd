//! What a pool holds, what it takes, and in which order it was used. Lies under one lock, which is
//! held for as long as it takes to exchange pointers.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::exchange::Entry;
use super::options::PoolStatistics;
use super::poolable::Held;
use super::scratch::Sizes;

/// The books of a pool.
pub(super) struct Ledger {
    limit: usize,
    /// Bytes of the chunks in memory, with those that are promised.
    memory: usize,
    /// Uses so far.
    clock: u64,
    items: HashMap<u64, Item>,
    /// Those with chunks in memory, by their last use.
    order: BTreeMap<u64, u64>,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    hits: u64,
    misses: u64,
    spills: u64,
}

/// A pooled value.
struct Item {
    entry: Arc<Entry>,
    held: Arc<dyn Held>,
    sizes: Sizes,
    /// Of its file.
    disk_nbytes: u64,
    used: u64,
    /// Whether a call is about to exchange it. Nobody else may then.
    is_pinned: bool,
}

/// What spilling may take: those used before the search began, each once.
pub(super) struct Search(Range<u64>);

impl Ledger {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            memory: 0,
            clock: 0,
            items: HashMap::new(),
            order: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.memory > self.limit
    }

    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Adds a value that takes nothing yet, and is pinned.
    pub(super) fn add(&mut self, held: Arc<dyn Held>, entry: Arc<Entry>) {
        let (sizes, used) = (Sizes::default(), self.now());
        let id = entry.id();
        let item = Item { entry, held, sizes, disk_nbytes: 0, used, is_pinned: true };
        self.items.insert(id, item);
    }

    /// Takes a value out, to be dropped without the lock.
    pub(super) fn remove(&mut self, id: u64) -> Option<Arc<dyn Held>> {
        self.set_memory(id, 0);
        self.items.remove(&id).map(|item| item.held)
    }

    /// Counts a use of a value that is all in memory, and returns it.
    pub(super) fn hit(&mut self, id: u64) -> Option<Arc<dyn Held>> {
        self.touch(id);
        let item = self.items.get(&id).filter(|item| item.sizes.spilled == 0)?;
        self.counts.hits += 1;
        Some(Arc::clone(&item.held))
    }

    /// Counts a use of a value that is not.
    pub(super) fn miss(&mut self) {
        self.counts.misses += 1;
    }

    /// Makes a value the one that was used last.
    pub(super) fn touch(&mut self, id: u64) {
        let now = self.now();
        if let Some(item) = self.items.get_mut(&id) {
            if self.order.remove(&item.used).is_some() {
                self.order.insert(now, id);
            }
            item.used = now;
        }
    }

    /// Keeps others from exchanging a value, or lets them.
    pub(super) fn pin(&mut self, id: u64, is_pinned: bool) {
        if let Some(item) = self.items.get_mut(&id) {
            item.is_pinned = is_pinned;
        }
    }

    /// A value and what it takes.
    pub(super) fn item(&self, id: u64) -> Option<(Arc<dyn Held>, Sizes)> {
        self.items.get(&id).map(|item| (Arc::clone(&item.held), item.sizes))
    }

    /// Promises a value so many bytes of memory in the place of those that it has, if they fit.
    pub(super) fn promise(&mut self, id: u64, memory: usize) -> bool {
        let own = self.items.get(&id).map_or(0, |item| item.sizes.memory);
        let fits = (self.memory - own).checked_add(memory).is_some_and(|all| all <= self.limit);
        if fits {
            self.set_memory(id, memory);
        }
        fits
    }

    /// Books what a value takes in memory.
    pub(super) fn set_memory(&mut self, id: u64, memory: usize) {
        let Some(item) = self.items.get_mut(&id) else { return };
        self.memory = self.memory - item.sizes.memory + memory;
        item.sizes.memory = memory;
        match memory {
            0 => self.order.remove(&item.used),
            _ => self.order.insert(item.used, id),
        };
    }

    /// Puts a value in the place of another, which is to be dropped without the lock.
    pub(super) fn exchange(
        &mut self,
        id: u64,
        held: Arc<dyn Held>,
        sizes: Sizes,
    ) -> Option<Arc<dyn Held>> {
        self.set_memory(id, sizes.memory);
        let item = self.items.get_mut(&id)?;
        item.sizes = sizes;
        Some(std::mem::replace(&mut item.held, held))
    }

    /// Counts that a value was written to its file, which is now so long.
    pub(super) fn spilled(&mut self, id: u64, disk_nbytes: u64) {
        self.counts.spills += 1;
        self.set_disk_nbytes(id, disk_nbytes);
    }

    pub(super) fn set_disk_nbytes(&mut self, id: u64, disk_nbytes: u64) {
        if let Some(item) = self.items.get_mut(&id) {
            item.disk_nbytes = disk_nbytes;
        }
    }

    pub(super) fn search(&self) -> Search {
        Search(0..self.clock + 1)
    }

    /// The value that was not used for the longest time, of those not found before.
    pub(super) fn next(&self, search: &mut Search) -> Option<Arc<Entry>> {
        for (&used, id) in self.order.range(search.0.clone()) {
            search.0.start = used + 1;
            if let Some(item) = self.items.get(id).filter(|item| !item.is_pinned) {
                return Some(Arc::clone(&item.entry));
            }
        }
        None
    }

    /// A value to be spilled, if it still has to be and may be.
    pub(super) fn to_spill(&self, id: u64) -> Option<Arc<dyn Held>> {
        let item = self.items.get(&id)?;
        let is_due = !item.is_pinned && item.sizes.memory > 0;
        is_due.then(|| Arc::clone(&item.held))
    }

    /// Whether this is still what is held, and may be exchanged.
    pub(super) fn has(&self, id: u64, held: &Arc<dyn Held>) -> bool {
        let item = self.items.get(&id);
        item.is_some_and(|item| !item.is_pinned && Arc::ptr_eq(&item.held, held))
    }

    pub(super) fn is_resident(&self, id: u64) -> bool {
        self.items.get(&id).is_some_and(|item| item.sizes.spilled == 0)
    }

    pub(super) fn statistics(&self) -> PoolStatistics {
        let Counts { hits, misses, spills } = self.counts;
        let resident = self.items.values().filter(|item| item.sizes.spilled == 0);
        PoolStatistics {
            limit: self.limit,
            arrays: self.items.len(),
            resident_arrays: resident.count(),
            memory_cbytes: self.memory,
            disk_nbytes: self.items.values().map(|item| item.disk_nbytes).sum(),
            hits,
            misses,
            spills,
        }
    }
}
