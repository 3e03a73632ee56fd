//! What the stored forms mean, by hand; and every kernel against the loops.

use proptest::prelude::*;

use super::*;

const TABLE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 17, 32, 63, 64];

#[test]
fn nibbles_stand_for_widths() {
    let nibbles = [0x21, 0x43, 0x05, 0xf0, 0x10, 0x00, 0x00, 0x0e, 0xff];
    let mut expected = [0; 64];
    expected[8..16].copy_from_slice(&[1, 2, 3, 4, 5, 0, 0, 64]);
    expected[56..].copy_from_slice(&[0, 1, 0, 0, 0, 0, 63, 0]);
    for isa in Isa::available() {
        let mut widths = [0xa5; 64];
        let used = expand_nibbles(isa, &TABLE, &[0b1000_0010], &nibbles, &mut widths);
        assert_eq!((used, widths), (Some(8), expected), "{isa:?}");
        let short = expand_nibbles(isa, &TABLE, &[0b1000_0010], &nibbles[..7], &mut widths);
        assert_eq!(short, None, "{isa:?}");
    }
}

#[test]
fn codes_stand_for_less_than_the_largest_width() {
    let maxima = [0x20, 0, 0, 0xe0];
    let codes = [0b1110_0100, 0b0000_0011, 0b1110_0100, 0b1111_0001, 0xff];
    let mut expected = [0; 64];
    expected[8..16].copy_from_slice(&[2, 1, 0, 0, 0, 2, 2, 2]);
    for isa in Isa::available() {
        for (zero, three) in [(false, 60), (true, 0)] {
            let mut widths = [0xa5; 64];
            let used = expand_offsets(isa, &TABLE, &maxima, &codes, zero, &mut widths);
            expected[56..].copy_from_slice(&[63, 62, 61, three, 62, 63, three, three]);
            assert_eq!((used, widths), (Some(4), expected), "{isa:?}");
            let short = expand_offsets(isa, &TABLE, &maxima, &codes[..3], zero, &mut widths);
            assert_eq!(short, None, "{isa:?}");
        }
    }
}

/// Bytes of which many are none, or all ones.
fn bytes(len: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(255), any::<u8>()];
    prop::collection::vec(byte, len)
}

proptest! {
    #[test]
    fn all_kernels_expand_nibbles_alike(
        table in any::<[u8; 16]>(),
        bitmap in (0..6_usize).prop_flat_map(bytes),
        nibbles in (0..200_usize).prop_flat_map(bytes),
    ) {
        let expanded = |isa| {
            let mut widths = vec![0xa5; SPAN * bitmap.len()];
            let used = expand_nibbles(isa, &table, &bitmap, &nibbles, &mut widths);
            used.map(|used| (used, widths))
        };
        for isa in Isa::available() {
            prop_assert_eq!(expanded(isa), expanded(Isa::Scalar), "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_expand_offsets_alike(
        mut table in any::<[u8; 16]>(),
        is_zero in 0..3_usize,
        maxima in (0..6_usize).prop_flat_map(|nspans| bytes(4 * nspans)),
        codes in (0..110_usize).prop_flat_map(bytes),
        zero in any::<bool>(),
    ) {
        // No matter which indices stand for nothing.
        table[is_zero] = 0;
        let expanded = |isa| {
            let mut widths = vec![0xa5; SPAN / 4 * maxima.len()];
            let used = expand_offsets(isa, &table, &maxima, &codes, zero, &mut widths);
            used.map(|used| (used, widths))
        };
        for isa in Isa::available() {
            prop_assert_eq!(expanded(isa), expanded(Isa::Scalar), "{:?}", isa);
        }
    }
}
