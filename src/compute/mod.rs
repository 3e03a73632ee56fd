//! Computing with compressed arrays, block by block: below is [`array`](crate::array), above are
//! images and files.
//!
//! ```text
//! reduce        elements to numbers, or to arrays of fewer axes
//! map, zip      functions of elements, of one array or several, into new arrays or in place
//! mask          elements where something is true
//! overlap       functions of neighbourhoods
//! expression    operators and functions on arrays, evaluated when elements are asked for
//!   computed    what is computed, cut like an array
//!     node      what computes a box of elements from boxes of arrays
//! arithmetic    operations on numbers, and the types of their results
//! cast          numbers as another type
//! number        the types that can be added and compared, and loops over them
//! ```

pub(crate) mod arithmetic;
pub(crate) mod cast;
mod computed;
mod expression;
mod map;
mod mask;
mod node;
pub(crate) mod number;
mod overlap;
pub(crate) mod reduce;
mod zip;

pub use self::arithmetic::{Arithmetic, Promote};
pub use self::cast::CastFrom;
pub use self::expression::{Expression, Operand, concatenate, stack};
pub use self::number::Number;
pub use self::overlap::{Border, Neighbourhood};
pub use self::reduce::{Along, BlockStatistics, Histogram, SkipNan};
pub(crate) use self::reduce::{is_possible, summariser};
pub use self::zip::{Source, Sources, zip_map, zip_map_indexed};
