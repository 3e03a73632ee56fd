use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::codec::{
    Band, BlockInfo, BloscLz, Codec, CodecError, CodecId, Encoded, Lz4, Lz4Hc, Scratch,
};
use crate::dtype::DType;
use crate::error::Unsupported;
use crate::filter::{BitShuffle, ByteDelta, Delta, Shuffle};

/// Bytes that neither repeat nor are noise: a ramp with a wobble, in elements of `typesize` bytes.
fn samples(nbytes: usize, typesize: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let element = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value = (i as u64 * 3 + u64::from(state >> 29)).to_le_bytes();
        (0..typesize).map(move |at| value[at % 8] ^ (at / 8) as u8)
    };
    (0..nbytes.div_ceil(typesize)).flat_map(element).take(nbytes).collect()
}

fn noise(nbytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let byte = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..nbytes).map(byte).collect()
}

fn codecs() -> Vec<Arc<dyn Codec>> {
    vec![
        Arc::new(Lz4::clevel(0)),
        Arc::new(Lz4::clevel(5)),
        Arc::new(Lz4Hc::clevel(3)),
        Arc::new(BloscLz::clevel(9)),
    ]
}

fn pipelines() -> Vec<ChunkOptions> {
    let bare = ChunkOptions::new().no_filters();
    vec![
        bare.clone(),
        bare.clone().shuffle(),
        bare.clone().bitshuffle(),
        bare.clone().filter(Delta),
        bare.clone().filter(Delta).filter(Shuffle::default()),
        bare.clone().filter(Shuffle::default()).filter(ByteDelta::default()),
        bare.filter(Delta).filter(Shuffle::default()).filter(BitShuffle),
    ]
}

/// Calls `f` with every combination of codec, filters and split mode.
fn for_each_setting(mut f: impl FnMut(&ChunkOptions)) {
    for codec in codecs() {
        for options in pipelines() {
            for split in [SplitMode::Auto, SplitMode::Always, SplitMode::Never] {
                f(&options.clone().shared_codec(codec.clone()).split(split));
            }
        }
    }
}

#[test]
fn every_setting_round_trips_at_every_edge() {
    let registry = Registry::default();
    for_each_setting(|options| {
        for typesize in [1, 2, 3, 4, 7, 8, 12, 16, 24, 255, 256, 300] {
            let block = (600 / typesize).max(1) * typesize;
            let edges = [0, 1, typesize - 1, 31, 32, 33, block - 1, block, block + 1];
            let ends = [2 * block + typesize, 2 * block + 3, 5 * block];
            for nbytes in edges.into_iter().chain(ends) {
                let raw = samples(nbytes, typesize, 7);
                let options = options.clone().blocksize(block);
                let chunk = Chunk::encode(&raw, typesize, &options).unwrap();
                assert!(chunk.cbytes() <= nbytes + 32);
                let chunk = Chunk::parse(chunk.as_bytes(), &Limits::default()).unwrap();
                assert_eq!(
                    chunk.decode(&registry).unwrap(),
                    raw,
                    "{options:?} {typesize} {nbytes}"
                );
            }
        }
    });
}

#[test]
fn blosc1_chunks_have_short_headers_and_round_trip() {
    let raw = samples(100_000, 4, 1);
    for options in [ChunkOptions::new(), ChunkOptions::new().bitshuffle()] {
        let chunk = Chunk::encode(&raw, 4, &options.format(ChunkFormat::Blosc1)).unwrap();
        assert_eq!(chunk.as_bytes()[0], 2);
        assert!(chunk.cbytes() < raw.len());
        assert_eq!(chunk.decode(&Registry::default()).unwrap(), raw);
    }
    let delta = ChunkOptions::new().no_filters().filter(Delta).format(ChunkFormat::Blosc1);
    let error = Chunk::encode(&raw, 4, &delta).unwrap_err();
    assert_eq!(error.to_string(), "Blosc1 chunks cannot name codec or filter 3");
}

#[test]
fn constant_bytes_cost_one_value() {
    let registry = Registry::default();
    for typesize in [1, 2, 3, 8, 16, 300] {
        let value: Vec<u8> = (1..=typesize).map(|i| i as u8).collect();
        let raw = value.repeat(10_000 / typesize);
        let chunk = Chunk::encode(&raw, typesize, &ChunkOptions::new()).unwrap();
        assert_eq!(chunk.special(), Some(Special::Repeat));
        assert_eq!(chunk.cbytes(), 32 + typesize);
        assert_eq!(chunk.decode(&registry).unwrap(), raw);
        let mut part = vec![0; 101];
        chunk.decode_range_into(50..151, &mut part, &registry).unwrap();
        assert_eq!(part, raw[50..151]);
    }
    let zeros = Chunk::encode(&[0; 5000], 4, &ChunkOptions::new()).unwrap();
    assert_eq!((zeros.special(), zeros.cbytes()), (Some(Special::Zeros), 32));
    let nan = Chunk::nan(4000, 4).unwrap();
    let expected: Vec<u8> = [f32::NAN.to_le_bytes(); 1000].concat();
    assert_eq!(nan.decode(&registry).unwrap(), expected);
    assert_eq!(Chunk::uninit(100, 4).unwrap().decode(&registry).unwrap(), [0; 100]);
    // C-Blosc2 refuses to read it.
    assert_eq!(Chunk::uninit(101, 4).unwrap_err().to_string(), "length 101 given, 104 needed");
}

#[test]
fn noise_is_stored_as_it_is() {
    let raw = noise(300_000);
    let chunk = Chunk::encode(&raw, 2, &ChunkOptions::new()).unwrap();
    assert!(chunk.is_stored());
    assert_eq!(chunk.cbytes(), raw.len() + 32);
    assert_eq!(chunk.decode(&Registry::default()).unwrap(), raw);
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let raw = samples(3_000_000, 4, 3);
    for options in pipelines() {
        let alone = Chunk::encode(&raw, 4, &options).unwrap();
        #[cfg(feature = "rayon")]
        for threads in [1, 2, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let chunk = pool.install(|| Chunk::encode(&raw, 4, &options)).unwrap();
            assert!(chunk.as_bytes() == alone.as_bytes());
            assert!(pool.install(|| chunk.decode(&Registry::default())).unwrap() == raw);
        }
        assert!(alone.decode(&Registry::default()).unwrap() == raw);
    }
}

#[test]
fn rewriting_copies_the_streams_of_other_blocks() {
    let (registry, options) = (Registry::default(), ChunkOptions::new().blocksize(4096));
    let mut raw = samples(64_000, 4, 9);
    let mut chunk = Chunk::encode(&raw, 4, &options).unwrap();
    let new = samples(5000, 4, 77);
    raw[10_000..15_000].copy_from_slice(&new);
    chunk.write_range(10_000, &new, &options, &registry).unwrap();
    assert_eq!(chunk.decode(&registry).unwrap(), raw);
    // Streams depend on their block alone, so a chunk made at once has the same bytes.
    assert!(chunk.as_bytes() == Chunk::encode(&raw, 4, &options).unwrap().as_bytes());
}

#[test]
fn rewriting_to_one_value_makes_the_chunk_constant_again() {
    let (registry, options) = (Registry::default(), ChunkOptions::new().blocksize(1024));
    let mut chunk = Chunk::encode(&samples(10_000, 2, 4), 2, &options).unwrap();
    chunk.write_range(0, &[7; 6000], &options, &registry).unwrap();
    assert_eq!(chunk.special(), None);
    chunk.write_range(6000, &[7; 4000], &options, &registry).unwrap();
    assert_eq!((chunk.special(), chunk.cbytes()), (Some(Special::Repeat), 34));
}

#[test]
fn errors_name_what_was_asked_for() {
    let registry = Registry::default();
    let encode = |typesize, options: ChunkOptions| {
        Chunk::encode(&[1; 100], typesize, &options).unwrap_err().to_string()
    };
    assert_eq!(encode(0, ChunkOptions::new()), "elements of 0 bytes are not supported");
    assert_eq!(
        encode(4, ChunkOptions::new().codec(Lz4::clevel(10))),
        "level 10 of codec lz4 is outside 0..=9"
    );
    assert_eq!(
        encode(4, ChunkOptions::new().filter(Delta)),
        "filter delta must come first, not in slot 1"
    );
    let seven = (0..7).fold(ChunkOptions::new().no_filters(), |o, _| o.filter(BitShuffle));
    assert_eq!(encode(4, seven), "7 filters are more than the 6 a chunk has slots for");
    let mut chunk = Chunk::encode(&samples(100, 1, 0), 1, &ChunkOptions::new()).unwrap();
    let error = chunk.decode_into(&mut [0; 99], &registry).unwrap_err();
    assert_eq!(error.to_string(), "length 99 given, 100 needed");
    let error = chunk.decode_range_into(90..101, &mut [0; 11], &registry).unwrap_err();
    assert_eq!(error.to_string(), "region 90..101 exceeds axis 0 of length 100");
    let error = chunk.decode_block_into(1, &mut [0; 100], &registry).unwrap_err();
    assert_eq!(error.to_string(), "block 1 does not exist, there are 1");
    let error = chunk.write_range(99, &[0, 0], &ChunkOptions::new(), &registry).unwrap_err();
    assert_eq!(error.to_string(), "region 99..101 exceeds axis 0 of length 100");
}

#[test]
fn a_chunk_of_an_unknown_codec_is_unsupported() {
    let chunk = Chunk::encode(&samples(4096, 4, 0), 4, &ChunkOptions::new()).unwrap();
    let mut bytes = chunk.into_inner();
    bytes[2] = (bytes[2] & 0x1f) | (6 << 5);
    bytes[0x16] = 211;
    let chunk = Chunk::parse(bytes, &Limits::default()).unwrap();
    let error = chunk.decode(&Registry::default()).unwrap_err();
    let Error::Unsupported(Unsupported::Codec { codec }) = error else { panic!("{error}") };
    assert_eq!(codec.as_u8(), 211);
}

#[test]
fn small_chunks_cannot_ask_for_much_memory() {
    let bytes = Chunk::zeros(2_000_000_000, 1).unwrap().into_inner();
    let error = Chunk::parse(&bytes, &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { requested: 2_000_000_000, .. }));
    assert!(Chunk::parse(&bytes, &Limits::none()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ranges_and_writes_agree_with_a_plain_vector(
        typesize in 1usize..20,
        nbytes in 1usize..20_000,
        blocksize in 1usize..5000,
        pipeline in 0usize..7,
        writes in prop::collection::vec((0.0..1.0, 0.0..1.0, 0u32..5), 0..6),
    ) {
        let registry = Registry::default();
        let options = pipelines()[pipeline].clone().blocksize(blocksize);
        let mut model = samples(nbytes, typesize, 5);
        let mut chunk = Chunk::encode(&model, typesize, &options).unwrap();
        for (start, len, seed) in writes {
            let start = (start * nbytes as f64) as usize;
            let len = (len * (nbytes - start) as f64) as usize;
            let new = if seed == 0 { vec![0; len] } else { samples(len, typesize, seed) };
            model[start..start + len].copy_from_slice(&new);
            chunk.write_range(start, &new, &options, &registry).unwrap();
            let mut part = vec![0; len];
            chunk.decode_range_into(start..start + len, &mut part, &registry).unwrap();
            prop_assert_eq!(part, new);
        }
        prop_assert_eq!(chunk.decode(&registry).unwrap(), model);
    }

    #[test]
    fn damage_is_an_error_or_right(
        pipeline in 0usize..7,
        at in 0.0..1.0,
        bit in 0u8..8,
        cut in 0.0..1.0,
    ) {
        let registry = Registry::default();
        let options = pipelines()[pipeline].clone().blocksize(1000);
        let bytes = Chunk::encode(&samples(5000, 4, 2), 4, &options).unwrap().into_inner();
        let mut flipped = bytes.clone();
        flipped[(at * bytes.len() as f64) as usize] ^= 1 << bit;
        if let Ok(chunk) = Chunk::parse(&flipped, &Limits::default()) {
            let nbytes = chunk.nbytes();
            if let Ok(decoded) = chunk.decode(&registry) {
                prop_assert_eq!(decoded.len(), nbytes);
            }
        }
        let cut = (cut * bytes.len() as f64) as usize;
        let is_truncated =
            matches!(Chunk::parse(&bytes[..cut], &Limits::default()), Err(Error::Truncated { .. }));
        prop_assert!(is_truncated);
    }
}

/// Refuses to encode, but notes what it was told.
#[derive(Debug, Default)]
struct Listener(std::sync::Mutex<Vec<(usize, DType, Vec<usize>)>>);

impl Codec for Arc<Listener> {
    fn id(&self) -> CodecId {
        CodecId::new(200)
    }

    fn encode(
        &self,
        src: &[u8],
        _dst: &mut [u8],
        block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        self.0.lock().unwrap().push((src.len(), block.dtype, block.shape.to_vec()));
        Ok(Encoded::DoesNotFit)
    }

    fn decode(
        &self,
        _src: &[u8],
        _dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        Err(CodecError::Truncated)
    }
}

#[test]
fn codecs_are_told_what_their_bytes_are() {
    let told = |nbytes, options: ChunkOptions| {
        let listener = Arc::new(Listener::default());
        let options = options.codec(listener.clone()).blocksize(400);
        Chunk::encode(&samples(nbytes, 4, 0), 4, &options).unwrap();
        let mut told = std::mem::take(&mut *listener.0.lock().unwrap());
        told.sort_by_key(|(len, ..)| *len);
        told
    };
    let four = DType::opaque(4).unwrap();
    let bare = ChunkOptions::new().no_filters();
    assert_eq!(told(500, bare.clone()), [(100, four, vec![25]), (400, four, vec![100])]);
    // A tail that is no whole element is bytes; so is what filters have rearranged.
    assert_eq!(told(403, bare), [(3, DType::U8, vec![3]), (400, four, vec![100])]);
    assert_eq!(told(400, ChunkOptions::new()), [(400, DType::U8, vec![400])]);
    let planes = told(400, ChunkOptions::new().split(SplitMode::Always));
    assert!(!planes.is_empty());
    assert!(planes.iter().all(|plane| *plane == (100, DType::U8, vec![100])));
}

#[test]
fn blocks_that_cannot_pay_for_their_offsets_are_stored() {
    let raw = samples(100_000, 1, 3);
    for blocksize in [1, 4] {
        let chunk = Chunk::encode(&raw, 1, &ChunkOptions::new().blocksize(blocksize)).unwrap();
        assert!(chunk.is_stored());
        assert_eq!(chunk.decode(&Registry::default()).unwrap(), raw);
    }
}

#[test]
fn a_stored_chunk_stays_stored_at_level_0_and_shrinks_at_others() {
    let registry = Registry::default();
    let level = |clevel| ChunkOptions::new().codec(Lz4::clevel(clevel)).blocksize(4096);
    let mut raw = noise(40_000);
    let mut chunk = Chunk::encode(&raw, 1, &level(0)).unwrap();
    for (start, clevel, is_stored) in [(100, 0, true), (9000, 5, false)] {
        raw[start..start + 8192].fill(3);
        chunk.write_range(start, &[3; 8192], &level(clevel), &registry).unwrap();
        assert_eq!(chunk.is_stored(), is_stored);
        assert_eq!(chunk.decode(&registry).unwrap(), raw);
    }
}

/// Leaves out the zeros that a block ends in; hands out three elements at a time, and the zeros as
/// such.
#[derive(Debug)]
struct Banded;

const TAIL: usize = 96;

impl Codec for Banded {
    fn id(&self) -> CodecId {
        CodecId::new(201)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        let Some(head) = src.strip_suffix(&[0; TAIL]) else { return Ok(Encoded::DoesNotFit) };
        dst[..head.len()].copy_from_slice(head);
        Ok(Encoded::Len(head.len()))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        let (head, tail) = dst.split_at_mut_checked(src.len()).ok_or(CodecError::Truncated)?;
        head.copy_from_slice(src);
        tail.fill(0);
        if tail.len() == TAIL { Ok(()) } else { Err(CodecError::Truncated) }
    }

    fn decode_bands(
        &self,
        src: &[u8],
        _buffer: &mut [u8],
        block: &BlockInfo<'_>,
        _scratch: &mut Scratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<(), CodecError> {
        let itemsize = block.dtype.itemsize();
        for band in src.chunks(3 * itemsize) {
            if visit(Band::Bytes(band)).is_break() {
                return Ok(());
            }
        }
        let _ = visit(Band::Repeated { value: &vec![0; itemsize], count: TAIL / itemsize });
        Ok(())
    }
}

/// The bytes of the first `wanted` bands of a block, and how many there were.
fn visited(
    chunk: &Chunk,
    decoder: &ChunkDecoder<'_>,
    block: usize,
    wanted: usize,
) -> (Vec<u8>, usize) {
    let (mut bytes, mut nbands) = (Vec::new(), 0);
    let is_cut = !chunk.block_range(block).unwrap().len().is_multiple_of(chunk.typesize());
    let visit = |band: Band<'_>| {
        assert!(band.nbytes() > 0);
        assert!(is_cut || band.nbytes().is_multiple_of(chunk.typesize()));
        bytes.extend(band.to_vec());
        nbands += 1;
        if nbands < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    decoder.visit_block(block, visit).unwrap();
    (bytes, nbands)
}

fn check_visits(chunk: &Chunk, raw: &[u8], registry: &Registry) {
    let decoder = chunk.decoder(registry).unwrap();
    for block in 0..chunk.nblocks() {
        let whole = &raw[chunk.block_range(block).unwrap()];
        let (bytes, nbands) = visited(chunk, &decoder, block, usize::MAX);
        assert_eq!(bytes, whole, "{chunk:?}");
        for wanted in [1, nbands.div_ceil(2)] {
            let (bytes, seen) = visited(chunk, &decoder, block, wanted);
            assert_eq!(seen, wanted);
            assert!(whole.starts_with(&bytes));
        }
    }
    for range in [1..raw.len() - 1, raw.len() / 3..raw.len() / 3 + 1, raw.len() / 4..raw.len() / 2]
    {
        let mut part = vec![0xaa; range.len()];
        decoder.range_into(range.clone(), &mut part).unwrap();
        assert_eq!(part, raw[range]);
    }
}

#[test]
fn bands_are_the_block() {
    let registry = Registry::default().with_codec(Arc::new(Banded)).unwrap();
    let check = |options: &ChunkOptions| {
        for typesize in [1, 2, 3, 4, 12, 300] {
            let mut raw = samples(4 * 600 + 3 * typesize + 1, typesize, 3);
            let options = options.clone().blocksize(600);
            let encode = |raw: &[u8]| Chunk::encode(raw, typesize, &options).unwrap();
            check_visits(&encode(&raw), &raw, &registry);
            // One block is a run of ones; each but the last, short one ends in zeros.
            raw[600..1200].fill(1);
            raw.chunks_exact_mut(600).for_each(|block| block[600 - TAIL..].fill(0));
            check_visits(&encode(&raw), &raw, &registry);
        }
    };
    for_each_setting(check);
    for options in pipelines() {
        check(&options.codec(Banded));
    }
}

#[test]
fn bands_are_handed_out_as_the_codec_makes_them() {
    let registry = Registry::default().with_codec(Arc::new(Banded)).unwrap();
    let mut raw = samples(1200, 4, 3);
    raw[600 - TAIL..600].fill(0);
    raw[600..].fill(7);
    let options = ChunkOptions::new().codec(Banded).no_filters().blocksize(600);
    let chunk = Chunk::encode(&raw, 4, &options).unwrap();
    let decoder = chunk.decoder(&registry).unwrap();
    let bands = |block| {
        let mut bands = Vec::new();
        let note = |band: Band<'_>| {
            bands.push(match band {
                Band::Bytes(bytes) => (bytes.len() / 4, 1),
                Band::Repeated { value, count } => (value.len() / 4, count),
            });
            ControlFlow::Continue(())
        };
        decoder.visit_block(block, note).unwrap();
        bands
    };
    let mut expected = vec![(3, 1); 126 / 3];
    expected.push((1, 24));
    assert_eq!(bands(0), expected);
    assert_eq!(bands(1), [(1, 150)]);
}

#[test]
fn bands_of_special_chunks_are_elements() {
    let registry = Registry::default();
    let value = [1, 2, 3, 4, 5, 6];
    for (chunk, expected) in [
        (Chunk::repeat(&value, 6000).unwrap(), Some((&value[..], 1000))),
        (Chunk::zeros(6000, 4).unwrap(), Some((&[0; 4][..], 1500))),
        (Chunk::nan(8000, 4).unwrap(), Some((&[0, 0, 0xc0, 0x7f][..], 2000))),
        // No whole elements, and elements that are bytes to the format.
        (Chunk::zeros(6001, 4).unwrap(), None),
        (Chunk::repeat(&[7; 300], 9000).unwrap(), None),
    ] {
        let raw = chunk.decode(&registry).unwrap();
        check_visits(&chunk, &raw, &registry);
        let mut bytes = 0;
        let visit = |band: Band<'_>| {
            match (band, expected) {
                (Band::Repeated { value, count }, _) => assert_eq!(Some((value, count)), expected),
                (Band::Bytes(band), None) => assert!(band.len() <= 9000),
                (Band::Bytes(_), Some(_)) => panic!("{chunk:?} is one element"),
            }
            bytes += band.nbytes();
            ControlFlow::Continue(())
        };
        chunk.decoder(&registry).unwrap().visit_block(0, visit).unwrap();
        assert_eq!(bytes, raw.len());
    }
}

#[test]
fn a_codec_that_hands_out_too_little_is_an_error() {
    let registry = Registry::default().with_codec(Arc::new(Banded)).unwrap();
    let mut raw = samples(600, 1, 3);
    raw[600 - TAIL..].fill(0);
    let options = ChunkOptions::new().codec(Banded).no_filters().blocksize(600);
    let mut bytes = Chunk::encode(&raw, 1, &options).unwrap().into_inner();
    // The block's stream, one byte shorter.
    let at = bytes.len() - (600 - TAIL) - 4;
    bytes[at..at + 4].copy_from_slice(&(600 - TAIL as u32 - 1).to_le_bytes());
    let chunk = Chunk::parse(bytes, &Limits::default()).unwrap();
    let decoder = chunk.decoder(&registry).unwrap();
    let error = decoder.visit_block(0, |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.to_string(), "block 0: codec 201: stream ends early");
    decoder.visit_block(0, |_| ControlFlow::Break(())).unwrap();
    let error = decoder.visit_block(1, |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.to_string(), "block 1 does not exist, there are 1");
}
