//! Scaled floats against division, and on every instruction set.

use half::f16;
use proptest::prelude::*;

use super::{MAX_EXPONENT, to_floats, to_integers};
use crate::arch::Isa;

/// Converts on every instruction set; the integers, if all floats come back from them.
fn integers(itemsize: usize, exponent: i32, floats: &[u8]) -> Option<Vec<u8>> {
    let convert = |isa| {
        let mut dst = vec![0; floats.len()];
        let fits = to_integers(isa, itemsize, exponent, floats, &mut dst);
        if fits {
            let mut back = dst.clone();
            to_floats(isa, itemsize, exponent, &mut back);
            assert_eq!(back, floats, "{isa:?}");
        }
        fits.then_some(dst)
    };
    let expected = convert(Isa::Scalar);
    for isa in Isa::available() {
        assert_eq!(convert(isa), expected, "{isa:?}");
    }
    expected
}

fn bytes<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    values.flatten().collect()
}

proptest! {
    #[test]
    fn multiples_become_integers(
        numbers in prop::collection::vec(-0x80_0000..0x80_0000_i64, 1..600),
        exponent in -60..100_i32,
    ) {
        let scale = 2_f64.powi(exponent);
        let floats = bytes(numbers.iter().map(|&n| (n as f64 / scale).to_le_bytes()));
        let expected = bytes(numbers.iter().map(|&n| n.to_le_bytes()));
        prop_assert_eq!(integers(8, exponent, &floats), Some(expected));
        let floats = bytes(numbers.iter().map(|&n| ((n as f64 / scale) as f32).to_le_bytes()));
        let expected = bytes(numbers.iter().map(|&n| (n as i32).to_le_bytes()));
        prop_assert_eq!(integers(4, exponent, &floats), Some(expected));
        // 11 bits are what an f16 has.
        let (exponent, numbers) = (exponent.rem_euclid(14), numbers.iter().map(|n| n >> 13));
        let scale = f32::from(1_u16 << exponent);
        let small = numbers.clone().map(|n| f16::from_f32(n as f32 / scale).to_le_bytes());
        let expected = bytes(numbers.map(|n| (n as i16).to_le_bytes()));
        prop_assert_eq!(integers(2, exponent, &bytes(small)), Some(expected));
    }

    #[test]
    fn anything_converts_alike(
        src in prop::collection::vec(any::<u8>(), 0..2000),
        log in 1..4_u32,
        exponent in -MAX_EXPONENT..=MAX_EXPONENT,
    ) {
        let itemsize = 1 << log;
        let src = &src[..src.len() / itemsize * itemsize];
        integers(itemsize, exponent, src);
        let mut expected = src.to_vec();
        to_floats(Isa::Scalar, itemsize, exponent, &mut expected);
        for isa in Isa::available() {
            let mut floats = src.to_vec();
            to_floats(isa, itemsize, exponent, &mut floats);
            prop_assert_eq!(&floats, &expected);
        }
    }
}

#[test]
fn what_is_no_multiple_is_refused() {
    let refused = [-0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 0.3, 1e20];
    for value in refused {
        let floats = bytes([1.0, 2.0, value, 3.0].iter().map(|float| float.to_le_bytes()));
        assert_eq!(integers(4, 0, &floats), None, "{value}");
        let floats = [1.0, 2.0, f64::from(value), 3.0].map(f64::to_le_bytes);
        assert_eq!(integers(8, 0, &floats.concat()), None, "{value}");
        let floats = [1.0, 2.0, value, 3.0].map(|float| f16::from_f32(float).to_le_bytes());
        let is_zero = f16::from_f32(value).to_bits() == 0;
        assert_eq!(integers(2, 0, &floats.concat()).is_some(), is_zero, "{value}");
    }
}
