//! Which values a block has, and which of them each value is.

use super::stream::Class;

/// How many different values are among `count` of them, at most: a few that differ may be mistaken
/// for one.
pub(super) fn sample(itemsize: usize, src: &[u8], count: usize) -> usize {
    match itemsize {
        1 => sample_of::<u8>(src, count),
        2 => sample_of::<u16>(src, count),
        4 => sample_of::<u32>(src, count),
        _ => sample_of::<u64>(src, count),
    }
}

fn sample_of<V: Value>(src: &[u8], count: usize) -> usize {
    let values = V::chunks(src);
    // An odd distance: rows have an even number of values.
    let distance = (values.len() / count) | 1;
    let mut seen = [0_u64; 256];
    let mut different = 0;
    for bytes in values.iter().step_by(distance).take(count) {
        let place = V::from_bytes(*bytes).hash() >> 50;
        let word = &mut seen[(place / 64) as usize];
        // Counted here: a sum over all words would take longer than all the rest.
        different += (!*word >> (place % 64) & 1) as usize;
        *word |= 1 << (place % 64);
    }
    different
}

/// An index into the values found.
pub(super) trait Index: Copy + Default {
    fn from_usize(index: usize) -> Self;
}

impl Index for u8 {
    fn from_usize(index: usize) -> Self {
        index as Self
    }
}

impl Index for u16 {
    fn from_usize(index: usize) -> Self {
        index as Self
    }
}

/// Finds the values of `src`, in order of appearance, and the index of each: appended to `found`
/// and `indices`. `None` if there are more than `max`, which is at most 8192.
///
/// `places` is memory to use, of any content.
pub(super) fn distinct<I: Index>(
    itemsize: usize,
    src: &[u8],
    max: usize,
    places: &mut Vec<u16>,
    indices: &mut Vec<I>,
) -> Option<Vec<u64>> {
    match itemsize {
        1 => distinct_of::<u8, I>(src, max, places, indices),
        2 => distinct_of::<u16, I>(src, max, places, indices),
        4 => distinct_of::<u32, I>(src, max, places, indices),
        _ => distinct_of::<u64, I>(src, max, places, indices),
    }
}

/// Values compared at once with the last one: most repeat it.
const RUN: usize = 8;

fn distinct_of<V: Value, I: Index>(
    src: &[u8],
    max: usize,
    places: &mut Vec<u16>,
    indices: &mut Vec<I>,
) -> Option<Vec<u64>> {
    let values = V::chunks(src);
    indices.clear();
    indices.resize(values.len(), I::default());
    let mut table = Table::<V>::new(max, places);
    let mut last = (V::from_bytes(*values.first()?), I::default());
    table.index_of(last.0)?;
    for (values, indices) in values.chunks(RUN).zip(indices.chunks_mut(RUN)) {
        let run: &[V::Bytes] = &[last.0.to_bytes(); RUN];
        if values == run {
            indices.fill(last.1);
            continue;
        }
        for (bytes, index) in values.iter().zip(indices) {
            let value = V::from_bytes(*bytes);
            if value != last.0 {
                last = (value, I::from_usize(table.index_of(value)?));
            }
            *index = last.1;
        }
    }
    Some(table.found.into_iter().map(V::to_u64).collect())
}

/// The values found so far, and where they are.
struct Table<'a, V> {
    found: Vec<V>,
    max: usize,
    /// Indices into `found`. Those that are not below its length are of no value; where places are
    /// the values themselves, so are those that lead to another.
    places: &'a mut [u16],
    /// Highest bits of a hash that are its place.
    shift: u32,
}

impl<'a, V: Value> Table<'a, V> {
    fn new(max: usize, places: &'a mut Vec<u16>) -> Self {
        let bits = if V::IS_PLACE { 16 } else { max.next_power_of_two().trailing_zeros() + 2 };
        if places.len() < 1 << bits {
            places.resize(1 << bits, 0);
        }
        let places = &mut places[..1 << bits];
        if !V::IS_PLACE {
            places.fill(u16::MAX);
        }
        Self { found: Vec::with_capacity(max), max, places, shift: 64 - bits }
    }

    /// The index of a value, which may be new; `None` if there are too many.
    #[inline(always)]
    fn index_of(&mut self, value: V) -> Option<usize> {
        let mut place = if V::IS_PLACE {
            value.to_u64() as usize
        } else {
            (value.hash() >> self.shift) as usize
        };
        loop {
            let index = usize::from(self.places[place]);
            match self.found.get(index) {
                Some(found) if *found == value => return Some(index),
                Some(_) if !V::IS_PLACE => place = (place + 1) % self.places.len(),
                _ => break,
            }
        }
        if self.found.len() == self.max {
            return None;
        }
        self.places[place] = self.found.len() as u16;
        self.found.push(value);
        Some(self.found.len() - 1)
    }
}

/// Sorts values, and answers where each one went.
pub(super) fn sort<I: Index>(class: Class, itemsize: usize, values: &mut [u64]) -> Vec<I> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by_key(|&index| order_key(class, itemsize, values[index]));
    let mut ranks = vec![I::default(); values.len()];
    for (rank, &index) in order.iter().enumerate() {
        ranks[index] = I::from_usize(rank);
    }
    values.sort_unstable_by_key(|&value| order_key(class, itemsize, value));
    ranks
}

/// What orders values such that neighbours are close: as a number without a sign.
pub(super) fn order_key(class: Class, itemsize: usize, value: u64) -> u64 {
    let sign = 1 << (8 * itemsize - 1);
    match class {
        Class::Signed => value ^ sign,
        Class::Float if value & sign != 0 => (sign | (sign - 1)) - value,
        Class::Float => value | sign,
        _ => value,
    }
}

/// An unsigned number of 1, 2, 4 or 8 bytes.
trait Value: Copy + PartialEq {
    type Bytes: Copy + PartialEq;

    /// Whether there are so few values that each can have a place of its own.
    const IS_PLACE: bool;

    fn chunks(src: &[u8]) -> &[Self::Bytes];
    fn from_bytes(bytes: Self::Bytes) -> Self;
    fn to_bytes(self) -> Self::Bytes;
    fn to_u64(self) -> u64;

    /// Of which the highest bits are for use.
    fn hash(self) -> u64 {
        self.to_u64().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

macro_rules! values {
    ($($value:ident: $nbytes:literal),*) => {$(
        impl Value for $value {
            type Bytes = [u8; $nbytes];

            const IS_PLACE: bool = $nbytes <= 2;

            fn chunks(src: &[u8]) -> &[[u8; $nbytes]] {
                src.as_chunks().0
            }

            fn from_bytes(bytes: [u8; $nbytes]) -> Self {
                Self::from_le_bytes(bytes)
            }

            fn to_bytes(self) -> [u8; $nbytes] {
                self.to_le_bytes()
            }

            fn to_u64(self) -> u64 {
                self.into()
            }
        }
    )*};
}
values!(u8: 1, u16: 2, u32: 4, u64: 8);
