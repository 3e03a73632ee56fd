//! Who is measured: our codec in its two levels, what it is compared with, and copying.

use std::fmt;
use std::rc::Rc;

use ndpress::benchmarks::ChunkCoder;
use ndpress::bytemuck::Pod;
use ndpress::half::f16;
use ndpress::{AnyArray, Chunk, DType, Options, Raster, Region, Shape};

use crate::c_blosc2::{CBlosc2, Contexts};
use crate::crates::Pco;
use crate::data::{Array, CHUNK_NBYTES};
use crate::peer::{CodecKind, FilterKind, Peer, Setting};

/// Bytes of a block of C-Blosc2.
const BLOCKSIZE: usize = 32 << 10;

/// The contenders, in the order of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The raster codec at its default level, chunk by chunk.
    Fast,
    /// The raster codec at its denser level, chunk by chunk.
    Dense,
    /// The first through the array layer: from rows, and to rows.
    FastArray,
    /// C-Blosc2's LZ4 at level 5.
    Lz4,
    /// C-Blosc2's Zstandard at Blosc's level 1.
    Zstd1,
    /// C-Blosc2's Zstandard at Blosc's level 5, which is 9 on its own scale.
    Zstd9,
    /// Pco at level 8.
    Pco8,
    /// A copy of all bytes by one call, which is free to go around the caches.
    Copy,
    /// A copy block by block, which has to go through them as decoders do.
    CopyBlocks,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Fast,
        Self::Dense,
        Self::FastArray,
        Self::Lz4,
        Self::Zstd1,
        Self::Zstd9,
        Self::Pco8,
        Self::Copy,
        Self::CopyBlocks,
    ];

    /// Those that the tables by class have. In cache, both ways to copy are the same.
    pub fn tabled() -> Vec<Self> {
        Self::ALL.into_iter().filter(|kind| *kind != Self::CopyBlocks).collect()
    }

    /// As on the command line and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Dense => "dense",
            Self::FastArray => "fast-array",
            Self::Lz4 => "lz4",
            Self::Zstd1 => "zstd-1",
            Self::Zstd9 => "zstd-9",
            Self::Pco8 => "pco-8",
            Self::Copy => "memcpy",
            Self::CopyBlocks => "memcpy-32K",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Set up for an array; `None` where it cannot hold the elements.
    pub fn contender<'a>(
        self,
        array: &'a Array,
        library: &Rc<CBlosc2>,
    ) -> Option<Box<dyn Contender + 'a>> {
        let blosc = |codec, level| -> Option<Box<dyn Contender + 'a>> {
            let filter = if array.typesize > 1 { FilterKind::Shuffle } else { FilterKind::None };
            let (typesize, blocksize) = (array.typesize, Some(BLOCKSIZE));
            let setting = Setting { codec, level, filter, typesize, blocksize };
            Some(Box::new(FlatChunks::new(Box::new(Contexts::new(library, &setting)), array)))
        };
        match self {
            Self::Fast => Some(Box::new(Blocks::new(&fast(), array))),
            Self::Dense => Some(Box::new(Blocks::new(&dense(), array))),
            Self::FastArray => Some(Box::new(Rows::new(fast(), array))),
            Self::Lz4 => blosc(CodecKind::Lz4, 5),
            Self::Zstd1 => blosc(CodecKind::Zstd, 1),
            Self::Zstd9 => blosc(CodecKind::Zstd, 5),
            Self::Pco8 => Some(Box::new(FlatChunks::new(pco(array.dtype, 8)?, array))),
            Self::Copy => Some(Box::new(Copy::new(array, array.bytes.len()))),
            Self::CopyBlocks => Some(Box::new(Copy::new(array, BLOCKSIZE))),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn fast() -> Options {
    Options::new().codec(Raster::fast())
}

fn dense() -> Options {
    Options::new().codec(Raster::dense())
}

fn pco(dtype: DType, level: usize) -> Option<Box<dyn Peer>> {
    fn of<T: pco::data_types::Number + Pod>(level: usize) -> Option<Box<dyn Peer>> {
        Some(Box::new(Pco::<T>::new(level)))
    }
    match dtype {
        DType::Bool | DType::U8 => of::<u8>(level),
        DType::U16 => of::<u16>(level),
        DType::U32 => of::<u32>(level),
        DType::U64 => of::<u64>(level),
        DType::I8 => of::<i8>(level),
        DType::I16 => of::<i16>(level),
        DType::I32 => of::<i32>(level),
        DType::I64 => of::<i64>(level),
        DType::F16 => of::<f16>(level),
        DType::F32 => of::<f32>(level),
        DType::F64 => of::<f64>(level),
        _ => None,
    }
}

/// One way to hold an array, with the array as it holds it now.
pub trait Contender {
    /// The bytes of the array in the order in which decoding gives them.
    fn raw(&self) -> &[u8];

    /// Compresses them.
    fn encode(&mut self);

    /// Compressed bytes.
    fn cbytes(&self) -> usize;

    /// Fills `dst`, which is as long as the raw bytes.
    fn decode(&mut self, dst: &mut [u8]);
}

/// A peer that knows bytes alone: flat chunks of 4 MiB.
struct FlatChunks<'a> {
    peer: Box<dyn Peer>,
    raw: &'a [u8],
    chunk_nbytes: usize,
    /// A buffer for each chunk, and how much of it is used.
    encoded: Vec<(Vec<u8>, usize)>,
}

impl<'a> FlatChunks<'a> {
    fn new(peer: Box<dyn Peer>, array: &'a Array) -> Self {
        let raw = &array.bytes[..];
        let chunk_nbytes = CHUNK_NBYTES / array.typesize * array.typesize;
        let encoded = vec![(Vec::new(), 0); raw.len().div_ceil(chunk_nbytes)];
        Self { peer, raw, chunk_nbytes, encoded }
    }
}

impl Contender for FlatChunks<'_> {
    fn raw(&self) -> &[u8] {
        self.raw
    }

    fn encode(&mut self) {
        for (src, (dst, len)) in self.raw.chunks(self.chunk_nbytes).zip(&mut self.encoded) {
            *len = self.peer.encode(src, dst);
        }
    }

    fn cbytes(&self) -> usize {
        self.encoded.iter().map(|(_, len)| len).sum()
    }

    fn decode(&mut self, dst: &mut [u8]) {
        for ((src, len), dst) in self.encoded.iter().zip(dst.chunks_mut(self.chunk_nbytes)) {
            self.peer.decode(&src[..*len], dst);
        }
    }
}

/// Ours as the peers are measured: chunks cut as an array cuts them, whose bytes lie block by
/// block, so that a block is as whole in memory as one of a flat chunk.
struct Blocks {
    coder: ChunkCoder,
    raw: Vec<u8>,
    chunks: Vec<Chunk>,
}

impl Blocks {
    fn new(options: &Options, array: &Array) -> Self {
        let coder =
            ChunkCoder::new(array.dtype, array.shape, options).expect("the options are valid");
        let raw = coder.in_blocks(&array.bytes).expect("the shape is that of the bytes");
        Self { coder, raw, chunks: Vec::new() }
    }
}

impl Contender for Blocks {
    fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn encode(&mut self) {
        self.chunks.clear();
        for raw in self.raw.chunks_exact(self.coder.chunk_nbytes()) {
            self.chunks.push(self.coder.encode(raw).expect("the options are valid"));
        }
    }

    fn cbytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.cbytes()).sum()
    }

    fn decode(&mut self, dst: &mut [u8]) {
        for (chunk, dst) in self.chunks.iter().zip(dst.chunks_exact_mut(self.coder.chunk_nbytes()))
        {
            self.coder.decode(chunk, dst).expect("it is sound");
        }
    }
}

/// Ours as users have it: elements come and go in rows.
struct Rows<'a> {
    options: Options,
    source: &'a Array,
    array: Option<AnyArray>,
}

impl<'a> Rows<'a> {
    fn new(options: Options, source: &'a Array) -> Self {
        Self { options, source, array: None }
    }
}

impl Contender for Rows<'_> {
    fn raw(&self) -> &[u8] {
        &self.source.bytes
    }

    fn encode(&mut self) {
        let Array { dtype, shape, bytes, .. } = self.source;
        let array = AnyArray::from_bytes(*dtype, bytes, shape, &self.options);
        self.array = Some(array.expect("the shape is that of the bytes"));
    }

    fn cbytes(&self) -> usize {
        self.array.as_ref().map_or(0, AnyArray::cbytes)
    }

    fn decode(&mut self, dst: &mut [u8]) {
        let shape = Shape::new(self.source.shape).expect("it has three axes");
        let array = self.array.as_ref().expect("it was encoded");
        array.read_region_bytes_into(&Region::full(shape), dst).expect("it is sound");
    }
}

/// What memory allows.
struct Copy<'a> {
    src: &'a [u8],
    /// Bytes of a call.
    piece: usize,
    /// For encoding: chunk after chunk to one place.
    dst: Vec<u8>,
}

impl<'a> Copy<'a> {
    fn new(array: &'a Array, piece: usize) -> Self {
        let src = &array.bytes[..];
        Self { src, piece, dst: vec![0; CHUNK_NBYTES.min(src.len())] }
    }
}

impl Contender for Copy<'_> {
    fn raw(&self) -> &[u8] {
        self.src
    }

    fn encode(&mut self) {
        for src in self.src.chunks(CHUNK_NBYTES) {
            self.dst[..src.len()].copy_from_slice(src);
        }
    }

    fn cbytes(&self) -> usize {
        self.src.len()
    }

    fn decode(&mut self, dst: &mut [u8]) {
        for (src, dst) in self.src.chunks(self.piece).zip(dst.chunks_mut(self.piece)) {
            dst.copy_from_slice(src);
        }
    }
}
