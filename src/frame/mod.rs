//! Frames: rows of chunks in a file, a folder or in memory, as C-Blosc2 has them.
//!
//! Below is [`Chunk`](crate::Chunk); above are the files of arrays and images, which know what the
//! chunks are of. A [`Frame`] is what Blosc2 calls a super-chunk: chunks of one size in an order,
//! named [metalayers](crate::Metalayers), and where everything lies.
//!
//! ```text
//! Frame                 what it is; made, opened                                  frame, create
//!                       chunks added, changed, committed; compact, verify         change
//!   reading             header, table of chunks, trailer                          state
//!                       chunks, whole or in part, and their checksums             source, checksums
//!   writing             where bytes go, and when they count                       store
//!   wire format         header, index, trailer, layers; numbers                   wire
//!   bytes               of a file, a map of it, memory, anything                  read_at
//! ```
//!
//! The format is described in `docs/format.md`.

mod change;
mod checksums;
mod compact;
mod create;
#[allow(clippy::module_inception, reason = "the type that the module is about")]
mod frame;
mod header;
mod index;
mod layers;
mod options;
mod read_at;
mod source;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod trailer;
mod verify;
pub(crate) mod wire;

pub(crate) use self::change::ChunkSizes;
pub(crate) use self::create::{check_unlocked, open_bytes};
pub use self::frame::Frame;
pub use self::header::FrameKind;
pub(crate) use self::index::Entry;
pub use self::options::{Access, Checksums, FrameOptions, OpenOptions};
pub use self::read_at::ReadAt;
pub(crate) use self::read_at::{Held, Window};
pub(crate) use self::store::Replacement;
pub use self::verify::{BadChunk, Verification};
