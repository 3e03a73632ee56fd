use crate::arch::Isa;
use crate::arch::bitshuffle::{bitshuffle, bitunshuffle};
use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// Bit shuffle: all lowest bits of the elements' first bytes, then all second lowest, and so on.
///
/// Better than [`Shuffle`](super::Shuffle) for numbers that use few bits of their bytes, bytes
/// included; slower. Elements after a multiple of eight, and bytes after the last whole element,
/// are kept as they are.
///
/// Specified as filter 2 in C-Blosc2's [`README_CHUNK_FORMAT.rst`]; the order of the bits is that of
/// the [bitshuffle library] on little-endian machines. The meta byte is not used. Chunks of version
/// 2 were not shuffled at all unless the number of elements in the block was a multiple of eight;
/// they are read and (by this filter, not by this crate's chunk writer) written that way.
///
/// ```
/// use ndpress::filter::{BitShuffle, Filter, FilterContext};
///
/// let mut rows = [0; 8];
/// BitShuffle.forward(&[0, 0, 0, 0, 1, 1, 1, 129], &mut rows, &FilterContext::new(1, 0))?;
/// assert_eq!(rows, [0b1111_0000, 0, 0, 0, 0, 0, 0, 0b1000_0000]);
/// # Ok::<(), ndpress::FilterError>(())
/// ```
///
/// [`README_CHUNK_FORMAT.rst`]: https://github.com/Blosc/c-blosc2/blob/main/README_CHUNK_FORMAT.rst
/// [bitshuffle library]: https://github.com/kiyo-masui/bitshuffle
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BitShuffle;

impl Filter for BitShuffle {
    fn id(&self) -> FilterId {
        FilterId::BITSHUFFLE
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        if is_left_raw(src.len(), context) {
            dst.copy_from_slice(src);
        } else {
            bitshuffle(Isa::current(), context.typesize, src, dst);
        }
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        if is_left_raw(src.len(), context) {
            dst.copy_from_slice(src);
        } else {
            bitunshuffle(Isa::current(), context.typesize, src, dst);
        }
        Ok(())
    }
}

/// Whether the block is of a version that did not shuffle blocks of such a length.
fn is_left_raw(nbytes: usize, context: &FilterContext<'_>) -> bool {
    context.chunk_version == 2 && !(nbytes / context.typesize.max(1)).is_multiple_of(8)
}
