//! The block layer: filters and codec of one block of 32 KiB after the other, without chunks.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::benchmarks::BlockCoder;
use ndpress::{ChunkOptions, Lz4};

const BLOCK_NBYTES: usize = 32 << 10;

fn block(criterion: &mut Criterion, array: &data::Array) {
    let typesize = array.typesize;
    let block_nbytes = BLOCK_NBYTES / typesize * typesize;
    let options = ChunkOptions::new().codec(Lz4::clevel(5));
    let cases = [
        ("shuffle", options.clone().shuffle(), typesize),
        ("bitshuffle", options.clone().bitshuffle(), 1),
        ("no_filter", options.no_filters(), 1),
    ];
    let blocks: Vec<&[u8]> = array.middle(8 * block_nbytes).chunks_exact(block_nbytes).collect();
    let mut group = criterion.benchmark_group("block/lz4-5");
    group.throughput(Throughput::Bytes((blocks.len() * block_nbytes) as u64));
    for (name, options, nstreams) in &cases {
        let coder = BlockCoder::new(options, typesize, *nstreams);
        let mut encoded = vec![vec![0; coder.max_encoded_nbytes(block_nbytes)]; blocks.len()];
        group.bench_function(format!("{name}/encode/{}", array.name), |bencher| {
            bencher.iter(|| {
                for (src, dst) in blocks.iter().zip(&mut encoded) {
                    coder.encode(src, dst).expect("there is room");
                }
            });
        });
        // Not measured alone when a filter on the command line leaves it out.
        for (src, dst) in blocks.iter().zip(&mut encoded) {
            coder.encode(src, dst).expect("there is room");
        }
        let mut dst = vec![0; block_nbytes];
        group.bench_function(format!("{name}/decode/{}", array.name), |bencher| {
            bencher.iter(|| {
                for src in &encoded {
                    coder.decode(src, &mut dst).expect("it is sound");
                }
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for array in data::arrays().iter().chain([&data::incompressible(1 << 20)]) {
        block(&mut criterion, array);
    }
    criterion.final_summary();
}
