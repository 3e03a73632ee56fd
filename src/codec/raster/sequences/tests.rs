//! Sequences come back, and hostile ones are refused.

use proptest::prelude::*;

use super::super::buffers::State;
use super::super::encode::{Encoder, Values};
use super::super::geometry::Geometry;
use super::super::stream::Class;
use super::encode;
use crate::arch::Isa;
use crate::codec::CodecError;
use crate::codec::raster::Preset;
use crate::codec::raster::tests::decode_node;
use crate::dtype::DType;

/// "ab" as literals, 7 bytes at an offset of 2, "c", and 3 at an offset of 1: nothing is coded.
const NODE: [u8; 14] = [12, 1, 0, 2, 3, 0, 0, 0, 0b1010_0100, 0b1001_0000, b'a', b'b', b'c', 0];

/// A node for `src`, whatever its length.
fn encoded(src: &[u8], itemsize: usize) -> Option<Vec<u8>> {
    let mut state = State::default();
    let mut encoder = Encoder {
        isa: Isa::Scalar,
        preset: Preset::Dense,
        state: &mut state,
        in_fill: false,
        depth: 0,
    };
    let values = Values { class: Class::Unsigned, itemsize, geometry: Geometry::FLAT };
    let mut node = Vec::new();
    encode(&mut encoder, src, values, src.len(), &mut node).then_some(node)
}

fn dtype_of(itemsize: usize) -> DType {
    [DType::U8, DType::U16, DType::U32, DType::U64][itemsize.trailing_zeros() as usize]
}

#[test]
fn the_bytes_are_as_described() {
    let node = &NODE[..13];
    assert_eq!(decode_node(node, DType::U8, 13).unwrap(), *b"ababababacccc");
}

#[test]
fn hostile_nodes_are_refused() {
    for len in 0..13 {
        assert!(decode_node(&NODE[..len], DType::U8, 13).is_err(), "{len} bytes");
    }
    assert!(decode_node(&NODE, DType::U8, 13).is_err(), "a byte more");
    let with = |at: usize, byte: u8| {
        let mut node = NODE[..13].to_vec();
        node[at] = byte;
        decode_node(&node, DType::U8, 13)
    };
    for (at, byte, what) in [
        (1, 0, "elements of no bytes"),
        (2, 0x80, "lanes for nothing"),
        (2, 0x20, "a section too many"),
        (4, 200, "more literals than values"),
        (8, 0b0001_0100, "a new offset where there is none"),
        (8, 0b1101_0100, "a match before the first value"),
        (8, 0b1010_1111, "an extra where there is none"),
        (8, 0b1010_0111, "a match behind the last value"),
        (9, 0b1010_0000, "literals behind the last"),
    ] {
        assert!(with(at, byte).is_err(), "{what}");
    }
    // A new offset, of 0.
    let node = [12, 1, 0, 1, 1, 1, 1, 0, 0b0001_0000, b'a', 0, 0];
    assert!(matches!(decode_node(&node, DType::U8, 4), Err(CodecError::Corrupt { .. })));
}

#[test]
fn repeats_at_the_last_offset_cost_a_token() {
    // Rows that are as those above but for a value here and there.
    let mut src: Vec<u8> =
        (0..200_u32).map(|x| ((x * x * 7919) >> 5) as u8).collect::<Vec<_>>().repeat(100);
    (0..400).for_each(|at| src[200 + at * 48] ^= at as u8);
    let node = encoded(&src, 1).expect("much repeats");
    assert!(node.len() < 1400, "{} bytes", node.len());
    assert_eq!(decode_node(&node, DType::U8, src.len()).unwrap(), src);
}

/// Values of which many come again, at all distances.
fn repetitive() -> impl Strategy<Value = Vec<u8>> {
    let step = (any::<prop::sample::Index>(), 1..400_usize, prop::collection::vec(0..9_u8, 0..40));
    prop::collection::vec(step, 1..80).prop_map(|steps| {
        let mut values = vec![3; 8];
        for (from, len, literals) in steps {
            values.extend(literals);
            let from = from.index(values.len());
            (from..from + len).for_each(|at| values.push(values[at]));
        }
        values.truncate(values.len() / 8 * 8);
        values
    })
}

proptest! {
    #[test]
    fn what_repeats_comes_back(
        src in repetitive(),
        itemsize in prop::sample::select(vec![1, 2, 4, 8]),
    ) {
        if let Some(node) = encoded(&src, itemsize) {
            prop_assert!(node.len() < src.len());
            prop_assert_eq!(decode_node(&node, dtype_of(itemsize), src.len()).unwrap(), src);
        }
    }

    #[test]
    fn damaged_nodes_are_refused_or_decoded(
        src in repetitive(),
        itemsize in prop::sample::select(vec![1, 2]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        keep in any::<prop::sample::Index>(),
    ) {
        let Some(mut node) = encoded(&src, itemsize) else { return Ok(()) };
        let dtype = dtype_of(itemsize);
        let kept = keep.index(node.len());
        prop_assert!(decode_node(&node[..kept], dtype, src.len()).is_err());
        for (at, byte) in damage {
            let at = at.index(node.len());
            node[at] ^= byte;
            let _ = decode_node(&node, dtype, src.len());
        }
    }
}
