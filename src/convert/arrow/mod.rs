//! Arrays from and to Arrow's lists of fixed size (feature `arrow`).
//!
//! Below is [`array`](crate::Array). A row, all elements of one index of axis 0, is a list; the
//! field of such a column is Arrow's canonical extension `arrow.fixed_shape_tensor`, which says what
//! shape rows have.
//!
//! ```text
//! to Arrow          fields, whole arrays, row of chunks by row of chunks     export
//! from Arrow        one column's array, or several                           import
//!   elements        which types are the same                                 elements
//!   extension       the shape of rows, as JSON                               extension
//! ```

mod elements;
mod export;
mod extension;
mod import;

pub use self::export::ArrowRows;
