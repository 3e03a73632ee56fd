//! Peers on crates.io.

use std::marker::PhantomData;

use blosc2_pure_rs::compress::{CContext, DContext};
use blosc2_pure_rs::{CParams, DParams};

use crate::c_blosc2::{codec_id, filter_id};
use crate::peer::{Peer, Setting, make_room};
use ndpress::bytemuck::{Pod, cast_slice, cast_slice_mut};

/// The crate `blosc2-pure-rs`, contexts kept.
pub struct PureRs(CContext, DContext);

impl PureRs {
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        let compress = CParams {
            compcode: codec_id(setting.codec),
            clevel: setting.level,
            typesize: setting.typesize as i32,
            blocksize: setting.blocksize.unwrap_or(0) as i32,
            filters: [0, 0, 0, 0, 0, filter_id(setting.filter)],
            nthreads: 1,
            ..CParams::default()
        };
        let decompress = DParams { nthreads: 1, ..DParams::default() };
        Self(CContext::new(compress), DContext::new(decompress))
    }
}

impl Peer for PureRs {
    fn name(&self) -> &'static str {
        "blosc2-pure-rs"
    }

    fn reads_blosc2(&self) -> bool {
        true
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        make_room(dst, src.len());
        self.0.compress_into(src, dst).expect("blosc2-pure-rs compresses")
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let len = self.1.decompress_into(src, dst).expect("blosc2-pure-rs decompresses");
        assert_eq!(len, dst.len());
    }
}

/// The crate `blusc`, which chooses the size of blocks itself.
pub struct Blusc(blusc::Blosc2Context, blusc::Blosc2Context);

impl Blusc {
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        let mut params = blusc::BLOSC2_CPARAMS_DEFAULTS;
        params.compcode = codec_id(setting.codec);
        params.clevel = setting.level;
        params.typesize = setting.typesize as i32;
        params.filters[5] = filter_id(setting.filter);
        let compress = blusc::blosc2_create_cctx(params);
        Self(compress, blusc::blosc2_create_dctx(blusc::BLOSC2_DPARAMS_DEFAULTS))
    }
}

impl Peer for Blusc {
    fn name(&self) -> &'static str {
        "blusc"
    }

    fn reads_blosc2(&self) -> bool {
        true
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        make_room(dst, src.len());
        let len = blusc::blosc2_compress_ctx(&self.0, src, dst);
        assert!(len > 0, "blusc fails to compress: {len}");
        len as usize
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let len = blusc::blosc2_decompress_ctx(&self.1, src, dst);
        assert_eq!(len as usize, dst.len(), "blusc fails to decompress");
    }
}

/// The crate `lz4_flex`, a whole chunk as one LZ4 block.
pub struct Lz4Flex;

impl Peer for Lz4Flex {
    fn name(&self) -> &'static str {
        "lz4_flex"
    }

    fn reads_blosc2(&self) -> bool {
        false
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        make_room(dst, src.len());
        lz4_flex::block::compress_into(src, dst).expect("there is room")
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let len = lz4_flex::block::decompress_into(src, dst).expect("the block is sound");
        assert_eq!(len, dst.len());
    }
}

/// The crate `zstd` (C), a whole chunk as one frame.
pub struct Zstd(zstd::bulk::Compressor<'static>, zstd::bulk::Decompressor<'static>);

impl Zstd {
    #[must_use]
    pub fn new(setting: &Setting) -> Self {
        // Blosc2's scale on that of Zstandard.
        let level = match setting.level {
            9.. => *zstd::compression_level_range().end(),
            level => 2 * i32::from(level) - 1,
        };
        let compressor = zstd::bulk::Compressor::new(level).expect("the level is valid");
        Self(compressor, zstd::bulk::Decompressor::new().expect("there is memory"))
    }
}

impl Peer for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn reads_blosc2(&self) -> bool {
        false
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        make_room(dst, src.len());
        self.0.compress_to_buffer(src, &mut dst[..]).expect("there is room")
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let len = self.1.decompress_to_buffer(src, dst).expect("the frame is sound");
        assert_eq!(len, dst.len());
    }
}

/// The crate `pco`, a whole chunk as one stream of numbers.
pub struct Pco<T>(pco::ChunkConfig, PhantomData<T>);

impl<T> Pco<T> {
    #[must_use]
    pub fn new(level: usize) -> Self {
        let config = pco::ChunkConfig::default().with_compression_level(level);
        Self(config.with_enable_8_bit(true), PhantomData)
    }
}

impl<T: pco::data_types::Number + Pod> Peer for Pco<T> {
    fn name(&self) -> &'static str {
        "pco"
    }

    fn reads_blosc2(&self) -> bool {
        false
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        make_room(dst, src.len());
        let mut rest = &mut dst[..];
        let before = rest.len();
        pco::standalone::simple_compress_into(cast_slice::<u8, T>(src), &self.0, &mut rest)
            .expect("there is room");
        before - rest.len()
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        let dst = cast_slice_mut::<u8, T>(dst);
        let progress = pco::standalone::simple_decompress_into(src, dst).expect("it is sound");
        assert_eq!(progress.n_processed, dst.len());
    }
}
