//! Working on arrays far larger than any cache, beside the same on a plain slice.
//!
//! `arrays MEGABYTES FILE.npy...` repeats each array along its first axis until it has that size, and
//! prints a line of JSON for each operation and number of threads: seconds of both, the best of some
//! rounds in which they take turns. `arrays.py` puts python-blosc2 beside them.

mod plain;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ndpress::ndarray::{ArrayD, IxDyn, SliceInfoElem};
use ndpress::{Array, Number, Options};

use self::plain::{Plain, halves};

const ROUNDS: usize = 5;
const WINDOWS: usize = 1000;
const WINDOW: usize = 64;

fn main() {
    let mut args = std::env::args().skip(1);
    let megabytes: usize = args.next().and_then(|text| text.parse().ok()).unwrap_or(1000);
    for file in args {
        let path = Path::new(&file);
        let (shape, dtype, bytes) = npy(path);
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let case =
            Case { name: name.unwrap_or_default(), nbytes: megabytes * 1_000_000, shape, bytes };
        match dtype.as_str() {
            "|u1" => case.run::<u8>(),
            "<u2" => case.run::<u16>(),
            "<i2" => case.run::<i16>(),
            "<f4" => case.run::<f32>(),
            other => eprintln!("{file}: arrays of {other} are left out"),
        }
    }
    constants();
}

struct Case {
    name: String,
    nbytes: usize,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Case {
    fn run<T: Number + Plain>(&self) {
        let copies = self.nbytes.div_ceil(self.bytes.len());
        let mut shape = self.shape.clone();
        shape[0] *= copies;
        let mut items: Vec<T> = ndpress::bytemuck::pod_collect_to_vec(&self.bytes.repeat(copies));
        let mut array = Array::from_slice(&items, &shape, &Options::new()).expect("it fits");
        eprintln!("{}: {array}", self.name);
        for threads in [1, 2] {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| self.measure(threads, &mut array, &mut items));
        }
    }

    fn measure<T: Number + Plain>(&self, threads: usize, array: &mut Array<T>, items: &mut Vec<T>) {
        let nbytes = std::mem::size_of_val(&items[..]);
        let report = |op: &str, [ours, plain]: [f64; 2]| {
            println!(
                "{{\"array\": \"{}\", \"op\": \"{op}\", \"threads\": {threads}, \"nbytes\": {}, \
                 \"ours\": {ours}, \"plain\": {plain}}}",
                self.name, nbytes,
            );
        };
        let sum = |items: &[T]| halves(items, &|part| T::total(part), &|a, b| a + b);
        report("sum", turns(|| array.sum().expect("sound"), || sum(items)));
        let mut known = array.clone();
        known.keep_block_statistics().expect("sound");
        report("sum, with statistics", turns(|| known.sum().expect("sound"), || sum(items)));
        let both = |items: &[T]| {
            halves(items, &|part| T::range(part), &|a, b| {
                (if b.0 < a.0 { b.0 } else { a.0 }, if b.1 > a.1 { b.1 } else { a.1 })
            })
        };
        report("min_max", turns(|| array.min_max().expect("sound"), || both(items)));
        let pairs = windows(array.shape());
        let plain =
            ArrayD::from_shape_vec(IxDyn(array.shape()), std::mem::take(items)).expect("it fits");
        let times = turns(
            || {
                pairs
                    .iter()
                    .for_each(|window| drop(black_box(array.read(&window[..]).expect("inside"))))
            },
            || pairs.iter().for_each(|window| drop(black_box(plain.slice(&window[..]).to_owned()))),
        );
        *items = plain.into_raw_vec_and_offset().0;
        report("windows", times);
        let before = array.clone();
        let mut copy = items.clone();
        let times = turns(
            || {
                *array = before.clone();
                array.map_in_place(T::affine).expect("sound");
            },
            || plain::in_place(&mut copy, &|item: &mut T| *item = item.affine()),
        );
        report("affine", times);
        let value = T::twenty_five();
        let times = turns(
            || {
                *array = before.clone();
                array.map_in_place(|_| value).expect("sound");
            },
            || plain::in_place(&mut copy, &|item: &mut T| *item = value),
        );
        report("map to 25", times);
        let whole = ndpress::Region::full(*before.shape());
        let times = turns(
            || {
                *array = before.clone();
                array.fill_region(&whole, value).expect("sound");
            },
            || plain::in_place(&mut copy, &|item: &mut T| *item = value),
        );
        report("fill", times);
        *array = before;
        let lens = *array.shape();
        let (chunk, nitems) = (array.read_chunk(0).expect("sound"), items.len());
        let times = turns(
            || {
                let mut lazy = Array::<T>::zeros(lens, &Options::new()).expect("it fits");
                lazy.write_chunk(0, &chunk).expect("it fits");
                lazy
            },
            || {
                let mut zeros = vec![T::zeroed(); nitems];
                zeros[..chunk.len()].copy_from_slice(&chunk);
                zeros
            },
        );
        report("zeros and one chunk", times);
    }
}

/// The best times of both, which take turns.
fn turns<A, B>(mut ours: impl FnMut() -> A, mut plain: impl FnMut() -> B) -> [f64; 2] {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(ours());
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        black_box(plain());
        best[1] = best[1].min(start.elapsed().as_secs_f64());
    }
    best
}

/// Random windows of the last two axes, at one index of the others; pixels with all their channels.
fn windows(shape: &[usize]) -> Vec<Vec<SliceInfoElem>> {
    let has_channels = shape.len() == 3 && shape[2] <= 64;
    let plane = if has_channels { 0..2 } else { shape.len() - 2..shape.len() };
    let mut state = 1u64;
    let mut below = |bound: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound.max(1)
    };
    (0..WINDOWS)
        .map(|_| {
            let axis = |(axis, &len): (usize, &usize)| {
                if plane.contains(&axis) {
                    let start = below(len.saturating_sub(WINDOW)) as isize;
                    let end = Some(start + WINDOW.min(len) as isize);
                    SliceInfoElem::Slice { start, end, step: 1 }
                } else if has_channels {
                    SliceInfoElem::Slice { start: 0, end: None, step: 1 }
                } else {
                    SliceInfoElem::Index(below(len) as isize)
                }
            };
            shape.iter().enumerate().map(axis).collect()
        })
        .collect()
}

/// The cost of a sum by logical bytes, where nothing is stored.
fn constants() {
    for nbytes in [1usize << 20, 1 << 25, 1 << 30, 1 << 35, 100 << 30] {
        let rows = nbytes >> 14;
        let array = Array::full([rows, 1 << 12], 1.5f32, &Options::new()).expect("it fits");
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            black_box(array.sum().expect("sound"));
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "{{\"array\": \"constant\", \"op\": \"sum\", \"nbytes\": {nbytes}, \"ours\": {best}}}"
        );
    }
}

/// Shape, dtype and bytes of a `.npy` file in C order.
fn npy(path: &Path) -> (Vec<usize>, String, Vec<u8>) {
    let bytes = std::fs::read(path).expect("a file");
    let len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + len]).into_owned();
    let after = |key: &str| header.split_once(key).map_or("", |(_, rest)| rest);
    let dtype = after("'descr': '").split('\'').next().unwrap_or_default().to_owned();
    let shape = after("'shape': (").split(')').next().unwrap_or_default();
    let shape = shape.split(',').filter_map(|len| len.trim().parse().ok()).collect();
    (shape, dtype, bytes[10 + len..].to_vec())
}
