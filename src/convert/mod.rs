//! Arrays and images from and to what others have: each in a feature of its own, off by default.
//!
//! Below are [`array`](crate::Array), [`image`](crate::image) and the files of both; nothing is above.
//!
//! ```text
//! dlpack            arrays decoded into tensors, and compressed from them    dlpack; arch::dlpack
//! serde             what a value is when it is serialized                    serde
//! ```

#[cfg(feature = "dlpack")]
mod dlpack;
mod error;
#[cfg(feature = "serde")]
mod serde;

pub use self::error::DlpackError;
