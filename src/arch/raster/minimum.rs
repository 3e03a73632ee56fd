//! The smallest value: what [`Predictor::None`](super::Predictor::None) subtracts.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::recompiled::recompiled;
use super::{Isa, scalar};

recompiled! {
    /// The smallest value, as an unsigned number; 0 if there is none. Bytes after the last whole
    /// value do not count.
    pub(crate) minimum = scalar::minimum, (itemsize: usize, src: &[u8]) -> u64
}
