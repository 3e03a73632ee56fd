//! Many arrays under one budget of memory: those not used lately go to files, and come back when
//! they are used.
//!
//! Below are [`array`](crate::Array), [`image`](crate::image) and [`frame`](crate::frame). Nothing is
//! above.
//!
//! What is in a pool is held as a value that clones share. Spilling writes the chunks that are not in
//! the value's file yet to it, as they are compressed, and puts a copy of the value in its place
//! whose chunks are stored there; coming back reads them, and decodes nothing. So readers, who have
//! clones, never notice; and whatever fails leaves what was there. Who is spilled is decided
//! by the order of use, and before room is taken: the limit holds at any time.
//!
//! ```text
//! ArrayPool, Pooled     what users call                              mod, options
//!   poolable            what can be in a pool: all that is made of arrays
//!   exchange            moving between memory and files, by any thread; the order of locks
//!     ledger            what is held, what it takes, in which order it was used
//!     scratch           what of a value is in its file
//!       source          a file, and what reads from it
//!       folder          where files are made
//! ```

mod exchange;
mod folder;
mod ledger;
mod options;
mod poolable;
mod scratch;
mod source;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use self::exchange::{Entry, Shared};
use self::folder::Folder;
pub use self::options::{PoolOptions, PoolStatistics};
use self::poolable::Held;
pub use self::poolable::Poolable;
use crate::error::{Error, Result};

/// Arrays that together take no more memory than a limit: those that were not used for the longest
/// time are on disk.
///
/// The pool is told the limit in compressed bytes. [`insert`](Self::insert) hands an array, or an
/// image, to it and returns a [`Pooled`], through which it is used. When there is no room for what
/// is inserted, changed or used, others are *spilled*: their chunks go to files, as they are
/// compressed, and out of memory. What is used comes back, if it fits; what is larger than the limit
/// stays on disk, and is read from there by region, as an array is that was
/// [opened](crate::open) lazily.
///
/// ```
/// use ndpress::{Array, ArrayPool, Options, PoolOptions};
///
/// let pool = ArrayPool::new(PoolOptions::new().limit(200_000));
/// let noise = |seed: u32| (0..250_000u32).map(move |i| ((i ^ seed).wrapping_mul(2_654_435_761) >> 20) as u16);
/// let mut frames = Vec::new();
/// for seed in 0..10 {
///     let items: Vec<u16> = noise(seed).collect();
///     frames.push(pool.insert(Array::from_slice(&items, [500, 500], &Options::default())?)?);
/// }
/// let statistics = pool.statistics();
/// assert!(statistics.memory_cbytes <= 200_000 && statistics.disk_nbytes > 2_000_000);
///
/// assert_eq!(frames[3].get().at(&[0, 7])?, noise(3).nth(7).unwrap());
/// frames[3].edit(|frame| frame.set(&[0, 7], 1))?;
/// assert_eq!(frames[3].get().at(&[0, 7])?, 1);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # What counts
///
/// The compressed bytes of chunks in memory that the pool holds. Chunks of one value, of some bytes
/// each, and what it takes to find a chunk do not count, and stay in memory. Nor do chunks in a file
/// that an array was opened from, which stay there. Clones that a caller has are the caller's: the
/// chunks that they share with what was spilled stay in memory as long as they do. Chunks that
/// several arrays of the pool share count in each of them.
///
/// The pool never holds more than the limit, not even for the time of a call; unless the limit is
/// lowered by one thread while another makes room, until that one is done. What a call has no room for
/// since other threads are using all that is in memory goes to disk.
///
/// # Files
///
/// One for each array or image that was spilled, which is open as long as it is there. Nothing is
/// written twice: what came back and did not change is spilled again by forgetting it. Files are
/// scratch: they are not synced, only this process can read them, and they are removed when neither
/// the pool nor a clone needs them any more. A process that is killed leaves them.
///
/// # Threads
///
/// A pool may be cloned, which costs a pointer, and be used by any thread. No lock is held while
/// a function of the caller's runs, and but one of the array concerned while its file is read or
/// written; who wants the same array waits, and it is read once.
#[derive(Clone)]
pub struct ArrayPool {
    shared: Arc<Shared>,
}

impl ArrayPool {
    /// An empty pool. No file or folder is made before something has to be spilled.
    #[must_use]
    pub fn new(options: PoolOptions) -> Self {
        let PoolOptions { limit, folder } = options;
        Self { shared: Arc::new(Shared::new(limit, Folder::new(folder))) }
    }

    /// Hands an array or an image to the pool. It takes the place of the one used last; others are
    /// spilled to make room, or it is itself where they cannot be.
    ///
    /// ```
    /// # use ndpress::{Array, ArrayPool, Options, PoolOptions};
    /// let pool = ArrayPool::new(PoolOptions::new());
    /// let ramp: Vec<u32> = (0..1000).collect();
    /// let pooled = pool.insert(Array::from_slice(&ramp, [1000], &Options::default())?)?;
    /// assert_eq!(pooled.get().to_vec()?, ramp);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotPooled`], which has the array and [`Error::Io`], when it would have to be written to a
    /// file and cannot be. It turns into [`Error`] where `?` asks for that.
    pub fn insert<A: Poolable>(&self, array: A) -> Result<Pooled<A>, NotPooled<A>> {
        match self.shared.insert(Arc::new(array.clone())) {
            Ok(entry) => Ok(Pooled { shared: Arc::clone(&self.shared), entry, held: PhantomData }),
            Err(error) => Err(NotPooled::new(array, error)),
        }
    }

    /// How many compressed bytes may be in memory.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.shared.ledger().limit()
    }

    /// Changes how many compressed bytes may be in memory, and spills what is too much.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be written. The limit is then as it was, and all arrays are
    /// as usable as before.
    pub fn set_limit(&self, cbytes: usize) -> Result<()> {
        self.shared.set_limit(cbytes)
    }

    /// What the pool holds, and what it has done so far. Takes a look at every array.
    #[must_use]
    pub fn statistics(&self) -> PoolStatistics {
        self.shared.ledger().statistics()
    }
}

impl fmt::Debug for ArrayPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayPool").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}

/// An array or an image in an [`ArrayPool`]. Dropping it takes it out of the pool.
///
/// Reading takes `&self`, from any number of threads; changing takes `&mut self`. The pool is there
/// as long as it has something in it.
///
/// ```
/// # use ndpress::{Array, ArrayPool, Options, PoolOptions};
/// let pool = ArrayPool::new(PoolOptions::new().limit(0));
/// let ramp: Vec<u32> = (0..10_000).map(|item| item / 7).collect();
/// let pooled = pool.insert(Array::from_slice(&ramp, [10_000], &Options::default())?)?;
/// assert!(!pooled.is_resident());
/// assert_eq!(pooled.get().at(&[7777])?, 1111); // reads a block from the file
///
/// pool.set_limit(1 << 20)?;
/// let snapshot = pooled.get(); // reads all of it, and decodes nothing
/// assert!(pooled.is_resident());
/// drop(pooled);
/// assert_eq!((pool.statistics().arrays, snapshot.at(&[7])?), (0, 1));
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct Pooled<A> {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    held: PhantomData<A>,
}

impl<A: Poolable> Pooled<A> {
    /// The array, to read. It is a clone, which shares all chunks and costs some pointers, and does
    /// not change any more. Counts as a use.
    ///
    /// If the array was spilled, its compressed bytes are read back to memory, and others spilled
    /// to make room for them. Where there can be no room, the clone reads from the file what is read
    /// from it; so it does where the file cannot be read, and says so then.
    #[must_use]
    pub fn get(&self) -> A {
        typed(&*self.shared.fetch(&self.entry))
    }

    /// Changes the array, and returns what `change` returns. Counts as a use.
    ///
    /// `change` gets a clone, which takes the array's place afterwards. It may use the pool. Chunks
    /// that it leaves as they are do not have to be spilled again.
    ///
    /// ```
    /// # use ndpress::{Array, ArrayPool, Error, Options, PoolOptions, Region};
    /// let pool = ArrayPool::new(PoolOptions::new().limit(1 << 20));
    /// let mut mask = pool.insert(Array::<bool>::zeros([480, 640], &Options::default())?)?;
    /// let count = mask.edit(|mask| {
    ///     mask.fill_region(&Region::new([10..20, 10..20])?, true)?;
    ///     mask.count(|is_set| is_set)
    /// })?;
    /// assert_eq!(count, 100);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `change`; [`Error::Io`] when there is no room for the changed array and its file
    /// cannot be written. After an error, as after a panic, the array is as it was.
    pub fn edit<R, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut A) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut array = self.get();
        let result = change(&mut array)?;
        self.shared.replace(&self.entry, Arc::new(array))?;
        Ok(result)
    }

    /// Puts another array in the place of this one.
    ///
    /// # Errors
    /// As [`ArrayPool::insert`]. The array is then as it was.
    pub fn set(&mut self, array: A) -> Result<(), NotPooled<A>> {
        let replaced = self.shared.replace(&self.entry, Arc::new(array.clone()));
        replaced.map_err(|error| NotPooled::new(array, error))
    }

    /// Takes the array out of the pool, as it is: what is on disk is read from there.
    #[must_use]
    pub fn into_inner(self) -> A {
        typed(&*self.shared.current(&self.entry).0)
    }

    /// Whether nothing of the array is on disk alone: a use of it would be a hit.
    #[must_use]
    pub fn is_resident(&self) -> bool {
        self.shared.ledger().is_resident(self.entry.id())
    }

    /// The pool that the array is in.
    #[must_use]
    pub fn pool(&self) -> ArrayPool {
        ArrayPool { shared: Arc::clone(&self.shared) }
    }
}

/// A clone of what is held for a handle of its type.
fn typed<A: Poolable>(held: &dyn Held) -> A {
    let held: &dyn Any = held;
    match held.downcast_ref::<A>() {
        Some(array) => array.clone(),
        None => unreachable!("a handle has the type of what was inserted"),
    }
}

impl<A> Drop for Pooled<A> {
    fn drop(&mut self) {
        self.shared.remove(&self.entry);
    }
}

impl<A: Poolable + fmt::Debug> fmt::Debug for Pooled<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: A = typed(&*self.shared.current(&self.entry).0);
        f.debug_struct("Pooled")
            .field("array", &held)
            .field("is_resident", &self.is_resident())
            .finish_non_exhaustive()
    }
}

/// An array that a pool could not take, and why not.
///
/// ```
/// # use ndpress::{Array, ArrayPool, Error, Options, PoolOptions};
/// # let path = std::env::temp_dir().join(format!("ndpress-blocked-{}", std::process::id()));
/// std::fs::write(&path, "a file, where the pool needs a folder").unwrap();
/// let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&path));
/// let refused = pool.insert(Array::from_slice(&[1u8, 2], [2], &Options::default())?).unwrap_err();
/// assert!(matches!(refused.error(), Error::Io { .. }));
/// assert_eq!(refused.into_inner().to_vec()?, [1, 2]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub struct NotPooled<A>(Box<(A, Error)>);

impl<A> NotPooled<A> {
    fn new(array: A, error: Error) -> Self {
        Self(Box::new((array, error)))
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.1
    }

    /// The array.
    #[must_use]
    pub fn into_inner(self) -> A {
        self.0.0
    }
}

impl<A> From<NotPooled<A>> for Error {
    fn from(not_pooled: NotPooled<A>) -> Self {
        not_pooled.0.1
    }
}

impl<A> fmt::Debug for NotPooled<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotPooled").field("error", self.error()).finish_non_exhaustive()
    }
}

impl<A> fmt::Display for NotPooled<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl<A> StdError for NotPooled<A> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().source()
    }
}
