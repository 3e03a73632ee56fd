//! The array layer: planes of pixels as arrays of three axes, as a whole and in parts.
//!
//! Uses as many threads as the machine has; `RAYON_NUM_THREADS=1` measures one.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::{Arithmetic, Array, Options, Promote, Region};

/// Side of a square of pixels, as an editor or a viewer asks for them.
const TILE: usize = 256;

fn array<T: Arithmetic + Promote<T> + bytemuck::Pod>(
    criterion: &mut Criterion,
    source: &data::Array,
) {
    let items: Vec<T> = bytemuck::pod_collect_to_vec(&source.bytes);
    let options = Options::new();
    let encode = || Array::from_slice(&items, source.shape, &options).expect("the shape fits");
    let mut array = encode();
    let mut dst = items.clone();
    let name = &source.name;
    let [planes, rows, columns] = source.shape;
    let around = |len: usize| (len - len.min(TILE)) / 2..(len + len.min(TILE)) / 2;
    let middle = planes / 2..planes / 2 + 1;
    let tile = Region::new([middle.clone(), around(rows), around(columns)]).expect("in order");
    let row = Region::new([middle.clone(), rows / 2..rows / 2 + 1, 0..columns]).expect("in order");
    let plane = Region::new([middle, 0..rows, 0..columns]).expect("in order");

    let mut group = criterion.benchmark_group("array");
    group.throughput(Throughput::Bytes(source.bytes.len() as u64));
    group.bench_function(format!("from_slice/{name}"), |bencher| bencher.iter(encode));
    group.bench_function(format!("read_all_into/{name}"), |bencher| {
        bencher.iter(|| array.read_all_into(&mut dst).expect("it is sound"));
    });
    for (part, region) in [("plane", &plane), ("tile", &tile), ("row", &row)] {
        let nitems = region.shape().nitems();
        group.throughput(Throughput::Bytes((nitems * size_of::<T>()) as u64));
        group.bench_function(format!("read_{part}/{name}"), |bencher| {
            let dst = &mut dst[..nitems];
            bencher.iter(|| array.read_region_into(region, dst).expect("it is sound"));
        });
        group.bench_function(format!("write_{part}/{name}"), |bencher| {
            bencher.iter(|| array.write_region(region, &items[..nitems]).expect("it fits"));
        });
    }
    group.throughput(Throughput::Bytes(source.bytes.len() as u64));
    group.bench_function(format!("sum/{name}"), |bencher| bencher.iter(|| array.sum()));
    group.bench_function(format!("min_max/{name}"), |bencher| bencher.iter(|| array.min_max()));
    let mut known = array.clone();
    known.keep_block_statistics().expect("it is sound");
    group.bench_function(format!("sum_of_statistics/{name}"), |bencher| {
        bencher.iter(|| known.sum());
    });
    group.bench_function(format!("compare_with_itself/{name}"), |bencher| {
        bencher.iter(|| array.lazy().gt(&array).any());
    });
    group.bench_function(format!("map_in_place/{name}"), |bencher| {
        let first = items[0];
        bencher.iter(|| {
            let mut array = array.clone();
            array.map_in_place(|item| if item < first { first } else { item }).map(|()| array)
        });
    });
    let index = [planes / 2, rows / 2, columns / 2];
    group.throughput(Throughput::Elements(1));
    group.bench_function(format!("at/{name}"), |bencher| {
        bencher.iter(|| array.at(&index).expect("it is there"));
    });
    group.bench_function(format!("set/{name}"), |bencher| {
        bencher.iter(|| array.set(&index, items[0]).expect("it is there"));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for source in data::arrays().iter().chain([&data::incompressible(data::CHUNK_NBYTES)]) {
        match source.typesize {
            1 => array::<u8>(&mut criterion, source),
            2 => array::<u16>(&mut criterion, source),
            4 => array::<u32>(&mut criterion, source),
            _ => array::<u64>(&mut criterion, source),
        }
    }
    criterion.final_summary();
}
