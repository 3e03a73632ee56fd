//! Pools of arrays: against a model of what is in memory, with files that cannot be written or are
//! damaged, and from many threads.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, RwLock};
use std::thread;

use ndpress::{
    AnyArray, Array, ArrayPool, BlockCache, Error, Image, NotPooled, Options, PoolOptions, Pooled,
    Region, SaveOptions,
};

use super::counting::CountingCodec;
use super::{Folder, samples};

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<ArrayPool>();
    is_send_and_sync::<Pooled<Array<bool>>>();
    is_send_and_sync::<NotPooled<AnyArray>>();
};

/// Chunks of a hundred elements in blocks of 25.
fn options() -> Options {
    Options::new().chunk_shape([100]).block_shape([25])
}

fn array(nitems: usize, number: u64) -> Array<u32> {
    Array::from_slice(&samples(nitems, number), [nitems], &options()).unwrap()
}

fn region(range: Range<usize>) -> Region {
    Region::new([range]).unwrap()
}

/// What the chunks of an array count for: those of one value do not.
fn sizes(array: &Array<u32>) -> Vec<usize> {
    let chunks = (0..array.nchunks()).map(|index| array.chunk(index).unwrap());
    let counted = chunks.map(|chunk| chunk.filter(|chunk| chunk.special().is_none()));
    counted.map(|chunk| chunk.map_or(0, |chunk| chunk.cbytes())).collect()
}

fn cbytes(array: &Array<u32>) -> usize {
    sizes(array).iter().sum()
}

fn file_sizes(folder: &Folder) -> Vec<u64> {
    let files = fs::read_dir(&folder.0).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).collect()
}

/// What a pool has to have in memory.
#[derive(Default)]
struct Model {
    limit: usize,
    arrays: BTreeMap<u64, Modelled>,
    /// Names, in the order of use.
    order: Vec<u64>,
    hits: u64,
    misses: u64,
    spills: u64,
}

#[derive(Clone)]
struct Modelled {
    items: Vec<u32>,
    /// Of each chunk the size, and whether it is in memory.
    chunks: Vec<(usize, bool)>,
}

impl Modelled {
    fn new(items: Vec<u32>, sizes: Vec<usize>) -> Self {
        Self { items, chunks: sizes.into_iter().map(|size| (size, true)).collect() }
    }

    fn memory(&self) -> usize {
        self.chunks.iter().filter(|(_, is_here)| *is_here).map(|(size, _)| size).sum()
    }

    fn is_resident(&self) -> bool {
        self.chunks.iter().all(|&(size, is_here)| is_here || size == 0)
    }

    fn set(&mut self, is_here: bool) {
        self.chunks.iter_mut().for_each(|chunk| chunk.1 = is_here);
    }
}

impl Model {
    fn memory(&self) -> usize {
        self.arrays.values().map(Modelled::memory).sum()
    }

    fn touch(&mut self, name: u64) {
        self.order.retain(|other| *other != name);
        self.order.push(name);
    }

    /// Spills others until there is room for so many bytes of one, in the place of those it has.
    fn make_room(&mut self, for_whom: Option<u64>, nbytes: usize) {
        let own = for_whom.map_or(0, |name| self.arrays[&name].memory());
        for name in self.order.clone() {
            if self.memory() - own + nbytes <= self.limit {
                return;
            }
            let array = self.arrays.get_mut(&name).unwrap();
            if Some(name) != for_whom && array.memory() > 0 {
                array.set(false);
                self.spills += 1;
            }
        }
        assert!(self.memory() - own + nbytes <= self.limit);
    }

    fn put(&mut self, name: u64, mut array: Modelled) {
        self.touch(name);
        self.arrays.entry(name).or_insert(Modelled::new(Vec::new(), Vec::new()));
        match array.memory() <= self.limit {
            true => self.make_room(Some(name), array.memory()),
            false => {
                array.set(false);
                self.spills += 1;
            }
        }
        self.arrays.insert(name, array);
    }

    fn get(&mut self, name: u64) {
        self.touch(name);
        let array = &self.arrays[&name];
        if array.is_resident() {
            self.hits += 1;
            return;
        }
        self.misses += 1;
        let size = array.chunks.iter().map(|(size, _)| size).sum();
        if size <= self.limit {
            self.make_room(Some(name), size);
            self.arrays.get_mut(&name).unwrap().set(true);
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % bound.max(1) as u64) as usize
    }
}

fn check(pool: &ArrayPool, pooled: &BTreeMap<u64, Pooled<Array<u32>>>, model: &Model, at: &Folder) {
    let statistics = pool.statistics();
    let counts = (statistics.hits, statistics.misses, statistics.spills);
    assert_eq!(counts, (model.hits, model.misses, model.spills));
    assert_eq!(statistics.memory_cbytes, model.memory());
    assert!(statistics.memory_cbytes <= statistics.limit);
    assert_eq!((statistics.limit, pool.limit()), (model.limit, model.limit));
    let resident = model.arrays.values().filter(|array| array.is_resident());
    assert_eq!(statistics.arrays, model.arrays.len());
    assert_eq!(statistics.resident_arrays, resident.count());
    for (name, pooled) in pooled {
        assert_eq!(pooled.is_resident(), model.arrays[name].is_resident());
    }
    let sizes = file_sizes(at);
    assert!(sizes.len() <= pooled.len());
    assert_eq!(sizes.iter().sum::<u64>(), statistics.disk_nbytes);
}

fn act(
    pool: &ArrayPool,
    pooled: &mut BTreeMap<u64, Pooled<Array<u32>>>,
    model: &mut Model,
    random: &mut Random,
    name: u64,
) {
    let chosen = pooled.keys().copied().nth(random.below(pooled.len()));
    match (random.below(10), chosen) {
        (0 | 1, _) | (_, None) => {
            let held = array(random.below(400), name);
            let modelled = Modelled::new(held.to_vec().unwrap(), sizes(&held));
            pooled.insert(name, pool.insert(held).unwrap());
            model.put(name, modelled);
        }
        (2..=4, Some(chosen)) => {
            model.get(chosen);
            assert_eq!(pooled[&chosen].get().to_vec().unwrap(), model.arrays[&chosen].items);
        }
        (5 | 6, Some(chosen)) => {
            let end = random.below(model.arrays[&chosen].items.len() + 1);
            let start = random.below(end + 1);
            let written = samples(end - start, name);
            model.get(chosen);
            let mut modelled = model.arrays[&chosen].clone();
            modelled.items[start..end].copy_from_slice(&written);
            let edit = |array: &mut Array<u32>| {
                array.write_region(&region(start..end), &written)?;
                Ok::<_, Error>(sizes(array))
            };
            let sizes = pooled.get_mut(&chosen).unwrap().edit(edit).unwrap();
            let touched = start / 100..end.div_ceil(100).max(start / 100);
            for (index, (chunk, size)) in modelled.chunks.iter_mut().zip(sizes).enumerate() {
                *chunk = (size, chunk.1 || (start < end && touched.contains(&index)));
            }
            model.put(chosen, modelled);
        }
        (7, Some(chosen)) => {
            let held = match random.below(2) {
                0 => array(random.below(300), name),
                _ => Array::full([250], 7, &options()).unwrap(),
            };
            let modelled = Modelled::new(held.to_vec().unwrap(), sizes(&held));
            pooled.get_mut(&chosen).unwrap().set(held).unwrap();
            model.put(chosen, modelled);
        }
        (8, Some(chosen)) => {
            let items = match random.below(2) {
                0 => pooled.remove(&chosen).unwrap().into_inner().to_vec().unwrap(),
                _ => {
                    pooled.remove(&chosen);
                    model.arrays[&chosen].items.clone()
                }
            };
            assert_eq!(items, model.arrays.remove(&chosen).unwrap().items);
            model.order.retain(|name| *name != chosen);
        }
        _ => {
            model.limit = [0, 200, 700, 2000, usize::MAX][random.below(5)];
            pool.set_limit(model.limit).unwrap();
            model.make_room(None, 0);
        }
    }
}

#[test]
fn a_pool_holds_what_a_model_says() {
    for seed in 0..60 {
        let folder = Folder::new();
        let mut random = Random(seed);
        let limit = [0, 150, 400, 1000, 3000, usize::MAX][random.below(6)];
        let pool = ArrayPool::new(PoolOptions::new().limit(limit).folder(&folder.0));
        let (mut pooled, mut model) = (BTreeMap::new(), Model { limit, ..Model::default() });
        for name in 0..60 {
            act(&pool, &mut pooled, &mut model, &mut random, name);
            check(&pool, &pooled, &model, &folder);
        }
        for (name, pooled) in pooled {
            assert_eq!(pooled.get().to_vec().unwrap(), model.arrays[&name].items);
        }
        assert_eq!(pool.statistics().arrays, 0);
        assert_eq!(pool.statistics().memory_cbytes, 0);
        assert_eq!(file_sizes(&folder), []);
    }
}

#[test]
fn nothing_is_written_twice() {
    let folder = Folder::new();
    let arrays = [array(1000, 1), array(1000, 2)];
    let limit = cbytes(&arrays[0]).max(cbytes(&arrays[1]));
    let pool = ArrayPool::new(PoolOptions::new().limit(limit).folder(&folder.0));
    let mut pooled = arrays.clone().map(|array| pool.insert(array).unwrap());
    let _ = pooled[0].get();
    let written = pool.statistics().disk_nbytes;
    assert!(written as usize >= cbytes(&arrays[0]) + cbytes(&arrays[1]));
    for _ in 0..5 {
        for (pooled, array) in pooled.iter().zip(&arrays) {
            assert_eq!(pooled.get().to_vec().unwrap(), array.to_vec().unwrap());
        }
    }
    let statistics = pool.statistics();
    assert_eq!((statistics.disk_nbytes, statistics.misses), (written, 10));
    // One chunk of ten.
    pooled[0].edit(|array| array.write_region(&region(300..400), &samples(100, 3))).unwrap();
    let _ = pooled[1].get();
    let chunk = pooled[0].get().chunk(3).unwrap().unwrap().cbytes();
    let hashes = 4 * 8;
    assert_eq!(pool.statistics().disk_nbytes, written + (chunk + hashes) as u64);
    // Nor what a clone of a caller still has in memory, when it is set again.
    let held = pooled[0].get();
    pooled[0].edit(|array| array.fill_region(&region(0..1000), 1)).unwrap();
    pooled[0].set(held).unwrap();
    pool.set_limit(0).unwrap();
    assert_eq!(pool.statistics().disk_nbytes, written + (chunk + hashes) as u64);
    // Nor what was there once, and a caller has had ever since.
    let held = array(1000, 5);
    let mut pooled = pool.insert(held.clone()).unwrap();
    let written = pool.statistics().disk_nbytes;
    pooled.edit(|array| array.fill_region(&region(0..1000), 1)).unwrap();
    pooled.set(held).unwrap();
    assert_eq!((pool.statistics().disk_nbytes, pool.statistics().memory_cbytes), (written, 0));
}

#[test]
fn files_do_not_grow_for_ever() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
    let noise = |number| -> Vec<u32> {
        samples(1 << 18, number).iter().map(|item| item.wrapping_mul(0x9e37_79b1)).collect()
    };
    let options = Options::new().chunk_shape([1 << 16]);
    let array = Array::from_slice(&noise(0), [1 << 18], &options).unwrap();
    let nbytes = cbytes(&array) as u64;
    let mut pooled = pool.insert(array).unwrap();
    let mut expected = noise(0);
    for number in 1..30 {
        let quarter = (number as usize % 4) << 16;
        let items = &noise(number)[..1 << 16];
        expected[quarter..quarter + (1 << 16)].copy_from_slice(items);
        let old = pooled.get();
        pooled
            .edit(|array| array.write_region(&region(quarter..quarter + (1 << 16)), items))
            .unwrap();
        assert!(pool.statistics().disk_nbytes < 2 * nbytes + (1 << 21));
        assert_eq!(pooled.get().to_vec().unwrap(), expected);
        // Who has the array as it was reads from the old file, if need be.
        assert!(old.to_vec().unwrap() != expected);
    }
    assert_eq!(file_sizes(&folder).len(), 1);
}

#[test]
fn files_are_there_as_long_as_somebody_reads_from_them() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
    let items = samples(500, 9);
    let pooled = pool.insert(array(500, 9)).unwrap();
    let clone = pooled.get();
    drop((pooled, pool));
    assert_eq!(file_sizes(&folder).len(), 1);
    assert_eq!(clone.to_vec().unwrap(), items);
    // In another pool it is an array from a file like any other, which comes back to nobody.
    let pool = ArrayPool::new(PoolOptions::new().folder(&folder.0));
    let mut pooled = pool.insert(clone).unwrap();
    assert_eq!(pool.statistics().memory_cbytes, 0);
    pooled.edit(|array| array.set(&[250], 1)).unwrap();
    assert!(pool.statistics().memory_cbytes > 0);
    pool.set_limit(0).unwrap();
    let mut changed = items.clone();
    changed[250] = 1;
    assert_eq!(pooled.get().to_vec().unwrap(), changed);
    pool.set_limit(usize::MAX).unwrap();
    assert_eq!(pooled.get().to_vec().unwrap(), changed);
    assert_eq!(pool.statistics().resident_arrays, 1);
    drop(pooled);
    assert_eq!(file_sizes(&folder), []);
}

fn private_folders() -> usize {
    let prefix = format!("ndpress-pool-{}-", std::process::id());
    let entries = fs::read_dir(std::env::temp_dir()).unwrap().map(Result::unwrap);
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)).count()
}

#[test]
fn a_private_folder_goes_with_the_pool() {
    // All other tests have folders of their own.
    let pool = ArrayPool::new(PoolOptions::new().limit(1000));
    let small = pool.insert(array(10, 1)).unwrap();
    assert_eq!(pool.statistics().disk_nbytes, 0);
    let before = private_folders();
    let pooled = pool.insert(array(2000, 2)).unwrap();
    assert_eq!(private_folders(), before + 1);
    drop(small);
    drop(pool);
    assert_eq!(pooled.get().to_vec().unwrap(), samples(2000, 2));
    assert_eq!(pooled.pool().statistics().arrays, 1);
    drop(pooled);
    assert_eq!(private_folders(), before);
}

#[test]
fn chunks_of_an_opened_file_stay_there() {
    let folder = Folder::new();
    let (path, scratch) = (folder.join("volume.b2nd"), folder.join("scratch"));
    let mut expected = samples(5000, 1);
    AnyArray::from(array(5000, 1)).save(&path, &SaveOptions::new()).unwrap();
    let pool = ArrayPool::new(PoolOptions::new().limit(1000).folder(&scratch));
    let mut pooled = pool.insert(ndpress::open(&path).unwrap()).unwrap();
    assert_eq!(pool.statistics().memory_cbytes, 0);
    for number in 0..10 {
        let start = 450 * number;
        let items = samples(60, number as u64);
        expected[start..start + 60].copy_from_slice(&items);
        pooled
            .edit(|array| {
                array.as_typed_mut::<u32>()?.write_region(&region(start..start + 60), &items)
            })
            .unwrap();
        let other = pool.insert(array(400, number as u64)).unwrap();
        assert!(pool.statistics().memory_cbytes <= 1000);
        assert_eq!(pooled.get().as_typed::<u32>().unwrap().to_vec().unwrap(), expected);
        drop(other);
    }
    let statistics = pool.statistics();
    assert!(statistics.disk_nbytes < fs::metadata(&path).unwrap().len() / 2, "{statistics}");
    pool.set_limit(usize::MAX).unwrap();
    assert_eq!(pooled.get().as_typed::<u32>().unwrap().to_vec().unwrap(), expected);
    assert!(pooled.is_resident());
}

#[test]
fn what_cannot_be_written_stays_in_memory() {
    let folder = Folder::new();
    let blocked = folder.join("scratch");
    fs::write(&blocked, "not a folder").unwrap();
    let limit = cbytes(&array(500, 1)) + cbytes(&array(10, 2)) + 50;
    let pool = ArrayPool::new(PoolOptions::new().limit(limit).folder(&blocked));
    let mut pooled = pool.insert(array(500, 1)).unwrap();

    let refused = pool.insert(array(500, 2)).unwrap_err();
    assert!(matches!(refused.error(), Error::Io { path: Some(path), .. } if *path == blocked));
    assert_eq!(refused.into_inner().to_vec().unwrap(), samples(500, 2));
    let refused = pooled.set(array(900, 3)).unwrap_err();
    assert_eq!(refused.into_inner().to_vec().unwrap(), samples(900, 3));
    let error = pooled
        .edit(|array| {
            array.resize([1000])?;
            array.write_region(&region(500..1000), &samples(500, 4))
        })
        .unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(matches!(pool.set_limit(10), Err(Error::Io { .. })));
    let error: Error = pool.insert(array(500, 2)).unwrap_err().into();
    assert!(error.to_string().contains("scratch"), "{error}");

    let statistics = pool.statistics();
    assert_eq!((statistics.limit, statistics.arrays, statistics.spills), (limit, 1, 0));
    assert_eq!(statistics.memory_cbytes, cbytes(&array(500, 1)));
    assert_eq!(pooled.get().to_vec().unwrap(), samples(500, 1));
    let small = pool.insert(array(10, 2)).unwrap();
    pooled.edit(|array| array.fill_region(&region(0..400), 3)).unwrap();
    pooled.set(array(400, 5)).unwrap();

    fs::remove_file(&blocked).unwrap();
    let other = pool.insert(array(500, 2)).unwrap();
    assert_eq!(pool.statistics().spills, 2);
    assert_eq!(pooled.get().to_vec().unwrap(), samples(400, 5));
    assert_eq!(other.get().to_vec().unwrap(), samples(500, 2));
    assert_eq!(small.get().to_vec().unwrap(), samples(10, 2));
}

#[test]
fn a_damaged_file_is_told_by_who_reads_it() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
    let pooled = pool.insert(array(300, 1)).unwrap();
    let path = fs::read_dir(&folder.0).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    pool.set_limit(usize::MAX).unwrap();
    for _ in 0..2 {
        let held = pooled.get();
        assert_eq!(held.read_region(&region(0..200)).unwrap(), samples(300, 1)[..200]);
        let error = held.to_vec().unwrap_err();
        assert!(matches!(&error, Error::Corrupt(at) if at.chunk == Some(2)), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    let statistics = pool.statistics();
    assert_eq!((statistics.resident_arrays, statistics.memory_cbytes), (0, 0));
}

#[test]
fn coming_and_going_decodes_nothing_and_changes_nothing() {
    let folder = Folder::new();
    let codec = CountingCodec::default();
    let mut held =
        Array::from_slice(&samples(500, 1), [500], &options().codec(codec.clone())).unwrap();
    held.metalayers_mut().insert("spacing", 0.5).unwrap();
    held.vlmetalayers_mut().insert("author", "me").unwrap();
    held.fill_region(&region(100..200), 8).unwrap();
    codec.decoded();
    let bytes = |array: &Array<u32>| -> Vec<Option<Vec<u8>>> {
        let chunk = |index| array.chunk(index).unwrap().map(|chunk| chunk.as_bytes().to_vec());
        (0..array.nchunks()).map(chunk).collect()
    };
    let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
    let mut pooled = pool.insert(held.clone()).unwrap();
    for limit in [0, usize::MAX, 0, usize::MAX] {
        pool.set_limit(limit).unwrap();
        let got = pooled.get();
        assert_eq!(pooled.is_resident(), limit > 0);
        assert_eq!(bytes(&got), bytes(&held));
        assert!(got.to_string().starts_with("500 u32, 200 after shuffle, "));
        assert_eq!(
            (got.chunk_shape(), got.block_shape()),
            (held.chunk_shape(), held.block_shape())
        );
        assert_eq!(got.metalayers(), held.metalayers());
        assert_eq!(got.vlmetalayers(), held.vlmetalayers());
    }
    assert_eq!(codec.decoded(), 0);
    pool.set_limit(0).unwrap();
    let before = pooled.get();
    pool.set_limit(usize::MAX).unwrap();
    assert!(before.content_eq(&pooled.get()).is_ok_and(|is_same| is_same));
    let decoded = codec.decoded();
    pool.set_limit(0).unwrap();
    // The same chunks of the same source are known to be equal.
    assert!(before.content_eq(&pooled.get()).is_ok_and(|is_same| is_same));
    assert_eq!((decoded, codec.decoded()), (2 * 16, 0));
    pooled.edit(|array| array.set(&[7], 7)).unwrap();
    held.set(&[7], 7).unwrap();
    assert_eq!(bytes(&pooled.get()), bytes(&held));
}

#[test]
fn pooled_arrays_may_have_a_cache_of_blocks() {
    let cache = BlockCache::new(1 << 20);
    let codec = CountingCodec::default();
    let options = options().codec(codec.clone());
    let mut held = Array::from_slice(&samples(500, 1), [500], &options).unwrap();
    held.set_block_cache(Some(&cache));
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
    let mut pooled = pool.insert(held).unwrap();
    let mut expected = samples(500, 1);
    for round in 0..4u32 {
        codec.decoded();
        for (index, &item) in expected.iter().enumerate() {
            assert_eq!(pooled.get().at(&[index]).unwrap(), item);
        }
        // One chunk was written since the last round; the others come from the cache.
        let decoded = if round == 0 { 20 } else { 4 };
        assert_eq!(codec.decoded(), decoded);
        let written = region(100 * round as usize..100 * round as usize + 100);
        let items = samples(100, u64::from(round) + 7);
        expected[100 * round as usize..][..100].copy_from_slice(&items);
        pooled.edit(|array| array.write_region(&written, &items)).unwrap();
    }
}

#[test]
fn images_are_spilled_as_one() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(4000).folder(&folder.0));
    let mut image = Image::zeros::<u32>(["R", "G"], [50, 40], &Options::new()).unwrap();
    for (name, number) in [("R", 1), ("G", 2)] {
        let all = Region::new([0..50, 0..40]).unwrap();
        image.channel_mut::<u32>(name).unwrap().write_region(&all, &samples(2000, number)).unwrap();
    }
    image.metadata_mut().insert("camera", "A");
    let mut pooled = pool.insert(image.clone()).unwrap();
    let other = pool.insert(image.channel::<u32>("R").unwrap().clone()).unwrap();
    assert!(!pooled.is_resident() && pooled.get().content_eq(&image).unwrap());
    pooled.edit(|image| image.channel_mut::<u32>("G")?.set([3, 4], 5)).unwrap();
    image.channel_mut::<u32>("G").unwrap().set([3, 4], 5).unwrap();
    assert!(pooled.get().content_eq(&image).unwrap());
    let any = pool.insert(image.any_channel("G").unwrap().clone()).unwrap();
    pool.set_limit(0).unwrap();
    assert_eq!(file_sizes(&folder).len(), 3);
    assert!(any.get().content_eq(image.any_channel("G").unwrap()).unwrap());
    assert_eq!(other.get().to_vec().unwrap(), samples(2000, 1));
}

#[test]
fn an_edit_that_fails_or_panics_changes_nothing() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(500).folder(&folder.0));
    let mut pooled = pool.insert(array(300, 1)).unwrap();
    let wrong = pooled.edit(|array| {
        array.fill_region(&region(0..10), 1)?;
        array.fill_region(&region(0..301), 1)
    });
    assert!(matches!(wrong, Err(Error::InvalidArgument(_))));
    assert_eq!(pooled.get().to_vec().unwrap(), samples(300, 1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pooled.edit(|array| {
            array.fill_region(&region(0..10), 1)?;
            assert!(array.is_empty(), "a panic of the caller");
            Ok::<_, Error>(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(pooled.get().to_vec().unwrap(), samples(300, 1));
    assert!(pool.statistics().memory_cbytes <= 500);
}

#[test]
fn an_edit_may_use_the_pool() {
    let folder = Folder::new();
    let pool = ArrayPool::new(PoolOptions::new().limit(1500).folder(&folder.0));
    let mut pooled = pool.insert(array(300, 1)).unwrap();
    let other = pool.insert(array(300, 2)).unwrap();
    let inserted = pooled
        .edit(|array| {
            let inserted = pool.insert(array.clone())?;
            pool.set_limit(0)?;
            array.write_region(&region(0..300), &other.get().to_vec()?)?;
            pool.set_limit(800)?;
            assert!(pool.statistics().memory_cbytes <= 800);
            Ok::<_, Error>(inserted)
        })
        .unwrap();
    assert_eq!(pooled.get().to_vec().unwrap(), samples(300, 2));
    assert_eq!(inserted.get().to_vec().unwrap(), samples(300, 1));
    assert!(pool.statistics().memory_cbytes <= 800);
}

#[test]
fn threads_that_want_the_same_array_read_it_once() {
    for round in 0..20 {
        let folder = Folder::new();
        let pool = ArrayPool::new(PoolOptions::new().limit(0).folder(&folder.0));
        let pooled = pool.insert(array(3000, round)).unwrap();
        pool.set_limit(usize::MAX).unwrap();
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(pooled.get().at(&[2999]).unwrap(), samples(3000, round)[2999]);
                });
            }
        });
        let statistics = pool.statistics();
        assert_eq!((statistics.hits, statistics.misses), (5, 1));
    }
}

#[test]
fn many_threads_find_what_they_wrote() {
    const NITEMS: usize = 400;
    let folder = Folder::new();
    let size = cbytes(&array(NITEMS, 0));
    let pool = ArrayPool::new(PoolOptions::new().limit(3 * size).folder(&folder.0));
    // With the number of what it was set to last.
    let pooled: Vec<RwLock<(Pooled<Array<u32>>, u64)>> = (0..8)
        .map(|number| RwLock::new((pool.insert(array(NITEMS, number)).unwrap(), number)))
        .collect();
    let uses = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (pool, pooled, uses) = (&pool, &pooled, &uses);
            scope.spawn(move || {
                let mut random = Random(thread);
                for round in 0..400 {
                    // Whatever the limit is just now, that much it never is.
                    assert!(pool.statistics().memory_cbytes <= 4 * size);
                    let chosen = &pooled[random.below(8)];
                    match random.below(8) {
                        0 => pool.set_limit((1 + random.below(4)) * size).unwrap(),
                        1..=2 => {
                            let items = samples(NITEMS, round);
                            let write = |array: &mut Array<u32>| {
                                array.write_region(&region(0..NITEMS), &items)
                            };
                            let mut chosen = chosen.write().unwrap();
                            chosen.0.edit(write).unwrap();
                            chosen.1 = round;
                            uses.fetch_add(1, Ordering::Relaxed);
                        }
                        3 => {
                            let pooled = pool.insert(array(NITEMS, round)).unwrap();
                            assert_eq!(pooled.get().to_vec().unwrap(), samples(NITEMS, round));
                            uses.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            let chosen = chosen.read().unwrap();
                            let items = chosen.0.get().to_vec().unwrap();
                            assert_eq!(items, samples(NITEMS, chosen.1));
                            uses.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    pool.set_limit(size).unwrap();
    let statistics = pool.statistics();
    assert!(statistics.memory_cbytes <= size && statistics.arrays == 8);
    assert_eq!(statistics.hits + statistics.misses, uses.into_inner() as u64);
    assert_eq!(file_sizes(&folder).iter().sum::<u64>(), statistics.disk_nbytes);
    drop(pooled);
    assert_eq!(pool.statistics().memory_cbytes, 0);
    assert_eq!(file_sizes(&folder), []);
}
