//! A look at every chunk of a frame.

use super::frame::Frame;
use super::index::Entry;
use super::options::Checksums;
use crate::array::{Blocks, ChunkSource};
use crate::error::Error;

/// What [`Frame::verify`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Chunks that were looked at.
    pub nchunks: usize,
    /// Chunks without a checksum: of these the header is right, more is not known.
    pub unchecked: usize,
    /// Chunks that are not what was written, in order.
    pub bad: Vec<BadChunk>,
}

impl Verification {
    /// Whether no chunk is bad.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.bad.is_empty()
    }
}

/// A chunk that cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct BadChunk {
    /// Its place in the order.
    pub chunk: usize,
    /// What is wrong with it.
    pub error: Error,
}

impl Frame {
    /// Reads all chunks and compares them with their checksums, whatever the options say about
    /// reading. Header, table and trailer were compared when the frame was opened.
    ///
    /// Memory: one compressed chunk.
    ///
    /// ```
    /// use ndpress::frame::{Frame, FrameOptions, OpenOptions};
    /// use ndpress::{Chunk, ChunkOptions};
    ///
    /// let samples: Vec<u8> = (0..20_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
    /// let mut frame = Frame::new(&FrameOptions::new().typesize(4))?;
    /// frame.append_chunk(&Chunk::encode(&samples, 4, &ChunkOptions::new())?)?;
    /// let mut bytes = frame.to_bytes()?;
    /// bytes[1000] ^= 1;
    ///
    /// let found = Frame::from_bytes(bytes, &OpenOptions::new())?.verify();
    /// assert_eq!(found.bad[0].chunk, 0);
    /// assert!(found.bad[0].error.to_string().starts_with("chunk 0 fails its checksum at offset "));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn verify(&self) -> Verification {
        let mut source = (**self.source()).clone();
        source.checksums = Checksums::Verify;
        let mut found = Verification { nchunks: self.nchunks(), unchecked: 0, bad: Vec::new() };
        for (chunk, entry) in self.entries().iter().enumerate() {
            let Entry::Stored(stored) = entry else { continue };
            found.unchecked += usize::from(stored.digest().is_none());
            if let Err(error) = source.load(stored, Blocks::All) {
                found.bad.push(BadChunk { chunk, error: error.in_chunk(chunk) });
            }
        }
        found
    }
}
