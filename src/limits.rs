//! How much memory input may ask for.

use crate::error::{Error, Limit, Result};

/// Bounds on what untrusted bytes may make this crate allocate.
///
/// A chunk of 32 bytes can announce two gigabytes of zeros. Every parser asks here before it
/// accepts a size it read from input, so the cost of a hostile file is bounded by the caller.
///
/// ```
/// use ndpress::Limits;
///
/// let limits = Limits::default().with_chunk_nbytes(64 << 20);
/// assert_eq!(limits.chunk_nbytes(), 64 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    chunk_nbytes: usize,
    block_nbytes: usize,
    frame_nbytes: usize,
    image_nbytes: u64,
    strip_nbytes: usize,
}

impl Default for Limits {
    /// 512 MiB a chunk, 128 MiB a block, 1 GiB to describe a frame: far above what any writer
    /// chooses by itself. 256 GiB an image that is decoded, 1 GiB a strip of it.
    fn default() -> Self {
        Self {
            chunk_nbytes: 512 << 20,
            block_nbytes: 128 << 20,
            frame_nbytes: 1 << 30,
            image_nbytes: 256 << 30,
            strip_nbytes: 1 << 30,
        }
    }
}

impl Limits {
    /// No bounds but those of the formats: for input from a trusted writer.
    #[must_use]
    pub fn none() -> Self {
        Self {
            chunk_nbytes: usize::MAX,
            block_nbytes: usize::MAX,
            frame_nbytes: usize::MAX,
            image_nbytes: u64::MAX,
            strip_nbytes: usize::MAX,
        }
    }

    /// Sets the largest uncompressed size of one chunk, in bytes.
    #[must_use]
    pub fn with_chunk_nbytes(mut self, nbytes: usize) -> Self {
        self.chunk_nbytes = nbytes;
        self
    }

    /// Sets the largest uncompressed size of one block, in bytes.
    #[must_use]
    pub fn with_block_nbytes(mut self, nbytes: usize) -> Self {
        self.block_nbytes = nbytes;
        self
    }

    /// Sets the most bytes that may describe a frame: header, trailer, and the table of its chunks,
    /// each for itself and uncompressed. In the table a chunk counts as 48 bytes, which it takes in
    /// memory; of the checksums it takes 16.
    #[must_use]
    pub fn with_frame_nbytes(mut self, nbytes: usize) -> Self {
        self.frame_nbytes = nbytes;
        self
    }

    /// Sets the largest uncompressed size of an image that is decoded from a file of another format,
    /// in bytes. What is held of it is what it compresses to.
    #[must_use]
    pub fn with_image_nbytes(mut self, nbytes: u64) -> Self {
        self.image_nbytes = nbytes;
        self
    }

    /// Sets how many uncompressed bytes a decoder of image files may have in memory at once, for
    /// each strip or tile that it decodes; for formats whose decoders give whole images, that is the
    /// image.
    #[must_use]
    pub fn with_strip_nbytes(mut self, nbytes: usize) -> Self {
        self.strip_nbytes = nbytes;
        self
    }

    /// The largest uncompressed size of one chunk, in bytes.
    #[must_use]
    pub fn chunk_nbytes(&self) -> usize {
        self.chunk_nbytes
    }

    /// The largest uncompressed size of one block, in bytes.
    #[must_use]
    pub fn block_nbytes(&self) -> usize {
        self.block_nbytes
    }

    /// The most bytes that may describe a frame.
    #[must_use]
    pub fn frame_nbytes(&self) -> usize {
        self.frame_nbytes
    }

    /// The largest uncompressed size of an image that is decoded, in bytes.
    #[must_use]
    pub fn image_nbytes(&self) -> u64 {
        self.image_nbytes
    }

    /// How many uncompressed bytes a decoder of image files may have in memory for a strip or tile.
    #[must_use]
    pub fn strip_nbytes(&self) -> usize {
        self.strip_nbytes
    }

    /// Checks the uncompressed size of an image that is to be decoded.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`].
    pub fn check_image(&self, nbytes: u64) -> Result<()> {
        check(Limit::ImageNbytes, nbytes, self.image_nbytes)
    }

    /// Checks the uncompressed size of a strip or tile, before it is allocated.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`].
    pub fn check_strip(&self, nbytes: usize) -> Result<()> {
        check(Limit::StripNbytes, nbytes as u64, self.strip_nbytes as u64)
    }

    pub(crate) fn check_frame(&self, nbytes: usize) -> Result<()> {
        check(Limit::FrameNbytes, nbytes as u64, self.frame_nbytes as u64)
    }

    pub(crate) fn check_chunk(&self, nbytes: usize) -> Result<()> {
        check(Limit::ChunkNbytes, nbytes as u64, self.chunk_nbytes as u64)
    }

    pub(crate) fn check_block(&self, nbytes: usize) -> Result<()> {
        check(Limit::BlockNbytes, nbytes as u64, self.block_nbytes as u64)
    }
}

fn check(limit: Limit, requested: u64, allowed: u64) -> Result<()> {
    if requested > allowed {
        return Err(Error::LimitExceeded { limit, requested, allowed });
    }
    Ok(())
}
