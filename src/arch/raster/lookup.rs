//! Values by their index into a table.
//!
//! The highest index is looked for once; after that nothing is checked. Tables of a register or two
//! are looked up by byte shuffles, for each byte of the values by itself, and the bytes interleaved:
//! several times as fast as a gather.

#[cfg(target_arch = "x86_64")]
mod x86;

use crate::arch::Isa;

/// Entries that a byte can number.
const MAX: usize = 256;

/// Writes the entries of `table`, of `itemsize` bytes, that `indices` number. False, with `dst`
/// unspecified, if there is none of some number.
///
/// # Panics
/// If the lengths do not fit, `itemsize` is none of 1, 2, 4 and 8, or the table is too long.
pub(crate) fn lookup(
    isa: Isa,
    itemsize: usize,
    table: &[u8],
    indices: &[u8],
    dst: &mut [u8],
) -> bool {
    assert_eq!(dst.len(), indices.len() * itemsize, "a value for each index");
    let highest = indices.iter().fold(0, |highest, &index| highest.max(index));
    if (usize::from(highest) + 1) * itemsize > table.len() {
        return indices.is_empty();
    }
    match itemsize {
        1 => lookup_of::<1>(isa, table, indices, dst),
        2 => lookup_of::<2>(isa, table, indices, dst),
        4 => lookup_of::<4>(isa, table, indices, dst),
        8 => lookup_of::<8>(isa, table, indices, dst),
        _ => unreachable!("values of another size"),
    }
    true
}

fn lookup_of<const SIZE: usize>(isa: Isa, table: &[u8], indices: &[u8], dst: &mut [u8]) {
    let entries = table.as_chunks::<SIZE>().0;
    let mut table = [[0; SIZE]; MAX];
    table[..entries.len()].copy_from_slice(entries);
    let dst = dst.as_chunks_mut::<SIZE>().0;
    #[cfg(target_arch = "x86_64")]
    let done = x86::lookup(isa, &table, entries.len(), indices, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    let _ = isa;
    // As long as a byte can number, so that the compiler leaves out the check.
    for (&index, item) in indices[done..].iter().zip(&mut dst[done..]) {
        *item = table[usize::from(index)];
    }
}

/// The same for indices of 2 bytes and at most 8192 entries.
///
/// # Panics
/// As for [`lookup`].
pub(crate) fn lookup_wide(itemsize: usize, table: &[u8], indices: &[u8], dst: &mut [u8]) -> bool {
    match itemsize {
        2 => lookup_wide_of::<2>(table, indices, dst),
        4 => lookup_wide_of::<4>(table, indices, dst),
        8 => lookup_wide_of::<8>(table, indices, dst),
        _ => unreachable!("values of another size"),
    }
}

fn lookup_wide_of<const SIZE: usize>(table: &[u8], indices: &[u8], dst: &mut [u8]) -> bool {
    let table = table.as_chunks::<SIZE>().0;
    let indices = indices.as_chunks::<2>().0;
    let dst = dst.as_chunks_mut::<SIZE>().0;
    assert_eq!(dst.len(), indices.len(), "a value for each index");
    let numbers = || indices.iter().map(|&index| u16::from_le_bytes(index));
    let highest = numbers().fold(0, u16::max);
    let Some(table) = table.get(..=usize::from(highest)) else { return indices.is_empty() };
    for (item, index) in dst.iter_mut().zip(numbers()) {
        *item = table[usize::from(index)];
    }
    true
}

#[cfg(test)]
mod tests;
