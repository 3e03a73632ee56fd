//! Shared arrays: as arrays from one thread, and from many, with counts and sums that only hold if
//! nothing is lost and nothing is seen in part.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread;

use ndarray::{Array1, ArrayD, s};
use ndpress::{
    AnyArray, Array, Blocks, Chunk, ChunkSource, DType, Error, InvalidArgument, Options, Region,
    Result, SharedArray, StoredChunk,
};
use proptest::prelude::*;

use crate::random::Random;

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<SharedArray<f32>>();
    is_send_and_sync::<Arc<SharedArray<bool>>>();
};

fn region(range: Range<usize>) -> Region {
    Region::new([range]).unwrap()
}

/// Chunks of ten elements in blocks of four.
fn zeros(len: usize) -> SharedArray<u32> {
    let options = Options::new().chunk_shape([10]).block_shape([4]);
    SharedArray::new(Array::zeros([len], &options).unwrap())
}

fn increment(items: &mut [u32]) {
    items.iter_mut().for_each(|item| *item += 1);
}

/// Does the same to both.
fn change(shared: &SharedArray<u16>, array: &mut Array<u16>, random: &mut Random) -> Result<()> {
    let shape = array.shape().to_vec();
    let part = Region::new(random.region(&shape))?;
    let value = (random.next() % 3) as u16;
    match random.below(9) {
        0 => {
            let items = random.items(part.shape().nitems());
            shared.write_region(&part, &items)?;
            array.write_region(&part, &items)
        }
        1 => {
            shared.fill_region(&part, value)?;
            array.fill_region(&part, value)
        }
        2 | 3 => {
            let slices = random.slices(&shape);
            let source: ArrayD<u16> = random.array(array.read(&slices[..])?.shape());
            shared.write(&slices[..], &source)?;
            array.write(&slices[..], &source)
        }
        4 => {
            let slices = random.slices(&shape);
            shared.fill(&slices[..], value)?;
            array.fill(&slices[..], value)
        }
        5 if !array.is_empty() => {
            let index = random.below(array.nchunks());
            let items = random.items(array.chunk_region(index)?.shape().nitems());
            shared.write_chunk(index, &items)?;
            array.write_chunk(index, &items)?;
            let index = random.below(array.nchunks());
            shared.fill_chunk(index, value)?;
            array.fill_chunk(index, value)
        }
        6 if !array.is_empty() => {
            let index: Vec<usize> = shape.iter().map(|&len| random.below(len)).collect();
            shared.set(&index, value)?;
            array.set(&index, value)
        }
        7 => {
            let replace = |items: &mut [u16]| {
                items.iter_mut().filter(|item| **item == value).for_each(|item| *item = 9);
            };
            shared.update_chunks(|_, items| replace(items))?;
            array.update_chunks(|_, items| replace(items))
        }
        _ => {
            let add = |items: &mut [u16]| {
                items.iter_mut().for_each(|item| *item = item.wrapping_add(value));
                items.len()
            };
            if *part.shape() == *array.shape() {
                let add = |items: &mut [u16]| {
                    add(items);
                };
                shared.update_chunks(|_, items| add(items))?;
                return array.update_chunks(|_, items| add(items));
            }
            let mut items = array.read_region(&part)?;
            let expected = add(&mut items);
            assert_eq!(shared.update(&part, add)?, expected);
            if value > 0 { array.write_region(&part, &items) } else { Ok(()) }
        }
    }
}

fn chunk_bytes(array: &Array<u16>) -> Vec<Option<Vec<u8>>> {
    let bytes = |index| array.chunk(index).unwrap().map(|chunk| chunk.as_bytes().to_vec());
    (0..array.nchunks()).map(bytes).collect()
}

fn check_reads(shared: &SharedArray<u16>, array: &Array<u16>, random: &mut Random) {
    let shape = array.shape().to_vec();
    assert_eq!(shared.to_ndarray().unwrap(), array.to_ndarray().unwrap());
    let mut items = vec![1; array.len()];
    shared.read_all_into(&mut items).unwrap();
    assert_eq!(items, shared.to_vec().unwrap());
    let slices = random.slices(&shape);
    let expected = array.read(&slices[..]).unwrap();
    assert_eq!(shared.read(&slices[..]).unwrap(), expected);
    let mut target = expected.mapv(|item| !item);
    shared.read_into(&slices[..], &mut target).unwrap();
    assert_eq!(target, expected);
    let part = Region::new(random.region(&shape)).unwrap();
    assert_eq!(shared.read_region(&part).unwrap(), array.read_region(&part).unwrap());
    if !array.is_empty() {
        let index: Vec<usize> = shape.iter().map(|&len| random.below(len)).collect();
        assert_eq!(shared.at(&index).unwrap(), array.at(&index).unwrap());
        let index = random.below(shared.nchunks());
        let expected = array.read_chunk(index).unwrap();
        assert_eq!(shared.read_chunk(index).unwrap(), expected);
        let mut items = vec![1; expected.len()];
        shared.read_chunk_into(index, &mut items).unwrap();
        assert_eq!(items, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    #[test]
    fn from_one_thread_it_is_an_array(
        shape in prop::collection::vec(prop_oneof![8 => 1..14usize, 1 => Just(0usize)], 0..=3),
        seed: u64,
    ) {
        let mut random = Random(seed);
        let chunk: Vec<usize> = shape.iter().map(|&len| 1 + random.below(len + 1)).collect();
        let block: Vec<usize> = chunk.iter().map(|&len| 1 + random.below(len)).collect();
        let options = Options::new().chunk_shape(&chunk).block_shape(&block);
        let mut array = Array::full(&shape, (seed % 3) as u16, &options).unwrap();
        let shared = SharedArray::from(array.clone());
        for _ in 0..12 {
            let (before, copy) = (shared.snapshot(), array.to_vec().unwrap());
            change(&shared, &mut array, &mut random).unwrap();
            check_reads(&shared, &array, &mut random);
            prop_assert_eq!(before.to_vec().unwrap(), copy);
        }
        // Not only the elements: the bytes.
        let array_again = shared.into_array();
        prop_assert_eq!(chunk_bytes(&array_again), chunk_bytes(&array));
        prop_assert_eq!(array_again.cbytes(), array.cbytes());
    }
}

#[test]
fn no_update_is_lost() {
    let shared = zeros(95);
    let counts: Vec<AtomicU32> = (0..95).map(|_| AtomicU32::new(0)).collect();
    thread::scope(|scope| {
        for seed in 0..4 {
            let (shared, counts) = (&shared, &counts);
            scope.spawn(move || {
                let mut random = Random(seed);
                for round in 0..100 {
                    let part = random.region(&[95])[0].clone();
                    let part = if round % 25 == 24 { 0..95 } else { part };
                    match round % 25 {
                        24 => shared.update_chunks(|_, items| increment(items)).unwrap(),
                        _ => shared.update(&region(part.clone()), increment).unwrap(),
                    }
                    for count in &counts[part] {
                        count.fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    let counts: Vec<u32> = counts.into_iter().map(AtomicU32::into_inner).collect();
    assert_eq!(shared.into_array().to_vec().unwrap(), counts);
}

#[test]
fn what_a_thread_wrote_stays_whatever_others_write_beside_it() {
    const THREADS: usize = 4;
    let shared = zeros(103);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let shared = &shared;
            // Every block has elements of all threads.
            let mine = s![thread..;THREADS];
            let mut held: Array1<u32> = shared.read(mine).unwrap();
            scope.spawn(move || {
                let mut random = Random(thread as u64);
                for round in 1..150 {
                    let value = round * 10 + thread as u32;
                    let place = random.below(held.len());
                    match random.below(3) {
                        0 => {
                            held.fill(value);
                            shared.fill(mine, value).unwrap();
                        }
                        1 => {
                            held.iter_mut().enumerate().for_each(|(i, x)| *x = value + i as u32);
                            shared.write(mine, &held).unwrap();
                        }
                        _ => {
                            held[place] = value;
                            shared.set(&[thread + place * THREADS], value).unwrap();
                        }
                    }
                    assert_eq!(shared.read(mine).unwrap(), held);
                }
            });
        }
    });
}

#[test]
fn a_read_sees_a_write_to_all_chunks_or_none() {
    let shared = zeros(100);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers = [0, 1, 2].map(|thread| {
            let shared = &shared;
            scope.spawn(move || {
                let all = region(0..100);
                for round in 0..100 {
                    let value = 3 * round + thread + 1;
                    match (round + thread) % 4 {
                        // Noise, so that the chunks differ: 40 apart at equal places.
                        0 => shared.write_region(&all, &rising(value)).unwrap(),
                        // A new fill value.
                        1 => shared.fill_region(&all, value).unwrap(),
                        2 => shared.update_chunks(|_, items| increment(items)).unwrap(),
                        // A fill of all but whole chunks, whose edges are shared.
                        _ => shared
                            .update(&all, |items| {
                                let first = items[0];
                                items.iter_mut().for_each(|item| *item = first);
                            })
                            .unwrap(),
                    }
                }
            })
        });
        let readers = [0, 1].map(|reader| {
            let (shared, is_done) = (&shared, &is_done);
            scope.spawn(move || {
                let mut kinds = [0; 2];
                while !is_done.load(Relaxed) || kinds[0] + kinds[1] < 50 {
                    let items = match reader {
                        0 => shared.to_vec().unwrap(),
                        _ => shared.snapshot().to_vec().unwrap(),
                    };
                    let steps: Vec<u32> = items.windows(2).map(|pair| pair[1] - pair[0]).collect();
                    assert!(steps.iter().all(|&step| step == steps[0]), "{items:?}");
                    kinds[steps[0] as usize] += 1;
                }
            })
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        is_done.store(true, Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

fn rising(first: u32) -> Vec<u32> {
    (first..first + 100).collect()
}

#[test]
fn what_is_moved_between_chunks_is_never_seen_twice_or_nowhere() {
    let shared = zeros(60);
    shared.fill_region(&region(0..60), 100).unwrap();
    thread::scope(|scope| {
        for seed in 0..3 {
            let shared = &shared;
            scope.spawn(move || {
                let mut random = Random(seed);
                for _ in 0..80 {
                    let (from, to) = (random.below(60), random.below(60));
                    let (first, last) = (from.min(to), from.max(to));
                    let moved = shared
                        .update(&region(first..last + 1), |items| {
                            let moved = items[from - first].min(7);
                            items[from - first] -= moved;
                            items[to - first] += moved;
                            moved
                        })
                        .unwrap();
                    assert!(moved <= 7);
                    assert_eq!(shared.to_vec().unwrap().iter().sum::<u32>(), 6000);
                }
            });
        }
    });
}

#[test]
fn a_new_fill_value_takes_no_write_apart() {
    // What equals the fill value is not stored; a write of it must not become something else when
    // the fill value changes in between.
    let written: Vec<u32> = (0..40).map(|item| item / 10).collect();
    for round in 0..200 {
        let shared = zeros(40);
        let place = round % 30;
        thread::scope(|scope| {
            scope.spawn(|| shared.fill_region(&region(0..40), 5).unwrap());
            scope.spawn(|| shared.write_region(&region(0..40), &written).unwrap());
            scope.spawn(|| shared.update(&region(place..place + 1), increment).unwrap());
        });
        let mut items = shared.to_vec().unwrap();
        let expected = if items[39] == 3 { &written } else { &vec![5; 40] };
        // The update came before the others or after.
        assert!((expected[place]..=expected[place] + 1).contains(&items[place]), "{items:?}");
        items[place] = expected[place];
        assert_eq!(items, *expected);
    }
}

#[test]
fn a_function_may_use_the_array() {
    let shared = zeros(30);
    let mut runs = 0;
    let sum = shared
        .update(&region(0..10), |items| {
            runs += 1;
            if runs == 1 {
                // Another chunk, and then the same: this makes the update begin again.
                shared.update(&region(10..11), increment).unwrap();
                shared.update(&region(9..10), increment).unwrap();
            }
            increment(items);
            shared.to_vec().unwrap().iter().sum::<u32>()
        })
        .unwrap();
    assert_eq!((runs, sum), (2, 2));
    let expected: Vec<u32> = [[1; 9].as_slice(), &[2, 1], &[0; 19]].concat();
    assert_eq!(shared.to_vec().unwrap(), expected);
}

#[test]
fn writes_elsewhere_do_not_disturb() {
    let shared = zeros(30);
    let mut runs = 0;
    shared
        .update(&region(5..15), |items| {
            runs += 1;
            shared.update(&region(20..25), increment).unwrap();
            increment(items);
        })
        .unwrap();
    assert_eq!(runs, 1);
}

#[test]
fn a_panic_leaves_the_array_as_it_was() {
    let shared = zeros(100);
    shared.update(&region(5..50), increment).unwrap();
    let before = shared.snapshot();
    let update = || shared.update(&region(0..100), |_| panic!("a panic of the caller"));
    assert!(catch_unwind(AssertUnwindSafe(update)).is_err());
    let update = || {
        shared.update_chunks(|region, items| {
            increment(items);
            assert!(region.start()[0] < 70, "a panic of the caller");
        })
    };
    assert!(catch_unwind(AssertUnwindSafe(update)).is_err());
    assert!(shared.snapshot().content_eq(&before).unwrap());
    shared.update_chunks(|_, items| increment(items)).unwrap();
    assert_eq!(shared.at(&[20]).unwrap(), 2);
}

/// Why a test's function gave up.
#[derive(Debug)]
enum Refusal {
    Function,
    Array(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Array(error)
    }
}

#[test]
fn errors_leave_the_array_as_it_was() {
    let shared = zeros(100);
    shared.update(&region(5..50), increment).unwrap();
    let before = shared.snapshot();
    let refused = shared.try_update(&region(0..100), |items| {
        increment(items);
        Err::<(), _>(Refusal::Function)
    });
    assert!(matches!(refused, Err(Refusal::Function)));
    let outside = shared.try_update(&region(95..101), |_| Err::<(), _>(Refusal::Function));
    let Err(Refusal::Array(Error::InvalidArgument(error))) = outside else { panic!("{outside:?}") };
    assert!(matches!(error, InvalidArgument::RegionOutOfBounds { .. }));
    assert!(shared.update(&region(95..101), |_| ()).is_err());
    assert!(shared.write_region(&region(0..3), &[1; 2]).is_err());
    assert!(shared.fill_region(&Region::new([0..3, 0..3]).unwrap(), 1).is_err());
    assert!(shared.set(&[100], 1).is_err());
    assert!(shared.write_chunk(10, &[1; 10]).is_err());
    assert!(shared.fill_chunk(10, 1).is_err());
    assert!(shared.fill(s![..101], 1).is_err());
    assert!(shared.write(s![..5], &Array1::zeros(4)).is_err());
    assert!(shared.read_chunk(10).is_err() && shared.chunk_region(10).is_err());
    assert!(shared.snapshot().content_eq(&before).unwrap());
}

/// Chunks that cannot be had.
#[derive(Debug)]
struct Lost;

impl ChunkSource for Lost {
    fn load(&self, _: &StoredChunk, _: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        Err(std::io::Error::other("lost").into())
    }
}

#[test]
fn a_write_that_needs_a_lost_chunk_changes_no_other() {
    let options = Options::new().chunk_shape([10]).block_shape([4]);
    let places = [(2, StoredChunk::new(0, 0))];
    let array = AnyArray::from_source(DType::U32, [50], &options, Arc::new(Lost), places).unwrap();
    let shared = SharedArray::new(array.into_typed::<u32>().unwrap());
    assert!(shared.fill_region(&region(5..25), 7).is_err());
    assert!(shared.update(&region(0..50), increment).is_err());
    assert!(shared.update_chunks(|_, items| increment(items)).is_err());
    assert_eq!(shared.read_region(&region(0..20)).unwrap(), [0; 20]);
    // Nothing of it is needed when it is overwritten.
    shared.fill_region(&region(5..30), 7).unwrap();
    assert_eq!(shared.to_vec().unwrap().iter().sum::<u32>(), 25 * 7);
}

#[test]
fn writing_all_of_one_value_frees_the_chunks() {
    let shared = zeros(1000);
    shared.write_region(&region(0..1000), &(0..1000).collect::<Vec<_>>()).unwrap();
    let full = shared.snapshot().cbytes();
    shared.fill(s![..], 3).unwrap();
    let array = shared.into_array();
    assert!(array.cbytes() < full / 2);
    assert_eq!(array.cbytes(), Array::full_like(&array, 3).cbytes());
}

#[cfg(feature = "rayon")]
mod pools {
    use rayon::prelude::*;

    use super::*;

    /// Chunks of so much work that threads of the pool share it: half a megabyte each.
    fn large() -> SharedArray<u32> {
        let options = Options::new().chunk_shape([1 << 17]).block_shape([1 << 13]);
        SharedArray::new(Array::zeros([3 << 17], &options).unwrap())
    }

    fn in_pool(threads: usize, run: impl FnOnce() + Send) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    }

    fn increment_in_parallel(items: &mut [u32]) {
        // Begins other work of the pool here and now, as waiting for a half may.
        rayon::yield_now();
        items.par_iter_mut().for_each(|item| *item += 1);
    }

    /// While a writer waits for its halves, its thread begins other writes of the same chunks: what
    /// held a lock over its own work would wait for itself.
    #[test]
    fn writers_of_one_pool_do_not_wait_for_themselves() {
        for threads in [1, 2, 4] {
            let shared = large();
            in_pool(threads, || {
                (0..12usize).into_par_iter().for_each(|task| match task % 3 {
                    0 => shared.update_chunks(|_, items| increment_in_parallel(items)).unwrap(),
                    1 => {
                        let part = region(1 << 16..5 << 16);
                        shared.update(&part, increment_in_parallel).unwrap();
                    }
                    _ => {
                        let edge = region((1 << 17) - 1..(1 << 17) + 1);
                        shared.update(&edge, increment).unwrap();
                        shared.to_vec().unwrap();
                    }
                });
            });
            let items = shared.to_vec().unwrap();
            let expected = |place: usize| match place {
                0x1_ffff | 0x2_0000 => 12,
                place if (1 << 16..5 << 16).contains(&place) => 8,
                _ => 4,
            };
            assert!(items.iter().enumerate().all(|(place, &item)| item == expected(place)));
        }
    }

    /// Writers inside of other writers' functions, on whatever thread.
    #[test]
    fn writers_may_be_nested() {
        let shared = zeros(40);
        in_pool(3, || {
            (0..6usize).into_par_iter().for_each(|task| {
                let mut first = true;
                shared
                    .update(&region(task..task + 20), |items| {
                        if std::mem::take(&mut first) {
                            (0..4usize).into_par_iter().for_each(|inner| {
                                shared
                                    .update(&region(inner * 10..inner * 10 + 10), increment)
                                    .unwrap();
                            });
                        }
                        increment(items);
                    })
                    .unwrap();
            });
        });
        let covering =
            |place: usize| (0..6).filter(|task| (*task..task + 20).contains(&place)).count();
        let expected: Vec<u32> = (0..40).map(|place| 6 + covering(place) as u32).collect();
        assert_eq!(shared.to_vec().unwrap(), expected);
    }

    #[test]
    fn a_panic_in_a_pool_leaves_the_array_as_it_was() {
        let shared = large();
        in_pool(3, || {
            (0..8usize).into_par_iter().for_each(|task| {
                let update = || {
                    shared.update_chunks(|region, items| {
                        increment(items);
                        assert!(task % 2 == 0 || region.start()[0] == 0, "a panic of the caller");
                    })
                };
                let result = catch_unwind(AssertUnwindSafe(update));
                assert_eq!(result.is_err(), task % 2 == 1);
            });
        });
        assert!(shared.into_array().to_vec().unwrap().iter().all(|&item| item == 4));
    }
}
