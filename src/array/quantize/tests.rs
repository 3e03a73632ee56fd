use half::f16;
use proptest::prelude::*;

use super::Quantize;

fn one<T: Quantize>(value: T, max_error: T::Bound) -> T {
    let mut item = [value];
    assert!(T::quantize_items(&mut item, max_error).is_ok());
    item[0]
}

/// Whether two numbers differ by at most a bound. The nearest multiple of a step is at most twice as
/// large and at least half as large as the number, or zero: then differences of `f64` are exact.
fn is_within(a: f64, b: f64, bound: f64) -> bool {
    (a - b).abs() <= bound
}

#[test]
fn nearest_multiples_are_taken_and_of_two_the_even_one() {
    // A bound of 0.3 has steps of 0.5.
    assert_eq!(
        [1.3f32, 1.2, -1.3, 0.25, 0.75, 1.25].map(|x| one(x, 0.3)),
        [1.5, 1.0, -1.5, 0.0, 1.0, 1.0]
    );
    assert_eq!([1.3f64, 1.75, 1e300].map(|x| one(x, 0.3)), [1.5, 2.0, 1e300]);
    assert_eq!([5u8, 6, 7, 253, 254, 255].map(|x| one(x, 2)), [4, 8, 8, 252, 254, 255]);
    assert_eq!([-5i8, -6, -7, -128].map(|x| one(x, 2)), [-4, -8, -8, -128]);
    assert_eq!(one(f16::from_f32(1.3), 0.3), f16::from_f32(1.5));
}

#[test]
fn what_is_no_number_or_a_multiple_stays_bit_for_bit() {
    for bits in [0x7fc0_1234, 0xff80_0001, 0x7f80_0000, 0xff80_0000, 0x8000_0000, 0x7f7f_ffff] {
        for bound in [0.0, 1e-300, 0.1, 1e30] {
            assert_eq!(one(f32::from_bits(bits), bound).to_bits(), bits, "{bits:08x} {bound}");
        }
    }
    // Nothing nearer can be held: the step is larger than the type.
    assert_eq!(one(f32::MAX, 3e38), f32::MAX);
    assert_eq!(one(f64::MAX, f64::MAX), f64::MAX);
    assert_eq!(one(1.0f64, f64::MAX).to_bits(), 0);
    // What rounds to zero has no sign.
    assert_eq!(one(-0.1f32, 0.3).to_bits(), 0);
    assert_eq!(one(-f64::from_bits(1), 1e-300).to_bits(), 0);
    assert_eq!(one(f64::from_bits(3), f64::from_bits(1)).to_bits(), 4);
    assert_eq!(
        (one(u64::MAX, u64::MAX), one(i64::MIN, u64::MAX), one(7i64, u64::MAX)),
        (u64::MAX, 0, 0)
    );
    assert_eq!((one(u64::MAX, 1), one(i64::MAX, 8)), (u64::MAX, i64::MAX));
}

#[test]
fn bounds_that_are_none_change_nothing() {
    for bound in [-1.0, f64::NAN, f64::INFINITY, -f64::MIN_POSITIVE] {
        let mut items = [1.3f32];
        assert!(f32::quantize_items(&mut items, bound).is_err());
        assert_eq!(items, [1.3]);
    }
    assert_eq!(one(1.3f32, -0.0), 1.3);
}

#[test]
fn all_halves_keep_every_bound() {
    for bits in 0..=u16::MAX {
        let value = f16::from_bits(bits);
        for bound in [1e-9, 6e-8, 1e-4, 0.013, 1.0, 37.5, 40_000.0, 1e9] {
            let rounded = one(value, bound);
            if !value.is_finite() {
                assert_eq!(rounded.to_bits(), bits);
                continue;
            }
            assert!((value.to_f64() - rounded.to_f64()).abs() <= bound, "{value} {bound}");
            assert_eq!(one(rounded, bound).to_bits(), rounded.to_bits());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn floats_keep_the_bound(bits: u64, near in 0..120u64, part: u64) {
        // Bounds about as large as the value, and down to its last bits; and values of any kind.
        let value = f64::from_bits(bits);
        let exponent = (bits >> 52 & 0x7ff).saturating_sub(near.min(64)).saturating_add(4);
        let bound = f64::from_bits(exponent.min(0x7fe) << 52 | part >> 12);
        let rounded = one(value, bound);
        if value.is_finite() {
            prop_assert!(is_within(value, rounded, bound), "{value:e} {rounded:e} {bound:e}");
            prop_assert_eq!(one(rounded, bound).to_bits(), rounded.to_bits());
        } else {
            prop_assert_eq!(rounded.to_bits(), bits);
        }
        let value = f32::from_bits(bits as u32);
        let exponent = (bits >> 23 & 0xff).saturating_sub(near.min(30)) + 1023 - 126;
        let bound = f64::from_bits(exponent << 52 | part >> 12);
        let rounded = one(value, bound);
        if value.is_finite() {
            let is_near = is_within(f64::from(value), f64::from(rounded), bound);
            prop_assert!(is_near, "{value:e} {rounded:e} {bound:e}");
        } else {
            prop_assert_eq!(rounded.to_bits(), bits as u32);
        }
    }

    #[test]
    fn integers_keep_the_bound(value: u64, shift in 0..64u32, bound: u64, bound_shift in 0..64u32) {
        let (value, bound) = (value >> shift, bound >> bound_shift);
        macro_rules! check {
            ($($type:ty),*) => {$(
                let (value, rounded) = (value as $type, one(value as $type, bound));
                let difference = i128::from(value) - i128::from(rounded);
                prop_assert!(difference.unsigned_abs() <= u128::from(bound), "{value} {rounded} {bound}");
                prop_assert_eq!(one(rounded, bound), rounded);
            )*};
        }
        check!(u8, u16, u32, u64, i8, i16, i32, i64);
    }
}
