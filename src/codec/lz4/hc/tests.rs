use super::{Lz4Hc, compress, mid, optimal};
use crate::codec::Scratch;

/// Numbers of which many come again, at all distances.
fn sample(seed: u32, nbytes: usize) -> Vec<u8> {
    let mut state = seed;
    let step = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 30 == 0 { (state >> 24) as u8 } else { (i / 5 % 250) as u8 }
    };
    (0..nbytes).map(step).collect()
}

fn encode(level: u8, src: &[u8], scratch: &mut Scratch) -> Option<Vec<u8>> {
    let mut dst = vec![0; src.len()];
    let nbytes = compress(src, &mut dst, Lz4Hc::level(level).effort(), scratch)?;
    dst.truncate(nbytes);
    Some(dst)
}

#[test]
fn the_tables_survive_the_end_of_their_keys() {
    let inputs = [sample(1, 3000), sample(2, 70_000), sample(1, 5000)];
    let len = inputs[0].len() as u32;
    for level in [1, 3, 9, 10, 12] {
        let fresh = inputs.each_ref().map(|src| encode(level, src, &mut Scratch::default()));
        assert!(fresh.iter().all(Option::is_some), "level {level}: not worth a test");
        // The keys end before the first input, just with it, in a later one, and not at all.
        for left in [0, len - 1, len, len + 1, len + 65_536 + 5, 300_000, 1_000_000] {
            let mut scratch = Scratch::default();
            for src in &inputs {
                encode(level, src, &mut scratch);
            }
            scratch.state::<mid::Tables>().leave(left);
            scratch.state::<optimal::State>().chains.leave(left);
            for (index, src) in inputs.iter().enumerate() {
                let again = encode(level, src, &mut scratch);
                assert!(again == fresh[index], "level {level}, input {index}, {left} keys left");
            }
        }
    }
}
