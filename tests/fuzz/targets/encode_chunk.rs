//! Any bytes with any options come back as they were, whole and by range.

#![no_main]

mod common;

use common::AnyOptions;
use libfuzzer_sys::fuzz_target;
use ndpress::{Chunk, Limits, Registry};

fuzz_target!(|input: (AnyOptions, u16, u8, Vec<u8>)| {
    let (any, typesize, repeats, raw) = input;
    let raw = raw.repeat(usize::from(repeats % 64) + 1);
    let typesize = usize::from(typesize % 400) + 1;
    let (options, registry) = (any.options(), Registry::default());
    let chunk = Chunk::encode(&raw, typesize, &options).expect("the options are valid");
    assert!(chunk.cbytes() <= raw.len() + 32);
    let parsed = Chunk::parse(chunk.as_bytes(), &Limits::none()).expect("it was just written");
    assert_eq!(parsed.blocksize(), chunk.blocksize());
    assert!(parsed.decode(&registry).expect("it was just written") == raw);
    let range = raw.len() / 3..raw.len() - raw.len() / 4;
    let mut dst = vec![0xa5; range.len()];
    parsed.decode_range_into(range.clone(), &mut dst, &registry).expect("it was just written");
    assert!(dst == raw[range]);
});
