//! The chunk layer: whole chunks of 4 MiB, and the small operations on one.
//!
//! Uses as many threads as the machine has; `RAYON_NUM_THREADS=1` measures one.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::{BloscLz, Chunk, ChunkOptions, Limits, Lz4, Lz4Hc, Registry};

fn settings() -> Vec<(&'static str, ChunkOptions)> {
    let options = ChunkOptions::new();
    vec![
        ("blosclz-5", options.clone().codec(BloscLz::clevel(5))),
        ("lz4-5", options.clone().codec(Lz4::clevel(5))),
        ("lz4-5-bitshuffle", options.clone().codec(Lz4::clevel(5)).bitshuffle()),
        ("lz4hc-5", options.clone().codec(Lz4Hc::clevel(5))),
        #[cfg(feature = "zstd")]
        ("zstd-1", options.codec(ndpress::Zstd::clevel(1))),
    ]
}

fn whole(criterion: &mut Criterion, array: &data::Array) {
    let registry = Registry::default();
    let src = array.middle(data::CHUNK_NBYTES);
    let mut dst = vec![0; src.len()];
    for (name, options) in settings() {
        let mut group = criterion.benchmark_group(format!("chunk/{name}"));
        group.throughput(Throughput::Bytes(src.len() as u64));
        let encode =
            || Chunk::encode(src, array.typesize, &options).expect("the options are valid");
        group.bench_function(format!("encode/{}", array.name), |bencher| bencher.iter(encode));
        let chunk = encode();
        group.bench_function(format!("decode/{}", array.name), |bencher| {
            bencher.iter(|| chunk.decode_into(&mut dst, &registry).expect("it is sound"));
        });
        group.finish();
    }
}

/// What costs the same however long the chunk is.
fn small(criterion: &mut Criterion, array: &data::Array) {
    let (registry, limits) = (Registry::default(), Limits::default());
    let (src, typesize) = (array.middle(data::CHUNK_NBYTES), array.typesize);
    let options = ChunkOptions::new().blocksize(32 << 10);
    let chunk = Chunk::encode(src, typesize, &options).expect("the options are valid");
    let block = chunk.nblocks() / 2;
    let range = chunk.block_range(block).expect("it is there");
    let mut dst = vec![0; range.len()];
    let mut group = criterion.benchmark_group("chunk/small");
    group.throughput(Throughput::Bytes(4096));
    group.bench_function("encode_4_kib", |bencher| {
        bencher.iter(|| Chunk::encode(&src[..4096], typesize, &options).expect("valid"));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let chunk = Chunk::parse(black_box(chunk.as_bytes()), &limits).expect("it is sound");
            black_box(chunk.nbytes())
        });
    });
    group.throughput(Throughput::Bytes(range.len() as u64));
    group.bench_function("decode_block", |bencher| {
        bencher.iter(|| chunk.decode_block_into(block, &mut dst, &registry).expect("it is sound"));
    });
    let items = range.start + 16 * typesize..range.start + 32 * typesize;
    group.throughput(Throughput::Elements(16));
    group.bench_function("decode_16_elements", |bencher| {
        bencher.iter(|| {
            let dst = &mut dst[..items.len()];
            chunk.decode_range_into(items.clone(), dst, &registry).expect("it is sound");
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for array in data::arrays().iter().chain([&data::incompressible(data::CHUNK_NBYTES)]) {
        whole(&mut criterion, array);
    }
    small(&mut criterion, &data::bundled());
    criterion.final_summary();
}
