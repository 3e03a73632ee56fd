//! Runs the protocol of `SharedArray` in all orders that its threads can take: `cargo test`.
//!
//! `versions.rs` is the library's own file, included as it is. What it takes from `sync` is loom's
//! here: locks and counters at which loom lets threads switch. In the place of chunks are numbers.
#![cfg(test)]

mod checks;
mod sync;
mod toy;
#[path = "../../../src/array/shared/versions.rs"]
mod versions;
