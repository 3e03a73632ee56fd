//! What of a pooled value is in its file.
//!
//! A chunk is written once: for each chunk in memory that the file has, there is a weak reference
//! with its place. As long as there is one, no other chunk can have its address. What came back from
//! the file and did not change is spilled again by forgetting it.
//!
//! Files only grow. When more of one is dead than alive, the next spill begins another.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::ptr;
use std::sync::{Arc, Weak};

use super::folder::Folder;
use super::poolable::Held;
use super::source::{ScratchFile, ScratchSource};
use crate::array::{Blocks, ChunkMap, ChunkSource, Place, RawArray, Slot, StoredChunk};
use crate::chunk::{Chunk, Special};
use crate::error::Result;
use crate::frame::{Entry, Frame};

/// Chunks of one value that are no longer than this stay in memory: a place in a file costs as much.
const SMALL_NBYTES: usize = 512;
/// Dead bytes that are not worth a new file.
const MAX_DEAD_NBYTES: u64 = 1 << 20;

/// Compressed bytes of a value's chunks, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    /// In memory, which spilling frees.
    pub(super) memory: usize,
    /// In the value's file, which come back.
    pub(super) spilled: usize,
}

/// The file of one value, once it has one.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: Arc<Folder>,
    writer: Option<Writer>,
    /// What spilled arrays read from, as long as some do.
    sources: Vec<Weak<ScratchSource>>,
}

/// A file, and what it calls a chunk.
type PlaceInFile = (Option<NonZeroU32>, u64);

/// Where a chunk is, as far as a pool cares.
enum Residence<'a> {
    Memory(&'a Arc<Chunk>),
    Spilled(StoredChunk),
    /// In another source, or in memory for good.
    Elsewhere,
}

/// The chunks of an array, and what reads those that were spilled.
struct Places<'a> {
    raw: &'a RawArray,
    source: Option<Arc<ScratchSource>>,
}

impl<'a> Places<'a> {
    fn of(&self, slot: &'a Slot) -> Residence<'a> {
        match (&slot.place, &self.source) {
            (Place::Memory(chunk), _) if stays(chunk) => Residence::Elsewhere,
            (Place::Memory(chunk), _) => Residence::Memory(chunk),
            (Place::Stored(stored), Some(own)) if own.file.has(stored) => {
                Residence::Spilled(*stored)
            }
            (Place::Stored(_), _) => Residence::Elsewhere,
        }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, Residence<'a>)> {
        self.raw.slots().iter().map(|(index, slot)| (index, self.of(slot)))
    }

    /// Where chunks are that are neither in memory nor in a scratch file of the value's.
    fn other(&self) -> Option<Arc<dyn ChunkSource>> {
        let is_other = |slot: &Slot| {
            matches!(slot.place, Place::Stored(_)) && matches!(self.of(slot), Residence::Elsewhere)
        };
        if !self.raw.slots().values().any(is_other) {
            return None;
        }
        match &self.source {
            Some(own) => own.other.clone(),
            None => self.raw.source().cloned(),
        }
    }
}

/// Whether a chunk is one value that stays in memory. Some kinds a frame has no place for.
fn stays(chunk: &Chunk) -> bool {
    match chunk.special() {
        None => false,
        Some(Special::Repeat) => chunk.cbytes() <= SMALL_NBYTES,
        Some(_) => true,
    }
}

/// Says where a chunk is now. What is known of it stays.
fn move_to(slots: &mut ChunkMap<Slot>, index: usize, place: Place) {
    if let Some(slot) = slots.get(index).cloned() {
        slots.insert(index, Slot { place, ..slot });
    }
}

fn address(chunk: &Arc<Chunk>) -> usize {
    Arc::as_ptr(chunk).addr()
}

/// What a chunk takes of a file, with the hashes before it.
fn nbytes_in_file(stored: &StoredChunk) -> u64 {
    (stored.cbytes() + stored.digest().map_or(0, |digest| digest.hashes_nbytes())) as u64
}

impl Scratch {
    pub(super) fn new(folder: Arc<Folder>) -> Self {
        Self { folder, writer: None, sources: Vec::new() }
    }

    /// Bytes of the file.
    pub(super) fn nbytes(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.frame.cbytes())
    }

    fn places<'a>(&self, raw: &'a RawArray) -> Places<'a> {
        let source = raw.source().and_then(|source| {
            let mut known = self.sources.iter().filter_map(Weak::upgrade);
            known.find(|known| ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(source)))
        });
        Places { raw, source }
    }

    /// What a value takes here and there.
    pub(super) fn sizes(&self, held: &dyn Held) -> Sizes {
        let (mut sizes, mut here, mut there) = (Sizes::default(), HashSet::new(), HashSet::new());
        for raw in held.arrays() {
            for (_, place) in self.places(raw).iter() {
                match place {
                    Residence::Memory(chunk) if here.insert(address(chunk)) => {
                        sizes.memory += chunk.cbytes();
                    }
                    Residence::Spilled(stored) if there.insert((stored.file(), stored.id())) => {
                        sizes.spilled += stored.cbytes();
                    }
                    _ => {}
                }
            }
        }
        sizes
    }

    /// The value with all its chunks in the file. After an error the value is as usable as before,
    /// and what was written is not written again.
    pub(super) fn spill(&mut self, held: &dyn Held) -> Result<Arc<dyn Held>> {
        if let Some(writer) = &self.writer
            && self.is_mostly_dead(writer, held)
            && let Ok(mut fresh) = Writer::create(&self.folder)
            && let Ok(spilled) = self.spill_to(&mut fresh, held)
        {
            self.writer = Some(fresh);
            return Ok(spilled);
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::create(&self.folder)?,
        };
        let spilled = self.spill_to(&mut writer, held);
        self.writer = Some(writer);
        spilled
    }

    /// Whether a file, with what is to be written to it, would hold more that is dead than not.
    fn is_mostly_dead(&self, writer: &Writer, held: &dyn Held) -> bool {
        let (mut live, mut end) = (0, writer.frame.cbytes());
        for raw in held.arrays() {
            for (_, place) in self.places(raw).iter() {
                let (nbytes, is_there) = match place {
                    Residence::Memory(chunk) => match writer.chunks.get(&address(chunk)) {
                        Some((_, stored)) => (nbytes_in_file(stored), true),
                        None => (chunk.cbytes() as u64, false),
                    },
                    Residence::Spilled(stored) => {
                        (nbytes_in_file(&stored), writer.file.has(&stored))
                    }
                    Residence::Elsewhere => continue,
                };
                live += nbytes;
                end += if is_there { 0 } else { nbytes };
            }
        }
        end > live.saturating_mul(2).saturating_add(MAX_DEAD_NBYTES)
    }

    fn spill_to(&mut self, writer: &mut Writer, held: &dyn Held) -> Result<Arc<dyn Held>> {
        let mut next = held.copy();
        let mut moved = HashMap::new();
        for raw in next.arrays_mut() {
            let places = self.places(raw);
            let mut slots = raw.slots().clone();
            for (index, place) in places.iter() {
                let stored = match (place, &places.source) {
                    (Residence::Memory(chunk), _) => writer.put(chunk)?,
                    (Residence::Spilled(stored), Some(source)) if !writer.file.has(&stored) => {
                        match moved.get(&(stored.file(), stored.id())) {
                            Some(moved) => *moved,
                            None => {
                                let copy = writer.write(&source.load(&stored, Blocks::All)?)?;
                                *moved.entry((stored.file(), stored.id())).or_insert(copy)
                            }
                        }
                    }
                    _ => continue,
                };
                move_to(&mut slots, index, Place::Stored(stored));
            }
            let other = places.other();
            let source = self.source(&writer.file, other);
            raw.set_slots(Some(source), slots);
        }
        writer.retain(&*next);
        Ok(next.into())
    }

    /// What reads from a file and another source: the same as last time, if they are the same.
    fn source(
        &mut self,
        file: &Arc<ScratchFile>,
        other: Option<Arc<dyn ChunkSource>>,
    ) -> Arc<ScratchSource> {
        self.sources.retain(|known| known.strong_count() > 0);
        let is_same = |known: &Arc<ScratchSource>| {
            let is_same_other = match (&known.other, &other) {
                (Some(known), Some(other)) => Arc::ptr_eq(known, other),
                (None, None) => true,
                _ => false,
            };
            Arc::ptr_eq(&known.file, file) && is_same_other
        };
        let known = self.sources.iter().filter_map(Weak::upgrade).find(is_same);
        known.unwrap_or_else(|| {
            let source = Arc::new(ScratchSource { file: Arc::clone(file), other });
            self.sources.push(Arc::downgrade(&source));
            source
        })
    }

    /// The value with its chunks in memory. They are read as they are compressed, and only those
    /// that nobody has in memory.
    pub(super) fn load(&mut self, held: &dyn Held) -> Result<Arc<dyn Held>> {
        let mut next = held.copy();
        let mut loaded = self.writer.as_ref().map(Writer::alive).unwrap_or_default();
        for raw in next.arrays_mut() {
            let places = self.places(raw);
            let Some(source) = &places.source else { continue };
            let mut slots = raw.slots().clone();
            for (index, place) in places.iter() {
                let Residence::Spilled(stored) = place else { continue };
                let key = (stored.file(), stored.id());
                let chunk = match loaded.get(&key) {
                    Some(chunk) => Arc::clone(chunk),
                    None => {
                        let chunk: Chunk = source.load(&stored, Blocks::All)?.into();
                        Arc::clone(loaded.entry(key).or_insert(Arc::new(chunk)))
                    }
                };
                if let Some(writer) = &mut self.writer {
                    writer.remember(&chunk, stored);
                }
                move_to(&mut slots, index, Place::Memory(chunk));
            }
            let other = places.other();
            raw.set_slots(other, slots);
        }
        Ok(next.into())
    }
}

/// A scratch file that is written to.
#[derive(Debug)]
struct Writer {
    frame: Frame,
    file: Arc<ScratchFile>,
    /// Chunks in memory that the file has, by address.
    chunks: HashMap<usize, (Weak<Chunk>, StoredChunk)>,
}

impl Writer {
    fn create(folder: &Arc<Folder>) -> Result<Self> {
        let (file, frame) = ScratchFile::create(folder)?;
        Ok(Self { frame, file, chunks: HashMap::new() })
    }

    /// Writes a chunk, unless it is there.
    fn put(&mut self, chunk: &Arc<Chunk>) -> Result<StoredChunk> {
        if let Some((_, stored)) = self.chunks.get(&address(chunk)) {
            return Ok(*stored);
        }
        let stored = self.write(&**chunk)?;
        self.remember(chunk, stored);
        Ok(stored)
    }

    fn write<B: AsRef<[u8]>>(&mut self, chunk: &Chunk<B>) -> Result<StoredChunk> {
        match self.frame.write(chunk)? {
            Entry::Stored(stored) => Ok(self.file.chunk(stored)),
            Entry::Special(_) => {
                unreachable!("chunks that a frame has no place for stay in memory")
            }
        }
    }

    fn remember(&mut self, chunk: &Arc<Chunk>, stored: StoredChunk) {
        if self.file.has(&stored) {
            self.chunks.insert(address(chunk), (Arc::downgrade(chunk), stored));
        }
    }

    /// Chunks of the file that somebody has in memory.
    fn alive(&self) -> HashMap<PlaceInFile, Arc<Chunk>> {
        let alive = |(weak, stored): &(Weak<Chunk>, StoredChunk)| {
            Some(((stored.file(), stored.id()), weak.upgrade()?))
        };
        self.chunks.values().filter_map(alive).collect()
    }

    /// Forgets chunks that a value does not have any more.
    fn retain(&mut self, held: &dyn Held) {
        let mut ids = HashSet::new();
        for raw in held.arrays() {
            ids.extend(raw.slots().values().filter_map(|slot| match &slot.place {
                Place::Stored(stored) if self.file.has(stored) => Some(stored.id()),
                _ => None,
            }));
        }
        self.chunks
            .retain(|_, (weak, stored)| weak.strong_count() > 0 && ids.contains(&stored.id()));
    }
}

#[cfg(test)]
mod tests;
