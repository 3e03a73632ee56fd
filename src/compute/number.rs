//! Numbers: the element types that can be added and compared.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::dtype::{DType, Element};
use crate::error::{InvalidArgument, Result};

/// An element type that can be added and compared: integers, floats, and `bool` as 0 and 1.
///
/// Sealed, as [`Element`] is.
pub trait Number: Element + PartialOrd {
    /// What a sum is: `u64` for unsigned integers and `bool`, `i64` for signed ones, `f64` for
    /// floats.
    type Total: Number;

    /// What is done with slices of them.
    #[doc(hidden)]
    type Kernel: kernel::Kernel<Self, Sum = Self::Total>;
}

/// A sum of `T` that is not rounded yet.
pub(crate) type PartialOf<T> = <<T as Number>::Kernel as Kernel<T>>::Partial;

/// Elements below, at and above which others lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes<T> {
    /// Least and greatest; `None` of no elements, or of none but NaN.
    pub(crate) range: Option<(T, T)>,
    pub(crate) has_nan: bool,
}

impl<T: PartialOrd + Copy> Extremes<T> {
    pub(crate) const NONE: Self = Self { range: None, has_nan: false };

    pub(crate) fn of(value: T) -> Self {
        let has_nan = value.partial_cmp(&value).is_none();
        Self { range: (!has_nan).then_some((value, value)), has_nan }
    }

    /// The same of what `f` makes of each element, in the same order.
    pub(crate) fn map<U>(&self, f: impl Fn(T) -> U) -> Extremes<U> {
        Extremes { range: self.range.map(|(low, high)| (f(low), f(high))), has_nan: self.has_nan }
    }

    pub(crate) fn include(&mut self, other: Self) {
        self.has_nan |= other.has_nan;
        self.range = match (self.range, other.range) {
            (Some((low, high)), Some((other_low, other_high))) => Some((
                if other_low < low { other_low } else { low },
                if other_high > high { other_high } else { high },
            )),
            (range, None) | (None, range) => range,
        };
    }
}

/// A sum that is not rounded to its type yet.
pub trait Partial: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// Adds another.
    fn add(&mut self, other: Self);
    /// The nearest `f64`. What is not a number is always the same one.
    fn to_f64(self) -> f64;
    /// Its bits, the lower half first.
    fn to_words(self) -> [u64; 2];
    /// The sum of these bits.
    fn from_words(words: [u64; 2]) -> Self;
}

impl Partial for i128 {
    fn add(&mut self, other: Self) {
        // As many elements as can be addressed do not reach its end.
        *self += other;
    }

    fn to_f64(self) -> f64 {
        self as f64
    }

    fn to_words(self) -> [u64; 2] {
        [self as u64, (self >> 64) as u64]
    }

    fn from_words([low, high]: [u64; 2]) -> Self {
        i128::from(high as i64) << 64 | i128::from(low)
    }
}

impl Partial for f64 {
    fn add(&mut self, other: Self) {
        *self += other;
    }

    fn to_f64(self) -> f64 {
        // Which one it is depends on the element that made it so, which statistics do not know.
        if self.is_nan() { Self::NAN } else { self }
    }

    fn to_words(self) -> [u64; 2] {
        [self.to_bits(), 0]
    }

    fn from_words([bits, _]: [u64; 2]) -> Self {
        Self::from_bits(bits)
    }
}

pub(crate) mod kernel {
    //! Loops over slices of one type. Those of floats have a fixed order of additions, so that the
    //! same elements give the same sum on every machine.

    use super::{Element, Extremes, Partial, Result};

    /// Lanes of a sum: enough to hide the latency of additions in vectors of any width.
    pub(crate) const LANES: usize = 32;

    /// Not a part of `Number` itself, whose methods would be everybody's.
    #[doc(hidden)]
    pub trait Kernel<T: Element> {
        type Sum: Element;
        type Partial: Partial;
        /// What is not a number, where there is such a thing.
        const NAN: Option<T>;
        /// An integer as wide that has the same order, and room for it.
        fn key(item: T) -> u64;
        fn of_key(key: u64) -> T;
        fn to_f64(item: T) -> f64;
        fn is_nan(item: T) -> bool;
        fn partial(item: T) -> Self::Partial;
        fn times(partial: Self::Partial, count: usize) -> Self::Partial;
        fn sum(items: &[T]) -> Self::Partial;
        /// The sum of those that are numbers, and how many they are.
        fn sum_of_numbers(items: &[T]) -> (Self::Partial, usize);
        fn total(partial: Self::Partial) -> Result<Self::Sum>;
        fn extremes(items: &[T]) -> Extremes<T>;
        /// Calls `f` with the items as `f64`, some at a time.
        fn as_f64(items: &[T], f: impl FnMut(&[f64]));
    }
}
pub(crate) use kernel::Kernel;
use kernel::LANES;

/// Adds lanes in pairs.
fn fold_lanes<S: Copy + std::ops::Add<Output = S>, const N: usize>(mut lanes: [S; N]) -> S {
    let mut len = N;
    while len > 1 {
        len /= 2;
        for i in 0..len {
            lanes[i] = lanes[i] + lanes[i + len];
        }
    }
    lanes[0]
}

/// Sums up `f` of each item in [`LANES`] lanes.
#[inline(always)]
fn sum_in_lanes<T: Copy, S>(items: &[T], f: impl Fn(T) -> S) -> S
where
    S: Copy + Default + std::ops::Add<Output = S>,
{
    let mut lanes = [S::default(); LANES];
    let (rows, rest) = items.as_chunks::<LANES>();
    for row in rows {
        for (lane, item) in lanes.iter_mut().zip(row) {
            *lane = *lane + f(*item);
        }
    }
    for (lane, item) in lanes.iter_mut().zip(rest) {
        *lane = *lane + f(*item);
    }
    fold_lanes(lanes)
}

/// Calls `f` with items made into numbers, some at a time.
#[inline(always)]
fn converted<T: Copy>(items: &[T], convert: impl Fn(T) -> f64, mut f: impl FnMut(&[f64])) {
    let mut buffer = [0.0; 256];
    for items in items.chunks(buffer.len()) {
        for (number, item) in buffer.iter_mut().zip(items) {
            *number = convert(*item);
        }
        f(&buffer[..items.len()]);
    }
}

/// Calls `f` with halves as `f32`, some at a time: conversion is an instruction for several.
fn widened(items: &[f16], mut f: impl FnMut(&[f32])) {
    let mut buffer = [0.0; 256];
    for items in items.chunks(buffer.len()) {
        let buffer = &mut buffer[..items.len()];
        items.convert_to_f32_slice(buffer);
        f(buffer);
    }
}

macro_rules! implement_integers {
    ($($type:ident, $unsigned:ident, $wide:ident, $total:ident;)*) => {$(
        impl Number for $type {
            type Total = $total;
            type Kernel = Self;
        }

        impl Kernel<$type> for $type {
            type Sum = $total;
            type Partial = i128;
            const NAN: Option<Self> = None;

            fn key(item: Self) -> u64 {
                u64::from((item ^ $type::MIN) as $unsigned)
            }

            fn of_key(key: u64) -> Self {
                (key as $unsigned) as $type ^ $type::MIN
            }

            fn to_f64(item: Self) -> f64 {
                item as f64
            }

            fn is_nan(_: Self) -> bool {
                false
            }

            fn partial(item: Self) -> i128 {
                i128::from(item)
            }

            fn times(partial: i128, count: usize) -> i128 {
                partial * count as i128
            }

            #[inline(always)]
            fn sum(items: &[Self]) -> i128 {
                // So many fit their lane.
                let sums = items.chunks(1 << 15).map(|items| {
                    items.iter().fold(0, |sum: $wide, item| sum.wrapping_add($wide::from(*item)))
                });
                sums.map(i128::from).sum()
            }

            #[inline(always)]
            fn sum_of_numbers(items: &[Self]) -> (i128, usize) {
                (Self::sum(items), items.len())
            }

            fn total(partial: i128) -> Result<$total> {
                $total::try_from(partial).map_err(|_| {
                    let (sum, dtype) = (partial.to_string(), <$total>::DTYPE);
                    InvalidArgument::SumOverflow { sum, dtype }.into()
                })
            }

            #[inline(always)]
            fn extremes(items: &[Self]) -> Extremes<Self> {
                let (low, high) = items.iter().fold((Self::MAX, Self::MIN), |(low, high), item| {
                    (low.min(*item), high.max(*item))
                });
                Extremes { range: (!items.is_empty()).then_some((low, high)), has_nan: false }
            }

            #[inline(always)]
            fn as_f64(items: &[Self], f: impl FnMut(&[f64])) {
                converted(items, |item| item as f64, f);
            }
        }
    )*};
}
implement_integers! {
    u8, u8, u32, u64;
    u16, u16, u32, u64;
    u32, u32, u64, u64;
    u64, u64, i128, u64;
    i8, u8, i32, i64;
    i16, u16, i32, i64;
    i32, u32, i64, i64;
    i64, u64, i128, i64;
}

impl Number for bool {
    type Total = u64;
    type Kernel = Self;
}

impl Kernel<bool> for bool {
    type Sum = u64;
    type Partial = i128;
    const NAN: Option<Self> = None;

    fn key(item: Self) -> u64 {
        u64::from(item)
    }

    fn of_key(key: u64) -> Self {
        key != 0
    }

    fn to_f64(item: Self) -> f64 {
        f64::from(u8::from(item))
    }

    fn is_nan(_: Self) -> bool {
        false
    }

    fn partial(item: Self) -> i128 {
        i128::from(item)
    }

    fn times(partial: i128, count: usize) -> i128 {
        u8::times(partial, count)
    }

    #[inline(always)]
    fn sum(items: &[Self]) -> i128 {
        u8::sum(bytemuck::cast_slice(items))
    }

    fn sum_of_numbers(items: &[Self]) -> (i128, usize) {
        (Self::sum(items), items.len())
    }

    fn total(partial: i128) -> Result<u64> {
        u8::total(partial)
    }

    #[inline(always)]
    fn extremes(items: &[Self]) -> Extremes<Self> {
        let Extremes { range, has_nan } = u8::extremes(bytemuck::cast_slice(items));
        Extremes { range: range.map(|(low, high)| (low != 0, high != 0)), has_nan }
    }

    fn as_f64(items: &[Self], f: impl FnMut(&[f64])) {
        converted(items, |item| f64::from(u8::from(item)), f);
    }
}

macro_rules! implement_floats {
    ($($type:ident, $unsigned:ident;)*) => {$(
        impl Number for $type {
            type Total = f64;
            type Kernel = Self;
        }

        impl Kernel<$type> for $type {
            type Sum = f64;
            type Partial = f64;
            const NAN: Option<Self> = Some($type::NAN);

            fn key(item: Self) -> u64 {
                // Floats are ordered as their bits are, negative ones from the end.
                const SIGN: $unsigned = 1 << ($unsigned::BITS - 1);
                let bits = item.to_bits();
                u64::from(if bits & SIGN == 0 { bits | SIGN } else { !bits })
            }

            fn of_key(key: u64) -> Self {
                const SIGN: $unsigned = 1 << ($unsigned::BITS - 1);
                let bits = key as $unsigned;
                Self::from_bits(if bits & SIGN == 0 { !bits } else { bits & !SIGN })
            }

            fn to_f64(item: Self) -> f64 {
                f64::from(item)
            }

            fn is_nan(item: Self) -> bool {
                item.is_nan()
            }

            fn partial(item: Self) -> f64 {
                f64::from(item)
            }

            fn times(partial: f64, count: usize) -> f64 {
                partial * count as f64
            }

            implement_floats!(@loops $type);

            fn total(partial: f64) -> Result<f64> {
                Ok(partial.to_f64())
            }
        }
    )*};
    (@loops f16) => {
        #[inline(always)]
        fn sum(items: &[Self]) -> f64 {
            let mut sum = 0.0;
            widened(items, |items| sum += f32::sum(items));
            sum
        }

        #[inline(always)]
        fn sum_of_numbers(items: &[Self]) -> (f64, usize) {
            let (mut sum, mut count) = (0.0, 0);
            widened(items, |items| {
                let (more, numbers) = f32::sum_of_numbers(items);
                sum += more;
                count += numbers;
            });
            (sum, count)
        }

        #[inline(always)]
        fn extremes(items: &[Self]) -> Extremes<Self> {
            let mut all = Extremes::<f32>::NONE;
            widened(items, |items| all.include(f32::extremes(items)));
            // They were halves before.
            let half = |(low, high)| (f16::from_f32(low), f16::from_f32(high));
            Extremes { range: all.range.map(half), has_nan: all.has_nan }
        }

        #[inline(always)]
        fn as_f64(items: &[Self], mut f: impl FnMut(&[f64])) {
            widened(items, |items| f32::as_f64(items, &mut f));
        }
    };
    (@loops $type:ident) => {
        #[inline(always)]
        fn sum(items: &[Self]) -> f64 {
            sum_in_lanes(items, f64::from)
        }

        #[inline(always)]
        fn sum_of_numbers(items: &[Self]) -> (f64, usize) {
            let sum =
                sum_in_lanes(items, |item| if item.is_nan() { 0.0 } else { f64::from(item) });
            (sum, items.iter().filter(|item| !item.is_nan()).count())
        }

        #[inline(always)]
        fn extremes(items: &[Self]) -> Extremes<Self> {
            let mut low = [Self::INFINITY; LANES];
            let mut high = [Self::NEG_INFINITY; LANES];
            let mut nans = [0u32; LANES];
            // NaN is neither less nor greater.
            let mut row = |items: &[Self]| {
                for (i, &item) in items.iter().enumerate() {
                    low[i] = if item < low[i] { item } else { low[i] };
                    high[i] = if item > high[i] { item } else { high[i] };
                    nans[i] += u32::from(item.is_nan());
                }
            };
            let (rows, rest) = items.as_chunks::<LANES>();
            rows.iter().for_each(|items| row(items));
            row(rest);
            let nans = nans.iter().map(|&n| n as usize).sum::<usize>();
            let low = low.iter().fold(Self::INFINITY, |a, &b| if b < a { b } else { a });
            let high = high.iter().fold(Self::NEG_INFINITY, |a, &b| if b > a { b } else { a });
            Extremes { range: (nans < items.len()).then_some((low, high)), has_nan: nans > 0 }
        }

        #[inline(always)]
        fn as_f64(items: &[Self], f: impl FnMut(&[f64])) {
            converted(items, f64::from, f);
        }
    };
}
implement_floats! {
    f16, u16;
    f32, u32;
    f64, u64;
}

/// Whether values of the type can be NaN.
pub(crate) fn has_nan<T: Element>() -> bool {
    matches!(T::DTYPE, DType::F16 | DType::F32 | DType::F64)
}
