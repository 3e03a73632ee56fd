//! Every kernel of the machine against one index after the other.

use proptest::prelude::*;

use super::super::super::Isa;
use super::{lookup, lookup_wide};

/// What `lookup` should write, if there are such entries.
fn model(itemsize: usize, table: &[u8], indices: &[usize]) -> Option<Vec<u8>> {
    let entries: Vec<&[u8]> = table.chunks_exact(itemsize).collect();
    let found: Option<Vec<&[u8]>> = indices.iter().map(|&at| entries.get(at).copied()).collect();
    found.map(|found| found.concat())
}

proptest! {
    #[test]
    fn indices_become_their_entries(
        log in 0..4_u32,
        len in prop_oneof![1..20_usize, 60..70_usize, 120..257_usize],
        seed in any::<u64>(),
        indices in prop::collection::vec(any::<u8>(), 0..400),
        is_hostile in any::<bool>(),
    ) {
        let itemsize = 1 << log;
        let byte = |at: usize| (seed.rotate_left(at as u32 % 61) as usize + at * 37) as u8;
        let table: Vec<u8> = (0..len * itemsize).map(byte).collect();
        let indices: Vec<u8> = indices
            .into_iter()
            .map(|index| if is_hostile { index } else { (usize::from(index) % len) as u8 })
            .collect();
        let wanted: Vec<usize> = indices.iter().map(|&index| usize::from(index)).collect();
        let expected = model(itemsize, &table, &wanted);
        for isa in Isa::available() {
            let mut dst = vec![0xa5; indices.len() * itemsize];
            let is_known = lookup(isa, itemsize, &table, &indices, &mut dst);
            prop_assert_eq!(is_known.then_some(&dst), expected.as_ref(), "{:?}", isa);
        }
        if itemsize > 1 {
            let wide: Vec<u8> = indices.iter().flat_map(|&index| [index, 0]).collect();
            let mut dst = vec![0xa5; indices.len() * itemsize];
            let is_known = lookup_wide(itemsize, &table, &wide, &mut dst);
            prop_assert_eq!(is_known.then_some(&dst), expected.as_ref());
        }
    }
}
