//! The fixtures in `tests/fixtures/chunks`, and the bytes that they hold.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::PathBuf;

/// One line of `index.tsv`: a chunk, and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    /// The compressed bytes.
    pub(crate) chunk: Vec<u8>,
    /// The bytes that were compressed.
    pub(crate) raw: Vec<u8>,
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chunks")
}

/// All fixtures that this build can decode.
pub(crate) fn readable_fixtures() -> Vec<Fixture> {
    fixtures().into_iter().filter(|fixture| is_readable(&fixture.name)).collect()
}

/// Whether this build has the codec that the fixture's name tells.
pub(crate) fn is_readable(name: &str) -> bool {
    let is_zstd = name.contains("zstd") || name.starts_with("typesize_") || name == "empty";
    let is_zstd = is_zstd || name == "starts_out_of_order" || name.starts_with("shorter_");
    (cfg!(feature = "zlib") || !name.contains("zlib")) && (cfg!(feature = "zstd") || !is_zstd)
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let index = fs::read_to_string(folder().join("index.tsv")).unwrap();
    index.lines().map(fixture).collect()
}

fn fixture(line: &str) -> Fixture {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, _writer, kind, nbytes, typesize, seed] = *fields.first_chunk().unwrap();
    let (nbytes, typesize) = (nbytes.parse().unwrap(), typesize.parse().unwrap());
    let raw = content(kind, nbytes, typesize, seed.parse().unwrap());
    let chunk = fs::read(folder().join(format!("{name}.b2chunk"))).unwrap();
    Fixture { name: name.to_owned(), chunk, raw }
}

/// The high bits of a linear congruential generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn next(&mut self) -> u64 {
        let state = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = state.wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// As the function of the same name in `generate_chunks.py`.
pub(crate) fn content(kind: &str, nbytes: usize, typesize: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut raw = vec![0; nbytes];
    match kind {
        "ramp" => {
            for (i, item) in raw.chunks_mut(typesize).enumerate() {
                let value = (i as u64 * 3 + (random.next() & 7)).to_le_bytes();
                for (at, byte) in item.iter_mut().enumerate() {
                    *byte = value[at % 8] ^ (at / 8) as u8;
                }
            }
        }
        "truncated" => {
            let kept = u64::MAX << if typesize == 4 { 18 } else { 47 };
            for item in raw.chunks_mut(typesize) {
                random.next();
                let noise = (random.next() << 17 | random.next() << 48) & kept;
                item.copy_from_slice(&noise.to_le_bytes()[..typesize]);
            }
        }
        "sparse" => {
            for _ in 0..nbytes.div_ceil(700) {
                let at = random.next() as usize % nbytes;
                raw[at] = random.next() as u8;
            }
        }
        "noise" => raw.fill_with(|| random.next() as u8),
        "mixed" => {
            for (i, byte) in raw.iter_mut().enumerate() {
                *byte = if i % typesize < typesize / 2 { random.next() as u8 } else { 0x5a };
            }
        }
        _ => {
            let value = kind.strip_prefix("repeat:").unwrap();
            let digits = |at| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
            let value: Vec<u8> = (0..value.len()).step_by(2).map(digits).collect();
            raw = value.repeat(nbytes / value.len());
        }
    }
    raw
}
