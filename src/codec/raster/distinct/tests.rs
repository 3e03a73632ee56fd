//! Distinct values against a model that sorts.
#![allow(clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CLASSES: [Class; 3] = [Class::Unsigned, Class::Signed, Class::Float];

/// The distinct values in the order of their keys, and which of them each value is.
fn model(class: Class, itemsize: usize, values: &[u64]) -> (Vec<u64>, Vec<u16>) {
    let keys = values.iter().map(|&value| (order_key(class, itemsize, value), value));
    let in_order: BTreeMap<u64, u64> = keys.collect();
    let found: Vec<u64> = in_order.into_values().collect();
    let place = |value| found.iter().position(|found| found == value).expect("it was found");
    let indices = values.iter().map(|value| place(value) as u16).collect();
    (found, indices)
}

proptest! {
    #[test]
    fn values_of_two_bytes_are_found_in_order(
        class in prop::sample::select(&CLASSES[..]),
        values in prop::collection::vec(prop_oneof![any::<u16>(), 0..20_u16], 1..3000),
        max in 1..4000_usize,
    ) {
        let src: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let values: Vec<u64> = values.into_iter().map(u64::from).collect();
        let (found, in_model) = model(class, 2, &values);
        let mut places = Places::default();
        let mut indices = vec![0; values.len()];
        // Twice, since the first must leave nothing behind.
        for _ in 0..2 {
            let in_order =
                distinct_in_order(class, &src, max, |_| true, &mut places, &mut indices);
            prop_assert_eq!(in_order.as_ref(), (found.len() <= max).then_some(&found));
            prop_assert!(in_order.is_none() || indices == in_model);
            prop_assert!(places.marks.iter().all(|&mark| mark == 0));
        }
        let refused = distinct_in_order(class, &src, max, |_| false, &mut places, &mut indices);
        prop_assert_eq!(refused, None);
        prop_assert!(places.marks.iter().all(|&mark| mark == 0));
    }

    #[test]
    fn values_of_any_size_are_found_and_sorted(
        class in prop::sample::select(&CLASSES[..]),
        itemsize in prop::sample::select(&[1_usize, 2, 4, 8][..]),
        values in prop::collection::vec(prop_oneof![any::<u64>(), 0..20_u64], 1..500),
    ) {
        let mask = u64::MAX >> (64 - 8 * itemsize);
        let values: Vec<u64> = values.into_iter().map(|value| value & mask).collect();
        let src: Vec<u8> =
            values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(itemsize)).collect();
        let (expected, in_model) = model(class, itemsize, &values);
        let mut places = Places::default();
        let mut indices = vec![0_u16; values.len()];
        let mut found =
            distinct(itemsize, &src, 8192, &mut places, &mut indices).expect("they are few");
        let ranks: Vec<u16> = sort(class, itemsize, &mut found);
        prop_assert!(places.by_value.iter().all(|&number| number == 0));
        prop_assert_eq!(found.len(), expected.len());
        let too_many = distinct(itemsize, &src, found.len() - 1, &mut places, &mut indices.clone());
        prop_assert_eq!(too_many, None);
        prop_assert!(places.by_value.iter().all(|&number| number == 0));
        prop_assert_eq!(found, expected);
        let ranked = indices.iter().map(|&index| ranks[usize::from(index)]);
        prop_assert!(ranked.eq(in_model));
    }
}
