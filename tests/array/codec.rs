//! What an array tells a codec about its blocks, on writing and on reading.

use ndarray::Array2;
use ndpress::codec::{BlockInfo, Encoded, Scratch};
use ndpress::{Array, Codec, CodecError, CodecId, DType, Options};

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
