//! Random sequences of writes to an array and to a plain `ndarray`, compared as a whole and by
//! random parts after each.

use std::ops::Range;

use ndarray::{ArrayD, Axis, IxDyn};
use ndpress::{Array, BloscLz, Lz4, Options, Record, Region};
use proptest::prelude::*;

use crate::random::{Random, Sample};

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

#[test]
fn a_broadcast_view_is_a_source() {
    let row = ndarray::Array1::from_iter(0..50u8);
    let view = row.broadcast((30, 50)).unwrap();
    let array = Array::from_ndarray(&view, &Options::new().chunk_shape([7, 20])).unwrap();
    assert_eq!(array.to_ndarray().unwrap(), view.into_dyn());
}
