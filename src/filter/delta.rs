use crate::arch::Isa;
use crate::arch::difference::xor;
use crate::arch::prefix::prefix_xor;
use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// XOR of each element with the one before in the chunk's first block, and with the element in the
/// same place of the first block in all others.
///
/// For data that repeats with the period of a block. Elements of 1, 2, 4 and 8 bytes are one unit;
/// those of a multiple of 8 bytes are units of 8, all others units of 1.
///
/// Specified as filter 3 in C-Blosc2's [`README_CHUNK_FORMAT.rst`]. The meta byte is not used. What
/// the readers and writers of this format have to know:
///
/// - The other blocks are XORed with the first block *before any filter*, so the filter belongs into
///   the first slot; C-Blosc2 decodes it wrongly elsewhere.
/// - To read any block, the first one has to be decoded.
/// - Bytes after the last whole unit are kept here; C-Blosc2 (3.3.5) loses them.
///
/// ```
/// use ndpress::filter::{Delta, Filter, FilterContext};
///
/// let mut changes = [0; 5];
/// Delta.forward(&[7, 7, 7, 6, 6], &mut changes, &FilterContext::new(1, 0))?;
/// assert_eq!(changes, [7, 0, 0, 1, 0]);
/// # Ok::<(), ndpress::FilterError>(())
/// ```
///
/// [`README_CHUNK_FORMAT.rst`]: https://github.com/Blosc/c-blosc2/blob/main/README_CHUNK_FORMAT.rst
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delta;

impl Filter for Delta {
    fn id(&self) -> FilterId {
        FilterId::DELTA
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let unit = unit(context.typesize);
        match context.reference {
            Some(reference) => xor_units(unit, src, reference, dst),
            None if src.len() < unit => dst.copy_from_slice(src),
            None => {
                dst[..unit].copy_from_slice(&src[..unit]);
                xor_units(unit, &src[unit..], src, &mut dst[unit..]);
            }
        }
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let unit = unit(context.typesize);
        if let Some(reference) = context.reference {
            xor_units(unit, src, reference, dst);
            return Ok(());
        }
        let isa = Isa::current();
        match unit {
            8 => prefix_xor::<8>(isa, src, dst),
            4 => prefix_xor::<4>(isa, src, dst),
            2 => prefix_xor::<2>(isa, src, dst),
            _ => prefix_xor::<1>(isa, src, dst),
        }
        Ok(())
    }

    fn needs_reference(&self) -> bool {
        true
    }
}

/// Bytes that are XORed as one.
fn unit(typesize: usize) -> usize {
    match typesize {
        1 | 2 | 4 => typesize,
        _ if typesize.is_multiple_of(8) => 8,
        _ => 1,
    }
}

/// XORs the whole units that both `src` and `reference` have; copies the rest of `src`.
fn xor_units(unit: usize, src: &[u8], reference: &[u8], dst: &mut [u8]) {
    let whole = src.len().min(reference.len()) / unit * unit;
    xor(Isa::current(), &src[..whole], reference, &mut dst[..whole]);
    dst[whole..].copy_from_slice(&src[whole..]);
}
