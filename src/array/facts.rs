//! What all kinds of array say about themselves.

use std::borrow::Cow;
use std::fmt;

use super::any::{AnyArray, OpaqueArray};
use super::cache::BlockCache;
use super::raw::RawArray;
use super::source::Blocks;
use super::typed::Array;
use crate::chunk::Chunk;
use crate::dtype::DType;
use crate::error::Result;
use crate::metadata::Metalayers;
use crate::shape::{Region, Shape};

/// The same questions for each kind of array, its type parameter in front.
macro_rules! facts {
    ($([$($type:ident)?] $array:ty;)*) => {$(
        impl$(<$type>)? $array {
            /// Lengths per axis, in elements.
            #[must_use]
            pub fn shape(&self) -> &Shape {
                self.raw().shape()
            }

            /// Number of axes.
            #[must_use]
            pub fn ndim(&self) -> usize {
                self.raw().shape().ndim()
            }

            /// Number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                self.raw().shape().nitems()
            }

            /// Whether there are no elements.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.raw().shape().contains(&0)
            }

            /// Type of the elements.
            #[must_use]
            pub fn dtype(&self) -> DType {
                self.raw().dtype()
            }

            /// The type of the elements as NumPy writes it: `<f4`; for records what it was called
            /// in a file, or by [`set_numpy_dtype`](Self::set_numpy_dtype): `<U5`, `<M8[ns]`, `>i4`,
            /// `[('x', '<i2'), ('y', '<f8')]`.
            #[must_use]
            pub fn numpy_dtype(&self) -> Cow<'_, str> {
                self.raw().numpy_dtype()
            }

            /// Tells how NumPy writes the type of the elements. Files say so.
            ///
            /// # Errors
            /// [`NumPyDType`](crate::InvalidArgument::NumPyDType) for a text of another type.
            pub fn set_numpy_dtype(&mut self, text: &str) -> Result<()> {
                self.raw_mut().set_numpy_dtype(text)
            }

            /// What the start of a file says besides the array's shape and type: as it was in the
            /// file that the array was opened from, and will be in those it is saved to.
            #[must_use]
            pub fn metalayers(&self) -> &Metalayers {
                self.raw().metalayers()
            }

            /// What the start of a file is to say besides the array's shape and type.
            #[must_use]
            pub fn metalayers_mut(&mut self) -> &mut Metalayers {
                self.raw_mut().metalayers_mut()
            }

            /// What the end of a file says: metadata that may change, Python's `vlmeta`.
            #[must_use]
            pub fn vlmetalayers(&self) -> &Metalayers {
                self.raw().vlmetalayers()
            }

            /// What the end of a file is to say.
            #[must_use]
            pub fn vlmetalayers_mut(&mut self) -> &mut Metalayers {
                self.raw_mut().vlmetalayers_mut()
            }

            /// Makes small reads look in a cache before they decode a block or load it from a file,
            /// and leave what they decode there; `None` to decode each time. Clones keep the cache,
            /// which any number of arrays may share. See [`BlockCache`].
            pub fn set_block_cache(&mut self, cache: Option<&BlockCache>) {
                self.raw_mut().set_block_cache(cache);
            }

            /// Where small reads look for decoded blocks.
            #[must_use]
            pub fn block_cache(&self) -> Option<&BlockCache> {
                self.raw().block_cache()
            }

            /// Lengths of a chunk: what is stored and replaced as one.
            #[must_use]
            pub fn chunk_shape(&self) -> &Shape {
                self.raw().grid().chunk_shape()
            }

            /// Lengths of a block: what is compressed, and decoded to reach one element.
            #[must_use]
            pub fn block_shape(&self) -> &Shape {
                self.raw().grid().block_shape()
            }

            /// Bytes of the elements, uncompressed.
            #[must_use]
            pub fn nbytes(&self) -> usize {
                self.raw().grid().nbytes()
            }

            /// Bytes held: compressed chunks, in memory or in the file that the array was opened
            /// from, and what it takes to find them. Chunks that clones share count in each of
            /// them. Takes a look at every chunk's place.
            #[must_use]
            pub fn cbytes(&self) -> usize {
                self.raw().cbytes()
            }

            /// How many times smaller the array is than its elements: [`nbytes`](Self::nbytes) to
            /// [`cbytes`](Self::cbytes). Below 1 where bookkeeping outweighs a small array.
            #[must_use]
            pub fn ratio(&self) -> f64 {
                self.nbytes() as f64 / self.cbytes() as f64
            }

            /// Gives the array other lengths, of as many axes. What is cut off is gone; what is new
            /// is zero, whatever the array was filled with.
            ///
            /// Chunks keep their shape, and those inside their bytes; of those at the edges the
            /// blocks are encoded anew that hold other elements than before, in parallel.
            ///
            /// ```
            /// use ndpress::{Array, Options};
            ///
            /// let mut array = Array::from_slice(&[1u8, 2, 3, 4], [2, 2], &Options::default())?;
            /// array.resize([1, 3])?;
            /// array.resize([2, 2])?;
            /// assert_eq!(array.to_vec()?, [1, 2, 0, 0]);
            /// # Ok::<(), ndpress::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`NdimMismatch`](crate::InvalidArgument::NdimMismatch),
            /// [`ShapeOverflow`](crate::InvalidArgument::ShapeOverflow);
            /// [`Error::Corrupt`](crate::Error::Corrupt), naming the chunk;
            /// [`Error::Codec`](crate::Error::Codec). The array is then as it was.
            pub fn resize(&mut self, shape: impl AsRef<[usize]>) -> Result<()> {
                self.raw_mut().resize(shape.as_ref())
            }

            /// Number of chunks.
            #[must_use]
            pub fn nchunks(&self) -> usize {
                self.raw().grid().nchunks()
            }

            /// The elements of a chunk. Chunks are numbered in C order; those at the far edges hold
            /// fewer elements than [`chunk_shape`](Self::chunk_shape) says.
            ///
            /// # Errors
            /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds).
            pub fn chunk_region(&self, index: usize) -> Result<Region> {
                self.raw().grid().check_chunk(index)?;
                Ok(self.raw().grid().chunk_region(index))
            }

            /// A chunk as it is compressed; `None` for one whose elements all have the array's fill
            /// value, which is not stored.
            ///
            /// Its elements lie block by block, padded to full blocks at the far edges. Nothing is
            /// copied, unless the chunk has to be read from a file.
            ///
            /// # Errors
            /// [`IndexOutOfBounds`](crate::InvalidArgument::IndexOutOfBounds); for chunks in a
            /// file, [`Error::Io`](crate::Error::Io) and [`Error::Corrupt`](crate::Error::Corrupt).
            pub fn chunk(&self, index: usize) -> Result<Option<Chunk<Cow<'_, [u8]>>>> {
                self.raw().grid().check_chunk(index)?;
                self.raw().chunk(index, Blocks::All)
            }
        }

        impl$(<$type>)? fmt::Display for $array {
            /// `4096×2160 f32, lz4 after shuffle, 31 MB of 212 MB, 6.8:1`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.raw().fmt(f)
            }
        }

        impl$(<$type>)? fmt::Debug for $array {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.raw().debug(f, stringify!($array).trim_end_matches("<T>"))
            }
        }
    )*};
}
facts! {
    [T] Array<T>;
    [] OpaqueArray;
    [] AnyArray;
}

impl fmt::Display for RawArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", self.shape(), self.dtype(), self.options().codec_ref().id())?;
        for (number, filter) in self.options().filters().iter().enumerate() {
            let joint = if number == 0 { "after" } else { "and" };
            write!(f, " {joint} {}", filter.id())?;
        }
        let (nbytes, cbytes) = (self.grid().nbytes(), self.cbytes());
        let ratio = nbytes as f64 / cbytes as f64;
        write!(f, ", {} of {}, {ratio:.1}:1", NBytes(cbytes), NBytes(nbytes))
    }
}

impl RawArray {
    pub(super) fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        let (nbytes, cbytes) = (self.grid().nbytes(), self.cbytes());
        f.debug_struct(name)
            .field("shape", self.shape())
            .field("dtype", &self.dtype())
            .field("chunk_shape", self.grid().chunk_shape())
            .field("block_shape", self.grid().block_shape())
            .field("codec", self.options().codec_ref())
            .field("filters", &self.options().filters())
            .field("nbytes", &nbytes)
            .field("cbytes", &cbytes)
            .field("ratio", &(nbytes as f64 / cbytes as f64))
            .finish()
    }
}

/// A number of bytes in the unit that suits it.
pub(crate) struct NBytes(pub(crate) usize);

impl fmt::Display for NBytes {
    /// `999 B`, `1.2 kB`, `31 MB`: at least two digits, decimal units.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        let (mut value, mut unit) = (self.0 as f64, 0);
        while value >= 999.5 {
            value /= 1000.0;
            unit += 1;
        }
        let digits = usize::from(unit > 0 && value < 9.95);
        write!(f, "{value:.digits$} {}", UNITS[unit])
    }
}
