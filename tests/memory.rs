//! How much memory reads and writes take, counted by the allocator.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(unsafe_code, reason = "an allocator that counts has no safe form")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ndarray::{Array2, s};
use ndpress::{
    Array, Border, Chunk, ChunkOptions, Limits, Neighbourhood, Options, Region, Registry,
    SharedArray,
};

/// The system's allocator, and a count of what is asked of it.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn grow(nbytes: usize) {
    CALLS.fetch_add(1, Relaxed);
    let live = LIVE.fetch_add(nbytes, Relaxed) + nbytes;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The tests count in turn.
static TURN: Mutex<()> = Mutex::new(());

/// What `f` asks for: calls, and bytes held at once more than before.
fn count<R>(f: impl FnOnce() -> R) -> (R, usize, usize) {
    let (calls, live) = (CALLS.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(live, Relaxed);
    let result = f();
    (result, CALLS.load(Relaxed) - calls, PEAK.load(Relaxed) - live)
}

fn image() -> Array2<u16> {
    let mut state = 1u32;
    Array2::from_shape_fn((4096, 4096), |(y, x)| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x * 3 + y * 5) as u16 + (state >> 28) as u16
    })
}

#[test]
fn a_constant_takes_one_value() {
    let _turn = TURN.lock();
    let options = Options::default();
    let (array, _, peak) = count(|| Array::<u16>::zeros([100_000, 100_000], &options).unwrap());
    assert!(peak < 1024, "{peak} bytes");
    let (_, _, peak) = count(|| array.clone());
    assert!(peak < 1024, "{peak} bytes");
}

#[test]
fn creating_takes_the_compressed_bytes_and_bounded_scratch() {
    let _turn = TURN.lock();
    let image = image();
    let view = image.t();
    let (array, _, peak) = count(|| Array::from_ndarray(&view, &Options::default()).unwrap());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scratch = peak.saturating_sub(array.cbytes());
    assert!(scratch < threads * (8 << 20), "{scratch} bytes of scratch");
}

#[test]
fn reading_into_place_takes_nothing() {
    let _turn = TURN.lock();
    let image = image();
    let array = Array::from_ndarray(&image, &Options::default()).unwrap();
    let mut window = Array2::zeros((64, 64));
    let mut read = |corner: usize| {
        array.read_into(s![corner..corner + 64, corner + 9..corner + 73], &mut window).unwrap();
        assert_eq!(window[[0, 0]], image[[corner, corner + 9]]);
    };
    read(0);
    let (_, calls, peak) = count(|| (0..50).for_each(|i| read(i * 77)));
    // A few words for each chunk and selection; no buffer.
    assert!(calls <= 50 * 6, "{calls} allocations");
    assert!(peak < 1024, "{peak} bytes");

    let (_, calls, peak) = count(|| {
        (0..50).for_each(|i| {
            assert_eq!(array.at(&[i * 81, 4095 - i]).unwrap(), image[[i * 81, 4095 - i]]);
        })
    });
    assert!(calls <= 50, "{calls} allocations");
    assert!(peak < 256, "{peak} bytes");
}

#[test]
fn reading_everything_takes_the_result() {
    let _turn = TURN.lock();
    let image = image();
    let array = Array::from_ndarray(&image, &Options::default()).unwrap();
    drop(array.to_vec().unwrap());
    let (items, _, peak) = count(|| array.to_vec().unwrap());
    assert_eq!(items, image.as_slice().unwrap());
    let more = peak - array.nbytes();
    assert!(more < 1 << 20, "{more} bytes more than the result");
}

#[test]
fn writing_a_window_takes_the_chunks_it_touches() {
    let _turn = TURN.lock();
    let mut array = Array::from_ndarray(&image(), &Options::default()).unwrap();
    let region = Region::new([100..110, 100..110]).unwrap();
    array.write_region(&region, &[1; 100]).unwrap();
    let (_, _, peak) = count(|| array.write_region(&region, &[2; 100]).unwrap());
    let chunk = array.chunk(0).unwrap().unwrap().cbytes();
    assert!(peak < 2 * chunk + (256 << 10), "{peak} bytes for a chunk of {chunk}");
}

/// What it takes to find 32 000 chunks is more than a megabyte.
#[test]
fn writing_beside_a_reader_copies_a_few_places_of_chunks() {
    let _turn = TURN.lock();
    let items: Vec<u8> =
        (0..32_000u32).flat_map(|chunk| [chunk as u8, (chunk >> 8) as u8]).collect();
    let options = Options::new().chunk_shape([2]).no_filters();
    let mut array = Array::from_slice(&items, [64_000], &options).unwrap();
    let clone = array.clone();
    let (_, _, peak) = count(|| array.set(&[777], 7).unwrap());
    assert!(peak < 64 << 10, "{peak} bytes beside a clone");
    drop(clone);

    let shared = SharedArray::new(array);
    shared.set(&[5], 7).unwrap();
    let (_, _, peak) = count(|| shared.set(&[6], 7).unwrap());
    assert!(peak < 4 << 10, "{peak} bytes without a reader");
    let (snapshot, _, peak) = count(|| shared.snapshot());
    assert!(peak < 256, "{peak} bytes for a snapshot");
    let (_, _, peak) = count(|| shared.set(&[7], 7).unwrap());
    assert!(peak < 64 << 10, "{peak} bytes beside a reader");
    let mut items = [0; 2];
    let (_, calls, _) = count(|| shared.read_chunk_into(3, &mut items).unwrap());
    assert_eq!((items, calls), ([7; 2], 0));
    drop(snapshot);

    let (shared, _, peak) = count(|| {
        SharedArray::new(Array::<u16>::zeros([100_000, 100_000], &Options::default()).unwrap())
    });
    assert!(peak < 4 << 10, "{peak} bytes");
    let (_, _, peak) = count(|| shared.fill(s![.., ..], 9).unwrap());
    assert!(peak < 4 << 10, "{peak} bytes");
}

/// What operations on arrays take beside their results: as much for each thread as they say.
#[test]
fn computing_takes_what_it_says() {
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    let _turn = TURN.lock();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let array = Array::from_ndarray(&image(), &Options::default()).unwrap();
    let chunk: usize = 2 * array.chunk_shape().iter().product::<usize>();
    let nothing = 64 * KIB;
    // Once before, for what threads keep.
    let check = |name: &str, most: usize, f: &dyn Fn() -> usize| {
        f();
        let (result, _, peak) = count(f);
        let more = peak.saturating_sub(result);
        eprintln!("{name}: {more} of {most}");
        assert!(more <= most, "{name}: {more} bytes, {most} at most");
    };
    let cbytes = |array: &Array<u16>| array.cbytes();
    // Reductions: what is known so far.
    check("sum", nothing, &|| array.sum().map(|_| 0).unwrap());
    check("min_max", nothing, &|| array.min_max().map(|_| 0).unwrap());
    check("var", nothing, &|| array.var(0.0).map(|_| 0).unwrap());
    check("argmax", nothing, &|| array.argmax().map(|_| 0).unwrap());
    check("count", nothing, &|| array.count(|item| item > 9).map(|_| 0).unwrap());
    check("histogram", nothing, &|| array.histogram(100, 0.0, 65535.0).map(|_| 0).unwrap());
    let digits = 512 * KIB;
    check("percentiles", 12 * threads * digits, &|| array.percentiles(&[50.0]).map(|_| 0).unwrap());
    check("along", threads * MIB, &|| array.sum_axis(0).map(|sums| sums.cbytes()).unwrap());
    let blocks = threads * 4 * 32 * KIB;
    // Expressions: some blocks, or chunks where blocks of several come together.
    let sum = || &array + &array;
    check("expression's maximum", blocks, &|| sum().max().map(|_| 0).unwrap());
    check("expression", threads * MIB, &|| sum().to_array().map(|sum| cbytes(&sum)).unwrap());
    check("region", blocks, &|| {
        let region = Region::new([7..300, 9..1000]).unwrap();
        sum().read_region(&region).map(|items| 2 * items.len()).unwrap()
    });
    check("transposed", threads * 3 * chunk, &|| {
        array.lazy().transpose().to_array().map(|array| cbytes(&array)).unwrap()
    });
    check("recode", threads * 3 * chunk, &|| {
        let options = Options::new().chunk_shape([1000, 1000]);
        array.recode(&options).map(|array| cbytes(&array)).unwrap()
    });
    // Maps.
    check("map", threads * MIB, &|| {
        array.map(|item| item / 2).map(|array| cbytes(&array)).unwrap()
    });
    check("map_in_place", threads * 3 * chunk, &|| {
        let mut array = array.clone();
        array.map_in_place(|item| item / 2).unwrap();
        cbytes(&array)
    });
    check("map_overlap", threads * 3 * chunk, &|| {
        let width = |around: &Neighbourhood<'_, u16>| around.shape()[1];
        let left = |around: Neighbourhood<'_, u16>, out: &mut [u16]| {
            let rows = around.items().chunks(width(&around)).skip(1);
            for (out, row) in out.chunks_mut(width(&around) - 2).zip(rows) {
                out.copy_from_slice(&row[..out.len()]);
            }
        };
        let result = array.map_overlap([1, 1], Border::Edge, &Options::new(), left);
        result.map(|array| cbytes(&array)).unwrap()
    });
    // Picked elements.
    let points: Vec<[usize; 2]> = (0..1000).map(|i| [i * 4, i * 3]).collect();
    check("points", 256 * KIB, &|| {
        array.read_points(&points).map(|items| 2 * items.len()).unwrap()
    });
    check("masked", 16 * MIB, &|| {
        array.read_masked(array.lazy().gt(65_000)).map(|items| 2 * items.len()).unwrap()
    });
    check("indices", 16 * MIB, &|| {
        array.lazy().gt(65_000).true_indices().map(|indices| 8 * indices.len()).unwrap()
    });
    // Statistics: 40 bytes a block.
    check("statistics", 2 * nothing, &|| {
        let mut array = array.clone();
        array.keep_block_statistics().unwrap();
        40 * array.nbytes() / (32 * KIB)
    });
}

/// The blocks of a hostile chunk may lie in the same bytes: to copy them would multiply these.
#[test]
fn overlapping_blocks_are_not_copied_one_by_one() {
    let _turn = TURN.lock();
    let (nblocks, blocksize, stream) = (1024, 64, vec![0; 256 << 10]);
    let raw: Vec<u8> = (0..nblocks * blocksize).map(|i| (i / 64) as u8 ^ (i % 2) as u8).collect();
    let options = ChunkOptions::new().no_filters().blocksize(blocksize);
    let mut bytes = Chunk::encode(&raw, 1, &options).unwrap().into_inner();
    let table_end = 32 + 4 * nblocks;
    bytes.truncate(table_end);
    bytes[32..].as_chunks_mut().0.fill((table_end as u32).to_le_bytes());
    bytes.extend((stream.len() as u32).to_le_bytes());
    bytes.extend(stream);
    let cbytes = bytes.len();
    bytes[12..16].copy_from_slice(&(cbytes as u32).to_le_bytes());
    let mut chunk = Chunk::parse(bytes, &Limits::default()).unwrap();
    assert_eq!(chunk.nblocks(), nblocks);
    let registry = Registry::default();
    let (written, _, peak) = count(|| chunk.write_range(0, &[1; 64], &options, &registry));
    assert!(written.is_err(), "the other blocks make no sense");
    assert!(peak < 4 * cbytes, "{peak} bytes for a chunk of {cbytes}");
}
