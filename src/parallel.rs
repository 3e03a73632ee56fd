//! The one place that knows about threads.
//!
//! All work of this crate is a range of blocks (or chunks) that can be cut in two; each half goes
//! to [`join`]. It runs in the pool of the caller: the one a `rayon` scope was entered with, or the
//! global one. Without the `rayon` feature the halves run one after the other.

/// Bytes of work below which waking a second thread costs more than it brings.
///
/// A block of 32 KiB decodes in 3 to 15 µs; handing work to an idle rayon worker costs about 10.
#[cfg(feature = "rayon")]
const MIN_PARALLEL_NBYTES: usize = 256 * 1024;

#[cfg(feature = "rayon")]
thread_local! {
    /// Whether this thread is to do what it does by itself.
    static IS_ALONE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether a second thread would help with work on `nbytes` uncompressed bytes.
#[cfg(feature = "rayon")]
pub(crate) fn pays(nbytes: usize) -> bool {
    nbytes >= MIN_PARALLEL_NBYTES && !IS_ALONE.get() && rayon::current_num_threads() > 1
}

/// Whether a second thread would help: there is none.
#[cfg(not(feature = "rayon"))]
pub(crate) fn pays(_nbytes: usize) -> bool {
    false
}

/// How many threads there are to share work with.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}

/// Runs work that no other thread is to help with.
///
/// Where there are many chunks for each thread, cutting each of them again brings nothing; and a
/// thread that waits for half of a chunk would begin another one, with buffers of its own.
#[cfg(feature = "rayon")]
fn alone<R>(f: impl FnOnce() -> R) -> R {
    /// Brings the flag back, also when `f` panics.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_ALONE.set(self.0);
        }
    }
    let _restore = Restore(IS_ALONE.replace(true));
    f()
}

/// Runs both halves of work on `nbytes` uncompressed bytes, in parallel where that pays.
#[cfg(feature = "rayon")]
pub(crate) fn join<A: Send, B: Send>(
    nbytes: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if !pays(nbytes) {
        return (a(), b());
    }
    // Rayon's code for two halves is long, and would be compiled again for each pair of closures:
    // once a type and operation in the crates that call us. Behind `dyn` it is compiled once.
    let (mut low, mut high) = (Half::Waiting(a), Half::Waiting(b));
    let run_low: &mut (dyn FnMut() + Send) = &mut || low.run();
    let run_high: &mut (dyn FnMut() + Send) = &mut || high.run();
    rayon::join(run_low, run_high);
    (low.into_result(), high.into_result())
}

/// Half of some work, and then what came of it.
#[cfg(feature = "rayon")]
enum Half<F, R> {
    Waiting(F),
    Running,
    Done(R),
}

#[cfg(feature = "rayon")]
impl<R, F: FnOnce() -> R> Half<F, R> {
    fn run(&mut self) {
        if let Self::Waiting(work) = std::mem::replace(self, Self::Running) {
            *self = Self::Done(work());
        }
    }

    fn into_result(self) -> R {
        match self {
            Self::Done(result) => result,
            Self::Waiting(_) | Self::Running => unreachable!("rayon ran both halves to their ends"),
        }
    }
}

/// Runs both halves of work, one after the other.
#[cfg(not(feature = "rayon"))]
pub(crate) fn join<A, B>(_nbytes: usize, a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// Calls `f` with each item, in parallel where that pays for items of `nbytes` uncompressed bytes.
/// The error of the first item that has one; all items are tried.
pub(crate) fn for_each<T: Send, E: Send>(
    items: &mut [T],
    nbytes: usize,
    f: &(dyn Fn(&mut T) -> Result<(), E> + Sync),
) -> Result<(), E> {
    #[cfg(feature = "rayon")]
    if items.len() >= 2 * rayon::current_num_threads() {
        return halves(items, nbytes, &|item: &mut T| alone(|| f(item)));
    }
    halves(items, nbytes, f)
}

fn halves<T: Send, E: Send>(
    items: &mut [T],
    nbytes: usize,
    f: &(dyn Fn(&mut T) -> Result<(), E> + Sync),
) -> Result<(), E> {
    if let [item] = items {
        return f(item);
    }
    if items.is_empty() {
        return Ok(());
    }
    let work = items.len().saturating_mul(nbytes);
    let (low, high) = items.split_at_mut(items.len() / 2);
    let (low, high) = join(work, || halves(low, nbytes, f), || halves(high, nbytes, f));
    low.and(high)
}

/// Work that goes on beside what hands it out, in the caller's pool: see [`with_tasks`].
pub(crate) struct Tasks<'a, 'scope> {
    #[cfg(feature = "rayon")]
    scope: &'a rayon::Scope<'scope>,
    #[cfg(not(feature = "rayon"))]
    scope: std::marker::PhantomData<(&'a (), &'scope ())>,
    #[cfg_attr(not(feature = "rayon"), allow(dead_code, reason = "there is no pool"))]
    state: &'scope TaskState,
}

/// What the tasks of one call share.
pub(crate) struct TaskState {
    /// Tasks that were handed to the pool and have not ended.
    #[cfg_attr(not(feature = "rayon"), allow(dead_code, reason = "there is no pool"))]
    waiting: std::sync::atomic::AtomicUsize,
    #[cfg_attr(not(feature = "rayon"), allow(dead_code, reason = "there is no pool"))]
    most: usize,
}

impl TaskState {
    /// As many tasks wait or run as there are other threads, so that what they hold is bounded too.
    pub(crate) fn new() -> Self {
        #[cfg(feature = "rayon")]
        // Who hands out tasks takes the place of one thread, in the pool or not: it is as busy.
        let most = rayon::current_num_threads() - 1;
        #[cfg(not(feature = "rayon"))]
        let most = 0;
        Self { waiting: 0.into(), most }
    }
}

/// Calls `f`, which may hand out tasks, and returns when all of them have ended.
pub(crate) fn with_tasks<'scope, R>(
    state: &'scope TaskState,
    f: impl FnOnce(&Tasks<'_, 'scope>) -> R,
) -> R {
    #[cfg(feature = "rayon")]
    return rayon::in_place_scope(|scope| f(&Tasks { scope, state }));
    #[cfg(not(feature = "rayon"))]
    f(&Tasks { scope: std::marker::PhantomData, state })
}

impl<'scope> Tasks<'_, 'scope> {
    /// Hands a task to the pool if a thread there could take it, and runs it here otherwise: whoever
    /// hands out more than the pool can do helps with it instead of waiting.
    pub(crate) fn run(&self, task: impl FnOnce(&Tasks<'_, 'scope>) + Send + 'scope) {
        #[cfg(feature = "rayon")]
        {
            use std::sync::atomic::Ordering;
            /// Counts down, also when the task panics.
            struct Waiting<'a>(&'a TaskState);
            impl Drop for Waiting<'_> {
                fn drop(&mut self) {
                    self.0.waiting.fetch_sub(1, Ordering::AcqRel);
                }
            }
            let state = self.state;
            let waiting = Waiting(state);
            if state.waiting.fetch_add(1, Ordering::AcqRel) < state.most {
                self.scope.spawn(move |scope| {
                    let _waiting = waiting;
                    // Tasks are many: each works on its own.
                    alone(|| task(&Tasks { scope, state }));
                });
                return;
            }
        }
        task(self);
    }
}
