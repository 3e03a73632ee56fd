//! The map against a `BTreeMap`, and what its clones share.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What is done to a map.
#[derive(Debug, Clone, Copy)]
enum Step {
    Insert(usize, u32),
    Remove(usize),
    /// Keeps a clone, which later steps must not change.
    Keep,
}

/// Numbers that meet in pages, lie at their ends, and far away.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0..200usize,
        1 => prop::sample::select(vec![63, 64, 65, 127, 128, usize::MAX - 1, usize::MAX]),
        1 => any::<usize>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (number(), any::<u32>()).prop_map(|(index, value)| Step::Insert(index, value)),
        3 => number().prop_map(Step::Remove),
        1 => Just(Step::Keep),
    ]
}

fn check(map: &ChunkMap<u32>, model: &BTreeMap<usize, u32>) {
    assert_eq!(map.len(), model.len());
    assert!(map.iter().map(|(index, &value)| (index, value)).eq(model.clone()));
    assert!(map.values().eq(model.values()));
    assert!(map.pages.values().all(|page| page.present.count_ones() as usize == page.values.len()));
    assert!(map.pages.values().all(|page| page.present != 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_map_holds_what_a_btree_map_holds(
        steps in prop::collection::vec(step(), 0..200),
        asked in prop::collection::vec(number(), 20),
    ) {
        let (mut map, mut model) = (ChunkMap::default(), BTreeMap::new());
        let mut kept = Vec::new();
        for step in steps {
            match step {
                Step::Insert(index, value) => {
                    prop_assert_eq!(map.insert(index, value), model.insert(index, value));
                }
                Step::Remove(index) => prop_assert_eq!(map.remove(index), model.remove(&index)),
                Step::Keep => kept.push((map.clone(), model.clone())),
            }
        }
        check(&map, &model);
        for index in asked {
            prop_assert_eq!(map.get(index), model.get(&index));
        }
        for (map, model) in &kept {
            check(map, model);
        }
        // In any order.
        let collected: ChunkMap<u32> = model.clone().into_iter().rev().collect();
        check(&collected, &model);
    }
}

#[test]
fn a_change_copies_one_page() {
    let mut map: ChunkMap<u32> = (0..10 * PAGE_LEN).map(|index| (index, 7)).collect();
    let clone = map.clone();
    map.insert(3 * PAGE_LEN + 5, 8);
    map.remove(3 * PAGE_LEN + 6);
    let shared = map.pages.iter().filter(|&(page, values)| Arc::ptr_eq(values, &clone.pages[page]));
    assert_eq!(shared.count(), 9);
    assert_eq!(clone.get(3 * PAGE_LEN + 6), Some(&7));
}

#[test]
fn removing_what_is_not_there_copies_nothing() {
    let mut map: ChunkMap<u32> = [(5, 7)].into_iter().collect();
    let clone = map.clone();
    assert_eq!((map.remove(6), map.remove(6 * PAGE_LEN)), (None, None));
    assert!(Arc::ptr_eq(&map.pages, &clone.pages));
}
