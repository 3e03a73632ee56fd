//! A channel chunk by chunk, to read or to change in place.
//!
//! Reading hands out places and decodes on demand; it never compresses. Changing goes through
//! handles that are independent of each other: each may be used once, in any order and on any
//! thread, and has its effect when it is.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex, PoisonError};

use super::Channel;
use crate::array::{Array, EditedChunk};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::shape::Region;

/// Where a chunk lies in its channel.
///
/// Pixels of a chunk are numbered in row order from the chunk's first one; coordinates are the
/// image's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    index: usize,
    region: Region,
}

impl Place {
    pub(crate) fn new(index: usize, region: Region) -> Self {
        Self { index, region }
    }

    /// The chunk's number.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Row and column of the chunk's first pixel: `(y, x)`.
    #[must_use]
    pub fn origin(&self) -> (usize, usize) {
        let start = self.region.start();
        (start[0], start[1])
    }

    /// The chunk's rows, and pixels per row: `(height, width)`. The last chunks may be smaller than
    /// the others.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        let shape = self.region.shape();
        (shape[0], shape[1])
    }

    /// The chunk's pixels as a region of the channel.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Number of pixels.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no chunk is empty")]
    pub fn len(&self) -> usize {
        self.region.shape().nitems()
    }

    /// Column in the image of the chunk's pixel number `i`.
    #[must_use]
    pub fn x(&self, i: usize) -> usize {
        let ((_, x), (_, width)) = (self.origin(), self.shape());
        x + i % width
    }

    /// Row in the image of the chunk's pixel number `i`.
    #[must_use]
    pub fn y(&self, i: usize) -> usize {
        let ((y, _), (_, width)) = (self.origin(), self.shape());
        y + i / width
    }
}

impl<T> Channel<T> {
    fn place(&self, index: usize) -> Place {
        Place::new(index, self.array.raw().grid().chunk_region(index))
    }
}

impl<T: Element> Channel<T> {
    /// The chunks in order, to read. Nothing is decoded before it is asked for, and nothing is
    /// compressed at all.
    ///
    /// ```
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let pixels: Vec<u8> = (0..100).collect();
    /// let options = Options::new().chunk_shape([3, 10]);
    /// let channel = Channel::from_slice(&pixels, [10, 10], &options)?;
    /// let mut sum = 0;
    /// for chunk in channel.chunks() {
    ///     for (i, pixel) in chunk.read()?.into_iter().enumerate() {
    ///         assert_eq!(usize::from(pixel), chunk.y(i) * 10 + chunk.x(i));
    ///         sum += u32::from(pixel);
    ///     }
    /// }
    /// assert_eq!(sum, 4950);
    /// assert_eq!(channel.chunks().last().unwrap().shape(), (1, 10));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn chunks(&self) -> Chunks<'_, T> {
        Chunks { channel: self, range: 0..self.nchunks() }
    }

    /// The chunks in order, to change in place.
    ///
    /// Each handle decodes, edits and compresses its own chunk when [`edit`](ChunkMut::edit) is
    /// called, and only then. Handles do not depend on each other: they may be collected, sent to
    /// threads and used in any order, with the same result. Memory: the old chunks, until the
    /// iterator and all handles are gone. To change all chunks in parallel without further ado, see
    /// [`edit_chunks`](Self::edit_chunks).
    ///
    /// ```
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let mut ramp = Channel::<u32>::zeros([100, 10], &Options::new().chunk_shape([32, 10]))?;
    /// for chunk in ramp.chunks_mut() {
    ///     let place = *chunk;
    ///     chunk.edit(|pixels| {
    ///         for (i, pixel) in pixels.iter_mut().enumerate() {
    ///             *pixel = (place.y(i) + place.x(i)) as u32;
    ///         }
    ///     })?;
    /// }
    /// assert_eq!(ramp.at(&[99, 9])?, 108);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    pub fn chunks_mut(&mut self) -> ChunksMut<'_, T> {
        let range = 0..self.nchunks();
        let before = self.array.clone();
        let traversal = Traversal { before, after: Mutex::new(self) };
        ChunksMut { traversal: Arc::new(traversal), range }
    }
}

/// Iterator over the chunks of a channel, from [`Channel::chunks`].
pub struct Chunks<'a, T> {
    channel: &'a Channel<T>,
    range: Range<usize>,
}

/// A chunk to read.
///
/// Dereferences to its [`Place`].
#[derive(Clone, Copy)]
pub struct ChunkRef<'a, T> {
    channel: &'a Channel<T>,
    place: Place,
}

impl<T: Element> ChunkRef<'_, T> {
    /// Decodes the pixels into a new vector, in row order.
    ///
    /// # Errors
    /// As [`Array::read_chunk`].
    pub fn read(&self) -> Result<Vec<T>> {
        self.channel.read_region(self.region())
    }

    /// Decodes the pixels into a slice of the chunk's [length](Place::len), in row order.
    ///
    /// # Errors
    /// As [`Array::read_chunk_into`].
    pub fn read_into(&self, pixels: &mut [T]) -> Result<()> {
        self.channel.read_region_into(self.region(), pixels)
    }
}

/// Iterator over the chunks of a channel, from [`Channel::chunks_mut`].
pub struct ChunksMut<'a, T> {
    traversal: Arc<Traversal<'a, T>>,
    range: Range<usize>,
}

/// A chunk to change in place, once.
///
/// Dereferences to its [`Place`]. A handle that is dropped unused leaves its chunk alone.
#[must_use = "a chunk changes when it is edited"]
pub struct ChunkMut<'a, T> {
    traversal: Arc<Traversal<'a, T>>,
    place: Place,
}

/// What the handles of one iteration share.
///
/// Decoding and encoding need no lock, because each handle reads its chunk as it was when the
/// iteration began, and no other handle changes that chunk. Only the exchange of pointers is
/// locked.
struct Traversal<'a, T> {
    before: Array<T>,
    after: Mutex<&'a mut Channel<T>>,
}

impl<T: Element> ChunkMut<'_, T> {
    /// Decodes the pixels into a new vector, in row order.
    ///
    /// # Errors
    /// As [`Array::read_chunk`].
    pub fn read(&self) -> Result<Vec<T>> {
        self.traversal.before.read_region(self.region())
    }

    /// Decodes the chunk, hands its pixels to `f` in row order, and compresses them again, unless
    /// they are as before. Answers what `f` answers.
    ///
    /// When `f` panics, the chunk stays as it was. Memory: the uncompressed chunk twice, kept by
    /// the thread.
    ///
    /// # Errors
    /// [`Error::Corrupt`], naming chunk and block; [`Error::Codec`]. The chunk then stays as it was.
    pub fn edit<R>(self, f: impl FnOnce(&mut [T]) -> R) -> Result<R> {
        self.try_edit(|pixels| Ok(f(pixels)))
    }

    /// As [`edit`](Self::edit), for closures that may fail.
    ///
    /// ```
    /// use ndpress::image::Channel;
    /// use ndpress::Options;
    ///
    /// let mut channel = Channel::full([4, 4], 7u8, &Options::default())?;
    /// for chunk in channel.chunks_mut() {
    ///     let result: Result<(), Box<dyn std::error::Error>> = chunk.try_edit(|pixels| {
    ///         pixels.fill(8);
    ///         Err("changed my mind".into())
    ///     });
    ///     assert!(result.is_err());
    /// }
    /// assert_eq!(channel.at(&[0, 0])?, 7);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `f`, and as `edit`. The chunk then stays as it was.
    pub fn try_edit<R, E: From<Error>>(
        self,
        f: impl FnOnce(&mut [T]) -> Result<R, E>,
    ) -> Result<R, E> {
        let (edited, result) = self.traversal.before.edit_chunk(self.place.index, f)?;
        self.install(edited);
        Ok(result)
    }

    /// Overwrites the chunk, which is not decoded, with pixels in row order.
    ///
    /// # Errors
    /// As [`Array::write_chunk`].
    pub fn write(self, pixels: &[T]) -> Result<()> {
        let encoded = self.traversal.before.encode_chunk(self.place.index, pixels)?;
        self.install(encoded);
        Ok(())
    }

    fn install(&self, chunk: EditedChunk) {
        // Nothing panics while the lock is held, so a poisoned one is as good as any.
        let mut after = self.traversal.after.lock().unwrap_or_else(PoisonError::into_inner);
        after.install(chunk);
    }
}

macro_rules! chunk_iterator {
    ($iterator:ident, $chunk:ident, |$this:ident, $index:ident| $make:expr) => {
        impl<'a, T: Element> $iterator<'a, T> {
            fn chunk(&self, $index: usize) -> $chunk<'a, T> {
                let $this = self;
                $make
            }
        }

        impl<'a, T: Element> Iterator for $iterator<'a, T> {
            type Item = $chunk<'a, T>;

            fn next(&mut self) -> Option<Self::Item> {
                let index = self.range.next()?;
                Some(self.chunk(index))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.range.size_hint()
            }

            fn nth(&mut self, n: usize) -> Option<Self::Item> {
                let index = self.range.nth(n)?;
                Some(self.chunk(index))
            }
        }

        impl<T: Element> DoubleEndedIterator for $iterator<'_, T> {
            fn next_back(&mut self) -> Option<Self::Item> {
                let index = self.range.next_back()?;
                Some(self.chunk(index))
            }
        }

        impl<T: Element> ExactSizeIterator for $iterator<'_, T> {}
        impl<T: Element> FusedIterator for $iterator<'_, T> {}

        impl<T> Deref for $chunk<'_, T> {
            type Target = Place;

            fn deref(&self) -> &Place {
                &self.place
            }
        }

        impl<T> fmt::Debug for $chunk<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($chunk)).field(&self.place).finish()
            }
        }

        impl<T> fmt::Debug for $iterator<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($iterator)).field(&self.range).finish()
            }
        }
    };
}

chunk_iterator!(Chunks, ChunkRef, |chunks, index| {
    ChunkRef { channel: chunks.channel, place: chunks.channel.place(index) }
});
chunk_iterator!(ChunksMut, ChunkMut, |chunks, index| {
    let region = chunks.traversal.before.raw().grid().chunk_region(index);
    let place = Place::new(index, region);
    ChunkMut { traversal: chunks.traversal.clone(), place }
});
