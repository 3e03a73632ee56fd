//! The only `unsafe` of the crate, behind functions that are safe to call with any arguments.
//!
//! Each function takes slices, checks their lengths and does the rest with what the machine has.
//! Which instruction set is used never changes a byte of the result.

pub(crate) mod array;
pub(crate) mod bitshuffle;
#[cfg(target_arch = "x86_64")]
mod bitshuffle_x86;
pub(crate) mod difference;
#[cfg(feature = "dlpack")]
pub(crate) mod dlpack;
pub(crate) mod interleave;
mod isa;
pub(crate) mod items;
pub(crate) mod lz4;
#[cfg(feature = "mmap")]
pub(crate) mod map;
pub(crate) mod match_copy;
pub(crate) mod prefix;
#[cfg(target_arch = "x86_64")]
mod prefix_x86;
pub(crate) mod raster;
pub(crate) mod raster_entropy;
mod record;
mod scalar;
pub(crate) mod shuffle;
#[cfg(target_arch = "x86_64")]
mod shuffle_avx2;
#[cfg(target_arch = "x86_64")]
mod shuffle_avx512;
#[cfg(target_arch = "x86_64")]
mod shuffle_x86;
#[cfg(test)]
mod tests;
pub(crate) mod view;
mod wide;
pub(crate) mod words;

pub(crate) use self::isa::Isa;
pub(crate) use self::wide::wide;
