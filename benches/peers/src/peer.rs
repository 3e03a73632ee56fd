//! What is compared: one setting, and whoever can work with it.

use std::fmt;

/// The codecs of Blosc2 that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecKind {
    BloscLz,
    Lz4,
    Lz4Hc,
    Zstd,
}

impl CodecKind {
    pub const ALL: [Self; 4] = [Self::BloscLz, Self::Lz4, Self::Lz4Hc, Self::Zstd];
}

impl fmt::Display for CodecKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BloscLz => "blosclz",
            Self::Lz4 => "lz4",
            Self::Lz4Hc => "lz4hc",
            Self::Zstd => "zstd",
        })
    }
}

/// The filters that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterKind {
    None,
    Shuffle,
    BitShuffle,
}

impl fmt::Display for FilterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Shuffle => "shuffle",
            Self::BitShuffle => "bitshuffle",
        })
    }
}

/// How chunks are compressed: the same for all peers of a case.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub codec: CodecKind,
    /// On Blosc2's scale, 1 to 9.
    pub level: u8,
    pub filter: FilterKind,
    pub typesize: usize,
    /// In bytes; `None` leaves it to the peer.
    pub blocksize: Option<usize>,
}

/// One library, set up for one setting, with what it keeps between calls.
pub trait Peer {
    fn name(&self) -> &'static str;

    /// Whether it writes and reads Blosc2 chunks, so that others can read what it wrote.
    fn reads_blosc2(&self) -> bool;

    /// Compresses a chunk to the front of `dst`, which stays the same from call to call, and says
    /// how long it is.
    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize;

    /// Fills `dst` with the bytes of a chunk.
    fn decode(&mut self, src: &[u8], dst: &mut [u8]);
}

/// Makes `dst` long enough for what `nbytes` can become, once.
pub fn make_room(dst: &mut Vec<u8>, nbytes: usize) {
    let needed = nbytes + nbytes / 8 + 4096;
    if dst.len() < needed {
        dst.resize(needed, 0);
    }
}
