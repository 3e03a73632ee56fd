//! Frames and files from outside: against models, with damaged bytes, with writers that are killed.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/allocations.rs"]
mod allocations;
mod array_file;
#[path = "../common/counting.rs"]
mod counting;
mod damage;
mod handmade;
mod images;
#[cfg(unix)]
mod kill;
mod model;
mod pool;
mod ranges;
mod saving;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ndpress::{Chunk, ChunkOptions};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ndpress-test-{}-{number}", std::process::id());
        // In memory where that can be: what is not about the machine's failure need not wait for
        // its disk thousands of times.
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = parent.join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A frame that is kept.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixture_path(name)).unwrap()
}

fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/frames").join(name)
}

/// Elements that compress a little, and differ by number.
fn samples(nitems: usize, number: u64) -> Vec<u32> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..nitems).map(|i| (i as u32 / 3) ^ (next() as u32 & 15)).collect()
}

/// A chunk of such elements.
fn chunk(nitems: usize, number: u64) -> Chunk {
    let samples = samples(nitems, number);
    Chunk::encode(bytemuck::cast_slice(&samples), 4, &ChunkOptions::new().blocksize(256)).unwrap()
}
