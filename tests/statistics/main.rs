//! Arrays that keep statistics of their blocks, compared with the same arrays without.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/counting.rs"]
mod codec;
mod counting;
mod files;
#[path = "../common/folder.rs"]
mod folder;
#[path = "../array/random.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod random;
mod same;
