//! Converts arrays between NumPy's files and Blosc2's.
//!
//! ```text
//! cargo run --release --example convert -- IN OUT [--codec raster|lz4|lz4hc|zstd|blosclz] [--level N]
//!     [--filter shuffle|bitshuffle|none] [--chunks a,b,…] [--blocks a,b,…]
//! ```
//!
//! `.npy`, `.b2nd` (an array) and `.b2frame` (a super-chunk: elements in a row), each to each, of any
//! dtype and bit for bit. Elements go from one file to the other some rows at a time; of a `.npy` file
//! in Fortran's order, the whole array is held compressed meanwhile. Where nothing else is asked for,
//! compressed chunks are copied as they are.

mod arguments;
mod npy;
mod progress;
mod rows;

use std::error::Error;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use ndpress::frame::{Frame, FrameOptions};
use ndpress::{AnyArray, ArrayFile, Chunk, DType, OpenOptions, SaveOptions};

use crate::arguments::{Arguments, Format};
use crate::npy::NpyWriter;
use crate::progress::Progress;
use crate::rows::Rows;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Uncompressed bytes of a chunk of a `.b2frame` file, and of rows that are read at once.
const CHUNK_NBYTES: usize = 2 << 20;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("convert: {error}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    match convert(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("convert: {error}");
            ExitCode::FAILURE
        }
    }
}

fn convert(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let nbytes = match arguments.can_copy() {
        true => copy(arguments)?,
        false => {
            let rows = Rows::open(&arguments.input)?;
            let nbytes = rows.nbytes();
            match Format::of(&arguments.output)? {
                Format::Npy => to_npy(rows, &arguments.output)?,
                Format::Array => to_array(rows, arguments)?,
                Format::Frame => to_frame(rows, arguments)?,
            }
            nbytes
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let stored = size_of(&arguments.output)?;
    let (ratio, rate) = (nbytes as f64 / stored as f64, nbytes as f64 / seconds / 1e9);
    writeln!(
        stdout(),
        "{nbytes} bytes of elements in a file of {stored}, {ratio:.2}:1, {rate:.2} GB/s"
    )?;
    Ok(())
}

/// Saves an array with its chunks as they are, or compressed anew one by one.
fn copy(arguments: &Arguments) -> Result<u64> {
    let array = AnyArray::open(&arguments.input, &OpenOptions::new())?;
    let options = match &arguments.compression {
        Some(compression) => compression.save_options(),
        None => SaveOptions::new(),
    };
    array.save(&arguments.output, &options)?;
    Ok(array.nbytes() as u64)
}

fn to_npy(mut rows: Rows, path: &Path) -> Result<()> {
    let mut writer = NpyWriter::create(path, &rows.numpy_dtype(), rows.shape())?;
    let mut progress = Progress::new(rows.len());
    let step = rows.step(CHUNK_NBYTES);
    while let Some(bytes) = rows.next(step)? {
        writer.write(bytes)?;
        progress.advance(step);
    }
    writer.finish()
}

fn to_array(mut rows: Rows, arguments: &Arguments) -> Result<()> {
    let (options, dtype) = (arguments.options(), rows.dtype());
    if rows.shape().is_empty() {
        let bytes = rows.next(1)?.unwrap_or_default();
        let mut array = AnyArray::from_bytes(dtype, bytes, [], &options)?;
        array.set_numpy_dtype(&rows.numpy_dtype())?;
        return Ok(array.save(&arguments.output, &SaveOptions::new())?);
    }
    // Chunks are cut for the whole array, which then grows row by row.
    let mut array = AnyArray::zeros(dtype, rows.shape(), &options)?;
    let mut shape = rows.shape().to_vec();
    shape[0] = 0;
    array.resize(&shape)?;
    array.set_numpy_dtype(&rows.numpy_dtype())?;
    rows.copy_layers_to(&mut array);
    let mut progress = Progress::new(rows.len());
    let step = array.chunk_shape()[0];
    let mut file = ArrayFile::create(&arguments.output, &array, &SaveOptions::new())?;
    while let Some(bytes) = rows.next(step)? {
        file.append_bytes(bytes)?;
        file.stage()?;
        progress.advance(step);
    }
    if rows.is_empty() {
        file.resize(rows.shape())?;
    }
    // The table that was written before there was anything in it goes, too.
    Ok(file.compact()?)
}

fn to_frame(mut rows: Rows, arguments: &Arguments) -> Result<()> {
    let itemsize = rows.dtype().itemsize();
    let chunk_options = arguments.chunk_options();
    let options = FrameOptions::new().typesize(itemsize);
    let mut frame = Frame::create(&arguments.output, &options)?;
    let mut progress = Progress::new(rows.len());
    let chunk_nbytes = (CHUNK_NBYTES / itemsize).max(1) * itemsize;
    let (mut pending, step) = (Vec::new(), rows.step(chunk_nbytes));
    loop {
        let bytes = rows.next(step)?;
        let is_last = bytes.is_none();
        pending.extend_from_slice(bytes.unwrap_or_default());
        progress.advance(step);
        let whole =
            if is_last { pending.len() } else { pending.len() / chunk_nbytes * chunk_nbytes };
        for bytes in pending[..whole].chunks(chunk_nbytes) {
            frame.append_chunk(&Chunk::encode(bytes, itemsize, &chunk_options)?)?;
        }
        pending.drain(..whole);
        if is_last {
            return Ok(frame.compact()?);
        }
    }
}

/// Bytes of a file, or of those in a folder.
fn size_of(path: &Path) -> Result<u64> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    let sizes = fs::read_dir(path)?.map(|entry| Ok(entry?.metadata()?.len()));
    sizes.sum()
}

/// The dtype that elements of a NumPy type are held as.
fn dtype_of(text: &str, itemsize: usize) -> Result<DType> {
    match text.parse::<DType>() {
        Ok(dtype) if dtype.itemsize() == itemsize => Ok(dtype),
        _ => Ok(DType::opaque(itemsize)?),
    }
}
