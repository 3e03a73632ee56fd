//! The kernels as plain loops: what machines without a kernel of their own run, and what every
//! other kernel is tested against.

use super::shuffle::Layout;

/// [`to_planes`](super::shuffle::to_planes).
pub(super) fn to_planes(layout: Layout, items: &[u8], planes: &mut [u8]) {
    if layout.is_packed() {
        match layout.columns {
            2 => return to_planes_packed::<2>(layout, items, planes),
            3 => return to_planes_packed::<3>(layout, items, planes),
            4 => return to_planes_packed::<4>(layout, items, planes),
            8 => return to_planes_packed::<8>(layout, items, planes),
            _ => {}
        }
    }
    for column in 0..layout.columns {
        let plane = &mut planes[column * layout.plane..][..layout.nitems];
        let column = items.iter().skip(column).step_by(layout.stride);
        for (to, from) in plane.iter_mut().zip(column) {
            *to = *from;
        }
    }
}

/// [`from_planes`](super::shuffle::from_planes).
///
/// Walks items, not planes: scattered reads are cheaper than scattered writes.
pub(super) fn from_planes(layout: Layout, planes: &[u8], items: &mut [u8]) {
    if layout.is_packed() {
        match layout.columns {
            2 => return from_planes_packed::<2>(layout, planes, items),
            3 => return from_planes_packed::<3>(layout, planes, items),
            4 => return from_planes_packed::<4>(layout, planes, items),
            8 => return from_planes_packed::<8>(layout, planes, items),
            _ => {}
        }
    }
    for index in 0..layout.nitems {
        let item = &mut items[index * layout.stride..][..layout.columns];
        let bytes = planes[index..].iter().step_by(layout.plane);
        for (to, from) in item.iter_mut().zip(bytes) {
            *to = *from;
        }
    }
}

/// With a constant number of columns the compiler knows the stride and vectorises where it can.
fn to_planes_packed<const COLUMNS: usize>(layout: Layout, items: &[u8], planes: &mut [u8]) {
    for column in 0..COLUMNS {
        let plane = &mut planes[column * layout.plane..][..layout.nitems];
        for (to, item) in plane.iter_mut().zip(items.as_chunks::<COLUMNS>().0) {
            *to = item[column];
        }
    }
}

fn from_planes_packed<const COLUMNS: usize>(layout: Layout, planes: &[u8], items: &mut [u8]) {
    let plane: [&[u8]; COLUMNS] =
        std::array::from_fn(|column| &planes[column * layout.plane..][..layout.nitems]);
    let items = &mut items.as_chunks_mut::<COLUMNS>().0[..layout.nitems];
    for (index, item) in items.iter_mut().enumerate() {
        *item = std::array::from_fn(|column| plane[column][index]);
    }
}

/// Transposes 8 rows of 8 bits: bit `j` of row `i`, which is byte `i`, becomes bit `i` of row `j`.
///
/// Swaps the off-diagonal halves of the 8 × 8, then of each 4 × 4, then of each 2 × 2.
pub(super) fn transpose_bits(rows: [u64; 8]) -> [u64; 8] {
    const STEPS: [(usize, u32, u64); 3] =
        [(4, 4, 0x0f0f_0f0f_0f0f_0f0f), (2, 2, 0x3333_3333_3333_3333), (1, 1, !0 / 3)];
    let mut rows = rows;
    for (distance, shift, mask) in STEPS {
        for row in (0..8).filter(|row| row & distance == 0) {
            let (low, high) = (rows[row], rows[row + distance]);
            let swapped = ((low >> shift) ^ high) & mask;
            rows[row + distance] = high ^ swapped;
            rows[row] = low ^ (swapped << shift);
        }
    }
    rows
}

/// Undoes a XOR with the unit of `UNIT` bytes before; `last` is the unit before the first.
pub(super) fn prefix_xor<const UNIT: usize>(mut last: [u8; UNIT], src: &[u8], dst: &mut [u8]) {
    for (from, to) in src.as_chunks::<UNIT>().0.iter().zip(dst.as_chunks_mut::<UNIT>().0) {
        last = std::array::from_fn(|byte| last[byte] ^ from[byte]);
        *to = last;
    }
}

/// Undoes a subtraction of the byte before; `last` is the byte before the first.
pub(super) fn prefix_sum(mut last: u8, src: &[u8], dst: &mut [u8]) {
    for (from, to) in src.iter().zip(dst) {
        last = last.wrapping_add(*from);
        *to = last;
    }
}
