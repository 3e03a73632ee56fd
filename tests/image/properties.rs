//! Random images, chunks and edits against plain vectors.

use ndpress::image::{Channel, zip};
use ndpress::{Image, Options, Region};
use proptest::prelude::*;

use super::pixels;

/// Options with any chunk shape, or none.
fn options() -> impl Strategy<Value = Options> {
    let lens = (1usize..40, 1usize..40);
    let chunks = prop::option::of((lens, 1usize..5, 1usize..5));
    chunks.prop_map(|chunks| match chunks {
        None => Options::new(),
        Some(((rows, columns), y, x)) => Options::new()
            .chunk_shape([rows, columns])
            .block_shape([rows.div_ceil(y), columns.div_ceil(x)]),
    })
}

fn interleaved<T: Copy>(planes: &[Vec<T>]) -> Vec<T> {
    let nitems = planes.first().map_or(0, Vec::len);
    (0..nitems).flat_map(|i| planes.iter().map(move |plane| plane[i])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn planes_and_interleaved_pixels_agree(
        height in 1usize..50, width in 1usize..50, nchannels in 0usize..20, options in options(),
    ) {
        let shape = [height, width];
        let planes: Vec<_> = (0..nchannels as u64).map(|c| pixels::<u16>(shape, c)).collect();
        let expected = interleaved(&planes);
        let planar = Image::from_planar(&planes, shape, &options).unwrap();
        let image =
            Image::from_interleaved(&expected, [height, width, nchannels], &options).unwrap();
        prop_assert!(planar.content_eq(&image).unwrap());
        prop_assert_eq!(image.to_planar::<u16>().unwrap(), planes);
        prop_assert_eq!(planar.to_interleaved::<u16>().unwrap(), expected);
    }

    /// Channels of one image may be chunked differently.
    #[test]
    fn interleaving_does_not_depend_on_chunks(
        shape in (1usize..50, 1usize..50), options in prop::collection::vec(options(), 1..5),
    ) {
        let shape = [shape.0, shape.1];
        let mut image = Image::new(shape);
        let mut planes = Vec::new();
        for (c, options) in options.iter().enumerate() {
            planes.push(pixels::<f32>(shape, c as u64));
            let channel = Channel::from_slice(&planes[c], shape, options).unwrap();
            image.push(c.to_string(), channel).unwrap();
        }
        prop_assert_eq!(image.to_interleaved::<f32>().unwrap(), interleaved(&planes));
    }

    #[test]
    fn chunks_cover_the_image_once(
        height in 1usize..60, width in 1usize..60, options in options(),
    ) {
        let plain = pixels::<i32>([height, width], 3);
        let mut channel = Channel::from_slice(&plain, [height, width], &options).unwrap();
        let mut seen = vec![0; height * width];
        for chunk in channel.chunks() {
            let region = Region::new([
                chunk.origin().0..chunk.origin().0 + chunk.shape().0,
                chunk.origin().1..chunk.origin().1 + chunk.shape().1,
            ]).unwrap();
            prop_assert_eq!(&region, chunk.region());
            for (i, pixel) in chunk.read().unwrap().into_iter().enumerate() {
                let position = chunk.y(i) * width + chunk.x(i);
                prop_assert_eq!(pixel, plain[position]);
                seen[position] += 1;
            }
        }
        prop_assert!(seen.into_iter().all(|times| times == 1));

        let mut sequential = channel.clone();
        let edit = |y: usize, x: usize, pixel: i32| if (x + y).is_multiple_of(7) { 0 } else { pixel * 3 };
        for chunk in sequential.chunks_mut() {
            let place = *chunk;
            chunk.edit(|pixels| for (i, pixel) in pixels.iter_mut().enumerate() {
                *pixel = edit(place.y(i), place.x(i), *pixel);
            }).unwrap();
        }
        channel.edit_chunks(|place, pixels| for (i, pixel) in pixels.iter_mut().enumerate() {
            *pixel = edit(place.y(i), place.x(i), *pixel);
        }).unwrap();
        let expected: Vec<_> =
            plain.iter().enumerate().map(|(i, &p)| edit(i / width, i % width, p)).collect();
        prop_assert_eq!(channel.to_vec().unwrap(), expected);
        for index in 0..channel.nchunks() {
            let bytes = |channel: &Channel<i32>| -> Option<Vec<u8>> {
                channel.chunk(index).unwrap().map(|chunk| chunk.as_bytes().to_vec())
            };
            prop_assert_eq!(bytes(&channel), bytes(&sequential));
        }
    }

    /// Types and chunks differ, and heights do too.
    #[test]
    fn zip_agrees_with_plain_vectors(
        heights in (1usize..80, 1usize..80, 1usize..80), width in 1usize..40,
        options in (options(), options(), options()),
    ) {
        let (mut plain_a, mut plain_b, plain_c) = (
            pixels::<u8>([heights.0, width], 1),
            pixels::<f64>([heights.1, width], 2),
            pixels::<u16>([heights.2, width], 3),
        );
        let mut a = Channel::from_slice(&plain_a, [heights.0, width], &options.0).unwrap();
        let mut b = Channel::from_slice(&plain_b, [heights.1, width], &options.1).unwrap();
        let c = Channel::from_slice(&plain_c, [heights.2, width], &options.2).unwrap();
        zip((&mut a, (&mut b, &c))).unwrap().for_each(|_, (a, (b, c))| {
            for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
                (*a, *b) = (*b as u8 ^ *c as u8, f64::from(*a) + f64::from(*c));
            }
        }).unwrap();
        for ((a, b), &c) in plain_a.iter_mut().zip(&mut plain_b).zip(&plain_c) {
            (*a, *b) = (*b as u8 ^ c as u8, f64::from(*a) + f64::from(c));
        }
        prop_assert_eq!(a.to_vec().unwrap(), plain_a);
        prop_assert_eq!(b.to_vec().unwrap(), plain_b);
        prop_assert_eq!(c.to_vec().unwrap(), plain_c);
    }
}

#[cfg(feature = "ndarray")]
mod views {
    use ndarray::{Array3, Axis, s};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..Default::default() })]

        #[test]
        fn strides_do_not_matter(
            height in 1usize..40, width in 1usize..40, nchannels in 1usize..6, options in options(),
        ) {
            let plain = pixels::<u32>([2 * height, 3 * width * nchannels], 1);
            let all = Array3::from_shape_vec((2 * height, 3 * width, nchannels), plain).unwrap();
            let view = all.slice(s![..;-2, ..;3, ..;-1]);
            let image = Image::from_interleaved_ndarray(&view, &options).unwrap();
            prop_assert_eq!(image.to_interleaved_ndarray::<u32>().unwrap(), view);
            let planes: Vec<_> = view.axis_iter(Axis(2)).collect();
            let planar = Image::from_planar_ndarray(&planes, &options).unwrap();
            prop_assert!(planar.content_eq(&image).unwrap());
            let owned = view.as_standard_layout();
            let same = Image::from_interleaved_ndarray(&owned, &options).unwrap();
            prop_assert!(same.content_eq(&image).unwrap());
        }
    }
}
