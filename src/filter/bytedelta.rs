use crate::arch::Isa;
use crate::arch::difference::subtract_previous;
use crate::arch::prefix::prefix_sum;
use crate::filter::{Filter, FilterContext, FilterError, FilterId};

/// Difference of neighbouring bytes within each byte plane, for use after
/// [`Shuffle`](super::Shuffle).
///
/// The planes are as many as the elements have bytes, each of as many bytes as there are whole
/// elements. What comes after the planes is kept as it is.
///
/// Specified as filter 35 in C-Blosc2's [plugin of the same name], whose version 3.3.2 was the first
/// to keep the bytes after the planes. Number 34 is an earlier form that differs for planes of no
/// multiple of 16 bytes; it is not supported.
///
/// The meta byte is the number of planes when that is not the typesize. C-Blosc2 refuses to read a
/// chunk outside of a super-chunk or frame when it is 0: [`planes`](Self::planes) with the typesize
/// makes such chunks readable.
///
/// ```
/// use ndpress::filter::{ByteDelta, Filter, FilterContext};
///
/// let mut differences = [0; 7];
/// let context = FilterContext::new(2, 0);
/// ByteDelta::default().forward(&[10, 11, 13, 5, 4, 4, 99], &mut differences, &context)?;
/// assert_eq!(differences, [10, 1, 2, 5, 255, 0, 99]);
/// # Ok::<(), ndpress::FilterError>(())
/// ```
///
/// [plugin of the same name]: https://github.com/Blosc/c-blosc2/tree/main/plugins/filters/bytedelta
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteDelta {
    planes: u8,
}

impl ByteDelta {
    /// For `planes` byte planes instead of one per byte of an element; 0 for those after all.
    #[must_use]
    pub const fn planes(planes: u8) -> Self {
        Self { planes }
    }
}

impl Filter for ByteDelta {
    fn id(&self) -> FilterId {
        FilterId::BYTEDELTA
    }

    /// The number of planes, always: outside of a super-chunk C-Blosc2 does not take 0 for an answer.
    fn meta(&self, typesize: usize) -> u8 {
        if self.planes == 0 { typesize as u8 } else { self.planes }
    }

    fn forward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let isa = Isa::current();
        for_each_plane(src, dst, context, |src, dst| subtract_previous(isa, src, dst));
        Ok(())
    }

    fn backward(
        &self,
        src: &[u8],
        dst: &mut [u8],
        context: &FilterContext<'_>,
    ) -> Result<(), FilterError> {
        let isa = Isa::current();
        for_each_plane(src, dst, context, |src, dst| prefix_sum(isa, src, dst));
        Ok(())
    }
}

/// Calls `action` with every plane, and copies what comes after them.
fn for_each_plane(
    src: &[u8],
    dst: &mut [u8],
    context: &FilterContext<'_>,
    action: impl Fn(&[u8], &mut [u8]),
) {
    let width = context.width().max(1);
    let nitems = src.len() / width;
    let tail = nitems * width;
    dst[tail..].copy_from_slice(&src[tail..]);
    if nitems > 0 {
        let planes = dst[..tail].chunks_exact_mut(nitems);
        src.chunks_exact(nitems).zip(planes).for_each(|(src, dst)| action(src, dst));
    }
}
