//! Arrays to and from what others have, compared with plain ones.
#![cfg(all(feature = "ndarray", any(feature = "arrow", feature = "dlpack", feature = "serde")))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[cfg(feature = "arrow")]
mod columns;
#[path = "../array/random.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod random;
#[cfg(feature = "serde")]
mod serialized;
#[cfg(feature = "dlpack")]
mod tensors;
