//! Any options that encode.

use std::sync::Arc;

use arbitrary::Arbitrary;
use ndpress::codec::Codec;
use ndpress::{
    BitShuffle, BloscLz, ByteDelta, ChunkFormat, ChunkOptions, Delta, Lz4, Lz4Hc, Shuffle,
    SplitMode, Zstd,
};

#[derive(Arbitrary, Debug)]
pub enum AnyFilter {
    Shuffle(u8),
    BitShuffle,
    ByteDelta(u8),
}

#[derive(Arbitrary, Debug)]
pub struct AnyOptions {
    codec: u8,
    clevel: u8,
    delta: bool,
    filters: Vec<AnyFilter>,
    split: u8,
    blocksize: Option<u16>,
    blosc1: bool,
}

impl AnyOptions {
    pub fn options(&self) -> ChunkOptions {
        let clevel = self.clevel % 10;
        let codec: Arc<dyn Codec> = match self.codec % 4 {
            0 => Arc::new(BloscLz::clevel(clevel)),
            1 => Arc::new(Lz4::clevel(clevel)),
            2 => Arc::new(Lz4Hc::clevel(clevel)),
            // Higher levels are slow, and the same to what is tested here.
            _ => Arc::new(Zstd::clevel(clevel % 4)),
        };
        let split = match self.split % 3 {
            0 => SplitMode::Auto,
            1 => SplitMode::Always,
            _ => SplitMode::Never,
        };
        let mut options = ChunkOptions::new().no_filters().shared_codec(codec).split(split);
        if let Some(nbytes) = self.blocksize {
            options = options.blocksize(usize::from(nbytes).max(1));
        }
        if self.blosc1 {
            let options = options.format(ChunkFormat::Blosc1);
            return match self.filters.first() {
                Some(AnyFilter::Shuffle(_)) => options.shuffle(),
                Some(AnyFilter::BitShuffle) => options.bitshuffle(),
                _ => options,
            };
        }
        if self.delta {
            options = options.filter(Delta);
        }
        self.filters.iter().take(5).fold(options, |options, filter| match filter {
            AnyFilter::Shuffle(width) => options.filter(Shuffle::width(*width)),
            AnyFilter::BitShuffle => options.filter(BitShuffle),
            AnyFilter::ByteDelta(planes) => options.filter(ByteDelta::planes(*planes)),
        })
    }
}
