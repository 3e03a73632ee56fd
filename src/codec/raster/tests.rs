//! Streams of every class of data come back; hostile ones are refused.

use proptest::prelude::*;

use crate::codec::{BlockInfo, Codec, Encoded, Raster, Scratch};
use crate::dtype::DType;

pub(super) const DTYPES: [DType; 14] = [
    DType::Bool,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::Complex64,
    DType::Complex128,
];

/// Encodes and decodes a block, and answers the length of the stream.
pub(super) fn round_trip(codec: Raster, src: &[u8], dtype: DType, shape: &[usize]) -> usize {
    let mut info = BlockInfo::bytes(&0);
    (info.dtype, info.shape) = (dtype, shape);
    let mut scratch = Scratch::default();
    let mut stream = vec![0; src.len() * 2 + 1000];
    let encoded = codec.encode(src, &mut stream, &info, &mut scratch).expect("encodes anything");
    let Encoded::Len(len) = encoded else { panic!("there is room") };
    let mut dst = vec![0x5a; src.len()];
    codec.decode(&stream[..len], &mut dst, &info, &mut scratch).expect("decodes what it encoded");
    assert!(dst == src, "{codec:?} {dtype} {shape:?}");
    len
}

/// Bytes of many kinds: constant, few values, smooth, random, in any mixture.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let stretch =
        (0..4, any::<u8>(), 1..900_usize, any::<u32>()).prop_map(|(kind, byte, len, seed)| {
            let random =
                |at: usize| (at as u32 ^ seed).wrapping_mul(0x9e37_79b9).rotate_left(15) as u8;
            (0..len)
                .map(|at| match kind {
                    0 => byte,
                    1 => byte.wrapping_add(random(at) & 3),
                    2 => (at / 3) as u8,
                    _ => random(at),
                })
                .collect::<Vec<u8>>()
        });
    prop::collection::vec(stretch, 1..20).prop_map(|stretches| stretches.concat())
}

proptest! {
    #[test]
    fn any_bytes_of_any_type_come_back(
        src in bytes(),
        dtype in prop::sample::select(&DTYPES[..]),
        lens in prop::collection::vec(1..40_usize, 0..3),
        dense in any::<bool>(),
    ) {
        let unit = dtype.itemsize() * lens.iter().product::<usize>();
        let rows = src.len() / unit;
        if rows > 0 {
            let shape: Vec<usize> = std::iter::once(rows).chain(lens).collect();
            let codec = if dense { Raster::dense() } else { Raster::fast() };
            round_trip(codec, &src[..rows * unit], dtype, &shape);
        }
    }
}
