//! What users of compressed images do, start to end.

use half::f16;
use ndpress::image::{Channel, zip};
use ndpress::{BloscLz, DType, Image, Lz4, Metadata, Options, Region};

use super::{Sample, pixels};

#[test]
fn fifty_pixels() {
    let plain: Vec<u16> = (0..50).collect();
    let channel = Channel::from_slice(&plain, [5, 10], &Options::default()).unwrap();
    assert_eq!((channel.height(), channel.width(), channel.nbytes()), (5, 10, 100));
    assert_eq!(channel.to_vec().unwrap(), plain);
}

#[test]
fn small_blocks_and_chunks() {
    let plain = pixels::<u8>([64, 128], 1);
    let options = Options::new().chunk_shape([32, 128]).block_shape([1, 128]);
    let channel = Channel::from_slice(&plain, [64, 128], &options).unwrap();
    assert_eq!(channel.nchunks(), 2);
    let chunk = channel.chunk(0).unwrap().unwrap();
    assert_eq!((chunk.nbytes(), chunk.blocksize(), chunk.nblocks()), (4096, 128, 32));
    assert_eq!(channel.to_vec().unwrap(), plain);
}

/// One chunk per row, filled one by one; lazy constants; wrong arguments.
fn rows_as_chunks<T: Sample>(shape: [usize; 2]) {
    let [height, width] = shape;
    let options = Options::new().chunk_shape([1, width]);
    let plain = pixels::<T>(shape, 3);
    let mut channel = Channel::from_slice(&plain, shape, &options).unwrap();
    assert_eq!(channel.nchunks(), height);
    assert_eq!(channel.chunk_region(height - 1).unwrap().range(0), height - 1..height);
    assert_eq!(channel.to_vec().unwrap(), plain);

    let zeros = Channel::zeros_like(&channel);
    assert_eq!((zeros.nchunks(), zeros.nbytes()), (height, channel.nbytes()));
    assert!(zeros.cbytes() < 2000);
    assert!(zeros.content_eq(&Channel::<T>::zeros(shape, &options).unwrap()).unwrap());
    assert_eq!(zeros.at(&[height / 2, width / 2]).unwrap(), T::zeroed());
    let full = Channel::full_like(&channel, T::sample(5));
    assert_eq!(full.read_chunk(height / 3).unwrap(), vec![T::sample(5); width]);

    channel.write_chunk(1, &vec![T::sample(9); width]).unwrap();
    assert_eq!(channel.read_chunk(1).unwrap(), vec![T::sample(9); width]);
    assert_eq!(channel.read_chunk(0).unwrap(), plain[..width]);
    assert!(channel.write_chunk(height, &plain[..width]).is_err());
    assert!(channel.write_chunk(0, &plain[..width - 1]).is_err());
    assert!(Channel::from_slice(&plain[1..], shape, &options).is_err());
}

/// Chunks of several rows, the last one shorter, through one buffer.
fn chunk_numbers<T: Sample>(shape: [usize; 2]) {
    let mut channel = Channel::<T>::zeros(shape, &Options::default()).unwrap();
    let longest = channel.chunk_region(0).unwrap().shape().nitems();
    let mut buffer = vec![T::zeroed(); longest];
    for index in 0..channel.nchunks() {
        let nitems = channel.chunk_region(index).unwrap().shape().nitems();
        buffer[..nitems].fill(T::sample(index as u64));
        channel.write_chunk(index, &buffer[..nitems]).unwrap();
    }
    for chunk in channel.chunks() {
        chunk.read_into(&mut buffer[..chunk.len()]).unwrap();
        let expected = T::sample(chunk.index() as u64);
        assert!(buffer[..chunk.len()].iter().all(|&pixel| pixel == expected));
    }
}

macro_rules! for_each_type {
    ($check:ident($shape:expr)) => {
        $check::<u8>($shape);
        $check::<i8>($shape);
        $check::<u16>($shape);
        $check::<i16>($shape);
        $check::<u32>($shape);
        $check::<i32>($shape);
        $check::<f16>($shape);
        $check::<f32>($shape);
    };
}

#[test]
fn types_and_sizes() {
    for shape in [[64, 64], [456, 123], [16, 2048], [2048, 16]] {
        for_each_type!(rows_as_chunks(shape));
        for_each_type!(chunk_numbers(shape));
    }
    for_each_type!(chunk_numbers([1080, 1920]));
    for_each_type!(chunk_numbers([4096, 4096]));
    rows_as_chunks::<f16>([1080, 1920]);
    rows_as_chunks::<u8>([4096, 4096]);
    rows_as_chunks::<bool>([100, 100]);
    rows_as_chunks::<u64>([100, 100]);
    rows_as_chunks::<[f32; 2]>([100, 100]);
}

#[test]
fn counts_and_sizes() {
    let empty = Image::new([10, 20]);
    assert_eq!((empty.nchannels(), empty.nbytes(), empty.cbytes()), (0, 0, 0));
    assert!((empty.ratio() - 1.0).abs() < f64::EPSILON);

    let options = Options::new().chunk_shape([4, 64]).block_shape([1, 64]);
    let channel = Channel::from_slice(&pixels::<u8>([64, 64], 1), [64, 64], &options).unwrap();
    assert_eq!((channel.nbytes(), channel.nchunks()), (4096, 16));
    assert_eq!(channel.chunk(7).unwrap().unwrap().nblocks(), 4);
    let stored: usize = (0..16).map(|i| channel.chunk(i).unwrap().unwrap().cbytes()).sum();
    assert!(channel.cbytes() > stored, "bookkeeping counts");
    assert!((channel.ratio() - 4096.0 / channel.cbytes() as f64).abs() < 1e-12);
}

fn iterate_and_modify<T: Sample>() {
    let shape = [50, 40];
    let plain = pixels::<T>(shape, 9);
    let options = Options::new().chunk_shape([16, 40]);
    let mut channel = Channel::from_slice(&plain, shape, &options).unwrap();
    let mut seen = Vec::new();
    for chunk in channel.chunks() {
        assert_eq!(chunk.origin(), (16 * chunk.index(), 0));
        seen.extend(chunk.read().unwrap());
    }
    assert_eq!(seen, plain);
    for chunk in channel.chunks_mut() {
        let place = *chunk;
        chunk
            .edit(|pixels| {
                for (i, pixel) in pixels.iter_mut().enumerate() {
                    assert_eq!(*pixel, plain[place.y(i) * 40 + place.x(i)]);
                    *pixel = T::sample((place.y(i) * 100 + place.x(i)) as u64);
                }
            })
            .unwrap();
    }
    for y in 0..50 {
        for x in 0..40 {
            assert_eq!(channel.at(&[y, x]).unwrap(), T::sample((y * 100 + x) as u64));
        }
    }
}

#[test]
fn iteration_in_order() {
    iterate_and_modify::<u8>();
    iterate_and_modify::<u16>();
    iterate_and_modify::<u32>();
    iterate_and_modify::<f32>();
    iterate_and_modify::<f64>();
    iterate_and_modify::<bool>();
}

#[test]
fn coordinates() {
    fn place<T: Sample>(
        shape: [usize; 2],
        rows: usize,
        chunk: usize,
    ) -> impl Fn(usize) -> [usize; 2] {
        let options = Options::new().chunk_shape([rows, shape[1]]);
        let channel = Channel::<T>::zeros(shape, &options).unwrap();
        let place = *channel.chunks().nth(chunk).unwrap();
        move |i| [place.x(i), place.y(i)]
    }
    assert_eq!(place::<u8>([10, 10], 10, 0)(15), [5, 1]);
    // A type wider than a byte, in a chunk that is not the first.
    assert_eq!(place::<u32>([64, 128], 1, 1)(135), [7, 2]);
    assert_eq!(place::<u32>([64, 128], 1, 1)(129), [1, 2]);
    assert_eq!(place::<f64>([64, 128], 3, 5)(0), [0, 15]);
}

#[test]
fn coordinates_in_tiles() {
    let options = Options::new().chunk_shape([8, 16]).block_shape([4, 16]);
    let mut channel = Channel::<u16>::zeros([20, 40], &options).unwrap();
    channel
        .edit_chunks(|place, pixels| {
            assert_eq!(pixels.len(), place.len());
            for (i, pixel) in pixels.iter_mut().enumerate() {
                *pixel = (place.y(i) * 100 + place.x(i)) as u16;
            }
        })
        .unwrap();
    let last = channel.chunks().next_back().unwrap();
    assert_eq!((last.origin(), last.shape(), last.index()), ((16, 32), (4, 8), 8));
    let expected: Vec<u16> = (0..20).flat_map(|y| (0..40).map(move |x| y * 100 + x)).collect();
    assert_eq!(channel.to_vec().unwrap(), expected);
}

#[test]
fn zip_stops_at_the_shortest() {
    let channel = |height: usize, value: u8, rows: usize| {
        let options = Options::new().chunk_shape([rows, 1]);
        Channel::full([height, 1], value, &options).unwrap()
    };
    let (mut a, mut b, mut c) = (channel(30, 1, 10), channel(25, 2, 4), channel(45, 3, 7));
    let mut rows = 0;
    zip((&mut a, &mut b, &mut c))
        .unwrap()
        .for_each(|band, (a, b, c)| {
            assert_eq!((a.len(), b.len(), c.len()), (band.len(), band.len(), band.len()));
            assert_eq!(band.origin(), (rows, 0));
            rows += band.shape().0;
            for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
                (*a, *b, *c) = (*a + 10, *b + 10, *c + 10);
            }
        })
        .unwrap();
    assert_eq!(rows, 25);
    for (channel, value) in [(a, 1), (b, 2), (c, 3)] {
        let plain = channel.to_vec().unwrap();
        let expected = (0..channel.height()).map(|y| if y < 25 { value + 10 } else { value });
        assert_eq!(plain, expected.collect::<Vec<_>>());
    }
}

#[test]
fn chunks_as_large_as_the_image_or_larger() {
    let shape = [256, 256];
    let interleaved: Vec<u8> =
        pixels::<u32>(shape, 4).iter().flat_map(|p| p.to_le_bytes()).collect();
    for rows in [256, 1000] {
        let options = Options::new().chunk_shape([rows, 300]);
        let mut image = Image::from_interleaved(&interleaved, [256, 256, 4], &options)
            .unwrap()
            .with_names(["R", "G", "B", "A"])
            .unwrap();
        image.metadata_mut().insert("Orientation", 1);
        assert!(image.names().eq(["R", "G", "B", "A"]));
        assert_eq!(image.any_channel("B").unwrap().as_array().nchunks(), 1);
        assert_eq!(image.to_interleaved::<u8>().unwrap(), interleaved);
        for (lane, name) in ["R", "G", "B", "A"].into_iter().enumerate() {
            let plane: Vec<u8> = interleaved.iter().skip(lane).step_by(4).copied().collect();
            assert_eq!(image.extract::<u8>(name).unwrap().to_vec().unwrap(), plane);
        }
        assert_eq!(image.nchannels(), 0);
        assert!(!image.metadata().is_empty());
    }
}

#[test]
fn subsets_of_channels() {
    let shape = [40, 30];
    let planes: Vec<_> = (0..12).map(|seed| pixels::<u16>(shape, seed)).collect();
    let names: Vec<_> = (0..12).map(|number| format!("AOV.{number}")).collect();
    let image = Image::from_planar(&planes, shape, &Options::default()).unwrap();
    let image = image.with_names(&names).unwrap();
    let of = |numbers: &[usize]| numbers.iter().map(|&n| planes[n].clone()).collect::<Vec<_>>();
    for numbers in [&[3, 4, 5][..], &[0, 2, 3, 11], &[11, 0, 7], &[]] {
        let by_index = image.select(numbers).unwrap();
        assert_eq!(by_index.to_planar::<u16>().unwrap(), of(numbers));
        let by_name = image.select(numbers.iter().map(|&n| &names[n])).unwrap();
        assert!(by_name.content_eq(&by_index).unwrap());
        // Out of order too, pixel by pixel.
        let interleaved = by_index.to_interleaved::<u16>().unwrap();
        for (lane, &number) in numbers.iter().enumerate() {
            let lane = interleaved.iter().skip(lane).step_by(numbers.len());
            assert!(lane.eq(&planes[number]));
        }
    }
    let text = |result: ndpress::Result<Image>| result.unwrap_err().to_string();
    assert_eq!(text(image.select([0, 64])), "channel 64 does not exist, there are 12");
    assert_eq!(text(image.select(["Z"])), "there is no channel \"Z\"");
    assert_eq!(text(image.select([12])), "channel 12 does not exist, there are 12");
    assert_eq!(text(image.select([2, 2])), "channel \"AOV.2\" asked for twice at once");
}

#[test]
fn channels_of_different_types_and_codecs() {
    let shape = [90, 160];
    let beauty = pixels::<f16>(shape, 1);
    let mut image = Image::from_planar(&[&beauty, &beauty, &beauty], shape, &Options::default())
        .unwrap()
        .with_names(["R", "G", "B"])
        .unwrap();
    let dense = Options::new().codec(Lz4::clevel(9)).bitshuffle();
    let (depth, matte) = (pixels::<f32>(shape, 2), pixels::<u32>(shape, 3));
    image.push("Z", Channel::from_slice(&depth, shape, &dense).unwrap()).unwrap();
    let blosclz = Options::new().codec(BloscLz::clevel(5));
    image.insert(0, "id", Channel::from_slice(&matte, shape, &blosclz).unwrap()).unwrap();
    image.metadata_mut().extend([("owner", "render farm"), ("software", "n/a")]);
    image.metadata_mut().insert("worldToCamera", vec![[1.0f32, 0.0], [0.0, 1.0]]);

    let text = image.to_string();
    assert!(
        text.starts_with("160×90, 5 channels (u32, f16, f32), blosclz, raster, lz4: "),
        "{text}"
    );
    let dtypes: Vec<_> = image.channels().map(|(_, channel)| channel.dtype()).collect();
    assert_eq!(dtypes, [DType::U32, DType::F16, DType::F16, DType::F16, DType::F32]);
    assert_eq!(image.channel::<f32>("Z").unwrap().to_vec().unwrap(), depth);
    assert_eq!(image.channel::<u32>(0).unwrap().to_vec().unwrap(), matte);
    assert_eq!(image.nbytes(), 90 * 160 * (4 + 3 * 2 + 4));

    image.remove("G").unwrap();
    assert!(image.names().eq(["id", "R", "B", "Z"]));
    image.remove(0).unwrap();
    assert!(image.names().eq(["R", "B", "Z"]));
    let expected = Metadata::from_iter([
        ("owner", ndpress::Value::from("render farm")),
        ("software", "n/a".into()),
        ("worldToCamera", vec![[1.0f64, 0.0], [0.0, 1.0]].into()),
    ]);
    assert_eq!(*image.metadata(), expected);
}

#[test]
fn unnamed_images() {
    let planes = [[1u8; 6], [2; 6], [3; 6]];
    let mut image = Image::from_planar(&planes, [2, 3], &Options::default()).unwrap();
    assert!(image.names().eq(["0", "1", "2"]));
    image.remove(0).unwrap();
    assert!(image.names().eq(["1", "2"]));
    assert_eq!(image.channel::<u8>("2").unwrap().to_vec().unwrap(), [3; 6]);
}

#[test]
fn renaming_and_ordering() {
    let names = ["A", "B", "G", "R"];
    let mut image = Image::zeros::<u8>(names, [2, 3], &Options::default()).unwrap();
    image.channel_mut::<u8>("R").unwrap().set([1, 2], 7).unwrap();
    image.reorder(["R", "G", "B", "A"]).unwrap();
    image.rename("A", "alpha").unwrap();
    image.rename(0, "R").unwrap();
    assert!(image.names().eq(["R", "G", "B", "alpha"]));
    assert_eq!(image.index_of("alpha").unwrap(), 3);
    assert_eq!(image.channel::<u8>(0).unwrap().at(&[1, 2]).unwrap(), 7);
    assert!(image.reorder(["R", "G", "B"]).is_err());
    assert!(image.reorder(["R", "G", "B", "B"]).is_err());
    assert!(image.rename("R", "G").is_err());
    assert!(image.names().eq(["R", "G", "B", "alpha"]));
}

#[test]
fn lazy_images() {
    let options = Options::new().chunk_shape([8, 16]);
    let mut image = Image::full(["R", "G"], [64, 16], 0.5f32, &options).unwrap();
    image.metadata_mut().insert("a", 1);
    let zeros = Image::zeros_like(&image);
    assert!(zeros.names().eq(["R", "G"]) && zeros.metadata().is_empty());
    assert_eq!(zeros.to_planar::<f32>().unwrap(), [[0.0; 64 * 16]; 2]);
    let full = Image::full_like(&image, 7.0f32).unwrap();
    assert_eq!(full.channel::<f32>("G").unwrap().chunk_shape()[..], [8, 16]);
    assert_eq!(full.to_interleaved::<f32>().unwrap(), [7.0; 64 * 16 * 2]);
    assert!(Image::full_like(&image, 7u8).is_err());
}

#[test]
fn chunks_are_whole_rows_even_of_wide_images() {
    let wide = Channel::<f64>::zeros([1000, 100_000], &Options::default()).unwrap();
    assert_eq!(wide.chunk_shape()[1], 100_000);
    assert!(wide.chunk_shape()[0] < 1000);
    let blocks = Options::new().block_shape([16, 100]);
    let wide = Channel::<f64>::zeros([1000, 1_000_000], &blocks).unwrap();
    assert_eq!(wide.chunk_shape()[1], 1_000_000);
    assert_eq!(wide.block_shape()[..], [16, 100]);
    let tiles = Options::new().chunk_shape([64, 64]);
    assert_eq!(Channel::<u8>::zeros([100, 100], &tiles).unwrap().nchunks(), 4);
}

#[test]
fn nothing_wide_or_high() {
    for shape in [[0, 0], [0, 7], [7, 0]] {
        let mut image = Image::from_planar(&[[0u16; 0]; 2], shape, &Options::default()).unwrap();
        assert_eq!(image.nbytes(), 0);
        assert_eq!(image.to_planar::<u16>().unwrap(), [[0u16; 0]; 2]);
        assert_eq!(image.to_interleaved::<u16>().unwrap(), [0u16; 0]);
        let channel = image.channel_mut::<u16>(1).unwrap();
        channel.map_in_place(|_| unreachable!()).unwrap();
        assert_eq!(channel.chunks().len(), 0);
        zip(&mut *channel).unwrap().for_each(|_, _| unreachable!()).unwrap();
        let again =
            Image::from_interleaved(&[0u16; 0], [shape[0], shape[1], 2], &Options::default());
        assert!(again.unwrap().content_eq(&image).unwrap());
    }
    let none = Image::from_interleaved(&[0u8; 0], [4, 5, 0], &Options::default()).unwrap();
    assert_eq!((none.nchannels(), none.height()), (0, 4));
    assert!(none.to_interleaved::<u8>().unwrap().is_empty());
}

#[test]
fn recompressing_keeps_pixels() {
    let plain = pixels::<u16>([200, 300], 5);
    let mut channel = Channel::from_slice(&plain, [200, 300], &Options::default()).unwrap();
    let dense = Options::new().codec(Lz4::clevel(9)).bitshuffle().chunk_shape([30, 100]);
    channel.recompress(&dense).unwrap();
    assert_eq!(channel.chunk_shape()[..], [30, 100]);
    assert_eq!(channel.to_vec().unwrap(), plain);
    let invalid = Options::new().chunk_shape([0, 0]);
    assert!(channel.recompress(&invalid).is_err());
    assert_eq!(
        channel.read_region(&Region::new([7..8, 0..300]).unwrap()).unwrap(),
        plain[2100..2400]
    );
}
