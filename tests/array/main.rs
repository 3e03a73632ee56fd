//! Arrays from outside: against a plain `ndarray` as model, with bad input, from many threads.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod cache;
mod codec;
#[path = "../common/counting.rs"]
mod counting;
mod faults;
mod model;
mod quantize;
#[allow(dead_code, reason = "each test binary uses its part")]
mod random;
mod resize;
mod shared;
mod storage;
mod threads;
