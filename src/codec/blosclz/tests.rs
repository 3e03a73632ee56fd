use proptest::prelude::*;

use super::*;
use crate::codec::fixtures;

/// The format as the module describes it, one byte at a time: the model for both directions.
fn model_decode(stream: &[u8], nbytes: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = stream.iter().copied().map(usize::from);
    let mut control = rest.next()? & 31;
    loop {
        if control < 32 {
            for _ in 0..=control {
                bytes.push(rest.next()? as u8);
            }
        } else {
            let mut len = (control >> 5) + 2;
            if len == 9 {
                loop {
                    let more = rest.next()?;
                    len += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let mut distance = (control & 31) * 256 + rest.next()? + 1;
            if distance == 8192 {
                distance += rest.next()? * 256 + rest.next()?;
            }
            if len > nbytes {
                return None;
            }
            for _ in 0..len {
                bytes.push(*bytes.get(bytes.len().checked_sub(distance)?)?);
            }
        }
        match rest.next() {
            Some(next) => control = next,
            None => return (bytes.len() == nbytes).then_some(bytes),
        }
        if bytes.len() > nbytes {
            return None;
        }
    }
}

/// Whether the last instruction is a literal run: C-Blosc2 rejects others.
fn ends_with_literals(stream: &[u8]) -> bool {
    let (mut at, mut control) = (1, usize::from(stream[0] & 31));
    loop {
        let is_literal = control < 32;
        if is_literal {
            at += control + 1;
        } else {
            if control >> 5 == 7 {
                while stream[at] == 255 {
                    at += 1;
                }
                at += 1;
            }
            at += if control & 31 == 31 && stream[at] == 255 { 3 } else { 1 };
        }
        if at >= stream.len() {
            return is_literal;
        }
        control = stream[at].into();
        at += 1;
    }
}

fn encode_into(codec: BloscLz, bytes: &[u8], dst: &mut [u8], scratch: &mut Scratch) -> Encoded {
    codec.encode(bytes, dst, &BlockInfo::bytes(&bytes.len()), scratch).unwrap()
}

/// The stream, or `None` where the codec gives up or saves nothing.
fn encode(clevel: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut dst = vec![0; bytes.len().saturating_sub(1)];
    match encode_into(BloscLz::clevel(clevel), bytes, &mut dst, &mut Scratch::default()) {
        Encoded::Len(len) => {
            dst.truncate(len);
            Some(dst)
        }
        Encoded::DoesNotFit => None,
    }
}

fn decode(stream: &[u8], nbytes: usize) -> Result<Vec<u8>, CodecError> {
    let mut dst = vec![0xaa; nbytes];
    let block = BlockInfo::bytes(&nbytes);
    BloscLz::default().decode(stream, &mut dst, &block, &mut Scratch::default())?;
    Ok(dst)
}

fn check_round_trip(clevel: u8, bytes: &[u8]) -> Option<usize> {
    let stream = encode(clevel, bytes)?;
    assert!(stream[0] >> 5 == 1, "the marker is missing");
    assert!(ends_with_literals(&stream));
    assert!(model_decode(&stream, bytes.len()).as_deref() == Some(bytes), "encoder");
    assert!(decode(&stream, bytes.len()).unwrap() == bytes, "decoder");
    Some(stream.len())
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let step = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(step).take(len).collect()
}

/// Pieces of noise, of runs and of what came before: what image planes are made of.
fn image_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = (0..4_u8, 1..400_usize, any::<u64>());
    prop::collection::vec(piece, 0..60).prop_map(|pieces| {
        let mut bytes: Vec<u8> = Vec::new();
        for (kind, len, seed) in pieces {
            match kind {
                0 => bytes.extend(noise(seed, len % 40 + 1)),
                1 => bytes.extend(noise(seed, 9000 * usize::from(seed % 8 == 0))),
                2 => bytes.extend(std::iter::repeat_n(seed as u8, len)),
                _ if bytes.is_empty() => {}
                _ => {
                    let from = seed as usize % bytes.len();
                    let to = (from + len).min(bytes.len());
                    bytes.extend_from_within(from..to);
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn round_trips(bytes in image_like(), clevel in 1..=9_u8) {
        check_round_trip(clevel, &bytes);
    }

    #[test]
    fn any_bytes_decode_as_in_the_model(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        nbytes in 1..600_usize,
    ) {
        prop_assert_eq!(decode(&stream, nbytes).ok(), model_decode(&stream, nbytes));
    }

    #[test]
    fn damaged_streams_decode_as_in_the_model(
        bytes in image_like(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        if let Some(mut stream) = encode(9, &bytes) {
            for (index, byte) in damage {
                let at = index.index(stream.len());
                stream[at] = byte;
            }
            prop_assert!(decode(&stream, bytes.len()).ok() == model_decode(&stream, bytes.len()));
        }
    }

    #[test]
    fn a_used_scratch_changes_nothing(inputs in prop::collection::vec(image_like(), 1..5)) {
        let mut used = Scratch::default();
        for bytes in &inputs {
            for clevel in [9, 1, 5] {
                let mut dst = vec![0; bytes.len()];
                let codec = BloscLz::clevel(clevel);
                let encoded = encode_into(codec, bytes, &mut dst, &mut used);
                let mut expected = vec![0; bytes.len()];
                let fresh = encode_into(codec, bytes, &mut expected, &mut Scratch::default());
                prop_assert_eq!(encoded, fresh);
                if let Encoded::Len(len) = fresh {
                    prop_assert!(dst[..len] == expected[..len]);
                }
            }
        }
    }
}

#[test]
fn reads_what_c_blosc2_wrote() {
    let cases = fixtures::cases(include_bytes!("../../../tests/fixtures/codec_blosclz.bin"));
    for case in &cases {
        assert!(case.dictionary.is_none());
        for stream in &case.streams {
            assert!(decode(stream, case.bytes.len()).unwrap() == case.bytes);
            assert!(model_decode(stream, case.bytes.len()).unwrap() == case.bytes);
        }
    }
    assert!(cases.len() >= 15);
}

/// Levels compress what C-Blosc2 compresses, to no more than 2 % more bytes.
#[test]
fn is_as_small_as_c_blosc2() {
    let cases = fixtures::cases(include_bytes!("../../../tests/fixtures/codec_blosclz.bin"));
    for case in cases.iter().filter(|case| case.bytes.len() >= 1000) {
        let best = case.streams.iter().map(|stream| stream.len()).min().unwrap();
        let len = check_round_trip(9, case.bytes).unwrap();
        assert!(len * 100 <= best * 102, "{len} bytes against {best}");
    }
}

#[test]
fn round_trips_all_short_lengths() {
    let patterns: [fn(usize) -> u8; 5] =
        [|_| 0, |i| (i % 2) as u8, |i| (i % 7) as u8, |i| (i / 9) as u8, |i| (i * i) as u8];
    for pattern in patterns {
        for len in 1..100 {
            let bytes: Vec<u8> = (0..len).map(pattern).collect();
            for clevel in 0..=9 {
                check_round_trip(clevel, &bytes);
            }
        }
    }
    let shrunk = (1..100).filter(|&len| check_round_trip(5, &vec![3; len]).is_some());
    assert_eq!(shrunk.min(), Some(14), "two bytes are searched");
}

#[test]
fn round_trips_every_match_length_and_distance_around_the_limits() {
    let source = noise(1, 80_000);
    let lengths = [7, 8, 9, 10, 263, 264, 265, 518, 519, 520, 1030];
    let distances = [1100, 8190, 8191, 8192, 8193, 8194, 73_725, 73_726, 73_727, 73_728, 73_729];
    for (len, distance) in lengths.iter().flat_map(|&l| distances.map(|d| (l, d))) {
        let mut bytes = vec![0; 40_000];
        bytes.extend_from_slice(&source[..distance]);
        bytes.extend_from_slice(&source[..len]);
        bytes.extend([0; 300]);
        assert!(check_round_trip(9, &bytes).is_some());
    }
    for period in 1..70 {
        let bytes: Vec<u8> = source[..period].iter().copied().cycle().take(3000).collect();
        assert!(check_round_trip(1, &bytes).unwrap() < 130 + period);
    }
}

#[test]
fn distances_up_to_the_longest_are_used() {
    let (margin, row) = (noise(3, 40_000), noise(4, 64));
    for (gap, saves) in [(8_191, true), (8_192, true), (73_727, true), (73_728, false)] {
        let mut bytes = row.clone();
        bytes.resize(gap, 0);
        bytes.extend_from_slice(&row);
        bytes.extend_from_slice(&margin[..100]);
        let stream = encode(9, &bytes).unwrap();
        let holds_row_twice = stream.windows(16).filter(|window| *window == &row[..16]).count() > 1;
        assert_eq!(holds_row_twice, !saves, "distance {gap}");
        check_round_trip(9, &bytes);
    }
}

#[test]
fn decodes_streams_made_by_hand() {
    let literal = |text: &[u8]| [&[text.len() as u8 - 1], text].concat();
    let cases: [(Vec<u8>, &[u8]); 6] = [
        (literal(b"a"), b"a"),
        (vec![0xe0, b'a'], b"a"),
        ([literal(b"ab"), vec![1 << 5, 1]].concat(), b"ababa"),
        ([literal(b"abc"), vec![6 << 5, 2], literal(b"!")].concat(), b"abcabcabcab!"),
        ([literal(b"x"), vec![7 << 5, 0, 0]].concat(), b"xxxxxxxxxx"),
        ([literal(b"xy"), vec![7 << 5, 3, 1]].concat(), b"xyxyxyxyxyxyxy"),
    ];
    for (stream, bytes) in cases {
        assert_eq!(decode(&stream, bytes.len()).unwrap(), bytes);
        assert!(matches!(decode(&stream, bytes.len() + 1), Err(CodecError::Truncated)));
        if bytes.len() > 1 {
            assert!(matches!(decode(&stream, bytes.len() - 1), Err(CodecError::Corrupt { .. })));
        }
    }
}

#[test]
fn rejects_hostile_streams() {
    // Read as a length, this overflows 31 bits: C-Blosc2 once wrote out of bounds.
    let mut long = vec![0xff; 8_400_000];
    assert!(decode(&long, 1000).is_err());
    long[..2].copy_from_slice(&[0, 7]);
    assert!(matches!(decode(&long, 1000), Err(CodecError::Corrupt { .. })));
    assert!(matches!(decode(&long, 10_000_000), Err(CodecError::Corrupt { .. })));
    assert!(matches!(decode(&[], 1), Err(CodecError::Truncated)));
    // Matches before the first byte, near and far.
    assert!(matches!(decode(&[0, 7, 1 << 5, 1], 4), Err(CodecError::Corrupt { .. })));
    assert!(matches!(decode(&[0, 7, 0x3f, 255, 0, 0], 4), Err(CodecError::Corrupt { .. })));
    // Streams that end within an instruction.
    for stream in
        [&[3, 1][..], &[0, 1, 0x20], &[0, 1, 0xe0], &[0, 1, 0xe0, 255], &[0, 1, 0x3f, 255]]
    {
        assert!(matches!(decode(stream, 1000), Err(CodecError::Truncated)), "{stream:?}");
    }
}

#[test]
fn truncation_and_bit_flips_never_panic() {
    let cases = fixtures::cases(include_bytes!("../../../tests/fixtures/codec_blosclz.bin"));
    for case in cases.iter().filter(|case| case.bytes.len() < 4000) {
        let own = encode(9, case.bytes);
        for stream in case.streams.iter().copied().chain(own.as_deref()) {
            for len in 0..stream.len() {
                assert!(decode(&stream[..len], case.bytes.len()).is_err(), "truncated to {len}");
            }
            let mut flipped = stream.to_vec();
            for bit in 0..stream.len() * 8 {
                flipped[bit / 8] ^= 1 << (bit % 8);
                let decoded = decode(&flipped, case.bytes.len()).ok();
                assert!(decoded == model_decode(&flipped, case.bytes.len()), "bit {bit}");
                flipped[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}

#[test]
fn fits_exactly_or_not_at_all() {
    let cases = fixtures::cases(include_bytes!("../../../tests/fixtures/codec_blosclz.bin"));
    for case in cases.iter().filter(|case| case.bytes.len() < 4000) {
        let Some(stream) = encode(5, case.bytes) else { continue };
        let mut scratch = Scratch::default();
        for room in 0..=stream.len() + 40 {
            let mut dst = vec![0; room];
            let encoded = encode_into(BloscLz::clevel(5), case.bytes, &mut dst, &mut scratch);
            if room < stream.len() {
                assert_eq!(encoded, Encoded::DoesNotFit);
            } else {
                assert_eq!(encoded, Encoded::Len(stream.len()));
                assert!(dst[..stream.len()] == stream);
            }
        }
    }
}

#[test]
fn the_table_survives_the_end_of_its_counter() {
    let bytes = [noise(5, 300), noise(5, 300), noise(6, 40)].concat();
    let effort = encode::Effort::new(9).unwrap();
    let mut expected = vec![0; bytes.len()];
    let fresh = encode::encode(&bytes, &mut expected, effort, &mut encode::Table::default());
    let Encoded::Len(len) = fresh else { panic!("half of it is a repetition") };
    for left in 0..2000 {
        let mut table = encode::Table::default();
        let mut dst = vec![0; bytes.len()];
        encode::encode(&bytes, &mut dst, effort, &mut table);
        table.set_end(u32::MAX - left);
        for _ in 0..3 {
            assert_eq!(encode::encode(&bytes, &mut dst, effort, &mut table), fresh);
            assert!(dst[..len] == expected[..len]);
        }
    }
}

#[test]
fn gives_up_on_noise_but_not_on_a_noisy_margin() {
    let margin = noise(7, 20_000);
    for clevel in 1..=9 {
        assert_eq!(encode(clevel, &margin), None);
        let mut bytes = margin.clone();
        bytes.resize(200_000, 9);
        let len = check_round_trip(clevel, &bytes).unwrap();
        assert!(len < 23_000, "level {clevel}: {len}");
    }
}

#[test]
fn levels() {
    assert_eq!(BloscLz::default(), BloscLz::clevel(5));
    for clevel in 0..=9 {
        assert_eq!(BloscLz::clevel(clevel).validate(), Ok(()));
        assert_eq!(Codec::clevel(&BloscLz::clevel(clevel)), clevel);
    }
    let error = BloscLz::clevel(10).validate().unwrap_err();
    assert_eq!(error.to_string(), "level 10 of codec blosclz is outside 0..=9");
    assert_eq!(encode(0, &[0; 5000]), None);
    assert_eq!(BloscLz::default().preferred_streams(), Streams::PerByte);
}
