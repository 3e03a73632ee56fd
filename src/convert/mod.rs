//! Arrays and images from and to what others have: each in a feature of its own, off by default.
//!
//! Below are [`array`](crate::Array), [`image`](crate::image) and the files of both; nothing is above.
//!
//! ```text
//! arrow             rows as lists of Arrow's, and back                       arrow
//! dlpack            arrays decoded into tensors, and compressed from them    dlpack; arch::dlpack
//! serde             what a value is when it is serialized                    serde
//! ```

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "dlpack")]
mod dlpack;
mod error;
#[cfg(feature = "serde")]
mod serde;

#[cfg(feature = "arrow")]
pub use self::arrow::ArrowRows;
pub use self::error::{ArrowTensorError, DlpackError};
