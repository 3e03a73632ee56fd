//! Computing with numbers, and which type those of different types become together: NumPy's rules
//! (NEP 50).

use half::f16;

use super::cast::CastFrom;
use super::number::Number;

/// Numbers that can be computed with: all but `bool`, which has to meet others first.
///
/// Integers wrap around where a result does not fit, as NumPy's do. Sealed, as
/// [`Element`](crate::Element) is.
pub trait Arithmetic: Number {
    /// What quotients are, and numbers beside a float that is no array's: themselves for floats,
    /// otherwise `f64`.
    type Quotient: Arithmetic + CastFrom<Self> + CastFrom<f64>;

    /// What functions of them are, such as roots: `f16` for integers of one byte, `f32` for those of
    /// two, `f64` for longer ones, and floats themselves.
    type Float: Arithmetic + CastFrom<Self>;

    /// How it is done.
    #[doc(hidden)]
    type Operations: Operations<Self>;
}

/// Numbers that become `Output` together with numbers of type `Other`.
///
/// It is the smallest type that has all values of both. Where there is none, as for integers of 64
/// bits with floats, and for `u64` with signed integers, it is `f64`.
pub trait Promote<Other>: Number {
    /// The type of both.
    type Output: Arithmetic + CastFrom<Self> + CastFrom<Other>;
}

/// Operations on numbers of one type.
#[doc(hidden)]
pub trait Operations<T> {
    fn add(a: T, b: T) -> T;
    fn sub(a: T, b: T) -> T;
    fn mul(a: T, b: T) -> T;
    /// A quotient; of integers it is not asked for.
    fn div(a: T, b: T) -> T;
    /// The remainder with the sign of the divisor, as in Python; 0 where an integer is divided by 0.
    fn rem(a: T, b: T) -> T;
    fn neg(a: T) -> T;
    fn abs(a: T) -> T;
    /// The lesser one; NaN if one of them is.
    fn min(a: T, b: T) -> T;
    fn max(a: T, b: T) -> T;
    /// A power; negative exponents of integers give 0, or 1 and -1.
    fn pow(a: T, b: T) -> T;
    /// The number nearest to an integer, if it is not outside of the type.
    fn of_integer(integer: i128) -> Option<T>;
    /// A function of a float.
    fn apply(a: T, function: Function) -> T;
}

/// Functions of one float.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    Sqrt,
    Exp,
    Ln,
    Log2,
    Log10,
    Sin,
    Cos,
    Tan,
    Atan,
    Tanh,
    Floor,
    Ceil,
    Round,
    Trunc,
}

macro_rules! integers {
    ($($type:ident: $float:ident, $abs:expr;)*) => {$(
        impl Arithmetic for $type {
            type Quotient = f64;
            type Float = $float;
            type Operations = Self;
        }

        impl Operations<$type> for $type {
            #[inline(always)]
            fn add(a: Self, b: Self) -> Self {
                a.wrapping_add(b)
            }

            #[inline(always)]
            fn sub(a: Self, b: Self) -> Self {
                a.wrapping_sub(b)
            }

            #[inline(always)]
            fn mul(a: Self, b: Self) -> Self {
                a.wrapping_mul(b)
            }

            fn div(a: Self, b: Self) -> Self {
                a.checked_div(b).unwrap_or(0)
            }

            #[inline(always)]
            fn rem(a: Self, b: Self) -> Self {
                if b == 0 {
                    return 0;
                }
                let rem = a.wrapping_rem(b);
                let has_other_sign = Self::MIN != 0 && (rem ^ b).leading_zeros() == 0;
                if rem != 0 && has_other_sign { rem.wrapping_add(b) } else { rem }
            }

            #[inline(always)]
            fn neg(a: Self) -> Self {
                a.wrapping_neg()
            }

            #[inline(always)]
            fn abs(a: Self) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "one macro for all types")]
                ($abs)(a)
            }

            #[inline(always)]
            fn min(a: Self, b: Self) -> Self {
                Ord::min(a, b)
            }

            #[inline(always)]
            fn max(a: Self, b: Self) -> Self {
                Ord::max(a, b)
            }

            fn pow(a: Self, b: Self) -> Self {
                let (mut power, mut base, exponent) = (1 as Self, a, i128::from(b));
                if exponent < 0 {
                    return match i128::from(a) {
                        1 => 1,
                        -1 if exponent % 2 == 0 => 1,
                        -1 => a,
                        _ => 0,
                    };
                }
                let mut left = exponent;
                while left > 0 {
                    if left % 2 == 1 {
                        power = power.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left /= 2;
                }
                power
            }

            fn of_integer(integer: i128) -> Option<Self> {
                integer.try_into().ok()
            }

            fn apply(a: Self, _: Function) -> Self {
                a
            }
        }
    )*};
}
integers! {
    u8: f16, |a| a;
    u16: f32, |a| a;
    u32: f64, |a| a;
    u64: f64, |a| a;
    i8: f16, i8::wrapping_abs;
    i16: f32, i16::wrapping_abs;
    i32: f64, i32::wrapping_abs;
    i64: f64, i64::wrapping_abs;
}

macro_rules! floats {
    // `$wide`: the type that its operations are done in.
    ($($type:ident: $wide:ident;)*) => {$(
        impl Arithmetic for $type {
            type Quotient = Self;
            type Float = Self;
            type Operations = Self;
        }

        impl Operations<$type> for $type {
            #[inline(always)]
            fn add(a: Self, b: Self) -> Self {
                a + b
            }

            #[inline(always)]
            fn sub(a: Self, b: Self) -> Self {
                a - b
            }

            #[inline(always)]
            fn mul(a: Self, b: Self) -> Self {
                a * b
            }

            #[inline(always)]
            fn div(a: Self, b: Self) -> Self {
                a / b
            }

            #[inline(always)]
            fn rem(a: Self, b: Self) -> Self {
                let (a, b) = ($wide::from(a), $wide::from(b));
                let rem = a % b;
                let has_other_sign = rem != 0.0 && (rem < 0.0) != (b < 0.0);
                Self::cast_from(if has_other_sign { rem + b } else { rem.copysign(if rem == 0.0 { b } else { rem }) })
            }

            #[inline(always)]
            fn neg(a: Self) -> Self {
                -a
            }

            #[inline(always)]
            fn abs(a: Self) -> Self {
                Self::cast_from($wide::from(a).abs())
            }

            #[inline(always)]
            fn min(a: Self, b: Self) -> Self {
                if a < b || a.is_nan() { a } else { b }
            }

            #[inline(always)]
            fn max(a: Self, b: Self) -> Self {
                if a > b || a.is_nan() { a } else { b }
            }

            fn pow(a: Self, b: Self) -> Self {
                Self::cast_from($wide::from(a).powf($wide::from(b)))
            }

            fn of_integer(integer: i128) -> Option<Self> {
                Some(Self::cast_from(integer as f64))
            }

            #[inline(always)]
            fn apply(a: Self, function: Function) -> Self {
                let a = $wide::from(a);
                Self::cast_from(match function {
                    Function::Sqrt => a.sqrt(),
                    Function::Exp => a.exp(),
                    Function::Ln => a.ln(),
                    Function::Log2 => a.log2(),
                    Function::Log10 => a.log10(),
                    Function::Sin => a.sin(),
                    Function::Cos => a.cos(),
                    Function::Tan => a.tan(),
                    Function::Atan => a.atan(),
                    Function::Tanh => a.tanh(),
                    Function::Floor => a.floor(),
                    Function::Ceil => a.ceil(),
                    // To the even one of two that are as near, as in NumPy.
                    Function::Round => a.round_ties_even(),
                    Function::Trunc => a.trunc(),
                })
            }
        }
    )*};
}
floats! {
    f16: f32;
    f32: f32;
    f64: f64;
}

macro_rules! promote {
    ($($left:ident: $($right:ident $output:ident),*;)*) => {$($(
        impl Promote<$right> for $left {
            type Output = $output;
        }
    )*)*};
}
promote! {
    bool: u8 u8, u16 u16, u32 u32, u64 u64, i8 i8, i16 i16, i32 i32, i64 i64, f16 f16, f32 f32, f64 f64;
    u8: bool u8, u8 u8, u16 u16, u32 u32, u64 u64, i8 i16, i16 i16, i32 i32, i64 i64, f16 f16, f32 f32, f64 f64;
    u16: bool u16, u8 u16, u16 u16, u32 u32, u64 u64, i8 i32, i16 i32, i32 i32, i64 i64, f16 f32, f32 f32, f64 f64;
    u32: bool u32, u8 u32, u16 u32, u32 u32, u64 u64, i8 i64, i16 i64, i32 i64, i64 i64, f16 f64, f32 f64, f64 f64;
    u64: bool u64, u8 u64, u16 u64, u32 u64, u64 u64, i8 f64, i16 f64, i32 f64, i64 f64, f16 f64, f32 f64, f64 f64;
    i8: bool i8, u8 i16, u16 i32, u32 i64, u64 f64, i8 i8, i16 i16, i32 i32, i64 i64, f16 f16, f32 f32, f64 f64;
    i16: bool i16, u8 i16, u16 i32, u32 i64, u64 f64, i8 i16, i16 i16, i32 i32, i64 i64, f16 f32, f32 f32, f64 f64;
    i32: bool i32, u8 i32, u16 i32, u32 i64, u64 f64, i8 i32, i16 i32, i32 i32, i64 i64, f16 f64, f32 f64, f64 f64;
    i64: bool i64, u8 i64, u16 i64, u32 i64, u64 f64, i8 i64, i16 i64, i32 i64, i64 i64, f16 f64, f32 f64, f64 f64;
    f16: bool f16, u8 f16, u16 f32, u32 f64, u64 f64, i8 f16, i16 f32, i32 f64, i64 f64, f16 f16, f32 f32, f64 f64;
    f32: bool f32, u8 f32, u16 f32, u32 f64, u64 f64, i8 f32, i16 f32, i32 f64, i64 f64, f16 f32, f32 f32, f64 f64;
    f64: bool f64, u8 f64, u16 f64, u32 f64, u64 f64, i8 f64, i16 f64, i32 f64, i64 f64, f16 f64, f32 f64, f64 f64;
}
