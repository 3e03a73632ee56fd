//! Arrays in files that change.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use super::open::array_of;
use super::options::SaveOptions;
use super::save::{save, set, slots_of, write_chunks};
use super::statistics::is_one_value;
use crate::array::{AnyArray, ChunkSource, Place, Slot};
use crate::error::Result;
use crate::frame::{Entry, Frame, OpenOptions, Verification};

/// An array in a file, to be changed there: written to, resized, appended to.
///
/// It is an [`AnyArray`] whose chunks are in the file. Those that change are in memory until
/// [`flush`](Self::flush) makes all changes the state of the file, at once: whenever the process or
/// the machine ends, the file holds the array of one flush. Changes after the last flush are lost
/// when it is dropped. Where they are too many for memory, [`stage`](Self::stage) writes them to the
/// file before they count.
///
/// One writer may have a file at a time; who reads it meanwhile goes on with the array as it was.
///
/// ```
/// use ndpress::{AnyArray, Array, ArrayFile, Options, SaveOptions};
///
/// # let folder = std::env::temp_dir().join(format!("ndpress-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let path = folder.join("frames.b2nd");
/// let frames = Array::<u16>::zeros([0, 480, 640], &Options::new().chunk_shape([8, 480, 640]))?;
/// let mut file = ArrayFile::create(&path, &frames.into(), &SaveOptions::new())?;
/// for number in 0..20 {
///     file.as_typed_mut::<u16>()?.append_slice(&[number; 480 * 640])?;
///     file.flush()?;
/// }
/// file.close()?;
///
/// let frames = ndpress::open(&path)?;
/// assert_eq!(frames.shape()[..], [20, 480, 640]);
/// assert_eq!(frames.as_typed::<u16>()?.at(&[13, 7, 7])?, 13);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), ndpress::Error>(())
/// ```
pub struct ArrayFile {
    array: AnyArray,
    frame: Frame,
}

impl ArrayFile {
    /// Saves an array and keeps the file open. What is there already is replaced, as by
    /// [`save`](AnyArray::save).
    ///
    /// Later changes are compressed as `array` is.
    ///
    /// # Errors
    /// As [`AnyArray::save`].
    pub fn create(path: impl AsRef<Path>, array: &AnyArray, options: &SaveOptions) -> Result<Self> {
        let frame = save(array.raw(), path.as_ref(), options)?;
        let mut file = Self { array: array.clone(), frame };
        let raw = file.array.raw_mut();
        raw.set_options(options.header_options(array.raw().options()));
        if !options.keeps_elements() {
            raw.forget_summaries();
        }
        file.adopt()?;
        Ok(file)
    }

    /// Opens the array in a file or folder, to change it.
    ///
    /// # Errors
    /// As [`AnyArray::open`], and [`Error::Locked`](crate::Error::Locked) when another writer has
    /// the file.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        let frame = Frame::open_for_update(path, options)?;
        let array = array_of(&frame).map_err(|error| error.in_file(Some(path)))?;
        Ok(Self { array, frame })
    }

    /// Makes all changes so far the state of the file, for good.
    ///
    /// Writes the chunks that changed, and the table of all chunks: 24 bytes each before they are
    /// compressed.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io): the file is as it was at the last flush, and the array as it
    /// is in memory; or the error is of the last step, and the changes are in the file already.
    pub fn flush(&mut self) -> Result<()> {
        let entries = self.write()?;
        set(&mut self.frame, self.array.raw(), entries)?;
        self.frame.flush()?;
        self.adopt()
    }

    /// Writes the chunks that changed to the file, without making them part of it: the memory they
    /// take is free again. The next flush makes them the state of the file. What was put in the place
    /// of the array as a whole waits for that.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn stage(&mut self) -> Result<()> {
        if !self.is_own() {
            return Ok(());
        }
        let slots = self.array.raw().slots().iter();
        let changed = slots.filter(|(_, slot)| matches!(slot.place, Place::Memory(_)));
        let changed: Vec<_> = changed.map(|(index, slot)| (index, slot.clone())).collect();
        for (index, Slot { place, summaries }) in changed {
            if let Place::Memory(chunk) = place
                && let Entry::Stored(stored) = self.frame.write(&*chunk)?
            {
                let slot = Slot { place: Place::Stored(stored), summaries };
                self.array.raw_mut().set_slot(index, slot);
            }
        }
        Ok(())
    }

    /// Whether chunks that are stored lie in the file: somebody may have put another array in the place
    /// of this one.
    fn is_own(&self) -> bool {
        let source: Arc<dyn ChunkSource> = self.frame.source().clone();
        self.array.raw().source().is_some_and(|held| Arc::ptr_eq(held, &source))
    }

    /// Writes what the file does not have, and tells where all chunks are.
    fn write(&mut self) -> Result<Vec<Entry>> {
        let (raw, is_own) = (self.array.raw(), self.is_own());
        write_chunks(&mut self.frame, raw, &SaveOptions::new(), |slot| match &slot.place {
            Place::Stored(stored) if is_own => Some(Entry::Stored(*stored)),
            _ => None,
        })
    }

    /// Takes the chunks from where they are now in the file.
    fn adopt(&mut self) -> Result<()> {
        let raw = self.array.raw_mut();
        let chunk_nbytes = raw.grid().chunk_nbytes();
        let zero = vec![0; raw.grid().itemsize()];
        let mut slots = slots_of(&self.frame, chunk_nbytes)?;
        for (index, known) in raw.slots().iter().filter(|(_, slot)| slot.summaries.is_some()) {
            // Compressed anew, it may have become that.
            let is_one_value = self.frame.entries().get(index).is_some_and(is_one_value);
            if let Some(Slot { place, .. }) = slots.get(index).filter(|_| !is_one_value).cloned() {
                slots.insert(index, Slot { place, summaries: known.summaries.clone() });
            }
        }
        raw.reset(&zero);
        raw.set_slots(Some(self.frame.source().clone()), slots);
        Ok(())
    }

    /// Bytes of the file that belong to no chunk; see [`Frame::dead_nbytes`].
    ///
    /// # Errors
    /// As [`Frame::dead_nbytes`].
    pub fn dead_nbytes(&self) -> Result<u64> {
        self.frame.dead_nbytes()
    }

    /// Flushes, and removes dead bytes; see [`Frame::compact`].
    ///
    /// # Errors
    /// As [`flush`](Self::flush) and [`Frame::compact`].
    pub fn compact(&mut self) -> Result<()> {
        self.flush()?;
        self.frame.compact()?;
        self.adopt()
    }

    /// Compares all chunks of the last flush with their checksums; see [`Frame::verify`].
    #[must_use]
    pub fn verify(&self) -> Verification {
        self.frame.verify()
    }

    /// The frame as it was at the last flush.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Flushes, and closes the file.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn close(mut self) -> Result<()> {
        self.flush()
    }
}

impl Deref for ArrayFile {
    type Target = AnyArray;

    fn deref(&self) -> &AnyArray {
        &self.array
    }
}

impl DerefMut for ArrayFile {
    fn deref_mut(&mut self) -> &mut AnyArray {
        &mut self.array
    }
}

impl fmt::Debug for ArrayFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayFile")
            .field("path", &self.frame.path())
            .field("array", &self.array)
            .finish_non_exhaustive()
    }
}
