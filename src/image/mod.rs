//! Images.

mod interleave;

pub use self::interleave::{deinterleave, interleave};
