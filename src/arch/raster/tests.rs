//! Every kernel on every instruction set of the machine, against the plain loops; and these
//! against the definition.

use proptest::prelude::*;

use super::super::Isa;
use super::survey::survey;
use super::{
    COMPACT_SLACK, GROUP, Packed, Prediction, Predictor, STEP, Sample, compact, costs,
    expand_nibbles, expand_offsets, look_up, offsets_cost, pack_nibbles, presence,
    round_to_offsets, transpose,
};

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

/// Spans: their maxima padded to 15, codes and widths.
fn units_of<'a>(
    maxima: &[u8],
    codes: &'a [u8],
    widths: &'a [u8],
) -> Vec<([u8; 15], &'a [u8], &'a [u8])> {
    let mut codes = codes;
    let spans = maxima.chunks(8).zip(widths.chunks(64));
    spans
        .map(|(maxima, widths)| {
            let len = 2 * maxima.iter().filter(|&&max| max > 0).count();
            let (now, later) = codes.split_at(len);
            codes = later;
            let mut padded = [0; 15];
            padded[..8].copy_from_slice(maxima);
            (padded, now, widths)
        })
        .collect()
}

fn predictions(itemsize: usize, stride: usize, src: &[u8]) -> impl Iterator<Item = Prediction> {
    let base = survey(Isa::Scalar, itemsize, src).least;
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
    fn what_is_written_of_widths_is_read(
        spans in prop::collection::vec((any::<[u8; 32]>(), any::<[u8; 32]>(), 0..=64_u8), 0..20),
        more in 0..3_u8,
    ) {
        let widths: Vec<u8> = spans
            .iter()
            .flat_map(|(left, right, most)| left.iter().chain(right).map(move |byte| byte % (most + 1)))
            .map(|width| if width % 3 == 0 { 0 } else { width })
            .collect();
        let present = widths.iter().fold(0_u128, |present, width| present | 1 << width);
        let largest: Vec<u8> =
            widths.chunks(8).map(|unit| unit.iter().copied().max().unwrap_or(0)).collect();
        for isa in Isa::available() {
            prop_assert_eq!(presence(isa, &widths), present);
            let mut maxima = vec![0xa5; widths.len() / 8];
            super::maxima(isa, &widths, &mut maxima);
            prop_assert_eq!(&maxima, &largest);

            // Indices of 15 widths, the larger of which stand for some below.
            let index = |width: usize| width.div_ceil(5) as u8;
            let table = std::array::from_fn(|index| (5 * index) as u8);
            let mut bitmap = vec![0xa5; widths.len() / 64];
            let mut nibbles = vec![0xa5; widths.len() / 2];
            let indices = std::array::from_fn(index);
            let len = pack_nibbles(isa, &widths, &indices, &mut bitmap, &mut nibbles);
            let mut read = vec![0xa5; widths.len()];
            let used = expand_nibbles(Isa::Scalar, &table, &bitmap, &nibbles[..len], &mut read);
            prop_assert_eq!(used, Some(len));
            let mut rounded = widths.clone();
            look_up(isa, &std::array::from_fn(|width| table[usize::from(index(width))]), &mut rounded);
            prop_assert_eq!(&read, &rounded);

            let maxima: Vec<u8> =
                largest.iter().map(|&max| if max == 0 { 0 } else { (max + more).min(64) }).collect();
            let cost = offsets_cost(isa, &maxima, &widths);
            for zero in [false, true] {
                let mut rounded = widths.clone();
                let mut codes = vec![0xa5; widths.len() / 4];
                let len = round_to_offsets(isa, &maxima, zero, &mut rounded, &mut codes);
                let planes: usize = rounded.iter().map(|&width| usize::from(width)).sum();
                prop_assert_eq!(len + planes, cost[usize::from(zero)]);
                for (group, (&width, &rounded)) in widths.iter().zip(&rounded).enumerate() {
                    let max = maxima[group / 8];
                    let least = (0..=3)
                        .map(|code| if zero && code == 3 { 0 } else { max.saturating_sub(code) })
                        .filter(|&named| named >= width)
                        .min();
                    prop_assert_eq!(Some(rounded), least);
                }
                // As many maxima as a table of 15 has, at a time.
                for (from, codes_of, rounded) in units_of(&maxima, &codes[..len], &rounded) {
                    let mut read = vec![0xa5; 64];
                    let table = std::array::from_fn(|at| if at == 0 { 0 } else { from[at - 1] });
                    let places: [u8; 4] = std::array::from_fn(|pair| {
                        let place = |at: usize| if from[at] == 0 { 0 } else { at as u8 + 1 };
                        place(2 * pair) | place(2 * pair + 1) << 4
                    });
                    let used =
                        expand_offsets(Isa::Scalar, &table, &places, codes_of, zero, &mut read);
                    prop_assert_eq!(used, Some(codes_of.len()));
                    prop_assert_eq!(read, rounded);
                }
            }
        }
    }

    #[test]
    fn every_machine_judges_alike(
        log in 0..4_u32,
        len in 0..5000_usize,
        bits in 0..=64_u32,
        row in 16..700_usize,
        every in 0..30_usize,
        seed in any::<u64>(),
    ) {
        let itemsize = 1 << log;
        let src = walk(itemsize, len, bits, seed).into_boxed_slice();
        let values = src.chunks(itemsize).map(|value| {
            value.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
        });
        let least = values.min().unwrap_or(0);
        let stride = row * itemsize.max(2);
        for skip in [0, stride + itemsize] {
            let sample = Sample { skip, every };
            let expected = costs(Isa::Scalar, itemsize, &src, stride, least, sample);
            for isa in Isa::available() {
                let costs = costs(isa, itemsize, &src, stride, least, sample);
                prop_assert_eq!(costs, expected, "{:?}", isa);
            }
        }
    }

    #[test]
    fn costs_are_of_widths(
        log in 0..4_u32,
        len in 0..5000_usize,
        bits in 0..=64_u32,
        row in 16..100_usize,
        seed in any::<u64>(),
    ) {
        let itemsize = 1 << log;
        let src = walk(itemsize, len, bits, seed);
        let stride = row * itemsize.max(8);
        let skip = (stride + itemsize).next_multiple_of(STEP);
        let base = survey(Isa::Scalar, itemsize, &src).least;
        let all = Sample { skip, every: 2 };
        let costs = costs(Isa::Scalar, itemsize, &src, stride, base, all);
        // The sample is of pairs of steps.
        let end = skip + src.len().saturating_sub(skip) / (2 * STEP) * (2 * STEP);
        for prediction in predictions(itemsize, stride, &src) {
            let (_, widths) = transposed(Isa::Scalar, &prediction, &src);
            let group = GROUP * itemsize;
            let sampled = if skip < end { &widths[skip / group..end / group] } else { &[] };
            let cost = |pair: &[u8]| match pair.iter().map(|&width| u64::from(width)).sum() {
                0 => 0,
                sum => 8 * sum + 3 * pair.len() as u64,
            };
            let expected: u64 = sampled.chunks(2 * STEP / group).map(cost).sum();
            prop_assert_eq!(costs[prediction.predictor as usize], expected, "{:?}", prediction);
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
