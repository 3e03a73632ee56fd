//! Numbers of one type as another.

use half::f16;

use super::number::Number;

/// Numbers that can be made from those of type `T`, as Rust's `as` does: integers lose their upper
/// bits, floats their fraction when they become integers, which are as near as they can be; NaN
/// becomes 0. `true` is 1, and all that is not 0 is `true`.
pub trait CastFrom<T>: Number {
    /// The number.
    fn cast_from(item: T) -> Self;
}

macro_rules! implement {
    ($($from:ident)*) => {$(
        implement!(@to $from: u8 u16 u32 u64 i8 i16 i32 i64 f32 f64);

        impl CastFrom<$from> for bool {
            #[inline(always)]
            fn cast_from(item: $from) -> Self {
                item != (0 as $from)
            }
        }

        impl CastFrom<bool> for $from {
            #[inline(always)]
            fn cast_from(item: bool) -> Self {
                u8::from(item) as $from
            }
        }

        impl CastFrom<f16> for $from {
            #[inline(always)]
            fn cast_from(item: f16) -> Self {
                item.to_f32() as $from
            }
        }

        impl CastFrom<$from> for f16 {
            #[inline(always)]
            fn cast_from(item: $from) -> Self {
                f16::from_f64(item as f64)
            }
        }
    )*};
    (@to $from:ident: $($to:ident)*) => {$(
        impl CastFrom<$from> for $to {
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one macro for all pairs")]
            fn cast_from(item: $from) -> Self {
                item as $to
            }
        }
    )*};
}
implement!(u8 u16 u32 u64 i8 i16 i32 i64 f32 f64);

impl CastFrom<bool> for bool {
    fn cast_from(item: bool) -> Self {
        item
    }
}

impl CastFrom<f16> for f16 {
    fn cast_from(item: f16) -> Self {
        item
    }
}

impl CastFrom<f16> for bool {
    fn cast_from(item: f16) -> Self {
        item.to_f32() != 0.0
    }
}

impl CastFrom<bool> for f16 {
    fn cast_from(item: bool) -> Self {
        f16::from_f32(u8::from(item).into())
    }
}
