//! Values by key, in the order of their use.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The end of the list.
const NONE: usize = usize::MAX;

/// A map that knows which of its entries was not used for the longest time.
pub(super) struct Lru<K, V> {
    places: HashMap<K, usize, BuildHasherDefault<Mixer>>,
    /// A list from the newest to the oldest, in places that are used again.
    nodes: Vec<Node<K, V>>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
}

struct Node<K, V> {
    entry: Option<(K, V)>,
    newer: usize,
    older: usize,
}

impl<K, V> Default for Lru<K, V> {
    fn default() -> Self {
        let (places, nodes, free) = (HashMap::default(), Vec::new(), Vec::new());
        Self { places, nodes, free, newest: NONE, oldest: NONE }
    }
}

impl<K: Copy + Eq + Hash, V> Lru<K, V> {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The value of a key, which is then the newest.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        let place = *self.places.get(key)?;
        if self.newest != place {
            self.unlink(place);
            self.link(place);
        }
        self.nodes[place].entry.as_ref().map(|(_, value)| value)
    }

    /// Adds the newest entry. The key must not be there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let node = Node { entry: Some((key, value)), newer: NONE, older: NONE };
        let place = match self.free.pop() {
            Some(place) => {
                self.nodes[place] = node;
                place
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.link(place);
        let before = self.places.insert(key, place);
        debug_assert!(before.is_none());
    }

    /// Takes the oldest entry away.
    pub(super) fn pop_oldest(&mut self) -> Option<V> {
        let place = self.oldest;
        let (key, value) = self.nodes.get_mut(place)?.entry.take()?;
        self.unlink(place);
        self.free.push(place);
        self.places.remove(&key);
        Some(value)
    }

    fn unlink(&mut self, place: usize) {
        let Node { newer, older, .. } = self.nodes[place];
        match self.nodes.get_mut(newer) {
            Some(node) => node.older = older,
            None => self.newest = older,
        }
        match self.nodes.get_mut(older) {
            Some(node) => node.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// Puts a node that is in no list in front.
    fn link(&mut self, place: usize) {
        let older = std::mem::replace(&mut self.newest, place);
        (self.nodes[place].newer, self.nodes[place].older) = (NONE, older);
        match self.nodes.get_mut(older) {
            Some(node) => node.newer = place,
            None => self.oldest = place,
        }
    }
}

/// A hash of addresses and numbers, which nobody chooses to do harm: a multiplication each.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // The upper half of a product depends on all bits of its factors.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list_in_the_order_of_use() {
        let (mut lru, mut list) = (Lru::default(), Vec::<(u64, u64)>::new());
        let mut state = 1u64;
        for step in 0..20_000 {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let key = (state >> 33) % 40;
            let held = list.iter().position(|&(other, _)| other == key);
            match ((state >> 50) % 8, held) {
                (0..5, Some(at)) => {
                    let entry = list.remove(at);
                    assert_eq!(lru.get(&key), Some(&entry.1));
                    list.push(entry);
                }
                (0..5, None) => {
                    assert_eq!(lru.get(&key), None);
                    lru.insert(key, step);
                    list.push((key, step));
                }
                _ => {
                    let oldest = (!list.is_empty()).then(|| list.remove(0).1);
                    assert_eq!(lru.pop_oldest(), oldest);
                }
            }
            assert_eq!(lru.len(), list.len());
        }
        // Places are used again.
        assert!(lru.nodes.len() <= 40);
        list.into_iter().for_each(|(_, value)| assert_eq!(lru.pop_oldest(), Some(value)));
        assert_eq!((lru.pop_oldest(), lru.newest, lru.oldest), (None, NONE, NONE));
    }
}
