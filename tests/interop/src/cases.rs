//! The matrix: every combination of what is listed here.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ndpress::codec::Codec;
use ndpress::{
    BloscLz, ByteDelta, ChunkOptions, Delta, Lz4, Lz4Hc, Shuffle, SplitMode, TruncPrec, Zstd,
};

use crate::data::{CONTENTS, Content};
use crate::protocol::Params;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodecKind {
    BloscLz,
    Lz4,
    Lz4Hc,
    Zstd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filters {
    None,
    Shuffle,
    BitShuffle,
    Delta,
    DeltaShuffle,
    ShuffleByteDelta,
    /// Keeps 5 bits of the mantissa.
    TruncPrec,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    Always,
    Never,
    Auto,
}

/// What is asked for as the size of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocks {
    /// Whole elements, about 2000 bytes.
    Whole,
    /// As `Whole`, and half an element.
    Ragged,
    /// What the writer chooses.
    Auto,
    /// Whole elements, about 64 KiB: for chunks that are worked on by several threads.
    Large,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Case {
    pub codec: CodecKind,
    pub filters: Filters,
    pub typesize: usize,
    pub clevel: u8,
    pub split: Split,
    pub threads: u8,
    pub blocks: Blocks,
    pub nbytes: usize,
}

pub const CODECS: [CodecKind; 4] =
    [CodecKind::BloscLz, CodecKind::Lz4, CodecKind::Lz4Hc, CodecKind::Zstd];
pub const FILTERS: [Filters; 7] = [
    Filters::None,
    Filters::Shuffle,
    Filters::BitShuffle,
    Filters::Delta,
    Filters::DeltaShuffle,
    Filters::ShuffleByteDelta,
    Filters::TruncPrec,
];
pub const TYPESIZES: [usize; 12] = [1, 2, 3, 4, 7, 8, 12, 16, 24, 255, 256, 300];
pub const CLEVELS: [u8; 4] = [0, 1, 5, 9];
pub const SPLITS: [Split; 3] = [Split::Always, Split::Never, Split::Auto];
pub const THREADS: [u8; 2] = [1, 4];
pub const BLOCKS: [Blocks; 3] = [Blocks::Whole, Blocks::Ragged, Blocks::Auto];
/// Levels of large chunks: at 9, C-Blosc2's zstd alone would take as long as all the rest.
pub const LARGE_CLEVELS: [u8; 2] = [1, 5];

/// Bits of the mantissa that [`Filters::TruncPrec`] keeps.
pub const KEPT_BITS: i8 = 5;

impl CodecKind {
    pub fn id(self) -> u8 {
        match self {
            Self::BloscLz => 0,
            Self::Lz4 => 1,
            Self::Lz4Hc => 2,
            Self::Zstd => 5,
        }
    }

    pub fn codec(self, clevel: u8) -> Arc<dyn Codec> {
        match self {
            Self::BloscLz => Arc::new(BloscLz::clevel(clevel)),
            Self::Lz4 => Arc::new(Lz4::clevel(clevel)),
            Self::Lz4Hc => Arc::new(Lz4Hc::clevel(clevel)),
            Self::Zstd => Arc::new(Zstd::clevel(clevel)),
        }
    }
}

impl Filters {
    pub fn has_delta(self) -> bool {
        matches!(self, Self::Delta | Self::DeltaShuffle)
    }
}

impl Case {
    pub fn block(&self) -> usize {
        let target = if self.blocks == Blocks::Large { 64 << 10 } else { 2000 };
        (target / self.typesize).max(1) * self.typesize
    }

    /// The size of blocks that is asked for; `None` leaves it to the writer.
    pub fn blocksize(&self) -> Option<usize> {
        match self.blocks {
            Blocks::Auto => None,
            Blocks::Ragged => Some(self.block() + self.typesize.div_ceil(2)),
            Blocks::Whole | Blocks::Large => Some(self.block()),
        }
    }

    /// As the header has it.
    pub fn header_typesize(&self) -> usize {
        if self.typesize > 255 { 1 } else { self.typesize }
    }

    pub fn seed(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Each setting meets each content at some length.
    pub fn content(&self) -> Content {
        CONTENTS[(self.seed() % 4) as usize]
    }

    pub fn options(&self) -> ChunkOptions {
        let bare = ChunkOptions::new().no_filters();
        // C-Blosc2 knows the typesize of a bare chunk's byte planes only from the meta byte.
        let byte_delta = ByteDelta::planes(self.header_typesize() as u8);
        let options = match self.filters {
            Filters::None => bare,
            Filters::Shuffle => bare.shuffle(),
            Filters::BitShuffle => bare.bitshuffle(),
            Filters::Delta => bare.filter(Delta),
            Filters::DeltaShuffle => bare.filter(Delta).filter(Shuffle::default()),
            Filters::ShuffleByteDelta => bare.shuffle().filter(byte_delta),
            Filters::TruncPrec => bare.filter(TruncPrec::bits(KEPT_BITS)),
        };
        let split = match self.split {
            Split::Always => SplitMode::Always,
            Split::Never => SplitMode::Never,
            Split::Auto => SplitMode::Auto,
        };
        let options = options.shared_codec(self.codec.codec(self.clevel)).split(split);
        match self.blocksize() {
            Some(nbytes) => options.blocksize(nbytes),
            None => options,
        }
    }

    pub fn params(&self) -> Params {
        let planes = self.header_typesize() as u8;
        let (filters, filters_meta) = match self.filters {
            Filters::None => ([0; 6], [0; 6]),
            Filters::Shuffle => ([0, 0, 0, 0, 0, 1], [0; 6]),
            Filters::BitShuffle => ([0, 0, 0, 0, 0, 2], [0; 6]),
            Filters::Delta => ([3, 0, 0, 0, 0, 0], [0; 6]),
            Filters::DeltaShuffle => ([0, 0, 0, 0, 3, 1], [0; 6]),
            Filters::ShuffleByteDelta => ([0, 0, 0, 0, 1, 35], [0, 0, 0, 0, 0, planes]),
            Filters::TruncPrec => ([0, 0, 4, 0, 0, 0], [0, 0, KEPT_BITS as u8, 0, 0, 0]),
        };
        Params {
            codec: self.codec.id(),
            clevel: self.clevel,
            typesize: self.typesize,
            blocksize: self.blocksize().unwrap_or(0),
            split: match self.split {
                Split::Always => 1,
                Split::Never => 2,
                Split::Auto => 3,
            },
            nthreads: self.threads,
            use_dict: false,
            filters,
            filters_meta,
        }
    }

    fn lengths(&self) -> Vec<usize> {
        let (block, typesize) = (self.block(), self.typesize);
        let mut lengths = if self.blocks == Blocks::Large {
            vec![9 * block + typesize, 9 * block + 3]
        } else {
            let edges = [0, 1, typesize - 1, 31, 32, 33, block - 1, block, block + 1];
            let ends = [3 * block, 3 * block + typesize, 3 * block + 3];
            [&edges[..], &ends].concat()
        };
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }
}

/// Every case, in an order that does not matter.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for blocks in BLOCKS {
        settings(blocks, &CLEVELS, &mut cases);
    }
    settings(Blocks::Large, &LARGE_CLEVELS, &mut cases);
    cases
}

fn settings(blocks: Blocks, clevels: &[u8], cases: &mut Vec<Case>) {
    for codec in CODECS {
        for filters in FILTERS {
            for typesize in TYPESIZES {
                if filters == Filters::TruncPrec && !matches!(typesize, 4 | 8) {
                    continue;
                }
                for &clevel in clevels {
                    for split in SPLITS {
                        for threads in THREADS {
                            let nbytes = 0;
                            let case = Case {
                                codec,
                                filters,
                                typesize,
                                clevel,
                                split,
                                threads,
                                blocks,
                                nbytes,
                            };
                            let lengths = case.lengths().into_iter();
                            cases.extend(lengths.map(|nbytes| Case { nbytes, ..case }));
                        }
                    }
                }
            }
        }
    }
}
