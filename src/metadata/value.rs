//! What a metadata entry can hold.

use std::fmt;

use super::Metadata;

/// A value of [`Metadata`]: one of a few types, kept exactly.
///
/// Numbers keep their type and all their bits: an `i64` is never rounded through an `f64`, and
/// floats are equal when their bits are. Vectors are [`Array`](Value::Array)s, matrices arrays of
/// arrays; both convert from Rust arrays and `Vec`s.
///
/// ```
/// use ndpress::Value;
///
/// let matrix = Value::from([[1.0, 0.0], [0.0, 1.0]]);
/// let rows = matrix.as_array().unwrap();
/// assert_eq!(rows[1].as_array().unwrap()[1].as_f64(), Some(1.0));
/// assert_eq!(Value::from(u64::MAX).as_u64(), Some(u64::MAX));
/// assert_eq!(Value::from(u64::MAX).as_i64(), None);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// Nothing, as in JSON's `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A number with a fraction.
    F64(f64),
    /// Text.
    String(String),
    /// Bytes of any meaning.
    Bytes(Vec<u8>),
    /// Values in order: a vector, or rows of a matrix.
    Array(Vec<Value>),
    /// Named values in order.
    Map(Metadata),
}

impl Value {
    /// The truth value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, of either sign, if it fits `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I64(value) => Some(*value),
            Self::U64(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The integer, of either type, if it fits `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::U64(value) => Some(*value),
            Self::I64(value) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The float; integers are not converted.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::F64(value) => Some(*value),
            _ => None,
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(value) => Some(value),
            _ => None,
        }
    }

    /// The values of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The values of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Metadata> {
        match self {
            Self::Map(values) => Some(values),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    /// Same type and same value; floats by their bits, so that NaN equals itself.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::I64(a), Self::I64(b)) => a == b,
            (Self::U64(a), Self::U64(b)) => a == b,
            (Self::F64(a), Self::F64(b)) => a.to_bits() == b.to_bits(),
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    /// The value alone, without the name of its type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
            Self::Bytes(value) => write!(f, "b\"{}\"", value.escape_ascii()),
            Self::Array(values) => values.fmt(f),
            Self::Map(values) => values.fmt(f),
        }
    }
}

macro_rules! convert {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

convert! {
    bool => Bool,
    i8 => I64, i16 => I64, i32 => I64, i64 => I64,
    u8 => U64, u16 => U64, u32 => U64, u64 => U64,
    f32 => F64, f64 => F64,
    &str => String, String => String,
    Metadata => Map,
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    /// [`Value::Null`] for `None`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
