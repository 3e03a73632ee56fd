//! Rounding with a bound on the error: against the same rule for slices, in chunks of any shape.

use std::fmt::Debug;

use ndpress::{Array, Error, InvalidArgument, Options, Quantize, Region};
use proptest::prelude::*;

use crate::random::Random;

fn check<T: Quantize + PartialEq + Debug>(
    shape: &[usize],
    random: &mut Random,
    max_error: T::Bound,
    mut value: impl FnMut(u64) -> T,
) {
    let mut part =
        |lens: &[usize]| -> Vec<usize> { lens.iter().map(|&len| 1 + random.below(len)).collect() };
    let chunk = part(shape);
    let options = Options::new().block_shape(part(&chunk)).chunk_shape(chunk);
    let mut items: Vec<T> = (0..shape.iter().product()).map(|_| value(random.next())).collect();
    let exact = Array::from_slice(&items, shape, &options).unwrap();
    let mut rounded = exact.clone();
    rounded.quantize(max_error).unwrap();
    assert_eq!(exact.to_vec().unwrap(), items);
    T::quantize_items(&mut items, max_error).unwrap();
    assert_eq!(rounded.to_vec().unwrap(), items);
    assert_eq!(rounded.chunk_shape(), exact.chunk_shape());
    // Again: no chunk is another one than before.
    let mut again = rounded.clone();
    again.quantize(max_error).unwrap();
    for index in 0..rounded.nchunks() {
        let chunks = [&rounded, &again]
            .map(|array| array.chunk(index).unwrap().map(|chunk| chunk.as_bytes().as_ptr()));
        assert_eq!(chunks[0], chunks[1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arrays_are_rounded_as_slices_are(
        shape in prop::collection::vec(prop_oneof![8 => 1..12usize, 1 => Just(0usize)], 0..=3),
        seed: u64,
        max_error in 0.0..100.0f64,
    ) {
        let mut random = Random(seed);
        let float = |n: u64| n as i64 as f64 / (1_u64 << 54) as f64;
        check::<f32>(&shape, &mut random, max_error, |n| float(n) as f32);
        check::<f64>(&shape, &mut random, max_error, float);
        check::<u8>(&shape, &mut random, max_error as u64, |n| n as u8);
        check::<i64>(&shape, &mut random, max_error as u64, |n| n as i64 >> 50);
    }
}

#[test]
fn a_bound_makes_noise_smaller() {
    let mut random = Random(7);
    let items: Vec<f32> = (0..200_000)
        .map(|i| (i as f32 * 1e-3).sin() + (random.next() % 1000) as f32 * 1e-7)
        .collect();
    let exact = Array::from_slice(&items, [400, 500], &Options::new()).unwrap();
    let sizes = [0.0, 1e-5, 1e-3, 1e-1].map(|max_error| {
        let mut rounded = exact.clone();
        rounded.quantize(max_error).unwrap();
        rounded.cbytes()
    });
    assert_eq!(sizes[0], exact.cbytes());
    assert!(sizes.windows(2).all(|pair| pair[1] * 3 < pair[0] * 2), "{sizes:?}");
}

#[test]
fn constants_cost_one_value_and_what_is_rounded_keeps_its_chunk() {
    let mut array = Array::full([1 << 20, 1 << 20], 1.3f64, &Options::new()).unwrap();
    array.quantize(0.3).unwrap();
    assert!(array.cbytes() < 1000);
    assert_eq!(array.at(&[7, 1 << 19]).unwrap(), 1.5);

    let options = Options::new().chunk_shape([100]);
    let items: Vec<u16> = (0..300).map(|i| if i < 200 { 8 * i } else { i }).collect();
    let exact = Array::from_slice(&items, [300], &options).unwrap();
    let mut rounded = exact.clone();
    rounded.quantize(4).unwrap();
    let is_shared = |index: usize| {
        let chunk = |array: &Array<u16>| array.chunk(index).unwrap().unwrap().as_bytes().as_ptr();
        chunk(&exact) == chunk(&rounded)
    };
    assert_eq!([0, 1, 2].map(is_shared), [true, true, false]);
}

#[test]
fn a_bound_that_is_none_leaves_the_array_as_it_was() {
    for shape in [[10], [0]] {
        let items: Vec<f32> = (0..shape[0]).map(|i| i as f32 / 3.0).collect();
        let mut array = Array::from_slice(&items, shape, &Options::new()).unwrap();
        for bound in [-1.0, f64::NAN, f64::INFINITY] {
            let error = array.quantize(bound).unwrap_err();
            let Error::InvalidArgument(InvalidArgument::MaxError { max_error }) = error else {
                panic!("{error}");
            };
            assert_eq!(max_error.to_bits(), bound.to_bits());
        }
        assert_eq!(array.read_region(&Region::full(*array.shape())).unwrap(), items);
    }
}
