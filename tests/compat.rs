//! Chunks that C-Blosc2 and Blosc1 wrote: each must give the bytes that were compressed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Fixture, Random, fixtures, folder, is_readable, readable_fixtures};
use ndpress::{Chunk, ChunkOptions, CodecId, Error, Limits, Registry, Special, Unsupported};

fn parse(fixture: &Fixture) -> Chunk<&[u8]> {
    Chunk::parse(&fixture.chunk[..], &Limits::default()).unwrap()
}

#[test]
fn every_file_is_in_the_index() {
    let names = |extension: &str| {
        let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).count()
    };
    let listed = fixtures().len();
    assert_eq!(names("b2chunk"), listed);
    assert!(listed > 90);
}

#[test]
fn chunks_decode_whole() {
    for fixture in readable_fixtures() {
        let chunk = parse(&fixture);
        assert_eq!(chunk.nbytes(), fixture.raw.len(), "{}", fixture.name);
        assert_eq!(chunk.cbytes(), fixture.chunk.len(), "{}", fixture.name);
        assert!(chunk.decode(&Registry::default()).unwrap() == fixture.raw, "{}", fixture.name);
    }
}

#[test]
fn chunks_decode_block_by_block() {
    let registry = Registry::default();
    for fixture in readable_fixtures() {
        let chunk = parse(&fixture);
        let mut end = 0;
        // Backwards, so that nothing can depend on blocks decoded before.
        for block in (0..chunk.nblocks()).rev() {
            let range = chunk.block_range(block).unwrap();
            end = end.max(range.end);
            let mut dst = vec![0xa5; range.len()];
            chunk.decode_block_into(block, &mut dst, &registry).unwrap();
            assert!(dst == fixture.raw[range], "{}, block {block}", fixture.name);
        }
        assert_eq!(end, fixture.raw.len(), "{}", fixture.name);
    }
}

#[test]
fn chunks_decode_by_range() {
    let registry = Registry::default();
    for fixture in readable_fixtures() {
        let chunk = parse(&fixture);
        let decoder = chunk.decoder(&registry).unwrap();
        let (nbytes, mut random) = (fixture.raw.len() as u64, Random::new(1));
        for len in [0, 1, 2, 3, 5, 31, 64, 255, 700, 1301, 2999] {
            for _ in 0..8.min(nbytes + 1) {
                let start = (random.next() % (nbytes + 1)) as usize;
                let range = start..fixture.raw.len().min(start + len);
                let mut dst = vec![0xa5; range.len()];
                decoder.range_into(range.clone(), &mut dst).unwrap();
                assert!(dst == fixture.raw[range.clone()], "{}, {range:?}", fixture.name);
            }
        }
    }
}

#[test]
fn chunks_of_others_can_be_changed() {
    let (registry, options) = (Registry::default(), ChunkOptions::new());
    for fixture in readable_fixtures() {
        let mut chunk = Chunk::parse(fixture.chunk.clone(), &Limits::default()).unwrap();
        let mut model = fixture.raw.clone();
        let mut random = Random::new(2);
        for len in [1, 7, 300, 1000] {
            if model.len() < len {
                continue;
            }
            let start = random.next() as usize % (model.len() - len + 1);
            let new: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
            match chunk.write_range(start, &new, &options, &registry) {
                Err(Error::Unsupported(Unsupported::VariableBlocks)) => {
                    assert!(fixture.name.starts_with("variable"), "{}", fixture.name);
                    break;
                }
                result => result.unwrap(),
            }
            model[start..start + len].copy_from_slice(&new);
        }
        assert!(chunk.decode(&registry).unwrap() == model, "{}", fixture.name);
    }
}

#[test]
fn headers_say_what_was_asked_for() {
    let all = fixtures();
    let of = |name: &str| all.iter().find(|fixture| fixture.name == name).unwrap();
    let codecs = [("blosclz", CodecId::BLOSCLZ), ("lz4", CodecId::LZ4), ("lz4hc", CodecId::LZ4HC)];
    for (name, codec) in codecs.into_iter().chain([("zstd", CodecId::ZSTD)]) {
        let chunk = parse(of(&format!("{name}_shuffle_bytedelta")));
        assert_eq!(chunk.codec_id(), codec);
        let filters: Vec<(u8, u8)> = chunk.filters().map(|(id, m)| (id.as_u8(), m)).collect();
        assert_eq!(filters, [(1, 0), (35, 4)]);
        assert_eq!((chunk.typesize(), chunk.blocksize(), chunk.nblocks()), (4, 600, 3));
    }
    let specials = [
        ("zeros", Special::Zeros),
        ("zeros_found", Special::Zeros),
        ("nan_f4", Special::Nan),
        ("repeat_300", Special::Repeat),
        ("uninit", Special::Uninit),
    ];
    for (name, special) in specials {
        assert_eq!(parse(of(name)).special(), Some(special), "{name}");
    }
    for name in ["stored_level_0", "stored_short", "empty", "blosc1_stored"] {
        assert!(parse(of(name)).is_stored(), "{name}");
    }
    // What the header says is 1003 and 2500 rounded down to whole elements.
    assert_eq!(parse(of("blosclz_none")).blocksize(), 600);
    assert_eq!(parse(of("blocksize_ragged")).blocksize(), 1000);
    assert_eq!(parse(of("variable_lz4")).nblocks(), 6);
}

#[test]
fn chunks_of_codecs_that_are_not_built_in_are_unsupported() {
    for fixture in fixtures().iter().filter(|fixture| !is_readable(&fixture.name)) {
        let chunk = parse(fixture);
        // A stored chunk needs no codec.
        if !chunk.is_stored() {
            let error = chunk.decode(&Registry::default()).unwrap_err();
            let is_unsupported = matches!(error, Error::Unsupported(Unsupported::Codec { .. }));
            assert!(is_unsupported, "{}: {error}", fixture.name);
        }
    }
}
