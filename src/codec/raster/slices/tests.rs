//! Slices that resemble each other are stored as differences, and hostile nodes are refused.

use proptest::prelude::*;

use crate::codec::raster::tests::{DTYPES, decode_node, round_trip};
use crate::codec::{CodecError, Raster};
use crate::dtype::DType;

/// Decodes a stream of bytes whose node these are.
fn decode(node: &[u8], nbytes: usize) -> Result<Vec<u8>, CodecError> {
    decode_node(node, DType::U8, nbytes)
}

#[test]
fn the_bytes_are_as_described() {
    // Slices of 64 values, and differences of 129 less 128 throughout: the first slice is these.
    let expected: Vec<u8> = [129, 130, 131].iter().flat_map(|&value| [value; 64]).collect();
    assert_eq!(decode(&[11, 64, 1, 129], 160).unwrap(), expected[..160]);
}

#[test]
fn hostile_nodes_are_refused() {
    assert!(decode(&[11, 64, 1], 128).is_err());
    assert!(decode(&[11, 64], 128).is_err());
    assert!(decode(&[11], 128).is_err());
    assert!(decode(&[11, 0, 1, 129], 128).is_err(), "no distance");
    assert!(decode(&[11, 63, 1, 129], 128).is_err(), "a call for each few values");
    assert!(decode(&[11, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 129], 128).is_err());
    // A slice longer than the block is the block.
    assert_eq!(decode(&[11, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 129], 128).unwrap(), [129; 128]);
    let nested = [[11, 64].repeat(20), vec![1, 0]].concat();
    assert!(decode(&nested, 128).is_err(), "nested too deep");
}

/// A volume of one picture without any likeness in itself, to which each slice adds a ramp: only
/// the differences of slices can be predicted.
fn volume(slice: usize, nbytes: usize) -> Vec<u8> {
    let noise = |at: usize| {
        let mixed = (at as u32 ^ 0x5bd1_e995).wrapping_mul(0x9e37_79b9);
        ((mixed ^ mixed >> 15).wrapping_mul(0x85eb_ca6b) >> 24) as u8
    };
    (0..nbytes).map(|at| noise(at % slice).wrapping_add((at * 5 * (at / slice)) as u8)).collect()
}

#[test]
fn slices_that_resemble_each_other_cost_little_more_than_one() {
    let one = round_trip(Raster::fast(), &volume(64 * 64, 64 * 64), DType::U8, &[64, 64]);
    let all = round_trip(Raster::fast(), &volume(64 * 64, 8 * 64 * 64), DType::U8, &[8, 64, 64]);
    assert!(one > 4000 && all < one * 2, "{all} against {one}");
}

proptest! {
    #[test]
    fn volumes_of_any_type_come_back(
        depth in 1..9_usize,
        height in 9..20_usize,
        width in 9..70_usize,
        dtype in prop::sample::select(&DTYPES[..]),
    ) {
        let slice = width * height * dtype.itemsize();
        round_trip(Raster::fast(), &volume(slice, depth * slice), dtype, &[depth, height, width]);
    }
}
