//! The raster codec: for data whose neighbours resemble each other.
//!
//! LZ codecs look for bytes that repeat; images, volumes and fields have hardly any. This codec
//! predicts each value from its neighbours and stores what is left as bit planes, at the speed of
//! memory. What does not suit it, it recognises: labels, flat graphics, few distinct values, floats
//! that are scaled integers have modes of their own, and the worst case is the bytes as they are.
//!
//! A stream is a tree of *nodes*. A leaf holds values: [`packed`] bit planes, [`sparse`] labels, an
//! [`lz`] stream or its [`sequences`], one [`constant`](stream::Kind::Constant), the bytes themselves. Every other node
//! says how its values come from those of the nodes in it: by a [`dictionary`], by a mapping of
//! floats to integers, from planes to interleaved channels. [`encode`] chooses the tree, [`decode`]
//! walks it; `docs/format.md` describes each node byte by byte.
//!
//! Below are the kernels in [`arch`](crate::arch) and, as one of the leaves, the LZ4 codec.

mod buffers;
mod channels;
mod decode;
mod dictionary;
mod distinct;
mod encode;
mod entropy;
mod fill;
mod geometry;
mod lz;
mod mapped;
mod packed;
mod plan;
mod profile;
mod scaled;
mod sequences;
mod slices;
mod sparse;
mod stream;
mod wide_dictionary;
mod widths;

use std::ops::ControlFlow;

use crate::arch::Isa;
use crate::codec::{Band, BlockInfo, Codec, CodecError, CodecId, Encoded, Scratch};
use buffers::State;

/// The raster codec: numeric arrays smaller than by general-purpose codecs, and several times
/// faster at both ends.
///
/// It needs to know what the bytes are: it reads the type of the elements and the shape of the
/// block from [`BlockInfo`]. Filters in front of it (a shuffle) hide both and only do harm.
/// Lossless for every type, bit for bit: NaN payloads, negative zeros. Records of unknown bytes
/// fall back to LZ4 after a byte shuffle.
///
/// Streams say themselves what they hold, so that any block can be decoded without its array. The
/// encoder keeps about three blocks of memory in the [`Scratch`], the decoder one to two.
///
/// ```
/// use ndpress::codec::{BlockInfo, Codec, Encoded, Raster, Scratch};
/// use ndpress::{Array, Options};
///
/// // A smooth field of 16-bit samples.
/// let samples: Vec<u16> = (0..512 * 512).map(|i| (i % 512 + i / 512 * 3) as u16).collect();
/// let options = Options::new().codec(Raster::fast());
/// let array = Array::from_slice(&samples, [512, 512], &options)?;
/// assert!(array.cbytes() * 8 < array.nbytes());
/// assert_eq!(array.to_vec()?, samples);
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raster {
    preset: Preset,
}

/// How much work is put into smaller streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Preset {
    #[default]
    Fast,
    Dense,
}

impl Raster {
    /// For data in use: decoded at about the speed of memory. The default.
    #[must_use]
    pub const fn fast() -> Self {
        Self { preset: Preset::Fast }
    }

    /// For data at rest: smaller, at a fraction of the speed. Decoded by any instance.
    #[must_use]
    pub const fn dense() -> Self {
        Self { preset: Preset::Dense }
    }
}

impl Codec for Raster {
    fn id(&self) -> CodecId {
        CodecId::RASTER
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        Ok(encode::encode(Isa::current(), self.preset, src, dst, block, scratch.state::<State>()))
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        decode::decode(Isa::current(), src, dst, scratch.state::<State>())
    }

    fn decode_bands(
        &self,
        src: &[u8],
        buffer: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<(), CodecError> {
        let itemsize = block.dtype.itemsize();
        let (isa, state) = (Isa::current(), scratch.state::<State>());
        decode::decode_bands(isa, src, buffer, itemsize, state, visit)
    }

    fn wants_shuffle(&self) -> bool {
        false
    }

    fn clevel(&self) -> u8 {
        match self.preset {
            Preset::Fast => 5,
            Preset::Dense => 9,
        }
    }
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
