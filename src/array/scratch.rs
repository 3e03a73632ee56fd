//! One buffer per thread for a decoded block that cannot go straight to its destination.

use std::cell::Cell;

use crate::error::{Error, Result};

/// Larger buffers are given back after use.
const KEPT_NBYTES: usize = 4 << 20;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends `nbytes` bytes of any content.
///
/// Allocates only when the thread has not lent so many before. A loan within a loan, as when a
/// codec reads another array, gets a buffer of its own.
///
/// # Errors
/// [`Error::OutOfMemory`], and what `f` answers.
pub(super) fn with_buffer<R>(nbytes: usize, f: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut buffer = BUFFER.take();
    if buffer.len() < nbytes {
        let missing = nbytes - buffer.len();
        buffer.try_reserve_exact(missing).map_err(|_| Error::OutOfMemory { nbytes: nbytes as u64 })?;
        buffer.resize(nbytes, 0);
    }
    let result = f(&mut buffer[..nbytes]);
    if buffer.len() <= KEPT_NBYTES {
        BUFFER.set(buffer);
    }
    result
}
