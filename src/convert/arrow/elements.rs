//! Element types that Arrow has too, and what is done with elements whose type is known.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array as ArrowArray, ArrayRef, BooleanArray, PrimitiveArray, types};
use arrow_schema::DataType;

use crate::arch::view::View;
use crate::array::{AnyArray, Array, ArrayWriter, Options};
use crate::convert::ArrowTensorError;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::{Region, Shape};

/// An element type that Arrow has too.
pub(super) trait ArrowElement: Element {
    /// Elements as an array of Arrow's: in the same memory, but for `bool`, which is a bit there.
    fn into_arrow(items: Vec<Self>) -> ArrayRef;

    /// The elements of an array of Arrow's, which has no nulls and this type: where they lie, but for
    /// `bool`.
    fn from_arrow(values: &dyn ArrowArray) -> Option<Cow<'_, [Self]>>;
}

/// The list of types that are the same, but for `bool`: `each!(macro)` calls
/// `macro!(Variant(type, Arrow's type, variant of Arrow's), …)`.
macro_rules! for_each_arrow_element {
    ($macro:ident) => {
        $macro!(
            U8(u8, UInt8Type, UInt8),
            U16(u16, UInt16Type, UInt16),
            U32(u32, UInt32Type, UInt32),
            U64(u64, UInt64Type, UInt64),
            I8(i8, Int8Type, Int8),
            I16(i16, Int16Type, Int16),
            I32(i32, Int32Type, Int32),
            I64(i64, Int64Type, Int64),
            F16(half::f16, Float16Type, Float16),
            F32(f32, Float32Type, Float32),
            F64(f64, Float64Type, Float64)
        );
    };
}

macro_rules! implement {
    ($($variant:ident($type:ty, $arrow:ident, $data_type:ident)),*) => {
        $(impl ArrowElement for $type {
            fn into_arrow(items: Vec<Self>) -> ArrayRef {
                Arc::new(PrimitiveArray::<types::$arrow>::new(items.into(), None))
            }

            fn from_arrow(values: &dyn ArrowArray) -> Option<Cow<'_, [Self]>> {
                let values = values.as_primitive_opt::<types::$arrow>()?;
                Some(Cow::Borrowed(values.values()))
            }
        })*

        /// What Arrow calls a type.
        pub(super) fn data_type(dtype: DType) -> Result<DataType> {
            match dtype {
                $(DType::$variant => Ok(DataType::$data_type),)*
                DType::Bool => Ok(DataType::Boolean),
                dtype => Err(ArrowTensorError::Elements { dtype }.into()),
            }
        }

        /// Decodes a region into an array of Arrow's.
        pub(super) fn read(array: &AnyArray, region: &Region) -> Result<ArrayRef> {
            match array {
                $(AnyArray::$variant(array) => read_typed(array, region),)*
                AnyArray::Bool(array) => read_typed(array, region),
                other => Err(ArrowTensorError::Elements { dtype: other.dtype() }.into()),
            }
        }

        /// Compresses all values of an array of Arrow's that has no nulls.
        pub(super) fn compress(
            values: &dyn ArrowArray,
            shape: Shape,
            options: &Options,
        ) -> Result<AnyArray> {
            match values.data_type() {
                $(DataType::$data_type => compress_typed::<$type>(values, shape, options),)*
                DataType::Boolean => compress_typed::<bool>(values, shape, options),
                other => Err(unknown(other)),
            }
        }

        /// Collects rows of values of this type.
        pub(super) fn collector(
            data_type: &DataType,
            shape: Shape,
            options: &Options,
        ) -> Result<Box<dyn Collect>> {
            match data_type {
                $(DataType::$data_type => collector_typed::<$type>(shape, options),)*
                DataType::Boolean => collector_typed::<bool>(shape, options),
                other => Err(unknown(other)),
            }
        }
    };
}
for_each_arrow_element!(implement);

impl ArrowElement for bool {
    fn into_arrow(items: Vec<Self>) -> ArrayRef {
        Arc::new(BooleanArray::new(items.into(), None))
    }

    fn from_arrow(values: &dyn ArrowArray) -> Option<Cow<'_, [Self]>> {
        let values = values.as_boolean_opt()?;
        Some(Cow::Owned(values.values().iter().collect()))
    }
}

fn unknown(data_type: &DataType) -> Error {
    ArrowTensorError::DataType { data_type: data_type.to_string() }.into()
}

fn read_typed<T: ArrowElement>(array: &Array<T>, region: &Region) -> Result<ArrayRef> {
    array.read_region(region).map(T::into_arrow)
}

fn items<T: ArrowElement>(values: &dyn ArrowArray) -> Result<Cow<'_, [T]>> {
    T::from_arrow(values).ok_or_else(|| unknown(values.data_type()))
}

fn compress_typed<T: ArrowElement>(
    values: &dyn ArrowArray,
    shape: Shape,
    options: &Options,
) -> Result<AnyArray> {
    Ok(Array::from_slice(&items::<T>(values)?, shape, options)?.into())
}

/// Rows that arrive one after the other.
pub(super) trait Collect {
    /// Takes all values of an array of Arrow's: so many rows, which may have no elements.
    fn append(&mut self, values: &dyn ArrowArray, rows: usize) -> Result<()>;

    /// The array of all rows.
    fn finish(self: Box<Self>) -> Result<AnyArray>;
}

fn collector_typed<T: ArrowElement>(shape: Shape, options: &Options) -> Result<Box<dyn Collect>> {
    Ok(Box::new(Array::<T>::writer(shape, options)?))
}

impl<T: ArrowElement> Collect for ArrayWriter<T> {
    fn append(&mut self, values: &dyn ArrowArray, rows: usize) -> Result<()> {
        let shape = self.shape().with_len(0, rows);
        self.append_view(View::from_items(&items::<T>(values)?, shape)?)
    }

    fn finish(self: Box<Self>) -> Result<AnyArray> {
        (*self).finish().map(AnyArray::from)
    }
}
