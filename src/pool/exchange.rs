//! Moving values between memory and files, by any thread.
//!
//! A value is never changed in place: a copy of it, whose chunks are elsewhere, takes its place in
//! the ledger. Locks, in the order in which a thread may take them:
//!
//! 1. `turn` of a value, for who brings it back: others who want it wait, so it is read once;
//! 2. `scratch` of the same value or another, for who reads or writes its file;
//! 3. the ledger, while pointers are exchanged. Nothing else is locked, dropped or called then.
//!
//! A thread holds one of each kind at most, and takes none of a kind before that of one it holds; so
//! none can wait in a circle. No lock is held while a function of the caller runs, or work that
//! is shared among a pool of threads, in which a thread might find itself waiting for itself.
//!
//! Room is made before it is taken: what a value is going to take is promised to it in the ledger,
//! and it is pinned until it does, so that nobody else exchanges it in between. Who is spilling it
//! already sees the pin afterwards, and leaves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::folder::Folder;
use super::ledger::Ledger;
use super::poolable::Held;
use super::scratch::{Scratch, Sizes};
use crate::error::Result;

/// A lock that a panic leaves usable: what is under it is whole at any time.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What all handles of a pool share.
pub(super) struct Shared {
    ledger: Mutex<Ledger>,
    folder: Arc<Folder>,
}

/// A value's place in a pool.
pub(super) struct Entry {
    id: u64,
    turn: Mutex<()>,
    scratch: Mutex<Scratch>,
}

impl Entry {
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

impl Shared {
    pub(super) fn new(limit: usize, folder: Folder) -> Self {
        Self { ledger: Mutex::new(Ledger::new(limit)), folder: Arc::new(folder) }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        locked(&self.ledger)
    }

    /// Takes a value in, and makes room for it.
    pub(super) fn insert(&self, held: Arc<dyn Held>) -> Result<Arc<Entry>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let entry = Arc::new(Entry {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            turn: Mutex::default(),
            scratch: Mutex::new(Scratch::new(Arc::clone(&self.folder))),
        });
        self.ledger().add(Arc::clone(&held), Arc::clone(&entry));
        let inserted = self.replace(&entry, held);
        match inserted {
            Ok(()) => Ok(entry),
            Err(error) => {
                self.remove(&entry);
                Err(error)
            }
        }
    }

    pub(super) fn remove(&self, entry: &Entry) {
        let removed = self.ledger().remove(entry.id);
        drop(removed);
    }

    /// Puts a value in the place of another. It stays in memory if there is room for it, and goes to
    /// its file if not. After an error the other is still there.
    pub(super) fn replace(&self, entry: &Entry, held: Arc<dyn Held>) -> Result<()> {
        self.ledger().touch(entry.id);
        let pin = Pin::new(self, entry);
        let sizes = locked(&entry.scratch).sizes(&*held);
        // Others that cannot be spilled are no reason to fail, if this one can.
        let fits = sizes.memory <= self.ledger().limit()
            && self.make_room(Some((entry.id, sizes.memory))).unwrap_or(false);
        let (held, sizes) = match fits {
            true => (held, sizes),
            false => {
                let mut scratch = locked(&entry.scratch);
                let spilled = scratch.spill(&*held);
                self.ledger().set_disk_nbytes(entry.id, scratch.nbytes());
                let spilled = spilled?;
                self.ledger().spilled(entry.id, scratch.nbytes());
                let sizes = scratch.sizes(&*spilled);
                (spilled, sizes)
            }
        };
        pin.exchange(held, sizes);
        Ok(())
    }

    /// A value, brought back to memory if it fits there. Where it cannot be, it is handed out as it
    /// is: its chunks are then read from its file, where reading says what is wrong.
    pub(super) fn fetch(&self, entry: &Entry) -> Arc<dyn Held> {
        if let Some(held) = self.ledger().hit(entry.id) {
            return held;
        }
        let _turn = locked(&entry.turn);
        if let Some(held) = self.ledger().hit(entry.id) {
            return held;
        }
        let pin = Pin::new(self, entry);
        let (held, Sizes { memory, spilled }) = self.current(entry);
        self.ledger().miss();
        let memory = memory.saturating_add(spilled);
        let fits = memory <= self.ledger().limit()
            && self.make_room(Some((entry.id, memory))).unwrap_or(false);
        if !fits {
            return held;
        }
        let loaded = locked(&entry.scratch).load(&*held);
        match loaded {
            Ok(loaded) => {
                pin.exchange(Arc::clone(&loaded), Sizes { memory, spilled: 0 });
                loaded
            }
            Err(_) => held,
        }
    }

    /// What is held, as it is.
    pub(super) fn current(&self, entry: &Entry) -> (Arc<dyn Held>, Sizes) {
        match self.ledger().item(entry.id) {
            Some(item) => item,
            None => unreachable!("a value is in the ledger as long as it has a handle"),
        }
    }

    /// Changes the limit, unless what is in memory does not go.
    pub(super) fn set_limit(&self, limit: usize) -> Result<()> {
        let before = {
            let mut ledger = self.ledger();
            let before = ledger.limit();
            ledger.set_limit(limit);
            before
        };
        let made = self.make_room(None);
        if made.is_err() {
            let mut ledger = self.ledger();
            // Unless somebody has set another one meanwhile.
            if ledger.limit() == limit {
                ledger.set_limit(before);
            }
        }
        made.map(drop)
    }

    /// Spills what was not used for the longest time, until a value has room for so many bytes,
    /// which are then promised to it; or until what is there fits the limit. The answer is whether
    /// it does: others may be pinned.
    fn make_room(&self, wanted: Option<(u64, usize)>) -> Result<bool> {
        let mut search = self.ledger().search();
        let mut failure = None;
        loop {
            let victim = {
                let mut ledger = self.ledger();
                let fits = match wanted {
                    Some((id, memory)) => ledger.promise(id, memory),
                    None => !ledger.is_over_limit(),
                };
                if fits {
                    return Ok(true);
                }
                ledger.next(&mut search)
            };
            match victim {
                Some(victim) => {
                    if let Err(error) = self.spill(&victim) {
                        failure.get_or_insert(error);
                    }
                }
                None => return failure.map_or(Ok(false), Err),
            }
        }
    }

    /// Writes to its file what of a value is not there, and forgets the chunks.
    fn spill(&self, entry: &Entry) -> Result<()> {
        // Dropped last, without a lock.
        let (held, replaced);
        let mut scratch = locked(&entry.scratch);
        held = match self.ledger().to_spill(entry.id) {
            Some(held) => held,
            None => return Ok(()),
        };
        let spilled = scratch.spill(&*held);
        let (disk_nbytes, sizes) =
            (scratch.nbytes(), spilled.as_ref().map(|held| scratch.sizes(&**held)));
        let mut ledger = self.ledger();
        ledger.set_disk_nbytes(entry.id, disk_nbytes);
        if let (Ok(spilled), Ok(sizes)) = (&spilled, sizes)
            && ledger.has(entry.id, &held)
        {
            ledger.spilled(entry.id, disk_nbytes);
            replaced = ledger.exchange(entry.id, Arc::clone(spilled), sizes);
            drop((ledger, scratch));
            drop(replaced);
        }
        spilled.map(drop)
    }
}

/// Keeps others from exchanging a value; gives back what was promised, unless it is exchanged.
struct Pin<'a> {
    shared: &'a Shared,
    entry: &'a Entry,
    /// What the value took before.
    memory: Option<usize>,
}

impl<'a> Pin<'a> {
    fn new(shared: &'a Shared, entry: &'a Entry) -> Self {
        let mut ledger = shared.ledger();
        ledger.pin(entry.id, true);
        let memory = ledger.item(entry.id).map(|(_, sizes)| sizes.memory);
        drop(ledger);
        Self { shared, entry, memory }
    }

    /// Puts a value in the place of the one that was pinned.
    fn exchange(mut self, held: Arc<dyn Held>, sizes: Sizes) {
        self.memory = None;
        let replaced = self.shared.ledger().exchange(self.entry.id, held, sizes);
        drop(replaced);
    }
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        let mut ledger = self.shared.ledger();
        if let Some(memory) = self.memory {
            ledger.set_memory(self.entry.id, memory);
        }
        ledger.pin(self.entry.id, false);
        let is_over_limit = ledger.is_over_limit();
        drop(ledger);
        // The limit was lowered meanwhile. What cannot be spilled now will be tried again.
        if is_over_limit {
            let _ = self.shared.make_room(None);
        }
    }
}
