//! A chunk that is written to, against a plain vector.

#![no_main]

mod common;

use arbitrary::Arbitrary;
use common::AnyOptions;
use libfuzzer_sys::fuzz_target;
use ndpress::{Chunk, Limits, Registry};

#[derive(Arbitrary, Debug)]
struct Write {
    start: u16,
    bytes: Vec<u8>,
    repeats: u8,
    /// Other options than the chunk was made with.
    options: Option<AnyOptions>,
}

fuzz_target!(|input: (AnyOptions, u8, u16, bool, Vec<Write>)| {
    let (any, typesize, nbytes, is_zero, writes) = input;
    let (typesize, nbytes) = (usize::from(typesize) + 1, usize::from(nbytes));
    let (options, registry) = (any.options(), Registry::default());
    let mut model: Vec<u8> = (0..nbytes).map(|i| if is_zero { 0 } else { (i / 3) as u8 }).collect();
    let mut chunk = Chunk::encode(&model, typesize, &options).expect("the options are valid");
    for write in writes.iter().take(8) {
        let new = write.bytes.repeat(usize::from(write.repeats) + 1);
        let start = usize::from(write.start).min(nbytes);
        let new = &new[..new.len().min(nbytes - start)];
        model[start..start + new.len()].copy_from_slice(new);
        let other = write.options.as_ref().map(AnyOptions::options);
        let options = other.as_ref().unwrap_or(&options);
        chunk.write_range(start, new, options, &registry).expect("the range is inside");
        assert!(chunk.cbytes() <= nbytes + 32);
        let parsed = Chunk::parse(chunk.as_bytes(), &Limits::none()).expect("just written");
        assert!(parsed.decode(&registry).expect("just written") == model);
    }
});
