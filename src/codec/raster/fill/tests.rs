//! Fill values are kept apart where they cost, come back bit for bit, and hostile nodes are refused.

use proptest::prelude::*;

use super::mask_geometry;
use crate::codec::Raster;
use crate::codec::raster::geometry::Geometry;
use crate::codec::raster::tests::{DTYPES, decode_node, encode_node, round_trip};
use crate::dtype::DType;

const FILL: u8 = 10;

/// A value of 9 in the places of 0b110, and 1, 2, 3, 4 as they are.
const NODE: [u8; 10] = [FILL, 9, 2, 1, 0b110, 0, 1, 2, 3, 4];

#[test]
fn the_bytes_are_as_described() {
    assert_eq!(decode_node(&NODE, DType::U8, 4).unwrap(), [1, 9, 9, 4]);
}

#[test]
fn hostile_nodes_are_refused() {
    for len in 0..NODE.len() {
        assert!(decode_node(&NODE[..len], DType::U8, 4).is_err(), "{len} bytes");
    }
    for len in [0, 1, 3, 100, 0x7f] {
        let mut node = NODE;
        node[2] = len;
        assert!(decode_node(&node, DType::U8, 4).is_err(), "a mask of {len} bytes");
    }
    let nested = (0..20).fold(vec![1, 7], |node, _| [&[FILL, 9, 2, 1, 0], &node[..]].concat());
    assert!(decode_node(&nested, DType::U8, 4).is_err(), "fill values of fill values");
}

#[test]
fn rows_of_masks_are_those_of_values() {
    let geometry = |row| Geometry { row, ..Geometry::FLAT };
    assert_eq!(mask_geometry(geometry(2048), 4096).row, 256);
    assert_eq!(mask_geometry(geometry(128), 2048).row, 16);
    assert_eq!(mask_geometry(geometry(100), 2048), Geometry::FLAT);
    assert_eq!(mask_geometry(Geometry::FLAT, 2048), Geometry::FLAT);
}

/// A smooth field of 128 x 64 with holes, where there is `fill`.
fn field(fill: f32) -> Vec<u8> {
    let value = |at: usize| {
        let (x, y) = ((at % 64) as f32, (at / 64) as f32);
        let is_hole = (x / 9.0).sin() + (y / 7.0).cos() > 0.7;
        if is_hole { fill } else { 290.0 + (x / 30.0).sin() + (y / 40.0).cos() }
    };
    (0..128 * 64).flat_map(|at| value(at).to_le_bytes()).collect()
}

#[test]
fn holes_are_masked() {
    let smooth = round_trip(Raster::fast(), &field(291.0), DType::F32, &[128, 64]);
    for fill in [f32::NAN, f32::from_bits(0xffab_cdef), -9999.0, 1e20, 0.0] {
        let src = field(fill);
        assert_eq!(encode_node(&src, DType::F32, &[128, 64])[0], FILL, "{fill}");
        let len = round_trip(Raster::fast(), &src, DType::F32, &[128, 64]);
        assert!(len < smooth + smooth / 20, "{fill}: {len} against {smooth}");
    }
}

proptest! {
    #[test]
    fn holes_of_any_value_come_back(
        fill in any::<u64>(),
        other in any::<u64>(),
        dtype in prop::sample::select(&DTYPES[..]),
        lens in prop::collection::vec((0..40_usize, 1..40_usize), 1..200),
        width in 1..200_usize,
    ) {
        let itemsize = dtype.itemsize();
        let mut src = Vec::new();
        for (at, (filled, valid)) in lens.into_iter().enumerate() {
            src.extend(fill.to_le_bytes().repeat(filled * itemsize / 8));
            let smooth = (0..(valid * itemsize / 8) as u64).map(|x| other ^ (at as u64 + x / 3));
            src.extend(smooth.flat_map(u64::to_le_bytes));
        }
        let height = src.len() / itemsize / width;
        if height > 0 {
            src.truncate(height * width * itemsize);
            round_trip(Raster::fast(), &src, dtype, &[height, width]);
        }
    }

    #[test]
    fn damaged_nodes_are_refused_or_decoded(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut node = encode_node(&field(f32::NAN), DType::F32, &[128, 64]);
        let _ = decode_node(&node[..keep.index(node.len())], DType::F32, 128 * 64 * 4);
        // Most of what is not planes is near the front.
        let index = at.index(node.len());
        for index in [index, index % 64] {
            node[index] = byte;
            let _ = decode_node(&node, DType::F32, 128 * 64 * 4);
        }
    }
}
