//! Reading the chunks of a frame: whole, or only the blocks needed; and checking what was read.

use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checksums;
use super::options::Checksums;
use super::read_at::{ReadAt, check_available, fill, read};
use crate::array::{Blocks, ChunkSource, StoredChunk, zeroed};
use crate::chunk::{Chunk, ChunkDigest, Extents, HASH_NBYTES, extent_hash, table_end};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// A chunk's header, at most.
const MAX_HEADER_NBYTES: usize = 32;
/// Chunks up to this size are read at once.
const SMALL_NBYTES: usize = 4 << 10;

/// Where the chunks of a frame lie, and how to read them.
#[derive(Debug, Clone)]
pub(crate) struct FrameSource {
    pub(super) place: Place,
    /// What errors name.
    pub(super) path: Option<Arc<Path>>,
    pub(super) checksums: Checksums,
    pub(super) limits: Limits,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In one run of bytes; chunks count from `base`.
    Contiguous { bytes: Arc<dyn ReadAt>, base: u64 },
    /// In files of a folder.
    Sparse { folder: Arc<Path> },
}

/// The file of a chunk in the folder of a sparse frame.
pub(super) fn chunk_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:08X}.chunk"))
}

/// One chunk and the bytes around it.
struct Opened {
    bytes: Arc<dyn ReadAt>,
    /// Where the chunk starts.
    start: u64,
    /// Where the hashes of its extents start, if there are any.
    hashes_at: u64,
    cbytes: usize,
    digest: Option<ChunkDigest>,
}

impl ChunkSource for FrameSource {
    fn load(&self, stored: &StoredChunk, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        self.load_inner(stored, blocks).map_err(|error| error.in_file(self.path.as_deref()))
    }
}

impl FrameSource {
    fn load_inner(&self, stored: &StoredChunk, blocks: Blocks<'_>) -> Result<Chunk<Cow<'_, [u8]>>> {
        // Bytes in memory are lent, which those of an opened file cannot be.
        if let Place::Contiguous { bytes, base } = &self.place
            && let Some(all) = bytes.as_bytes()
            && let Some(chunk) = self.lent(all, *base, stored, blocks)?
        {
            return Ok(chunk);
        }
        let chunk = self.open(stored)?;
        match blocks {
            Blocks::Only(blocks) if chunk.cbytes > SMALL_NBYTES => {
                match self.some(&chunk, blocks) {
                    // Whether that is what was written tells a look at all of it.
                    Err(Error::Corrupt(_) | Error::Truncated { .. }) if chunk.digest.is_some() => {
                        self.whole(&chunk)
                    }
                    loaded => loaded,
                }
            }
            _ => self.whole(&chunk),
        }
    }

    /// The compressed size of a chunk.
    pub(super) fn cbytes(&self, stored: &StoredChunk) -> Result<usize> {
        match stored.cbytes() {
            0 => self.open(stored).map(|chunk| chunk.cbytes),
            cbytes => Ok(cbytes),
        }
    }

    fn open(&self, stored: &StoredChunk) -> Result<Opened> {
        let (bytes, start) = match &self.place {
            Place::Contiguous { bytes, base } => (bytes.clone(), base + stored.id()),
            Place::Sparse { folder } => {
                let path = chunk_path(folder, stored.id());
                let file = File::open(&path);
                let file = file.map_err(|error| Error::from(error).in_file(Some(&path)))?;
                (Arc::new(file) as Arc<dyn ReadAt>, 0)
            }
        };
        let cbytes = match stored.cbytes() {
            0 => announced_cbytes(&*bytes, start)?,
            cbytes => cbytes,
        };
        let digest = match self.checksums {
            Checksums::Verify => stored.digest().copied(),
            Checksums::Skip => None,
        };
        let hashes_nbytes = stored.digest().map_or(0, ChunkDigest::hashes_nbytes) as u64;
        let hashes_at = match &self.place {
            Place::Contiguous { .. } => start.saturating_sub(hashes_nbytes),
            Place::Sparse { .. } => start + cbytes as u64,
        };
        Ok(Opened { bytes, start, hashes_at, cbytes, digest })
    }

    /// A chunk of a frame that is in memory.
    fn lent<'a>(
        &self,
        all: &'a [u8],
        base: u64,
        stored: &StoredChunk,
        blocks: Blocks<'_>,
    ) -> Result<Option<Chunk<Cow<'a, [u8]>>>> {
        let start = (base + stored.id()) as usize;
        let Some(rest) = all.get(start..) else { return Ok(None) };
        let bytes = match stored.cbytes() {
            0 => rest,
            // Appended after the file was mapped.
            cbytes if cbytes > rest.len() => return Ok(None),
            cbytes => &rest[..cbytes],
        };
        let chunk = Chunk::parse(bytes, &self.limits);
        if let (Checksums::Verify, Some(digest)) = (self.checksums, stored.digest()) {
            let hashes = start.checked_sub(digest.hashes_nbytes()).map(|at| &all[at..start]);
            let offset = start as u64;
            let verifier = Verifier { digest, hashes: hashes.unwrap_or(&[]), offset };
            match (&chunk, blocks) {
                (Ok(chunk), Blocks::Only(blocks)) => {
                    let extents = chunk.extents();
                    verifier.parts(chunk, &extents, wanted(chunk, &extents, blocks))?;
                }
                (Ok(chunk), Blocks::All) => verifier.whole(chunk)?,
                // Damage that the header did not survive, if it is that.
                (Err(_), _) => verifier.head(bytes)?,
            }
        }
        Ok(Some(chunk?.map_bytes(Cow::Borrowed)))
    }

    /// Reads a chunk as a whole.
    fn whole<'a>(&self, opened: &Opened) -> Result<Chunk<Cow<'a, [u8]>>> {
        let end = opened.start + opened.cbytes as u64;
        let hashes_nbytes = opened.digest.as_ref().map_or(0, ChunkDigest::hashes_nbytes);
        // The hashes lie beside the chunk: one request.
        let range = match opened.hashes_at < opened.start {
            true if opened.digest.is_some() => opened.hashes_at..end,
            _ => opened.start..end,
        };
        let lead = (opened.start - range.start) as usize;
        let mut bytes = read(&*opened.bytes, range)?.into_owned();
        let hashes = match (lead, hashes_nbytes) {
            (0, 0) => Vec::new(),
            (0, nbytes) => {
                let range = opened.hashes_at..opened.hashes_at + nbytes as u64;
                read(&*opened.bytes, range)?.into_owned()
            }
            (lead, _) => bytes.drain(..lead).collect(),
        };
        let verifier = opened.digest.as_ref().map(|digest| Verifier {
            digest,
            hashes: &hashes,
            offset: opened.start,
        });
        match (Chunk::parse(bytes, &self.limits), verifier) {
            (Ok(chunk), verifier) => {
                verifier.map_or(Ok(()), |verifier| verifier.whole(&chunk))?;
                Ok(chunk.map_bytes(Cow::Owned))
            }
            (Err(error), Some(verifier)) => {
                // Damage that the header did not survive, if it is that.
                verifier.head(&read(&*opened.bytes, opened.start..end)?)?;
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Reads a chunk's head and the blocks needed; the rest of it stays zero.
    fn some<'a>(&self, opened: &Opened, blocks: &[usize]) -> Result<Chunk<Cow<'a, [u8]>>> {
        self.limits.check_chunk(opened.cbytes)?;
        check_available(&*opened.bytes, &(opened.start..opened.start + opened.cbytes as u64))?;
        let mut bytes: Vec<u8> = zeroed(opened.cbytes)?;
        let mut loaded = 0;
        // With checksums, the number of blocks is known, and so how long the head will be.
        let guess = opened.digest.map_or(0, |digest| 4 * digest.nextents as usize);
        let guess = (MAX_HEADER_NBYTES + guess).min(opened.cbytes);
        self.load_head(opened, &mut bytes, &mut loaded, guess)?;
        let head = table_end(&bytes)?;
        self.load_head(opened, &mut bytes, &mut loaded, head)?;
        let (head, runs, needed) = {
            let chunk = Chunk::parse(&bytes[..], &self.limits)?;
            let extents = chunk.extents();
            let needed = wanted(&chunk, &extents, blocks);
            (extents.head().end, runs(&extents, &needed), needed)
        };
        self.load_head(opened, &mut bytes, &mut loaded, head)?;
        for run in runs {
            fill(&*opened.bytes, &mut bytes[run.clone()], opened.start + run.start as u64)?;
        }
        let chunk = Chunk::parse(bytes, &self.limits)?;
        if let Some(digest) = &opened.digest {
            let nbytes = digest.hashes_nbytes() as u64;
            let hashes = read(&*opened.bytes, opened.hashes_at..opened.hashes_at + nbytes)?;
            let verifier = Verifier { digest, hashes: &hashes, offset: opened.start };
            verifier.parts(&chunk, &chunk.extents(), needed)?;
        }
        Ok(chunk.map_bytes(Cow::Owned))
    }

    /// Reads a chunk's bytes up to `end`, from where they were `loaded`.
    fn load_head(
        &self,
        opened: &Opened,
        bytes: &mut [u8],
        loaded: &mut usize,
        end: usize,
    ) -> Result<()> {
        if end > *loaded {
            let dst = &mut bytes[*loaded..end];
            fill(&*opened.bytes, dst, opened.start + *loaded as u64)?;
            *loaded = end;
        }
        Ok(())
    }
}

/// The extents to read for some blocks: all, where the chunk does not tell.
fn wanted<B: AsRef<[u8]>>(chunk: &Chunk<B>, extents: &Extents, blocks: &[usize]) -> Vec<usize> {
    chunk.extents_of(extents, blocks).unwrap_or_else(|| (0..extents.len()).collect())
}

/// The bytes of extents, neighbours in one.
fn runs(extents: &Extents, needed: &[usize]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for &index in needed {
        let Range { start, end } = extents.extent(index);
        match runs.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => runs.push(start..end),
        }
    }
    runs
}

/// The size that a chunk's header tells.
fn announced_cbytes(bytes: &dyn ReadAt, start: u64) -> Result<usize> {
    let mut header = [0; 16];
    fill(bytes, &mut header, start)?;
    let mut word = [0; 4];
    word.copy_from_slice(&header[12..]);
    let cbytes = i32::from_le_bytes(word);
    usize::try_from(cbytes)
        .ok()
        .filter(|&cbytes| cbytes >= header.len())
        .ok_or_else(|| super::wire::invalid("cbytes of a chunk", cbytes, "it includes the header"))
}

/// Compares bytes with what was hashed when they were written.
struct Verifier<'a> {
    digest: &'a ChunkDigest,
    /// Of the extents, as they are stored: bytes that may be damaged, too.
    hashes: &'a [u8],
    /// Where the chunk starts.
    offset: u64,
}

impl Verifier<'_> {
    fn whole<B: AsRef<[u8]>>(&self, chunk: &Chunk<B>) -> Result<()> {
        let extents = chunk.extents();
        self.parts(chunk, &extents, 0..extents.len())
    }

    /// Checks the head and some extents.
    fn parts<B: AsRef<[u8]>>(
        &self,
        chunk: &Chunk<B>,
        extents: &Extents,
        needed: impl IntoIterator<Item = usize>,
    ) -> Result<()> {
        let bytes = chunk.as_bytes();
        self.head(&bytes[extents.head()])?;
        needed.into_iter().try_for_each(|index| self.extent(index, &bytes[extents.extent(index)]))
    }

    /// Checks the head, and the stored hashes with it.
    fn head(&self, head: &[u8]) -> Result<()> {
        let found = ChunkDigest::new(head, self.hashes);
        if found != *self.digest {
            return Err(checksums::mismatch(self.offset, self.digest, &found));
        }
        Ok(())
    }

    /// Checks an extent, after the head.
    fn extent(&self, index: usize, bytes: &[u8]) -> Result<()> {
        let found = extent_hash(bytes);
        let stored = self.hashes.get(index * HASH_NBYTES..(index + 1) * HASH_NBYTES);
        if stored != Some(&found[..]) {
            return Err(self.mismatch(u64::from_le_bytes(found)));
        }
        Ok(())
    }

    fn mismatch(&self, hash: u64) -> Error {
        let found = ChunkDigest { hash, ..*self.digest };
        checksums::mismatch(self.offset, self.digest, &found)
    }
}
