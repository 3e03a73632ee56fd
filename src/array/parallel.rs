//! Work in the caller's thread pool, or one after the other: the results are the same.

use crate::error::Result;

/// Below so many bytes, handing work to another thread costs more than it gains.
pub(super) const PARALLEL_NBYTES: usize = 128 << 10;

/// Does both, side by side when they are about `nbytes` in all and that is enough to pay off.
pub(super) fn both(
    nbytes: usize,
    first: impl FnOnce() -> Result<()> + Send,
    second: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    #[cfg(feature = "rayon")]
    if nbytes >= PARALLEL_NBYTES {
        let (first, second) = rayon::join(first, second);
        return first.and(second);
    }
    let _ = nbytes;
    first()?;
    second()
}

/// Calls `f` with each item of `items`, of which each stands for about `nbytes` of work.
///
/// `f` gets a state that `init` makes, to keep buffers in; one serves many items of one thread.
pub(super) fn for_each<T: Send, S: Send>(
    items: &mut [T],
    nbytes: usize,
    init: impl Fn() -> S + Send + Sync,
    f: impl Fn(&mut S, &mut T) -> Result<()> + Send + Sync,
) -> Result<()> {
    #[cfg(feature = "rayon")]
    if items.len() > 1 && items.len().saturating_mul(nbytes) >= PARALLEL_NBYTES {
        use rayon::prelude::*;
        return items.par_iter_mut().try_for_each_init(init, f);
    }
    let _ = nbytes;
    let mut state = init();
    items.iter_mut().try_for_each(|item| f(&mut state, item))
}
