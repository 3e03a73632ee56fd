//! Values to and from the formats of `serde` (feature `serde`).
//!
//! Below are the files of arrays and images, whose bytes are what is serialized.
//!
//! ```text
//! arrays            dtype, shape, frame                                      arrays
//! Image             shape, archive                                           images
//! DType, Shape, …   a text, a sequence, a structure                          values
//!   structures      fields of bytes beside those that say what they are      fields
//!   bytes           as bytes, or as text for people                          bytes, base64
//! ```

mod arrays;
mod base64;
mod bytes;
mod fields;
mod images;
mod values;
