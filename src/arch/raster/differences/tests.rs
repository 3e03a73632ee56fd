//! Every instruction set of the machine, against a model of one value at a time.

use super::super::super::Isa;
use super::{add, subtract};

/// Numbers as unsigned ones of `itemsize` bytes.
fn difference(itemsize: usize, value: &[u8], reference: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| bytes.iter().rfold(0_u64, |all, &byte| all << 8 | u64::from(byte));
    let half = 1 << (8 * itemsize - 1);
    let difference = number(value).wrapping_sub(number(reference)).wrapping_add(half);
    difference.to_le_bytes()[..itemsize].to_vec()
}

#[test]
fn differences_are_about_the_middle_of_the_range_and_add_up_again() {
    let noise = |seed: u64| {
        move |at: u64| (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(9) as u8
    };
    for itemsize in [1, 2, 4, 8] {
        for nitems in (0..70).chain([1000]) {
            let nbytes = nitems * itemsize;
            let values: Vec<u8> = (0..nbytes as u64).map(noise(1)).collect();
            let reference: Vec<u8> = (0..nbytes as u64).map(noise(2)).collect();
            let pairs = values.chunks(itemsize).zip(reference.chunks(itemsize));
            let expected: Vec<u8> = pairs
                .flat_map(|(value, reference)| difference(itemsize, value, reference))
                .collect();
            for isa in Isa::available() {
                let mut dst = values.clone();
                subtract(isa, itemsize, &reference, &mut dst);
                assert!(dst == expected, "{isa:?}, {nitems} of {itemsize} bytes");
                add(isa, itemsize, &reference, &mut dst);
                assert!(dst == values, "{isa:?}, {nitems} of {itemsize} bytes");
            }
        }
    }
    let mut value = [7];
    subtract(Isa::Scalar, 1, &[8], &mut value);
    assert_eq!(value, [127]);
}
