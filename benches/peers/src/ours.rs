//! The library under test.

use std::sync::Arc;

use ndpress::codec::Codec;
use ndpress::{BloscLz, Chunk, ChunkOptions, Limits, Lz4, Lz4Hc, Registry, Zstd};

use crate::peer::{CodecKind, FilterKind, Peer, Setting};

/// ndpress, through what is public.
pub struct Ours {
    options: ChunkOptions,
    registry: Registry,
    typesize: usize,
}

impl Ours {
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        let options = ChunkOptions::new().shared_codec(codec(setting.codec, setting.level));
        let options = match setting.filter {
            FilterKind::None => options.no_filters(),
            FilterKind::Shuffle => options.shuffle(),
            FilterKind::BitShuffle => options.bitshuffle(),
        };
        let options = match setting.blocksize {
            Some(nbytes) => options.blocksize(nbytes),
            None => options,
        };
        Self { options, registry: Registry::default(), typesize: setting.typesize }
    }
}

fn codec(codec: CodecKind, level: u8) -> Arc<dyn Codec> {
    match codec {
        CodecKind::BloscLz => Arc::new(BloscLz::clevel(level)),
        CodecKind::Lz4 => Arc::new(Lz4::clevel(level)),
        CodecKind::Lz4Hc => Arc::new(Lz4Hc::clevel(level)),
        CodecKind::Zstd => Arc::new(Zstd::clevel(level)),
    }
}

impl Peer for Ours {
    fn name(&self) -> &'static str {
        "ndpress"
    }

    fn reads_blosc2(&self) -> bool {
        true
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        let chunk = Chunk::encode(src, self.typesize, &self.options).expect("the setting is valid");
        // Allocated anew by each call, as users have it.
        *dst = chunk.into_inner();
        dst.len()
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let chunk = Chunk::parse(src, &Limits::default()).expect("the header is sound");
        chunk.decode_into(dst, &self.registry).expect("the chunk is sound");
    }
}
