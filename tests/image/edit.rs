//! Changing pixels in place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndpress::image::{Channel, ChunkMut, Place, zip};
use ndpress::{Error, Image, InvalidArgument, Options};

use super::pixels;

const SHAPE: [usize; 2] = [300, 200];

fn channel() -> Channel<u16> {
    let options = Options::new().chunk_shape([32, 200]).block_shape([8, 200]);
    Channel::from_slice(&pixels(SHAPE, 1), SHAPE, &options).unwrap()
}

fn brighten(place: &Place, pixels: &mut [u16]) {
    for (i, pixel) in pixels.iter_mut().enumerate() {
        *pixel = pixel.wrapping_mul(3).wrapping_add((place.x(i) / 8 + place.y(i)) as u16);
    }
}

/// The compressed bytes of all chunks.
fn compressed(channel: &Channel<u16>) -> Vec<Vec<u8>> {
    let bytes = |i| channel.chunk(i).unwrap().unwrap().as_bytes().to_vec();
    (0..channel.nchunks()).map(bytes).collect()
}

/// Whether each chunk is the very same in both channels, not compressed again.
fn shared(a: &Channel<u16>, b: &Channel<u16>) -> Vec<bool> {
    let chunk = |channel: &Channel<u16>, i| {
        channel.chunk(i).unwrap().map(|chunk| chunk.as_bytes().as_ptr())
    };
    (0..a.nchunks()).map(|i| chunk(a, i) == chunk(b, i)).collect()
}

#[test]
fn all_ways_to_edit_give_the_same_bytes() {
    let edit = |chunk: ChunkMut<'_, u16>| {
        let place = *chunk;
        chunk.edit(|pixels| brighten(&place, pixels)).unwrap();
    };
    let mut plain = channel();
    plain.chunks_mut().for_each(edit);
    let expected = compressed(&plain);

    let mut model = pixels::<u16>(SHAPE, 1);
    for (i, pixel) in model.iter_mut().enumerate() {
        *pixel = pixel.wrapping_mul(3).wrapping_add((i % 200 / 8 + i / 200) as u16);
    }
    assert_eq!(plain.to_vec().unwrap(), model);

    let mut backwards = channel();
    backwards.chunks_mut().rev().for_each(edit);
    assert_eq!(compressed(&backwards), expected);

    let mut parallel = channel();
    parallel.edit_chunks(brighten).unwrap();
    assert_eq!(compressed(&parallel), expected);

    let mut threads = channel();
    std::thread::scope(|scope| {
        for chunk in threads.chunks_mut() {
            scope.spawn(move || edit(chunk));
        }
    });
    assert_eq!(compressed(&threads), expected);

    let mut written = channel();
    for chunk in written.chunks_mut() {
        let mut pixels = chunk.read().unwrap();
        brighten(&chunk, &mut pixels);
        chunk.write(&pixels).unwrap();
    }
    assert_eq!(compressed(&written), expected);

    let mut zipped = channel();
    zip(&mut zipped).unwrap().for_each(brighten).unwrap();
    assert_eq!(compressed(&zipped), expected);
}

#[test]
fn edits_are_there_at_once_and_only_where_made() {
    let mut channel = channel();
    let before = channel.clone();
    // A closure's answer comes back; looking is not changing.
    let sum = |pixels: &mut [u16]| pixels.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
    let answer = channel.chunks_mut().nth(2).unwrap().edit(sum).unwrap();
    assert_eq!(answer, sum(&mut before.read_chunk(2).unwrap()));
    channel.chunks_mut().nth(4).unwrap().edit(|pixels| pixels[0] ^= 1).unwrap();
    let mut expected = vec![true; channel.nchunks()];
    expected[4] = false;
    assert_eq!(shared(&channel, &before), expected);
}

#[test]
fn reading_and_idle_edits_compress_nothing() {
    let mut channel = channel();
    let before = channel.clone();
    channel.chunks().for_each(|chunk| drop(chunk.read().unwrap()));
    channel.chunks_mut().for_each(drop);
    channel.chunks_mut().for_each(|chunk| chunk.edit(|_| ()).unwrap());
    channel.map_in_place(|pixel| pixel).unwrap();
    zip(&mut channel).unwrap().for_each(|_, _| ()).unwrap();
    assert!(shared(&channel, &before).into_iter().all(|same| same));
    // Only what changes is compressed again.
    channel.edit_chunks(|place, pixels| pixels[0] ^= u16::from(place.index() == 3)).unwrap();
    let changed: Vec<_> =
        shared(&channel, &before).into_iter().enumerate().filter(|(_, same)| !same).collect();
    assert_eq!(changed, [(3, false)]);
}

#[test]
fn an_error_leaves_everything_as_it_was() {
    let mut channel = channel();
    let before = channel.clone();
    let failure = || Error::from(InvalidArgument::TooManyAxes { ndim: 3, max: 2 });
    for chunk in channel.chunks_mut() {
        let result: Result<(), Error> = chunk.try_edit(|pixels| {
            pixels.fill(0);
            Err(failure())
        });
        assert!(result.is_err());
    }
    let result: Result<(), Error> = channel.try_edit_chunks(|place, pixels| {
        pixels.fill(0);
        if place.index() == 7 { Err(failure()) } else { Ok(()) }
    });
    assert!(result.is_err());
    let mut other = before.clone();
    let result: Result<(), Error> =
        zip((&mut channel, &mut other)).unwrap().try_for_each(|place, (pixels, others)| {
            pixels.fill(0);
            others.fill(1);
            if place.index() == 7 { Err(failure()) } else { Ok(()) }
        });
    assert!(result.is_err());
    assert!(shared(&channel, &before).into_iter().all(|same| same));
    assert!(shared(&other, &before).into_iter().all(|same| same));
}

#[test]
fn the_error_is_that_of_the_first_chunk() {
    let mut channel = channel();
    for _ in 0..20 {
        let result: Result<(), Box<dyn std::error::Error + Send + Sync>> =
            channel.try_edit_chunks(|place, _| match place.index() {
                index @ (3 | 5 | 8) => Err(index.to_string().into()),
                _ => Ok(()),
            });
        assert_eq!(result.unwrap_err().to_string(), "3");
    }
}

#[test]
fn a_panic_leaves_everything_as_it_was() {
    let mut channel = channel();
    let before = channel.clone();
    let panicking = |pixels: &mut [u16]| {
        pixels.fill(0);
        panic!("on purpose");
    };
    let results = [
        catch_unwind(AssertUnwindSafe(|| channel.chunks_mut().nth(1).unwrap().edit(panicking))),
        catch_unwind(AssertUnwindSafe(|| channel.edit_chunks(|_, pixels| panicking(pixels)))),
        catch_unwind(AssertUnwindSafe(|| {
            zip(&mut channel).unwrap().for_each(|_, pixels| panicking(pixels))
        })),
    ];
    assert!(results.iter().all(Result::is_err));
    assert!(shared(&channel, &before).into_iter().all(|same| same));
    // And it can still be changed.
    channel.map_in_place(|_| 7).unwrap();
    assert_eq!(channel.at(&[299, 199]).unwrap(), 7);
    let is_constant =
        |index| channel.chunk(index).unwrap().is_none_or(|chunk| chunk.special().is_some());
    assert!((0..channel.nchunks()).all(is_constant), "constants are found");
}

#[test]
fn bools_stay_bools() {
    let plain = pixels::<bool>([64, 64], 1);
    let mut mask = Channel::from_slice(&plain, [64, 64], &Options::default()).unwrap();
    mask.map_in_place(|set| !set).unwrap();
    let expected: Vec<_> = plain.iter().map(|set| !set).collect();
    assert_eq!(mask.to_vec().unwrap(), expected);
}

#[test]
fn several_channels_of_an_image() {
    let shape = [64, 48];
    let options = Options::default();
    let mut image = Image::zeros::<u8>(["R", "G", "B"], shape, &options).unwrap();
    let depth = pixels::<f32>(shape, 2);
    image.push("Z", Channel::from_slice(&depth, shape, &options).unwrap()).unwrap();

    let (red, depths, green) = image.channels_mut::<(u8, f32, u8), _>(["R", "Z", "G"]).unwrap();
    zip((vec![red, green], &*depths))
        .unwrap()
        .for_each(|_, (mut colors, depth)| {
            for (i, depth) in depth.iter().enumerate() {
                colors[0][i] = *depth as u8;
                colors[1][i] = 255 - *depth as u8;
            }
        })
        .unwrap();
    let expected: Vec<u8> = depth.iter().map(|&depth| depth as u8).collect();
    assert_eq!(image.channel::<u8>("R").unwrap().to_vec().unwrap(), expected);
    assert_eq!(image.channel::<u8>("G").unwrap().at(&[0, 0]).unwrap(), 255 - expected[0]);
    assert_eq!(image.channel::<u8>("B").unwrap().to_vec().unwrap(), [0; 64 * 48]);
}
