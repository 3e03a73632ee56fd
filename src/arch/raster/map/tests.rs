//! Maps against what they say of numbers, and on every instruction set.

use proptest::prelude::*;

use super::{Map, Order, map, unmap};
use crate::arch::Isa;

const ORDERS: [Order; 4] = [Order::Unsigned, Order::Toggled, Order::Float, Order::Magnitude];

fn mapped<const N: usize>(order: Order, value: [u8; N]) -> u64 {
    let mut dst = [0; 8];
    map(Isa::Scalar, Map { order, shift: 0 }, N, &value, &mut dst);
    u64::from_le_bytes(dst)
}

proptest! {
    #[test]
    fn orders_are_those_of_numbers(left in any::<f64>(), right in any::<f64>()) {
        let order = left.total_cmp(&right);
        let [near, far] = [left, right].map(|value| mapped(Order::Float, value.to_le_bytes()));
        prop_assert_eq!(near.cmp(&far), order);
        let [left, right] = [left as f32, right as f32];
        let [near, far] = [left, right].map(|value| mapped(Order::Magnitude, value.to_le_bytes()));
        prop_assert_eq!((near >> 1).cmp(&(far >> 1)), left.abs().total_cmp(&right.abs()));
        let [left, right] = [left.to_bits() as i16, right.to_bits() as i16];
        let [near, far] = [left, right].map(|value| mapped(Order::Toggled, value.to_le_bytes()));
        prop_assert_eq!(near.cmp(&far), left.cmp(&right));
    }

    #[test]
    fn what_is_mapped_is_unmapped(
        mut src in prop::collection::vec(any::<u8>(), 0..2000),
        log in 0..4_u32,
        shift in 0..64_u32,
    ) {
        let itemsize = 1 << log;
        let shift = shift % (8 << log);
        src.truncate(src.len() / itemsize * itemsize);
        for value in src.chunks_exact_mut(itemsize) {
            let mut bits = [0; 8];
            bits[..itemsize].copy_from_slice(value);
            let bits = u64::from_le_bytes(bits) >> shift << shift;
            value.copy_from_slice(&bits.to_le_bytes()[..itemsize]);
        }
        for order in ORDERS {
            let with = Map { order, shift };
            let mut expected = vec![0; src.len()];
            map(Isa::Scalar, with, itemsize, &src, &mut expected);
            for isa in Isa::available() {
                let mut dst = vec![0x5a; src.len()];
                map(isa, with, itemsize, &src, &mut dst);
                prop_assert_eq!(&dst, &expected);
                unmap(isa, with, itemsize, &mut dst);
                prop_assert_eq!(&dst, &src);
            }
        }
    }

    #[test]
    fn anything_is_unmapped_alike(
        src in prop::collection::vec(any::<u8>(), 0..2000),
        log in 0..4_u32,
        shift in 0..64_u32,
    ) {
        let itemsize = 1 << log;
        for order in ORDERS {
            let with = Map { order, shift: shift % (8 << log) };
            let mut expected = src.clone();
            unmap(Isa::Scalar, with, itemsize, &mut expected);
            for isa in Isa::available() {
                let mut dst = src.clone();
                unmap(isa, with, itemsize, &mut dst);
                prop_assert_eq!(&dst, &expected);
            }
        }
    }
}
