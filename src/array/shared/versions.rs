//! How threads read and write one array at the same time, without waiting for each other's work.
//!
//! There is a current version, which a reader keeps as long as it likes. A writer makes *drafts* of
//! the parts that it changes from the version it finds, and holds no lock while it does; so neither
//! a function of the caller nor work that a thread of a pool takes on in between can wait for a lock
//! that is held below it. Then, under the lock, it compares what its drafts were made from with what
//! is there. If all of it is, the drafts become current at once. Otherwise it makes those anew that
//! came too late.
//!
//! So nothing is lost, and nothing is seen in part. A writer does again only what another writer,
//! who got ahead, has changed: some writer always gets on.
//!
//! This file knows nothing of arrays, and takes locks from `sync`: `tests/model` includes it as it
//! is, and runs it in all orders that threads can take.

use super::sync::{Arc, PoisonError, RwLock};

/// What versions are of: numbered parts, each replaced as a whole. Clones are cheap.
pub(crate) trait Parts: Clone {
    /// What a part is replaced by.
    type Part;
    /// What a draft was made from.
    type Seen;

    /// Whether a draft of a part that was made from this would come out the same now.
    fn has(&self, index: usize, seen: &Self::Seen) -> bool;

    /// Exchanges a part. Runs under the lock: nothing of the caller may be called or dropped.
    fn exchange(&mut self, index: usize, part: &mut Self::Part);
}

/// What a part is to become.
pub(crate) struct Draft<S: Parts> {
    index: usize,
    /// Nothing for a part that stays.
    made: Option<(S::Seen, S::Part)>,
}

impl<S: Parts> Draft<S> {
    /// A part that stays as it is, until something is made of it.
    pub(crate) fn new(index: usize) -> Self {
        Self { index, made: None }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Says what the part becomes, and what that was made from.
    pub(crate) fn make(&mut self, seen: S::Seen, part: S::Part) {
        self.made = Some((seen, part));
    }

    fn is_current(&self, current: &S) -> bool {
        self.made.as_ref().is_none_or(|(seen, _)| current.has(self.index, seen))
    }
}

/// The current version of something.
pub(crate) struct Versions<S> {
    /// Locked for as long as it takes to copy or to exchange pointers.
    current: RwLock<Arc<S>>,
}

impl<S> Versions<S> {
    pub(crate) fn new(first: S) -> Self {
        Self { current: RwLock::new(Arc::new(first)) }
    }

    /// The current version. It stays as it is.
    pub(crate) fn snapshot(&self) -> Arc<S> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a version current, whatever was.
    pub(crate) fn replace(&self, next: S) {
        let mut next = Arc::new(next);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *current, &mut next);
        // What was may take long to drop, and is dropped last.
        drop(current);
    }
}

impl<S: Parts> Versions<S> {
    /// The last version.
    pub(crate) fn into_last(self) -> S {
        Arc::unwrap_or_clone(self.current.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes parts that do not depend on each other: `make` makes drafts from a version, all of
    /// them at first, and then those that came too late. After an error nothing is written.
    pub(crate) fn write_each<E>(
        &self,
        drafts: &mut [Draft<S>],
        make: impl Fn(&S, &mut [Draft<S>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut version, mut late) = (self.snapshot(), drafts.len());
        loop {
            make(&version, &mut drafts[..late])?;
            // Who holds a version makes the next one be copied.
            drop(version);
            match self.install(drafts) {
                Ok(()) => return Ok(()),
                Err(current) => (version, late) = current,
            }
        }
    }

    /// Writes parts that depend on each other: `make` makes all of them from one version, and does
    /// so again if any came too late. After an error nothing is written.
    pub(crate) fn write_all<R, E>(
        &self,
        mut make: impl FnMut(&S) -> Result<(Vec<Draft<S>>, R), E>,
    ) -> Result<R, E> {
        let mut version = self.snapshot();
        loop {
            let (mut drafts, result) = make(&version)?;
            drop(version);
            match self.install(&mut drafts) {
                Ok(()) => return Ok(result),
                Err((current, _)) => version = current,
            }
        }
    }

    /// Makes all drafts current. If some came too late, brings them to the front and returns the
    /// version that is current, and how many they are.
    fn install(&self, drafts: &mut [Draft<S>]) -> Result<(), (Arc<S>, usize)> {
        if drafts.iter().all(|draft| draft.made.is_none()) {
            return Ok(());
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let mut late = 0;
        for place in 0..drafts.len() {
            if !drafts[place].is_current(&current) {
                drafts.swap(place, late);
                late += 1;
            }
        }
        if late > 0 {
            return Err((Arc::clone(&current), late));
        }
        let parts = Arc::make_mut(&mut current);
        for Draft { index, made } in drafts {
            if let Some((_, part)) = made {
                parts.exchange(*index, part);
            }
        }
        Ok(())
    }
}
