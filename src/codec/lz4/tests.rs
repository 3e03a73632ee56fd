use proptest::prelude::*;

use super::{Lz4, Lz4Hc};
use crate::codec::fixtures;
use crate::codec::{BlockInfo, Codec, CodecError, Encoded, Scratch};

/// Every encoder of this module, at every kind of level.
fn codecs() -> Vec<Box<dyn Codec>> {
    vec![
        Box::new(Lz4::default()),
        Box::new(Lz4::clevel(9)),
        Box::new(Lz4::acceleration(1)),
        Box::new(Lz4::acceleration(65_537)),
        Box::new(Lz4Hc::level(2)),
        Box::new(Lz4Hc::level(3)),
        Box::new(Lz4Hc::level(9)),
        Box::new(Lz4Hc::level(10)),
        Box::new(Lz4Hc::level(12)),
    ]
}

fn encode(codec: &dyn Codec, src: &[u8], room: usize) -> Option<Vec<u8>> {
    encode_with(codec, src, room, &mut Scratch::default())
}

fn encode_with(
    codec: &dyn Codec,
    src: &[u8],
    room: usize,
    scratch: &mut Scratch,
) -> Option<Vec<u8>> {
    let mut dst = vec![0xee; room + 8];
    let answer = codec.encode(src, &mut dst[..room], &BlockInfo::bytes(&src.len()), scratch);
    assert_eq!(dst[room..], [0xee; 8], "wrote behind its room");
    match answer.unwrap() {
        Encoded::Len(len) => Some(dst[..len].to_vec()),
        Encoded::DoesNotFit => None,
    }
}

fn decode(stream: &[u8], nbytes: usize, dictionary: Option<&[u8]>) -> Result<Vec<u8>, CodecError> {
    let mut dst = vec![0xee; nbytes + 8];
    let info = BlockInfo { dictionary, ..BlockInfo::bytes(&nbytes) };
    Lz4::default().decode(stream, &mut dst[..nbytes], &info, &mut Scratch::default())?;
    assert_eq!(dst[nbytes..], [0xee; 8], "wrote behind its room");
    dst.truncate(nbytes);
    Ok(dst)
}

/// More than any stream needs.
fn bound(nbytes: usize) -> usize {
    nbytes + nbytes / 255 + 16
}

/// Numbers without pattern.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
}

/// Stretches of noise, of runs, of elements that count up, and of what came before.
fn mixed(seed: u64, nbytes: usize) -> Vec<u8> {
    let mut choices = noise(seed);
    let mut data = Vec::new();
    while data.len() < nbytes {
        let (kind, a, b) =
            (choices.next().unwrap(), choices.next().unwrap(), choices.next().unwrap());
        let n = usize::from(a) + 1;
        match kind % 4 {
            0 => data.extend(choices.by_ref().take(n)),
            1 => data.extend(std::iter::repeat_n(b, n * 4)),
            2 => data.extend((0..n).map(|i| (i / 3) as u8 & b)),
            _ => {
                let from = (usize::from(b) * 97) % (data.len() + 1);
                let to = (from + n).min(data.len());
                data.extend_from_within(from..to);
            }
        }
    }
    data.truncate(nbytes);
    data
}

/// That both decoders give `src` back from what `codec` makes of it.
fn check_round_trip(codec: &dyn Codec, src: &[u8], scratch: &mut Scratch) -> usize {
    let stream = encode_with(codec, src, bound(src.len()), scratch).unwrap();
    assert_eq!(lz4_flex::block::decompress(&stream, src.len()).unwrap(), src, "{codec:?}");
    assert_eq!(decode(&stream, src.len(), None).unwrap(), src, "{codec:?}");
    stream.len()
}

#[test]
fn round_trips_of_all_short_lengths() {
    let scratch = &mut Scratch::default();
    for codec in codecs() {
        for nbytes in 1..=(if cfg!(miri) { 40 } else { 300 }) {
            check_round_trip(&*codec, &vec![3; nbytes], scratch);
            check_round_trip(&*codec, &noise(1).take(nbytes).collect::<Vec<_>>(), scratch);
            for period in [2, 3, 5, 8, 13] {
                let src: Vec<u8> = (0..nbytes).map(|i| (i % period) as u8).collect();
                check_round_trip(&*codec, &src, scratch);
            }
        }
    }
}

#[test]
fn round_trips_around_the_limits_of_the_tables() {
    let scratch = &mut Scratch::default();
    let around_64_kib = [65_520, 65_535, 65_536, 65_537, 65_545, 65_546, 65_547, 65_548, 65_600];
    for codec in codecs() {
        for nbytes in around_64_kib.into_iter().chain([131_072, 1_000_000]) {
            check_round_trip(&*codec, &mixed(nbytes as u64, nbytes), scratch);
            // Two matches at the farthest offsets that there are, and too far.
            for gap in [65_500, 65_535, 65_536] {
                let mut src: Vec<u8> = noise(9).take(gap).collect();
                src.resize(nbytes.max(gap), 0);
                src.extend_from_within(..100);
                check_round_trip(&*codec, &src, scratch);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    #[test]
    fn round_trips_of_mixed_data(seed: u64, nbytes in 1..40_000_usize) {
        let scratch = &mut Scratch::default();
        for codec in codecs() {
            check_round_trip(&*codec, &mixed(seed, nbytes), scratch);
        }
    }

    #[test]
    fn round_trips_of_few_symbols(src in prop::collection::vec(0..3_u8, 1..2000)) {
        for codec in codecs() {
            check_round_trip(&*codec, &src, &mut Scratch::default());
        }
    }

    #[test]
    fn decodes_what_another_encoder_wrote(seed: u64, nbytes in 1..40_000_usize) {
        let src = mixed(seed, nbytes);
        let stream = lz4_flex::block::compress(&src);
        prop_assert_eq!(decode(&stream, nbytes, None).unwrap(), src);
    }

    #[test]
    fn decodes_with_a_dictionary(seed: u64, nbytes in 1..3000_usize, ndict in 1..70_000_usize) {
        let data = mixed(seed, nbytes + ndict);
        let (dictionary, mut src) = (&data[..ndict], data[ndict..].to_vec());
        // So that it is certainly used.
        src.extend(&dictionary[..ndict.min(500)]);
        let stream = lz4_flex::block::compress_with_dict(&src, dictionary);
        prop_assert_eq!(decode(&stream, src.len(), Some(dictionary)).unwrap(), src);
    }

    #[test]
    fn agrees_with_another_decoder_about_any_bytes(
        stream in prop::collection::vec(
            prop_oneof![any::<u8>(), 0..4_u8, Just(255), Just(0x1f), Just(0xf0)], 0..300),
        nbytes in 1..600_usize,
    ) {
        // The other decoder may leave room, and demands no more than we do of the last literals.
        let expected = lz4_flex::block::decompress(&stream, nbytes).ok();
        let expected = expected.filter(|bytes| bytes.len() == nbytes);
        let found = decode(&stream, nbytes, None).ok();
        if let Some(expected) = expected {
            prop_assert_eq!(found, Some(expected));
        }
    }
}

const FIXTURES: [&[u8]; 2] = [
    include_bytes!("../../../tests/fixtures/codec_lz4.bin"),
    include_bytes!("../../../tests/fixtures/codec_lz4hc.bin"),
];

#[test]
fn decodes_what_c_blosc2_wrote() {
    for file in FIXTURES {
        let cases = fixtures::cases(file);
        assert!(cases.iter().any(|case| case.dictionary.is_some()));
        for case in cases {
            for stream in case.streams {
                let found = decode(stream, case.bytes.len(), case.dictionary).unwrap();
                assert!(found == case.bytes);
            }
        }
    }
}

/// Against the best of C-Blosc2's levels, 9; at most 1 % more.
#[test]
fn is_as_small_as_c_blosc2() {
    let ours: [&dyn Codec; 2] = [&Lz4::clevel(9), &Lz4Hc::clevel(9)];
    for (file, codec) in FIXTURES.into_iter().zip(ours) {
        for case in fixtures::cases(file).iter().filter(|case| case.dictionary.is_none()) {
            let best = case.streams.iter().map(|stream| stream.len()).min().unwrap();
            let len = check_round_trip(codec, case.bytes, &mut Scratch::default());
            assert!(len * 100 <= best * 101, "{codec:?}: {len} bytes against {best}");
        }
    }
}

/// A stream with many kinds of sequences, and what it stands for.
fn sample() -> (Vec<u8>, Vec<u8>) {
    let src = mixed(5, if cfg!(miri) { 600 } else { 3000 });
    let stream = encode(&Lz4::clevel(9), &src, src.len()).unwrap();
    (stream, src)
}

#[test]
fn a_stream_cut_short_is_an_error() {
    let (stream, src) = sample();
    for len in 0..stream.len() {
        assert!(decode(&stream[..len], src.len(), None).is_err(), "{len}");
    }
    let error = decode(&stream[..stream.len() - 1], src.len(), None).unwrap_err();
    assert!(matches!(error, CodecError::Truncated));
}

#[test]
fn a_stream_of_another_length_is_an_error() {
    let (stream, src) = sample();
    for nbytes in (1..src.len()).chain(src.len() + 1..src.len() + 100) {
        assert!(decode(&stream, nbytes, None).is_err(), "{nbytes}");
    }
}

#[test]
fn flipped_bits_give_an_error_or_what_another_decoder_gives() {
    let (stream, src) = sample();
    let mut nerrors = 0;
    for bit in 0..stream.len() * 8 {
        let mut broken = stream.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        match decode(&broken, src.len(), None) {
            Ok(bytes) => {
                let expected = lz4_flex::block::decompress(&broken, src.len()).unwrap();
                assert!(bytes == expected, "bit {bit}");
            }
            Err(_) => nerrors += 1,
        }
    }
    assert!(nerrors > 0);
}

/// Decodes a hostile stream with room at its front and not, so that both loops of the decoder
/// meet it.
fn reason(stream: &[u8], nbytes: usize) -> &'static str {
    let reason = |stream: &[u8], nbytes| match decode(stream, nbytes, None).unwrap_err() {
        CodecError::Corrupt { reason } => reason,
        CodecError::Truncated => "truncated",
        error => panic!("{error:?}"),
    };
    let found = reason(stream, nbytes);
    // 100 bytes of padding keep the beginning away from the ends.
    let padded = [stream, &[0; 100]].concat();
    assert_eq!(reason(&padded, nbytes + 100), found);
    found
}

#[test]
fn hostile_streams_are_refused_for_what_they_are() {
    assert_eq!(decode(&[], 1, None).unwrap_err().to_string(), "stream ends early");
    // One literal, then a match at offset 0, or 2.
    assert_eq!(reason(&[0x10, 7, 0, 0, 0], 20), "match offset is 0");
    assert_eq!(reason(&[0x10, 7, 2, 0, 0], 20), "match begins before the output");
    assert_eq!(reason(&[0x00, 255, 255, 0], 20), "match begins before the output");
    // Lengths of a million.
    let literals = [[0xf0].as_slice(), &[255; 4000], &[0]].concat();
    assert_eq!(reason(&literals, 2000), "length passes the end of the output");
    let matched = [[0x1f, 7, 1, 0].as_slice(), &[255; 4000], &[0]].concat();
    assert_eq!(reason(&matched, 2000), "length passes the end of the output");
    for (stream, expected) in [
        ([0x1f, 7, 1, 0, 200, 0].as_slice(), "match passes the end of the output"),
        (&[0x50, 1, 2, 3, 4, 5], "literals pass the end of the output"),
        (&[0x10, 1, 1], "stream ends early"),
    ] {
        assert_eq!(decode(stream, 4, None).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_dictionary_reaches_just_so_far() {
    // No literals, 4 bytes from 3 before: the dictionary and the first byte again.
    let stream = [0x00, 3, 0, 0x10, 9];
    assert_eq!(decode(&stream, 5, Some(&[1, 2, 3])).unwrap(), [1, 2, 3, 1, 9]);
    assert_eq!(decode(&stream, 5, Some(&[0, 1, 2, 3])).unwrap(), [1, 2, 3, 1, 9]);
    assert!(decode(&stream, 5, Some(&[2, 3])).is_err());
    assert!(decode(&stream, 5, None).is_err());
}

#[test]
fn answers_does_not_fit_for_every_room_that_is_too_small() {
    for codec in codecs() {
        for src in [mixed(7, 2000), vec![0; 500], noise(3).take(100).collect(), vec![1; 5]] {
            let stream = encode(&*codec, &src, bound(src.len())).unwrap();
            for room in 0..stream.len() {
                assert_eq!(encode(&*codec, &src, room), None, "{codec:?} {room}");
            }
            for room in stream.len()..stream.len() + 40 {
                assert_eq!(encode(&*codec, &src, room).as_ref(), Some(&stream), "{codec:?} {room}");
            }
        }
    }
}

#[test]
fn noise_does_not_fit() {
    for codec in codecs() {
        let src: Vec<u8> = noise(2).take(70_000).collect();
        for nbytes in [1, 12, 13, 100, 10_000, 65_536, 70_000] {
            assert_eq!(encode(&*codec, &src[..nbytes], nbytes - 1), None, "{codec:?} {nbytes}");
        }
    }
}

#[test]
fn what_was_encoded_before_changes_nothing() {
    for codec in codecs() {
        let scratch = &mut Scratch::default();
        for round in 0..200 {
            let nbytes = [100, 3000, 9000, 70_000][round % 4];
            // Few seeds: the same bytes come again at the same places, which a table that
            // remembers too much would find.
            let src = mixed(round as u64 % 7, nbytes);
            let fresh = encode(&*codec, &src, bound(nbytes));
            assert_eq!(encode_with(&*codec, &src, bound(nbytes), scratch), fresh, "{codec:?}");
        }
    }
}

#[test]
fn levels_outside_the_range_are_refused() {
    for clevel in 0..=9 {
        assert!(Lz4::clevel(clevel).validate().is_ok());
        assert_eq!(Lz4::clevel(clevel).clevel(), clevel);
    }
    for codec in [Lz4::clevel(10), Lz4::acceleration(0), Lz4::acceleration(65_538)] {
        assert!(codec.validate().is_err(), "{codec:?}");
        check_round_trip(&codec, &mixed(1, 1000), &mut Scratch::default());
    }
    assert!(
        Lz4::acceleration(1).validate().is_ok() && Lz4::acceleration(65_537).validate().is_ok()
    );
    assert_eq!(Lz4::acceleration(1).clevel(), 9);
    assert_eq!(Lz4::acceleration(5).clevel(), 5);
    assert_eq!(Lz4::acceleration(1000).clevel(), 1);
    for level in 1..=12 {
        assert!(Lz4Hc::level(level).validate().is_ok());
        assert_eq!(Lz4Hc::level(level).clevel(), level.min(9));
    }
    assert!((0..=9).all(|clevel| Lz4Hc::clevel(clevel).validate().is_ok()));
    for codec in [Lz4Hc::clevel(10), Lz4Hc::level(0), Lz4Hc::level(13)] {
        assert!(codec.validate().is_err(), "{codec:?}");
        check_round_trip(&codec, &mixed(1, 1000), &mut Scratch::default());
    }
}

#[test]
fn higher_levels_find_more() {
    // Words from a small vocabulary, in which matches overlap in many ways.
    let mut choices = noise(11);
    let mut src = Vec::new();
    for _ in 0..20_000 {
        let word = choices.next().unwrap() % 64;
        src.extend((0..2 + word % 5).map(|i| word.wrapping_mul(i + 1) & 15));
    }
    let lens: Vec<usize> = [2, 3, 4, 6, 9, 10, 12]
        .map(|level| check_round_trip(&Lz4Hc::level(level), &src, &mut Scratch::default()))
        .to_vec();
    assert!(lens.is_sorted_by(|low, high| low > high), "{lens:?}");
    let fast = check_round_trip(&Lz4::acceleration(1), &src, &mut Scratch::default());
    assert!(fast > lens[0], "{fast} {lens:?}");
}

#[test]
fn round_trips_of_long_runs() {
    // Of many lengths, each with another end: the places in them are not looked at one by one.
    let mut src = Vec::new();
    for i in 0..200_u32 {
        src.resize(src.len() + 5000 + i as usize, 0);
        src.push(i as u8);
    }
    for codec in codecs() {
        assert!(check_round_trip(&*codec, &src, &mut Scratch::default()) < src.len() / 100);
    }
}

#[test]
fn finds_the_run_of_the_same_length_among_many() {
    // Runs of 30 lengths, each always before the same 8 bytes. The place where a run is as long as
    // the one searched for is thousands of positions away, more than are looked at one by one.
    let mut choices = noise(4);
    let names: Vec<Vec<u8>> = (0..30).map(|_| choices.by_ref().take(8).collect()).collect();
    let (mut src, nruns) = (Vec::new(), 600);
    for _ in 0..nruns {
        let which = usize::from(choices.next().unwrap()) % 30;
        src.resize(src.len() + 600 + 10 * which, 0);
        src.extend(&names[which]);
    }
    for level in [10, 11] {
        let len = check_round_trip(&Lz4Hc::level(level), &src, &mut Scratch::default());
        // A match for a run and its name has 3 bytes and up to 4 length bytes; two have 3 more.
        assert!(len < nruns * 15 / 2, "{level}: {len}");
    }
}
