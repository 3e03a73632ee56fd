//! Arrow's columns, made and read by Arrow's own functions.

use std::sync::Arc;

use ndarray::{ArrayD, Axis, IxDyn};
use ndpress::arrow_array::cast::AsArray;
use ndpress::arrow_array::{
    self as arrow, Array as _, ArrayRef, BooleanArray, FixedSizeListArray, PrimitiveArray, types,
};
use ndpress::arrow_schema::{DataType, Field};
use ndpress::half::f16;
use ndpress::{
    AnyArray, Array, ArrowTensorError, DType, Error, InvalidArgument, Options, Region, Result,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::random::{Random, Sample};

/// An element type that Arrow has too.
trait Column: Sample {
    fn column(items: Vec<Self>) -> ArrayRef;
    fn items(column: &dyn arrow::Array) -> Vec<Self>;
}

macro_rules! columns {
    ($($type:ty: $arrow:ident;)*) => {$(
        impl Column for $type {
            fn column(items: Vec<Self>) -> ArrayRef {
                Arc::new(PrimitiveArray::<types::$arrow>::from_iter_values(items))
            }
            fn items(column: &dyn arrow::Array) -> Vec<Self> {
                column.as_primitive::<types::$arrow>().iter().map(Option::unwrap).collect()
            }
        }
    )*};
}
columns! {
    u8: UInt8Type;
    u16: UInt16Type;
    u32: UInt32Type;
    u64: UInt64Type;
    i8: Int8Type;
    i16: Int16Type;
    i32: Int32Type;
    i64: Int64Type;
    f16: Float16Type;
    f32: Float32Type;
    f64: Float64Type;
}
impl Column for bool {
    fn column(items: Vec<Self>) -> ArrayRef {
        Arc::new(BooleanArray::from(items))
    }
    fn items(column: &dyn arrow::Array) -> Vec<Self> {
        column.as_boolean().iter().map(Option::unwrap).collect()
    }
}

macro_rules! samples {
    ($($type:ty: $number:ident => $value:expr;)*) => {$(
        impl Sample for $type {
            fn sample($number: u64) -> Self {
                $value
            }
        }
    )*};
}
samples! {
    u32: n => n as u32 * 65_537;
    u64: n => n << 40;
    i8: n => n as i8;
    i16: n => -(n as i16);
    i32: n => n as i32 - 7;
    i64: n => -(n as i64) << 30;
    f16: n => f16::from_f32(n as f32 / 8.0);
}

macro_rules! for_type {
    ($seed:expr, $f:ident) => {
        match $seed % 12 {
            0 => $f::<u8>($seed),
            1 => $f::<u16>($seed),
            2 => $f::<u32>($seed),
            3 => $f::<u64>($seed),
            4 => $f::<i8>($seed),
            5 => $f::<i16>($seed),
            6 => $f::<i32>($seed),
            7 => $f::<i64>($seed),
            8 => $f::<f16>($seed),
            9 => $f::<f32>($seed),
            10 => $f::<f64>($seed),
            _ => $f::<bool>($seed),
        }
    };
}

impl Random {
    /// Lengths of at least one axis.
    fn row_shape(&mut self) -> Vec<usize> {
        let mut shape = self.shape();
        if shape.is_empty() {
            shape.push(self.below(2000));
        }
        shape
    }
}

/// Compares lists with the rows of a plain array.
fn check_rows<T: Column>(lists: &FixedSizeListArray, model: &ArrayD<T>) {
    assert_eq!(lists.len(), model.len_of(Axis(0)));
    assert_eq!(lists.null_count(), 0);
    for (index, row) in model.axis_iter(Axis(0)).enumerate() {
        let expected: Vec<T> = row.iter().copied().collect();
        assert_eq!(T::items(&*lists.value(index)), expected);
    }
}

fn export<T: Column>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.row_shape();
    let model: ArrayD<T> = random.array(&shape);
    let array = Array::from_ndarray(&model, &random.options(&shape)).unwrap();
    check_rows(&array.to_arrow().unwrap(), &model);
    let region = Region::new(random.region(&shape)).unwrap();
    let part = model.slice_each_axis(|axis| region.range(axis.axis.0).into()).to_owned();
    check_rows(&array.region_to_arrow(&region).unwrap(), &part);

    let field = array.arrow_field("rows").unwrap();
    let metadata = |key: &str| field.metadata().get(key).unwrap().clone();
    assert_eq!(metadata("ARROW:extension:name"), "arrow.fixed_shape_tensor");
    let tensor: Value = serde_json::from_str(&metadata("ARROW:extension:metadata")).unwrap();
    assert_eq!(tensor, json!({"shape": shape[1..]}));

    // Row of chunks by row of chunks.
    let (mut rows, chunk_rows) = (0, array.chunk_shape()[0]);
    let items = array.arrow_rows();
    assert_eq!(items.len(), shape[0].div_ceil(chunk_rows));
    for lists in items {
        let lists = lists.unwrap();
        assert_eq!(lists.data_type(), field.data_type());
        assert_eq!(lists.len(), chunk_rows.min(shape[0] - rows));
        let part = model.slice_axis(Axis(0), (rows..rows + lists.len()).into());
        check_rows(&lists, &part.to_owned());
        rows += lists.len();
    }
    assert_eq!(rows, shape[0]);
}

fn list_field(values: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new("value", values.data_type().clone(), true))
}

/// Lists of `len` values, as many as there are.
fn lists(values: ArrayRef, len: usize, rows: usize) -> ArrayRef {
    let (field, size) = (list_field(&values), len as i32);
    let lists = FixedSizeListArray::try_new_with_length(field, size, values, None, rows);
    Arc::new(lists.unwrap())
}

/// A level of lists for each axis but the first.
fn nested<T: Column>(items: Vec<T>, shape: &[usize]) -> ArrayRef {
    let mut values = T::column(items);
    for axis in (1..shape.len()).rev() {
        values = lists(values, shape[axis], shape[..axis].iter().product());
    }
    values
}

fn tensor_field(column: &ArrayRef, metadata: &str) -> Field {
    Field::new("t", column.data_type().clone(), true).with_metadata([
        ("ARROW:extension:name", "arrow.fixed_shape_tensor"),
        ("ARROW:extension:metadata", metadata),
    ])
}

fn plain_field(column: &ArrayRef) -> Field {
    Field::new("t", column.data_type().clone(), false)
}

fn import<T: Column>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.row_shape();
    let items: Vec<T> = random.items(shape.iter().product());
    let model = ArrayD::from_shape_vec(IxDyn(&shape), items.clone()).unwrap();
    let nested_column = nested(items.clone(), &shape);
    let row: usize = shape[1..].iter().product();
    let flat_column = lists(T::column(items), row, shape[0]);
    let text =
        json!({"permutation": (0..shape.len() - 1).collect::<Vec<_>>(), "shape": shape[1..]});
    let texts = [
        format!(" {text:#}\n"),
        format!("{{\"dim_names\":[\"a\\\"]\"],\"shape\":{:?}}}", &shape[1..]),
    ];
    let columns = [
        (plain_field(&nested_column), nested_column),
        (tensor_field(&flat_column, &texts[random.below(2)]), flat_column),
    ];
    for (field, column) in columns {
        let options = random.options(&shape);
        let array = Array::<T>::from_arrow(&field, &column, &options).unwrap();
        assert_eq!(array.to_ndarray().unwrap(), model);
        // Some of the rows, and the column in parts.
        let (a, b) = (random.below(shape[0] + 1), random.below(shape[0] + 1));
        let (low, high) = (a.min(b), a.max(b));
        let part = column.slice(low, high - low);
        let rows = Array::<T>::from_arrow(&field, &part, &Options::new()).unwrap();
        let expected = model.slice_axis(Axis(0), (low..high).into());
        assert_eq!(rows.to_ndarray().unwrap(), expected);
        let parts = [(0, low), (low, high - low), (high, shape[0] - high)];
        let parts = parts.map(|(start, len)| Ok(column.slice(start, len)));
        let array = AnyArray::from_arrow_rows(&field, parts, &options).unwrap();
        assert_eq!(array.as_typed::<T>().unwrap().to_ndarray().unwrap(), model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arrow_sees_the_rows_of_arrays(seed: u64) {
        for_type!(seed, export);
    }

    #[test]
    fn columns_become_arrays(seed: u64) {
        for_type!(seed, import);
    }

    #[test]
    fn other_metadata_are_errors(text in "[{}\\[\\]:,\" 0-9a-z]{0,30}", shape in ".{0,9}") {
        let column = nested::<u8>(vec![1; 12], &[2, 6]);
        for text in [text, format!("{{\"shape\":[{shape}]}}")] {
            // Who reads JSON knows it better.
            let value: Option<Value> = serde_json::from_str(&text).ok();
            let lens = value.and_then(|value| value["shape"].as_array().cloned());
            let nitems = lens.and_then(|lens| {
                lens.iter().map(Value::as_u64).try_fold(1, |n: u64, len| n.checked_mul(len?))
            });
            let found = AnyArray::from_arrow(&tensor_field(&column, &text), &column, &Options::new());
            prop_assert!(found.is_err() || nitems == Some(6), "{}", text);
        }
    }
}

/// Why a column is no array.
fn fault(field: &Field, column: &ArrayRef) -> ArrowTensorError {
    let of = |result: Result<AnyArray>| match result {
        Err(Error::InvalidArgument(InvalidArgument::Arrow { source })) => source,
        other => panic!("{other:?}"),
    };
    let fault = of(AnyArray::from_arrow(field, column, &Options::new()));
    let columns = [Ok(column.clone())];
    assert_eq!(of(AnyArray::from_arrow_rows(field, columns, &Options::new())), fault);
    fault
}

#[test]
fn columns_with_nulls_are_refused() {
    let values: ArrayRef = Arc::new(arrow::Int32Array::from(vec![Some(1), None, Some(3), None]));
    let column = lists(values.clone(), 2, 2);
    let nulls = ArrowTensorError::Nulls { count: 2 };
    assert_eq!(fault(&plain_field(&column), &column), nulls);
    assert_eq!(fault(&plain_field(&values), &values), nulls);
    let nested = lists(column, 2, 1);
    assert_eq!(fault(&plain_field(&nested), &nested), nulls);
    // Rows without the nulls are an array.
    let rest = values.slice(2, 1);
    assert!(AnyArray::from_arrow(&plain_field(&rest), &rest, &Options::new()).is_ok());

    let values = u8::column(vec![1, 2, 3, 4]);
    let validity = Some(vec![true, false].into());
    let lists = FixedSizeListArray::new(list_field(&values), 2, values, validity);
    let column: ArrayRef = Arc::new(lists);
    assert_eq!(fault(&plain_field(&column), &column), ArrowTensorError::Nulls { count: 1 });
}

#[test]
fn rows_of_nothing_are_counted() {
    let column = nested::<f32>(Vec::new(), &[4, 3, 0]);
    let parts = [column.slice(1, 3), column.clone(), column.slice(2, 0)];
    let field = plain_field(&column);
    let array = AnyArray::from_arrow_rows(&field, parts.map(Ok), &Options::new()).unwrap();
    assert_eq!(array.shape()[..], [7, 3, 0]);
    let array = AnyArray::from_arrow(&field, &column, &Options::new()).unwrap();
    assert_eq!(array.shape()[..], [4, 3, 0]);
    assert_eq!(array.arrow_rows().map(|lists| lists.unwrap().len()).sum::<usize>(), 4);
}

#[test]
fn columns_of_other_types_are_refused() {
    let unknown = |column: ArrayRef| {
        let fault = fault(&plain_field(&column), &column);
        assert!(matches!(fault, ArrowTensorError::DataType { .. }), "{fault}");
        fault.to_string()
    };
    let texts: ArrayRef = Arc::new(arrow::StringArray::from(vec!["a", "b"]));
    assert_eq!(unknown(texts.clone()), "no array is of type Utf8");
    assert_eq!(unknown(lists(texts, 2, 1)), "no array is of type Utf8");
    unknown(Arc::new(arrow::Date32Array::from(vec![1, 2])));
    unknown(Arc::new(arrow::NullArray::new(0)));
    let ragged = vec![Some(vec![Some(1)]), Some(vec![Some(2), Some(3)])];
    unknown(Arc::new(arrow::ListArray::from_iter_primitive::<types::Int32Type, _, _>(ragged)));

    let column = nested::<u8>(vec![0; 12], &[2, 3, 2]);
    let other = Field::new("t", DataType::UInt8, false);
    assert!(matches!(fault(&other, &column), ArrowTensorError::FieldType { .. }));
    let error = Array::<i8>::from_arrow(&plain_field(&column), &column, &Options::new());
    assert_eq!(error.unwrap_err().to_string(), "array holds u8, not i8");
    let deep = nested::<u8>(vec![0], &[1; 16]);
    let error = AnyArray::from_arrow(&plain_field(&deep), &deep, &Options::new()).unwrap_err();
    assert_eq!(error.to_string(), "16 axes are more than the 15 an array can have");
    // An error that comes instead of an array.
    let columns = [Ok(column.clone()), Err(Error::Cancelled)];
    let error = AnyArray::from_arrow_rows(&plain_field(&column), columns, &Options::new());
    assert!(matches!(error, Err(Error::Cancelled)));
}

#[test]
fn the_extension_has_to_fit() {
    let column = nested::<u16>((0..12).collect(), &[2, 6]);
    let fault = |metadata: &str| fault(&tensor_field(&column, metadata), &column);
    let shape = ArrowTensorError::RowShape { shape: vec![2, 4], size: 6 };
    assert_eq!(fault(r#"{"shape":[2,4]}"#), shape);
    for metadata in [
        "",
        "{}",
        "[2,3]",
        r#"{"shape":[2,3]"#,
        r#"{"shape":[2,3]}}"#,
        r#"{"shape":[2,-3]}"#,
        r#"{"shape":[2.0,3]}"#,
        r#"{"shape":[2,3,]}"#,
        r#"{"shape":"2,3"}"#,
        r#"{"shape":[2,3],"shape":[3,2]}"#,
        r#"{"shape":[2,3],"permutation":[1,0]}"#,
        r#"{"shape":[2,3],"permutation":[0]}"#,
        r#"{"shape":[2,3],"order":[0,1]}"#,
        r#"{"shape":[99999999999999999999]}"#,
    ] {
        assert_eq!(fault(metadata), ArrowTensorError::Metadata { metadata: metadata.into() });
    }
    // Each axis by its own list, and a shape besides.
    let nested = nested::<u16>((0..12).collect(), &[2, 2, 3]);
    let field = tensor_field(&nested, r#"{"shape":[2,3]}"#);
    assert!(AnyArray::from_arrow(&field, &nested, &Options::new()).is_err());
    let wide = tensor_field(&column, r#"{"shape":[4294967296,4294967296,6]}"#);
    let error = AnyArray::from_arrow(&wide, &column, &Options::new()).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::ShapeOverflow { .. })));
    // Extensions of others are what they are stored as.
    let other = plain_field(&column).with_metadata([("ARROW:extension:name", "somebody.s")]);
    let array = AnyArray::from_arrow(&other, &column, &Options::new()).unwrap();
    assert_eq!(array.shape()[..], [2, 6]);
}

#[test]
fn arrays_that_are_no_columns_are_refused() {
    let fault = |dtype, shape: &[usize]| {
        let array = AnyArray::zeros(dtype, shape, &Options::new()).unwrap();
        let error = array.arrow_field("t").unwrap_err().to_string();
        assert_eq!(array.to_arrow().unwrap_err().to_string(), error);
        assert_eq!(array.arrow_rows().next().unwrap().unwrap_err().to_string(), error);
        error
    };
    let complex = "Arrow column: there is no type for complex64";
    assert_eq!(fault(DType::Complex64, &[2]), complex);
    assert!(fault(DType::opaque(3).unwrap(), &[2]).contains("opaque(3)"));
    let long = "Arrow column: rows of 4294967296 elements are too long";
    assert_eq!(fault(DType::U8, &[2, 1 << 32]), long);
    assert!(fault(DType::U8, &[]).contains("axes"));
}
