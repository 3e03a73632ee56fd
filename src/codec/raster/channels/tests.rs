//! Pixels of every type come back, planes that resemble each other are stored as differences, and
//! hostile nodes are refused.

use proptest::prelude::*;

use crate::arch::interleave::{Differences, MAX_CHANNELS};
use crate::codec::raster::tests::{DTYPES, decode_node, round_trip};
use crate::codec::{CodecError, Raster};
use crate::dtype::DType;

use super::fewest_bits;

/// Decodes a stream of bytes whose node these are.
fn decode(node: &[u8], nbytes: usize) -> Result<Vec<u8>, CodecError> {
    decode_node(node, DType::U8, nbytes)
}

/// Three channels of one value each: 10 and 20 more than the second, and the second, which is 50.
const NODE: [u8; 12] = [5, 3, 1, 0b101, 2, 1, 138, 2, 1, 50, 1, 148];

#[test]
fn the_bytes_are_as_described() {
    assert_eq!(decode(&NODE, 6).unwrap(), [60, 50, 70, 60, 50, 70]);
}

#[test]
fn hostile_nodes_are_refused() {
    for len in 0..NODE.len() {
        assert!(decode(&NODE[..len], 6).is_err(), "{len} bytes");
    }
    let with = |at: usize, byte: u8| {
        let mut node = NODE;
        node[at] = byte;
        decode(&node, 6)
    };
    for count in [0, 1, 2, 4, 9, 255] {
        assert!(with(1, count).is_err(), "{count} channels");
    }
    assert!(with(2, 0).is_err(), "differences to themselves");
    assert!(with(2, 3).is_err(), "a reference that is not there");
    assert!(with(3, 0b1101).is_err(), "differences that are not there");
    assert!(with(4, 255).is_err(), "a node longer than all");
    assert!(decode(&NODE, 7).is_err(), "no whole pixels");
    assert!(decode(&NODE, 0).is_err(), "no pixels");
    // Nodes in nodes in nodes.
    let mut nested = vec![1, 0];
    for _ in 0..20 {
        nested = [&[5, 2, 0, 0, 2, 1, 0], &nested[..]].concat();
    }
    assert!(decode(&nested, 1 << 20).is_err());
}

/// Pixels whose channels are one picture, each with noise and an offset of its own.
fn pixels(count: usize, nbytes: usize) -> Vec<u8> {
    let noise = |at: usize| (at as u32).wrapping_mul(0x9e37_79b9) >> 24;
    let value = |at: usize| {
        let (pixel, channel) = (at / count, at % count);
        (noise(pixel) / 2 + noise(at) % 4 + 20 * channel as u32) as u8
    };
    (0..nbytes).map(value).collect()
}

#[test]
fn channels_that_resemble_each_other_cost_little_more_than_one() {
    let one = round_trip(Raster::fast(), &pixels(1, 96 * 96), DType::U8, &[96, 96]);
    for count in 2..=MAX_CHANNELS {
        let shape = [96, 96, count];
        let all = round_trip(Raster::fast(), &pixels(count, 96 * 96 * count), DType::U8, &shape);
        assert!(all < one + (count - 1) * one / 2, "{count}: {all} against {one}");
    }
}

#[test]
fn the_reference_is_what_saves_most() {
    let mut bits = [[0; MAX_CHANNELS]; MAX_CHANNELS];
    for (channel, row) in [[100, 40, 90], [40, 100, 60], [90, 60, 100]].iter().enumerate() {
        bits[channel][..3].copy_from_slice(row);
    }
    assert_eq!(Some(fewest_bits(3, &bits)), Differences::new(3, 1, 0b101));
    bits.iter_mut().enumerate().for_each(|(channel, row)| row[channel] = 10);
    assert_eq!(fewest_bits(3, &bits), Differences::NONE);
}

proptest! {
    #[test]
    fn pixels_of_any_type_come_back(
        count in 1..=9_usize,
        width in 1..70_usize,
        height in 1..20_usize,
        dtype in prop::sample::select(&DTYPES[..]),
        unlike in any::<bool>(),
    ) {
        let nbytes = count * width * height * dtype.itemsize();
        let mut src = pixels(count * dtype.itemsize(), nbytes);
        if unlike {
            src.iter_mut().step_by(3).for_each(|byte| *byte = byte.wrapping_mul(89));
        }
        round_trip(Raster::fast(), &src, dtype, &[height, width, count]);
    }
}
