//! Memory that is kept between blocks.

use super::entropy::Workspace;
use crate::arch::raster::sparse::Sections;
use crate::codec::Scratch;

/// What one thread keeps for this codec.
#[derive(Default)]
pub(super) struct State {
    /// Buffers that are not in use.
    free: Vec<Vec<u8>>,
    /// For the LZ4 codec.
    pub(super) lz: Scratch,
    /// For the entropy stage.
    pub(super) entropy: Workspace,
    /// For labels.
    pub(super) sections: Sections,
    /// For dictionaries: where each value is among those found, see [`distinct`](super::distinct).
    pub(super) places: Vec<u16>,
}

impl State {
    /// A buffer of `len` bytes of unspecified content. To be [given back](Self::give).
    pub(super) fn take(&mut self, len: usize) -> Vec<u8> {
        let mut buffer = self.free.pop().unwrap_or_default();
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        buffer.truncate(len);
        buffer
    }

    /// An empty buffer to append to. To be [given back](Self::give).
    pub(super) fn take_empty(&mut self) -> Vec<u8> {
        self.take(0)
    }

    pub(super) fn give(&mut self, buffer: Vec<u8>) {
        self.free.push(buffer);
    }
}
