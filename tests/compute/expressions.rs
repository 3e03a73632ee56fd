//! Expressions, beside the same on plain arrays.

use ndarray::{ArrayD, IxDyn};
use ndpress::half::f16;
use ndpress::{Array, DType, Element, Error, Expression, InvalidArgument, Lz4, Options, Region};
use proptest::prelude::*;

use crate::cases::{Value, for_type};
use crate::random::Random;

/// A shape that can be repeated to be `shape`.
fn repeatable(random: &mut Random, shape: &[usize]) -> Vec<usize> {
    let dropped = if random.below(3) == 0 { random.below(shape.len() + 1) } else { 0 };
    let ones = random.below(3) == 0;
    let axis = |&len: &usize| if ones && random.below(2) == 0 { 1 } else { len };
    shape[dropped..].iter().map(axis).collect()
}

fn check<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.shape();
    let (a, plain_a) = random.pair_of::<T>(&shape);
    let other = repeatable(&mut random, &shape);
    let (b, plain_b) = random.pair_of::<u8>(&other);
    let (c, plain_c) = random.pair_of::<bool>(&shape);
    let plain_b = plain_b.broadcast(IxDyn(&shape)).unwrap();

    // In both orders, so that either side is repeated; and one array twice.
    let left = a
        .lazy()
        .zip_with(&b, |a, b: u8| a.to_f64() - f64::from(b))
        .zip_with(&a, |x, a: T| x * a.to_f64());
    let right = b
        .lazy()
        .zip_with(&a, |b, a: T| a.to_f64() - f64::from(b))
        .zip_with(&a, |x, a: T| x * a.to_f64());
    let mut expected = ArrayD::zeros(IxDyn(&shape));
    ndarray::Zip::from(&mut expected).and(&plain_a).and(&plain_b).for_each(|to, a, b| {
        *to = (a.to_f64() - f64::from(*b)) * a.to_f64();
    });
    for expression in [left, right] {
        assert_eq!(expression.shape().unwrap()[..], shape);
        assert_eq!(expression.to_ndarray().unwrap(), expected);
        let array = expression.to_array().unwrap();
        assert_eq!(array.to_ndarray().unwrap(), expected);
        let other = expression.to_array_with(&random.options(&shape)).unwrap();
        assert!(array.content_eq(&other).unwrap());
        if !expected.is_empty() {
            let (low, high) = expression.min_max().unwrap();
            assert_eq!(array.min_max().unwrap(), (low, high));
            assert_eq!(expected.iter().copied().fold(f64::INFINITY, f64::min), low);
            assert_eq!(expression.argmax().unwrap(), array.argmax().unwrap());
        }
        if !shape.is_empty() {
            let axis = random.below(shape.len());
            let sums = expression.sum_axis(axis).unwrap().to_ndarray().unwrap();
            let plain = expected.sum_axis(ndarray::Axis(axis));
            let scale = expected.iter().fold(1.0, |sum: f64, v| sum + v.abs());
            assert!(sums.iter().zip(&plain).all(|(a, b)| (a - b).abs() <= 1e-9 * scale));
            assert_eq!(sums.shape(), plain.shape());
        }
        let ranges = random.region(&shape);
        let part = expected.slice_each_axis(|axis| ranges[axis.axis.0].clone().into());
        let region = Region::new(&ranges).unwrap();
        let part: Vec<f64> = part.iter().copied().collect();
        assert_eq!(expression.read_region(&region).unwrap(), part);
    }
    let mask = (!(&c ^ a.lazy().map(|item| item > T::value(2)))).to_ndarray().unwrap();
    let expected: Vec<bool> =
        plain_c.iter().zip(&plain_a).map(|(c, a)| !(c ^ (*a > T::value(2)))).collect();
    assert_eq!(mask.iter().copied().collect::<Vec<_>>(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn like_plain_arrays(seed: u64) {
        for_type!(seed, check: u8 i32 f32);
    }
}

fn of<T: Element>(items: &[T]) -> Array<T> {
    Array::from_slice(items, [items.len()], &Options::new()).unwrap()
}

fn dtype<T: Element>(_: Expression<T>) -> DType {
    T::DTYPE
}

/// What `numpy.result_type` answers (NumPy 2.3).
const PROMOTIONS: &str = "\
    bool u8 u16 u32 u64 i8 i16 i32 i64 f16 f32 f64
    u8 u8 u16 u32 u64 i16 i16 i32 i64 f16 f32 f64
    u16 u16 u16 u32 u64 i32 i32 i32 i64 f32 f32 f64
    u32 u32 u32 u32 u64 i64 i64 i64 i64 f64 f64 f64
    u64 u64 u64 u64 u64 f64 f64 f64 f64 f64 f64 f64
    i8 i16 i32 i64 f64 i8 i16 i32 i64 f16 f32 f64
    i16 i16 i32 i64 f64 i16 i16 i32 i64 f32 f32 f64
    i32 i32 i32 i64 f64 i32 i32 i32 i64 f64 f64 f64
    i64 i64 i64 i64 f64 i64 i64 i64 i64 f64 f64 f64
    f16 f16 f32 f64 f64 f16 f32 f64 f64 f16 f32 f64
    f32 f32 f32 f64 f64 f32 f32 f64 f64 f32 f32 f64
    f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64";

#[test]
fn types_are_those_of_numpy() {
    macro_rules! rows {
        ([$($left:ident)*] $right:tt) => {
            vec![$(rows!(@row $left $right)),*]
        };
        (@row $left:ident [$($right:ident)*]) => {
            vec![$(dtype(&of(&[$left::value(1)]) + &of(&[$right::value(1)])).to_string()),*]
        };
    }
    let table: Vec<Vec<&str>> =
        PROMOTIONS.lines().map(|line| line.split_whitespace().collect()).collect();
    let numbers = rows!([u8 u16 u32 u64 i8 i16 i32 i64 f16 f32 f64]
        [u8 u16 u32 u64 i8 i16 i32 i64 f16 f32 f64]);
    for (row, expected) in numbers.iter().zip(&table[1..]) {
        assert_eq!(row, &expected[1..]);
    }
    let masks = rows!([bool] [u8 u16 u32 u64 i8 i16 i32 i64 f16 f32 f64]);
    assert_eq!(masks[0], table[0][1..]);

    // Python's numbers beside arrays, quotients, and roots.
    let (byte, short, long, half, float) =
        (of(&[4u8]), of(&[4i16]), of(&[4u64]), of(&[f16::ONE]), of(&[4f32]));
    assert_eq!(dtype(&byte * 0.5), DType::F64);
    assert_eq!(dtype(&byte * 2), DType::U8);
    assert_eq!(dtype(2 * &byte), DType::U8);
    assert_eq!(dtype(&half * 0.5), DType::F16);
    assert_eq!(dtype(0.5 - &float), DType::F32);
    assert_eq!(dtype(&byte / &byte), DType::F64);
    assert_eq!(dtype(&half / 2), DType::F16);
    assert_eq!(dtype(1 / &float), DType::F32);
    assert_eq!(dtype(byte.lazy().sqrt()), DType::F16);
    assert_eq!(dtype(short.lazy().exp()), DType::F32);
    assert_eq!(dtype(long.lazy().ln()), DType::F64);
    assert_eq!(dtype(long.lazy().floor()), DType::U64);
}

#[test]
fn results_are_those_of_numpy() {
    let (a, b) = (of(&[-7, -7, 7, 7, -8, 8, 5]), of(&[3, -3, 3, -3, 4, -4, 0]));
    assert_eq!((&a % &b).to_vec().unwrap(), [2, -1, 1, -2, 0, 0, 0]);
    let floats = a.lazy().cast::<f64>() % b.lazy().cast::<f64>();
    assert_eq!(floats.to_vec().unwrap()[..6], [2.0, -1.0, 1.0, -2.0, 0.0, -0.0]);
    assert_eq!((&of(&[-5.0f64, 5.0]) % f64::INFINITY).to_vec().unwrap(), [f64::INFINITY, 5.0]);
    assert_eq!((&of(&[250u8, 3]) + 10).to_vec().unwrap(), [4u8, 13]);
    assert_eq!((10 - &of(&[11u8, 3])).to_vec().unwrap(), [255u8, 7]);
    assert_eq!((-&of(&[i8::MIN, 1])).to_vec().unwrap(), [i8::MIN, -1]);
    assert_eq!((1 / &of(&[2u8, 0])).to_vec().unwrap(), [0.5, f64::INFINITY]);
    assert_eq!(of(&[3u8, 2]).lazy().pow(&of(&[5u8, 9])).to_vec().unwrap(), [243, 0]);
    assert_eq!(of(&[3i32, -1]).lazy().pow(-3).to_vec().unwrap(), [0, -1]);
    assert_eq!(of(&[0.5f32, 1.5, -2.5]).lazy().round().to_vec().unwrap(), [0.0, 2.0, -2.0]);
    let nan = of(&[f32::NAN, 1.0]);
    let lesser: Vec<f32> = nan.lazy().minimum(0).to_vec().unwrap();
    assert!(lesser[0].is_nan() && lesser[1] == 0.0);
    let greater: Vec<f32> = of(&[0.0f32, 1.0]).lazy().maximum(&nan).to_vec().unwrap();
    assert!(greater[0].is_nan() && greater[1] == 1.0);
    assert_eq!(nan.lazy().ne(&nan).to_vec().unwrap(), [true, false]);
    assert_eq!(nan.lazy().is_nan().to_vec().unwrap(), [true, false]);
    assert_eq!(of(&[-3i8, 9]).lazy().clamp(0, 5).to_vec().unwrap(), [0, 5]);
    assert_eq!(of(&[2.0f32]).lazy().ge(&of(&[2u8])).to_vec().unwrap(), [true]);
    let root = of(&[9u16, 4]).lazy().sqrt();
    assert_eq!((&root * &root - 1).to_vec().unwrap(), [8.0f32, 3.0]);
    let chosen = of(&[true, false]).lazy().choose(&of(&[1u8, 2]), &of(&[-1i16, -2]));
    assert_eq!(chosen.to_vec().unwrap(), [1i16, -2]);
    assert_eq!((&of(&[true]) & &of(&[false])).to_vec().unwrap(), [false]);
    assert_eq!((&of(&[true, false]) | !&of(&[true, true])).to_vec().unwrap(), [true, false]);
}

#[test]
fn what_cannot_be_is_said_when_it_is_evaluated() {
    let (a, b) = (
        Array::full([3, 4], 1u8, &Options::new()).unwrap(),
        Array::full([3], 1u8, &Options::new()).unwrap(),
    );
    let sum = (&a + &b).sqrt() * 2;
    let expected = |error: Error| {
        matches!(error, Error::InvalidArgument(InvalidArgument::Broadcast { left, right })
            if left == [3, 4] && right == [3])
    };
    assert!(expected(sum.shape().unwrap_err()));
    assert!(expected(sum.to_array().map(drop).unwrap_err()));
    assert!(expected(sum.sum().unwrap_err()));
    assert!(expected(sum.along([0]).map(drop).unwrap_err()));
    let text = (&a + 256).to_vec().unwrap_err().to_string();
    assert_eq!(text, "256 does not fit u8");
    assert!((&a - -1).to_vec().is_err());
    let region = Region::new([0..4, 0..4]).unwrap();
    assert!((&a + 1).read_region(&region).is_err());
    assert!((&a + 1).read_region_into(&Region::new([0..1, 0..1]).unwrap(), &mut [0u8; 2]).is_err());
}

#[test]
fn arrays_are_taken_as_they_are() {
    let mut a = of(&[1u8, 2]);
    let sum = &a + &a;
    a.set(&[0], 9).unwrap();
    assert_eq!(sum.to_vec().unwrap(), [2, 4]);
}

/// They have the same chunks, and yet other elements in a region.
#[test]
fn an_array_and_its_other_shape_are_two() {
    let items: Vec<u32> = (0..24).collect();
    let options = Options::new().chunk_shape([4, 6]).block_shape([4, 6]);
    let a = Array::from_slice(&items, [4, 6], &options).unwrap();
    let b = a.reshape([8, 3]).unwrap();
    let corner = Region::new([0..2, 0..2]).unwrap();
    let sum = a.lazy().crop(&corner) + b.lazy().crop(&corner);
    assert_eq!(sum.to_vec().unwrap(), [0, 2, 6 + 3, 7 + 4]);
}

#[test]
fn constant_blocks_are_evaluated_once() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    let options = Options::new().codec(Lz4::clevel(1)).chunk_shape([64, 1000]);
    let array = Array::full([100_000, 100_000], 3u16, &options).unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let expression = array.lazy().map(move |item| {
        counter.fetch_add(1, Relaxed);
        item > 2
    });
    assert_eq!(expression.count(|item| item).unwrap(), 10_000_000_000);
    assert!(calls.load(Relaxed) <= 2 * array.nchunks());
    let mask = expression.to_array().unwrap();
    assert!(mask.cbytes() < 1000, "{}", mask.cbytes());
}
