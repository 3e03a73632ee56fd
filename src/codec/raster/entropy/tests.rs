//! Sections come back on every instruction set; hostile ones are refused.

use proptest::prelude::*;

use super::super::stream::Reader;
use super::density::{self, Plane};
use super::distribution::{Distribution, Levels, log2};
use super::groups::{self, Layout};
use super::{Workspace, sections};
use crate::arch::Isa;
use crate::arch::raster_entropy::Residuals;
use crate::codec::CodecError;

/// Runs of groups of a width, with planes that have fewer ones than zeros.
fn widths_and_planes(max: u8) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let run = (0..=max, 1..200_usize).prop_map(|(width, len)| vec![width; len]);
    let widths = prop::collection::vec(run, 1..30).prop_map(|runs| runs.concat());
    widths.prop_flat_map(|widths| {
        let nplanes = widths.iter().map(|&width| usize::from(width)).sum::<usize>();
        let plane = any::<[u8; 2]>().prop_map(|[a, b]| a & b);
        (Just(widths), prop::collection::vec(plane, nplanes))
    })
}

fn residuals() -> impl Strategy<Value = Residuals> {
    prop_oneof![Just(Residuals::Signed), Just(Residuals::Unsigned)]
}

/// Bytes that are mostly few, of any length.
fn skewed() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![9 => 0..4_u8, 1 => any::<u8>()], 0..9000)
}

proptest! {
    #[test]
    fn groups_come_back(
        (widths, planes) in prop_oneof![widths_and_planes(8), widths_and_planes(64)],
        residuals in residuals(),
        row in 0..3000_usize,
    ) {
        let mut workspace = Workspace::default();
        let mut section = Vec::new();
        groups::encode(residuals, row, &widths, &planes, &mut section, &mut workspace);
        let layout = Layout { max_width: 64, residuals };
        for isa in Isa::available() {
            let mut decoded = vec![0; widths.len()];
            let reader = Reader::new(&section);
            let result = groups::decode(isa, layout, reader, &mut decoded, &mut workspace);
            prop_assert_eq!(result.expect("decodes what was encoded"), &planes);
            prop_assert_eq!(&decoded, &widths);
        }
    }

    #[test]
    fn sections_come_back_and_hardly_grow(
        first in skewed(),
        second in skewed(),
        third in prop::collection::vec(any::<u8>(), 0..200),
        fourth in (any::<u8>(), 0..300_usize).prop_map(|(byte, len)| vec![byte; len]),
    ) {
        let mut workspace = Workspace::default();
        let mut stream = Vec::new();
        let expected = [&first[..], &second, &third, &fourth];
        sections::encode(expected, &mut stream, &mut workspace);
        let nbytes: usize = expected.iter().map(|section| section.len()).sum();
        prop_assert!(stream.len() <= nbytes + 1 + 2 * 4 + 32);
        for isa in Isa::available() {
            let reader = Reader::new(&stream);
            let decoded = sections::decode::<4>(isa, reader, nbytes, &mut workspace);
            prop_assert_eq!(decoded.expect("decodes"), expected);
        }
    }

    #[test]
    fn damaged_sections_are_refused_or_decoded_alike(
        first in skewed(),
        second in skewed(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        len in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut stream = Vec::new();
        sections::encode([&first, &second], &mut stream, &mut Workspace::default());
        for (at, (index, byte)) in damage.iter().enumerate() {
            let within = if at % 2 == 0 { stream.len().min(40) } else { stream.len() };
            stream[index.index(within)] ^= byte;
        }
        if cuts {
            stream.truncate(len.index(stream.len() + 1));
        }
        let decode = |isa| {
            let mut workspace = Workspace::default();
            let decoded = sections::decode(isa, Reader::new(&stream), 10_000, &mut workspace);
            decoded.ok().map(|[first, second]| (first.to_vec(), second.to_vec()))
        };
        let expected = decode(Isa::Scalar);
        for isa in Isa::available() {
            prop_assert_eq!(&decode(isa), &expected);
        }
    }

    #[test]
    fn shares_add_up_and_follow_the_weights(
        first in any::<u8>(),
        weights in prop::collection::vec(prop_oneof![Just(0), 0..2000_u32, any::<u32>()], 0..256),
        bits in 8..13_u32,
    ) {
        let Some(distribution) = Distribution::new(first, &weights, bits) else {
            let is_empty = weights.iter().all(|&weight| weight == 0);
            prop_assert!(is_empty || usize::from(first) + weights.len() > 256);
            return Ok(());
        };
        let mut next = 0;
        let mut shares = vec![0; weights.len()];
        for (symbol, start, share) in distribution.symbols() {
            prop_assert_eq!(start, next);
            next += share;
            shares[usize::from(symbol - first)] = share;
        }
        prop_assert_eq!(next, 1 << bits);
        for (at, &weight) in weights.iter().enumerate() {
            prop_assert_eq!(shares[at] > 0, weight > 0);
            let is_ordered = (0..at).all(|other| match weights[other].cmp(&weight) {
                std::cmp::Ordering::Less => shares[other] <= shares[at],
                std::cmp::Ordering::Greater => shares[other] >= shares[at],
                std::cmp::Ordering::Equal => true,
            });
            prop_assert!(is_ordered, "{weights:?} {shares:?}");
        }
    }

    #[test]
    fn levels_come_back(counts in prop::collection::vec(prop_oneof![Just(0), any::<u32>()], 1..256)) {
        let levels = Levels::nearest(&counts);
        let mut written = Vec::new();
        levels.write(&mut written);
        prop_assert_eq!(written.len(), levels.nbytes());
        let mut reader = Reader::new(&written);
        let distribution = levels.distribution(12).expect("some symbol occurs");
        let read = Levels::read(&mut reader).expect("reads what was written");
        prop_assert_eq!(&read.distribution(12).expect("as before"), &distribution);
        prop_assert!(reader.rest().is_empty());
        for (symbol, &count) in (0..=u8::MAX).zip(&counts) {
            prop_assert!(count == 0 || distribution.cost(symbol) <= 12 * 256);
        }
    }

    /// No section makes the decoder panic, and what it accepts is the same on every machine.
    #[test]
    fn damaged_groups_are_refused_or_decoded_alike(
        (widths, planes) in widths_and_planes(16),
        residuals in residuals(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        len in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut workspace = Workspace::default();
        let mut section = Vec::new();
        groups::encode(residuals, 300, &widths, &planes, &mut section, &mut workspace);
        // Half of the damage in the front, where it does most.
        for (at, (index, byte)) in damage.iter().enumerate() {
            let within = if at % 2 == 0 { section.len().min(40) } else { section.len() };
            section[index.index(within)] ^= byte;
        }
        if cuts {
            section.truncate(len.index(section.len() + 1));
        }
        let layout = Layout { max_width: 16, residuals };
        let decode = |isa| {
            let mut decoded = vec![0; widths.len()];
            let mut workspace = Workspace::default();
            let reader = Reader::new(&section);
            let result = groups::decode(isa, layout, reader, &mut decoded, &mut workspace);
            result.ok().map(|planes| (planes.to_vec(), decoded))
        };
        let expected = decode(Isa::Scalar);
        for isa in Isa::available() {
            prop_assert_eq!(&decode(isa), &expected);
        }
    }

    #[test]
    fn random_sections_are_refused_or_decoded_alike(
        section in prop::collection::vec(any::<u8>(), 0..2000),
        head in 0..32_u8,
        nbytes in 0..3000_usize,
    ) {
        let mut section = section;
        if let Some(first) = section.first_mut() {
            *first = head;
        }
        let decode = |isa| {
            let mut workspace = Workspace::default();
            let decoded = sections::decode(isa, Reader::new(&section), nbytes, &mut workspace);
            decoded.ok().map(|sections: [&[u8]; 3]| sections.map(<[u8]>::to_vec))
        };
        let layout = Layout { max_width: 64, residuals: Residuals::Signed };
        let decode_groups = |isa| {
            let mut widths = vec![0; nbytes];
            let mut workspace = Workspace::default();
            let reader = Reader::new(&section);
            let result = groups::decode(isa, layout, reader, &mut widths, &mut workspace);
            result.ok().map(|planes| (planes.to_vec(), widths))
        };
        for isa in Isa::available() {
            prop_assert_eq!(decode(isa), decode(Isa::Scalar));
            prop_assert_eq!(decode_groups(isa), decode_groups(Isa::Scalar));
        }
    }
}

#[test]
fn every_truncation_of_a_section_is_refused() {
    let widths: Vec<u8> = (0..512).map(|at| (at % 7 + at / 100) as u8).collect();
    let nplanes = widths.iter().map(|&width| usize::from(width)).sum::<usize>();
    let planes: Vec<u8> = (0..nplanes).map(|at| ((at * at) >> 3 & at >> 1) as u8).collect();
    let mut workspace = Workspace::default();
    let mut section = Vec::new();
    groups::encode(Residuals::Signed, 64, &widths, &planes, &mut section, &mut workspace);
    let layout = Layout { max_width: 16, residuals: Residuals::Signed };
    for isa in Isa::available() {
        for len in 0..section.len() {
            let mut decoded = vec![0; widths.len()];
            let reader = Reader::new(&section[..len]);
            let result = groups::decode(isa, layout, reader, &mut decoded, &mut workspace);
            assert!(result.is_err(), "{isa:?}: {len} of {} bytes", section.len());
        }
    }
}

#[test]
fn widths_above_those_of_the_values_are_refused() {
    let mut workspace = Workspace::default();
    let mut section = Vec::new();
    groups::encode(Residuals::Signed, 0, &[9; 64], &[1; 576], &mut section, &mut workspace);
    let layout = Layout { max_width: 8, residuals: Residuals::Signed };
    let result =
        groups::decode(Isa::Scalar, layout, Reader::new(&section), &mut [0; 64], &mut workspace);
    assert!(matches!(result, Err(CodecError::Corrupt { .. })), "{result:?}");
}

/// The format's own tables may never change.
#[test]
fn densities_are_as_ever() {
    let fingerprint = |plane| {
        (0..16).fold(0_u32, |hash, density| {
            let distribution = density::distribution(plane, density);
            distribution.symbols().fold(hash, |hash, (symbol, first, share)| {
                let bytes = u32::from(symbol) << 24 ^ first << 12 ^ share;
                (hash ^ bytes).wrapping_mul(0x0100_0193).rotate_left(5)
            })
        })
    };
    assert_eq!(
        [fingerprint(Plane::First), fingerprint(Plane::Second)],
        [381_807_326, 3_541_634_675]
    );
}

#[test]
fn logarithms_are_those_of_the_definition() {
    for number in (1..5000).chain([u32::MAX]) {
        let exact = f64::from(number).log2() * 256.0;
        assert!((f64::from(log2(number)) - exact).abs() <= 1.001, "{number}");
    }
}
