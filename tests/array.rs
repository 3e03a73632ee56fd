//! Arrays against a plain `ndarray` as model: random shapes, cuts, element types and sequences of
//! writes, compared as a whole and by random parts.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fmt::Debug;
use std::ops::Range;

use ndarray::{ArrayD, Axis, IxDyn, SliceInfoElem};
use ndpress::{Array, BloscLz, Element, Error, Lz4, Options, Record, Region};
use proptest::prelude::*;

/// An element type with values made from numbers.
trait Sample: Element + PartialEq + Debug {
    fn sample(number: u64) -> Self;
}
macro_rules! sample {
    ($($type:ty: $number:ident => $value:expr;)*) => {$(
        impl Sample for $type {
            fn sample($number: u64) -> Self {
                $value
            }
        }
    )*};
}
sample! {
    u8: n => n as u8;
    u16: n => (n * 257) as u16;
    f32: n => n as f32 - 3.5;
    f64: n => 0.25 * n as f64;
    bool: n => n % 3 == 1;
    [f32; 2]: n => [n as f32, -(n as f32)];
    Record<[u8; 3]>: n => Record([n as u8, 2, (n >> 8) as u8]);
}

/// Numbers from a seed, so that operations can depend on the shape that earlier ones left.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn range(&mut self, len: usize) -> Range<usize> {
        if self.below(3) == 0 {
            return 0..len;
        }
        let (a, b) = (self.below(len + 1), self.below(len + 1));
        a.min(b)..a.max(b)
    }

    fn region(&mut self, shape: &[usize]) -> Vec<Range<usize>> {
        shape.iter().map(|&len| self.range(len)).collect()
    }

    /// A selection with steps, dropped and new axes, and numbers counted from the end.
    fn slices(&mut self, shape: &[usize]) -> Vec<SliceInfoElem> {
        let mut slices = Vec::new();
        for &len in shape {
            if shape.len() < 6 && self.below(8) == 0 {
                slices.push(SliceInfoElem::NewAxis);
            }
            let signed = |index: usize, negative: bool| {
                if negative && index < len { index as isize - len as isize } else { index as isize }
            };
            if len > 0 && self.below(5) == 0 {
                let index = self.below(len);
                slices.push(SliceInfoElem::Index(signed(index, self.below(2) == 0)));
                continue;
            }
            let range = self.range(len);
            let step = match self.below(4) {
                0 => -(1 + self.below(4) as isize),
                1 => 1 + self.below(4) as isize,
                _ => 1,
            };
            let start = signed(range.start, self.below(3) == 0);
            let open = range.end == len && self.below(2) == 0;
            let end = (!open).then(|| signed(range.end, self.below(3) == 0));
            slices.push(SliceInfoElem::Slice { start, end, step });
        }
        slices
    }

    /// Values for so many elements: noise, few values, a ramp, or one value.
    fn items<T: Sample>(&mut self, n: usize) -> Vec<T> {
        let kind = self.below(4);
        let first = self.next() % 1000;
        (0..n as u64)
            .map(|i| match kind {
                0 => self.next() % 1000,
                1 => self.next() % 2,
                2 => first + i / 3,
                _ => first,
            })
            .map(T::sample)
            .collect()
    }

    fn array<T: Sample>(&mut self, shape: &[usize]) -> ArrayD<T> {
        let mut shape = shape.to_vec();
        let transposed = self.below(2) == 0;
        if transposed {
            shape.reverse();
        }
        let items = self.items(shape.iter().product());
        let array = ArrayD::from_shape_vec(IxDyn(&shape), items).unwrap();
        // Views with strides in any order and sign.
        let mut array = if transposed { array.reversed_axes() } else { array };
        if array.ndim() > 0 && self.below(2) == 0 {
            array.invert_axis(Axis(0));
        }
        array
    }
}

/// An array and what it must hold.
struct Pair<T> {
    array: Array<T>,
    model: ArrayD<T>,
    random: Random,
}

impl<T: Sample> Pair<T> {
    fn new(shape: &[usize], seed: u64) -> Self {
        let mut random = Random(seed);
        let mut options = match random.below(4) {
            0 => Options::new().codec(BloscLz::default()),
            1 => Options::new().codec(Lz4::clevel(9)).bitshuffle(),
            2 => Options::new().no_filters(),
            _ => Options::new(),
        };
        if random.below(4) > 0 {
            let chunk: Vec<usize> = shape.iter().map(|&len| 1 + random.below(len + 2)).collect();
            if random.below(4) > 0 {
                let block: Vec<usize> = chunk.iter().map(|&len| 1 + random.below(len)).collect();
                options = options.block_shape(block);
            }
            options = options.chunk_shape(chunk);
        }
        let (array, model) = match random.below(3) {
            0 => {
                let value = T::sample(random.next() % 5);
                let model = ArrayD::from_elem(IxDyn(shape), value);
                (Array::full(shape, value, &options).unwrap(), model)
            }
            1 => {
                let model: ArrayD<T> = random.array(shape);
                (Array::from_ndarray(&model, &options).unwrap(), model)
            }
            _ => {
                let items = random.items::<T>(shape.iter().product());
                let array = Array::from_slice(&items, shape, &options).unwrap();
                (array, ArrayD::from_shape_vec(IxDyn(shape), items).unwrap())
            }
        };
        Self { array, model, random }
    }

    /// Changes both in the same way.
    fn change(&mut self) {
        let shape = self.model.shape().to_vec();
        let value = T::sample(self.random.next() % 4);
        match self.random.below(10) {
            0 => {
                let ranges = self.random.region(&shape);
                let mut part = self.model.slice_each_axis_mut(|axis| slice(&ranges[axis.axis.0]));
                let items = self.random.items::<T>(part.len());
                let region = Region::new(&ranges).unwrap();
                self.array.write_region(&region, &items).unwrap();
                let source = ArrayD::from_shape_vec(part.raw_dim(), items).unwrap();
                part.assign(&source);
            }
            1 | 2 => {
                let slices = self.random.slices(&shape);
                let mut part = self.model.slice_mut(&slices[..]);
                let source = self.random.array(part.shape());
                self.array.write(&slices[..], &source).unwrap();
                part.assign(&source);
            }
            3 => {
                let slices = self.random.slices(&shape);
                self.array.fill(&slices[..], value).unwrap();
                self.model.slice_mut(&slices[..]).fill(value);
            }
            4 => {
                let ranges = self.random.region(&shape);
                self.array.fill_region(&Region::new(&ranges).unwrap(), value).unwrap();
                self.model.slice_each_axis_mut(|axis| slice(&ranges[axis.axis.0])).fill(value);
            }
            5 if self.array.nchunks() > 0 => {
                let index = self.random.below(self.array.nchunks());
                let region = self.array.chunk_region(index).unwrap();
                let mut part =
                    self.model.slice_each_axis_mut(|axis| slice(&region.range(axis.axis.0)));
                if self.random.below(2) == 0 {
                    self.array.fill_chunk(index, value).unwrap();
                    part.fill(value);
                    let chunk = self.array.chunk(index).unwrap();
                    assert!(chunk.is_none_or(|chunk| chunk.special().is_some()));
                } else {
                    let items = self.random.items::<T>(part.len());
                    self.array.write_chunk(index, &items).unwrap();
                    let source = ArrayD::from_shape_vec(part.raw_dim(), items).unwrap();
                    part.assign(&source);
                }
            }
            6 | 7 if !shape.is_empty() => {
                let mut rows = shape;
                rows[0] = self.random.below(4);
                let source: ArrayD<T> = self.random.array(&rows);
                if self.random.below(2) == 0 {
                    self.array.append(&source).unwrap();
                } else {
                    let items: Vec<T> = source.iter().copied().collect();
                    // Rows without elements cannot be counted.
                    rows[0] = if items.is_empty() { 0 } else { rows[0] };
                    self.array.append_slice(&items).unwrap();
                }
                let source = source.slice_axis(Axis(0), (..rows[0]).into());
                self.model.append(Axis(0), source).unwrap();
            }
            8 => {
                self.array
                    .update_chunks(|region, items| {
                        assert_eq!(items.len(), region.shape().nitems());
                        items.iter_mut().filter(|item| **item == value).for_each(|item| {
                            *item = T::sample(9);
                        });
                    })
                    .unwrap();
                self.model.mapv_inplace(|item| if item == value { T::sample(9) } else { item });
            }
            _ if !self.model.is_empty() => {
                let index: Vec<usize> = shape.iter().map(|&len| self.random.below(len)).collect();
                self.array.set(&index, value).unwrap();
                self.model[IxDyn(&index)] = value;
            }
            _ => {}
        }
    }

    /// Compares everything that can be read.
    fn check(&mut self) {
        let (array, model) = (&self.array, &self.model);
        let shape = model.shape();
        assert_eq!(&array.shape()[..], shape);
        assert_eq!(array.len(), model.len());
        assert_eq!(
            array.nbytes(),
            std::mem::size_of_val(&model.iter().copied().collect::<Vec<T>>()[..])
        );
        assert_eq!(array.to_ndarray().unwrap(), *model);

        let ranges = self.random.region(shape);
        let expected: Vec<T> =
            model.slice_each_axis(|axis| slice(&ranges[axis.axis.0])).iter().copied().collect();
        assert_eq!(array.read_region(&Region::new(&ranges).unwrap()).unwrap(), expected);

        let slices = self.random.slices(shape);
        let expected = model.slice(&slices[..]);
        assert_eq!(array.read(&slices[..]).unwrap(), expected);
        let mut target: ArrayD<T> = self.random.array(expected.shape());
        array.read_into(&slices[..], &mut target).unwrap();
        assert_eq!(target, expected);

        if !model.is_empty() {
            let index: Vec<usize> = shape.iter().map(|&len| self.random.below(len)).collect();
            assert_eq!(array.at(&index).unwrap(), model[IxDyn(&index)]);
            let chunk = self.random.below(array.nchunks());
            let region = array.chunk_region(chunk).unwrap();
            let expected: Vec<T> = model
                .slice_each_axis(|axis| slice(&region.range(axis.axis.0)))
                .iter()
                .copied()
                .collect();
            assert_eq!(array.read_chunk(chunk).unwrap(), expected);
        }
    }
}

fn slice(range: &Range<usize>) -> ndarray::Slice {
    ndarray::Slice::from(range.clone())
}

fn check_changes<T: Sample>(shape: &[usize], seed: u64, changes: usize) {
    let mut pair = Pair::<T>::new(shape, seed);
    pair.check();
    for _ in 0..changes {
        let (before, copy) = (pair.array.clone(), pair.model.clone());
        pair.change();
        pair.check();
        // A clone made before does not see the change.
        assert_eq!(before.to_ndarray().unwrap(), copy);
        let equal = pair.array.content_eq(&before).unwrap();
        assert_eq!(equal, pair.model == copy);
    }
    let recut = Array::from_ndarray(&pair.model, &Options::new()).unwrap();
    assert!(recut.content_eq(&pair.array).unwrap());
}

fn check_types(shape: &[usize], seed: u64) {
    match seed % 7 {
        0 => check_changes::<u8>(shape, seed, 8),
        1 => check_changes::<u16>(shape, seed, 8),
        2 => check_changes::<f32>(shape, seed, 8),
        3 => check_changes::<f64>(shape, seed, 8),
        4 => check_changes::<bool>(shape, seed, 8),
        5 => check_changes::<[f32; 2]>(shape, seed, 8),
        _ => check_changes::<Record<[u8; 3]>>(shape, seed, 8),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arrays_hold_what_was_written(
        shape in prop::collection::vec(prop_oneof![4 => 1..12usize, 1 => Just(0usize), 1 => 12..40usize], 0..=3),
        seed: u64,
    ) {
        check_types(&shape, seed);
    }

    #[test]
    fn arrays_of_many_axes_hold_what_was_written(
        shape in prop::collection::vec(prop_oneof![8 => 1..5usize, 1 => Just(0usize)], 4..=5),
        seed: u64,
    ) {
        check_types(&shape, seed);
    }

    #[test]
    fn rows_may_arrive_in_any_portions(
        row in prop::collection::vec(1..9usize, 0..=2),
        chunk_rows in 1..7usize,
        portions in prop::collection::vec(0..20usize, 0..8),
        seed: u64,
    ) {
        let mut random = Random(seed);
        let mut shape = vec![0];
        shape.extend(&row);
        let mut chunk = vec![chunk_rows];
        chunk.extend(row.iter().map(|&len| 1 + random.below(len)));
        let mut model = ArrayD::<u16>::from_elem(IxDyn(&shape), 0);
        let mut writer = Array::<u16>::writer(&shape, &Options::new().chunk_shape(&chunk)).unwrap();
        for rows in portions {
            shape[0] = rows;
            let source: ArrayD<u16> = random.array(&shape);
            if rows == 1 && random.below(2) == 0 {
                writer.append(&source.index_axis(Axis(0), 0)).unwrap();
            } else if random.below(2) == 0 {
                writer.append_slice(&source.iter().copied().collect::<Vec<_>>()).unwrap();
            } else {
                writer.append(&source).unwrap();
            }
            model.append(Axis(0), source.view()).unwrap();
            prop_assert_eq!(&writer.shape()[..], model.shape());
        }
        let array = writer.finish().unwrap();
        prop_assert_eq!(array.chunk_shape()[0], chunk_rows);
        prop_assert_eq!(array.to_ndarray().unwrap(), model);
    }

    #[test]
    fn chunks_made_by_a_function_are_where_they_belong(
        shape in prop::collection::vec(1..20usize, 0..=3),
        seed: u64,
    ) {
        let mut random = Random(seed);
        let chunk: Vec<usize> = shape.iter().map(|&len| 1 + random.below(len)).collect();
        let whole = ndpress::Shape::new(&shape).unwrap();
        let options = Options::new().chunk_shape(&chunk);
        let array = Array::<u32>::from_chunks_fn(&shape, &options, |region, items| {
            assert!(items.iter().all(|&item| item == 0));
            for (position, item) in items.iter_mut().enumerate() {
                let offset = region.shape().unravel(position);
                let index: Vec<usize> = offset.iter().zip(&**region.start()).map(|(a, b)| a + b).collect();
                *item = whole.ravel(&index) as u32;
            }
        })
        .unwrap();
        let expected: Vec<u32> = (0..whole.nitems() as u32).collect();
        prop_assert_eq!(array.to_vec().unwrap(), expected);
    }
}

#[test]
fn fifteen_axes_work() {
    for seed in 0..20 {
        let mut shape = [1; 15];
        let mut random = Random(seed);
        for _ in 0..6 {
            shape[random.below(15)] = 2 + random.below(2);
        }
        check_types(&shape, seed);
    }
    let shape = [2; 15];
    let items: Vec<u16> = (0..1 << 15).collect();
    let array = Array::from_slice(&items, shape, &Options::default()).unwrap();
    assert_eq!(array.at(&[1; 15]).unwrap(), (1 << 15) - 1);
    assert_eq!(array.to_vec().unwrap(), items);
}

/// The text of the error, which must be the caller's fault.
fn fault<T>(result: ndpress::Result<T>) -> String {
    match result.map(|_| ()).unwrap_err() {
        Error::InvalidArgument(error) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn impossible_arrays_are_refused() {
    let options = Options::default();
    assert_eq!(
        fault(Array::<u8>::zeros([1; 16], &options)),
        "16 axes are more than the 15 an array can have"
    );
    assert!(fault(Array::<u8>::zeros([usize::MAX, 2], &options)).contains("overflows"));
    assert!(fault(Array::<f64>::zeros([1 << 60], &options)).contains("overflows"));
    assert_eq!(fault(Array::from_slice(&[1, 2, 3], [2, 2], &options)), "length 3 given, 4 needed");
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().chunk_shape([4, 0]))),
        "chunk length 0 on axis 1 does not suit the array's length 4"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().chunk_shape([2, 2]).block_shape([2, 3]))),
        "block length 3 on axis 1 does not suit the chunk's length 2"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().block_shape([2]))),
        "1 axes given, the array has 2"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4], &Options::new().codec(Lz4::clevel(12)))),
        "level 12 of codec lz4 is outside 0..=9"
    );
    assert_eq!(fault(Array::<u8>::writer([], &options)), "0 axes given, the array has 1");
    assert_eq!(fault(Array::<u8>::writer([3, 4], &options)), "shape [3, 4] given, [0, 4] needed");
}

#[test]
fn wrong_parts_are_refused_and_change_nothing() {
    let items: Vec<u16> = (0..120).collect();
    let options = Options::new().chunk_shape([3, 4]).block_shape([2, 3]);
    let mut array = Array::from_slice(&items, [10, 12], &options).unwrap();
    let region = |ranges: [Range<usize>; 2]| Region::new(ranges).unwrap();

    let outside = region([0..4, 9..13]);
    assert_eq!(fault(array.read_region(&outside)), "region 9..13 exceeds axis 1 of length 12");
    assert!(fault(array.write_region(&outside, &[0; 16])).contains("exceeds axis 1"));
    assert!(fault(array.fill_region(&outside, 0)).contains("exceeds axis 1"));
    let line = Region::new([0..4usize]).unwrap();
    assert_eq!(fault(array.read_region(&line)), "1 axes given, the array has 2");

    let mut untouched = [7; 5];
    let square = region([0..2, 0..2]);
    assert_eq!(fault(array.read_region_into(&square, &mut untouched)), "length 5 given, 4 needed");
    assert_eq!(untouched, [7; 5]);
    assert_eq!(fault(array.write_region(&square, &[0; 3])), "length 3 given, 4 needed");
    assert_eq!(fault(array.read_all_into(&mut [0; 119])), "length 119 given, 120 needed");

    assert_eq!(fault(array.at(&[10, 0])), "index 10 exceeds axis 0 of length 10");
    assert_eq!(fault(array.set(&[0, 12], 1)), "index 12 exceeds axis 1 of length 12");
    assert_eq!(fault(array.at(&[0])), "1 axes given, the array has 2");

    assert_eq!(array.nchunks(), 12);
    assert_eq!(fault(array.chunk(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.chunk_region(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.read_chunk(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.fill_chunk(99, 0)), "chunk 99 does not exist, there are 12");
    assert_eq!(fault(array.write_chunk(11, &[0; 12])), "length 12 given, 4 needed");
    assert_eq!(fault(array.read_chunk_into(0, &mut [0; 4])), "length 4 given, 12 needed");

    assert_eq!(fault(array.append_slice(&[0; 13])), "length 13 given, 12 needed");
    let mut scalar = Array::<u16>::zeros([], &Options::new()).unwrap();
    assert_eq!(fault(scalar.append_slice(&[0])), "0 axes given, the array has 1");

    assert_eq!(array.to_vec().unwrap(), items);
}

#[test]
fn wrong_selections_are_refused_and_change_nothing() {
    use ndarray::{Array1, Array2, s};
    let items: Vec<u16> = (0..120).collect();
    let mut array = Array::from_slice(&items, [10, 12], &Options::default()).unwrap();
    assert_eq!(fault(array.read(s![0..11, ..])), "region 0..11 exceeds axis 0 of length 10");
    assert_eq!(fault(array.read(s![.., 14..])), "region 14..14 exceeds axis 1 of length 12");
    assert_eq!(fault(array.read(s![10, ..])), "index 10 exceeds axis 0 of length 10");
    assert_eq!(
        fault(array.read(s![-11, ..])),
        "index -11 lies before the start of axis 0 of length 10"
    );
    assert_eq!(
        fault(array.read(s![.., -13..])),
        "index -13 lies before the start of axis 1 of length 12"
    );
    assert_eq!(fault(array.read(s![1..3])), "1 axes given, the array has 2");
    assert_eq!(fault(array.read(s![.., .., ..])), "3 axes given, the array has 2");
    let standing = [SliceInfoElem::Slice { start: 0, end: None, step: 0 }, SliceInfoElem::Index(0)];
    assert_eq!(fault(array.read(&standing[..])), "step 0 on axis 0");

    let mut wrong = Array2::<u16>::ones((2, 3));
    assert_eq!(
        fault(array.read_into(s![..3, ..2], &mut wrong)),
        "shape [2, 3] given, [3, 2] needed"
    );
    assert_eq!(wrong, Array2::<u16>::ones((2, 3)));
    assert_eq!(fault(array.write(s![..3, ..2], &wrong)), "shape [2, 3] given, [3, 2] needed");
    assert_eq!(fault(array.write(s![..3, 2], &wrong)), "shape [2, 3] given, [3] needed");
    assert_eq!(fault(array.fill(s![..11, ..], 0)), "region 0..11 exceeds axis 0 of length 10");
    assert_eq!(
        fault(array.append(&Array1::<u16>::ones(11))),
        "shape [1, 11] given, [1, 12] needed"
    );
    assert_eq!(
        fault(array.append(&Array2::<u16>::ones((1, 11)))),
        "shape [1, 11] given, [1, 12] needed"
    );
    assert_eq!(
        fault(array.append(&ndarray::Array3::<u16>::ones((1, 1, 12)))),
        "3 axes given, the array has 2"
    );
    assert_eq!(array.to_vec().unwrap(), items);

    // Legal, if odd: nothing selected.
    assert_eq!(array.read(s![3..1, ..]).unwrap().shape(), [0, 12]);
    assert_eq!(array.read(s![10.., ..;-1]).unwrap().shape(), [0, 12]);
}

#[test]
fn failed_writers_keep_what_they_had() {
    let mut writer = Array::<u16>::writer([0, 4], &Options::new().chunk_shape([3, 4])).unwrap();
    writer.append_slice(&[1; 8]).unwrap();
    assert_eq!(fault(writer.append_slice(&[2; 7])), "length 7 given, 4 needed");
    let wrong = ndarray::Array2::<u16>::zeros((2, 5));
    assert_eq!(fault(writer.append(&wrong)), "shape [2, 5] given, [2, 4] needed");
    assert_eq!(writer.shape()[..], [2, 4]);
    assert_eq!(writer.finish().unwrap().to_vec().unwrap(), [1; 8]);
}

#[test]
fn a_broadcast_view_is_a_source() {
    let row = ndarray::Array1::from_iter(0..50u8);
    let view = row.broadcast((30, 50)).unwrap();
    let array = Array::from_ndarray(&view, &Options::new().chunk_shape([7, 20])).unwrap();
    assert_eq!(array.to_ndarray().unwrap(), view.into_dyn());
}

/// The compressed chunks.
#[cfg(feature = "rayon")]
fn chunk_bytes<T: Element>(array: &Array<T>) -> Vec<Option<Vec<u8>>> {
    (0..array.nchunks())
        .map(|index| array.chunk(index).unwrap().map(|chunk| chunk.as_bytes().to_vec()))
        .collect()
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    use ndarray::s;
    let mut random = Random(5);
    // Several chunks of several megabytes in all, so that all levels of parallel work are reached.
    let source = ndarray::Array2::from_shape_fn((1500, 1400), |(y, x)| {
        (x * y / 37) as u32 + random.below(4) as u32
    });
    let patch = source.slice(s![..1000, ..;2]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut array = Array::from_ndarray(&source, &Options::default()).unwrap();
            array.write(s![333..1333, 700..], &patch).unwrap();
            array.append(&source.slice(s![..500, ..])).unwrap();
            array.update_chunks(|_, items| items.iter_mut().for_each(|item| *item /= 2)).unwrap();
            (chunk_bytes(&array), array.to_vec().unwrap())
        })
    };
    let serial = run(1);
    assert!(serial.0.len() > 4);
    assert!(run(4) == serial);
}

#[test]
fn readers_of_many_threads_share_an_array() {
    let items: Vec<u32> = (0..300_000).map(|i| i / 5).collect();
    let array = Array::from_slice(&items, [300, 1000], &Options::default()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (array, items) = (&array, &items);
            scope.spawn(move || {
                for round in 0..20 {
                    let row = (thread * 71 + round * 13) % 300;
                    let region = Region::new([row..row + 1, 0..1000]).unwrap();
                    assert_eq!(array.read_region(&region).unwrap(), items[row * 1000..][..1000]);
                }
            });
        }
    });
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send_and_sync::<Array<f32>>();
    is_send_and_sync::<ndpress::AnyArray>();
    is_send_and_sync::<ndpress::OpaqueArray>();
    is_send_and_sync::<Options>();
};

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
    assert!(text.starts_with("800×600 f32, lz4 after shuffle, "), "{text}");
    assert!(text.contains(" of 1.9 MB, ") && text.ends_with(":1"), "{text}");
    let debug = format!("{array:?}");
    assert!(debug.contains("shape: [800, 600]") && debug.contains("ratio: "), "{debug}");
    let scalar = Array::full([], 1u8, &Options::new().no_filters()).unwrap().to_string();
    assert!(scalar.starts_with("scalar u8, lz4, "), "{scalar}");
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

/// The chunk with the place of one of its blocks overwritten.
fn damaged(chunk: &ndpress::Chunk, block: usize) -> ndpress::Chunk {
    let mut bytes = chunk.as_bytes().to_vec();
    bytes[32 + 4 * block..][..4].copy_from_slice(&i32::MAX.to_le_bytes());
    ndpress::Chunk::parse(bytes, &ndpress::Limits::default()).unwrap()
}

#[test]
fn damage_is_named_and_spares_the_rest() {
    let items: Vec<u32> = (0..40_000).collect();
    let options = Options::new().chunk_shape([50, 200]).block_shape([10, 200]);
    let sound = Array::from_slice(&items, [200, 200], &options).unwrap();
    let mut array = sound.clone();
    let chunk = damaged(sound.chunk(2).unwrap().unwrap(), 3);
    array.insert_chunk(2, chunk).unwrap();

    // Rows 130 to 140 are gone.
    let rows = |rows: Range<usize>| Region::new([rows, 0..200]).unwrap();
    let expected = "chunk 2, block 3: ";
    for region in [rows(0..200), rows(130..131), rows(139..180)] {
        let error = array.read_region(&region).unwrap_err();
        assert!(matches!(&error, Error::Corrupt(at) if (at.chunk, at.block) == (Some(2), Some(3))));
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    assert_eq!(array.read_region(&rows(0..130)).unwrap(), items[..130 * 200]);
    assert_eq!(array.read_region(&rows(140..200)).unwrap(), items[140 * 200..]);
    assert!(array.content_eq(&sound).is_err());

    // A write that needs them fails as a whole; one that replaces them does not need them.
    let error = array.fill_region(&Region::new([0..200, 3..5]).unwrap(), 1).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(array.at(&[0, 3]).unwrap(), 3);
    let error = array.update_chunks(|_, _| ()).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
    array.write_chunk(2, &items[20_000..30_000]).unwrap();
    assert!(array.content_eq(&sound).unwrap());
}

#[test]
fn chunks_of_another_cut_are_refused() {
    let options = Options::new().chunk_shape([40]);
    let source = Array::from_slice(&[1u8, 2].repeat(100), [200], &options).unwrap();
    let chunk = source.chunk(0).unwrap().unwrap();
    let mut array = Array::<u8>::zeros([200], &Options::new().chunk_shape([50])).unwrap();
    assert_eq!(fault(array.insert_chunk(0, chunk.clone())), "length 40 given, 50 needed");
    assert_eq!(fault(array.insert_chunk(4, chunk.clone())), "chunk 4 does not exist, there are 4");
    let mut array = Array::<u8>::zeros([200], &options.block_shape([10])).unwrap();
    assert_eq!(fault(array.insert_chunk(0, chunk.clone())), "length 40 given, 10 needed");
    assert_eq!(array.to_vec().unwrap(), [0; 200]);
}

/// Compresses with another codec under an id of its own.
#[derive(Debug)]
struct Renamed(Lz4);

impl ndpress::Codec for Renamed {
    fn id(&self) -> ndpress::CodecId {
        ndpress::CodecId::new(201)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &ndpress::codec::BlockInfo<'_>,
        scratch: &mut ndpress::codec::Scratch,
    ) -> Result<ndpress::codec::Encoded, ndpress::CodecError> {
        self.0.encode(src, dst, block, scratch)
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &ndpress::codec::BlockInfo<'_>,
        scratch: &mut ndpress::codec::Scratch,
    ) -> Result<(), ndpress::CodecError> {
        self.0.decode(src, dst, block, scratch)
    }
}

#[test]
fn a_codec_of_your_own_needs_no_registration() {
    let items: Vec<u16> = (0..10_000).collect();
    let options = Options::new().codec(Renamed(Lz4::default()));
    let array = Array::from_slice(&items, [100, 100], &options).unwrap();
    assert_eq!(array.chunk(0).unwrap().unwrap().codec_id().as_u8(), 201);
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

    let items: Vec<u8> = (1..36).collect();
    let options = Options::new().chunk_shape([4, 4]).block_shape([3, 2]);
    let array = Array::from_slice(&items, [5, 7], &options).unwrap();
    let mut written = Array::<u8>::zeros([5, 7], &options).unwrap();
    written.write_region(&Region::new([0..5, 0..3]).unwrap(), &columns(&items, 0..3)).unwrap();
    written.write_region(&Region::new([0..5, 3..7]).unwrap(), &columns(&items, 3..7)).unwrap();
    for (index, expected) in B2ND_CHUNKS.iter().enumerate() {
        for array in [&array, &written] {
            let chunk = array.chunk(index).unwrap().unwrap();
            assert_eq!(chunk.decode(&ndpress::Registry::default()).unwrap(), expected);
            assert_eq!(chunk.blocksize(), 6);
        }
    }
}

/// Some columns of rows of seven.
fn columns(items: &[u8], columns: Range<usize>) -> Vec<u8> {
    items.chunks(7).flat_map(|row| &row[columns.clone()]).copied().collect()
}
