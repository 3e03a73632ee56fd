//! Making frames and opening them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use super::frame::Frame;
use super::header::{FrameHeader, FrameKind};
use super::options::{Access, FrameOptions, OpenOptions};
use super::read_at::{Held, ReadAt};
use super::source::{FrameSource, Place};
use super::state::{State, read_state};
use super::store::{INDEX_NAME, Memory, Replacement, Store, WriteAt, lock, open_locked};
use crate::error::{Error, InvalidArgument, Result};
use crate::limits::Limits;
use crate::metadata::Metalayers;

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

    /// A frame over an empty file of the caller's, for chunks that this process alone reads again:
    /// nothing tells where they are but what [`write`](Self::write) returns, and nothing is synced.
    pub(crate) fn scratch(file: File, path: &Path) -> Result<Self> {
        let mut frame = Self::made(Arc::new(file), Some(path), &FrameOptions::new())?;
        // What was in memory may come back, however large.
        Arc::make_mut(&mut frame.source).limits = Limits::none();
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
