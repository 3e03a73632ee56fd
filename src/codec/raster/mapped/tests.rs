//! Values of every kind come back from every map; blocks that call for a map get it.

use half::f16;
use proptest::prelude::*;

use crate::codec::raster::tests::{decode_node, encode_node, round_trip};
use crate::codec::{CodecError, Raster};
use crate::dtype::DType;

/// The head of a node of four values, which are stored.
fn node(map: u8, values: [u16; 4]) -> Vec<u8> {
    let mut node = vec![6, map, 0];
    node.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    node
}

fn decode(map: u8, values: [u16; 4]) -> Result<Vec<u16>, CodecError> {
    let bytes = decode_node(&node(map, values), DType::U16, 8)?;
    Ok(bytes.chunks_exact(2).map(|value| u16::from_le_bytes([value[0], value[1]])).collect())
}

#[test]
fn the_bytes_are_as_described() {
    let values = [0x0000, 0x0001, 0x8000, 0x0fff];
    assert_eq!(decode(4 << 2, values).unwrap(), [0, 0x10, 0, 0xfff0]);
    assert_eq!(decode(1, values).unwrap(), [0x8000, 0x8001, 0, 0x8fff]);
    assert_eq!(decode(2, values).unwrap(), [0xffff, 0xfffe, 0, 0xf000]);
    assert_eq!(decode(3, values).unwrap(), [0, 0x8000, 0x4000, 0x87ff]);
    // Four low bits left out, and so no highest bit in what is left.
    assert_eq!(decode(2 | 4 << 2, values).unwrap(), [0xfff0, 0xffe0, 0xfff0, 0x7ff0]);
}

#[test]
fn hostile_nodes_are_refused() {
    let good = node(1, [1, 2, 3, 4]);
    for len in 0..good.len() {
        assert!(decode_node(&good[..len], DType::U16, 8).is_err(), "{len} bytes");
    }
    for shift in 16..64 {
        assert!(decode(shift << 2, [0; 4]).is_err(), "a shift by {shift}");
    }
}

#[test]
fn low_bits_that_are_zero_are_left_out() {
    let samples = (0..64 * 128_u32).map(|at| at.wrapping_mul(0x9e37_79b9) >> 20);
    let src: Vec<u8> = samples.clone().flat_map(|s| (s as u16).to_le_bytes()).collect();
    let aligned: Vec<u8> = samples.flat_map(|s| ((s << 4) as u16).to_le_bytes()).collect();
    for dtype in [DType::U16, DType::I16] {
        let [narrow, wide] =
            [&src, &aligned].map(|src| round_trip(Raster::fast(), src, dtype, &[64, 128]));
        assert!(wide <= narrow + 8, "{dtype}: {wide} against {narrow}");
    }
}

#[test]
fn noise_around_zero_is_mapped() {
    let noise = |at: u32| (at.wrapping_mul(0x9e37_79b9) as i32 >> 8) as f32 / 8_388_608.0;
    let src: Vec<u8> = (0..64 * 128).flat_map(|at| (1e-3 * noise(at)).to_le_bytes()).collect();
    assert_eq!(encode_node(&src, DType::F32, &[128, 64])[0], 6);
}

proptest! {
    #[test]
    fn every_float_comes_back(
        special in prop::collection::vec(any::<u64>(), 1..6),
        scale in prop_oneof![Just(1e-30), Just(1.0), Just(1e30)],
        offset in prop_oneof![Just(0.0), Just(2.0), Just(-2.0)],
        every in 1..500_usize,
        shift in 0..52_u32,
    ) {
        let specials = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, -5e-324];
        let value = |at: usize| {
            let bits = special[at % special.len()];
            match at % (3 * every) {
                0 => specials[(bits % 7) as usize],
                1 => f64::from_bits(bits),
                _ => scale * ((at as f64 / 100.0).sin() + offset),
            }
        };
        let values: Vec<u64> = (0..40 * 64).map(|at| value(at).to_bits() >> shift << shift).collect();
        let doubles: Vec<u8> = values.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        round_trip(Raster::fast(), &doubles, DType::F64, &[40, 64]);
        round_trip(Raster::fast(), &doubles, DType::I64, &[40, 64]);
        // Payloads are whatever the halves of doubles are.
        round_trip(Raster::fast(), &doubles, DType::F32, &[40, 128]);
        round_trip(Raster::fast(), &doubles, DType::F16, &[40, 256]);
        let floats = values.iter().map(|&bits| f64::from_bits(bits) as f32);
        let halves = floats.clone().flat_map(|float| f16::from_f32(float).to_le_bytes());
        round_trip(Raster::fast(), &halves.collect::<Vec<u8>>(), DType::F16, &[40, 64]);
        let floats: Vec<u8> = floats.flat_map(f32::to_le_bytes).collect();
        round_trip(Raster::fast(), &floats, DType::F32, &[40, 64]);
    }
}
