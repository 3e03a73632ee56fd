//! Arrays and images from and to what others have: each in a feature of its own, off by default.
//!
//! Below are [`array`](crate::Array), [`image`](crate::image) and the files of both; nothing is above.
//!
//! ```text
//! serde             what a value is when it is serialized                    serde
//! ```

#[cfg(feature = "serde")]
mod serde;
