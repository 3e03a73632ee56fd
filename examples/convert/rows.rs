//! Arrays as rows along their first axis, from whatever file.

use std::borrow::Cow;
use std::path::Path;

use ndpress::{AnyArray, DType, OpenOptions, Options, Region};

use crate::arguments::Format;
use crate::npy::NpyReader;
use crate::{Result, dtype_of};

/// Rows that are read one after the other. An array of no axes is one row.
pub(crate) struct Rows {
    source: Source,
    shape: Vec<usize>,
    itemsize: usize,
    next: usize,
    buffer: Vec<u8>,
}

enum Source {
    Npy(NpyReader),
    /// An array, in a file or held.
    Array(AnyArray),
    /// An array whose axes are the other way round, and what NumPy calls its dtype.
    Reversed(AnyArray, String),
}

impl Rows {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if Format::of(path)? != Format::Npy {
            let array = AnyArray::open(path, &OpenOptions::new())?;
            let (shape, itemsize) = (array.shape().to_vec(), array.dtype().itemsize());
            return Ok(Self::new(Source::Array(array), shape, itemsize));
        }
        let reader = NpyReader::open(path)?;
        let (shape, itemsize) = (reader.shape().to_vec(), reader.itemsize());
        if reader.is_fortran_order() && shape.len() > 1 {
            let dtype = reader.numpy_dtype().to_owned();
            let array = held(reader)?;
            return Ok(Self::new(Source::Reversed(array, dtype), shape, itemsize));
        }
        Ok(Self::new(Source::Npy(reader), shape, itemsize))
    }

    fn new(source: Source, shape: Vec<usize>, itemsize: usize) -> Self {
        Self { source, shape, itemsize, next: 0, buffer: Vec::new() }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn len(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    pub(crate) fn nbytes(&self) -> u64 {
        self.len() as u64 * self.row_nbytes() as u64
    }

    fn row_nbytes(&self) -> usize {
        self.shape.iter().skip(1).product::<usize>() * self.itemsize
    }

    /// How many rows are about so many bytes.
    pub(crate) fn step(&self, nbytes: usize) -> usize {
        (nbytes / self.row_nbytes().max(1)).max(1)
    }

    pub(crate) fn numpy_dtype(&self) -> Cow<'_, str> {
        match &self.source {
            Source::Npy(reader) => Cow::Borrowed(reader.numpy_dtype()),
            Source::Array(array) => array.numpy_dtype(),
            Source::Reversed(_, dtype) => Cow::Borrowed(dtype),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match &self.source {
            Source::Array(array) | Source::Reversed(array, _) => array.dtype(),
            Source::Npy(reader) => reader.dtype(),
        }
    }

    /// Copies what a file says besides its elements.
    pub(crate) fn copy_layers_to(&self, array: &mut AnyArray) {
        if let Source::Array(source) = &self.source {
            array.metalayers_mut().clone_from(source.metalayers());
            array.vlmetalayers_mut().clone_from(source.vlmetalayers());
        }
    }

    /// At most so many rows, in C order; `None` after the last.
    pub(crate) fn next(&mut self, rows: usize) -> Result<Option<&[u8]>> {
        let (start, end) = (self.next, self.len().min(self.next + rows));
        if start == end || self.is_empty() {
            return Ok(None);
        }
        self.next = end;
        self.buffer.resize((end - start) * self.row_nbytes(), 0);
        match &mut self.source {
            Source::Npy(reader) => reader.read(&mut self.buffer)?,
            Source::Array(array) => {
                let region = region(&self.shape, start..end)?;
                array.read_region_bytes_into(&region, &mut self.buffer)?;
            }
            Source::Reversed(array, _) => {
                let mut ranges: Vec<_> = self.shape.iter().rev().map(|&len| 0..len).collect();
                if let Some(last) = ranges.last_mut() {
                    *last = start..end;
                }
                let region = Region::new(&ranges)?;
                let mut reversed = vec![0; self.buffer.len()];
                array.read_region_bytes_into(&region, &mut reversed)?;
                transpose(&reversed, region.shape(), self.itemsize, &mut self.buffer);
            }
        }
        Ok(Some(&self.buffer))
    }
}

fn region(shape: &[usize], rows: std::ops::Range<usize>) -> Result<Region> {
    let mut ranges: Vec<_> = shape.iter().map(|&len| 0..len).collect();
    if let Some(first) = ranges.first_mut() {
        *first = rows;
    }
    Ok(Region::new(&ranges)?)
}

/// The elements of a file in Fortran's order, compressed: an array of the reversed shape.
fn held(mut reader: NpyReader) -> Result<AnyArray> {
    let mut shape: Vec<usize> = reader.shape().iter().rev().copied().collect();
    let rows = shape[0];
    let mut array = AnyArray::zeros(reader.dtype(), &shape, &Options::new())?;
    shape[0] = 0;
    array.resize(&shape)?;
    let step = array.chunk_shape()[0];
    let row_nbytes = shape[1..].iter().product::<usize>() * reader.itemsize();
    for start in (0..rows).step_by(step) {
        let mut bytes = vec![0; step.min(rows - start) * row_nbytes];
        reader.read(&mut bytes)?;
        array.append_bytes(&bytes)?;
    }
    Ok(array)
}

/// Elements in C order of a shape, with the axes the other way round.
fn transpose(src: &[u8], shape: &[usize], itemsize: usize, dst: &mut [u8]) {
    // In the destination, the first axis of the source is the last and has the least stride.
    let mut strides = vec![itemsize; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    for item in src.chunks_exact(itemsize) {
        let at: usize = index.iter().zip(&strides).map(|(index, stride)| index * stride).sum();
        dst[at..at + itemsize].copy_from_slice(item);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

/// The dtype of a file's elements.
impl NpyReader {
    fn dtype(&self) -> DType {
        // The size was checked when the header was read.
        dtype_of(self.numpy_dtype(), self.itemsize()).unwrap_or(DType::U8)
    }
}
