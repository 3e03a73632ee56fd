//! Values of one type as values of another.

use half::f16;

use super::plane::Plane;
use crate::dtype::DType;
use crate::error::{InvalidArgument, Result};

/// What stays the same when the type changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The number.
    Cast,
    /// The part of the range: all of an integer's is 0 to 1 of a float.
    Scale,
}

/// A type of numbers.
trait Number: bytemuck::Pod + crate::dtype::Element {
    const IS_FLOAT: bool;
    /// Whether each value is one of `f64`.
    const FITS_F64: bool;
    /// The largest integer.
    const MAX: i128;

    fn to_f64(self) -> f64;
    /// The value of an integer.
    fn to_i128(self) -> i128;
    /// The nearest value, ties away from zero; 0 for NaN where there is none.
    fn from_f64(value: f64) -> Self;
    fn from_i128(value: i128) -> Self;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            const IS_FLOAT: bool = false;
            const FITS_F64: bool = size_of::<$type>() <= 4;
            const MAX: i128 = <$type>::MAX as i128;

            fn to_f64(self) -> f64 {
                self as f64
            }

            fn to_i128(self) -> i128 {
                self as i128
            }

            fn from_f64(value: f64) -> Self {
                // `as` saturates, and makes 0 of NaN.
                value.round() as Self
            }

            fn from_i128(value: i128) -> Self {
                value.clamp(<$type>::MIN as i128, <$type>::MAX as i128) as Self
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, i8, i16, i32, i64);

macro_rules! floats {
    ($($type:ty: $from:expr, $to:expr);*) => {$(
        impl Number for $type {
            const IS_FLOAT: bool = true;
            const FITS_F64: bool = true;
            const MAX: i128 = 1;

            fn to_f64(self) -> f64 {
                $to(self)
            }

            fn to_i128(self) -> i128 {
                $to(self).round() as i128
            }

            fn from_f64(value: f64) -> Self {
                $from(value)
            }

            fn from_i128(value: i128) -> Self {
                $from(value as f64)
            }
        }
    )*};
}
floats!(f16: f16::from_f64, f16::to_f64; f32: |v: f64| v as f32, f64::from; f64: |v: f64| v, |v: f64| v);

fn cast<S: Number, D: Number>(value: S) -> D {
    match (S::FITS_F64, S::IS_FLOAT || D::IS_FLOAT) {
        (true, _) => D::from_f64(value.to_f64()),
        (false, true) => D::from_f64(value.to_f64()),
        (false, false) => D::from_i128(value.to_i128()),
    }
}

fn scale<S: Number, D: Number>(value: S) -> D {
    match (S::IS_FLOAT, D::IS_FLOAT) {
        (true, true) => D::from_f64(value.to_f64()),
        // The most negative of signed integers is a little beyond -1.
        (false, true) => D::from_f64((value.to_f64() / S::MAX as f64).max(-1.0)),
        (true, false) => D::from_f64(value.to_f64() * D::MAX as f64),
        (false, false) => {
            let product = value.to_i128() * D::MAX;
            let half = if product < 0 { -(S::MAX / 2) } else { S::MAX / 2 };
            D::from_i128((product + half) / S::MAX)
        }
    }
}

fn convert<S: Number, D: Number>(src: &Plane, dst: &mut Plane, rule: Rule) -> Result<()> {
    let pairs = dst.samples_mut::<D>()?.iter_mut().zip(src.samples::<S>()?);
    match rule {
        Rule::Cast => pairs.for_each(|(dst, &src)| *dst = cast(src)),
        Rule::Scale => pairs.for_each(|(dst, &src)| *dst = scale(src)),
    }
    Ok(())
}

macro_rules! dispatch {
    ($dtype:expr, $other:expr, $type:ident => $call:expr) => {
        match $dtype {
            DType::U8 => {
                type $type = u8;
                $call
            }
            DType::U16 => {
                type $type = u16;
                $call
            }
            DType::U32 => {
                type $type = u32;
                $call
            }
            DType::U64 => {
                type $type = u64;
                $call
            }
            DType::I8 => {
                type $type = i8;
                $call
            }
            DType::I16 => {
                type $type = i16;
                $call
            }
            DType::I32 => {
                type $type = i32;
                $call
            }
            DType::I64 => {
                type $type = i64;
                $call
            }
            DType::F16 => {
                type $type = f16;
                $call
            }
            DType::F32 => {
                type $type = f32;
                $call
            }
            DType::F64 => {
                type $type = f64;
                $call
            }
            _ => $other,
        }
    };
}

/// Whether values of one type are converted to another.
pub(super) fn check(from: DType, to: DType) -> Result<()> {
    let is_number = |dtype| dispatch!(dtype, false, T => { let _ = size_of::<T>(); true });
    if from == to || (is_number(from) && is_number(to)) {
        return Ok(());
    }
    Err(InvalidArgument::Conversion { from, to }.into())
}

/// Sets the samples of one plane to those of another, which has as many.
pub(super) fn convert_plane(src: &Plane, dst: &mut Plane, rule: Rule) -> Result<()> {
    let (from, to) = (src.dtype(), dst.dtype());
    let error = || Err(InvalidArgument::Conversion { from, to }.into());
    dispatch!(from, error(), S => dispatch!(to, error(), D => convert::<S, D>(src, dst, rule)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_or_saturate() {
        assert_eq!(cast::<f32, u8>(254.5), 255);
        assert_eq!(cast::<f32, u8>(-3.0), 0);
        assert_eq!(cast::<f32, i16>(f32::NAN), 0);
        assert_eq!(cast::<i64, u64>(-1), 0);
        assert_eq!(cast::<u64, i64>(u64::MAX), i64::MAX);
        assert_eq!(cast::<i64, u64>((1 << 53) + 1), (1 << 53) + 1);
        assert_eq!(cast::<u16, f16>(2048), f16::from_f32(2048.0));
    }

    #[test]
    fn ranges_map_onto_ranges() {
        assert_eq!((scale::<u8, u16>(255), scale::<u8, u16>(1)), (65535, 257));
        assert_eq!(
            (scale::<u16, u8>(65535), scale::<u16, u8>(128), scale::<u16, u8>(129)),
            (255, 0, 1)
        );
        assert_eq!((scale::<u8, f32>(255), scale::<u8, f32>(0)), (1.0, 0.0));
        assert_eq!((scale::<f32, u8>(0.5), scale::<f32, u8>(7.0)), (128, 255));
        assert_eq!((scale::<i8, f32>(-128), scale::<i8, f32>(127)), (-1.0, 1.0));
        assert_eq!((scale::<i16, i8>(-32768), scale::<i16, u8>(-5)), (-127, 0));
        assert_eq!(scale::<f32, f64>(7.5), 7.5);
    }

    #[test]
    fn to_and_fro_is_the_identity() {
        for value in 0..=u8::MAX {
            assert_eq!(scale::<f32, u8>(scale(value)), value);
            assert_eq!(scale::<u16, u8>(scale(value)), value);
            assert_eq!(scale::<u64, u8>(scale(value)), value);
        }
    }
}
