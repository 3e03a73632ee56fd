use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// Zeroes the lowest mantissa bits of `f32` or `f64` elements: lossy.
///
/// The zeros are what compresses. Truncation is towards zero, not to the nearest number. Infinities
/// stay; a NaN whose payload is only in the bits that go becomes an infinity. Bytes after the last
/// whole element are kept as they are. Backwards there is nothing to undo.
///
/// Specified as filter 4 in C-Blosc2's [`README_CHUNK_FORMAT.rst`]. The meta byte is the setting of
/// [`bits`](Self::bits) in two's complement. C-Blosc2 (3.3.5) loses bytes after the last whole
/// element when it writes.
///
/// ```
/// use ndpress::filter::{Filter, FilterContext, TruncPrec};
///
/// let filter = TruncPrec::bits(3);
/// let mut dst = [0; 4];
/// let src = 1.99_f32.to_le_bytes();
/// filter.forward(&src, &mut dst, &FilterContext::new(4, filter.meta(4)))?;
/// assert_eq!(f32::from_le_bytes(dst), 1.875);
/// # Ok::<(), ndpress::FilterError>(())
/// ```
///
/// [`README_CHUNK_FORMAT.rst`]: https://github.com/Blosc/c-blosc2/blob/main/README_CHUNK_FORMAT.rst
///
/// A chunk of one value, and one that does not shrink and is therefore stored, keeps all bits, as
/// in C-Blosc2: the filter says which bits may be lost, not which are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TruncPrec {
    bits: i8,
}

impl TruncPrec {
    /// Keeps `bits` mantissa bits, or drops `-bits` when negative.
    ///
    /// Of the mantissa's 23 bits (`f32`) or 52 (`f64`) at least one must be kept.
    #[must_use]
    pub const fn bits(bits: i8) -> Self {
        Self { bits }
    }
}

impl Filter for TruncPrec {
    fn id(&self) -> FilterId {
        FilterId::TRUNC_PREC
    }

    fn meta(&self, _typesize: usize) -> u8 {
        self.bits.cast_unsigned()
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let dropped = dropped_bits(context.typesize, context.meta)?;
        let kept = !((1_u64 << dropped) - 1);
        dst.copy_from_slice(src);
        if context.typesize == 4 {
            for element in dst.as_chunks_mut::<4>().0 {
                *element = (u32::from_le_bytes(*element) & kept as u32).to_le_bytes();
            }
        } else {
            for element in dst.as_chunks_mut::<8>().0 {
                *element = (u64::from_le_bytes(*element) & kept).to_le_bytes();
            }
        }
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        _context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        dst.copy_from_slice(src);
        Ok(())
    }

    fn validate(&self, typesize: usize) -> Result<(), FilterError> {
        dropped_bits(typesize, self.meta(typesize)).map(drop)
    }
}

/// Mantissa bits to zero.
fn dropped_bits(typesize: usize, meta: u8) -> Result<u32, FilterError> {
    let mantissa = match typesize {
        4 => 23_u32,
        8 => 52,
        _ => return Err(FilterError::Typesize { typesize }),
    };
    let bits = meta.cast_signed();
    let magnitude = u32::from(bits.unsigned_abs());
    let dropped = if bits < 0 { Some(magnitude) } else { mantissa.checked_sub(magnitude) };
    dropped.filter(|dropped| *dropped < mantissa).ok_or(FilterError::Meta { meta })
}
