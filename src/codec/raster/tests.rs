//! Streams of every class of data come back; hostile ones are refused.

use proptest::prelude::*;

use super::Preset;
use super::buffers::State;
use super::decode::MAX_DEPTH;
use super::encode::class_of;
use super::encode::{Encoder, Values};
use super::geometry::Geometry;
use super::stream::{Class, Head, Kind, Reader};
use crate::arch::Isa;
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
    let stream = encode(Raster::fast(), src, dtype, shape);
    let mut reader = Reader::new(&stream);
    Head::read(&mut reader).expect("a stream begins with its head");
    reader.rest().to_vec()
}

/// Decodes a node of values of this type.
pub(super) fn decode_node(node: &[u8], dtype: DType, nbytes: usize) -> Result<Vec<u8>, CodecError> {
    let (class, itemsize) = class_of(dtype);
    let mut stream = Vec::new();
    Head { class, itemsize, nbytes }.write(&mut stream);
    stream.extend_from_slice(node);
    decode(&stream, nbytes)
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

/// Rows of labels: bands whose edges wander, with some noise, as values of `itemsize` bytes.
fn labels(width: usize, height: usize, itemsize: usize, noise: u32, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut edges: Vec<usize> = (0..8).map(|_| random() as usize % width).collect();
    let mut src = Vec::new();
    for _ in 0..height {
        edges.iter_mut().for_each(|edge| *edge = (*edge + random() as usize % 3) % width);
        for x in 0..width {
            let label = edges.iter().filter(|&&edge| edge <= x).count() as u64;
            let label = if random() % 256 < noise { u64::from(random() % 200) } else { label };
            // Far apart, as are the hashes that some labels are.
            let value = label.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_right(13);
            src.extend_from_slice(&value.to_le_bytes()[..itemsize]);
        }
    }
    src
}

const LABELS: [DType; 4] = [DType::U8, DType::U16, DType::U32, DType::U64];

#[test]
fn labels_become_far_smaller_than_a_byte_each() {
    for dtype in LABELS {
        for width in [64, 100, 128, 257] {
            let src = labels(width, 128, dtype.itemsize(), 0, 7);
            let len = round_trip(Raster::fast(), &src, dtype, &[128, width]);
            assert!(len * 7 < width * 128, "{dtype} {width}: {len} bytes");
        }
    }
}

#[test]
fn few_values_of_many_bits_are_numbered() {
    // 3000 values between 0 and 1, of which float bits look random.
    let src: Vec<u8> = (0..16_384_u32)
        .flat_map(|at| ((at.wrapping_mul(at | 1) >> 3) % 3000).to_le_bytes())
        .collect();
    let floats: Vec<u8> = src
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|&index| (u32::from_le_bytes(index) as f32 / 2999.0).to_le_bytes())
        .collect();
    let len = round_trip(Raster::fast(), &floats, DType::F32, &[128, 128]);
    // 12 bits and the table.
    assert!(len < 16_384 * 13 / 8 + 3000 * 4, "{len}");
}

proptest! {
    #[test]
    fn labels_of_any_shape_come_back(
        width in 1..300_usize,
        height in 1..60_usize,
        dtype in prop::sample::select(&LABELS[..]),
        noise in prop_oneof![Just(0_u32), 0..120_u32],
        seed in any::<u32>(),
        slices in 1..4_usize,
    ) {
        let src = labels(width, height * slices, dtype.itemsize(), noise, seed);
        round_trip(Raster::fast(), &src, dtype, &[slices, height, width]);
    }

    /// Damaged streams of labels are errors or something else, but nothing worse.
    #[test]
    fn damaged_labels_are_harmless(
        width in 40..200_usize,
        dtype in prop::sample::select(&LABELS[..]),
        noise in 0..60_u32,
        seed in any::<u32>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        len in any::<Option<prop::sample::Index>>(),
    ) {
        let src = labels(width, 40, dtype.itemsize(), noise, seed);
        let shape = [40, width];
        let mut info = BlockInfo::bytes(&0);
        (info.dtype, info.shape) = (dtype, &shape);
        let mut scratch = Scratch::default();
        let codec = Raster::fast();
        let mut stream = vec![0; src.len() * 2 + 1000];
        let encoded = codec.encode(&src, &mut stream, &info, &mut scratch).expect("encodes");
        let Encoded::Len(encoded) = encoded else { panic!("there is room") };
        stream.truncate(encoded);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        if let Some(len) = len {
            stream.truncate(len.index(encoded));
        }
        let mut dst = vec![0; src.len()];
        let _ = codec.decode(&stream, &mut dst, &info, &mut scratch);
    }

    /// Nodes of random bytes, of the kinds that are for labels.
    #[test]
    fn random_nodes_are_harmless(
        head in 0..4_u8,
        kind in prop::sample::select(&[4_u8, 8, 9][..]),
        rest in prop::collection::vec(prop_oneof![Just(0_u8), 0..10_u8, any::<u8>()], 0..400),
        len in 0..3000_usize,
    ) {
        let stream: Vec<u8> = [head, kind].into_iter().chain(rest).collect();
        let mut dst = vec![0; len * 8];
        let mut scratch = Scratch::default();
        let info = BlockInfo::bytes(&0);
        let _ = Raster::fast().decode(&stream, &mut dst, &info, &mut scratch);
    }
}

#[test]
fn blocks_that_are_no_whole_values_come_back_as_bytes() {
    for dtype in DTYPES {
        for nbytes in 1..40 {
            let src: Vec<u8> = (0..nbytes).collect();
            round_trip(Raster::fast(), &src, dtype, &[usize::from(nbytes)]);
        }
    }
}

#[test]
fn nodes_are_nested_no_deeper_than_they_are_decoded() {
    // Labels far apart, which become a dictionary and more within it.
    let src = labels(64, 128, 4, 0, 7);
    let geometry = Geometry { row: 64, ..Geometry::FLAT };
    let values = Values { class: Class::Unsigned, itemsize: 4, geometry };
    let (isa, preset) = (Isa::Scalar, Preset::Dense);
    let kind_at = |depth| {
        let mut state = State::default();
        let mut out = Vec::new();
        let mut encoder = Encoder { isa, preset, state: &mut state, in_fill: false, depth };
        encoder.node(&src, values, &mut out);
        out[0]
    };
    let plain = [Kind::Stored, Kind::Packed, Kind::Mapped].map(|kind| kind as u8);
    assert!(!plain.contains(&kind_at(0)));
    assert!(plain.contains(&kind_at(MAX_DEPTH - 2)));
}
