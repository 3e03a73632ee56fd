//! Computing with compressed arrays, block by block: below is [`array`](crate::array), above are
//! images and files.
//!
//! ```text
//! reduce      elements to numbers, or to arrays of fewer axes
//! number      the types that can be added and compared, and loops over them
//! ```

pub(crate) mod number;
pub(crate) mod reduce;

pub use self::number::Number;
pub use self::reduce::{Along, Histogram, SkipNan};
