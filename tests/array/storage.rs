//! How arrays are held: sizes, constants, codecs, and the bytes of their chunks.

use std::ops::Range;

use ndpress::{Array, Options, Region};

use crate::counting::CountingCodec;
use crate::random::Random;

#[test]
fn constants_cost_one_value() {
    let options = Options::new().chunk_shape([300, 1000]);
    let mut array = Array::full([1000, 1000], 7u16, &options).unwrap();
    let empty = array.cbytes();
    assert!(empty < 1000, "{empty} bytes");
    let items: Vec<u16> = (0..300_000).map(|i| (i / 7) as u16).collect();
    array.write_chunk(0, &items).unwrap();
    assert!(array.cbytes() > empty + 1000);
    // The fill value is not stored, another one in a few bytes.
    array.fill_chunk(0, 7).unwrap();
    assert_eq!(array.cbytes(), empty);
    array.fill_chunk(0, 8).unwrap();
    assert!(array.cbytes() < empty + 300);
    assert_eq!(array.at(&[0, 0]).unwrap(), 8);
    // So do elements that happen to be equal, also next to padding.
    let last = array.nchunks() - 1;
    let n = array.chunk_region(last).unwrap().shape().nitems();
    array.write_chunk(last, &vec![9; n]).unwrap();
    assert!(array.chunk(last).unwrap().unwrap().special().is_some());
    // Setting everything leaves one value.
    array.fill_region(&Region::new([0..1000, 0..1000]).unwrap(), 3).unwrap();
    assert_eq!(array.cbytes(), empty);
    assert_eq!(array.to_vec().unwrap(), vec![3; 1_000_000]);
    let like = Array::full_like(&array, 4);
    assert_eq!((like.chunk_shape(), like.at(&[5, 5]).unwrap()), (array.chunk_shape(), 4));
    assert_eq!(Array::zeros_like(&array).at(&[0, 0]).unwrap(), 0);
}

#[test]
fn arrays_may_be_larger_than_two_gigabytes() {
    let mut array = Array::<u8>::zeros([3, 1 << 31], &Options::default()).unwrap();
    assert_eq!(array.nbytes(), 3 << 31);
    let end = (1 << 31) - 2..1 << 31;
    array.write_region(&Region::new([1..3, end.clone()]).unwrap(), &[1, 2, 3, 4]).unwrap();
    let corner = Region::new([0..3, end]).unwrap();
    assert_eq!(array.read_region(&corner).unwrap(), [0, 0, 1, 2, 3, 4]);
    assert_eq!(array.at(&[2, (1 << 31) - 1]).unwrap(), 4);
    assert!(array.cbytes() < 100_000);
}

#[test]
fn display_and_debug_tell_what_is_held() {
    let items: Vec<f32> = (0..480_000).map(|i| (i / 600) as f32).collect();
    let array = Array::from_slice(&items, [800, 600], &Options::default()).unwrap();
    let text = array.to_string();
    assert!(text.starts_with("800×600 f32, raster, "), "{text}");
    assert!(text.contains(" of 1.9 MB, ") && text.ends_with(":1"), "{text}");
    let debug = format!("{array:?}");
    assert!(debug.contains("shape: [800, 600]") && debug.contains("ratio: "), "{debug}");
    let scalar = Array::full([], 1u8, &Options::new().no_filters()).unwrap().to_string();
    assert!(scalar.starts_with("scalar u8, raster, "), "{scalar}");
}

#[test]
fn sizes_are_true() {
    let items: Vec<u16> = (0..100_000u64).map(|i| (i * i / 777) as u16).collect();
    let array =
        Array::from_slice(&items, [100, 1000], &Options::new().chunk_shape([10, 1000])).unwrap();
    let chunks: usize =
        (0..10).map(|index| array.chunk(index).unwrap().unwrap().as_bytes().len()).sum();
    assert_eq!(array.nbytes(), 200_000);
    assert!(array.cbytes() > chunks && array.cbytes() < chunks + 10 * 400 + 1000);
    assert!((array.ratio() - 200_000.0 / array.cbytes() as f64).abs() < 1e-9);
}

#[test]
fn a_codec_of_your_own_needs_no_registration() {
    let items: Vec<u16> = (0..10_000).collect();
    let options = Options::new().codec(CountingCodec::default());
    let array = Array::from_slice(&items, [100, 100], &options).unwrap();
    assert_eq!(array.chunk(0).unwrap().unwrap().codec_id().as_u8(), 200);
    assert_eq!(array.to_vec().unwrap(), items);
}

/// The chunks of `1..36` as 5×7 in chunks of 4×4 and blocks of 3×2, as python-blosc2 4.14.1
/// decompresses them: block by block, zeros where there is no element.
const B2ND_CHUNKS: [[u8; 24]; 4] = [
    [1, 2, 8, 9, 15, 16, 3, 4, 10, 11, 17, 18, 22, 23, 0, 0, 0, 0, 24, 25, 0, 0, 0, 0],
    [5, 6, 12, 13, 19, 20, 7, 0, 14, 0, 21, 0, 26, 27, 0, 0, 0, 0, 28, 0, 0, 0, 0, 0],
    [29, 30, 0, 0, 0, 0, 31, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [33, 34, 0, 0, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

#[test]
fn chunks_are_laid_out_as_b2nd_does() {
    // Leaves other bytes in the scratch memory of this thread.
    let noise = Random(1).items::<u8>(10_000);
    Array::from_slice(&noise, [100, 100], &Options::new().block_shape([7, 7])).unwrap();

    let items: Vec<u32> = (1..36).collect();
    let options = Options::new().chunk_shape([4, 4]).block_shape([3, 2]);
    let array = Array::from_slice(&items, [5, 7], &options).unwrap();
    let mut written = Array::<u32>::zeros([5, 7], &options).unwrap();
    written.write_region(&Region::new([0..5, 0..3]).unwrap(), &columns(&items, 0..3)).unwrap();
    written.write_region(&Region::new([0..5, 3..7]).unwrap(), &columns(&items, 3..7)).unwrap();
    for (index, expected) in B2ND_CHUNKS.iter().enumerate() {
        for array in [&array, &written] {
            let chunk = array.chunk(index).unwrap().unwrap();
            let bytes = chunk.decode(&ndpress::Registry::default()).unwrap();
            assert_eq!(bytes, expected.map(|item| u32::from(item).to_ne_bytes()).concat());
            assert_eq!(chunk.blocksize(), 6 * 4);
        }
    }
}

/// Some columns of rows of seven.
fn columns(items: &[u32], columns: Range<usize>) -> Vec<u32> {
    items.chunks(7).flat_map(|row| &row[columns.clone()]).copied().collect()
}
