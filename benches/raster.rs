//! The raster codec on each kind of data, with each instruction set of the machine, beside LZ4 after
//! a shuffle and beside copying. Chunks are cut as an array cuts them.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use ndpress::benchmarks::{ChunkCoder, InstructionSet, instruction_sets};
use ndpress::{Chunk, Lz4, Options, Raster};

fn chunks(
    group: &mut BenchmarkGroup<'_, WallTime>,
    label: &str,
    options: &Options,
    array: &data::Array,
) {
    let coder = ChunkCoder::new(array.dtype, array.shape, options).expect("the options are valid");
    let raw = coder.in_blocks(&array.bytes).expect("the shape is that of the bytes");
    let raw: Vec<&[u8]> = raw.chunks_exact(coder.chunk_nbytes()).collect();
    let encode = || -> Vec<Chunk> {
        raw.iter().map(|raw| coder.encode(raw).expect("the options are valid")).collect()
    };
    group.bench_function(format!("{label}/encode/{}", array.name), |bencher| bencher.iter(encode));
    let encoded = encode();
    let mut dst = vec![0; coder.chunk_nbytes()];
    group.bench_function(format!("{label}/decode/{}", array.name), |bencher| {
        bencher.iter(|| {
            for chunk in &encoded {
                coder.decode(chunk, &mut dst).expect("it is sound");
            }
        });
    });
}

fn array(criterion: &mut Criterion, array: &data::Array, best: InstructionSet) {
    let mut group = criterion.benchmark_group("raster");
    group.throughput(Throughput::Bytes(array.bytes.len() as u64));
    for isa in instruction_sets() {
        isa.force();
        for (preset, codec) in [("fast", Raster::fast()), ("dense", Raster::dense())] {
            let label = format!("{preset}-{}", isa.name());
            chunks(&mut group, &label, &Options::new().codec(codec), array);
        }
    }
    best.force();
    chunks(&mut group, "lz4", &Options::new().codec(Lz4::clevel(5)).shuffle(), array);
    let mut dst = vec![0; array.bytes.len()];
    group.bench_function(format!("memcpy/{}", array.name), |bencher| {
        bencher.iter(|| dst.copy_from_slice(&array.bytes));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let best = *instruction_sets().last().expect("there is always one");
    for source in data::made_up().into_iter().chain(data::arrays()) {
        array(&mut criterion, &source.cropped(data::CHUNK_NBYTES), best);
    }
    criterion.final_summary();
}
