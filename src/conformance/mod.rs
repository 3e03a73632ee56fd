//! Suites that prove a codec, filter or image format of your own keeps its contract.
//!
//! Each is one call in a test; it panics at the first breach, with a message that says which input
//! led to it. The built-in ones pass them too.
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
mod format;
mod samples;
#[cfg(test)]
mod tests;

pub use self::codec::codec;
pub use self::filter::{filter, lossy_filter};
pub use self::format::format;
