use proptest::prelude::*;

use super::*;
use crate::codec::fixtures;

const FIXTURES: &[u8] = include_bytes!("../../../tests/fixtures/codec_zstd.bin");

fn encode_into(
    codec: Zstd,
    bytes: &[u8],
    dst: &mut [u8],
    dictionary: Option<&[u8]>,
    scratch: &mut Scratch,
) -> Encoded {
    let nbytes = bytes.len();
    let block = BlockInfo { dictionary, ..BlockInfo::bytes(&nbytes) };
    codec.encode(bytes, dst, &block, scratch).unwrap()
}

fn encode(codec: Zstd, bytes: &[u8], dictionary: Option<&[u8]>) -> Vec<u8> {
    let mut dst = vec![0; bytes.len() * 2 + 100];
    let scratch = &mut Scratch::default();
    let Encoded::Len(len) = encode_into(codec, bytes, &mut dst, dictionary, scratch) else {
        panic!("{} bytes do not fit", bytes.len())
    };
    dst.truncate(len);
    dst
}

fn decode(
    stream: &[u8],
    nbytes: usize,
    dictionary: Option<&[u8]>,
    scratch: &mut Scratch,
) -> Result<Vec<u8>, CodecError> {
    let block = BlockInfo { dictionary, ..BlockInfo::bytes(&nbytes) };
    let mut dst = vec![0xaa; nbytes];
    Zstd::default().decode(stream, &mut dst, &block, scratch)?;
    Ok(dst)
}

/// What the frame header says of the content size, read as RFC 8878 has it.
fn content_size(stream: &[u8]) -> Option<u64> {
    assert_eq!(stream[..4], 0xfd2f_b528_u32.to_le_bytes());
    let descriptor = stream[4];
    let is_single_segment = descriptor & 0x20 != 0;
    let dictionary_id = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let field = &stream[5 + usize::from(!is_single_segment) + dictionary_id..];
    match descriptor >> 6 {
        0 => is_single_segment.then(|| field[0].into()),
        1 => Some(u64::from(u16::from_le_bytes([field[0], field[1]])) + 256),
        2 => Some(u32::from_le_bytes(*field.first_chunk().unwrap()).into()),
        _ => Some(u64::from_le_bytes(*field.first_chunk().unwrap())),
    }
}

fn any_level() -> impl Strategy<Value = Zstd> {
    prop_oneof![(-50..=22).prop_map(Zstd::level), (1..=9_u8).prop_map(Zstd::clevel)]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 64,
        ..Default::default()
    })]

    #[test]
    fn round_trips(
        codec in any_level(),
        bytes in prop::collection::vec(0..4_u8, 1..3000),
        dictionary in prop::option::of(prop::collection::vec(0..4_u8, 1..500)),
    ) {
        let dictionary = dictionary.as_deref();
        let stream = encode(codec, &bytes, dictionary);
        let decoded = decode(&stream, bytes.len(), dictionary, &mut Scratch::default()).unwrap();
        prop_assert!(decoded == bytes);
        prop_assert_eq!(content_size(&stream), Some(bytes.len() as u64));
        prop_assert_eq!(stream[4] & 4, 0, "a checksum");
    }

    #[test]
    fn any_bytes_decode_to_the_right_length_or_not_at_all(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        dictionary in prop::option::of(prop::collection::vec(any::<u8>(), 1..100)),
    ) {
        let framed = [&[0x28, 0xb5, 0x2f, 0xfd][..], &stream].concat();
        for stream in [stream, framed] {
            let _ = decode(&stream, 100, dictionary.as_deref(), &mut Scratch::default());
        }
    }
}

#[test]
fn reads_what_c_blosc2_wrote() {
    let mut scratch = Scratch::default();
    let cases = fixtures::cases(FIXTURES);
    for case in &cases {
        for stream in &case.streams {
            let decoded = decode(stream, case.bytes.len(), case.dictionary, &mut scratch).unwrap();
            assert!(decoded == case.bytes);
        }
    }
    assert!(cases.iter().filter(|case| case.dictionary.is_some()).count() >= 5);
}

/// The level each Blosc2 level stands for is C-Blosc2's: the streams are as long as its own, which
/// may come from another version of the library.
#[test]
fn levels_are_those_of_c_blosc2() {
    for (clevel, level) in [(1, 1), (2, 3), (3, 5), (4, 7), (5, 9), (6, 11), (7, 13), (8, 15)] {
        assert_eq!(Zstd::clevel(clevel).native(), Some(level));
        assert_eq!(Codec::clevel(&Zstd::level(level)), clevel);
        assert_eq!(Codec::clevel(&Zstd::level(level + 1)), clevel + 1);
    }
    assert_eq!(Zstd::clevel(9).native(), Some(22));
    assert_eq!(Zstd::clevel(0).native(), None);
    for case in fixtures::cases(FIXTURES).iter().filter(|case| case.dictionary.is_none()) {
        let own = [1, 5, 9].map(|clevel| encode(Zstd::clevel(clevel), case.bytes, None).len());
        for stream in &case.streams {
            assert!(own.iter().any(|own| own.abs_diff(stream.len()) <= 2 + stream.len() / 100));
        }
    }
}

#[test]
fn level_bounds() {
    assert_eq!(Zstd::default(), Zstd::clevel(5));
    assert_eq!(Zstd::level(0), Zstd::level(3));
    for level in [-131_072, -1, 1, 3, 22] {
        assert_eq!(Zstd::level(level).validate(), Ok(()));
    }
    for (codec, text) in [
        (Zstd::level(23), "level 23 of codec zstd is outside -131072..=22"),
        (Zstd::level(i32::MIN), "level -2147483648 of codec zstd is outside -131072..=22"),
        (Zstd::clevel(10), "level 10 of codec zstd is outside 0..=9"),
    ] {
        assert_eq!(codec.validate().unwrap_err().to_string(), text);
    }
    assert_eq!(Zstd::clevel(5).preferred_streams(), Streams::PerByte);
    assert_eq!(Zstd::level(9).preferred_streams(), Streams::PerByte);
    assert_eq!(Zstd::level(10).preferred_streams(), Streams::Whole);
    assert_eq!(Zstd::clevel(6).preferred_streams(), Streams::Whole);
    assert_eq!(Codec::clevel(&Zstd::level(-5)), 1);
    let stored =
        encode_into(Zstd::clevel(0), &[0; 99], &mut [0; 99], None, &mut Scratch::default());
    assert_eq!(stored, Encoded::DoesNotFit);
}

#[test]
fn round_trips_all_short_lengths() {
    let mut scratch = Scratch::default();
    for len in 1..100 {
        for modulus in [1, 2, 256] {
            let bytes: Vec<u8> = (0..len).map(|i| (i * i % modulus) as u8).collect();
            let stream = encode(Zstd::level(1), &bytes, None);
            assert_eq!(decode(&stream, len, None, &mut scratch).unwrap(), bytes);
        }
    }
}

#[test]
fn fills_the_destination_exactly() {
    let bytes = [5; 1000];
    let stream = encode(Zstd::default(), &bytes, None);
    let scratch = &mut Scratch::default();
    assert!(matches!(decode(&stream, 1001, None, scratch), Err(CodecError::Truncated)));
    assert!(matches!(decode(&stream, 999, None, scratch), Err(CodecError::Corrupt { .. })));
    let twice = [&stream[..], &stream].concat();
    assert_eq!(decode(&twice, 2000, None, scratch).unwrap(), [5; 2000]);
    assert!(matches!(decode(&twice, 1000, None, scratch), Err(CodecError::Corrupt { .. })));
    assert!(matches!(decode(&[], 10, None, scratch), Err(CodecError::Truncated)));
}

#[test]
fn truncation_and_bit_flips_never_panic() {
    let mut scratch = Scratch::default();
    for case in fixtures::cases(FIXTURES).iter().filter(|case| case.bytes.len() <= 5000) {
        let stream = case.streams[0];
        for len in 0..stream.len() {
            assert!(
                decode(&stream[..len], case.bytes.len(), case.dictionary, &mut scratch).is_err()
            );
        }
        let mut flipped = stream.to_vec();
        for bit in 0..stream.len() * 8 {
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = decode(&flipped, case.bytes.len(), case.dictionary, &mut scratch);
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(decode(stream, case.bytes.len(), case.dictionary, &mut scratch).is_ok());
    }
}

#[test]
fn a_frame_that_asks_for_a_huge_window_gets_no_memory() {
    // Window of 3.75 TiB, no content size; one RLE block of ten sevens.
    let stream = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 10 << 3 | 2 | 1, 0, 0, 7];
    let mut context = zstd_safe::DCtx::create();
    let before = context.sizeof();
    assert!(before < 200_000, "{before}");
    let _ = context.decompress(&mut [0; 10][..], &stream);
    assert_eq!(context.sizeof(), before);
    // The largest window that is valid, 128 MiB, needs no memory either.
    let stream = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 10 << 3 | 2 | 1, 0, 0, 7];
    let mut dst = [0; 10];
    assert_eq!(context.decompress(&mut dst[..], &stream), Ok(10));
    assert_eq!((dst, context.sizeof()), ([7; 10], before));
    // A content size of 2^62 bytes.
    let size = (1_u64 << 62).to_le_bytes();
    let stream = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &size, &[10 << 3 | 2 | 1, 0, 0, 7]].concat();
    assert!(decode(&stream, 10, None, &mut Scratch::default()).is_err());
}

#[test]
fn dictionaries() {
    let cases = fixtures::cases(FIXTURES);
    let case = cases.iter().find(|case| case.dictionary.is_some()).unwrap();
    let (nbytes, dictionary) = (case.bytes.len(), case.dictionary.unwrap());
    let scratch = &mut Scratch::default();
    let error = decode(case.streams[0], nbytes, None, scratch).unwrap_err();
    assert!(matches!(error, CodecError::DictionaryMissing));
    // Another one is not mistaken for the one that is kept.
    assert!(decode(case.streams[0], nbytes, Some(dictionary), scratch).is_ok());
    assert!(decode(case.streams[0], nbytes, Some(b"another"), scratch).is_err());
    // One that claims to be digested, but is not.
    let damaged = &dictionary[..20];
    assert!(matches!(
        decode(case.streams[0], nbytes, Some(damaged), scratch),
        Err(CodecError::Corrupt { reason: "dictionary is damaged" })
    ));
    assert!(decode(case.streams[0], nbytes, Some(dictionary), scratch).is_ok());

    let (with, without) = (Some(dictionary), None);
    let lens =
        [with, without].map(|dictionary| encode(Zstd::level(1), case.bytes, dictionary).len());
    assert!(lens[0] < lens[1], "{lens:?}");
    for level in [1, 9, 1] {
        let mut dst = vec![0; nbytes];
        let Encoded::Len(len) =
            encode_into(Zstd::level(level), case.bytes, &mut dst, with, scratch)
        else {
            panic!("it fits")
        };
        assert!(dst[..len] == encode(Zstd::level(level), case.bytes, with));
        assert!(decode(&dst[..len], nbytes, with, scratch).unwrap() == case.bytes);
    }
}

#[test]
fn a_used_scratch_changes_nothing() {
    let mut used = Scratch::default();
    for round in 0..3 {
        for case in &fixtures::cases(FIXTURES) {
            for level in [-5, 1, 6, 9, 15, 19] {
                let level = if round == 1 { 20 - level } else { level };
                let mut dst = vec![0; case.bytes.len() * 2 + 100];
                let codec = Zstd::level(level);
                let encoded = encode_into(codec, case.bytes, &mut dst, case.dictionary, &mut used);
                let fresh = encode(codec, case.bytes, case.dictionary);
                assert_eq!(encoded, Encoded::Len(fresh.len()));
                assert!(dst[..fresh.len()] == fresh);
            }
        }
    }
}

#[test]
fn too_small_a_destination_is_no_error() {
    let mut scratch = Scratch::default();
    let bytes: Vec<u8> = (0..2000_u32).map(|i| ((i * i) >> 5) as u8).collect();
    for level in [-3, 1, 9, 19] {
        let stream = encode(Zstd::level(level), &bytes, None);
        for room in 1..stream.len() {
            let mut dst = vec![0; room];
            let encoded = encode_into(Zstd::level(level), &bytes, &mut dst, None, &mut scratch);
            assert_eq!(encoded, Encoded::DoesNotFit, "{room} of {}", stream.len());
        }
    }
}
