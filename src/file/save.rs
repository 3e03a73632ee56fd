//! Arrays to frames.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::b2nd;
use super::options::SaveOptions;
use super::statistics;
use crate::array::{AnyArray, Array, Blocks, ChunkMap, Place, RawArray, Slot};
use crate::chunk::{
    BlockSource, Chunk, ChunkDecoder, ChunkOptions, MAX_CHUNK_NBYTES, Special, constant_chunk,
    encode_blocks,
};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Part, Result};
use crate::frame::{ChunkSizes, Entry, Frame, FrameKind, FrameOptions};
use crate::metadata::Metalayers;
use crate::parallel;

/// Chunks that are compressed anew at once.
const BATCH: usize = 16;

impl AnyArray {
    /// Saves the array to a file, or a folder if the options say so: as b2nd, which Python's
    /// `blosc2` opens, too. What is there already is replaced, in one step and as a whole.
    ///
    /// Chunks are written as they are compressed; nothing is decoded, unless the options ask for
    /// it. Chunks of the [raster codec](crate::Raster), the default of arrays of numbers, are for
    /// ndpress alone: save them with [`SaveOptions::portable`] where others are to read them.
    ///
    /// ```
    /// use ndpress::{AnyArray, Array, Options, SaveOptions};
    ///
    /// # let folder = std::env::temp_dir().join(format!("ndpress-save-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// let path = folder.join("ramp.b2nd");
    /// let ramp: Vec<f32> = (0..480 * 640).map(|i| (i / 640) as f32).collect();
    /// let array = AnyArray::from(Array::from_slice(&ramp, [480, 640], &Options::default())?);
    /// array.save(&path, &SaveOptions::portable())?;
    ///
    /// let lazy = ndpress::open(&path)?; // reads what is asked for, when it is asked for
    /// assert_eq!(lazy.as_typed::<f32>()?.at(&[123, 456])?, 123.0);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io); [`Error::Locked`](crate::Error::Locked) when a writer has
    /// the file; [`InvalidArgument::PartTooLarge`] for more than 268 435 451 chunks; for chunks that
    /// are compressed anew or read from another file, as [`Array::read_region_into`]. What was there
    /// before is then still there.
    pub fn save(&self, path: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        save(self.raw(), path.as_ref(), options).map(drop)
    }

    /// The array as the bytes of a file, which [`from_cframe`](Self::from_cframe) opens, and
    /// Python's `blosc2.ndarray_from_cframe`.
    ///
    /// ```
    /// use ndpress::{AnyArray, Array, OpenOptions, Options, SaveOptions};
    ///
    /// let array = AnyArray::from(Array::full([1000, 1000], 7u8, &Options::default())?);
    /// let bytes = array.to_cframe(&SaveOptions::new())?;
    /// assert!(bytes.len() < 1000);
    /// assert!(AnyArray::from_cframe(bytes, &OpenOptions::new())?.content_eq(&array)?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn to_cframe(&self, options: &SaveOptions) -> Result<Vec<u8>> {
        to_cframe(self.raw(), options)
    }
}

impl<T: Element> Array<T> {
    /// Saves the array to a file; as [`AnyArray::save`].
    ///
    /// # Errors
    /// As [`AnyArray::save`].
    pub fn save(&self, path: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        save(self.raw(), path.as_ref(), options).map(drop)
    }

    /// The array as the bytes of a file; as [`AnyArray::to_cframe`].
    ///
    /// # Errors
    /// As [`AnyArray::save`].
    pub fn to_cframe(&self, options: &SaveOptions) -> Result<Vec<u8>> {
        to_cframe(self.raw(), options)
    }
}

/// Saves an array, and hands out the frame, of which this process is the writer.
pub(super) fn save(raw: &RawArray, path: &Path, options: &SaveOptions) -> Result<Frame> {
    Frame::create_with(path, &frame_options(raw, options), |frame| fill(frame, raw, options))
}

/// An array as the bytes of a contiguous frame.
pub(crate) fn to_cframe(raw: &RawArray, options: &SaveOptions) -> Result<Vec<u8>> {
    let frame_options = frame_options(raw, options).kind(FrameKind::Contiguous);
    Frame::bytes_with(&frame_options, |frame| fill(frame, raw, options))
}

fn frame_options(raw: &RawArray, options: &SaveOptions) -> FrameOptions {
    FrameOptions::new()
        .kind(options.kind.unwrap_or(FrameKind::Contiguous))
        .typesize(raw.grid().itemsize())
        .metalayers(metalayers(raw))
        .chunk_options(options.header_options(raw.options()))
}

/// The metalayers of an array's frame, that of b2nd first.
pub(super) fn metalayers(raw: &RawArray) -> Metalayers {
    let mut all = Metalayers::new();
    let b2nd = b2nd::write(raw.grid(), &raw.numpy_dtype());
    let own = raw.metalayers().iter();
    let own = own.filter(|(name, _)| !matches!(*name, b2nd::LAYER | b2nd::CATERVA_LAYER));
    for (name, content) in std::iter::once((b2nd::LAYER, &b2nd[..])).chain(own) {
        // These are names of metalayers, or were when they were inserted.
        let _ = all.insert_bytes(name, content);
    }
    all
}

/// Writes the chunks of an array.
fn fill(frame: &mut Frame, raw: &RawArray, options: &SaveOptions) -> Result<()> {
    frame.set_chunks(Vec::new(), sizes(raw), metalayers(raw))?;
    let entries = write_chunks(frame, raw, options, |_| None)?;
    let mut raw = Cow::Borrowed(raw);
    // What is known of blocks does not hold for what a lossy filter makes of them.
    if !options.keeps_elements() {
        raw.to_mut().forget_summaries();
    }
    set(frame, &raw, entries)
}

/// Makes an array of these chunks what the frame holds.
pub(super) fn set(frame: &mut Frame, raw: &RawArray, entries: Vec<Entry>) -> Result<()> {
    if raw.vlmetalayers().contains(statistics::LAYER) {
        let name = statistics::LAYER.to_owned();
        return Err(InvalidArgument::MetalayerName { name }.into());
    }
    let layers = metalayers(raw);
    let known = statistics::write(raw, &layers, &entries);
    frame.set_chunks(entries, sizes(raw), layers)?;
    let vlmetalayers = frame.vlmetalayers_mut()?;
    vlmetalayers.clone_from(raw.vlmetalayers());
    if let Some(known) = known {
        vlmetalayers.insert(statistics::LAYER, known)?;
    }
    Ok(())
}

fn sizes(raw: &RawArray) -> ChunkSizes {
    let grid = raw.grid();
    ChunkSizes {
        typesize: grid.itemsize(),
        chunksize: grid.chunk_nbytes(),
        blocksize: grid.block_nbytes(),
    }
}

/// Writes all chunks of an array but those that `known` says are in the frame.
pub(super) fn write_chunks(
    frame: &mut Frame,
    raw: &RawArray,
    options: &SaveOptions,
    known: impl Fn(&Slot) -> Option<Entry>,
) -> Result<Vec<Entry>> {
    let nchunks = raw.grid().nchunks();
    let (nbytes, max) = ((nchunks as u64).saturating_mul(8), MAX_CHUNK_NBYTES as u64);
    if nbytes > max {
        return Err(InvalidArgument::PartTooLarge { part: Part::Chunk, nbytes, max }.into());
    }
    let fill = constant_chunk(&raw.layout(raw.grid()), raw.fill_value())?;
    let mut entries = Vec::with_capacity(nchunks);
    for start in (0..nchunks).step_by(BATCH) {
        let end = nchunks.min(start + BATCH);
        let mut batch: Vec<Saved<'_>> = (start..end)
            .map(|index| match raw.slot(index) {
                None => Saved::Fill,
                Some(slot) => known(slot).map_or(Saved::Chunk(index), Saved::Known),
            })
            .collect();
        parallel::for_each(&mut batch, raw.grid().chunk_nbytes(), &|saved: &mut Saved<'_>| {
            if let Saved::Chunk(index) = *saved {
                let encoded = encoded(raw, index, options);
                *saved = Saved::Encoded(encoded.map_err(|error| error.in_chunk(index))?);
            }
            Ok::<_, crate::error::Error>(())
        })?;
        for saved in batch {
            entries.push(match saved {
                Saved::Fill if fill.special() == Some(Special::Zeros) => {
                    Entry::Special(Special::Zeros)
                }
                Saved::Fill => frame.write(&fill)?,
                Saved::Known(entry) => entry,
                Saved::Encoded(chunk) => frame.write(&chunk)?,
                Saved::Chunk(_) => unreachable!("encoded above"),
            });
        }
    }
    Ok(entries)
}

/// A chunk on its way into a frame.
enum Saved<'a> {
    /// Of the fill value.
    Fill,
    /// In the frame already.
    Known(Entry),
    /// To be encoded: its number.
    Chunk(usize),
    Encoded(Chunk<Cow<'a, [u8]>>),
}

/// A chunk as it is to be saved: most are as they are.
fn encoded<'a>(
    raw: &'a RawArray,
    index: usize,
    options: &SaveOptions,
) -> Result<Chunk<Cow<'a, [u8]>>> {
    let Some(chunk) = raw.chunk(index, Blocks::All)? else {
        unreachable!("only chunks that are there are encoded");
    };
    match options.recoding(&chunk) {
        None => Ok(chunk),
        Some(chunk_options) => Ok(recode(raw, &chunk, &chunk_options)?.map_bytes(Cow::Owned)),
    }
}

/// Compresses a chunk anew, block by block and in parallel.
fn recode<B: AsRef<[u8]>>(
    raw: &RawArray,
    chunk: &Chunk<B>,
    options: &ChunkOptions,
) -> Result<Chunk> {
    let layout = raw.layout(raw.grid());
    let decoder = chunk.decoder_in(&layout, raw.registry())?;
    encode_blocks(&layout, &Decoded { decoder, blocksize: layout.blocksize }, options)
}

/// The blocks of a chunk, decoded.
struct Decoded<'a> {
    decoder: ChunkDecoder<'a>,
    blocksize: usize,
}

impl BlockSource for Decoded<'_> {
    fn read_block(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let start = block * self.blocksize;
        self.decoder.range_into(start..start + dst.len(), dst)
    }
}

/// Where the chunks of an array are once they are in a frame.
pub(super) fn slots_of(frame: &Frame, chunk_nbytes: usize) -> Result<ChunkMap<Slot>> {
    let mut nan = None;
    let mut slots = ChunkMap::default();
    for (index, entry) in frame.entries().iter().enumerate() {
        let place = match entry {
            Entry::Stored(stored) => Place::Stored(*stored),
            Entry::Special(Special::Nan) => {
                let chunk = match &nan {
                    Some(chunk) => Arc::clone(chunk),
                    None => Arc::clone(nan.insert(nan_chunk(frame, chunk_nbytes)?)),
                };
                Place::Memory(chunk)
            }
            Entry::Special(_) => continue,
        };
        slots.insert(index, place.into());
    }
    Ok(slots)
}

fn nan_chunk(frame: &Frame, nbytes: usize) -> Result<Arc<Chunk>> {
    Chunk::nan(nbytes, frame.typesize()).map(Arc::new)
}
