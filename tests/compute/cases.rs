//! Random arrays, cut and compressed in random ways, and the same as plain ones.

use ndarray::{ArrayD, IxDyn};
use ndpress::half::f16;
use ndpress::{Array, Number};

use crate::random::Random;

impl Random {
    /// Few values, noise, one value, or one for each part.
    pub(crate) fn values<T: Value>(&mut self, n: usize) -> Vec<T> {
        let kind = self.below(4);
        let first = self.next();
        (0..n as u64)
            .map(|i| match kind {
                0 => self.next(),
                1 => self.next() % 5,
                2 => first,
                _ => first.wrapping_add(i / 200),
            })
            .map(T::value)
            .collect()
    }

    /// An array, and what it holds.
    pub(crate) fn pair<T: Value>(&mut self) -> (Array<T>, ArrayD<T>) {
        let shape = self.shape();
        self.pair_of(&shape)
    }

    pub(crate) fn pair_of<T: Value>(&mut self, shape: &[usize]) -> (Array<T>, ArrayD<T>) {
        let options = self.options(shape);
        let items = self.values::<T>(shape.iter().product());
        let mut array = Array::from_slice(&items, shape, &options).unwrap();
        let mut model = ArrayD::from_shape_vec(IxDyn(shape), items).unwrap();
        // Chunks that are not there, and chunks of one value.
        if self.below(3) == 0 && array.nchunks() > 0 {
            for _ in 0..3 {
                let chunk = self.below(array.nchunks());
                let value = T::value(self.next() % 3);
                array.fill_chunk(chunk, value).unwrap();
                let region = array.chunk_region(chunk).unwrap();
                model.slice_each_axis_mut(|axis| region.range(axis.axis.0).into()).fill(value);
            }
        }
        (array, model)
    }
}

/// An element type with values made from numbers.
pub(crate) trait Value: Number + std::fmt::Debug {
    fn value(number: u64) -> Self;
    fn is_nan(self) -> bool {
        self.partial_cmp(&self).is_none()
    }
    fn to_f64(self) -> f64;
}

macro_rules! values {
    ($($type:ty: $number:ident => $value:expr, $item:ident => $f64:expr;)*) => {$(
        impl Value for $type {
            fn value($number: u64) -> Self {
                $value
            }
            fn to_f64(self) -> f64 {
                let $item = self;
                $f64
            }
        }
    )*};
}
values! {
    bool: n => n % 3 == 1, v => f64::from(u8::from(v));
    u8: n => n as u8, v => v.into();
    i8: n => n as i8, v => v.into();
    u16: n => n as u16, v => v.into();
    i16: n => n as i16, v => v.into();
    u32: n => n as u32, v => v.into();
    i32: n => n as i32, v => v.into();
    u64: n => n >> 12, v => v as f64;
    i64: n => n as i64 >> 12, v => v as f64;
    f16: n => f16::from_f32((n % 4001) as f32 / 8.0 - 200.0), v => v.into();
    f32: n => (n % 100_003) as f32 / 64.0 - 500.0, v => v.into();
    f64: n => (n >> 20) as f64 / 7.0 - 1e9, v => v;
}

/// Calls a function of one of these types with a seed, each in its turn. Where the type hardly matters
/// they are few: a function takes a while to compile for each.
macro_rules! for_type {
    ($seed:expr, $f:ident: $($type:ty)*) => {{
        let functions: &[fn(u64)] = &[$($f::<$type>),*];
        functions[($seed % functions.len() as u64) as usize]($seed)
    }};
}
pub(crate) use for_type;
