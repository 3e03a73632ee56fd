//! Points, lists of indices and masks, beside the same on plain arrays.

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use ndpress::{Array, AxisIndices, Error, InvalidArgument, Options};
use proptest::prelude::*;

use crate::cases::{Value, for_type};
use crate::codec::CountingCodec;
use crate::random::Random;

fn check_points<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let (mut array, mut plain) = random.pair::<T>();
    if plain.is_empty() {
        assert!(array.read_points(&[vec![0; plain.ndim()]]).is_err() || plain.ndim() == 0);
        return;
    }
    let points: Vec<Vec<usize>> = (0..random.below(60))
        .map(|_| plain.shape().iter().map(|&len| random.below(len)).collect())
        .collect();
    let expected: Vec<T> = points.iter().map(|point| plain[IxDyn(point)]).collect();
    assert_eq!(array.read_points(&points).unwrap(), expected);
    let mut into = random.values::<T>(points.len());
    array.read_points_into(&points, &mut into).unwrap();
    assert_eq!(into, expected);
    assert!(array.read_points_into(&points, &mut random.values::<T>(points.len() + 1)).is_err());
    let items = random.values::<T>(points.len());
    array.write_points(&points, &items).unwrap();
    points.iter().zip(items).for_each(|(point, item)| plain[IxDyn(point)] = item);
    assert_eq!(array.to_ndarray().unwrap(), plain);
}

fn check_orthogonal<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let (mut array, mut plain) = random.pair::<T>();
    let mut axes = Vec::new();
    let mut positions: Vec<Vec<usize>> = Vec::new();
    let is_unique = random.below(2) == 0;
    for &len in plain.shape() {
        let (indices, resolved) = match random.below(4) {
            0 => (AxisIndices::All, (0..len).collect()),
            1 => {
                let (a, b) = (random.below(len + 1), random.below(len + 1));
                let range = a.min(b)..a.max(b);
                (range.clone().into(), range.collect())
            }
            2 => {
                let (a, b) = (random.below(len + 1) as isize, random.below(len + 1) as isize);
                let signed = |at: isize| {
                    if at < len as isize && at % 2 == 0 { at - len as isize } else { at }
                };
                let step = [1, 3, -1, -2][random.below(4)];
                let slice = Slice::new(signed(a.min(b)), Some(signed(a.max(b))), step);
                let all = ndarray::Array1::from_iter(0..len);
                (slice.into(), all.slice_axis(Axis(0), slice).to_vec())
            }
            _ => {
                let mut list: Vec<usize> =
                    (0..len.min(random.below(20))).map(|_| random.below(len)).collect();
                if is_unique {
                    list.sort_unstable();
                    list.dedup();
                    list.reverse();
                }
                let signed = |&i: &usize| {
                    if random.below(2) == 0 { i as isize } else { i as isize - len as isize }
                };
                (AxisIndices::List(list.iter().map(signed).collect()), list)
            }
        };
        axes.push(indices);
        positions.push(resolved);
    }
    let mut expected = plain.clone();
    for (axis, positions) in positions.iter().enumerate() {
        expected = expected.select(Axis(axis), positions);
    }
    let found = array.read_orthogonal(&axes).unwrap();
    assert_eq!(found, expected.iter().copied().collect::<Vec<_>>());
    let mut into = random.values::<T>(found.len());
    array.read_orthogonal_into(&axes, &mut into).unwrap();
    assert_eq!(into, found);
    assert!(array.read_orthogonal_into(&axes, &mut random.values::<T>(found.len() + 1)).is_err());
    // A view with gaps, and backwards; then one without.
    let background = T::value(random.next());
    let twice: Vec<usize> = expected.shape().iter().map(|len| 2 * len).collect();
    let mut wide = ArrayD::from_elem(twice, background);
    let untouched = wide.clone();
    let mut view = wide.slice_each_axis_mut(|_| Slice::new(0, None, -2));
    array.read_orthogonal_into_ndarray(&axes, &mut view).unwrap();
    assert_eq!(view, expected);
    view.assign(&untouched.slice_each_axis(|_| Slice::new(0, None, -2)));
    assert_eq!(wide, untouched);
    let mut whole = ArrayD::from_elem(expected.raw_dim(), background);
    array.read_orthogonal_into_ndarray(&axes, &mut whole).unwrap();
    assert_eq!(whole, expected);
    let options = random.options(expected.shape());
    let selected = array.select_orthogonal(&axes, &options).unwrap();
    assert_eq!(selected.to_ndarray().unwrap(), expected);
    let items = random.values::<T>(found.len());
    let repeats = positions.iter().any(|list| {
        let mut list = list.clone();
        list.sort_unstable();
        list.windows(2).any(|pair| pair[0] == pair[1])
    });
    let before = array.clone();
    let source = ArrayD::from_shape_vec(expected.raw_dim(), items).unwrap();
    let columns = source.t().as_standard_layout().into_owned();
    let result = match random.below(3) {
        0 => array.write_orthogonal(&axes, source.as_slice().unwrap()),
        1 => array.write_orthogonal_ndarray(&axes, &source),
        _ => array.write_orthogonal_ndarray(&axes, &columns.t()),
    };
    if repeats {
        let is_expected =
            matches!(result, Err(Error::InvalidArgument(InvalidArgument::RepeatedIndex { .. })));
        assert!(is_expected && array.content_eq(&before).unwrap());
        return;
    }
    result.unwrap();
    for (at, item) in source.indexed_iter() {
        let index: Vec<usize> = (0..plain.ndim()).map(|axis| positions[axis][at[axis]]).collect();
        plain[IxDyn(&index)] = *item;
    }
    assert_eq!(array.to_ndarray().unwrap(), plain);
}

fn check_masks<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let (mut array, mut plain) = random.pair::<T>();
    let (mask, plain_mask) = random.pair_of::<bool>(plain.shape());
    let chosen = |plain: &ArrayD<T>| -> Vec<T> {
        plain.iter().zip(&plain_mask).filter(|(_, m)| **m).map(|(item, _)| *item).collect()
    };
    let expected = chosen(&plain);
    assert_eq!(array.read_masked(&mask).unwrap(), expected);
    assert_eq!(array.read_masked(!!mask.lazy()).unwrap(), expected);
    let items = random.values::<T>(expected.len());
    array.write_masked(&mask, &items).unwrap();
    let mut new = items.iter();
    for (item, m) in plain.iter_mut().zip(&plain_mask) {
        if *m {
            *item = *new.next().unwrap();
        }
    }
    assert_eq!(array.to_ndarray().unwrap(), plain);
    assert!(array.write_masked(&mask, &random.values::<T>(expected.len() + 1)).is_err());
    let value = T::value(2);
    array.fill_masked(&mask, value).unwrap();
    ndarray::Zip::from(&mut plain).and(&plain_mask).for_each(|item, m| {
        if *m {
            *item = value
        }
    });
    assert_eq!(array.to_ndarray().unwrap(), plain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn points(seed: u64) {
        for_type!(seed, check_points: bool u16 f32);
    }

    #[test]
    fn lists_of_indices(seed: u64) {
        for_type!(seed, check_orthogonal: u8 i32 f64);
    }

    #[test]
    fn masks(seed: u64) {
        for_type!(seed, check_masks: bool i8 f32);
    }
}

#[test]
fn indices_that_do_not_exist_are_errors() {
    let mut array = Array::full([3, 4], 1u8, &Options::new()).unwrap();
    let text = |result: ndpress::Result<Vec<u8>>| result.unwrap_err().to_string();
    assert_eq!(text(array.read_points(&[[0, 4]])), "index 4 exceeds axis 1 of length 4");
    assert_eq!(text(array.read_points(&[[0]])), "1 axes given, 2 needed");
    assert_eq!(text(array.read_orthogonal(&[(..).into()])), "1 axes given, 2 needed");
    let axes = |list: [isize; 1]| [AxisIndices::All, list.into()];
    assert_eq!(text(array.read_orthogonal(&axes([4]))), "index 4 exceeds axis 1 of length 4");
    assert_eq!(
        text(array.read_orthogonal(&axes([-5]))),
        "index -5 lies before the start of axis 1 of length 4"
    );
    assert!(array.read_orthogonal(&[(2..4).into(), (..).into()]).is_err());
    let error = array.write_orthogonal(&[[1, -2].into(), (..).into()], &[9; 8]).unwrap_err();
    assert_eq!(error.to_string(), "index 1 of axis 0 is named twice");
    assert!(array.write_points(&[[0, 0]], &[1, 2]).is_err());
    assert!(array.write_orthogonal(&[[1].into(), (..).into()], &[9; 3]).is_err());
    let mut plain = ndarray::Array2::<u8>::zeros((4, 1));
    let row = [[1].into(), AxisIndices::All];
    let error = array.read_orthogonal_into_ndarray(&row, &mut plain).unwrap_err();
    assert_eq!(error.to_string(), "shape [4, 1] given, [1, 4] needed");
    assert!(array.write_orthogonal_ndarray(&row, &plain).is_err());
    assert_eq!(plain, ndarray::Array2::zeros((4, 1)));
    let mask = Array::full([3, 5], true, &Options::new()).unwrap();
    assert_eq!(text(array.read_masked(&mask)), "shape [3, 5] given, [3, 4] needed");
    assert_eq!(array.to_vec().unwrap(), [1; 12]);
}

#[test]
fn rows_of_nothing_are_not_looked_at() {
    let mask = Array::<bool>::zeros([1 << 60, 0], &Options::new()).unwrap();
    assert!(mask.true_indices().unwrap().is_empty());
    assert!(mask.read_masked(&mask).unwrap().is_empty());
}

#[test]
fn each_block_is_decoded_once() {
    let count = CountingCodec::default();
    let decoded = || count.decoded();
    let options = Options::new()
        .codec(count.clone())
        .no_filters()
        .chunk_shape([50, 100])
        .block_shape([10, 50]);
    let items: Vec<u32> = (0..40_000).map(|i| i / 7).collect();
    let array = Array::from_slice(&items, [200, 200], &options).unwrap();
    decoded();
    array.read_points(&[[0, 0], [199, 199], [3, 3], [0, 1], [199, 150]]).unwrap();
    assert_eq!(decoded(), 2);
    array.read_orthogonal(&[[0, 5, 195].into(), [0, 60, 70, 1].into()]).unwrap();
    assert_eq!(decoded(), 4);
    // The same array twice in an expression; a reduction; a reduction along an axis.
    assert!((&array - &array).max().unwrap() == 0);
    assert_eq!(decoded(), 80);
    array.along([0]).unwrap().sum().unwrap();
    assert_eq!(decoded(), 80);
    array.lazy().transpose().to_vec().unwrap();
    assert_eq!(decoded(), 80);
    array.recode(&Options::new().chunk_shape([100, 200])).unwrap();
    assert_eq!(decoded(), 80);
    let mut changed = array.clone();
    changed.write_points(&[[0, 0]], &[7]).unwrap();
    assert_eq!(decoded(), 1);
    changed.map_in_place(|item| item).unwrap();
    assert_eq!(decoded(), 80);
}
