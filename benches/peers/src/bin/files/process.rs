//! What a process takes, as Linux counts it.

use std::fs;
use std::io;

/// Gives freed memory back, so that it counts again when it is needed.
pub(crate) fn trim() {
    // SAFETY: takes no pointers; other threads of this program are idle.
    unsafe { libc::malloc_trim(0) };
}

/// Starts to count the peak anew. Bytes in memory now.
pub(crate) fn start() -> io::Result<usize> {
    trim();
    fs::write("/proc/self/clear_refs", "5")?;
    field("VmRSS:")
}

/// The most bytes that were in memory since.
pub(crate) fn peak() -> io::Result<usize> {
    field("VmHWM:")
}

fn field(name: &str) -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io::ErrorKind::NotFound.into())
}
