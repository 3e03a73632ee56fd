//! Arrays and threads.

use ndpress::{AnyArray, Array, OpaqueArray, Options, Region};

/// The compressed chunks.
#[cfg(feature = "rayon")]
fn chunk_bytes<T: ndpress::Element>(array: &Array<T>) -> Vec<Option<Vec<u8>>> {
    (0..array.nchunks())
        .map(|index| array.chunk(index).unwrap().map(|chunk| chunk.as_bytes().to_vec()))
        .collect()
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    use ndarray::s;

    use crate::random::Random;

    let mut random = Random(5);
    // Several chunks of several megabytes in all, so that all levels of parallel work are reached.
    let source = ndarray::Array2::from_shape_fn((1500, 1400), |(y, x)| {
        (x * y / 37) as u32 + random.below(4) as u32
    });
    let patch = source.slice(s![..1000, ..;2]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut array = Array::from_ndarray(&source, &Options::default()).unwrap();
            array.write(s![333..1333, 700..], &patch).unwrap();
            array.append(&source.slice(s![..500, ..])).unwrap();
            array.update_chunks(|_, items| items.iter_mut().for_each(|item| *item /= 2)).unwrap();
            (chunk_bytes(&array), array.to_vec().unwrap())
        })
    };
    let serial = run(1);
    assert!(serial.0.len() > 4);
    assert!(run(4) == serial);
}

#[test]
fn readers_of_many_threads_share_an_array() {
    let items: Vec<u32> = (0..300_000).map(|i| i / 5).collect();
    let array = Array::from_slice(&items, [300, 1000], &Options::default()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (array, items) = (&array, &items);
            scope.spawn(move || {
                for round in 0..20 {
                    let row = (thread * 71 + round * 13) % 300;
                    let region = Region::new([row..row + 1, 0..1000]).unwrap();
                    assert_eq!(array.read_region(&region).unwrap(), items[row * 1000..][..1000]);
                }
            });
        }
    });
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send_and_sync::<Array<f32>>();
    is_send_and_sync::<AnyArray>();
    is_send_and_sync::<OpaqueArray>();
    is_send_and_sync::<Options>();
};
