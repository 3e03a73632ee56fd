//! Arrays that keep statistics of their blocks, compared with the same arrays without.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod counting;
mod files;
mod same;
