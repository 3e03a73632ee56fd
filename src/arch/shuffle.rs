//! Byte shuffle: from items of several bytes to one plane per byte, and back.
//!
//! Picks the kernel: `shuffle_x86` has those for x86-64, [`scalar`](super::scalar) the loops for
//! other machines and for a handful of items.

use super::{Isa, scalar};

/// Where the bytes of a transposition are: byte `column` of item `index` is byte
/// `index * stride + column` of the items, and `column * plane + index` of the planes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Items to transpose.
    pub(super) nitems: usize,
    /// Bytes of each item to transpose.
    pub(super) columns: usize,
    /// Bytes from item to item.
    pub(super) stride: usize,
    /// Bytes from plane to plane.
    pub(super) plane: usize,
}

impl Layout {
    /// Whether no bytes lie between the items.
    pub(super) fn is_packed(self) -> bool {
        self.stride == self.columns
    }

    /// Panics unless all bytes of the layout are within buffers of these lengths: kernels rely on
    /// it.
    pub(super) fn check(self, items: usize, planes: usize) {
        let fits = |count: usize, step: usize, len: usize, have: usize| {
            let last =
                count.saturating_sub(1).checked_mul(step).and_then(|start| start.checked_add(len));
            last.is_some_and(|end| end <= have)
        };
        assert!(self.columns <= self.stride && self.nitems <= self.plane, "items overlap");
        assert!(fits(self.nitems, self.stride, self.columns, items), "items end early");
        assert!(fits(self.columns, self.plane, self.nitems, planes), "planes end early");
    }
}

/// Gathers byte `j` of all `width`-byte items of `src` in the `j`-th stretch of `dst`; bytes after
/// the last whole item stay where they are.
pub(crate) fn shuffle(isa: Isa, width: usize, src: &[u8], dst: &mut [u8]) {
    let Some(layout) = split_tail(width, src, dst) else { return };
    to_planes(isa, layout, src, dst);
}

/// Undoes [`shuffle`].
pub(crate) fn unshuffle(isa: Isa, width: usize, src: &[u8], dst: &mut [u8]) {
    let Some(layout) = split_tail(width, src, dst) else { return };
    from_planes(isa, layout, src, dst);
}

/// Copies what has no place in a plane; `None` when that was everything.
fn split_tail(width: usize, src: &[u8], dst: &mut [u8]) -> Option<Layout> {
    assert_eq!(src.len(), dst.len(), "a filter keeps the length");
    let nitems = if width < 2 { 0 } else { src.len() / width };
    let tail = nitems * width;
    dst[tail..].copy_from_slice(&src[tail..]);
    (nitems > 0).then_some(Layout { nitems, columns: width, stride: width, plane: nitems })
}

/// Writes the bytes that `layout` describes from items to planes.
pub(super) fn to_planes(isa: Isa, layout: Layout, items: &[u8], planes: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if super::shuffle_x86::to_planes(isa, layout, items, planes) {
        return;
    }
    let _ = isa;
    scalar::to_planes(layout, items, planes);
}

/// Writes the bytes that `layout` describes from planes to items.
pub(super) fn from_planes(isa: Isa, layout: Layout, planes: &[u8], items: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if super::shuffle_x86::from_planes(isa, layout, planes, items) {
        return;
    }
    let _ = isa;
    scalar::from_planes(layout, planes, items);
}
