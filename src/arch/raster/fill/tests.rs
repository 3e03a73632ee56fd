//! Masks against a loop over single values.

use proptest::prelude::*;

use super::{find, replace_by_left, replace_by_up, restore};
use crate::arch::Isa;

/// The values, as slices of bytes.
fn split(bytes: &[u8], itemsize: usize) -> Vec<&[u8]> {
    bytes.chunks_exact(itemsize).collect()
}

proptest! {
    #[test]
    fn a_value_is_found_and_restored(
        pattern in prop::collection::vec(0..3_u8, 0..3000),
        log in 0..4_u32,
        fill in 0..3_u8,
    ) {
        let itemsize = 1 << log;
        let src: Vec<u8> = pattern.iter().flat_map(|&byte| vec![byte; itemsize]).collect();
        let fill = u64::from_le_bytes([fill; 8]);
        let fill_bytes = &fill.to_le_bytes()[..itemsize];
        for isa in Isa::available() {
            let mut mask = vec![0xaa; pattern.len().div_ceil(8)];
            // Bits above the value's do not count.
            find(isa, itemsize, fill, &src, &mut mask);
            for (at, value) in split(&src, itemsize).into_iter().enumerate() {
                prop_assert_eq!(mask[at / 8] >> (at % 8) & 1 == 1, value == fill_bytes);
            }
            let nset: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
            let nfilled = split(&src, itemsize).into_iter().filter(|&value| value == fill_bytes);
            prop_assert_eq!(nset as usize, nfilled.count());

            let mut values = src.clone();
            for value in values.chunks_exact_mut(itemsize).filter(|value| *value == fill_bytes) {
                value.fill(0x77);
            }
            restore(isa, itemsize, fill, &mask, &mut values);
            prop_assert_eq!(&values, &src);
        }
    }

    #[test]
    fn filled_values_are_replaced_by_neighbours(
        pattern in prop::collection::vec(0..3_u8, 1..1500),
        log in 0..4_u32,
        row in 1..300_usize,
    ) {
        let itemsize = 1 << log;
        let bytes = |values: &[u8]| -> Vec<u8> {
            values.iter().flat_map(|&byte| vec![byte; itemsize]).collect()
        };
        let first = pattern.iter().copied().find(|&value| value != 0).unwrap_or(0);
        let mut by_left = pattern.clone();
        for at in 0..by_left.len() {
            if by_left[at] == 0 {
                by_left[at] = if at == 0 { first } else { by_left[at - 1] };
            }
        }
        let src = bytes(&pattern);
        let mut dst = vec![0x55; src.len()];
        replace_by_left(itemsize, 0, &src, &mut dst);
        prop_assert_eq!(&dst, &bytes(&by_left));

        let first_row = &pattern[..row.min(pattern.len())];
        let first = first_row.iter().copied().find(|&value| value != 0).unwrap_or(0);
        let mut by_up = pattern.clone();
        for at in 0..by_up.len() {
            if by_up[at] == 0 {
                by_up[at] = match at {
                    0 => first,
                    _ if at < row => by_up[at - 1],
                    _ => by_up[at - row],
                };
            }
        }
        for isa in Isa::available() {
            dst.fill(0x55);
            replace_by_up(isa, itemsize, row * itemsize, 0, &src, &mut dst);
            prop_assert_eq!(&dst, &bytes(&by_up));
        }
    }
}
