//! Reductions over all elements and along axes, beside loops over a plain `ndarray`.

use std::collections::BTreeMap;

use ndarray::{ArrayD, Axis, IxDyn};
use ndpress::half::f16;
use ndpress::{Array, Error, InvalidArgument, Options};
use proptest::prelude::*;

use crate::cases::{Value, for_type};
use crate::random::Random;

fn is_near(a: f64, b: f64, scale: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-10 * scale.max(1e-300)
}

/// What a list of elements reduces to.
struct Model<T> {
    items: Vec<T>,
}

impl<T: Value> Model<T> {
    fn sum(&self) -> f64 {
        self.items.iter().map(|item| item.to_f64()).sum()
    }

    /// The size of what is added, for tolerances.
    fn scale(&self) -> f64 {
        self.items.iter().map(|item| item.to_f64().abs()).sum()
    }

    fn mean(&self) -> f64 {
        self.sum() / self.items.len() as f64
    }

    fn var(&self, ddof: f64) -> f64 {
        let freedom = self.items.len() as f64 - ddof;
        let squares: f64 =
            self.items.iter().map(|item| (item.to_f64() - self.mean()).powi(2)).sum();
        if freedom > 0.0 { squares / freedom } else { f64::NAN }
    }

    /// The first of the best elements; NaN is the best.
    fn best(&self, is_better: impl Fn(T, T) -> bool) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (index, &item) in self.items.iter().enumerate() {
            let is_first = best.is_none_or(|best| {
                let best = self.items[best];
                !best.is_nan() && (item.is_nan() || is_better(item, best))
            });
            best = if is_first { Some(index) } else { best };
        }
        best
    }

    fn argmin(&self) -> Option<usize> {
        self.best(|a, b| a < b)
    }

    fn argmax(&self) -> Option<usize> {
        self.best(|a, b| a > b)
    }

    fn percentile(&self, percent: f64) -> f64 {
        let mut sorted: Vec<f64> = self.items.iter().map(|item| item.to_f64()).collect();
        sorted.sort_by(f64::total_cmp);
        let place = percent / 100.0 * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        low + (high - low) * place.fract()
    }
}

fn same<T: Value>(a: T, b: T) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

fn check_whole<T: Value>(array: &Array<T>, plain: &ArrayD<T>)
where
    T::Total: Value,
{
    let model = Model { items: plain.iter().copied().collect() };
    let scale = model.scale();
    let total: f64 = array.sum().unwrap().to_f64();
    assert!(is_near(total, model.sum(), scale), "{total} {}", model.sum());
    assert_eq!(array.count(|item| item.is_nan() || item > T::value(3)).unwrap(), {
        model.items.iter().filter(|&&item| item.is_nan() || item > T::value(3)).count()
    });
    let mut counts = BTreeMap::new();
    model.items.iter().for_each(|item| *counts.entry(item.to_f64().to_bits()).or_insert(0) += 1);
    let found = array.unique_counts().unwrap();
    assert!(found.is_sorted_by(|(a, _), (b, _)| a.to_f64().total_cmp(&b.to_f64()).is_lt()));
    let found: BTreeMap<u64, u64> =
        found.iter().map(|&(value, count)| (value.to_f64().to_bits(), count)).collect();
    assert_eq!(found, counts);
    if model.items.is_empty() {
        for error in [
            array.mean().unwrap_err(),
            array.min().map(drop).unwrap_err(),
            array.var(0.0).unwrap_err(),
            array.argmax().map(drop).unwrap_err(),
            array.percentiles(&[50.0]).map(drop).unwrap_err(),
        ] {
            let shape = plain.shape();
            let expected = matches!(&error, Error::InvalidArgument(
                InvalidArgument::EmptyReduction { shape: found, .. }) if found == shape);
            assert!(expected, "{error}");
        }
        return;
    }
    let n = model.items.len() as f64;
    assert!(is_near(array.mean().unwrap(), model.mean(), scale / n));
    let spread = scale / n + model.mean().abs();
    assert!(is_near(array.var(0.0).unwrap(), model.var(0.0), spread * spread * 10.0));
    assert!(is_near(array.var(1.0).unwrap(), model.var(1.0), spread * spread * 10.0));
    let (low, high) = (model.argmin().unwrap(), model.argmax().unwrap());
    let (min, max) = array.min_max().unwrap();
    assert!(same(min, model.items[low]) && same(max, model.items[high]));
    let unravel = |mut at: usize| {
        let mut index = vec![0; plain.ndim()];
        for axis in (0..plain.ndim()).rev() {
            index[axis] = at % plain.shape()[axis];
            at /= plain.shape()[axis];
        }
        index
    };
    assert_eq!(array.argmin().unwrap(), unravel(low));
    assert_eq!(array.argmax().unwrap(), unravel(high));
    let percents = [0.0, 3.0, 50.0, 99.9, 100.0];
    for (percent, found) in percents.iter().zip(array.percentiles(&percents).unwrap()) {
        let expected = model.percentile(*percent);
        assert!(is_near(found, expected, expected.abs().max(1.0)), "{found} {expected}");
    }
    let (from, to) = (min.to_f64(), max.to_f64() + 1.0);
    let histogram = array.histogram(7, from, to).unwrap();
    let edges = histogram.edges();
    for (bin, &count) in histogram.counts().iter().enumerate() {
        let is_in = |v: f64| edges[bin] <= v && (v < edges[bin + 1] || bin == 6 && v == edges[7]);
        let expected = model.items.iter().filter(|item| is_in(item.to_f64())).count();
        assert_eq!(count, expected as u64);
    }
}

/// The lists of elements that agree in the axes that are left.
fn groups<T: Value>(plain: &ArrayD<T>, axes: &[usize]) -> ArrayD<Vec<T>> {
    let kept: Vec<usize> = (0..plain.ndim()).filter(|axis| !axes.contains(axis)).collect();
    let shape: Vec<usize> = kept.iter().map(|&axis| plain.shape()[axis]).collect();
    let mut groups = ArrayD::from_elem(IxDyn(&shape), Vec::new());
    for (index, &item) in plain.indexed_iter() {
        let at: Vec<usize> = kept.iter().map(|&axis| index[axis]).collect();
        groups[IxDyn(&at)].push(item);
    }
    groups
}

fn check_along<T: Value>(array: &Array<T>, plain: &ArrayD<T>, axes: &[usize])
where
    T::Total: Value,
{
    let groups = groups(plain, axes);
    let along = array.along(axes).unwrap();
    let is_empty = groups.iter().any(Vec::is_empty);
    let compare = |found: ArrayD<f64>, f: &dyn Fn(&Model<T>) -> (f64, f64)| {
        assert_eq!(found.shape(), groups.shape());
        for (found, group) in found.iter().zip(&groups) {
            let (expected, scale) = f(&Model { items: group.clone() });
            assert!(is_near(*found, expected, scale), "{found} {expected} {axes:?}");
        }
    };
    let sums = along.sum().unwrap().to_ndarray().unwrap().mapv(Value::to_f64);
    compare(sums, &|model| (model.sum(), model.scale()));
    let counts = along.count(|item| item > T::value(3)).unwrap().to_ndarray().unwrap();
    compare(counts.mapv(|n| n as f64), &|model| {
        (model.items.iter().filter(|&&item| item > T::value(3)).count() as f64, 1.0)
    });
    if is_empty {
        for error in [
            along.mean().map(drop).unwrap_err(),
            along.max().map(drop).unwrap_err(),
            along.argmin().map(drop).unwrap_err(),
        ] {
            assert!(error.to_string().contains("of no elements"), "{error}");
        }
        return;
    }
    let n = |model: &Model<T>| model.items.len() as f64;
    compare(along.mean().unwrap().to_ndarray().unwrap(), &|model| {
        (model.mean(), model.scale() / n(model))
    });
    compare(along.var(0.0).unwrap().to_ndarray().unwrap(), &|model| {
        let spread = model.scale() / n(model);
        (model.var(0.0), 10.0 * spread * spread)
    });
    compare(along.min().unwrap().to_ndarray().unwrap().mapv(Value::to_f64), &|model| {
        (model.items[model.argmin().unwrap()].to_f64(), 0.0)
    });
    compare(along.max().unwrap().to_ndarray().unwrap().mapv(Value::to_f64), &|model| {
        (model.items[model.argmax().unwrap()].to_f64(), 0.0)
    });
    compare(along.argmin().unwrap().to_ndarray().unwrap().mapv(|i| i as f64), &|model| {
        (model.argmin().unwrap() as f64, 0.0)
    });
    compare(along.argmax().unwrap().to_ndarray().unwrap().mapv(|i| i as f64), &|model| {
        (model.argmax().unwrap() as f64, 0.0)
    });
}

fn check<T: Value>(seed: u64)
where
    T::Total: Value,
{
    let mut random = Random(seed);
    let (array, plain) = random.pair::<T>();
    check_whole(&array, &plain);
    let axes: Vec<usize> = (0..plain.ndim()).filter(|_| random.below(2) == 0).collect();
    check_along(&array, &plain, &axes);
}

fn check_nan<T: Value>(seed: u64, nan: T)
where
    T::Total: Value,
{
    let mut random = Random(seed);
    let (mut array, mut plain) = random.pair::<T>();
    if plain.is_empty() {
        return;
    }
    let dense = random.below(6) == 0;
    let n = if dense { plain.len() } else { 1 + random.below(3) };
    for at in 0..n {
        let at = if dense { at } else { random.below(plain.len()) };
        let (index, item) = plain.indexed_iter_mut().nth(at).unwrap();
        *item = nan;
        array.set(ndarray::Dimension::slice(&index), nan).unwrap();
    }
    // Left in, one of them is enough.
    assert!(array.min().unwrap().is_nan() && array.max().unwrap().is_nan());
    assert!(array.sum().unwrap().partial_cmp(&array.sum().unwrap()).is_none());
    assert!(array.mean().unwrap().is_nan() && array.var(0.0).unwrap().is_nan());
    assert!(array.percentiles(&[50.0]).unwrap()[0].is_nan());
    let first = plain.iter().position(|item| item.is_nan()).unwrap();
    let flat = |index: Vec<usize>| {
        index.iter().zip(plain.shape()).fold(0, |at, (index, len)| at * len + index)
    };
    assert_eq!(flat(array.argmin().unwrap()), first);
    assert_eq!(flat(array.argmax().unwrap()), first);
    // Left out, the others are as if alone.
    let items: Vec<T> = plain.iter().copied().filter(|item| !item.is_nan()).collect();
    let numbers = array.skip_nan();
    if items.is_empty() {
        assert!(numbers.max().unwrap().is_nan() && numbers.mean().unwrap().is_nan());
        assert!(numbers.argmax().is_err());
        return;
    }
    let model = Model { items };
    let scale = model.scale() / model.items.len() as f64;
    assert!(is_near(numbers.mean().unwrap(), model.mean(), scale));
    assert!(is_near(numbers.var(0.0).unwrap(), model.var(0.0), 10.0 * scale * scale));
    let (low, high) = numbers.min_max().unwrap();
    assert!(low == model.items[model.argmin().unwrap()]);
    assert!(high == model.items[model.argmax().unwrap()]);
    let at = plain.iter().position(|item| *item == low).unwrap();
    assert_eq!(flat(numbers.argmin().unwrap()), at);
    let median = numbers.percentiles(&[50.0]).unwrap()[0];
    assert!(is_near(median, model.percentile(50.0), scale.max(1.0)));
    for axis in 0..plain.ndim() {
        let found = array.along([axis]).unwrap().skip_nan().sum().unwrap();
        let expected = plain.map_axis(Axis(axis), |lane| {
            lane.iter().filter(|item| !item.is_nan()).map(|item| item.to_f64()).sum::<f64>()
        });
        for (found, expected) in found.to_vec().unwrap().into_iter().zip(expected) {
            let found = found.to_f64();
            assert!(is_near(found, expected, model.scale()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn like_a_plain_array(seed: u64) {
        for_type!(seed, check: bool u8 i16 u64 f16 f32 f64);
    }

    #[test]
    fn with_elements_that_are_no_numbers(seed: u64) {
        match seed % 3 {
            0 => check_nan(seed, f16::NAN),
            1 => check_nan(seed, f32::NAN),
            _ => check_nan(seed, f64::NAN),
        }
    }
}

#[test]
fn sums_of_integers_are_exact_or_an_error() {
    let options = Options::new().chunk_shape([1000]);
    let array = Array::full([3000], u64::MAX / 3000, &options).unwrap();
    assert_eq!(array.sum().unwrap(), u64::MAX / 3000 * 3000);
    let array = Array::full([1 << 20], i64::MIN, &options).unwrap();
    let error = array.sum().unwrap_err();
    assert_eq!(error.to_string(), "the sum, -9671406556917033397649408, does not fit i64");
    assert!(array.along([0]).unwrap().sum().is_err());
    let mean = array.mean().unwrap();
    assert_eq!(mean, i64::MIN as f64);
    // Beyond what is exact in a float.
    let items: Vec<i64> =
        (0..5000).map(|i| (1 << 60) + i - 2 * (i % 2) * ((1 << 60) + i)).collect();
    let array = Array::from_slice(&items, [5000], &options).unwrap();
    assert_eq!(array.sum().unwrap(), -2500);
}

#[test]
fn sums_of_floats_do_not_depend_on_codec_or_threads() {
    // Some blocks are of one value, which codecs tell in different ways, or do not tell.
    let item = |i: u32| match i / 30_000 % 3 {
        0 => 0.1,
        _ => f64::from(i.wrapping_mul(2_654_435_761)).sqrt(),
    };
    let items: Vec<f64> = (0..600_000).map(item).collect();
    let cut = Options::new().chunk_shape([100, 700]).block_shape([13, 300]);
    let sum = |options: Options| {
        let array = Array::from_slice(&items, [600, 1000], &options).unwrap();
        let bits = |array: Array<f64>| -> Vec<u64> {
            array.to_vec().unwrap().into_iter().map(f64::to_bits).collect()
        };
        let [rows, columns] = [0, 1].map(|axis| array.along([axis]).unwrap().sum().unwrap());
        (
            array.sum().unwrap().to_bits(),
            array.var(1.0).unwrap().to_bits(),
            bits(rows),
            bits(columns),
        )
    };
    let raster = sum(cut.clone());
    assert_eq!(raster, sum(cut.clone().codec(ndpress::Lz4::clevel(5))));
    assert_eq!(raster, sum(cut.clone().codec(ndpress::Lz4::clevel(0))));
    #[cfg(feature = "rayon")]
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(raster, pool.install(|| sum(cut.clone())));
    }
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let array = Array::full([3, 4], 1.0f32, &Options::new()).unwrap();
    let text = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(text(array.along([2]).map(drop)), "axis 2 does not exist, there are 2");
    assert_eq!(text(array.along([1, 1]).map(drop)), "axis 1 is named twice");
    assert_eq!(text(array.percentiles(&[101.0]).map(drop)), "101 percent is not within 0 to 100");
    assert!(array.percentiles(&[f64::NAN]).is_err());
    assert_eq!(
        text(array.histogram(0, 0.0, 1.0).map(drop)),
        "0 intervals from 0 to 1 are no histogram"
    );
    assert!(array.histogram(3, 1.0, 1.0).is_err());
    assert!(array.histogram(3, 0.0, f64::INFINITY).is_err());
    let empty = Array::<f32>::zeros([0, 4], &Options::new()).unwrap();
    assert_eq!(text(empty.max().map(drop)), "max of no elements, in an array of shape [0, 4]");
    assert_eq!(empty.sum().unwrap(), 0.0);
    assert_eq!(empty.along([0]).unwrap().sum().unwrap().to_vec().unwrap(), [0.0; 4]);
    assert!(empty.along([1]).unwrap().max().unwrap().is_empty());
}

#[test]
fn any_and_all_end_early() {
    let mut mask =
        Array::<bool>::zeros([400, 4000], &Options::new().chunk_shape([10, 4000])).unwrap();
    assert!(!mask.any().unwrap() && !mask.all().unwrap());
    mask.set(&[7, 7], true).unwrap();
    assert!(mask.any().unwrap() && !mask.all().unwrap());
    let rows = mask.along([1]).unwrap().any().unwrap().to_vec().unwrap();
    assert_eq!(rows.iter().position(|&row| row), Some(7));
    let none = Array::<bool>::zeros([0], &Options::new()).unwrap();
    assert!(!none.any().unwrap() && none.all().unwrap());
    let full = Array::full([50, 50], true, &Options::new()).unwrap();
    assert!(full.all().unwrap() && full.along([0]).unwrap().all().unwrap().all().unwrap());
}
