//! Rows of differences instead of values.

/// What stands in the place of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    /// The samples.
    None,
    /// Differences to the sample before, of the same band.
    Horizontal,
    /// The same of bytes, those of floats grouped by significance.
    Float,
}

/// Where samples of a row are.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowShape {
    pub(super) itemsize: usize,
    /// From a sample to the next of its band, in samples.
    pub(super) stride: usize,
}

impl RowShape {
    /// Turns differences back into samples in place, both in the machine's byte order.
    pub(super) fn sum(self, row: &mut [u8]) {
        macro_rules! sum {
            ($type:ty) => {{
                let items = row.as_chunks_mut::<{ size_of::<$type>() }>().0;
                for i in self.stride..items.len() {
                    let before = <$type>::from_ne_bytes(items[i - self.stride]);
                    let sum = <$type>::from_ne_bytes(items[i]).wrapping_add(before);
                    items[i] = sum.to_ne_bytes();
                }
            }};
        }
        match self.itemsize {
            1 => sum!(u8),
            2 => sum!(u16),
            4 => sum!(u32),
            _ => sum!(u64),
        }
    }

    /// Turns samples into differences in place, both in the machine's byte order.
    pub(super) fn difference(self, row: &mut [u8]) {
        macro_rules! difference {
            ($type:ty) => {{
                let items = row.as_chunks_mut::<{ size_of::<$type>() }>().0;
                for i in (self.stride..items.len()).rev() {
                    let before = <$type>::from_ne_bytes(items[i - self.stride]);
                    let difference = <$type>::from_ne_bytes(items[i]).wrapping_sub(before);
                    items[i] = difference.to_ne_bytes();
                }
            }};
        }
        match self.itemsize {
            1 => difference!(u8),
            2 => difference!(u16),
            4 => difference!(u32),
            _ => difference!(u64),
        }
    }

    /// Turns differences of grouped bytes back into floats in the machine's byte order. `scratch`
    /// is as long as the row.
    pub(super) fn sum_floats(self, row: &mut [u8], scratch: &mut Vec<u8>) {
        let bytes = Self { itemsize: 1, stride: self.stride };
        bytes.sum(row);
        scratch.clear();
        scratch.extend_from_slice(row);
        let nitems = row.len() / self.itemsize;
        for (i, item) in row.chunks_exact_mut(self.itemsize).enumerate() {
            for (significance, byte) in item.iter_mut().enumerate() {
                *byte = scratch[self.group(significance) * nitems + i];
            }
        }
    }

    /// Turns floats in the machine's byte order into differences of grouped bytes.
    pub(super) fn difference_floats(self, row: &mut [u8], scratch: &mut Vec<u8>) {
        scratch.clear();
        scratch.extend_from_slice(row);
        let nitems = row.len() / self.itemsize;
        for (i, item) in scratch.chunks_exact(self.itemsize).enumerate() {
            for (significance, byte) in item.iter().enumerate() {
                row[self.group(significance) * nitems + i] = *byte;
            }
        }
        Self { itemsize: 1, stride: self.stride }.difference(row);
    }

    /// Which group the byte at this place of a float is in: the most significant are the first.
    fn group(self, place: usize) -> usize {
        if cfg!(target_endian = "little") { self.itemsize - 1 - place } else { place }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RowShape;

    proptest! {
        #[test]
        fn sums_undo_differences(
            size in 0usize..4, stride in 1usize..5, pixels in 0usize..20, seed: [u8; 32],
        ) {
            let shape = RowShape { itemsize: 1 << size, stride };
            let row: Vec<u8> =
                seed.iter().copied().cycle().take(pixels * stride * shape.itemsize).collect();
            let mut coded = row.clone();
            shape.difference(&mut coded);
            shape.sum(&mut coded);
            prop_assert_eq!(&coded, &row);
            let mut scratch = Vec::new();
            shape.difference_floats(&mut coded, &mut scratch);
            shape.sum_floats(&mut coded, &mut scratch);
            prop_assert_eq!(&coded, &row);
        }
    }

    #[test]
    fn differences_are_those_of_neighbours() {
        let mut row: Vec<u8> = [10u16, 300, 9, 305].iter().flat_map(|v| v.to_ne_bytes()).collect();
        RowShape { itemsize: 2, stride: 2 }.difference(&mut row);
        let expected: Vec<u8> =
            [10u16, 300, 65535, 5].iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!(row, expected);
    }
}
