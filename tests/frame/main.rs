//! Frames and files from outside: against models, with damaged bytes, with writers that are killed.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/allocations.rs"]
mod allocations;
mod array_file;
#[path = "../common/counting.rs"]
mod counting;
mod damage;
#[path = "../common/folder.rs"]
mod folder;
mod handmade;
mod images;
#[cfg(unix)]
mod kill;
mod model;
mod pool;
mod ranges;
mod saving;

use std::path::{Path, PathBuf};

use ndpress::{Chunk, ChunkOptions};

use self::folder::Folder;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

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
