//! Bytes that can be read at any place: what a frame is opened from.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;

use crate::error::{Error, Result};

/// Bytes that can be read at any place, by several threads at once: of a file, in memory, of an
/// object in a store.
///
/// Whoever implements it opens frames and arrays from there, lazily: see
/// [`Frame::from_source`](super::Frame::from_source).
///
/// ```
/// use std::io;
/// use std::sync::Arc;
///
/// use ndpress::frame::{Frame, FrameOptions, OpenOptions, ReadAt};
///
/// #[derive(Debug)]
/// struct Object(Vec<u8>);
///
/// impl ReadAt for Object {
///     fn nbytes(&self) -> io::Result<u64> {
///         Ok(self.0.len() as u64)
///     }
///
///     fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
///         // A request for a range of the object, over there.
///         self.0.as_slice().read_exact_at(dst, offset)
///     }
/// }
///
/// let bytes = Frame::new(&FrameOptions::new())?.to_bytes()?;
/// let frame = Frame::from_source(Arc::new(Object(bytes)), &OpenOptions::new())?;
/// assert_eq!(frame.nchunks(), 0);
/// # Ok::<(), ndpress::Error>(())
/// ```
pub trait ReadAt: Send + Sync + fmt::Debug {
    /// How many bytes there are.
    ///
    /// # Errors
    /// The system's.
    fn nbytes(&self) -> io::Result<u64>;

    /// Fills `dst` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when there are not so many; the system's.
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()>;

    /// All bytes, where they are in memory: they are then used where they are.
    fn as_bytes(&self) -> Option<&[u8]> {
        None
    }
}

impl ReadAt for File {
    fn nbytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, dst, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut dst: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !dst.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(self, dst, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => {
                    dst = &mut dst[n..];
                    offset += n as u64;
                }
            }
        }
        Ok(())
    }
}

impl ReadAt for [u8] {
    fn nbytes(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let src = start.and_then(|start| self.get(start..)?.get(..dst.len()));
        dst.copy_from_slice(src.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Anything that holds bytes in memory.
pub(crate) struct Held<B>(pub(crate) B);

impl<B> fmt::Debug for Held<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes in memory")
    }
}

impl<B: AsRef<[u8]> + Send + Sync> ReadAt for Held<B> {
    fn nbytes(&self) -> io::Result<u64> {
        self.0.as_ref().nbytes()
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.as_ref().read_exact_at(dst, offset)
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.0.as_ref())
    }
}

/// A file that is mapped into memory, as far as it went when it was mapped; what was appended since
/// is read.
#[cfg(feature = "mmap")]
#[derive(Debug)]
pub(crate) struct Mapped {
    file: File,
    map: crate::arch::map::Map,
}

#[cfg(feature = "mmap")]
impl Mapped {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let map = crate::arch::map::Map::new(&file)?;
        Ok(Self { file, map })
    }
}

#[cfg(feature = "mmap")]
impl ReadAt for Mapped {
    fn nbytes(&self) -> io::Result<u64> {
        self.file.nbytes()
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        match self.map.as_ref().read_exact_at(dst, offset) {
            Ok(()) => Ok(()),
            Err(_) => self.file.read_exact_at(dst, offset),
        }
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.map.as_ref())
    }
}

/// A part of other bytes: a frame inside of a larger file.
#[derive(Debug)]
pub(crate) struct Window<S> {
    source: S,
    start: u64,
    nbytes: u64,
}

impl<S: ReadAt> Window<S> {
    /// The `nbytes` bytes from `start` on, which need not be there.
    pub(crate) fn new(source: S, start: u64, nbytes: u64) -> Self {
        Self { source, start, nbytes }
    }
}

impl<S: ReadAt> ReadAt for Window<S> {
    fn nbytes(&self) -> io::Result<u64> {
        let rest = self.source.nbytes()?.saturating_sub(self.start);
        Ok(self.nbytes.min(rest))
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(dst.len() as u64);
        if end.is_none_or(|end| end > self.nbytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.source.read_exact_at(dst, self.start.saturating_add(offset))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let bytes = self.source.as_bytes()?;
        let start = usize::try_from(self.start).ok().filter(|&start| start <= bytes.len())?;
        let nbytes = usize::try_from(self.nbytes).unwrap_or(usize::MAX);
        Some(&bytes[start..][..nbytes.min(bytes.len() - start)])
    }
}

impl<R: ReadAt + ?Sized> ReadAt for std::sync::Arc<R> {
    fn nbytes(&self) -> io::Result<u64> {
        (**self).nbytes()
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(dst, offset)
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        (**self).as_bytes()
    }
}

/// Sizes up to this are allocated before anybody looks whether there are so many bytes.
const TRUSTED_NBYTES: usize = 1 << 20;

/// Some of the bytes: lent where they are in memory, read otherwise.
pub(crate) fn read(source: &dyn ReadAt, range: Range<u64>) -> Result<Cow<'_, [u8]>> {
    let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    if let Some(bytes) = source.as_bytes()
        && range.end <= bytes.len() as u64
    {
        return Ok(Cow::Borrowed(&bytes[range.start as usize..][..len]));
    }
    check_available(source, &range)?;
    let mut bytes = crate::array::zeroed(len)?;
    fill(source, &mut bytes, range.start)?;
    Ok(Cow::Owned(bytes))
}

/// Checks that there are so many bytes, if they are so many that it matters.
pub(crate) fn check_available(source: &dyn ReadAt, range: &Range<u64>) -> Result<()> {
    if range.end - range.start > TRUSTED_NBYTES as u64 {
        let found = source.nbytes()?;
        if range.end > found {
            return Err(Error::Truncated { needed: range.end, found });
        }
    }
    Ok(())
}

/// Fills `dst` with the bytes from `offset` on.
pub(crate) fn fill(source: &dyn ReadAt, dst: &mut [u8], offset: u64) -> Result<()> {
    source.read_exact_at(dst, offset).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            let needed = offset.saturating_add(dst.len() as u64);
            Error::Truncated { needed, found: source.nbytes().unwrap_or(0) }
        }
        _ => error.into(),
    })
}
