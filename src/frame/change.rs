//! Changing frames.

use std::path::Path;
use std::sync::Arc;

use super::checksums;
use super::frame::Frame;
use super::header::{FrameHeader, FrameKind};
use super::index::{self, Entry};
use super::layers::{MAX_FIXED_LAYERS, MAX_LAYERS, check_count};
use super::options::FrameOptions;
use super::source::FrameSource;
use super::store::{Memory, Store, WriteAt};
use super::trailer;
use crate::array::StoredChunk;
use crate::chunk::{Chunk, Special};
use crate::error::{Error, InvalidArgument, Result};
use crate::metadata::Metalayers;

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

    pub(super) fn commit(&mut self) -> Result<()> {
        let mut header = self.header.clone();
        let vlmetalayers = checksums::add(&self.vlmetalayers, &self.entries)?;
        check_count(&vlmetalayers, MAX_LAYERS)?;
        check_count(&self.metalayers, MAX_FIXED_LAYERS)?;
        let index = index::write(&self.entries)?;
        let mut trailer = trailer::write(&vlmetalayers)?;
        let parts_len = (index.len() + trailer.len()) as u64;
        let header_len = header.write(&self.metalayers, vlmetalayers.len()).len();
        if header.kind == FrameKind::Contiguous && self.has_moved(header_len) {
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
        trailer::seal(&raw, &index, &mut trailer);
        let Some(store) = &mut self.store else { return Err(InvalidArgument::ReadOnly.into()) };
        let path = self.source.path.as_deref();
        store.commit(&raw, &index, &trailer).map_err(|error| error.in_file(path))?;
        self.header = header;
        self.is_changed = false;
        Ok(())
    }

    /// Whether what lies behind a header of this length has to be written anew: chunks count from
    /// its end; without any, C-Blosc2 looks for the trailer there, where there may be dead bytes.
    fn has_moved(&self, header_len: usize) -> bool {
        let has_dead = matches!(&self.store, Some(Store::Contiguous { end, .. })
            if self.entries.is_empty() && *end > header_len as u64);
        has_dead || header_len != self.header.header_len
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

    /// Goes on in another file, with the same options.
    pub(super) fn replace_place(&mut self, mut other: Self) {
        let FrameSource { checksums, limits, .. } = *self.source;
        let source = Arc::make_mut(&mut other.source);
        (source.checksums, source.limits) = (checksums, limits);
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
