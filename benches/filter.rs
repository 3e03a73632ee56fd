//! The filter layer: a block of 32 KiB, which stays in the cache, with each set of instructions.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::benchmarks::{InstructionSet, instruction_sets};
use ndpress::filter::{BitShuffle, ByteDelta, Delta, Filter, FilterContext, Shuffle, TruncPrec};

const BLOCK_NBYTES: usize = 32 << 10;

/// Each filter with the element sizes that take ways of their own through its kernels.
fn filters() -> Vec<(&'static str, Box<dyn Filter>, &'static [usize])> {
    vec![
        ("shuffle", Box::new(Shuffle::default()), &[2, 3, 4, 8, 12, 16]),
        ("bitshuffle", Box::new(BitShuffle), &[1, 2, 3, 4, 8]),
        ("bytedelta", Box::new(ByteDelta::default()), &[2, 4]),
        ("delta", Box::new(Delta), &[1, 8]),
        ("trunc_prec", Box::new(TruncPrec::bits(10)), &[4, 8]),
    ]
}

fn filter(criterion: &mut Criterion, set: InstructionSet, block: &[u8]) {
    set.force();
    for (name, filter, typesizes) in filters() {
        let mut group = criterion.benchmark_group(format!("filter/{name}"));
        for &typesize in typesizes {
            let src = &block[..block.len() / typesize * typesize];
            let mut dst = vec![0; src.len()];
            let context = FilterContext::new(typesize, filter.meta(typesize));
            group.throughput(Throughput::Bytes(src.len() as u64));
            group.bench_function(format!("forward/{typesize}/{}", set.name()), |bencher| {
                bencher.iter(|| filter.forward(src, &mut dst, &context).expect("it fits"));
            });
            group.bench_function(format!("backward/{typesize}/{}", set.name()), |bencher| {
                bencher.iter(|| filter.backward(src, &mut dst, &context).expect("it fits"));
            });
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    // What the bytes are makes no difference here.
    let array = data::bundled();
    for set in instruction_sets() {
        filter(&mut criterion, set, array.middle(BLOCK_NBYTES));
    }
    criterion.final_summary();
}
