//! The image layer: planes and interleaved pixels to channels and back, and edits of channels.
//!
//! Uses as many threads as the machine has; `RAYON_NUM_THREADS=1` measures one.
#![allow(clippy::expect_used, reason = "a benchmark that cannot work ends")]

mod data;

use std::time::Duration;

use criterion::{Criterion, Throughput};
use ndpress::image::{interleave, zip};
use ndpress::{Element, Image, Options};

const NCHANNELS: usize = 3;

/// Three planes of the array; arrays of fewer are cut into bands of rows.
fn planes<T: Element + bytemuck::Pod>(source: &data::Array) -> (Vec<Vec<T>>, [usize; 2]) {
    let items: Vec<T> = bytemuck::pod_collect_to_vec(&source.bytes);
    let [nplanes, rows, columns] = source.shape;
    let rows = if nplanes < NCHANNELS { nplanes * rows / NCHANNELS } else { rows };
    let planes = items.chunks_exact(rows * columns).take(NCHANNELS).map(<[T]>::to_vec);
    (planes.collect(), [rows, columns])
}

fn image<T: Element + bytemuck::Pod>(criterion: &mut Criterion, source: &data::Array) {
    let (mut planes, shape) = planes::<T>(source);
    let [height, width] = shape;
    let mut pixels = vec![T::zeroed(); NCHANNELS * planes[0].len()];
    let borrowed: Vec<&[T]> = planes.iter().map(Vec::as_slice).collect();
    interleave(&borrowed, &mut pixels).expect("the lengths fit");
    let options = Options::new();
    let from_planar =
        |planes: &[Vec<T>]| Image::from_planar(planes, shape, &options).expect("the shape fits");
    let mut image = from_planar(&planes);
    let name = &source.name;

    let mut group = criterion.benchmark_group("image");
    group.throughput(Throughput::Bytes(size_of_val(&pixels[..]) as u64));
    group.bench_function(format!("from_planar/{name}"), |bencher| {
        bencher.iter(|| from_planar(&planes));
    });
    group.bench_function(format!("read_planar_into/{name}"), |bencher| {
        bencher.iter(|| image.read_planar_into(&mut planes).expect("it is sound"));
    });
    group.bench_function(format!("from_interleaved/{name}"), |bencher| {
        let shape = [height, width, NCHANNELS];
        bencher.iter(|| Image::from_interleaved(&pixels, shape, &options).expect("it fits"));
    });
    group.bench_function(format!("read_interleaved_into/{name}"), |bencher| {
        bencher.iter(|| image.read_interleaved_into(&mut pixels).expect("it is sound"));
    });
    // Reads one channel and changes another, band by band.
    group.throughput(Throughput::Bytes(size_of_val(&planes[0][..]) as u64));
    group.bench_function(format!("zip/{name}"), |bencher| {
        bencher.iter(|| {
            let [from, to] = image.channels_mut::<[T; 2], _>([0, 1]).expect("they are there");
            let zipped = zip((&*from, to)).expect("they are of one shape");
            zipped.for_each(|_, (from, to)| to.copy_from_slice(from)).expect("they are sound");
        });
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
            1 => image::<u8>(&mut criterion, source),
            2 => image::<u16>(&mut criterion, source),
            4 => image::<u32>(&mut criterion, source),
            _ => image::<u64>(&mut criterion, source),
        }
    }
    criterion.final_summary();
}
