//! Streams of every class of data come back; hostile ones are refused.

use proptest::prelude::*;

use super::encode::class_of;
use super::stream::Head;
use crate::codec::{BlockInfo, Codec, CodecError, Encoded, Raster, Scratch};
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
    let stream = encode(codec, src, dtype, shape);
    let decoded = decode(&stream, src.len()).expect("decodes what it encoded");
    assert!(decoded == src, "{codec:?} {dtype} {shape:?}");
    stream.len()
}

/// The node that a block is encoded as.
pub(super) fn encode_node(src: &[u8], dtype: DType, shape: &[usize]) -> Vec<u8> {
    encode(Raster::fast(), src, dtype, shape).split_off(1)
}

/// Decodes a node of values of this type.
pub(super) fn decode_node(node: &[u8], dtype: DType, nbytes: usize) -> Result<Vec<u8>, CodecError> {
    let (class, itemsize) = class_of(dtype);
    decode(&[&[Head { class, itemsize }.byte()], node].concat(), nbytes)
}

fn encode(codec: Raster, src: &[u8], dtype: DType, shape: &[usize]) -> Vec<u8> {
    let mut info = BlockInfo::bytes(&0);
    (info.dtype, info.shape) = (dtype, shape);
    let mut stream = vec![0; src.len() * 2 + 1000];
    let encoded = codec.encode(src, &mut stream, &info, &mut Scratch::default());
    let Ok(Encoded::Len(len)) = encoded else { panic!("encodes anything, and there is room") };
    stream.truncate(len);
    stream
}

fn decode(stream: &[u8], nbytes: usize) -> Result<Vec<u8>, CodecError> {
    let mut dst = vec![0x5a; nbytes];
    let info = BlockInfo::bytes(&nbytes);
    Raster::fast().decode(stream, &mut dst, &info, &mut Scratch::default())?;
    Ok(dst)
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
