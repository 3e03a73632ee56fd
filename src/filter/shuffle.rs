use crate::arch::Isa;
use crate::arch::shuffle::{shuffle, unshuffle};
use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// Byte shuffle: all first bytes of the elements, then all second bytes, and so on.
///
/// Numbers that differ little share their high bytes, which then lie together and compress well.
/// Bytes after the last whole element are kept as they are.
///
/// Specified as filter 1 in C-Blosc2's [`README_CHUNK_FORMAT.rst`]. The meta byte is the width of
/// what is shuffled when that is not the typesize: 4 for text of 32-bit characters, 1 to 255 in
/// general. A width of 1 changes nothing.
///
/// ```
/// use ndpress::filter::{Filter, FilterContext, Shuffle};
///
/// let mut planes = [0; 8];
/// Shuffle::default().forward(b"a1b2c3d4", &mut planes, &FilterContext::new(2, 0))?;
/// assert_eq!(&planes, b"abcd1234");
/// # Ok::<(), ndpress::FilterError>(())
/// ```
///
/// [`README_CHUNK_FORMAT.rst`]: https://github.com/Blosc/c-blosc2/blob/main/README_CHUNK_FORMAT.rst
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shuffle {
    width: u8,
}

impl Shuffle {
    /// Shuffles groups of `width` bytes instead of elements; 0 for elements after all.
    #[must_use]
    pub const fn width(width: u8) -> Self {
        Self { width }
    }
}

impl Filter for Shuffle {
    fn id(&self) -> FilterId {
        FilterId::SHUFFLE
    }

    fn meta(&self, _typesize: usize) -> u8 {
        self.width
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        shuffle(Isa::current(), context.width(), src, dst);
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        unshuffle(Isa::current(), context.width(), src, dst);
        Ok(())
    }

    fn is_identity(&self, context: &FilterContext<'_>) -> bool {
        context.width() <= 1
    }
}
