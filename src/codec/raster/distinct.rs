//! Which values a block has, and which of them each value is.

use super::stream::Class;

/// What a sample of a block says of how often values occur.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sampled {
    /// Values looked at.
    pub(super) len: usize,
    /// Those that equal the value before them in the block.
    pub(super) repeats: usize,
    /// Those that differ from it by 1.
    pub(super) adjacent: usize,
    /// Different ones. A few that differ may be mistaken for one, here and below.
    distinct: usize,
    /// Those of them that occur once in the sample.
    singles: usize,
    /// Those of them that occur twice.
    doubles: usize,
    /// What occurs most often.
    pub(super) common: u64,
    /// How often that is.
    pub(super) most: usize,
}

impl Sampled {
    /// Whether more than `max` distinct values are all but certain: hardly any occurs twice.
    ///
    /// Of `max` values that are equally frequent, about len^2 / (2 max) would, of others more.
    pub(super) fn exceeds(&self, max: usize) -> bool {
        (self.len - self.distinct) * 4 * max < self.len * self.len
    }

    /// How many distinct values the block has, estimated (Chao 1984): rather too few than too many.
    pub(super) fn estimate(&self) -> usize {
        self.distinct + self.singles * self.singles.saturating_sub(1) / (2 * (self.doubles + 1))
    }
}

/// Looks at `count` values, or at all if there are fewer.
pub(super) fn sample(itemsize: usize, src: &[u8], count: usize) -> Sampled {
    match itemsize {
        1 => sample_of::<u8>(src, count),
        2 => sample_of::<u16>(src, count),
        4 => sample_of::<u32>(src, count),
        _ => sample_of::<u64>(src, count),
    }
}

fn sample_of<V: Value>(src: &[u8], count: usize) -> Sampled {
    const BITS: u32 = 12;
    let mut counts = [0_u8; 1 << BITS];
    let mut sampled = Sampled::default();
    for [before, value] in neighbours::<V>(V::chunks(src), count) {
        let seen = &mut counts[(value.hash() >> (64 - BITS)) as usize];
        *seen = seen.saturating_add(1);
        // Branches would be mispredicted.
        let [first, second, third] = [*seen == 1, *seen == 2, *seen == 3].map(usize::from);
        sampled.distinct += first;
        sampled.singles = sampled.singles + first - second;
        sampled.doubles = sampled.doubles + second - third;
        let step = value.to_u64().wrapping_sub(before.to_u64());
        sampled.repeats += usize::from(step == 0);
        sampled.adjacent += usize::from(step.wrapping_add(1) <= 2);
        sampled.len += 1;
        if usize::from(*seen) > sampled.most {
            (sampled.common, sampled.most) = (value.to_u64(), (*seen).into());
        }
    }
    sampled.adjacent -= sampled.repeats;
    sampled
}

/// About `count` values, or all if there are fewer, each with the one before it.
///
/// They are an odd number of values apart, since rows have an even number.
pub(super) fn neighbours<V: Value>(
    values: &[V::Bytes],
    count: usize,
) -> impl Iterator<Item = [V; 2]> {
    let distance = (values.len() / count) | 1;
    let pairs = values.windows(2).step_by(distance);
    pairs.map(|pair| [V::from_bytes(pair[0]), V::from_bytes(pair[1])])
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

/// Memory to find distinct values with.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// For each value of at most 2 bytes a number: 0 between calls, so that none has to be cleared.
    by_value: Vec<u16>,
    /// For hashes of others, of any content.
    by_hash: Vec<u16>,
    /// For each value of 2 bytes, whether it occurs: 0 between calls.
    marks: Vec<u8>,
    /// The rank of those that do.
    ranks: Vec<u16>,
}

/// Values of 2 bytes that there are.
const NVALUES: usize = 1 << 16;

/// Finds the values of `src`, in order of appearance, and writes the index of each to `indices`,
/// which is as long. `None` if there are more than `max`, which is at most 8192.
pub(super) fn distinct<I: Index>(
    itemsize: usize,
    src: &[u8],
    max: usize,
    places: &mut Places,
    indices: &mut [I],
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
    places: &mut Places,
    indices: &mut [I],
) -> Option<Vec<u64>> {
    let mut table = Table::<V>::new(max, places);
    let fits = table.number(V::chunks(src), indices).is_some();
    table.clear();
    fits.then(|| table.found.into_iter().map(V::to_u64).collect())
}

/// Places for hashes, as a power of two, that are cleared in no time.
const MIN_BITS: u32 = 12;

/// The values found so far, and where they are.
struct Table<'a, V> {
    found: Vec<V>,
    max: usize,
    /// Indices into `found`, counted from 1; 0 where nothing is.
    places: &'a mut [u16],
    /// Highest bits of a hash that are its place.
    shift: u32,
}

impl<'a, V: Value> Table<'a, V> {
    fn new(max: usize, places: &'a mut Places) -> Self {
        // Far more than values, since where one is not in its place a branch is mispredicted.
        let bits = (max.next_power_of_two().trailing_zeros() + 2).max(MIN_BITS);
        let places = if V::IS_PLACE {
            places.by_value.resize(NVALUES, 0);
            &mut places.by_value[..]
        } else {
            places.by_hash.clear();
            places.by_hash.resize(1 << bits, 0);
            &mut places.by_hash[..]
        };
        Self { found: Vec::with_capacity(max), max, places, shift: 64 - bits }
    }

    /// Writes the index of each value; `None`, with some not written, if there are too many.
    fn number<I: Index>(&mut self, values: &[V::Bytes], indices: &mut [I]) -> Option<()> {
        let mut last = (*values.first()?, I::default());
        self.index_of(V::from_bytes(last.0))?;
        for (values, indices) in values.chunks(RUN).zip(indices.chunks_mut(RUN)) {
            let run: &[V::Bytes] = &[last.0; RUN];
            if values == run {
                indices.fill(last.1);
                continue;
            }
            for (bytes, index) in values.iter().zip(indices) {
                last = (*bytes, I::from_usize(self.index_of(V::from_bytes(*bytes))?));
                *index = last.1;
            }
        }
        Some(())
    }

    /// The index of a value, which may be new; `None` if there are too many.
    #[inline(always)]
    fn index_of(&mut self, value: V) -> Option<usize> {
        let mut place = if V::IS_PLACE {
            value.to_u64() as usize
        } else {
            (value.hash() >> self.shift) as usize
        };
        while let Some(index) = usize::from(self.places[place]).checked_sub(1) {
            if V::IS_PLACE || self.found.get(index) == Some(&value) {
                return Some(index);
            }
            place = (place + 1) % self.places.len();
        }
        if self.found.len() == self.max {
            return None;
        }
        self.found.push(value);
        self.places[place] = self.found.len() as u16;
        Some(self.found.len() - 1)
    }

    /// Leaves the places as the next table of such values expects them.
    fn clear(&mut self) {
        if V::IS_PLACE {
            self.found.iter().for_each(|value| self.places[value.to_u64() as usize] = 0);
        }
    }
}

/// Sorts values, and answers where each one went.
pub(super) fn sort<I: Index>(class: Class, itemsize: usize, values: &mut [u64]) -> Vec<I> {
    // One number of each key and the index of its value: numbers are sorted without a branch.
    let keys = values.iter().map(|&value| order_key(class, itemsize, value));
    let mut keys: Vec<u128> =
        keys.zip(0..).map(|(key, index)| u128::from(key) << 16 | index).collect();
    keys.sort_unstable();
    let mut ranks = vec![I::default(); values.len()];
    for (rank, (key, value)) in keys.into_iter().zip(values).enumerate() {
        ranks[usize::from(key as u16)] = I::from_usize(rank);
        *value = of_order_key(class, itemsize, (key >> 16) as u64);
    }
    ranks
}

/// What [`distinct`] and [`sort`] find of values of 2 bytes, in ascending order. None of `indices`
/// is written if the values found do not `pay`.
///
/// Two passes, neither with a branch: the first marks the values, the second looks up their ranks.
/// Between them values are not sorted but collected from the marks. The first pass only writes: to
/// see in it which values are new, too, took twice as long. With thousands of values to a block all
/// this takes a quarter of the time; with few, [`distinct`] is faster.
pub(super) fn distinct_in_order(
    class: Class,
    src: &[u8],
    max: usize,
    pay: impl FnOnce(&[u64]) -> bool,
    Places { marks, ranks, .. }: &mut Places,
    indices: &mut [u16],
) -> Option<Vec<u64>> {
    marks.resize(NVALUES, 0);
    ranks.resize(NVALUES, 0);
    let marks = marks.first_chunk_mut::<NVALUES>()?;
    let ranks = ranks.first_chunk_mut::<NVALUES>()?;
    let values = <u16 as Value>::chunks(src);
    for &value in values {
        marks[usize::from(u16::from_le_bytes(value))] = 1;
    }
    let found = marked(marks, max);
    marks.fill(0);
    let mut found = found?;
    // As unsigned numbers, those with a sign come last; floats of them in the wrong order.
    let nunsigned = found.partition_point(|&value| value < 1 << 15);
    if matches!(class, Class::Signed | Class::Float) {
        found.rotate_left(nunsigned);
    }
    if class == Class::Float {
        let nsigned = found.len() - nunsigned;
        found[..nsigned].reverse();
    }
    if !pay(&found) {
        return None;
    }
    for (&value, rank) in found.iter().zip(0..) {
        ranks[usize::from(value as u16)] = rank;
    }
    for (index, &value) in indices.iter_mut().zip(values) {
        *index = ranks[usize::from(u16::from_le_bytes(value))];
    }
    Some(found)
}

/// The places where marks are 1, all others being 0; `None` if there are more than `max`.
fn marked(marks: &[u8; NVALUES], max: usize) -> Option<Vec<u64>> {
    /// Moves the lowest bit of each byte, the others being 0, to the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut found = Vec::with_capacity(max + 64);
    for (first, marks) in (0..).step_by(64).zip(marks.as_chunks::<64>().0) {
        let bytes = marks
            .as_chunks()
            .0
            .iter()
            .map(|&word| u64::from_le_bytes(word).wrapping_mul(GATHER) >> 56);
        let mut bits = bytes.rev().fold(0, |bits, byte| bits << 8 | byte);
        while bits != 0 {
            found.push(first + u64::from(bits.trailing_zeros()));
            bits &= bits - 1;
        }
        if found.len() > max {
            return None;
        }
    }
    Some(found)
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

/// The value that has this key.
fn of_order_key(class: Class, itemsize: usize, key: u64) -> u64 {
    let sign = 1 << (8 * itemsize - 1);
    match class {
        Class::Signed => key ^ sign,
        Class::Float if key & sign == 0 => (sign | (sign - 1)) - key,
        Class::Float => key ^ sign,
        _ => key,
    }
}

/// An unsigned number of 1, 2, 4 or 8 bytes.
pub(super) trait Value: Copy + PartialEq {
    type Bytes: Copy + PartialEq;

    /// Whether there are so few values that each can have a place of its own.
    const IS_PLACE: bool;

    fn chunks(src: &[u8]) -> &[Self::Bytes];
    fn from_bytes(bytes: Self::Bytes) -> Self;
    fn to_u64(self) -> u64;
    fn from_u64(bits: u64) -> Self;

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

            fn to_u64(self) -> u64 {
                self.into()
            }

            fn from_u64(bits: u64) -> Self {
                bits as Self
            }
        }
    )*};
}
values!(u8: 1, u16: 2, u32: 4, u64: 8);

#[cfg(test)]
mod tests;
