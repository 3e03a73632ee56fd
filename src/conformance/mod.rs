//! Suites that prove a codec or filter of your own keeps its contract.
//!
//! Each is one call in a test; it panics at the first breach, with a message that says which input
//! led to it. The built-in codecs and filters pass them too.
//!
//! ```
//! use ndpress::codec::BloscLz;
//! use ndpress::conformance;
//!
//! conformance::codec(&BloscLz::clevel(5));
//! ```
#![allow(clippy::panic, reason = "a suite reports by panicking")]

mod codec;
mod filter;
mod samples;
#[cfg(test)]
mod tests;

pub use self::codec::codec;
pub use self::filter::{filter, lossy_filter};
