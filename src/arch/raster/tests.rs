//! Every kernel on every instruction set of the machine, against the plain loops; and these
//! against the definition.

use proptest::prelude::*;

use super::super::Isa;
use super::{COMPACT_SLACK, Packed, Prediction, Predictor, compact, minimum, transpose};

/// Packs and unpacks, in bands of `band` bytes.
fn round_trip(isa: Isa, prediction: &Prediction, src: &[u8], band: usize) -> Vec<u8> {
    let mut planes = vec![0; prediction.nplanes(src.len())];
    let mut widths = vec![1; prediction.nwidths(src.len())];
    transpose(isa, prediction, src, &mut planes, &mut widths);
    let mut packed = vec![0; planes.len() + COMPACT_SLACK];
    let len = compact(isa, prediction.itemsize, &planes, &widths, &mut packed);
    let packed = Packed::new(*prediction, src.len(), &widths, &packed[..len]);
    let mut unpacker = packed.expect("what was packed fits together").unpacker(isa);
    let mut dst = vec![0xa5; src.len()];
    while unpacker.done() < dst.len() {
        let until = unpacker.done() + band;
        unpacker.advance(&mut dst, until);
    }
    dst
}

/// What [`transpose`] writes, between guards that it must not.
fn transposed(isa: Isa, prediction: &Prediction, src: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // As long as it has to be: tools that watch memory see reads beyond.
    let src = src.to_vec().into_boxed_slice();
    let (nplanes, nwidths) = (prediction.nplanes(src.len()), prediction.nwidths(src.len()));
    let mut planes = vec![0x5a; 64 + nplanes + 64];
    let mut widths = vec![0x5a; 64 + nwidths + 64];
    let (inner_planes, inner_widths) =
        (&mut planes[64..64 + nplanes], &mut widths[64..64 + nwidths]);
    transpose(isa, prediction, &src, inner_planes, inner_widths);
    for guarded in [&planes, &widths] {
        let (front, back) = (&guarded[..64], &guarded[guarded.len() - 64..]);
        assert!(front.iter().chain(back).all(|&byte| byte == 0x5a), "{prediction:?} on {isa:?}");
    }
    (planes[64..64 + nplanes].to_vec(), widths[64..64 + nwidths].to_vec())
}

/// What [`compact`] keeps.
fn compacted(isa: Isa, itemsize: usize, planes: &[u8], widths: &[u8]) -> Vec<u8> {
    let planes = planes.to_vec().into_boxed_slice();
    let widths = widths[..planes.len() / 8 / itemsize].to_vec().into_boxed_slice();
    let len: usize = widths.iter().map(|&width| usize::from(width)).sum();
    let mut dst = vec![0x5a; len + COMPACT_SLACK + 64];
    assert_eq!(compact(isa, itemsize, &planes, &widths, &mut dst[..len + COMPACT_SLACK]), len);
    assert!(dst[len + COMPACT_SLACK..].iter().all(|&byte| byte == 0x5a), "{isa:?}");
    dst.truncate(len);
    dst
}

/// Values of which each differs from the one before by at most `bits` bits, with equal ones and
/// jumps between.
fn walk(itemsize: usize, len: usize, bits: u32, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut value = random();
    let mut src = Vec::with_capacity(len * itemsize);
    for _ in 0..len {
        let step = random() & u64::MAX.checked_shr(64 - bits).unwrap_or(0);
        value = match random() % 64 {
            0 => random(),
            1..16 => value,
            16..40 => value.wrapping_add(step),
            _ => value.wrapping_sub(step),
        };
        src.extend_from_slice(&value.to_le_bytes()[..itemsize]);
    }
    src
}

fn predictions(itemsize: usize, stride: usize, src: &[u8]) -> impl Iterator<Item = Prediction> {
    let base = minimum(Isa::Scalar, itemsize, src);
    Predictor::ALL.into_iter().filter_map(move |p| Prediction::new(itemsize, p, stride, base))
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(
        src in prop::collection::vec(prop_oneof![Just(0_u8), 0..4_u8, any::<u8>()], 0..5000),
        log in 0..4_u32,
        row in 16..200_usize,
        band in 1..6000_usize,
    ) {
        let itemsize = 1 << log;
        let src = &src[..src.len() / itemsize * itemsize];
        for isa in Isa::available() {
            for prediction in predictions(itemsize, row * itemsize.max(8), src) {
                prop_assert_eq!(&round_trip(isa, &prediction, src, band), src);
            }
        }
    }

    #[test]
    fn every_machine_packs_alike(
        log in 0..4_u32,
        len in prop_oneof![0..40_usize, 0..5000_usize],
        bits in 0..=64_u32,
        row in 16..700_usize,
        seed in any::<u64>(),
        wider in any::<u64>(),
    ) {
        let itemsize = 1 << log;
        let src = walk(itemsize, len, bits, seed);
        for stride in [row * itemsize.max(8), row.next_multiple_of(64) * itemsize.max(2)] {
            for prediction in predictions(itemsize, stride, &src) {
                let (planes, widths) = transposed(Isa::Scalar, &prediction, &src);
                let may_round_up = |(at, &width): (usize, &u8)| match wider >> (at % 64) & 1 {
                    0 => width,
                    _ => 8 * itemsize as u8 - (8 * itemsize as u8 - width) / 2,
                };
                let wider: Vec<u8> = widths.iter().enumerate().map(may_round_up).collect();
                for isa in Isa::available() {
                    let same = transposed(isa, &prediction, &src);
                    prop_assert_eq!(&same.1, &widths, "{:?} on {:?}", prediction, isa);
                    prop_assert_eq!(&same.0, &planes, "{:?} on {:?}", prediction, isa);
                    for widths in [&widths, &wider] {
                        let expected = compacted(Isa::Scalar, itemsize, &planes, widths);
                        prop_assert_eq!(compacted(isa, itemsize, &planes, widths), expected);
                    }
                }
            }
        }
    }
}

/// Bytes that look like noise.
fn noise(mut seed: u64) -> impl FnMut() -> u8 {
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 56) as u8
    }
}

/// Widths of all groups of a block, in runs of one kind: none, all, small or any; then zeros.
fn noisy_widths(prediction: &Prediction, nbytes: usize, noise: &mut impl FnMut() -> u8) -> Vec<u8> {
    let most = 8 * prediction.itemsize as u8;
    let mut widths = Vec::new();
    while widths.len() < prediction.ngroups(nbytes) {
        let kind = noise() % 4;
        for _ in 0..1 + noise() % 40 {
            widths.push(match kind {
                0 => 0,
                1 => most,
                2 => noise() % 3,
                _ => noise() % (most + 1),
            });
        }
    }
    widths.truncate(prediction.ngroups(nbytes));
    widths.resize(prediction.nwidths(nbytes), 0);
    widths
}

/// Decodes in bands of `band` bytes, and checks that nothing is written beside the block.
fn unpacked(isa: Isa, packed: Packed<'_>, band: usize) -> Vec<u8> {
    const GUARD: usize = 128;
    let mut buffer = vec![0xa5; packed.nbytes + 2 * GUARD];
    let block = &mut buffer[GUARD..][..packed.nbytes];
    let mut unpacker = packed.unpacker(isa);
    while unpacker.done() < packed.nbytes {
        unpacker.advance(block, unpacker.done().saturating_add(band));
    }
    let block = block.to_vec();
    buffer.drain(GUARD..GUARD + packed.nbytes);
    assert!(buffer.iter().all(|&byte| byte == 0xa5), "{isa:?} wrote beside the block");
    block
}

proptest! {
    #[test]
    fn all_kernels_unpack_alike(
        seed in any::<u64>(),
        log in 0..4_u32,
        nvalues in prop_oneof![0..40_usize, 0..3000_usize],
        stride in prop_oneof![(2..9_usize).prop_map(|steps| steps * 64), 128..2000_usize],
        band in prop_oneof![1..2000_usize, Just(usize::MAX)],
    ) {
        let itemsize = 1 << log;
        let nbytes = nvalues * itemsize;
        let stride = stride.next_multiple_of(itemsize);
        for predictor in Predictor::ALL {
            let mut noise = noise(seed);
            let prediction = Prediction::new(itemsize, predictor, stride, seed).expect("valid");
            let widths = noisy_widths(&prediction, nbytes, &mut noise);
            // As long as it must be, for tools that look for what is read beside it.
            let planes: Box<[u8]> = (0..super::sum(&widths)).map(|_| noise()).collect();
            let packed = Packed::new(prediction, nbytes, &widths, &planes).expect("it fits");
            let expected = unpacked(Isa::Scalar, packed, usize::MAX);
            for isa in Isa::available() {
                prop_assert!(
                    unpacked(isa, packed, band) == expected,
                    "{isa:?} differs for {prediction:?}"
                );
            }
        }
    }
}
