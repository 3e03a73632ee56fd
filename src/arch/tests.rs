//! Every kernel on every instruction set of the machine, against models of a few lines.

use super::Isa;
use super::bitshuffle::{bitshuffle, bitunshuffle};
use super::difference::{subtract_previous, xor};
use super::prefix::{prefix_sum, prefix_xor};
use super::shuffle::{shuffle, unshuffle};

type Kernel = fn(Isa, usize, &[u8], &mut [u8]);
type Prefix = fn(Isa, &[u8], &mut [u8]);
type Combine = fn(u8, u8) -> u8;

/// The byte shuffle by its definition.
fn shuffled(width: usize, src: &[u8]) -> Vec<u8> {
    let nitems = src.len() / width;
    let from = |at| if at < nitems * width { at % nitems * width + at / nitems } else { at };
    (0..src.len()).map(|at| src[from(at)]).collect()
}

/// The bit shuffle by its definition.
fn bitshuffled(typesize: usize, src: &[u8]) -> Vec<u8> {
    let nitems = src.len() / typesize / 8 * 8;
    let mut dst = src.to_vec();
    dst[..nitems * typesize].fill(0);
    for bit in 0..nitems * typesize * 8 {
        let (row, item) = (bit / nitems, bit % nitems);
        dst[bit / 8] |= (src[item * typesize + row / 8] >> (row % 8) & 1) << (bit % 8);
    }
    dst
}

/// Bytes without a pattern, from a linear congruence.
fn noise(nbytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..nbytes).map(|_| next()).collect()
}

/// Lengths around the kernels' group sizes for items of `width` bytes, and all short ones.
fn lengths(width: usize) -> impl Iterator<Item = usize> {
    let long = [8 * 64, 3 * 512 + 17, 4099].into_iter();
    (0..600).chain(long.map(move |nitems| nitems * width + width / 2))
}

/// Calls `kernel` with a destination amid other bytes, which it must leave alone.
fn run(nbytes: usize, kernel: impl FnOnce(&mut [u8])) -> Vec<u8> {
    const MARGIN: usize = 64;
    let mut buffer = vec![0xa5; nbytes + 2 * MARGIN];
    kernel(&mut buffer[MARGIN..][..nbytes]);
    let dst = buffer[MARGIN..][..nbytes].to_vec();
    buffer.drain(MARGIN..MARGIN + nbytes);
    assert!(buffer == [0xa5; 2 * MARGIN], "{nbytes} bytes: written beyond the destination");
    dst
}

/// `kernel` gives `expected`, and `inverse` undoes it.
fn check(kernel: Kernel, inverse: Kernel, width: usize, src: &[u8], expected: &[u8]) {
    for isa in Isa::available() {
        let case = format!("{isa:?}, width {width}, {} bytes", src.len());
        assert!(run(src.len(), |dst| kernel(isa, width, src, dst)) == expected, "{case}");
        assert!(run(src.len(), |dst| inverse(isa, width, expected, dst)) == src, "undoing {case}");
    }
}

#[test]
fn shuffle_matches_its_definition() {
    let noise = noise(255 * 4100);
    for width in (1..=40).chain([255]) {
        for nbytes in lengths(width) {
            let src = &noise[..nbytes];
            check(shuffle, unshuffle, width, src, &shuffled(width, src));
        }
    }
}

#[test]
fn bitshuffle_matches_its_definition() {
    let noise = noise(255 * 4100);
    for typesize in (1..=40).chain([255]) {
        for nbytes in lengths(typesize) {
            // The model is slow: every seventh is enough where the kernels see no difference.
            if nbytes % 7 == 0 || nbytes % (8 * typesize) < 2 || nbytes > 600 {
                let src = &noise[..nbytes];
                check(bitshuffle, bitunshuffle, typesize, src, &bitshuffled(typesize, src));
            }
        }
    }
}

/// A running total of units by its definition.
fn prefixed(unit: usize, src: &[u8], combine: Combine) -> Vec<u8> {
    let mut dst = src.to_vec();
    for at in unit..src.len() / unit * unit {
        dst[at] = combine(dst[at - unit], src[at]);
    }
    dst
}

#[test]
fn prefixes_match_their_definition() {
    let noise = noise(5000);
    let kernels: [(usize, Prefix, Combine); 5] = [
        (1, prefix_sum, u8::wrapping_add),
        (1, prefix_xor::<1>, |left, right| left ^ right),
        (2, prefix_xor::<2>, |left, right| left ^ right),
        (4, prefix_xor::<4>, |left, right| left ^ right),
        (8, prefix_xor::<8>, |left, right| left ^ right),
    ];
    for (unit, kernel, combine) in kernels {
        for nbytes in (0..600).chain([4999]) {
            let expected = prefixed(unit, &noise[..nbytes], combine);
            for isa in Isa::available() {
                let dst = run(nbytes, |dst| kernel(isa, &noise[..nbytes], dst));
                assert!(dst == expected, "{isa:?}, unit {unit}, {nbytes} bytes");
            }
        }
    }
}

#[test]
fn differences_match_their_definition() {
    let noise = noise(5000);
    for nbytes in (0..600).chain([4999]) {
        let (left, right) = (&noise[..nbytes], &noise[1..]);
        let xored: Vec<u8> = left.iter().zip(right).map(|(left, right)| left ^ right).collect();
        for isa in Isa::available() {
            let dst = run(nbytes, |dst| xor(isa, left, right, dst));
            assert!(dst == xored, "{isa:?}, {nbytes} bytes");
            let dst = run(nbytes, |dst| subtract_previous(isa, left, dst));
            let summed = prefixed(1, &dst, u8::wrapping_add);
            assert!(summed == left, "{isa:?}, {nbytes} bytes");
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn bit_rows_that_wrap_around_the_address_space_are_refused() {
    use super::bitshuffle_x86::transpose;
    for isa in Isa::available() {
        // Seven of these and a row end at byte 30, counted in a `usize` that wraps.
        let stride = usize::MAX / 7;
        for (from_stride, to_stride) in [(stride, 32), (32, stride)] {
            let run = || {
                transpose(isa, 32, (&[0; 256], from_stride), (&mut [0; 256], to_stride));
            };
            assert!(std::panic::catch_unwind(run).is_err(), "{isa:?}");
        }
    }
}
