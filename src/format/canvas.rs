//! Where decoders put their pixels: strips and tiles in, compressed chunks out.
//!
//! A decoder calls [`Canvas::put`] with whatever it has decoded. Pixels are taken apart into planes
//! of a cell at once; a cell that is complete is compressed by another thread of the pool, if there
//! is one that could, while the decoder goes on. Decoders whose strips do not depend on each other
//! hand out the decoding itself ([`Canvas::spawn`]). Nothing waits: whoever has made more work than
//! others can take does some of it. So as many cells are in memory as there are threads, and one
//! or two more.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cell::{Cell, CellGrid, Cells, cell_shape};
use super::convert::{self, Rule};
use super::error::FormatError;
use super::info::ChannelInfo;
use super::plane::Plane;
use super::progress::Progress;
use super::strip::Strip;
use crate::arch::interleave::gather;
use crate::array::{AnyArray, EditedChunk, Options};
use crate::dtype::DType;
use crate::error::{Error, Result, check_len};
use crate::image::{AnyChannel, Image, Place};
use crate::parallel::{TaskState, Tasks, with_tasks};
use crate::shape::{Region, Shape};

/// Bytes of rows that are taken apart at once.
const STRIP_NBYTES: usize = 64 << 10;

/// What the caller wants done with each strip.
pub(super) type Postprocess<'a> = dyn Fn(&mut Strip<'_>) -> Result<()> + Send + Sync + 'a;
/// What the caller wants to know of the progress.
pub(super) type OnProgress<'a> = dyn Fn(Progress) -> ControlFlow<()> + Send + Sync + 'a;

/// A channel that is asked for.
pub(super) struct Wanted {
    /// Its number in the file.
    pub(super) index: usize,
    pub(super) info: ChannelInfo,
    /// The type it is to have, and how it gets that.
    pub(super) target: (DType, Rule),
    pub(super) options: Options,
}

/// All that is known when decoding begins.
pub(super) struct Plan<'a> {
    pub(super) format: &'static str,
    pub(super) size: [usize; 2],
    pub(super) tile: Option<[usize; 2]>,
    pub(super) wanted: Vec<Wanted>,
    pub(super) chunk_shape: Option<[usize; 2]>,
    pub(super) chunk_rows: Option<usize>,
    pub(super) postprocess: Option<&'a Postprocess<'a>>,
    pub(super) progress: Option<&'a OnProgress<'a>>,
}

/// Samples that a decoder has decoded, in the machine's byte order.
///
/// They belong to a region of rows and columns, of which each row begins `row_nbytes` after the one
/// before.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    bytes: &'a [u8],
    row_nbytes: usize,
    first: usize,
    nchannels: usize,
}

impl<'a> Pixels<'a> {
    /// Samples of one channel, by its number in the file.
    #[must_use]
    pub fn plane(channel: usize, bytes: &'a [u8], row_nbytes: usize) -> Self {
        Self { bytes, row_nbytes, first: channel, nchannels: 1 }
    }

    /// Samples of several channels of one type, those of a pixel side by side: `nchannels` channels
    /// in the file's order, from number `first` on.
    #[must_use]
    pub fn interleaved(first: usize, nchannels: usize, bytes: &'a [u8], row_nbytes: usize) -> Self {
        Self { bytes, row_nbytes, first, nchannels }
    }
}

/// Where a [`Decoder`](super::Decoder) puts pixels. Made by [`ImageReader`](super::ImageReader).
pub struct Canvas<'a, 'scope> {
    tasks: &'a Tasks<'a, 'scope>,
    assembly: &'scope Assembly<'scope>,
}

impl fmt::Debug for Canvas<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canvas").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// An image of which some chunks are compressed.
struct Assembly<'a> {
    plan: &'a Plan<'a>,
    names: Arc<[String]>,
    /// For each channel of the file, its place in the image.
    places: Vec<Option<usize>>,
    cells: Cells,
    /// A channel each, without pixels.
    arrays: Vec<AnyArray>,
    chunks: Mutex<Vec<Vec<EditedChunk>>>,
    done: AtomicU64,
    has_failed: AtomicBool,
    failure: Mutex<Option<Error>>,
}

/// Decodes an image: calls `decode` with a canvas, and puts together what comes of it.
pub(super) fn paint(
    plan: &Plan<'_>,
    decode: impl FnOnce(&Canvas<'_, '_>) -> Result<(), FormatError>,
) -> Result<Image> {
    let assembly = Assembly::new(plan)?;
    let state = TaskState::new();
    let decoded = with_tasks(&state, |tasks| {
        let canvas = Canvas { tasks, assembly: &assembly };
        decode(&canvas)
    });
    assembly.finish(decoded)
}

impl<'scope> Canvas<'_, 'scope> {
    /// `[height, width]` of what is to be decoded.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.assembly.plan.size
    }

    /// Numbers in the file of the channels that are wanted, in the order of the image.
    pub fn channels(&self) -> impl ExactSizeIterator<Item = usize> {
        self.assembly.plan.wanted.iter().map(|wanted| wanted.index)
    }

    /// Whether the channel of this number is wanted.
    #[must_use]
    pub fn wants(&self, channel: usize) -> bool {
        self.assembly.places.get(channel).copied().flatten().is_some()
    }

    /// How many rows are compressed at once: a good number to decode at once.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.assembly.cells.grid.cell[0]
    }

    /// How many rows of so many bytes to decode and [`put`](Self::put) at once: while they are in the
    /// cache, and no more than are compressed at once.
    #[must_use]
    pub fn strip_rows(&self, row_nbytes: usize) -> usize {
        (STRIP_NBYTES / row_nbytes.max(1)).clamp(1, self.rows())
    }

    /// Hands work to another thread, if there is one that could take it; does it now otherwise. The
    /// reader waits for all of it. What it answers, or what went wrong, ends the reading.
    pub fn spawn(
        &self,
        work: impl FnOnce(&Canvas<'_, 'scope>) -> Result<(), FormatError> + Send + 'scope,
    ) {
        let assembly = self.assembly;
        self.tasks.run(move |tasks| {
            if let Err(error) = work(&Canvas { tasks, assembly }) {
                assembly.fail(error.of(assembly.plan.format));
            }
        });
    }

    /// Puts decoded samples where they belong. Channels that are not wanted are left out.
    ///
    /// # Errors
    /// [`FormatError::Other`]: [`RegionOutOfBounds`](crate::InvalidArgument::RegionOutOfBounds),
    /// [`LengthMismatch`](crate::InvalidArgument::LengthMismatch) for too few samples; whatever went
    /// wrong on another thread, [`Error::Cancelled`], [`Error::OutOfMemory`].
    /// [`FormatError::Malformed`] for pixels that were put before.
    pub fn put(&self, region: &Region, pixels: &Pixels<'_>) -> Result<(), FormatError> {
        let assembly = self.assembly;
        assembly.check(region, pixels)?;
        if assembly.wanted(pixels).next().is_none() || region.shape().contains(&0) {
            return Ok(());
        }
        for index in assembly.cells.grid.under(region) {
            let cell = assembly.cells.open(index)?;
            let mut guard = lock(&cell);
            let is_complete = guard.missing == 0;
            let copied = if is_complete { 1 } else { assembly.copy(&mut guard, region, pixels) };
            let missing = guard.missing.checked_sub(copied);
            guard.missing =
                missing.ok_or_else(|| FormatError::malformed("pixels that are there twice"))?;
            if guard.missing == 0 {
                drop(guard);
                assembly.cells.close(index);
                self.tasks.run(move |_| assembly.compress(index, &cell));
            }
        }
        Ok(())
    }

    /// Puts all pixels of an image at once, samples of `itemsize` bytes side by side. Parts of it are
    /// compressed while others are taken apart.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_image(
        &self,
        bytes: &[u8],
        nchannels: usize,
        itemsize: usize,
    ) -> Result<(), FormatError> {
        let [height, width] = self.size();
        let row_nbytes = width * nchannels * itemsize;
        check_len(row_nbytes * height, bytes.len())?;
        let strips = bytes.chunks((self.rows() * row_nbytes).max(1));
        for (y, strip) in (0..).step_by(self.rows()).zip(strips) {
            let region = Region::new([y..y + strip.len() / row_nbytes, 0..width])?;
            self.put(&region, &Pixels::interleaved(0, nchannels, strip, row_nbytes))?;
        }
        Ok(())
    }
}

/// What panics under a lock of this module leaves the reading failed, not the lock useless.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Assembly<'a> {
    fn new(plan: &'a Plan<'a>) -> Result<Self> {
        let dtypes: Vec<DType> = plan.wanted.iter().map(|wanted| wanted.info.dtype()).collect();
        let [height, width] = plan.size;
        let mut cell = cell_shape(plan.size, &dtypes, plan.tile);
        if let Some(rows) = plan.chunk_rows {
            cell = [rows, width];
        }
        // A user's choice may be more than there is, but not nothing: arrays say so.
        let cell = plan.chunk_shape.unwrap_or(cell);
        let mut arrays = Vec::with_capacity(plan.wanted.len());
        for wanted in &plan.wanted {
            convert::check(wanted.info.dtype(), wanted.target.0)?;
            let options = wanted.options.clone().chunk_shape(cell);
            arrays.push(AnyArray::zeros(wanted.target.0, [height, width], &options)?);
        }
        let nplaces = plan.wanted.iter().map(|wanted| wanted.index + 1).max().unwrap_or(0);
        let mut places = vec![None; nplaces];
        for (place, wanted) in plan.wanted.iter().enumerate() {
            places[wanted.index] = Some(place);
        }
        let grid = CellGrid { size: plan.size, cell: cell.map(|len| len.max(1)) };
        Ok(Self {
            plan,
            names: plan.wanted.iter().map(|wanted| wanted.info.name().to_owned()).collect(),
            places,
            cells: Cells::new(grid, dtypes),
            chunks: Mutex::new(arrays.iter().map(|_| Vec::new()).collect()),
            arrays,
            done: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
            failure: Mutex::default(),
        })
    }

    /// Ends the reading. The first failure is the one that users see.
    fn fail(&self, error: Error) {
        lock(&self.failure).get_or_insert(error);
        self.has_failed.store(true, Ordering::Release);
    }

    /// The places in the image of the channels that samples are of.
    fn wanted<'s>(&'s self, pixels: &Pixels<'_>) -> impl Iterator<Item = (usize, usize)> + use<'s> {
        let channels = pixels.first..pixels.first + pixels.nchannels;
        let place = |channel: usize| self.places.get(channel).copied().flatten();
        channels.enumerate().filter_map(move |(i, channel)| Some((i, place(channel)?)))
    }

    fn check(&self, region: &Region, pixels: &Pixels<'_>) -> Result<(), FormatError> {
        if self.has_failed.load(Ordering::Acquire) {
            // The caller hears of what failed first.
            return Err(Error::Cancelled.into());
        }
        region.check(&Shape::new(self.plan.size)?)?;
        for (_, place) in self.wanted(pixels) {
            let [rows, columns] = [0, 1].map(|axis| region.shape()[axis]);
            let row = columns * pixels.nchannels * self.cells.dtypes[place].itemsize();
            let needed = match rows {
                0 => 0,
                rows => (rows - 1).saturating_mul(pixels.row_nbytes).saturating_add(row),
            };
            if pixels.bytes.len() < needed {
                check_len(needed, pixels.bytes.len())?;
            }
        }
        Ok(())
    }

    /// Copies samples of a region into a cell, as far as they are of it. Answers how many.
    fn copy(&self, cell: &mut Cell, region: &Region, pixels: &Pixels<'_>) -> usize {
        let common = |axis: usize| {
            let (a, b) = (region, &cell.region);
            let start = a.start()[axis].max(b.start()[axis]);
            let end = |r: &Region| r.start()[axis] + r.shape()[axis];
            start..end(a).min(end(b)).max(start)
        };
        let (rows, columns) = (common(0), common(1));
        let mut wanted = self.wanted(pixels).peekable();
        let mut nitems = 0;
        while let Some((channel, place)) = wanted.next() {
            let dtype = self.cells.dtypes[place];
            // Channels that are in a row here and there are taken apart together.
            let mut count = 1;
            while wanted
                .next_if(|&next| {
                    next == (channel + count, place + count) && self.cells.dtypes[next.1] == dtype
                })
                .is_some()
            {
                count += 1;
            }
            let window = Window { rows: rows.clone(), columns: columns.clone(), channel };
            let planes = &mut cell.planes[place..place + count];
            match dtype.itemsize() {
                1 => window.copy::<1>(&cell.region, planes, region, pixels),
                2 => window.copy::<2>(&cell.region, planes, region, pixels),
                4 => window.copy::<4>(&cell.region, planes, region, pixels),
                8 => window.copy::<8>(&cell.region, planes, region, pixels),
                _ => window.copy::<16>(&cell.region, planes, region, pixels),
            }
            nitems += rows.len() * columns.len() * count;
        }
        nitems
    }

    /// Compresses a cell whose pixels have all come.
    fn compress(&self, index: usize, cell: &Mutex<Cell>) {
        if self.has_failed.load(Ordering::Acquire) {
            return;
        }
        let mut cell = lock(cell);
        if let Err(error) = self.try_compress(index, &mut cell) {
            self.fail(error);
        }
        self.cells.recycle(cell.planes.drain(..));
    }

    fn try_compress(&self, index: usize, cell: &mut Cell) -> Result<()> {
        let nitems = cell.region.shape().nitems();
        for (plane, wanted) in cell.planes.iter_mut().zip(&self.plan.wanted) {
            let (dtype, rule) = wanted.target;
            if plane.dtype() != dtype {
                let mut converted = self.cells.plane(dtype, nitems)?;
                convert::convert_plane(plane, &mut converted, rule)?;
                self.cells.recycle([std::mem::replace(plane, converted)]);
            }
        }
        if let Some(postprocess) = self.plan.postprocess {
            let place = Place::new(index, cell.region);
            postprocess(&mut Strip { place, names: &self.names, planes: &mut cell.planes })?;
        }
        for (channel, (array, plane)) in self.arrays.iter().zip(&cell.planes).enumerate() {
            let chunk = array.encode_chunk_bytes(index, plane.bytes())?;
            lock(&self.chunks)[channel].push(chunk);
        }
        let done = self.done.fetch_add(nitems as u64, Ordering::AcqRel) + nitems as u64;
        if let Some(progress) = self.plan.progress {
            let [height, width] = self.plan.size.map(|len| len as u64);
            if progress(Progress::new(done, height.saturating_mul(width))).is_break() {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    }

    /// The image, if all went well.
    fn finish(self, decoded: Result<(), FormatError>) -> Result<Image> {
        let failure = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failure {
            return Err(error);
        }
        decoded.map_err(|error| error.of(self.plan.format))?;
        let is_empty = self.plan.size.contains(&0) || self.arrays.is_empty();
        if !is_empty && !self.cells.are_done() {
            let error = FormatError::malformed("pixels that are missing");
            return Err(error.of(self.plan.format));
        }
        let mut image = Image::new(self.plan.size);
        let chunks = self.chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        for ((mut array, chunks), name) in self.arrays.into_iter().zip(chunks).zip(&*self.names) {
            array.install_chunks(chunks);
            image.push(name, AnyChannel::try_from(array)?)?;
        }
        Ok(image)
    }
}

/// What a region and a cell have in common, from this channel of the samples on.
struct Window {
    rows: Range<usize>,
    columns: Range<usize>,
    channel: usize,
}

impl Window {
    /// Copies samples of `SIZE` bytes from a region into planes of a cell, the samples of channel
    /// `self.channel` and those behind it.
    fn copy<const SIZE: usize>(
        &self,
        cell: &Region,
        planes: &mut [Plane],
        region: &Region,
        pixels: &Pixels<'_>,
    ) {
        let (nchannels, width) = (pixels.nchannels, cell.shape()[1]);
        let mut dst: Vec<&mut [[u8; SIZE]]> =
            planes.iter_mut().map(|plane| plane.bytes_mut().as_chunks_mut().0).collect();
        let row_nbytes = region.shape()[1] * nchannels * SIZE;
        let is_whole = self.columns.len() == width && width == region.shape()[1];
        // Rows without anything between them are copied as one.
        let step = if is_whole && pixels.row_nbytes == row_nbytes { self.rows.len() } else { 1 };
        for y in self.rows.clone().step_by(step.max(1)) {
            let from = (y - region.start()[0]) * pixels.row_nbytes
                + (self.columns.start - region.start()[1]) * nchannels * SIZE;
            let nitems = self.columns.len() * step;
            let samples: &[[u8; SIZE]] =
                pixels.bytes[from..][..nitems * nchannels * SIZE].as_chunks().0;
            let to = (y - cell.start()[0]) * width + self.columns.start - cell.start()[1];
            let mut rows: Vec<_> = dst.iter_mut().map(|dst| &mut dst[to..to + nitems]).collect();
            match &mut rows[..] {
                [row] if nchannels == 1 => row.copy_from_slice(samples),
                rows => gather(samples, nchannels, self.channel, rows),
            }
        }
    }
}
