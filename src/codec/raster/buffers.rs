//! Memory that is kept between blocks.

use std::ops::{Deref, DerefMut};

use super::distinct::Places;
use super::entropy::Workspace;
use crate::arch::raster::sparse::Sections;
use crate::codec::Scratch;

/// What one thread keeps for this codec.
#[derive(Default)]
pub(super) struct State {
    /// Buffers to write to that are not in use.
    free: Vec<Vec<u8>>,
    /// Buffers to append to that are not in use.
    free_empty: Vec<Vec<u8>>,
    /// For the LZ4 codec.
    pub(super) lz: Scratch,
    /// For the entropy stage.
    pub(super) entropy: Workspace,
    /// For labels.
    pub(super) sections: Sections,
    /// For dictionaries: where each value is among those found, see [`distinct`](super::distinct).
    pub(super) places: Places,
    /// For dictionaries: which of those found each value is.
    pub(super) indices: Vec<u16>,
}

impl State {
    /// A buffer of `len` bytes of unspecified content. To be [given back](Self::give).
    pub(super) fn take(&mut self, len: usize) -> Buffer {
        let mut bytes = self.free.pop().unwrap_or_default();
        if bytes.len() < len {
            bytes.resize(len, 0);
        }
        Buffer { bytes, len }
    }

    /// An empty buffer to append to. To be [given back](Self::give).
    pub(super) fn take_empty(&mut self) -> Vec<u8> {
        self.free_empty.pop().unwrap_or_default()
    }

    pub(super) fn give(&mut self, buffer: impl Kept) {
        buffer.give_to(self);
    }
}

/// Bytes to write to. All that there is room for stays initialised, so that it is done once.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Not above the length of `bytes`.
    len: usize,
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

/// What a [`State`] keeps for the next who needs one.
pub(super) trait Kept {
    fn give_to(self, state: &mut State);
}

impl Kept for Buffer {
    fn give_to(self, state: &mut State) {
        state.free.push(self.bytes);
    }
}

impl Kept for Vec<u8> {
    fn give_to(mut self, state: &mut State) {
        self.clear();
        state.free_empty.push(self);
    }
}
