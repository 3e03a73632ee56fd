//! XOR of two stretches, and differences of neighbouring bytes.
//!
//! Plain loops, compiled once for each instruction set: the compiler vectorises them, and wider
//! registers are all that is to be won.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::Isa;

/// Writes the XOR of `left` and `right` to `dst`, as far as the shortest of the three goes.
pub(crate) fn xor(isa: Isa, left: &[u8], right: &[u8], dst: &mut [u8]) {
    let combine = |left, right| left ^ right;
    recompiled(isa, left, right, dst, combine);
}

/// Writes the bytes of `src` less those before them to `dst`, which has the length of `src`; the
/// first byte is copied.
pub(crate) fn subtract_previous(isa: Isa, src: &[u8], dst: &mut [u8]) {
    let ([first, rest @ ..], [dst_first, dst_rest @ ..]) = (src, dst) else { return };
    *dst_first = *first;
    recompiled(isa, rest, src, dst_rest, u8::wrapping_sub);
}

/// Runs [`combine_bytes`] with the instructions of `isa`.
#[inline]
fn recompiled(isa: Isa, left: &[u8], right: &[u8], dst: &mut [u8], combine: impl Fn(u8, u8) -> u8) {
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { combine_avx2(left, right, dst, combine) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { combine_avx512(left, right, dst, combine) },
        _ => combine_bytes(left, right, dst, combine),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn combine_avx2(left: &[u8], right: &[u8], dst: &mut [u8], combine: impl Fn(u8, u8) -> u8) {
    combine_bytes(left, right, dst, combine);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn combine_avx512(left: &[u8], right: &[u8], dst: &mut [u8], combine: impl Fn(u8, u8) -> u8) {
    combine_bytes(left, right, dst, combine);
}

#[inline(always)]
fn combine_bytes(left: &[u8], right: &[u8], dst: &mut [u8], combine: impl Fn(u8, u8) -> u8) {
    for ((to, left), right) in dst.iter_mut().zip(left).zip(right) {
        *to = combine(*left, *right);
    }
}
