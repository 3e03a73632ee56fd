//! How far reading a file has come.

/// How far reading a file has come: see [`ImageReader::progress`](super::ImageReader::progress).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    done: u64,
    total: u64,
}

impl Progress {
    pub(super) fn new(done: u64, total: u64) -> Self {
        Self { done, total }
    }

    /// Pixels that are decoded and compressed.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// All pixels.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The part that is done, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.done as f64 / self.total as f64 }
    }
}
