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

/// Whether a second thread would help with work on `nbytes` uncompressed bytes.
#[cfg(feature = "rayon")]
pub(crate) fn pays(nbytes: usize) -> bool {
    nbytes >= MIN_PARALLEL_NBYTES && rayon::current_num_threads() > 1
}

/// Whether a second thread would help: there is none.
#[cfg(not(feature = "rayon"))]
pub(crate) fn pays(_nbytes: usize) -> bool {
    false
}

/// Runs both halves of work on `nbytes` uncompressed bytes, in parallel where that pays.
#[cfg(feature = "rayon")]
pub(crate) fn join<A: Send, B: Send>(
    nbytes: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if pays(nbytes) { rayon::join(a, b) } else { (a(), b()) }
}

/// Runs both halves of work, one after the other.
#[cfg(not(feature = "rayon"))]
pub(crate) fn join<A, B>(_nbytes: usize, a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// Calls `f` with each item, of which each stands for `nbytes` uncompressed bytes of work.
///
/// # Errors
/// The error of the first item that has one; all items are tried.
pub(crate) fn for_each<T: Send, E: Send>(
    items: &mut [T],
    nbytes: usize,
    f: &(impl Fn(&mut T) -> Result<(), E> + Sync),
) -> Result<(), E> {
    if let [item] = items {
        return f(item);
    }
    if items.is_empty() {
        return Ok(());
    }
    let work = items.len().saturating_mul(nbytes);
    let (low, high) = items.split_at_mut(items.len() / 2);
    let (low, high) = join(work, || for_each(low, nbytes, f), || for_each(high, nbytes, f));
    low.and(high)
}
