//! Surveys against what iterators say of the same numbers, on every instruction set.

use proptest::prelude::*;

use super::{Survey, survey};
use crate::arch::Isa;

proptest! {
    #[test]
    fn surveys_are_of_all_values(
        src in prop::collection::vec(any::<u64>(), 1..200),
        rest in 0..8_usize,
        log in 0..4_u32,
        unused in 0..64_u32,
    ) {
        let itemsize = 1 << log;
        let mask = u64::MAX >> (64 - 8 * itemsize as u32) >> (unused % (8 << log));
        let values = || src.iter().map(|&value| value & mask);
        let mut bytes: Vec<u8> = Vec::new();
        values().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()[..itemsize]));
        bytes.resize(bytes.len() + rest % itemsize, 0xff);
        let expected = Survey {
            least: values().min().unwrap_or(0),
            most: values().max().unwrap_or(0),
            any: values().fold(0, |any, value| any | value),
            all: values().fold(mask_of(itemsize), |all, value| all & value),
        };
        for isa in Isa::available() {
            prop_assert_eq!(survey(isa, itemsize, &bytes), expected);
        }
    }
}

fn mask_of(itemsize: usize) -> u64 {
    u64::MAX >> (64 - 8 * itemsize)
}
