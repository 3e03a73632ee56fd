//! Computing with compressed arrays, compared with the same on plain ones.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod cases;
#[path = "../common/counting.rs"]
mod codec;
mod expressions;
mod maps;
mod picks;
#[path = "../array/random.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod random;
mod reductions;
mod views;
