//! What an array tells a codec about its blocks, on writing and on reading.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayD, s};
use ndpress::codec::{Band, BlockInfo, Encoded, Scratch};
use ndpress::{Array, Codec, CodecError, CodecId, DType, Options};

use crate::random::Random;

/// Stores the lengths of a block whose elements are a formula of their place in it, and computes
/// the elements from them, so that it works only when both directions are told the same.
#[derive(Debug, Clone, Copy)]
struct Formula;

fn element(y: usize, x: usize) -> u16 {
    (y * 1000 + x) as u16
}

fn elements(shape: &[usize]) -> Vec<u8> {
    let (height, width) = (shape[0], shape[1]);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| element(y, x)));
    places.flat_map(u16::to_le_bytes).collect()
}

impl Codec for Formula {
    fn id(&self) -> CodecId {
        CodecId::new(201)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        assert_eq!((block.dtype, block.shape.len()), (DType::U16, 2));
        if src != elements(block.shape) {
            return Ok(Encoded::DoesNotFit);
        }
        dst[0] = block.shape[0] as u8;
        dst[1] = block.shape[1] as u8;
        Ok(Encoded::Len(2))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        assert_eq!(block.dtype, DType::U16);
        assert_eq!(block.shape, [usize::from(src[0]), usize::from(src[1])]);
        dst.copy_from_slice(&elements(block.shape));
        Ok(())
    }
}

#[test]
fn codecs_are_told_the_dtype_and_shape_of_blocks_both_ways() {
    let options =
        Options::new().codec(Formula).no_filters().chunk_shape([16, 32]).block_shape([4, 8]);
    let plain = Array2::from_shape_fn((50, 70), |(y, x)| element(y % 4, x % 8));
    let mut array = Array::from_ndarray(&plain, &options).unwrap();
    // Blocks with padding are stored as they are; 8 bytes for each of the others.
    assert!(array.chunk(0).unwrap().unwrap().cbytes() < 32 + 16 * (4 + 4 + 2 + 1));
    assert_eq!(array.to_ndarray().unwrap(), plain.clone().into_dyn());
    // One element changes: its block is read, the others are copied.
    array.set(&[5, 9], 7).unwrap();
    assert_eq!(array.at(&[5, 9]).unwrap(), 7);
    assert_eq!(array.at(&[5, 10]).unwrap(), element(1, 2));
}

/// 16-bit elements below 256 as bytes; hands out so many of them at a time, and counts.
#[derive(Debug, Clone)]
struct Banded {
    nitems: usize,
    nbands: Arc<AtomicUsize>,
}

impl Banded {
    fn of(nitems: usize) -> Self {
        Self { nitems, nbands: Arc::default() }
    }
}

impl Codec for Banded {
    fn id(&self) -> CodecId {
        CodecId::new(202)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        if src.chunks_exact(2).any(|item| item[1] != 0) {
            return Ok(Encoded::DoesNotFit);
        }
        dst.iter_mut().zip(src.chunks_exact(2)).for_each(|(to, item)| *to = item[0]);
        Ok(Encoded::Len(src.len() / 2))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        dst.chunks_exact_mut(2).zip(src).for_each(|(to, &byte)| to.copy_from_slice(&[byte, 0]));
        Ok(())
    }

    fn decode_bands(
        &self,
        src: &[u8],
        buffer: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<(), CodecError> {
        for (src, dst) in src.chunks(self.nitems).zip(buffer.chunks_mut(2 * self.nitems)) {
            self.decode(src, dst, block, scratch)?;
            let band = match src.iter().all(|&byte| byte == src[0]) {
                true => Band::Repeated { value: &dst[..2], count: src.len() },
                false => Band::Bytes(dst),
            };
            self.nbands.fetch_add(1, Ordering::Relaxed);
            if visit(band).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn selections_are_put_together_from_bands() {
    let mut nbands = 0;
    for seed in 0..300 {
        let mut random = Random(seed);
        let shape: Vec<usize> = (0..random.below(4)).map(|_| 1 + random.below(20)).collect();
        let chunk: Vec<usize> = shape.iter().map(|&len| 1 + random.below(len + 2)).collect();
        let block: Vec<usize> = chunk.iter().map(|&len| 1 + random.below(len)).collect();
        let codec = Banded::of(1 + random.below(30));
        let counter = codec.nbands.clone();
        let options =
            Options::new().codec(codec).no_filters().chunk_shape(&chunk).block_shape(&block);
        let largest = 1 + random.below(255);
        let plain: ArrayD<u16> = random.array(&shape).mapv(|value: u16| value % largest as u16);
        let array = Array::from_ndarray(&plain, &options).unwrap();
        assert_eq!(array.to_ndarray().unwrap(), plain);
        for _ in 0..20 {
            let slices = random.slices(&shape);
            assert_eq!(array.read(&slices[..]).unwrap(), plain.slice(&slices[..]));
        }
        nbands += counter.load(Ordering::Relaxed);
    }
    assert!(nbands > 10_000, "{nbands} bands");
}

#[test]
fn what_follows_the_last_element_wanted_is_not_decoded() {
    let codec = Banded::of(8);
    let nbands = codec.nbands.clone();
    let options = Options::new().codec(codec).no_filters().chunk_shape([16, 8]);
    let options = options.block_shape([16, 8]);
    let plain = Array2::from_shape_fn((16, 8), |(y, x)| (y * 8 + x) as u16);
    let array = Array::from_ndarray(&plain, &options).unwrap();
    for (rows, expected) in [(0..1, 1), (3..5, 5), (0..15, 15), (14..16, 16)] {
        nbands.store(0, Ordering::Relaxed);
        let window = array.read(s![rows.clone(), 2..5]).unwrap();
        assert_eq!(window, plain.slice(s![rows, 2..5]));
        assert_eq!(nbands.load(Ordering::Relaxed), expected);
    }
}
