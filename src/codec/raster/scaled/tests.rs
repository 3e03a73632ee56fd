//! Multiples of powers of two are stored as integers; a value that is none keeps a block as it is.

use proptest::prelude::*;

use crate::codec::Raster;
use crate::codec::raster::tests::{decode_node, encode_node, round_trip};
use crate::dtype::DType;

const SCALED: u8 = 7;

/// Counts of 11 bits, as an `f16` has them, divided by a power of two.
fn counts(divisor: f32) -> impl Iterator<Item = f32> {
    (0..64 * 64_u32).map(move |at| (at.wrapping_mul(0x9e37_79b9) as i32 >> 21) as f32 / divisor)
}

#[test]
fn the_bytes_are_as_described() {
    let node = [SCALED, 2, 0, 3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    let floats = [0.75_f32, -0.25].map(f32::to_le_bytes).concat();
    assert_eq!(decode_node(&node, DType::F32, 8).unwrap(), floats);
    // 2^-3 is the exponent of multiples of 8.
    let node = [SCALED, 0xfd, 1, 3, 0, 0, 0];
    assert_eq!(decode_node(&node, DType::F32, 4).unwrap(), 24_f32.to_le_bytes());
}

#[test]
fn hostile_nodes_are_refused() {
    let node = [SCALED, 2, 1, 3, 0];
    assert!(decode_node(&node, DType::F16, 2).is_ok());
    for len in 0..node.len() {
        assert!(decode_node(&node[..len], DType::F16, 2).is_err(), "{len} bytes");
    }
    for exponent in [127, -127, -128_i8] {
        let node = [SCALED, exponent as u8, 1, 3, 0];
        assert!(decode_node(&node, DType::F16, 2).is_err(), "2^{exponent}");
    }
    assert!(decode_node(&[SCALED, 2, 1, 3], DType::U8, 1).is_err(), "floats of a byte");
}

#[test]
fn multiples_are_stored_as_integers() {
    for divisor in [0.25, 1.0, 16.0] {
        let halves = counts(divisor).map(|float| half::f16::from_f32(float).to_le_bytes());
        let halves = halves.collect::<Vec<_>>().concat();
        let floats = counts(divisor).map(f32::to_le_bytes).collect::<Vec<_>>().concat();
        let doubles = counts(divisor).map(|float| f64::from(float).to_le_bytes());
        let doubles = doubles.collect::<Vec<_>>().concat();
        let blocks = [(halves, DType::F16), (floats, DType::F32), (doubles, DType::F64)];
        for (src, dtype) in &blocks {
            assert_eq!(encode_node(src, *dtype, &[64, 64])[0], SCALED, "{dtype} / {divisor}");
            round_trip(Raster::fast(), src, *dtype, &[64, 64]);
        }
    }
}

proptest! {
    #[test]
    fn a_block_with_any_other_value_comes_back(
        bits in prop_oneof![
            Just((-0_f32).to_bits()),
            Just(f32::INFINITY.to_bits()),
            Just(1),
            0x7f80_0001..=0x7fff_ffff_u32,
            any::<u32>(),
        ],
        at in 0..64 * 64_usize,
    ) {
        let mut floats: Vec<f32> = counts(4.0).collect();
        floats[at] = f32::from_bits(bits);
        let doubles: Vec<u8> = floats.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
        round_trip(Raster::fast(), &doubles, DType::F64, &[64, 64]);
        let floats: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
        round_trip(Raster::fast(), &floats, DType::F32, &[64, 64]);
    }
}
