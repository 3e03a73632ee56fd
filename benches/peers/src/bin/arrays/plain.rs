//! The same operations on slices, as one would write them to be fast.

use ndpress::bytemuck::Pod;

/// What is done with elements.
pub trait Plain: Pod + PartialOrd + Send + Sync {
    /// Their sum, in a type that holds it.
    fn total(items: &[Self]) -> f64;
    /// Least and greatest.
    fn range(items: &[Self]) -> (Self, Self);
    /// Half of it and one more.
    fn affine(self) -> Self;
    fn twenty_five() -> Self;
}

macro_rules! integers {
    ($($type:ident $wide:ident;)*) => {$(
        impl Plain for $type {
            fn total(items: &[Self]) -> f64 {
                // Short enough for the narrow sum, so that the compiler uses vectors of it.
                let parts = items.chunks(1 << 12).map(|part| {
                    part.iter().map(|&item| $wide::from(item)).sum::<$wide>() as i64
                });
                parts.sum::<i64>() as f64
            }

            fn range(items: &[Self]) -> (Self, Self) {
                items.iter().fold((Self::MAX, Self::MIN), |(low, high), &item| {
                    (low.min(item), high.max(item))
                })
            }

            fn affine(self) -> Self {
                (self >> 1) + 1
            }

            fn twenty_five() -> Self {
                25
            }
        }
    )*};
}
integers! {
    u8 u32;
    u16 u32;
    i16 i32;
}

impl Plain for f32 {
    fn total(items: &[Self]) -> f64 {
        let mut lanes = [0.0f64; 32];
        let (rows, rest) = items.as_chunks::<32>();
        for row in rows {
            lanes.iter_mut().zip(row).for_each(|(lane, item)| *lane += f64::from(*item));
        }
        lanes.iter().sum::<f64>() + rest.iter().map(|&item| f64::from(item)).sum::<f64>()
    }

    fn range(items: &[Self]) -> (Self, Self) {
        let mut lanes = [(f32::INFINITY, f32::NEG_INFINITY); 32];
        for row in items.chunks(32) {
            for ((low, high), &item) in lanes.iter_mut().zip(row) {
                *low = if item < *low { item } else { *low };
                *high = if item > *high { item } else { *high };
            }
        }
        lanes.iter().fold(lanes[0], |all, lane| (all.0.min(lane.0), all.1.max(lane.1)))
    }

    fn affine(self) -> Self {
        self * 0.5 + 1.0
    }

    fn twenty_five() -> Self {
        25.0
    }
}

/// Reduces a slice in as many parts as there are threads.
pub fn halves<T: Sync, R: Send>(
    items: &[T],
    f: &(impl Fn(&[T]) -> R + Sync),
    merge: &(impl Fn(R, R) -> R + Sync),
) -> R {
    if rayon::current_num_threads() == 1 {
        return f(items);
    }
    let (low, high) = items.split_at(items.len() / 2);
    let (low, high) = rayon::join(|| f(low), || f(high));
    merge(low, high)
}

/// Changes a slice in as many parts as there are threads.
pub fn in_place<T: Send>(items: &mut [T], f: &(impl Fn(&mut T) + Sync)) {
    if rayon::current_num_threads() == 1 {
        return items.iter_mut().for_each(f);
    }
    let (low, high) = items.split_at_mut(items.len() / 2);
    rayon::join(|| low.iter_mut().for_each(f), || high.iter_mut().for_each(f));
}
