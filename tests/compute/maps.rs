//! Functions of elements and of neighbourhoods, beside loops over plain arrays.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{ArrayD, IxDyn, Zip};
use ndpress::{Array, Border, Error, Options, zip_map, zip_map_indexed};
use proptest::prelude::*;

use crate::cases::{Value, for_type};
use crate::random::Random;

fn check_maps<T: Value>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.shape();
    let (mut a, mut plain) = random.pair_of::<T>(&shape);
    let (b, plain_b) = random.pair_of::<u16>(&shape);
    let row = &shape[shape.len().saturating_sub(1)..];
    let (c, plain_c) = random.pair_of::<f32>(row);
    let plain_c = plain_c.broadcast(IxDyn(&shape)).unwrap();

    let mapped = a.map(|item| item.to_f64() * 2.0).unwrap();
    assert_eq!(mapped.to_ndarray().unwrap(), plain.mapv(|item| item.to_f64() * 2.0));
    let sum = |item: T, b: u16, c: f32| item.to_f64() + f64::from(b) + f64::from(c);
    let zipped = zip_map((&a, &b, &c), |(a, b, c)| sum(a, b, c)).unwrap();
    let expected =
        Zip::from(&plain).and(&plain_b).and(&plain_c).map_collect(|a, b, c| sum(*a, *b, *c));
    assert_eq!(zipped.to_ndarray().unwrap(), expected);
    let weigh = |index: &[usize]| {
        index.iter().enumerate().map(|(axis, i)| (axis + 1) * i).sum::<usize>() as u64
    };
    let indexed = zip_map_indexed((&b, &a), |index, (b, _)| weigh(index) + u64::from(b)).unwrap();
    let mut expected = plain_b.mapv(u64::from);
    expected
        .indexed_iter_mut()
        .for_each(|(index, item)| *item += weigh(ndarray::Dimension::slice(&index)));
    assert_eq!(indexed.to_ndarray().unwrap(), expected);

    // In place; clones made before stay as they are.
    let (before, copy) = (a.clone(), plain.clone());
    let limit = T::value(random.next() % 4);
    let change = |item: T| if item > limit { limit } else { item };
    match random.below(4) {
        0 => {
            a.map_in_place(change).unwrap();
            plain.mapv_inplace(change);
        }
        1 => {
            a.map_in_place_indexed(|index, item| if weigh(index) % 3 == 0 { limit } else { item })
                .unwrap();
            plain.indexed_iter_mut().for_each(|(index, item)| {
                if weigh(ndarray::Dimension::slice(&index)) % 3 == 0 {
                    *item = limit;
                }
            });
        }
        2 => {
            let pick = |item: T, b: u16, c: f32| if f32::from(b) > c { item } else { limit };
            a.zip_map_in_place((&b, &c), |item, (b, c)| pick(item, b, c)).unwrap();
            Zip::from(&mut plain)
                .and(&plain_b)
                .and(&plain_c)
                .for_each(|a, b, c| *a = pick(*a, *b, *c));
        }
        _ => {
            let result: Result<(), Error> =
                a.try_map_in_place(
                    |item| {
                        if item > limit { Err(Error::Cancelled) } else { Ok(limit) }
                    },
                );
            let fails = plain.iter().any(|item| *item > limit);
            assert_eq!(result.is_err(), fails);
            if !fails {
                plain.fill(limit);
            }
        }
    }
    assert_eq!(a.to_ndarray().unwrap(), plain);
    assert_eq!(before.to_ndarray().unwrap(), copy);
}

/// The element that stands for an index, spelled out.
fn bordered<T: Copy>(plain: &ArrayD<T>, index: &[isize], border: Border<T>) -> T {
    let mut at = Vec::new();
    for (axis, &i) in index.iter().enumerate() {
        let len = plain.shape()[axis] as isize;
        let mut i = i;
        while !(0..len).contains(&i) {
            i = match border {
                Border::Constant(value) => return value,
                Border::Edge => i.clamp(0, len - 1),
                Border::Reflect if len == 1 => 0,
                Border::Reflect => {
                    if i < 0 {
                        -i
                    } else {
                        2 * len - 2 - i
                    }
                }
                Border::Symmetric => {
                    if i < 0 {
                        -1 - i
                    } else {
                        2 * len - 1 - i
                    }
                }
                Border::Wrap => {
                    if i < 0 {
                        i + len
                    } else {
                        i - len
                    }
                }
                _ => unreachable!(),
            };
        }
        at.push(i as usize);
    }
    plain[IxDyn(&at)]
}

fn check_overlap(seed: u64) {
    let mut random = Random(seed);
    let most = [1, 300, 40, 10];
    let ndim = random.below(4);
    let shape: Vec<usize> = (0..ndim).map(|_| 1 + random.below(most[ndim])).collect();
    let (array, plain) = random.pair_of::<i32>(&shape);
    let depth: Vec<usize> = (0..ndim).map(|_| random.below(4)).collect();
    let border = match random.below(5) {
        0 => Border::Constant(-7),
        1 => Border::Edge,
        2 => Border::Reflect,
        3 => Border::Symmetric,
        _ => Border::Wrap,
    };
    let options = if random.below(2) == 0 { Options::new() } else { random.options(&shape) };
    // A sum with weights that tell places apart.
    let weight = |offset: &[usize]| offset.iter().fold(1i64, |w, o| w * 3 + *o as i64);
    let window: Vec<usize> = depth.iter().map(|d| 2 * d + 1).collect();
    let offsets: Vec<Vec<usize>> = ndarray::indices(IxDyn(&window))
        .into_iter()
        .map(|at| ndarray::Dimension::slice(&at).to_vec())
        .collect();
    let found = array
        .map_overlap(&depth, border, &options, |around, out: &mut [i64]| {
            let around_items =
                ndarray::ArrayViewD::from_shape(IxDyn(around.shape()), around.items()).unwrap();
            let region = around.region().shape();
            for (at, out) in ndarray::indices(IxDyn(region)).into_iter().zip(out) {
                let at = ndarray::Dimension::slice(&at).to_vec();
                *out = offsets
                    .iter()
                    .map(|offset| {
                        let at: Vec<usize> = at.iter().zip(offset).map(|(a, b)| a + b).collect();
                        i64::from(around_items[IxDyn(&at)]).wrapping_mul(weight(offset))
                    })
                    .fold(0, i64::wrapping_add);
            }
        })
        .unwrap();
    let expected = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
        offsets
            .iter()
            .map(|offset| {
                let index: Vec<isize> = (0..ndim)
                    .map(|axis| at[axis] as isize + offset[axis] as isize - depth[axis] as isize)
                    .collect();
                i64::from(bordered(&plain, &index, border)).wrapping_mul(weight(offset))
            })
            .fold(0, i64::wrapping_add)
    });
    assert_eq!(found.to_ndarray().unwrap(), expected, "{border:?} {shape:?} {depth:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn of_elements(seed: u64) {
        for_type!(seed, check_maps: u8 i16 f32);
    }

    #[test]
    fn of_neighbourhoods(seed: u64) {
        check_overlap(seed);
    }
}

#[test]
fn unchanged_blocks_keep_their_bytes() {
    let options = Options::new().chunk_shape([100, 100]).block_shape([10, 100]);
    let items: Vec<u32> = (0..20_000).map(|i| i * i % 1001).collect();
    let mut array = Array::from_slice(&items, [200, 100], &options).unwrap();
    let before = array.clone();
    let bytes =
        |array: &Array<u32>, chunk| array.chunk(chunk).unwrap().unwrap().as_bytes().to_vec();
    array.map_in_place(|item| item).unwrap();
    assert_eq!(bytes(&array, 0), bytes(&before, 0));
    // One element of one block of the second chunk.
    array
        .map_in_place_indexed(|index, item| if index == [155, 3] { 77_777 } else { item })
        .unwrap();
    assert_eq!(bytes(&array, 0), bytes(&before, 0));
    let (old, new) = (bytes(&before, 1), bytes(&array, 1));
    assert_ne!(old, new);
    // What is written is what would be written from the start.
    let mut changed = items;
    changed[15_503] = 77_777;
    let fresh = Array::from_slice(&changed, [200, 100], &options).unwrap();
    assert_eq!(new, bytes(&fresh, 1));
}

#[test]
fn a_panic_leaves_the_array_as_it_was() {
    let items: Vec<u32> = (0..100_000).collect();
    let mut array =
        Array::from_slice(&items, [1000, 100], &Options::new().chunk_shape([10, 100])).unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| {
        array.map_in_place(|item| if item == 70_000 { panic!("no") } else { 0 })
    }));
    assert!(result.is_err());
    assert_eq!(array.to_vec().unwrap(), items);
}

#[test]
fn chunks_of_one_value_stay_so() {
    let mut array = Array::full([1 << 20, 1 << 20], 7u8, &Options::new()).unwrap();
    array.fill_chunk(3, 9).unwrap();
    array.map_in_place(|item| item + 1).unwrap();
    assert!(array.cbytes() < 500 * array.nchunks());
    assert_eq!((array.at(&[0, 0]).unwrap(), array.max().unwrap()), (8, 10));
}

#[test]
fn shapes_that_do_not_suit_are_errors() {
    let mut a = Array::full([3, 1], 1u8, &Options::new()).unwrap();
    let b = Array::full([3, 4], 1u8, &Options::new()).unwrap();
    let error = a.zip_map_in_place((&b,), |a, _| a + 1).unwrap_err().to_string();
    assert_eq!(error, "shapes [3, 1] and [3, 4] cannot be broadcast together");
    assert_eq!(a.to_vec().unwrap(), [1; 3]);
    let c = Array::full([2, 4], 1u8, &Options::new()).unwrap();
    assert!(zip_map((&b, &c), |(b, _)| b).is_err());
    let copy = |_: ndpress::Neighbourhood<'_, u8>, _: &mut [u8]| {};
    assert!(b.map_overlap([1], Border::Edge, &Options::new(), copy).is_err());
    assert!(b.map_overlap([usize::MAX, 1], Border::Edge, &Options::new(), copy).is_err());
    let empty = Array::<u8>::zeros([0, 4], &Options::new()).unwrap();
    assert!(empty.map_overlap([2, 2], Border::Wrap, &Options::new(), copy).unwrap().is_empty());
}
