//! Elements by rank, found without sorting: each pass over the array counts the next sixteen bits
//! of those elements that agree with what is known of the ones looked for.

use std::collections::BTreeSet;

use super::whole::whole;
use super::{BlockStatistics, Reduce};
use crate::array::ArrayItems;
use crate::compute::number::{Kernel, Number};
use crate::error::Result;

/// Bits that one pass finds.
const DIGIT_BITS: u32 = 16;

/// The elements of these ranks among those that are numbers, in order: rank 0 is the least one.
/// `ranks` says which, once it is known how many numbers there are.
pub(super) fn by_rank<T: Number>(
    array: &dyn ArrayItems<T>,
    ranks: impl FnOnce(usize, usize) -> Result<Vec<usize>>,
) -> Result<Vec<T>> {
    let bits = 8 * size_of::<T>() as u32;
    let mut shift = bits.saturating_sub(DIGIT_BITS);
    let first =
        Digits { known_bits: 0, shift, digit_bits: bits.min(DIGIT_BITS), prefixes: vec![0] };
    let Counts { mut counts, nans } = whole(array, &first)?;
    let total: u64 = counts[0].iter().sum();
    let ranks = ranks(total as usize, nans)?;
    // What is known of each element's key, and its rank among those of the same prefix.
    let mut wanted: Vec<(u64, u64)> = ranks.iter().map(|&rank| (0, rank as u64)).collect();
    let mut prefixes = vec![0];
    loop {
        for (prefix, rank) in &mut wanted {
            let Ok(place) = prefixes.binary_search(prefix) else { continue };
            let mut digit = 0;
            for &count in &counts[place] {
                if *rank < count {
                    break;
                }
                *rank -= count;
                digit += 1;
            }
            *prefix = *prefix << DIGIT_BITS.min(bits) | digit;
        }
        if shift == 0 {
            return Ok(wanted.into_iter().map(|(key, _)| T::Kernel::of_key(key)).collect());
        }
        shift -= DIGIT_BITS;
        let set: BTreeSet<u64> = wanted.iter().map(|&(prefix, _)| prefix).collect();
        prefixes = set.into_iter().collect();
        let known_bits = bits - shift - DIGIT_BITS;
        let next = Digits { known_bits, shift, digit_bits: DIGIT_BITS, prefixes: prefixes.clone() };
        counts = whole(array, &next)?.counts;
    }
}

/// Counts digits of the keys that begin with one of some prefixes.
struct Digits {
    known_bits: u32,
    /// Bits below the digit.
    shift: u32,
    digit_bits: u32,
    /// Rising.
    prefixes: Vec<u64>,
}

/// For each prefix, how often each digit follows; and how many elements are not a number.
struct Counts {
    counts: Vec<Vec<u64>>,
    nans: usize,
}

impl Digits {
    fn place(&self, key: u64) -> Option<(usize, usize)> {
        let digit = (key >> self.shift) as usize & ((1 << self.digit_bits) - 1);
        if self.known_bits == 0 {
            return Some((0, digit));
        }
        let prefix = key >> self.shift >> self.digit_bits;
        let place = match &*self.prefixes {
            [only] => (*only == prefix).then_some(0),
            _ => self.prefixes.binary_search(&prefix).ok(),
        };
        place.map(|place| (place, digit))
    }

    /// Where all numbers of a block are counted, or that none of them is; `None` where they go to
    /// several places.
    fn common_place<T: Number>(
        &self,
        known: &BlockStatistics<T>,
    ) -> Option<Option<(usize, usize)>> {
        let Some((low, high)) = known.key_range() else { return Some(None) };
        if low >> self.shift == high >> self.shift {
            return Some(self.place(low));
        }
        let prefix = |key: u64| key >> self.shift >> self.digit_bits;
        let first = self.prefixes.partition_point(|&other| other < prefix(low));
        let is_none_counted =
            self.known_bits > 0 && self.prefixes.get(first).is_none_or(|&next| next > prefix(high));
        is_none_counted.then_some(None)
    }
}

impl<T: Number> Reduce<T> for Digits {
    type State = Counts;

    fn start(&self) -> Counts {
        let counts = vec![vec![0; 1 << self.digit_bits]; self.prefixes.len()];
        Counts { counts, nans: 0 }
    }

    fn fold(&self, state: &mut Counts, items: &[T], index: usize) {
        for &item in items {
            self.fold_repeated(state, item, 1, index);
        }
    }

    #[inline]
    fn fold_repeated(&self, state: &mut Counts, value: T, count: usize, _: usize) {
        if T::Kernel::is_nan(value) {
            state.nans += count;
        } else if let Some((place, digit)) = self.place(T::Kernel::key(value)) {
            state.counts[place][digit] += count as u64;
        }
    }

    fn is_answered(&self, known: &BlockStatistics<T>) -> bool {
        self.common_place(known).is_some()
    }

    fn fold_known(&self, state: &mut Counts, known: &BlockStatistics<T>) {
        state.nans += known.nan_count();
        if let Some(Some((place, digit))) = self.common_place(known) {
            state.counts[place][digit] += known.nnumbers() as u64;
        }
    }

    fn merge(&self, state: &mut Counts, later: Counts) {
        state.nans += later.nans;
        let counts = state.counts.iter_mut().flatten();
        counts.zip(later.counts.iter().flatten()).for_each(|(count, more)| *count += more);
    }
}
