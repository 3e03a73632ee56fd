//! The same elements at other indices, and arrays put together, beside `ndarray`.

use ndarray::{ArrayD, Axis, IxDyn};
use ndpress::{
    Array, Border, CastFrom, Error, Expression, Lz4, Options, Region, concatenate, s, stack,
};
use proptest::prelude::*;

use crate::cases::{Value, for_type};
use crate::random::Random;

/// Checks all ways to evaluate an expression.
fn check_all<T: Value>(random: &mut Random, found: &Expression<T>, expected: &ArrayD<T>) {
    assert_eq!(found.shape().unwrap()[..], *expected.shape());
    assert_eq!(found.to_ndarray().unwrap(), *expected);
    let array = found.to_array().unwrap();
    assert_eq!(array.to_ndarray().unwrap(), *expected);
    let other = found.to_array_with(&random.options(expected.shape())).unwrap();
    assert!(array.content_eq(&other).unwrap());
    if !expected.is_empty() {
        assert_eq!(found.max().unwrap(), array.max().unwrap());
        assert_eq!(found.argmin().unwrap(), array.argmin().unwrap());
    }
    if !expected.shape().is_empty() && !expected.is_empty() {
        let axis = random.below(expected.ndim());
        let (a, b) = (found.along([axis]).unwrap(), array.along([axis]).unwrap());
        assert_eq!(a.max().unwrap().to_vec().unwrap(), b.max().unwrap().to_vec().unwrap());
    }
    let ranges = random.region(expected.shape());
    let part = expected.slice_each_axis(|axis| ranges[axis.axis.0].clone().into());
    let part: Vec<T> = part.iter().copied().collect();
    assert_eq!(found.read_region(&Region::new(&ranges).unwrap()).unwrap(), part);
}

/// Random views of views.
fn check_views<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let (array, plain) = random.pair::<T>();
    let (mut view, mut model) = (array.lazy(), plain);
    for _ in 0..1 + random.below(3) {
        let shape = model.shape().to_vec();
        match random.below(6) {
            0 | 1 => {
                let slices = random.slices(&shape);
                model = model.slice(&slices[..]).to_owned();
                view = view.slice(&slices[..]);
            }
            2 => {
                let mut order: Vec<usize> = (0..shape.len()).collect();
                for i in (1..order.len()).rev() {
                    order.swap(i, random.below(i + 1));
                }
                model = model.permuted_axes(IxDyn(&order)).as_standard_layout().into_owned();
                view = view.permute_axes(&order);
            }
            3 if !shape.is_empty() => {
                let axis = random.below(shape.len());
                model.invert_axis(Axis(axis));
                model = model.as_standard_layout().into_owned();
                view = view.flip(axis);
            }
            4 => {
                model = model.reversed_axes().as_standard_layout().into_owned();
                view = view.transpose();
            }
            _ if model.len() < 2000 && shape.len() < 5 => {
                let mut to = vec![1 + random.below(3)];
                to.extend(
                    shape.iter().map(|&len| if len == 1 { 1 + random.below(3) } else { len }),
                );
                model = model.broadcast(IxDyn(&to)).unwrap().to_owned();
                view = view.broadcast_to(&to);
            }
            _ => {}
        }
    }
    check_all(&mut random, &view, &model);
}

fn check_assembly<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let (array, plain) = random.pair::<T>();
    let shape = plain.shape().to_vec();
    let ndim = shape.len();
    match random.below(5) {
        0 if ndim > 0 => {
            let axis = random.below(ndim);
            let mut parts = vec![(array, plain)];
            for _ in 0..random.below(3) {
                let mut shape = shape.clone();
                shape[axis] = random.below(20);
                parts.push(random.pair_of::<T>(&shape));
            }
            let found = concatenate(axis, parts.iter().map(|(array, _)| array));
            let plain: Vec<_> = parts.iter().map(|(_, plain)| plain.view()).collect();
            check_all(&mut random, &found, &ndarray::concatenate(Axis(axis), &plain).unwrap());
        }
        1 => {
            let axis = random.below(ndim + 1);
            let other = random.pair_of::<T>(&shape);
            let found = stack(axis, [&array, &other.0]);
            let expected = ndarray::stack(Axis(axis), &[plain.view(), other.1.view()]).unwrap();
            check_all(&mut random, &found, &expected);
        }
        2 if !plain.is_empty() => {
            let widths: Vec<_> = (0..ndim).map(|_| (random.below(5), random.below(5))).collect();
            let value = T::value(random.next());
            let (border, stands_for): (_, fn(isize, isize) -> isize) = match random.below(4) {
                0 => (Border::Constant(value), |_, _| -1),
                1 => (Border::Edge, |i, n| i.clamp(0, n - 1)),
                2 => (Border::Wrap, |i, n| i.rem_euclid(n)),
                _ => (Border::Symmetric, |i, n| {
                    let at = i.rem_euclid(2 * n);
                    if at < n { at } else { 2 * n - 1 - at }
                }),
            };
            let to: Vec<usize> = shape.iter().zip(&widths).map(|(n, (a, b))| n + a + b).collect();
            let expected = ArrayD::from_shape_fn(IxDyn(&to), |at| {
                let mut index = Vec::new();
                for axis in 0..ndim {
                    let (i, n) =
                        (at[axis] as isize - widths[axis].0 as isize, shape[axis] as isize);
                    let is_inside = (0..n).contains(&i);
                    index.push(if is_inside { i } else { stands_for(i, n) });
                }
                if index.contains(&-1) {
                    return value;
                }
                let index: Vec<usize> = index.into_iter().map(|i| i as usize).collect();
                plain[IxDyn(&index)]
            });
            check_all(&mut random, &array.lazy().pad(&widths, border), &expected);
        }
        3 if plain.len() < 3000 => {
            let times: Vec<usize> = (0..random.below(ndim + 2)).map(|_| random.below(4)).collect();
            let mut lens = vec![1; times.len().saturating_sub(ndim)];
            lens.extend(&shape);
            let base = plain.into_shape_with_order(IxDyn(&lens)).unwrap();
            let once = lens.len() - times.len();
            let to: Vec<usize> = lens
                .iter()
                .enumerate()
                .map(|(axis, n)| if axis < once { *n } else { n * times[axis - once] })
                .collect();
            let expected = ArrayD::from_shape_fn(IxDyn(&to), |at| {
                let at: Vec<usize> = (0..lens.len()).map(|axis| at[axis] % lens[axis]).collect();
                base[IxDyn(&at)]
            });
            check_all(&mut random, &array.lazy().tile(&times), &expected);
        }
        _ if ndim > 0 => {
            let (axis, shift) = (random.below(ndim), random.below(100) as isize - 50);
            let len = shape[axis].max(1) as isize;
            let expected = ArrayD::from_shape_fn(IxDyn(&shape), |mut at| {
                at[axis] = (at[axis] as isize - shift).rem_euclid(len) as usize;
                plain[at]
            });
            check_all(&mut random, &array.lazy().roll(axis, shift), &expected);
        }
        _ => {}
    }
}

fn check_recode<T: Value>(seed: u64)
where
    f64: CastFrom<T>,
{
    let mut random = Random(seed);
    let (array, plain) = random.pair::<T>();
    let options = random.options(plain.shape());
    let recoded = array.recode(&options).unwrap();
    assert_eq!(recoded.to_ndarray().unwrap(), plain);
    let cast = array.lazy().cast::<f64>().to_ndarray().unwrap();
    assert_eq!(cast, plain.mapv(Value::to_f64));
    if plain.ndim() > 0 {
        let (axis, len) = (random.below(plain.ndim()), plain.shape());
        let mut at = [random.below(len[axis] + 1), random.below(len[axis] + 1)];
        at.sort_unstable();
        let parts = array.lazy().split(axis, &at).unwrap();
        let mut rest = plain.view();
        let mut start = 0;
        for (part, end) in parts.iter().zip([at[0], at[1], len[axis]]) {
            let (model, behind) = rest.split_at(Axis(axis), end - start);
            assert_eq!(part.to_ndarray().unwrap(), model);
            (rest, start) = (behind, end);
        }
        let joined = concatenate(axis, parts).to_array().unwrap();
        assert!(joined.content_eq(&array).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn views_of_views(seed: u64) {
        for_type!(seed, check_views: u8 u16 f32);
    }

    #[test]
    fn arrays_put_together(seed: u64) {
        for_type!(seed, check_assembly: bool i32 f64);
    }

    #[test]
    fn arrays_cut_and_compressed_otherwise(seed: u64) {
        for_type!(seed, check_recode: u8 i64 f32);
    }

    #[test]
    fn shapes_over_the_same_chunks(seed: u64) {
        let mut random = Random(seed);
        let (array, plain) = random.pair::<u16>();
        // Axes merged or split at random.
        let mut shape: Vec<usize> = Vec::new();
        for &len in plain.shape() {
            match (random.below(4), shape.last_mut()) {
                (0, Some(last)) => *last *= len,
                (1, _) if len % 2 == 0 => shape.extend([len / 2, 2]),
                (2, _) => shape.extend([1, len]),
                _ => shape.push(len),
            }
        }
        match array.reshape(&shape) {
            Ok(array) => {
                let expected = plain.into_shape_with_order(IxDyn(&shape)).unwrap();
                assert_eq!(array.to_ndarray().unwrap(), expected);
            }
            Err(error) => assert!(error.to_string().contains("cannot be"), "{error}"),
        }
    }
}

/// Calls of the codec are counted by the bytes that stay the same memory.
fn shares<T: Value>(a: &Array<T>, chunk_a: usize, b: &Array<T>, chunk_b: usize) -> bool {
    let pointer =
        |array: &Array<T>, chunk: usize| array.chunk(chunk).unwrap().unwrap().as_bytes().as_ptr();
    pointer(a, chunk_a) == pointer(b, chunk_b)
}

#[test]
fn chunks_in_another_place_are_shared() {
    let options = Options::new().codec(Lz4::clevel(3)).chunk_shape([10, 50]).block_shape([5, 50]);
    let items: Vec<u32> = (0..2000).map(|i| i * i).collect();
    let (a, b) = (
        Array::from_slice(&items, [40, 50], &options).unwrap(),
        Array::from_slice(&items[..1750], [35, 50], &options).unwrap(),
    );
    let both = concatenate(0, [&a, &b]).to_array().unwrap();
    assert!(shares(&both, 0, &a, 0) && shares(&both, 4, &b, 0) && shares(&both, 7, &b, 3));
    let part = both.lazy().slice(s![20..60, ..]).to_array().unwrap();
    assert!(shares(&part, 0, &a, 2) && shares(&part, 2, &b, 0));
    // What ends within a chunk moves all that follows.
    let other = concatenate(0, [&b, &a]).to_array().unwrap();
    assert!(shares(&other, 0, &b, 0) && !shares(&other, 4, &a, 0));
    assert_eq!(other.to_vec().unwrap()[1750..], items);
    // Another codec was asked for.
    let recoded = a.recode(&Options::new().codec(Lz4::clevel(9))).unwrap();
    assert!(!shares(&recoded, 0, &a, 0));
    assert_eq!(recoded.chunk_shape(), a.chunk_shape());
    let cut = a.recode(&Options::new().chunk_shape([20, 50])).unwrap();
    assert!(cut.content_eq(&a).unwrap());
    assert_eq!(cut.chunk(0).unwrap().unwrap().codec_id(), a.chunk(0).unwrap().unwrap().codec_id());
    let same = a.recode(&Options::new()).unwrap();
    assert!(shares(&same, 3, &a, 3));
    let merged = Array::from_slice(
        &items,
        [4, 10, 50],
        &Options::new().chunk_shape([1, 10, 50]).block_shape([1, 10, 50]),
    )
    .unwrap();
    assert!(shares(&merged.reshape([40, 50]).unwrap(), 2, &merged, 2));
}

#[test]
fn what_does_not_exist_is_said_when_it_is_evaluated() {
    let array = Array::full([3, 4], 1u8, &Options::new()).unwrap();
    let text = |view: Expression<u8>| view.to_vec().unwrap_err().to_string();
    assert_eq!(text(array.lazy().slice(s![0..5, ..])), "region 0..5 exceeds axis 0 of length 3");
    assert_eq!(text(array.lazy().slice(s![.., .., 0])), "3 axes given, 2 needed");
    assert_eq!(text(array.lazy().slice_first(s![.., .., 0])), "3 axes given, 2 needed");
    assert_eq!(text(array.lazy().slice_last(s![4])), "index 4 exceeds axis 1 of length 4");
    assert_eq!(text(array.lazy().permute_axes([0, 0])), "axis 0 is named twice");
    assert_eq!(text(array.lazy().permute_axes([0])), "1 axes given, 2 needed");
    assert_eq!(text(array.lazy().flip(2)), "axis 2 does not exist, there are 2");
    assert_eq!(text(array.lazy().index_axis(1, 4)), "index 4 exceeds axis 1 of length 4");
    assert_eq!(text(array.lazy().insert_axis(3)), "axis 3 does not exist, there are 3");
    assert_eq!(
        text(array.lazy().broadcast_to([4])),
        "shapes [3, 4] and [4] cannot be broadcast together"
    );
    assert_eq!(text(array.lazy().pad([(1, 1)], Border::Edge)), "1 axes given, 2 needed");
    assert!(text(array.lazy().pad([(usize::MAX, 1), (0, 0)], Border::Edge)).contains("overflows"));
    assert!(text(array.lazy().tile([usize::MAX, 7])).contains("overflows"));
    assert_eq!(text(array.lazy().roll(2, 1)), "axis 2 does not exist, there are 2");
    assert_eq!(text(concatenate(0, Vec::<&Array<u8>>::new())), "no arrays to put together");
    let other = Array::full([3, 5], 1u8, &Options::new()).unwrap();
    assert_eq!(text(concatenate(0, [&array, &other])), "shape [3, 5] given, [3, 4] needed");
    assert_eq!(text(stack(0, [&array, &other])), "shape [1, 3, 5] given, [1, 3, 4] needed");
    assert_eq!(text(concatenate(2, [&array])), "axis 2 does not exist, there are 2");
    assert!(array.lazy().split(0, &[2, 1]).is_err() && array.lazy().split(0, &[4]).is_err());
    assert!(matches!(array.reshape([5, 2]).unwrap_err(), Error::InvalidArgument(_)));
    let empty = Array::<u8>::zeros([0, 4], &Options::new()).unwrap();
    assert!(empty.lazy().pad([(1, 1), (0, 0)], Border::Wrap).to_vec().is_err());
    assert_eq!(empty.lazy().pad([(1, 0), (0, 0)], Border::Constant(7)).to_vec().unwrap(), [7; 4]);
}
