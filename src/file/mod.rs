//! Arrays and images in files.
//!
//! Below are [`array`](crate::Array), [`image`](crate::image) and [`frame`](crate::frame): here is
//! what ties them together. Above are conversions (`convert`) of what has the bytes of files.
//!
//! ```text
//! open, save        arrays from and to frames              open, save, options
//!   b2nd            the metalayer that makes a frame an array
//!   statistics      the metalayer that keeps what is known of blocks
//! ArrayFile         arrays in files that change            array_file
//! images            a frame for each channel, in a zip     image, archive
//! ```

mod archive;
mod array_file;
mod b2nd;
mod image;
mod open;
mod options;
mod save;
mod statistics;

pub use self::array_file::ArrayFile;
pub use self::open::open;
pub use self::options::SaveOptions;
#[cfg(feature = "serde")]
pub(crate) use self::save::to_cframe;
