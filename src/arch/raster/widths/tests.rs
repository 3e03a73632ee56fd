//! What the stored forms mean, by hand.

use super::*;

const TABLE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 17, 32, 63, 64];

#[test]
fn nibbles_stand_for_widths() {
    let mut widths = [0xa5; 64];
    let nibbles = [0x21, 0x43, 0x05, 0xf0, 0x10, 0x00, 0x00, 0x0e, 0xff];
    let used = expand_nibbles(Isa::Scalar, &TABLE, &[0b1000_0010], &nibbles, &mut widths);
    assert_eq!(used, Some(8));
    let mut expected = [0; 64];
    expected[8..16].copy_from_slice(&[1, 2, 3, 4, 5, 0, 0, 64]);
    expected[56..].copy_from_slice(&[0, 1, 0, 0, 0, 0, 63, 0]);
    assert_eq!(widths, expected);
    let short = expand_nibbles(Isa::Scalar, &TABLE, &[0b1000_0010], &nibbles[..7], &mut widths);
    assert_eq!(short, None);
}

#[test]
fn codes_stand_for_less_than_the_largest_width() {
    let mut widths = [0xa5; 64];
    let maxima = [0x20, 0, 0, 0xe0];
    let codes = [0b1110_0100, 0b0000_0011, 0b1110_0100, 0b1111_0001, 0xff];
    let mut expected = [0; 64];
    expected[8..16].copy_from_slice(&[2, 1, 0, 0, 0, 2, 2, 2]);
    for (zero, three) in [(false, 60), (true, 0)] {
        let used = expand_offsets(Isa::Scalar, &TABLE, &maxima, &codes, zero, &mut widths);
        assert_eq!(used, Some(4));
        expected[56..].copy_from_slice(&[63, 62, 61, three, 62, 63, three, three]);
        assert_eq!(widths, expected);
    }
    let short = expand_offsets(Isa::Scalar, &TABLE, &maxima, &codes[..3], false, &mut widths);
    assert_eq!(short, None);
}
