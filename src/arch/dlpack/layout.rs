//! What a tensor's fields say, checked.

use super::abi::{BOOL, COMPLEX, CPU, DataType, FLOAT, INT, Tensor, UINT};
use crate::convert::DlpackError;
use crate::dtype::DType;
use crate::error::{InvalidArgument, Result};
use crate::shape::{MAX_NDIM, Shape};

/// Where the elements of a tensor lie.
///
/// All distances between any two of its elements fit `isize`, in bytes, and the shape does.
#[derive(Debug, Clone, Copy)]
pub(super) struct TensorLayout {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    /// Bytes from one index to the next; 0 where there is no next one.
    pub(super) strides: [isize; MAX_NDIM],
    /// Bytes from the tensor's pointer to its first element.
    pub(super) offset: usize,
}

impl TensorLayout {
    /// The layout of a tensor with these lengths and strides, as many as axes.
    pub(super) fn new(tensor: &Tensor, lens: &[i64], strides: Option<&[i64]>) -> Result<Self> {
        let dtype = dtype_of(tensor.dtype)?;
        let len = |(axis, &len): (usize, &i64)| {
            usize::try_from(len).map_err(|_| DlpackError::Length { axis, len })
        };
        let lens = lens.iter().enumerate().map(len).collect::<Result<Vec<_>, _>>()?;
        let shape = Shape::new(lens)?;
        shape.nbytes(dtype.itemsize())?;
        let c_order = shape.strides();
        let mut layout = Self { dtype, shape, strides: [0; MAX_NDIM], offset: 0 };
        if shape.contains(&0) {
            return Ok(layout);
        }
        for axis in 0..shape.ndim() {
            let steps = strides.map_or(c_order[axis] as i64, |strides| strides[axis]);
            let stride = (steps as isize).checked_mul(dtype.itemsize() as isize);
            let fits = i64::try_from(steps as isize) == Ok(steps);
            if shape[axis] > 1 {
                layout.strides[axis] = stride.filter(|_| fits).ok_or(DlpackError::Extent)?;
            }
        }
        layout.offset = layout.checked_offset(tensor.byte_offset).ok_or(DlpackError::Extent)?;
        Ok(layout)
    }

    /// The offset of the first element, if all of them can be reached from there.
    fn checked_offset(&self, byte_offset: u64) -> Option<usize> {
        let offset = isize::try_from(byte_offset).ok()?;
        let (mut low, mut high) = (0, isize::try_from(self.dtype.itemsize()).ok()?);
        for (&len, stride) in self.shape.iter().zip(self.strides) {
            let reach = stride.checked_mul(isize::try_from(len).ok()? - 1)?;
            let end: &mut isize = if reach < 0 { &mut low } else { &mut high };
            *end = end.checked_add(reach)?;
        }
        high.checked_sub(low)?;
        offset.checked_add(high)?;
        usize::try_from(offset).ok()
    }
}

/// The number of axes of a tensor.
pub(super) fn ndim_of(tensor: &Tensor) -> Result<usize> {
    if tensor.device.kind != CPU {
        let device = tensor.device.kind;
        return Err(DlpackError::Device { device }.into());
    }
    let ndim = tensor.ndim;
    let ndim = usize::try_from(ndim).map_err(|_| DlpackError::Axes { ndim })?;
    if ndim > MAX_NDIM {
        return Err(InvalidArgument::TooManyAxes { ndim, max: MAX_NDIM }.into());
    }
    Ok(ndim)
}

fn dtype_of(dtype: DataType) -> Result<DType, DlpackError> {
    let DataType { code, bits, lanes } = dtype;
    if lanes != 1 {
        return Err(DlpackError::Lanes { lanes });
    }
    Ok(match (code, bits) {
        (BOOL, 8) => DType::Bool,
        (UINT, 8) => DType::U8,
        (UINT, 16) => DType::U16,
        (UINT, 32) => DType::U32,
        (UINT, 64) => DType::U64,
        (INT, 8) => DType::I8,
        (INT, 16) => DType::I16,
        (INT, 32) => DType::I32,
        (INT, 64) => DType::I64,
        (FLOAT, 16) => DType::F16,
        (FLOAT, 32) => DType::F32,
        (FLOAT, 64) => DType::F64,
        (COMPLEX, 64) => DType::Complex64,
        (COMPLEX, 128) => DType::Complex128,
        _ => return Err(DlpackError::ElementType { code, bits }),
    })
}

/// What DLPack calls a type.
pub(super) fn data_type(dtype: DType) -> Result<DataType, DlpackError> {
    let code = match dtype {
        DType::Bool => BOOL,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => UINT,
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => INT,
        DType::F16 | DType::F32 | DType::F64 => FLOAT,
        DType::Complex64 | DType::Complex128 => COMPLEX,
        DType::Opaque(_) => return Err(DlpackError::Records { dtype }),
    };
    Ok(DataType { code, bits: (8 * dtype.itemsize()) as u8, lanes: 1 })
}
