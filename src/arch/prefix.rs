//! Running XOR and running sum: what undoes a difference of neighbours.

use super::{Isa, scalar};

/// Undoes a XOR of each unit of `UNIT` bytes, a power of two up to 8, with the unit before.
///
/// Bytes after the last whole unit are copied.
pub(crate) fn prefix_xor<const UNIT: usize>(isa: Isa, src: &[u8], dst: &mut [u8]) {
    const { assert!(UNIT.is_power_of_two() && UNIT <= 8) };
    assert_eq!(src.len(), dst.len(), "a filter keeps the length");
    let done = vector::<UNIT, XOR>(isa, src, dst);
    let last = dst[..done].last_chunk::<UNIT>().copied().unwrap_or([0; UNIT]);
    scalar::prefix_xor(last, &src[done..], &mut dst[done..]);
    let tail = src.len() / UNIT * UNIT;
    dst[tail..].copy_from_slice(&src[tail..]);
}

/// Undoes a subtraction, without carry, of the byte before from each byte.
pub(crate) fn prefix_sum(isa: Isa, src: &[u8], dst: &mut [u8]) {
    assert_eq!(src.len(), dst.len(), "a filter keeps the length");
    let done = vector::<1, SUM>(isa, src, dst);
    let last = dst[..done].last().copied().unwrap_or(0);
    scalar::prefix_sum(last, &src[done..], &mut dst[done..]);
}

/// What is accumulated.
pub(super) const XOR: u8 = 0;
/// What is accumulated.
pub(super) const SUM: u8 = 1;

/// Does a number of bytes from the front, and says how many.
fn vector<const UNIT: usize, const OP: u8>(isa: Isa, src: &[u8], dst: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    return super::prefix_x86::prefix::<UNIT, OP>(isa, src, dst);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (isa, src, dst);
        0
    }
}
