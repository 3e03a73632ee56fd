//! Element types: at compile time ([`Element`]) and at run time ([`DType`]).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use bytemuck::{NoUninit, Pod, Zeroable};

use crate::error::{Error, InvalidArgument, Result};

/// The type of an array's elements, known at run time.
///
/// `Display` gives the Rust name (`f16`), [`numpy`](Self::numpy) NumPy's (`<f2`).
///
/// ```
/// use ndpress::DType;
///
/// let dtype: DType = "<f2".parse()?;
/// assert_eq!(dtype, DType::F16);
/// assert_eq!(dtype.itemsize(), 2);
/// assert_eq!(DType::opaque(12)?.numpy(), "|V12");
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DType {
    /// `bool`, one byte, 0 or 1.
    Bool,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `half::f16`.
    F16,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `[f32; 2]`: a real and an imaginary part.
    Complex64,
    /// `[f64; 2]`: a real and an imaginary part.
    Complex128,
    /// Records of this many bytes, of which nothing else is known.
    Opaque(NonZeroU32),
}

impl DType {
    /// Records of `nbytes` bytes.
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for no bytes, and for more than Blosc2 can hold in a block.
    pub fn opaque(nbytes: usize) -> Result<Self> {
        u32::try_from(nbytes)
            .ok()
            .filter(|&n| n <= MAX_ITEMSIZE)
            .and_then(NonZeroU32::new)
            .map(Self::Opaque)
            .ok_or_else(|| InvalidArgument::ItemSize { nbytes }.into())
    }

    /// What is known of elements by their size alone: single bytes are `u8`, others opaque.
    pub(crate) fn of_typesize(typesize: usize) -> Result<Self> {
        if typesize == 1 { Ok(Self::U8) } else { Self::opaque(typesize) }
    }

    /// Bytes per element.
    #[must_use]
    pub const fn itemsize(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::Complex64 => 8,
            Self::Complex128 => 16,
            Self::Opaque(nbytes) => nbytes.get() as usize,
        }
    }

    /// NumPy's dtype string, little-endian: `<u2`, `|u1`, `|b1`, `<c8`, `|V12`.
    #[must_use]
    pub fn numpy(self) -> String {
        match self {
            Self::Bool => "|b1".into(),
            Self::U8 => "|u1".into(),
            Self::I8 => "|i1".into(),
            Self::U16 => "<u2".into(),
            Self::U32 => "<u4".into(),
            Self::U64 => "<u8".into(),
            Self::I16 => "<i2".into(),
            Self::I32 => "<i4".into(),
            Self::I64 => "<i8".into(),
            Self::F16 => "<f2".into(),
            Self::F32 => "<f4".into(),
            Self::F64 => "<f8".into(),
            Self::Complex64 => "<c8".into(),
            Self::Complex128 => "<c16".into(),
            Self::Opaque(nbytes) => format!("|V{nbytes}"),
        }
    }

    /// Whether the type has values that are not a number.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64 | Self::Complex64 | Self::Complex128)
    }
}

/// The largest typesize of Blosc2, that of its largest block.
const MAX_ITEMSIZE: u32 = 536_866_816;

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Opaque(nbytes) => return write!(f, "opaque({nbytes})"),
        })
    }
}

impl FromStr for DType {
    type Err = Error;

    /// Parses NumPy's dtype strings.
    ///
    /// Types that this crate holds as bytes only (other byte orders, `<U5`, `<M8[ns]`, `|S3`, long
    /// doubles) become [`DType::Opaque`] of their size. Structured dtypes have no such string.
    ///
    /// # Errors
    /// [`InvalidArgument::DTypeString`] when the text is none.
    fn from_str(text: &str) -> Result<Self> {
        parse_numpy(text)
            .ok_or_else(|| InvalidArgument::DTypeString { text: text.to_owned() }.into())
    }
}

fn parse_numpy(text: &str) -> Option<DType> {
    let mut rest = text.chars();
    let order = rest.next().filter(|c| "<>|=".contains(*c))?;
    let kind = rest.next()?;
    let size = rest.as_str();
    let (size, unit) = size.split_at(size.find('[').unwrap_or(size.len()));
    // Only times have a unit, as in `M8[ns]`.
    let is_unit = "mM".contains(kind) && unit.len() > 2 && unit.ends_with(']');
    // `str::parse` would take a sign too.
    let is_number = !size.is_empty() && size.bytes().all(|c| c.is_ascii_digit());
    if !is_number || !(unit.is_empty() || is_unit) {
        return None;
    }
    let size = size.parse::<usize>().ok()?;
    let little = order != '>' || size == 1;
    let known = match (kind, size) {
        ('b', 1) => DType::Bool,
        ('u', 1) => DType::U8,
        ('u', 2) => DType::U16,
        ('u', 4) => DType::U32,
        ('u', 8) => DType::U64,
        ('i', 1) => DType::I8,
        ('i', 2) => DType::I16,
        ('i', 4) => DType::I32,
        ('i', 8) => DType::I64,
        ('f', 2) => DType::F16,
        ('f', 4) => DType::F32,
        ('f', 8) => DType::F64,
        ('c', 8) => DType::Complex64,
        ('c', 16) => DType::Complex128,
        ('f', 12 | 16) | ('c', 24 | 32) | ('m' | 'M', 8) | ('S' | 'V', _) => {
            return DType::opaque(size).ok();
        }
        // NumPy counts the characters of `U`, which take four bytes each.
        ('U', _) => return DType::opaque(size.checked_mul(4)?).ok(),
        _ => return None,
    };
    if little { Some(known) } else { DType::opaque(known.itemsize()).ok() }
}

mod private {
    pub trait Sealed {
        /// Whether only the bytes 0 and 1 are values, as for `bool`.
        const IS_BOOL: bool = false;
    }
}

/// A Rust type that arrays can hold.
///
/// Implemented for `u8` to `u64`, `i8` to `i64`, [`half::f16`], `f32`, `f64`, `bool`, the complex
/// pairs `[f32; 2]` and `[f64; 2]`, and for any other plain type wrapped in [`Record`].
///
/// The trait is sealed: decoded bytes become elements without a look at each of them, which is
/// only right for types of which every bit pattern is a value (and for `bool`, treated apart).
pub trait Element: private::Sealed + NoUninit + Zeroable + Send + Sync + 'static {
    /// The type at run time.
    const DTYPE: DType;
}

/// Whether decoded bytes of `T` have to be brought to 0 or 1.
pub(crate) const fn is_bool<T: Element>() -> bool {
    T::IS_BOOL
}

/// Any fixed-size plain type as an opaque element: a structure of several fields, say.
///
/// The array stores its bytes and knows only how many there are, [`DType::Opaque`].
///
/// ```
/// use ndpress::{DType, Element, Record};
///
/// let rgb = Record([0u8, 128, 255]);
/// assert_eq!(<Record<[u8; 3]> as Element>::DTYPE, DType::opaque(3)?);
/// assert_eq!(rgb.0[2], 255);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Record<T>(pub T);

impl<T: Pod> Record<T> {
    /// A slice of records over a slice of plain values, without a copy.
    #[must_use]
    pub fn wrap_slice(values: &[T]) -> &[Self] {
        <Self as bytemuck::TransparentWrapper<T>>::wrap_slice(values)
    }

    /// The plain values under a slice of records, without a copy.
    #[must_use]
    pub fn peel_slice(records: &[Self]) -> &[T] {
        <Self as bytemuck::TransparentWrapper<T>>::peel_slice(records)
    }
}

impl<T: Pod> private::Sealed for Record<T> {}

impl<T: Pod + Send + Sync> Element for Record<T> {
    const DTYPE: DType = match NonZeroU32::new(size_of::<T>() as u32) {
        Some(nbytes) if size_of::<T>() <= MAX_ITEMSIZE as usize => DType::Opaque(nbytes),
        // Evaluated when the array type is compiled, never at run time.
        #[allow(clippy::panic, reason = "a compile-time check")]
        _ => panic!("records must have between 1 and 536866816 bytes"),
    };
}

/// The list of plain element types, once: `each!(macro)` calls `macro!(Variant(type), …)`.
macro_rules! for_each_plain_element {
    ($macro:ident) => {
        $macro!(
            U8(u8),
            U16(u16),
            U32(u32),
            U64(u64),
            I8(i8),
            I16(i16),
            I32(i32),
            I64(i64),
            F16(half::f16),
            F32(f32),
            F64(f64),
            Complex64([f32; 2]),
            Complex128([f64; 2])
        );
    };
}
pub(crate) use for_each_plain_element;

macro_rules! implement_element {
    ($($variant:ident($type:ty)),*) => {$(
        impl private::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$variant;
        }
    )*};
}
for_each_plain_element!(implement_element);

impl private::Sealed for bool {
    const IS_BOOL: bool = true;
}
impl Element for bool {
    const DTYPE: DType = DType::Bool;
}
