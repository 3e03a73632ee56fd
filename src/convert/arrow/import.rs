//! Arrays from Arrow.

use arrow_array::cast::AsArray;
use arrow_array::{Array as ArrowArray, ArrayRef};
use arrow_schema::{DataType, Field};

use super::elements::{Collect, collector, compress};
use super::extension;
use crate::array::{AnyArray, Array, Options};
use crate::convert::ArrowTensorError;
use crate::dtype::Element;
use crate::error::Result;
use crate::shape::Shape;

impl AnyArray {
    /// Compresses a column of Arrow's (feature `arrow`): one of lists of fixed size, or lists of
    /// lists, each level an axis; of numbers or `bool`, an array of one axis. Where the field is of
    /// the extension `arrow.fixed_shape_tensor`, it says what shape a list has.
    ///
    /// Numbers are compressed from where they lie; `bool` is copied, a byte for each bit.
    ///
    /// ```
    /// use ndpress::{AnyArray, Array, Options};
    ///
    /// let ramp: Vec<u16> = (0..120).collect();
    /// let array = AnyArray::from(Array::from_slice(&ramp, [10, 3, 4], &Options::new())?);
    /// let (field, lists) = (array.arrow_field("pose")?, array.to_arrow()?);
    /// assert!(AnyArray::from_arrow(&field, &lists, &Options::new())?.content_eq(&array)?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::Arrow`](crate::InvalidArgument::Arrow): for
    /// [nulls](crate::ArrowTensorError::Nulls), for
    /// [other types](crate::ArrowTensorError::DataType) and for a
    /// [field of another type](crate::ArrowTensorError::FieldType), for
    /// [metadata](crate::ArrowTensorError::Metadata) that are none or tell of another order of axes,
    /// and for a [shape](crate::ArrowTensorError::RowShape) that does not fit the lists. Otherwise as
    /// [`Array::from_slice`].
    pub fn from_arrow(field: &Field, column: &dyn ArrowArray, options: &Options) -> Result<Self> {
        let rows = Rows::new(field)?;
        let values = rows.values(column)?;
        compress(&*values, rows.shape(column.len())?, options)
    }

    /// Compresses the arrays of a column that come one after the other, such as those of several
    /// record batches, as [`from_arrow`](Self::from_arrow).
    ///
    /// No more than the rows of one chunk are held uncompressed, besides the array that came last.
    ///
    /// ```
    /// use ndpress::{AnyArray, Array, Options};
    ///
    /// let ramp: Vec<u16> = (0..1200).collect();
    /// let options = Options::new().chunk_shape([30, 3, 4]);
    /// let array = AnyArray::from(Array::from_slice(&ramp, [100, 3, 4], &options)?);
    /// let field = array.arrow_field("pose")?;
    /// let columns = array.arrow_rows().map(|lists| Ok(std::sync::Arc::new(lists?) as _));
    /// let copy = AnyArray::from_arrow_rows(&field, columns, &options)?;
    /// assert!(copy.content_eq(&array)?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_arrow`](Self::from_arrow), and the first of those that come.
    pub fn from_arrow_rows(
        field: &Field,
        columns: impl IntoIterator<Item = Result<ArrayRef>>,
        options: &Options,
    ) -> Result<Self> {
        let rows = Rows::new(field)?;
        let mut collector: Box<dyn Collect> = collector(rows.values, rows.shape(0)?, options)?;
        for column in columns {
            let column = column?;
            collector.append(&*rows.values(&*column)?, column.len())?;
        }
        collector.finish()
    }
}

impl<T: Element> Array<T> {
    /// Compresses a column of Arrow's; see [`AnyArray::from_arrow`].
    ///
    /// # Errors
    /// As [`AnyArray::from_arrow`], and
    /// [`DTypeMismatch`](crate::InvalidArgument::DTypeMismatch) for other elements.
    pub fn from_arrow(field: &Field, column: &dyn ArrowArray, options: &Options) -> Result<Self> {
        AnyArray::from_arrow(field, column, options)?.into_typed()
    }
}

/// What a field says of the rows of its column.
struct Rows<'a> {
    field: &'a Field,
    /// Lengths of a row.
    lens: Vec<usize>,
    /// The type of values.
    values: &'a DataType,
}

impl<'a> Rows<'a> {
    fn new(field: &'a Field) -> Result<Self> {
        let (mut lens, mut values) = (Vec::new(), field.data_type());
        while let DataType::FixedSizeList(inner, size) = values {
            let len = usize::try_from(*size).map_err(|_| unknown(field.data_type()))?;
            lens.push(len);
            values = inner.data_type();
        }
        // More axes than there may be end here.
        Shape::new(&lens)?;
        if field.extension_type_name() == Some(extension::NAME) {
            lens = extension_shape(field, &lens)?;
        }
        Ok(Self { field, lens, values })
    }

    /// The shape of an array of so many rows.
    fn shape(&self, rows: usize) -> Result<Shape> {
        Shape::new(self.lens.as_slice())?.with_axis(0, rows)
    }

    /// All values of a column, of which none is null.
    fn values(&self, column: &dyn ArrowArray) -> Result<ArrayRef> {
        let data_type = self.field.data_type();
        if column.data_type() != data_type {
            let (field, column) = (data_type.to_string(), column.data_type().to_string());
            return Err(ArrowTensorError::FieldType { field, column }.into());
        }
        let mut values = column.slice(0, column.len());
        loop {
            let count = values.logical_null_count();
            if count > 0 {
                return Err(ArrowTensorError::Nulls { count }.into());
            }
            match values.as_fixed_size_list_opt() {
                Some(lists) => values = lists.values().clone(),
                None => return Ok(values),
            }
        }
    }
}

/// The shape of rows that the extension's metadata tell, if lists are as long.
fn extension_shape(field: &Field, lens: &[usize]) -> Result<Vec<usize>> {
    let metadata = field.extension_type_metadata().unwrap_or_default();
    let invalid = || ArrowTensorError::Metadata { metadata: metadata.to_owned() };
    let shape = extension::parse(metadata).ok_or_else(invalid)?;
    match *lens {
        [size] if Shape::new(&shape)?.nitems() == size => Ok(shape),
        [size] => Err(ArrowTensorError::RowShape { shape, size }.into()),
        _ => Err(unknown(field.data_type()).into()),
    }
}

fn unknown(data_type: &DataType) -> ArrowTensorError {
    ArrowTensorError::DataType { data_type: data_type.to_string() }
}
