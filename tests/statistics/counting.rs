//! How many blocks are decoded.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndpress::{Array, Lz4, Options, Region, SharedArray, TruncPrec};

use crate::codec::CountingCodec;

const NBLOCKS: usize = 100;
const BLOCK_NITEMS: usize = 1000;

/// An array of 100 blocks of 1000 elements in 10 chunks, block `i` of elements from `1000 i` on, and
/// how many blocks were decoded since it was asked before.
fn ramp(block_statistics: bool) -> (Array<i32>, impl Fn() -> usize) {
    let count = CountingCodec::default();
    let options = Options::new().codec(count.clone()).shuffle();
    let options = options.chunk_shape([10 * BLOCK_NITEMS]).block_shape([BLOCK_NITEMS]);
    let options = if block_statistics { options.block_statistics() } else { options };
    let items: Vec<i32> = (0..(NBLOCKS * BLOCK_NITEMS) as i32).collect();
    let array = Array::from_slice(&items, [items.len()], &options).unwrap();
    let decoded = move || count.decoded();
    assert_eq!(decoded(), 0, "statistics are made of what is compressed");
    (array, decoded)
}

/// The region of an array of one axis.
fn along(range: Range<usize>) -> Region {
    Region::new(std::slice::from_ref(&range)).unwrap()
}

#[test]
fn what_statistics_answer_is_not_decoded() {
    let (array, decoded) = ramp(true);
    assert_eq!(array.sum().unwrap(), 4_999_950_000);
    assert_eq!(array.mean().unwrap(), 49_999.5);
    assert_eq!(array.min_max().unwrap(), (0, 99_999));
    assert_eq!(array.skip_nan().max().unwrap(), 99_999);
    assert_eq!(decoded(), 0);
    // The one block that has the element.
    assert_eq!(array.argmin().unwrap(), [0]);
    assert_eq!(array.argmax().unwrap(), [99_999]);
    assert_eq!(decoded(), 2);
    // No block goes to two bins; then every tenth does.
    assert_eq!(array.histogram(10, 0.0, 100_000.0).unwrap().counts(), [10_000; 10]);
    assert_eq!(decoded(), 0);
    let counts = array.histogram(9, 500.0, 90_500.0).unwrap();
    assert_eq!(counts.counts(), [[10_000; 8].as_slice(), &[10_001]].concat());
    assert_eq!(decoded(), 10);
    // The first pass counts elements below 65,536 and others: one block has both. The second counts
    // those below it.
    assert_eq!(array.percentiles(&[50.0]).unwrap(), [49_999.5]);
    assert_eq!(decoded(), 1 + 66);
}

#[test]
fn searches_decode_the_blocks_that_are_not_decided() {
    let (array, decoded) = ramp(true);
    assert_eq!(array.lazy().gt(49_999).count(|is_greater| is_greater).unwrap(), 50_000);
    assert!(array.lazy().ge(99_999).any().unwrap());
    assert!(array.lazy().le(99_999).all().unwrap());
    // All but the last are decided: two blocks end or begin just there.
    assert_eq!(decoded(), 1);
    assert_eq!(array.lazy().eq(12_345).true_indices().unwrap(), [12_345]);
    assert_eq!(decoded(), 1);
    let far = array.lazy().lt(3) | array.lazy().gt(99_997);
    assert_eq!(far.true_indices().unwrap(), [0, 1, 2, 99_998, 99_999]);
    assert_eq!(decoded(), 2);
    let near = array.lazy().gt(12_344) & array.lazy().lt(12_347);
    assert_eq!(near.count(|is_near| is_near).unwrap(), 2);
    assert_eq!(decoded(), 1);
    // The mask's block, and the elements'.
    assert_eq!(array.read_masked(array.lazy().eq(77_777)).unwrap(), [77_777]);
    assert_eq!(decoded(), 2);
    // In another type, and of a view.
    assert_eq!(array.lazy().gt(49_998.5).count(|is_greater| is_greater).unwrap(), 50_001);
    assert_eq!(decoded(), 1);
    assert!(!array.lazy().flip(0).ne(-1).map(|differs| !differs).any().unwrap());
    assert_eq!(decoded(), 0);

    let (array, decoded) = ramp(false);
    assert_eq!(array.lazy().eq(12_345).true_indices().unwrap(), [12_345]);
    assert_eq!(decoded(), NBLOCKS);
}

#[test]
fn statistics_are_made_once_and_kept_up_to_date() {
    let (mut array, decoded) = ramp(false);
    assert_eq!(array.max().unwrap(), 99_999);
    assert_eq!(decoded(), NBLOCKS);
    array.keep_block_statistics().unwrap();
    assert_eq!(decoded(), NBLOCKS);
    array.keep_block_statistics().unwrap();
    assert_eq!(array.max().unwrap(), 99_999);
    assert_eq!(decoded(), 0);
    // The block in which an element is overwritten is decoded, and no other.
    array.set(&[5], 1_000_000).unwrap();
    assert_eq!(decoded(), 1);
    assert_eq!(array.max().unwrap(), 1_000_000);
    let first = array.block_statistics(0, 0).unwrap().unwrap();
    assert_eq!((first.min(), first.max(), first.nitems()), (Some(0), Some(1_000_000), 1000));
    assert_eq!(first.sum().unwrap(), 499_500 - 5 + 1_000_000);
    // Whole blocks need not be decoded at all.
    array.write_region(&along(20_000..22_000), &[-7; 2000]).unwrap();
    array.append_slice(&[-8; 10_000]).unwrap();
    assert_eq!(array.min_max().unwrap(), (-8, 1_000_000));
    assert_eq!(decoded(), 0);
    // Clones, shared arrays and put-together ones have them too.
    let shared = SharedArray::from(array.clone());
    shared.fill_region(&along(30_000..31_000), -9).unwrap();
    let array = shared.into_array();
    assert_eq!(array.min().unwrap(), -9);
    assert_eq!(decoded(), 0);
    let mut array = array;
    array.drop_block_statistics();
    assert!(!array.keeps_block_statistics());
    assert_eq!(array.min().unwrap(), -9);
    assert!(decoded() > 0);
}

/// What a lossy filter leaves is what counts.
#[test]
fn statistics_are_those_of_the_elements_that_are_read() {
    let options = Options::new().codec(Lz4::clevel(5)).no_filters().filter(TruncPrec::bits(3));
    let items: Vec<f32> = (0..5000).map(|i| 1.0 + i as f32 / 1234.5).collect();
    let plain = Array::from_slice(&items, [5000], &options).unwrap();
    let known = Array::from_slice(&items, [5000], &options.block_statistics()).unwrap();
    assert_ne!(plain.max().unwrap(), items[4999]);
    assert_eq!(known.max().unwrap(), plain.max().unwrap());
    assert_eq!(known.sum().unwrap(), plain.sum().unwrap());
}

/// Conditions made of conditions are asked as often as there are some, not twice for each level.
#[test]
fn conditions_of_conditions_are_asked_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let array = Array::full([100], 7u8, &Options::new()).unwrap();
    let condition = |answer: bool| {
        let asked = asked.clone();
        array.lazy().map(move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            answer
        })
    };
    let (mut any, mut all) = (condition(false), condition(true));
    for _ in 0..16 {
        (any, all) = (any | condition(false), all & condition(true));
    }
    assert!(!any.any().unwrap() && all.all().unwrap());
    assert!(asked.load(Ordering::Relaxed) <= 2 * 17 * 17);
}
