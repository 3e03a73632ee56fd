//! Arrays with a cache of decoded blocks: against the same without, with counts of what is decoded
//! and loaded.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::thread;

use ndarray::s;
use ndpress::{
    AnyArray, Array, BlockCache, Blocks, Chunk, ChunkSource, DType, Error, Image, Limits, Options,
    Region, Result, SharedArray, StoredChunk,
};
use proptest::prelude::*;

use crate::counting::CountingCodec;
use crate::random::Random;

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<BlockCache>();
};

/// Elements that compress, in blocks that differ.
fn ramp(nitems: usize) -> Vec<u16> {
    (0..nitems).map(|item| (item / 3) as u16).collect()
}

/// Ten chunks of ten blocks of a hundred elements, 200 bytes.
fn counted(cache: &BlockCache) -> (Array<u16>, CountingCodec) {
    let codec = CountingCodec::default();
    let options = Options::new().codec(codec.clone()).chunk_shape([1000]).block_shape([100]);
    let mut array = Array::from_slice(&ramp(10_000), [10_000], &options).unwrap();
    array.set_block_cache(Some(cache));
    codec.decoded();
    (array, codec)
}

fn region(range: Range<usize>) -> Region {
    Region::new([range]).unwrap()
}

fn counts(cache: &BlockCache) -> (u64, u64, u64) {
    let statistics = cache.statistics();
    (statistics.hits, statistics.misses, statistics.evictions)
}

fn change(array: &mut Array<u16>, plain: &mut Array<u16>, random: &mut Random) -> Result<()> {
    let shape = plain.shape().to_vec();
    let part = Region::new(random.region(&shape))?;
    let value = (random.next() % 3) as u16;
    match random.below(4) {
        0 => {
            let items = random.items(part.shape().nitems());
            array.write_region(&part, &items)?;
            plain.write_region(&part, &items)
        }
        1 if !plain.is_empty() => {
            let index: Vec<usize> = shape.iter().map(|&len| random.below(len)).collect();
            array.set(&index, value)?;
            plain.set(&index, value)
        }
        2 => {
            array.map_in_place(|item| item.wrapping_mul(3))?;
            plain.map_in_place(|item| item.wrapping_mul(3))
        }
        _ => {
            let slices = random.slices(&shape);
            array.fill(&slices[..], value)?;
            plain.fill(&slices[..], value)
        }
    }
}

fn check_reads(array: &Array<u16>, plain: &Array<u16>, random: &mut Random) {
    let shape = plain.shape().to_vec();
    for _ in 0..4 {
        let part = Region::new(random.region(&shape)).unwrap();
        assert_eq!(array.read_region(&part).unwrap(), plain.read_region(&part).unwrap());
        let slices = random.slices(&shape);
        assert_eq!(array.read(&slices[..]).unwrap(), plain.read(&slices[..]).unwrap());
        if !plain.is_empty() {
            let index: Vec<usize> = shape.iter().map(|&len| random.below(len)).collect();
            assert_eq!(array.at(&index).unwrap(), plain.at(&index).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    #[test]
    fn reads_are_the_same_as_without(
        shape in prop::collection::vec(prop_oneof![8 => 1..14usize, 1 => Just(0usize)], 0..=3),
        limit in prop_oneof![Just(0usize), 1..2000usize, Just(1 << 20), Just(usize::MAX)],
        seed: u64,
    ) {
        let mut random = Random(seed);
        let chunk: Vec<usize> = shape.iter().map(|&len| 1 + random.below(len + 1)).collect();
        let block: Vec<usize> = chunk.iter().map(|&len| 1 + random.below(len)).collect();
        let options = Options::new().chunk_shape(&chunk).block_shape(&block);
        let cache = BlockCache::new(limit);
        let first: Vec<u16> = random.items(shape.iter().product());
        // Two arrays that begin as clones, so that they have chunks in common.
        let mut arrays: Vec<(Array<u16>, Array<u16>)> = Vec::new();
        for _ in 0..2 {
            let plain = Array::from_slice(&first, &shape, &options).unwrap();
            let mut array = arrays.first().map_or(plain.clone(), |(array, _)| array.clone());
            array.set_block_cache(Some(&cache));
            arrays.push((array, plain));
        }
        let block_nbytes = 2 * arrays[0].0.block_shape().nitems();
        for _ in 0..20 {
            let at = random.below(2);
            let (array, plain) = &mut arrays[at];
            if random.below(3) == 0 {
                change(array, plain, &mut random).unwrap();
            }
            check_reads(array, plain, &mut random);
            let statistics = cache.statistics();
            prop_assert!(statistics.nbytes <= limit && statistics.limit == limit);
            prop_assert_eq!(statistics.nbytes, statistics.blocks * block_nbytes);
            let gone = statistics.misses - statistics.evictions;
            // Who asks twice at once may decode twice.
            prop_assert!(statistics.blocks as u64 <= gone);
        }
        cache.clear();
        prop_assert_eq!((cache.statistics().blocks, cache.statistics().nbytes), (0, 0));
        for (array, plain) in &arrays {
            check_reads(array, plain, &mut random);
        }
    }
}

#[test]
fn a_block_is_decoded_once() {
    let cache = BlockCache::new(1 << 20);
    let (mut array, codec) = counted(&cache);
    let expected = ramp(10_000);
    for _ in 0..3 {
        for (index, &item) in expected.iter().enumerate().take(400).skip(300) {
            assert_eq!(array.at(&[index]).unwrap(), item);
        }
    }
    assert_eq!((codec.decoded(), counts(&cache)), (1, (299, 1, 0)));
    // Five blocks in two chunks, one of which is there.
    let end = region(350..800);
    for decoded in [4, 0] {
        assert_eq!(array.read_region(&end).unwrap(), expected[350..800]);
        assert_eq!(codec.decoded(), decoded);
    }
    let over = region(950..1050);
    for decoded in [2, 0] {
        assert_eq!(array.read_region(&over).unwrap(), expected[950..1050]);
        assert_eq!(codec.decoded(), decoded);
    }
    // A clone has the same chunks, and the cache.
    let before = array.clone();
    assert!(before.block_cache().is_some());
    assert_eq!((before.at(&[360]).unwrap(), codec.decoded()), (expected[360], 0));
    // Another block of the chunk is written: its chunk is another one, the clone's is not.
    array.set(&[5], 9).unwrap();
    codec.decoded();
    assert_eq!((array.at(&[360]).unwrap(), codec.decoded()), (expected[360], 1));
    assert_eq!((before.at(&[361]).unwrap(), codec.decoded()), (expected[361], 0));
    assert_eq!((array.at(&[1000]).unwrap(), codec.decoded()), (expected[1000], 0));
    array.set_block_cache(None);
    assert!(array.block_cache().is_none());
    assert_eq!((array.at(&[360]).unwrap(), codec.decoded()), (expected[360], 1));
}

#[test]
fn large_reads_go_past() {
    let cache = BlockCache::new(1 << 20);
    let (array, codec) = counted(&cache);
    array.read_region(&region(0..6401)).unwrap();
    array.to_vec().unwrap();
    assert_eq!(array.sum().unwrap(), ramp(10_000).iter().map(|&item| u64::from(item)).sum());
    assert_eq!(codec.decoded(), 65 + 100 + 100);
    assert_eq!((counts(&cache), cache.statistics().blocks), ((0, 0, 0), 0));
    array.read_region(&region(0..6400)).unwrap();
    assert_eq!(counts(&cache), (0, 64, 0));
    // Ten blocks are a quarter of this one.
    let small = BlockCache::new(40 * 200);
    let (array, _) = counted(&small);
    array.read_region(&region(0..1001)).unwrap();
    assert_eq!(small.statistics().misses, 0);
    array.read_region(&region(0..1000)).unwrap();
    assert_eq!(small.statistics().misses, 10);
}

#[test]
fn what_was_not_used_for_the_longest_time_leaves_first() {
    let cache = BlockCache::new(4 * 200 + 199);
    let (array, codec) = counted(&cache);
    let mut order: Vec<usize> = Vec::new();
    let mut random = Random(1);
    for _ in 0..2000 {
        let block = random.below(7);
        array.at(&[100 * block + 50]).unwrap();
        let held = order.iter().position(|&other| other == block);
        assert_eq!(codec.decoded(), usize::from(held.is_none()));
        match held {
            Some(at) => drop(order.remove(at)),
            None if order.len() == 4 => drop(order.remove(0)),
            None => {}
        }
        order.push(block);
        let statistics = cache.statistics();
        assert_eq!((statistics.blocks, statistics.nbytes), (order.len(), 200 * order.len()));
    }
    let (hits, misses, evictions) = counts(&cache);
    assert_eq!((hits + misses, misses - evictions), (2000, 4));
}

#[test]
fn limits_hold_with_many_shards() {
    let cache = BlockCache::new(70 << 20);
    let options = Options::new().chunk_shape([1 << 21]).block_shape([1 << 18]);
    let items: Vec<u32> = (0..1 << 24).map(|item| item / 7).collect();
    let mut arrays = Vec::new();
    for _ in 0..2 {
        let mut array = Array::from_slice(&items, [1 << 24], &options).unwrap();
        array.set_block_cache(Some(&cache));
        arrays.push(array);
    }
    let mut random = Random(3);
    for _ in 0..400 {
        let (array, index) = (&arrays[random.below(2)], random.below(1 << 24));
        assert_eq!(array.at(&[index]).unwrap(), items[index]);
        let statistics = cache.statistics();
        assert!(statistics.nbytes <= 70 << 20);
        assert_eq!(statistics.nbytes, statistics.blocks << 20);
    }
    let statistics = cache.statistics();
    assert!(statistics.evictions > 0 && statistics.blocks > 40, "{statistics:?}");
}

#[test]
fn chunks_that_are_no_more_are_never_found() {
    let cache = BlockCache::new(1 << 20);
    let options = Options::new().chunk_shape([64]).block_shape([64]);
    for round in 0..500u16 {
        // The allocator gives the same places again and again.
        let items: Vec<u16> = (0..128).map(|item| item / 2 + round).collect();
        let mut array = Array::from_slice(&items, [128], &options).unwrap();
        array.set_block_cache(Some(&cache));
        assert_eq!(array.at(&[10]).unwrap(), items[10]);
        assert_eq!(array.at(&[100]).unwrap(), items[100]);
    }
    assert_eq!(counts(&cache), (0, 1000, 0));
}

#[test]
fn what_needs_no_decoding_goes_past() {
    let cache = BlockCache::new(1 << 20);
    let options = Options::new().chunk_shape([1000]).block_shape([100]);
    let mut array = Array::full([3000], 7u16, &options).unwrap();
    array.set_block_cache(Some(&cache));
    array.fill_region(&region(0..1000), 8).unwrap();
    let noise: Vec<u16> = {
        let mut random = Random(5);
        (0..1000).map(|_| random.next() as u16).collect()
    };
    array.write_region(&region(1000..2000), &noise).unwrap();
    assert!(array.chunk(0).unwrap().unwrap().special().is_some());
    assert!(array.chunk(1).unwrap().unwrap().is_stored());
    assert_eq!(array.at(&[5]).unwrap(), 8);
    assert_eq!(array.at(&[1005]).unwrap(), noise[5]);
    assert_eq!(array.read_region(&region(2500..2502)).unwrap(), [7, 7]);
    assert_eq!(counts(&cache), (0, 0, 0));
}

/// Chunks in a list, and which of their blocks were asked for.
#[derive(Debug)]
struct Shelf {
    chunks: Vec<Vec<u8>>,
    asked: Mutex<Vec<(u64, Vec<usize>)>>,
}

impl ChunkSource for Shelf {
    fn load(&self, chunk: &StoredChunk, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        let Blocks::Only(blocks) = blocks else { panic!("small reads need few blocks") };
        self.asked.lock().unwrap().push((chunk.id(), blocks.to_vec()));
        let bytes = &self.chunks[chunk.id() as usize];
        Chunk::parse(Cow::Borrowed(&bytes[..]), &Limits::default())
    }
}

#[test]
fn blocks_from_a_source_are_loaded_once() {
    let cache = BlockCache::new(1 << 20);
    let codec = CountingCodec::default();
    let options = Options::new().codec(codec.clone()).chunk_shape([1000]).block_shape([100]);
    let mut array = Array::from_slice(&ramp(3000), [3000], &options).unwrap();
    array.fill_region(&region(2000..3000), 9).unwrap();
    let chunks: Vec<Vec<u8>> =
        (0..3).map(|index| array.chunk(index).unwrap().unwrap().as_bytes().to_vec()).collect();
    let shelf = Arc::new(Shelf { chunks, asked: Mutex::default() });
    let taken = || std::mem::take(&mut *shelf.asked.lock().unwrap());
    let places = || (0..3).map(|index| (index, StoredChunk::new(index as u64, 0)));
    let source = |shelf: &Arc<Shelf>| -> Array<u16> {
        let lazy =
            AnyArray::from_source(DType::U16, [3000], &options, shelf.clone(), places()).unwrap();
        let mut lazy = lazy.into_typed::<u16>().unwrap();
        lazy.set_block_cache(Some(&cache));
        lazy
    };
    let lazy = source(&shelf);
    let expected = array.to_vec().unwrap();
    codec.decoded();
    assert_eq!(lazy.at(&[450]).unwrap(), expected[450]);
    assert_eq!(taken(), [(0, vec![4])]);
    // What is there is not loaded again.
    assert_eq!(lazy.read_region(&region(320..1180)).unwrap(), expected[320..1180]);
    let mut loaded = taken();
    loaded.sort();
    assert_eq!(loaded, [(0, vec![3, 5, 6, 7, 8, 9]), (1, vec![0, 1])]);
    let column = lazy.read(s![300..1200;7]).unwrap().to_vec();
    assert_eq!(column, expected[300..1200].iter().copied().step_by(7).collect::<Vec<_>>());
    // The same chunks of the same source, in another array.
    assert_eq!(source(&shelf).at(&[450]).unwrap(), expected[450]);
    assert_eq!((taken(), codec.decoded()), (vec![], 9));
    assert_eq!(lazy.at(&[2500]).unwrap(), 9);
    assert_eq!(taken(), [(2, vec![5])]);
    // Another source calls other chunks the same.
    let reversed: Vec<Vec<u8>> = shelf.chunks.iter().rev().cloned().collect();
    let other = Arc::new(Shelf { chunks: reversed, asked: Mutex::default() });
    assert_eq!(source(&other).at(&[450]).unwrap(), 9);
    assert_eq!(source(&other).at(&[1450]).unwrap(), expected[1450]);
}

#[test]
fn damage_is_told_and_not_kept() {
    let cache = BlockCache::new(1 << 20);
    let (mut array, codec) = counted(&cache);
    let chunk: Chunk = array.chunk(2).unwrap().unwrap().into();
    let mut bytes = chunk.as_bytes().to_vec();
    bytes[32 + 4 * 3..][..4].copy_from_slice(&i32::MAX.to_le_bytes());
    array.insert_chunk(2, Chunk::parse(bytes, &Limits::default()).unwrap()).unwrap();
    for _ in 0..2 {
        for part in [region(2300..2301), region(2250..2450)] {
            let error = array.read_region(&part).unwrap_err();
            let Error::Corrupt(at) = &error else { panic!("{error}") };
            assert_eq!((at.chunk, at.block), (Some(2), Some(3)));
        }
    }
    codec.decoded();
    assert_eq!(array.read_region(&region(2250..2300)).unwrap(), ramp(10_000)[2250..2300]);
    assert_eq!(codec.decoded(), 0);
}

#[test]
fn images_and_shared_arrays_have_caches_too() {
    let cache = BlockCache::new(1 << 20);
    let mut image = Image::zeros::<u16>(["R", "G"], [100, 100], &Options::new()).unwrap();
    let all = Region::new([0..100, 0..100]).unwrap();
    image.channel_mut::<u16>("G").unwrap().write_region(&all, &ramp(10_000)).unwrap();
    image.set_block_cache(Some(&cache));
    assert_eq!(image.channel::<u16>("G").unwrap().at(&[10, 10]).unwrap(), 336);
    assert_eq!(image.channel::<u16>("G").unwrap().at(&[10, 11]).unwrap(), 337);
    assert_eq!(counts(&cache), (1, 1, 0));

    let (array, codec) = counted(&cache);
    let shared = SharedArray::new(array);
    thread::scope(|scope| {
        for thread in 0..3u16 {
            let shared = &shared;
            scope.spawn(move || {
                let mut random = Random(u64::from(thread));
                let mut mine = [0; 10];
                shared.write_chunk(usize::from(thread), &[0; 1000]).unwrap();
                for round in 0..500 {
                    // Each in a chunk of its own, among elements that do not change.
                    let place = random.below(10);
                    let index = [1000 * usize::from(thread) + 37 * place];
                    if round % 3 == 0 {
                        mine[place] = round;
                        shared.set(&index, round).unwrap();
                    }
                    assert_eq!(shared.at(&index).unwrap(), mine[place]);
                    let index = 3000 + random.below(7000);
                    assert_eq!(shared.at(&[index]).unwrap(), (index / 3) as u16);
                }
            });
        }
    });
    assert!(codec.decoded() > 0);
}
