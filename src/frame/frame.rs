//! A row of chunks, and the operations on it.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use super::checksums;
use super::header::{FrameHeader, FrameKind};
use super::index::{self, Entry, special_chunk};
use super::layers::{MAX_FIXED_LAYERS, MAX_LAYERS, check_count};
use super::options::{Access, FrameOptions, OpenOptions};
use super::read_at::{Held, ReadAt};
use super::source::{FrameSource, Place};
use super::state::{State, read_state};
use super::store::{INDEX_NAME, Memory, Replacement, Store, WriteAt, lock, open_locked};
use super::trailer;
use crate::array::{Blocks, ChunkSource, StoredChunk};
use crate::chunk::{Chunk, Special};
use crate::error::{Error, IndexKind, InvalidArgument, Result};
use crate::metadata::Metalayers;

/// Chunks of one size in a row, with metalayers: what Blosc2 calls a super-chunk, in a file
/// (*contiguous*), in a folder (*sparse*), or in memory.
///
/// Opening reads the header, the table of chunks and the trailer; a chunk is read when it is asked
/// for. Who opens a frame sees it as it was then, whatever a writer does meanwhile.
///
/// Changes count from the next [`flush`](Self::flush) on, all of them at once: whenever the process
/// or the machine ends, the file holds the state of one flush. What was not flushed is lost when a
/// frame is dropped. One writer may have a file at a time.
///
/// ```
/// use ndpress::frame::{Frame, FrameOptions, OpenOptions};
/// use ndpress::{Chunk, ChunkOptions, Registry};
///
/// # let folder = std::env::temp_dir().join(format!("ndpress-frame-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let path = folder.join("samples.b2frame");
/// let mut frame = Frame::create(&path, &FrameOptions::new().typesize(2))?;
/// for number in 0..10u16 {
///     let samples: Vec<u8> = (0..50_000).flat_map(|i| (i / 7 + number).to_le_bytes()).collect();
///     frame.append_chunk(&Chunk::encode(&samples, 2, &ChunkOptions::new())?)?;
/// }
/// frame.vlmetalayers_mut()?.insert("author", "me")?;
/// frame.flush()?;
/// drop(frame);
///
/// let frame = Frame::open(&path, &OpenOptions::new())?;
/// assert_eq!((frame.nchunks(), frame.nbytes()), (10, 1_000_000));
/// let samples = frame.chunk(3)?.decode(&Registry::default())?;
/// assert_eq!(samples[..2], 3u16.to_le_bytes());
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct Frame {
    header: FrameHeader,
    metalayers: Metalayers,
    vlmetalayers: Metalayers,
    entries: Vec<Entry>,
    source: Arc<FrameSource>,
    /// Where changes go; `None` for a frame that is only read.
    store: Option<Store>,
    options: OpenOptions,
    /// Whether there are changes since the last flush.
    is_changed: bool,
}

/// Opening and making frames.
impl Frame {
    /// A new frame in memory.
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for elements of no bytes.
    pub fn new(options: &FrameOptions) -> Result<Self> {
        let mut frame = Self::made(Arc::new(Memory::default()), None, options)?;
        frame.commit()?;
        Ok(frame)
    }

    /// A new frame at `path`, for which this process is the writer. A file that is there already
    /// is replaced, in one step; of a folder, the index.
    ///
    /// # Errors
    /// [`InvalidArgument::ItemSize`] for elements of no bytes; [`Error::Locked`] when a writer has
    /// a file of that name; [`Error::Io`].
    pub fn create(path: impl AsRef<Path>, options: &FrameOptions) -> Result<Self> {
        Self::create_with(path.as_ref(), options, |_| Ok(()))
    }

    /// A new frame at `path`, which is there when `fill` is done with it.
    pub(crate) fn create_with(
        path: &Path,
        options: &FrameOptions,
        fill: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<Self> {
        if options.kind == FrameKind::Sparse {
            return Self::create_folder(path, options, fill);
        }
        check_unlocked(path)?;
        let replacement = Replacement::new(path)?;
        lock(replacement.file(), path)?;
        let file = Arc::new(replacement.file().try_clone()?);
        let mut frame = Self::made(file, Some(path), options)?;
        fill(&mut frame)?;
        frame.commit()?;
        replacement.commit()?;
        Ok(frame)
    }

    fn create_folder(
        path: &Path,
        options: &FrameOptions,
        fill: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<Self> {
        let in_file = |error: std::io::Error| Error::from(error).in_file(Some(path));
        fs::create_dir_all(path).map_err(in_file)?;
        let lock = folder_lock(path)?;
        let folder: Arc<Path> = path.into();
        // The files of a frame that was here are part of it until the new one is complete.
        let next = first_free(path)?;
        let store = Store::Sparse { folder: folder.clone(), next, unsynced: next, lock };
        let mut frame = Self::empty(store, Place::Sparse { folder }, Some(path), options)?;
        frame.start()?;
        fill(&mut frame)?;
        frame.commit()?;
        frame.remove_dead_files()?;
        Ok(frame)
    }

    /// A new frame as bytes, filled by `fill`.
    pub(crate) fn bytes_with(
        options: &FrameOptions,
        fill: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<Vec<u8>> {
        let memory = Arc::new(Memory::default());
        let mut frame = Self::made(memory.clone(), None, options)?;
        fill(&mut frame)?;
        frame.commit()?;
        Ok(memory.take())
    }

    /// A frame of no chunks over bytes that hold nothing yet.
    pub(super) fn made(
        bytes: Arc<impl WriteAt + 'static>,
        path: Option<&Path>,
        options: &FrameOptions,
    ) -> Result<Self> {
        let store = Store::Contiguous { bytes: bytes.clone(), end: 0 };
        let place = Place::Contiguous { bytes, base: 0 };
        let mut frame = Self::empty(store, place, path, options)?;
        frame.start()?;
        Ok(frame)
    }

    fn empty(
        store: Store,
        place: Place,
        path: Option<&Path>,
        options: &FrameOptions,
    ) -> Result<Self> {
        if options.typesize == 0 {
            return Err(InvalidArgument::ItemSize { nbytes: 0 }.into());
        }
        let mut header = FrameHeader::empty(options.kind, options.typesize);
        let codec = options.chunk.codec_ref();
        (header.codec, header.clevel) = (codec.id(), codec.clevel());
        let filters = options.chunk.filters();
        let free = header.filters.len().saturating_sub(filters.len());
        for (slot, filter) in header.filters[free..].iter_mut().zip(filters) {
            *slot = (filter.id().as_u8(), filter.meta(options.typesize.min(255)));
        }
        let open = OpenOptions::new();
        let source = FrameSource {
            place,
            path: path.map(Arc::from),
            checksums: open.checksums,
            limits: open.limits,
        };
        Ok(Self {
            header,
            metalayers: options.metalayers.clone(),
            vlmetalayers: Metalayers::new(),
            entries: Vec::new(),
            source: Arc::new(source),
            store: Some(store),
            options: open,
            is_changed: true,
        })
    }

    /// Makes room for the header, behind which chunks count from.
    fn start(&mut self) -> Result<()> {
        let header = self.header.write(&self.metalayers, 0);
        if let Some(Store::Contiguous { end, .. }) = &mut self.store {
            *end = header.len() as u64;
        }
        let source = Arc::make_mut(&mut self.source);
        if let Place::Contiguous { base, .. } = &mut source.place {
            *base = header.len() as u64;
        }
        Ok(())
    }

    /// Opens the frame in a file or folder, to read it.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Unsupported::Format`](crate::Unsupported::Format) for a file that is no
    /// frame; [`Error::Corrupt`], [`Error::Truncated`], [`Error::LimitExceeded`].
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let index = path.join(INDEX_NAME);
            let index =
                File::open(&index).map_err(|error| Error::from(error).in_file(Some(&index)))?;
            return Self::opened(Arc::new(index), Some(path), options);
        }
        Self::opened(open_bytes(path, options)?, Some(path), options)
    }

    /// Opens the frame in a file or folder, to change it. Nobody else can, until it is dropped.
    ///
    /// What a writer left that did not come to its end is put right: bytes that belong to no state
    /// are removed.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Error::Locked`] when another writer has the file.
    pub fn open_for_update(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let lock = folder_lock(path)?;
            let mut frame = Self::open(path, options)?;
            let next = first_free(path)?;
            let folder: Arc<Path> = path.into();
            frame.store = Some(Store::Sparse { folder, next, unsynced: next, lock });
            return Ok(frame);
        }
        let file = Arc::new(open_locked(path)?);
        let state = read_state(&(file.clone() as Arc<dyn ReadAt>), Some(path), &options.limits)?;
        let repair = || -> Result<()> {
            if let Some(header) = &state.repair {
                WriteAt::write_all_at(&*file, header, 0)?;
                file.sync()?;
            }
            if file.nbytes()? > state.header.frame_len {
                file.set_nbytes(state.header.frame_len)?;
            }
            Ok(())
        };
        repair().map_err(|error| error.in_file(Some(path)))?;
        let end = state.header.frame_len;
        let mut frame = Self::of_state(state, file.clone(), Some(path), options)?;
        frame.store = Some(Store::Contiguous { bytes: file, end });
        Ok(frame)
    }

    /// Opens a frame that is in memory, to read it. Its chunks stay where they are.
    ///
    /// ```
    /// use ndpress::frame::{Frame, FrameOptions, OpenOptions};
    /// use ndpress::{Chunk, ChunkOptions};
    ///
    /// let mut frame = Frame::new(&FrameOptions::new())?;
    /// frame.append_chunk(&Chunk::encode(&[7; 1000], 1, &ChunkOptions::new())?)?;
    /// let bytes = frame.to_bytes()?;
    /// assert_eq!(Frame::from_bytes(bytes, &OpenOptions::new())?.nbytes(), 1000);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        options: &OpenOptions,
    ) -> Result<Self> {
        Self::from_source(Arc::new(Held(bytes)), options)
    }

    /// Opens a frame in bytes that lie anywhere, to read it: an object in a store, say. See
    /// [`ReadAt`] for an example.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_source(source: Arc<dyn ReadAt>, options: &OpenOptions) -> Result<Self> {
        Self::opened(source, None, options)
    }

    /// Opens a frame inside of a file, which errors name.
    pub(crate) fn opened(
        bytes: Arc<dyn ReadAt>,
        path: Option<&Path>,
        options: &OpenOptions,
    ) -> Result<Self> {
        let state = read_state(&bytes, path, &options.limits)?;
        Self::of_state(state, bytes, path, options)
    }

    fn of_state(
        state: State,
        bytes: Arc<dyn ReadAt>,
        path: Option<&Path>,
        options: &OpenOptions,
    ) -> Result<Self> {
        let State { header, metalayers, vlmetalayers, entries, repair: _ } = state;
        let place = match (header.kind, path) {
            (FrameKind::Contiguous, _) => {
                Place::Contiguous { bytes, base: header.header_len as u64 }
            }
            (FrameKind::Sparse, Some(path)) if path.is_dir() => {
                Place::Sparse { folder: path.into() }
            }
            // The index alone, whose chunks are elsewhere.
            (FrameKind::Sparse, _) => {
                let (field, rule) = ("frame_type", "a sparse frame is opened by its folder");
                return Err(super::wire::invalid(field, 1, rule).in_file(path));
            }
        };
        let source = FrameSource {
            place,
            path: path.map(Arc::from),
            checksums: options.checksums,
            limits: options.limits,
        };
        Ok(Self {
            header,
            metalayers,
            vlmetalayers,
            entries,
            source: Arc::new(source),
            store: None,
            options: options.clone(),
            is_changed: false,
        })
    }
}

/// What a frame says of itself.
impl Frame {
    /// Number of chunks.
    #[must_use]
    pub fn nchunks(&self) -> usize {
        self.entries.len()
    }

    /// Uncompressed bytes of all chunks.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.header.nbytes
    }

    /// Bytes that the chunks take, with what is dead between them.
    #[must_use]
    pub fn cbytes(&self) -> u64 {
        match &self.store {
            // What was appended since the last flush lies behind its trailer.
            Some(Store::Contiguous { end, .. }) => {
                self.header.cbytes + (*end - self.header.frame_len)
            }
            _ => self.header.cbytes,
        }
    }

    /// Bytes of an element.
    #[must_use]
    pub fn typesize(&self) -> usize {
        self.header.typesize
    }

    /// Uncompressed bytes of each chunk but the last, which may have fewer; 0 if they vary, and
    /// before there is one.
    #[must_use]
    pub fn chunksize(&self) -> usize {
        self.header.chunksize
    }

    /// Uncompressed bytes of a block; 0 if they vary.
    #[must_use]
    pub fn blocksize(&self) -> usize {
        self.header.blocksize
    }

    /// How the chunks are kept.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        self.header.kind
    }

    /// The file or folder, for a frame that is in one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.source.path.as_deref()
    }

    /// The metalayers of the header, which do not change.
    #[must_use]
    pub fn metalayers(&self) -> &Metalayers {
        &self.metalayers
    }

    /// The variable-length metalayers of the trailer.
    #[must_use]
    pub fn vlmetalayers(&self) -> &Metalayers {
        &self.vlmetalayers
    }

    /// The variable-length metalayers, to change.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`].
    pub fn vlmetalayers_mut(&mut self) -> Result<&mut Metalayers> {
        self.check_writable()?;
        self.is_changed = true;
        Ok(&mut self.vlmetalayers)
    }

    /// A chunk. Reads it, unless the frame is in memory; checks it, unless the options say not to.
    ///
    /// # Errors
    /// [`InvalidArgument::IndexOutOfBounds`]; [`Error::Io`]; [`Error::Corrupt`] naming the file, the
    /// chunk and its place. All other chunks can be read nevertheless.
    pub fn chunk(&self, index: usize) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.load(index, Blocks::All)
    }

    /// A chunk of which at least these blocks can be decoded: what lies between is not read.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub fn blocks(&self, index: usize, blocks: &[usize]) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.load(index, Blocks::Only(blocks))
    }

    fn load(&self, index: usize, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.check_index(index, self.nchunks())?;
        let chunk = match &self.entries[index] {
            Entry::Stored(stored) => self.source.load(stored, blocks),
            Entry::Special(special) => self.special(*special, index),
        };
        chunk.map_err(|error| error.in_chunk(index))
    }

    /// A chunk that is only an entry.
    fn special(&self, special: Special, index: usize) -> Result<Chunk<Cow<'_, [u8]>>> {
        let nbytes = self.chunk_nbytes(index)?;
        self.options.limits.check_chunk(nbytes)?;
        Ok(special_chunk(special, nbytes, self.typesize())?.map_bytes(Cow::Owned))
    }

    /// Uncompressed bytes of a chunk that exists.
    fn chunk_nbytes(&self, index: usize) -> Result<usize> {
        match (self.header.chunksize, &self.entries[index]) {
            (0, Entry::Stored(stored)) => Ok(self.source.load(stored, Blocks::All)?.nbytes()),
            // Where lengths vary, nobody says what this one is.
            (0, Entry::Special(_)) => Ok(0),
            (chunksize, _) => {
                let start = index as u64 * chunksize as u64;
                Ok((self.header.nbytes - start).min(chunksize as u64) as usize)
            }
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn header(&self) -> &FrameHeader {
        &self.header
    }

    pub(crate) fn source(&self) -> &Arc<FrameSource> {
        &self.source
    }

    pub(crate) fn options(&self) -> &OpenOptions {
        &self.options
    }

    fn check_index(&self, index: usize, len: usize) -> Result<()> {
        if index >= len {
            let what = IndexKind::Chunk;
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        Ok(())
    }

    fn check_writable(&self) -> Result<()> {
        match &self.store {
            Some(_) => Ok(()),
            None => Err(InvalidArgument::ReadOnly.into()),
        }
    }
}

/// Changes.
impl Frame {
    /// Adds a chunk at the end, as it is. Takes the same time however many there are.
    ///
    /// The first chunk says how large the others have to be.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`]; [`InvalidArgument::ChunkNbytes`] for a longer chunk than the
    /// others, and behind one that is shorter; [`Error::Io`]. The frame is then as it was.
    pub fn append_chunk<B: AsRef<[u8]>>(&mut self, chunk: &Chunk<B>) -> Result<()> {
        self.insert_chunk(self.nchunks(), chunk)
    }

    /// Puts a chunk before another one, as it is.
    ///
    /// # Errors
    /// As [`append_chunk`](Self::append_chunk), and [`InvalidArgument::IndexOutOfBounds`].
    pub fn insert_chunk<B: AsRef<[u8]>>(&mut self, index: usize, chunk: &Chunk<B>) -> Result<()> {
        self.check_writable()?;
        self.check_index(index, self.nchunks() + 1)?;
        self.check_insertion(index, chunk.nbytes())?;
        let entry = self.write(chunk)?;
        if self.entries.is_empty() {
            self.header.chunksize = chunk.nbytes();
            self.header.blocksize = chunk.blocksize();
        }
        self.entries.insert(index, entry);
        self.header.nbytes += chunk.nbytes() as u64;
        Ok(())
    }

    fn check_insertion(&self, index: usize, found: usize) -> Result<()> {
        let (chunksize, found) = (self.header.chunksize as u64, found as u64);
        if self.entries.is_empty() {
            return if found > 0 { Ok(()) } else { Err(wrong_nbytes(1, found)) };
        }
        if chunksize == 0 {
            return Ok(());
        }
        let is_at_end = index == self.nchunks();
        let has_short_last = !self.header.nbytes.is_multiple_of(chunksize);
        let fits = match is_at_end {
            true => (1..=chunksize).contains(&found) && !has_short_last,
            false => found == chunksize,
        };
        if fits { Ok(()) } else { Err(wrong_nbytes(chunksize, found)) }
    }

    /// Puts a chunk in the place of another, as it is. The bytes of the old one are dead until the
    /// frame is [compacted](Self::compact).
    ///
    /// # Errors
    /// As [`append_chunk`](Self::append_chunk), and [`InvalidArgument::IndexOutOfBounds`].
    pub fn update_chunk<B: AsRef<[u8]>>(&mut self, index: usize, chunk: &Chunk<B>) -> Result<()> {
        self.check_writable()?;
        self.check_index(index, self.nchunks())?;
        let (chunksize, found) = (self.header.chunksize as u64, chunk.nbytes() as u64);
        let old = self.chunk_nbytes(index)? as u64;
        let is_last = index + 1 == self.nchunks();
        let fits = match is_last {
            true => chunksize == 0 || (1..=chunksize).contains(&found),
            false => chunksize == 0 || found == chunksize,
        };
        if !fits {
            return Err(wrong_nbytes(chunksize, found));
        }
        self.entries[index] = self.write(chunk)?;
        self.header.nbytes = self.header.nbytes - old + found;
        Ok(())
    }

    /// Removes a chunk.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`], [`InvalidArgument::IndexOutOfBounds`].
    pub fn delete_chunk(&mut self, index: usize) -> Result<()> {
        self.check_writable()?;
        self.check_index(index, self.nchunks())?;
        self.header.nbytes -= self.chunk_nbytes(index)? as u64;
        self.entries.remove(index);
        self.is_changed = true;
        Ok(())
    }

    /// Puts the chunks in another order: the first one will be that which was `order[0]`.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`]; [`InvalidArgument::ChunkOrder`] when not each chunk is named
    /// once; [`InvalidArgument::ChunkNbytes`] when one that is shorter than the others would not be
    /// the last.
    pub fn reorder(&mut self, order: &[usize]) -> Result<()> {
        self.check_writable()?;
        let mut is_named = vec![false; self.nchunks()];
        for &index in order {
            match is_named.get_mut(index) {
                Some(is_named) if !*is_named => *is_named = true,
                _ => return Err(InvalidArgument::ChunkOrder.into()),
            }
        }
        if order.len() != self.nchunks() {
            return Err(InvalidArgument::ChunkOrder.into());
        }
        let chunksize = self.header.chunksize as u64;
        let has_short_last = chunksize > 0 && !self.header.nbytes.is_multiple_of(chunksize);
        if has_short_last && order.last() != Some(&(self.nchunks() - 1)) {
            return Err(wrong_nbytes(chunksize, self.header.nbytes % chunksize));
        }
        self.entries = order.iter().map(|&index| self.entries[index]).collect();
        self.is_changed = true;
        Ok(())
    }

    /// Sets what the chunks are: of an array that changes as a whole.
    pub(crate) fn set_chunks(
        &mut self,
        entries: Vec<Entry>,
        sizes: ChunkSizes,
        metalayers: Metalayers,
    ) -> Result<()> {
        self.check_writable()?;
        let ChunkSizes { typesize, chunksize, blocksize } = sizes;
        let nbytes = entries.len() as u64 * chunksize as u64;
        self.header = FrameHeader { typesize, chunksize, blocksize, nbytes, ..self.header };
        (self.entries, self.metalayers) = (entries, metalayers);
        self.is_changed = true;
        Ok(())
    }

    /// Writes a chunk without making it part of the frame.
    pub(crate) fn write<B: AsRef<[u8]>>(&mut self, chunk: &Chunk<B>) -> Result<Entry> {
        match chunk.special() {
            // For these an entry is enough; repeated values have no such entry.
            Some(special) if self.has_entry(special) => {
                self.is_changed = true;
                return Ok(Entry::Special(special));
            }
            _ => {}
        }
        let (digest, hashes) = chunk.digest();
        self.write_hashed(chunk.as_bytes(), &hashes).map(|id| {
            let stored = StoredChunk::new(id, chunk.cbytes() as u32);
            Entry::Stored(stored.with_digest(Some(digest)))
        })
    }

    /// Whether chunks of this kind need no place.
    fn has_entry(&self, special: Special) -> bool {
        let is_kind = match special {
            Special::Repeat => false,
            Special::Nan => matches!(self.header.typesize, 4 | 8),
            Special::Zeros | Special::Uninit => true,
        };
        // Where lengths vary, that of this one has to be somewhere.
        is_kind && (self.entries.is_empty() || self.header.chunksize != 0)
    }

    fn write_hashed(&mut self, bytes: &[u8], hashes: &[u8]) -> Result<u64> {
        let base = self.header.header_len as u64;
        let Some(store) = &mut self.store else { return Err(InvalidArgument::ReadOnly.into()) };
        self.is_changed = true;
        let path = self.source.path.as_deref();
        store.append(bytes, hashes, base).map_err(|error| error.in_file(path))
    }

    /// Makes all changes so far the state of the file, for good. Nothing is written without any.
    ///
    /// Writes the table of chunks and the checksums, 24 bytes a chunk before they are compressed,
    /// behind those of the last flush: after every chunk it would be dear.
    ///
    /// # Errors
    /// [`InvalidArgument::ReadOnly`]; [`InvalidArgument::TooManyMetalayers`], and
    /// [`InvalidArgument::MetalayerName`] for one of the name `ndpress`; [`Error::Io`]: the file is
    /// as it was at the last flush, unless the error is of the last step, when it holds the changes
    /// already.
    pub fn flush(&mut self) -> Result<()> {
        self.check_writable()?;
        if self.is_changed { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<()> {
        let mut header = self.header.clone();
        self.add_digests()?;
        let vlmetalayers = checksums::add(&self.vlmetalayers, &self.entries)?;
        check_count(&vlmetalayers, MAX_LAYERS)?;
        check_count(&self.metalayers, MAX_FIXED_LAYERS)?;
        let index = index::write(&self.entries)?;
        let mut trailer = trailer::write(&vlmetalayers)?;
        let parts_len = (index.len() + trailer.len()) as u64;
        let header_len = header.write(&self.metalayers, vlmetalayers.len()).len();
        if header.kind == FrameKind::Contiguous && header_len != self.header.header_len {
            // Chunks count from the end of the header: the frame is written anew.
            return self.compact_now();
        }
        match &self.store {
            Some(Store::Contiguous { end, .. }) => {
                header.cbytes = *end - header_len as u64;
                header.frame_len = *end + parts_len;
            }
            _ => {
                header.cbytes = self.sparse_cbytes()?;
                header.frame_len = header_len as u64 + parts_len;
            }
        }
        let raw = header.write(&self.metalayers, vlmetalayers.len());
        let is_moved = header.kind == FrameKind::Contiguous
            && self.header.header_len != 0
            && self.header.header_len != header_len;
        if is_moved {
            return Err(super::wire::invalid(
                "header_len",
                header_len,
                "chunks count from its end",
            ));
        }
        trailer::seal(&raw, &index, &mut trailer);
        let Some(store) = &mut self.store else { return Err(InvalidArgument::ReadOnly.into()) };
        let path = self.source.path.as_deref();
        store.commit(&raw, &index, &trailer).map_err(|error| error.in_file(path))?;
        self.header = header;
        self.is_changed = false;
        Ok(())
    }

    /// What C-Blosc2 compares the numbers of files with, besides the sizes of all of them.
    fn sparse_cbytes(&self) -> Result<u64> {
        let (mut cbytes, mut highest) = (0, 0);
        for stored in self.entries.iter().filter_map(Entry::stored) {
            cbytes += self.source.cbytes(stored)? as u64;
            highest = highest.max(stored.id() + 32);
        }
        Ok(cbytes.max(highest))
    }

    /// Hashes the chunks that another program has written.
    fn add_digests(&mut self) -> Result<()> {
        for index in 0..self.entries.len() {
            let Some(stored) = self.entries[index].stored().copied() else { continue };
            if stored.digest().is_some() {
                continue;
            }
            let chunk = self.source.load(&stored, Blocks::All);
            let chunk = chunk.map_err(|error| error.in_chunk(index))?;
            // Its hashes have no place beside it: it is one part, which is read as a whole.
            let digest = crate::chunk::ChunkDigest::new(chunk.as_bytes(), &[]);
            let stored = StoredChunk::new(stored.id(), chunk.cbytes() as u32);
            self.entries[index] = Entry::Stored(stored.with_digest(Some(digest)));
        }
        Ok(())
    }

    /// The frame as bytes: those of a contiguous frame's file, or what they would be. Changes that
    /// were not flushed are part of it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Corrupt`] for a chunk that cannot be read; [`Error::OutOfMemory`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let memory = Arc::new(Memory::default());
        self.copied_to(memory.clone(), None)?.commit()?;
        Ok(memory.take())
    }

    /// A contiguous frame with the same chunks and metalayers, without dead bytes. Not flushed.
    pub(super) fn copied_to(
        &self,
        bytes: Arc<impl WriteAt + 'static>,
        path: Option<&Path>,
    ) -> Result<Self> {
        let options =
            FrameOptions::new().typesize(self.header.typesize).metalayers(self.metalayers.clone());
        let mut copy = Self::made(bytes, path, &options)?;
        copy.copy_from(self)?;
        Ok(copy)
    }

    /// Takes over chunks and everything else.
    pub(super) fn copy_from(&mut self, other: &Self) -> Result<()> {
        let FrameHeader { codec, clevel, codec_meta, filters, .. } = other.header;
        let FrameHeader { nbytes, chunksize, blocksize, .. } = other.header;
        let (kind, header_len) = (self.header.kind, self.header.header_len);
        self.header = FrameHeader {
            kind,
            header_len,
            nbytes,
            chunksize,
            blocksize,
            codec,
            clevel,
            codec_meta,
            filters,
            ..FrameHeader::empty(kind, other.header.typesize)
        };
        self.entries.clear();
        for index in 0..other.nchunks() {
            let entry = match &other.entries[index] {
                Entry::Special(special) => Entry::Special(*special),
                Entry::Stored(_) => self.write(&other.chunk(index)?)?,
            };
            self.entries.push(entry);
        }
        self.vlmetalayers = other.vlmetalayers.clone();
        self.is_changed = true;
        Ok(())
    }

    pub(super) fn store_mut(&mut self) -> Option<&mut Store> {
        self.store.as_mut()
    }

    /// Goes on in another file.
    pub(super) fn replace_place(&mut self, other: Self) {
        *self = Self { options: self.options.clone(), ..other };
    }
}

/// Uncompressed bytes of an element, a chunk and a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkSizes {
    pub(crate) typesize: usize,
    pub(crate) chunksize: usize,
    pub(crate) blocksize: usize,
}

fn wrong_nbytes(expected: u64, found: u64) -> Error {
    InvalidArgument::ChunkNbytes { expected, found }.into()
}

/// The bytes of a file, read as the options say.
pub(crate) fn open_bytes(path: &Path, options: &OpenOptions) -> Result<Arc<dyn ReadAt>> {
    let in_file = |error: std::io::Error| Error::from(error).in_file(Some(path));
    let file = File::open(path).map_err(in_file)?;
    Ok(match options.access {
        Access::Read => Arc::new(file),
        #[cfg(feature = "mmap")]
        Access::MemoryMap => Arc::new(super::read_at::Mapped::new(file).map_err(in_file)?),
    })
}

/// Checks that no writer has the file that is about to be replaced, if there is one.
pub(crate) fn check_unlocked(path: &Path) -> Result<()> {
    match File::options().read(true).write(true).open(path) {
        // The lock ends with the file.
        Ok(file) => lock(&file, path),
        Err(_) => Ok(()),
    }
}

/// The name of the file whose lock is that of a folder.
const FOLDER_LOCK: &str = ".ndpress.lock";

/// Takes the writer's lock of a folder.
fn folder_lock(folder: &Path) -> Result<File> {
    let path = folder.join(FOLDER_LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| Error::from(error).in_file(Some(&path)))?;
    lock(&file, folder)?;
    Ok(file)
}

/// The lowest number above those of all chunk files of a folder.
fn first_free(folder: &Path) -> Result<u64> {
    let mut first_free = 0;
    for id in super::compact::chunk_ids(folder)? {
        first_free = first_free.max(id + 1);
    }
    Ok(first_free)
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("path", &self.path())
            .field("kind", &self.kind())
            .field("nchunks", &self.nchunks())
            .field("nbytes", &self.nbytes())
            .field("cbytes", &self.cbytes())
            .field("typesize", &self.typesize())
            .field("chunksize", &self.chunksize())
            .field("metalayers", &self.metalayers)
            .field("vlmetalayers", &self.vlmetalayers)
            .finish_non_exhaustive()
    }
}
