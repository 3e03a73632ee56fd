//! Arrays to Arrow.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::FixedSizeListArray;
use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, Field, FieldRef};

use super::elements::{data_type, read};
use super::extension;
use crate::array::{AnyArray, Array};
use crate::convert::ArrowTensorError;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

impl AnyArray {
    /// The field of a column that holds the array (feature `arrow`): a list of fixed size for each
    /// row, which is what lies at one index of axis 0, with the canonical extension
    /// `arrow.fixed_shape_tensor` for the shape of rows.
    ///
    /// ```
    /// use ndpress::{AnyArray, DType, Options};
    ///
    /// let array = AnyArray::zeros(DType::F32, [100, 3, 4], &Options::new())?;
    /// let field = array.arrow_field("pose")?;
    /// assert_eq!(field.data_type().to_string(), "FixedSizeList(12 x Float32)");
    /// assert_eq!(field.extension_type_name(), Some("arrow.fixed_shape_tensor"));
    /// assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[3,4]}"#));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) for an array of no axes;
    /// [`Elements`](crate::ArrowTensorError::Elements) for complex numbers and records;
    /// [`RowNitems`](crate::ArrowTensorError::RowNitems) for rows of more than 2 147 483 647 elements.
    pub fn arrow_field(&self, name: &str) -> Result<Field> {
        let shape = row_shape(self.shape())?;
        let list = DataType::FixedSizeList(values_field(self)?, row_nitems(&shape)?);
        Ok(Field::new(name, list, false).with_metadata([
            (EXTENSION_TYPE_NAME_KEY, extension::NAME.to_owned()),
            (EXTENSION_TYPE_METADATA_KEY, extension::write(&shape)),
        ]))
    }

    /// Decodes everything into one array of Arrow's, a list for each row, as
    /// [`arrow_field`](Self::arrow_field) says.
    ///
    /// Allocates the elements, in which they are decoded; `bool` becomes bits afterwards. To have a
    /// part in memory only, see [`arrow_rows`](Self::arrow_rows).
    ///
    /// # Errors
    /// As [`arrow_field`](Self::arrow_field), and as [`Array::read_region`].
    pub fn to_arrow(&self) -> Result<FixedSizeListArray> {
        self.region_to_arrow(&Region::full(*self.shape()))
    }

    /// Decodes a region into an array of Arrow's, a list for each index of its axis 0; as
    /// [`to_arrow`](Self::to_arrow).
    ///
    /// # Errors
    /// As [`to_arrow`](Self::to_arrow).
    pub fn region_to_arrow(&self, region: &Region) -> Result<FixedSizeListArray> {
        region.check(self.shape())?;
        let shape = row_shape(region.shape())?;
        let (field, size) = (values_field(self)?, row_nitems(&shape)?);
        let values = read(self, region)?;
        let rows = region.shape()[0];
        match FixedSizeListArray::try_new_with_length(field, size, values, None, rows) {
            Ok(lists) => Ok(lists),
            Err(_) => unreachable!("a region has as many elements as its shape says"),
        }
    }

    /// The array as arrays of Arrow's, one for each row of chunks along axis 0: each chunk is decoded
    /// once, when it is asked for, and what is in memory is what was not dropped.
    ///
    /// ```
    /// use ndpress::arrow_array::{Array as _, ArrayRef, RecordBatch};
    /// use ndpress::arrow_schema::Schema;
    /// use ndpress::{AnyArray, Array, Options};
    /// use std::sync::Arc;
    ///
    /// let ramp: Vec<f32> = (0..1000 * 12).map(|i| i as f32).collect();
    /// let options = Options::new().chunk_shape([300, 3, 4]);
    /// let array = AnyArray::from(Array::from_slice(&ramp, [1000, 3, 4], &options)?);
    ///
    /// let schema = Arc::new(Schema::new(vec![array.arrow_field("pose")?]));
    /// let mut rows = 0;
    /// for lists in array.arrow_rows() {
    ///     let column: ArrayRef = Arc::new(lists?);
    ///     rows += RecordBatch::try_new(schema.clone(), vec![column]).unwrap().num_rows();
    /// }
    /// assert_eq!((rows, array.arrow_rows().len()), (1000, 4));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// Each item may be an error, as [`to_arrow`](Self::to_arrow) has them.
    #[must_use]
    pub fn arrow_rows(&self) -> ArrowRows {
        let (rows, chunk_rows) = match (self.shape().first(), self.chunk_shape().first()) {
            (Some(&rows), Some(&chunk_rows)) => (rows, chunk_rows.max(1)),
            // One item, which says what is wrong.
            _ => (1, 1),
        };
        ArrowRows { array: self.clone(), chunk_rows, next: 0..rows.div_ceil(chunk_rows) }
    }
}

impl<T: Element> Array<T> {
    /// The field of a column that holds the array; see [`AnyArray::arrow_field`].
    ///
    /// # Errors
    /// As [`AnyArray::arrow_field`].
    pub fn arrow_field(&self, name: &str) -> Result<Field> {
        AnyArray::from(self.clone()).arrow_field(name)
    }

    /// Decodes everything into one array of Arrow's; see [`AnyArray::to_arrow`].
    ///
    /// # Errors
    /// As [`AnyArray::to_arrow`].
    pub fn to_arrow(&self) -> Result<FixedSizeListArray> {
        AnyArray::from(self.clone()).to_arrow()
    }

    /// Decodes a region into an array of Arrow's; see [`AnyArray::region_to_arrow`].
    ///
    /// # Errors
    /// As [`AnyArray::region_to_arrow`].
    pub fn region_to_arrow(&self, region: &Region) -> Result<FixedSizeListArray> {
        AnyArray::from(self.clone()).region_to_arrow(region)
    }

    /// The array as arrays of Arrow's, one for each row of chunks; see [`AnyArray::arrow_rows`].
    #[must_use]
    pub fn arrow_rows(&self) -> ArrowRows {
        AnyArray::from(self.clone()).arrow_rows()
    }
}

/// The rows of an array as arrays of Arrow's, from [`AnyArray::arrow_rows`].
#[derive(Debug, Clone)]
pub struct ArrowRows {
    array: AnyArray,
    /// Rows of a chunk.
    chunk_rows: usize,
    /// Rows of chunks that are left.
    next: Range<usize>,
}

impl Iterator for ArrowRows {
    type Item = Result<FixedSizeListArray>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next.next()?;
        let full = Region::full(*self.array.shape());
        if full.shape().ndim() == 0 {
            return Some(self.array.region_to_arrow(&full));
        }
        let (_, rest) = full.split_at(0, index * self.chunk_rows);
        let (rows, _) = rest.split_at(0, self.chunk_rows.min(rest.shape()[0]));
        Some(self.array.region_to_arrow(&rows))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.next.size_hint()
    }
}

impl ExactSizeIterator for ArrowRows {}

/// The shape of a row.
fn row_shape(shape: &Shape) -> Result<Shape> {
    if shape.ndim() == 0 {
        return Err(InvalidArgument::NdimMismatch { expected: 1, found: 0 }.into());
    }
    Ok(shape.without_axis(0))
}

fn row_nitems(shape: &Shape) -> Result<i32> {
    let nitems = shape.nitems();
    i32::try_from(nitems).map_err(|_| ArrowTensorError::RowNitems { nitems }.into())
}

fn values_field(array: &AnyArray) -> Result<FieldRef> {
    // Nullable, as it is in what others make: types are compared with theirs.
    Ok(Arc::new(Field::new_list_field(data_type(array.dtype())?, true)))
}
