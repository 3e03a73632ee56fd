//! The codec layer: streams as the block layer hands them over, byte planes of shuffled blocks.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::codec::{BlockInfo, Codec, Encoded, Scratch};
use ndpress::filter::{Filter, FilterContext, Shuffle};
use ndpress::{BloscLz, Lz4, Lz4Hc};

/// Bytes of a block before it is cut into its planes.
const BLOCK_NBYTES: usize = 32 << 10;

fn codecs() -> Vec<(&'static str, Box<dyn Codec>)> {
    vec![
        ("blosclz-5", Box::new(BloscLz::clevel(5))),
        ("lz4-5", Box::new(Lz4::clevel(5))),
        ("lz4hc-5", Box::new(Lz4Hc::clevel(5))),
        #[cfg(feature = "zstd")]
        ("zstd-1", Box::new(ndpress::Zstd::clevel(1))),
    ]
}

/// The planes of some blocks from the middle of the array.
fn streams(array: &data::Array) -> Vec<Vec<u8>> {
    let block_nbytes = BLOCK_NBYTES / array.typesize * array.typesize;
    let context = FilterContext::new(array.typesize, 0);
    let blocks = array.middle(8 * block_nbytes).chunks_exact(block_nbytes);
    let planes = blocks.flat_map(|block| {
        let mut planes = vec![0; block.len()];
        Shuffle::default().forward(block, &mut planes, &context).expect("any size will do");
        planes.chunks_exact(block.len() / array.typesize).map(<[u8]>::to_vec).collect::<Vec<_>>()
    });
    planes.collect()
}

fn codec(criterion: &mut Criterion, array: &data::Array) {
    let streams = streams(array);
    let mut scratch = Scratch::default();
    for (name, codec) in codecs() {
        let mut group = criterion.benchmark_group(format!("codec/{name}"));
        group.throughput(Throughput::Bytes(streams.iter().map(|stream| stream.len() as u64).sum()));
        let mut encoded: Vec<Vec<u8>> =
            streams.iter().map(|stream| vec![0; stream.len()]).collect();
        let mut lens = vec![None; streams.len()];
        group.bench_function(format!("encode/{}", array.name), |bencher| {
            bencher.iter(|| {
                for ((src, dst), len) in streams.iter().zip(&mut encoded).zip(&mut lens) {
                    let nbytes = src.len();
                    let info = BlockInfo::bytes(&nbytes);
                    *len = match codec.encode(src, dst, &info, &mut scratch) {
                        Ok(Encoded::Len(len)) => Some(len),
                        _ => None,
                    };
                }
            });
        });
        // What does not shrink never reaches a decoder.
        let shrunk: Vec<(&[u8], usize)> = encoded
            .iter()
            .zip(&lens)
            .zip(&streams)
            .filter_map(|((encoded, len), stream)| len.map(|len| (&encoded[..len], stream.len())))
            .collect();
        group.throughput(Throughput::Bytes(shrunk.iter().map(|(_, nbytes)| *nbytes as u64).sum()));
        let mut dst = vec![0; BLOCK_NBYTES];
        group.bench_function(format!("decode/{}", array.name), |bencher| {
            bencher.iter(|| {
                for (src, nbytes) in &shrunk {
                    let info = BlockInfo::bytes(nbytes);
                    codec
                        .decode(src, &mut dst[..*nbytes], &info, &mut scratch)
                        .expect("it is sound");
                }
            });
        });
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for array in data::arrays().iter().chain([&data::incompressible(1 << 20)]) {
        codec(&mut criterion, array);
    }
    criterion.final_summary();
}
