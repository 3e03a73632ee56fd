//! What is wrong with the arrays of others.

use std::fmt;

use crate::dtype::DType;
use crate::error::{Error, InvalidArgument};

/// Why a [DLPack](https://dmlc.github.io/dlpack/latest/) tensor is no array, or an array no tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DlpackError {
    /// A pointer to nothing.
    Null {
        /// What should be there: `"tensor"`, `"shape"`, `"data"`.
        what: &'static str,
    },
    /// Structures of another version.
    Version {
        /// The first number, 1 for what is known.
        major: u32,
        /// The second number.
        minor: u32,
    },
    /// Elements that are not in the machine's own memory.
    Device {
        /// DLPack's number of the kind of device.
        device: i32,
    },
    /// Elements of a type that arrays do not have.
    ElementType {
        /// DLPack's number of the kind of type.
        code: u8,
        /// Bits of an element.
        bits: u8,
    },
    /// Elements of several numbers.
    Lanes {
        /// How many.
        lanes: u16,
    },
    /// A number of axes below zero.
    Axes {
        /// The number.
        ndim: i32,
    },
    /// A length below zero.
    Length {
        /// The axis.
        axis: usize,
        /// Its length.
        len: i64,
    },
    /// Strides that lead out of any memory.
    Extent,
    /// Elements that may not be written to, for a structure that cannot say so.
    ReadOnly,
    /// Records, which DLPack does not have.
    Records {
        /// The array's type.
        dtype: DType,
    },
}

impl fmt::Display for DlpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null { what } => write!(f, "the {what} is null"),
            Self::Version { major, minor } => write!(f, "version {major}.{minor}, not 1"),
            Self::Device { device } => write!(f, "the elements are on a device of kind {device}"),
            Self::ElementType { code, bits } => {
                write!(f, "no array has elements of code {code} and {bits} bits")
            }
            Self::Lanes { lanes } => write!(f, "elements of {lanes} lanes"),
            Self::Axes { ndim } => write!(f, "{ndim} axes"),
            Self::Length { axis, len } => write!(f, "axis {axis} has length {len}"),
            Self::Extent => f.write_str("the strides lead out of the memory"),
            Self::ReadOnly => f.write_str("the structure cannot say that elements are read-only"),
            Self::Records { dtype } => write!(f, "there is no type for {dtype}"),
        }
    }
}

impl std::error::Error for DlpackError {}

impl From<DlpackError> for Error {
    fn from(source: DlpackError) -> Self {
        InvalidArgument::Dlpack { source }.into()
    }
}

/// Why a column of [Arrow](https://arrow.apache.org)'s is no array, or an array no column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArrowTensorError {
    /// Values that are not there.
    Nulls {
        /// How many, in the first level that has some.
        count: usize,
    },
    /// A type that arrays do not have.
    DataType {
        /// The type, as Arrow writes it.
        data_type: String,
    },
    /// A column of another type than its field.
    FieldType {
        /// The field's type.
        field: String,
        /// The column's.
        column: String,
    },
    /// Metadata of `arrow.fixed_shape_tensor` that are none, or tell of axes in another order.
    Metadata {
        /// The text.
        metadata: String,
    },
    /// Rows of a shape that lists of this size do not have.
    RowShape {
        /// The shape.
        shape: Vec<usize>,
        /// Values of a list.
        size: usize,
    },
    /// Rows of more elements than a list can have.
    RowNitems {
        /// Elements of a row.
        nitems: usize,
    },
    /// Elements that Arrow does not have.
    Elements {
        /// The array's type.
        dtype: DType,
    },
}

impl fmt::Display for ArrowTensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nulls { count } => write!(f, "{count} values are null"),
            Self::DataType { data_type } => write!(f, "no array is of type {data_type}"),
            Self::FieldType { field, column } => {
                write!(f, "it has type {column}, its field {field}")
            }
            Self::Metadata { metadata } => {
                write!(f, "no tensor in C order has the metadata {metadata:?}")
            }
            Self::RowShape { shape, size } => {
                write!(f, "rows of shape {shape:?} are not lists of {size}")
            }
            Self::RowNitems { nitems } => write!(f, "rows of {nitems} elements are too long"),
            Self::Elements { dtype } => write!(f, "there is no type for {dtype}"),
        }
    }
}

impl std::error::Error for ArrowTensorError {}

impl From<ArrowTensorError> for Error {
    fn from(source: ArrowTensorError) -> Self {
        InvalidArgument::Arrow { source }.into()
    }
}
