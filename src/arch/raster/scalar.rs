//! The kernels as plain loops: what machines without a kernel of their own run, and what every
//! other kernel is tested against.

use std::array;
use std::ops::Range;

use super::{GROUP, Prediction, Predictor};

/// An unsigned number of 1, 2, 4 or 8 bytes.
pub(super) trait Value: Copy + Ord + Default {
    const NBYTES: usize = size_of::<Self>();

    fn from_u64(bits: u64) -> Self;
    fn to_u64(self) -> u64;
    /// The value at index `at` of `bytes`.
    fn load(bytes: &[u8], at: usize) -> Self;
    fn store(self, bytes: &mut [u8], at: usize);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// Rounds up.
    fn average(self, other: Self) -> Self;
    /// Numbers with a sign as numbers without: 0, -1, 1, -2, 2 become 0 to 4.
    fn folded(self) -> Self;
    /// Bits that the number needs.
    fn unsigned_width(self) -> u32;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    /// Eight values from their lowest bytes, their second bytes and so on.
    fn from_bytes(bytes: impl Fn(usize) -> [u8; GROUP]) -> [Self; GROUP];
}

macro_rules! values {
    ($($value:ident: $signed:ident),*) => {$(
        impl Value for $value {
            fn from_u64(bits: u64) -> Self {
                bits as Self
            }

            fn to_u64(self) -> u64 {
                self.into()
            }

            #[inline(always)]
            fn load(bytes: &[u8], at: usize) -> Self {
                let mut value = [0; Self::NBYTES];
                value.copy_from_slice(&bytes[at * Self::NBYTES..][..Self::NBYTES]);
                Self::from_le_bytes(value)
            }

            #[inline(always)]
            fn store(self, bytes: &mut [u8], at: usize) {
                bytes[at * Self::NBYTES..][..Self::NBYTES].copy_from_slice(&self.to_le_bytes());
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn average(self, other: Self) -> Self {
                (self | other) - ((self ^ other) >> 1)
            }

            #[inline(always)]
            fn folded(self) -> Self {
                (self << 1) ^ ((self as $signed) >> (Self::BITS - 1)) as Self
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }

            #[inline(always)]
            fn unsigned_width(self) -> u32 {
                Self::BITS - self.leading_zeros()
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            #[inline(always)]
            fn from_bytes(bytes: impl Fn(usize) -> [u8; GROUP]) -> [Self; GROUP] {
                let bytes: [_; Self::NBYTES] = array::from_fn(bytes);
                array::from_fn(|at| Self::from_le_bytes(bytes.map(|bytes| bytes[at])))
            }
        }
    )*};
}
values!(u8: i8, u16: i16, u32: i32, u64: i64);

/// Calls a function for values of the size at hand.
macro_rules! with_value {
    ($itemsize:expr, $function:ident($($argument:expr),*)) => {
        match $itemsize {
            1 => $function::<u8>($($argument),*),
            2 => $function::<u16>($($argument),*),
            4 => $function::<u32>($($argument),*),
            _ => $function::<u64>($($argument),*),
        }
    };
}
pub(super) use with_value;

/// [`transpose`](super::transpose).
pub(super) fn transpose(p: &Prediction, src: &[u8], planes: &mut [u8], widths: &mut [u8]) {
    with_value!(p.itemsize, transpose_values(p, src, planes, widths));
}

fn transpose_values<V: Value>(p: &Prediction, src: &[u8], planes: &mut [u8], widths: &mut [u8]) {
    let mut residuals = [V::default(); TILE * GROUP];
    let tile_nbytes = TILE * GROUP * V::NBYTES;
    widths.fill(0);
    for (index, planes) in planes.chunks_mut(tile_nbytes).enumerate() {
        let start = index * tile_nbytes;
        let range = start..src.len().min(start + tile_nbytes);
        // What the last group lacks are zeros.
        residuals[range.len() / V::NBYTES..].fill(V::default());
        residuals_in(p, range, src, &mut residuals);
        let groups = residuals.as_chunks::<GROUP>().0.iter();
        let planes = planes.chunks_exact_mut(GROUP * V::NBYTES);
        let widths = widths[index * TILE..].iter_mut();
        for ((residuals, planes), width) in groups.zip(planes).zip(widths) {
            let folded = residuals.map(|residual| match p.predictor {
                Predictor::None => residual,
                _ => residual.folded(),
            });
            *width = folded.into_iter().fold(V::default(), V::or).unsigned_width() as u8;
            for (byte, planes) in planes.rchunks_exact_mut(8).enumerate() {
                let values = residuals.map(|residual| (residual.to_u64() >> (8 * byte)) as u8);
                let matrix = transposed(u64::from_le_bytes(values));
                planes.copy_from_slice(&matrix.to_le_bytes());
            }
        }
    }
}

/// The residuals of the values in `range`.
fn residuals_in<V: Value>(
    p: &Prediction,
    range: Range<usize>,
    src: &[u8],
    residuals: &mut [V; TILE * GROUP],
) {
    // From here on all neighbours exist.
    let inner = match p.predictor {
        Predictor::None => 0,
        Predictor::Left => V::NBYTES,
        _ => p.head(src.len()).max(p.stride.saturating_add(V::NBYTES)),
    };
    let inner = inner.clamp(range.start, range.end);
    let (outer_residuals, residuals) = residuals.split_at_mut((inner - range.start) / V::NBYTES);
    let head = p.head(src.len()) / V::NBYTES;
    for (at, residual) in (range.start / V::NBYTES..).zip(outer_residuals) {
        *residual = V::load(src, at).sub(predicted(p, head, src, at));
    }
    let range = inner..range.end;
    if range.is_empty() {
        return;
    }
    let before = |distance: usize| {
        src[range.start - distance..][..range.len()].chunks_exact(V::NBYTES).map(|v| V::load(v, 0))
    };
    let (stride, one) = (p.stride, V::NBYTES);
    let to = residuals.iter_mut().zip(before(0));
    match p.predictor {
        Predictor::None => {
            let base = V::from_u64(p.base);
            to.for_each(|(to, value)| *to = value.sub(base));
        }
        Predictor::Left => {
            to.zip(before(one)).for_each(|((to, value), left)| *to = value.sub(left));
        }
        Predictor::Up => {
            to.zip(before(stride)).for_each(|((to, value), up)| *to = value.sub(up));
        }
        Predictor::Gradient => {
            let above = before(stride).zip(before(stride + one));
            for (((to, value), left), (up, up_left)) in to.zip(before(one)).zip(above) {
                *to = value.sub(left).sub(up.sub(up_left));
            }
        }
        Predictor::W3 => {
            let sides = before(stride + one).zip(before(stride - one));
            for (((to, value), up), (left, right)) in to.zip(before(stride)).zip(sides) {
                *to = value.sub(up.average(left.average(right)));
            }
        }
    }
}

/// [`compact`](super::compact).
pub(super) fn compact(nplanes: usize, planes: &[u8], widths: &[u8], dst: &mut [u8]) -> usize {
    let mut len = 0;
    for (planes, &width) in planes.chunks_exact(nplanes).zip(widths) {
        let width = usize::from(width);
        dst[len..][..width].copy_from_slice(&planes[nplanes - width..]);
        len += width;
    }
    len
}

/// Decodes the bytes in `range`, which are whole steps or reach the end, from the front of
/// `planes`, and says how many bytes of these it used.
pub(super) fn unpack(
    p: &Prediction,
    range: Range<usize>,
    widths: &[u8],
    planes: &[u8],
    block: &mut [u8],
) -> usize {
    with_value!(p.itemsize, unpack_values(p, range, widths, planes, block))
}

fn unpack_values<V: Value>(
    p: &Prediction,
    range: Range<usize>,
    widths: &[u8],
    planes: &[u8],
    block: &mut [u8],
) -> usize {
    let mut residuals = [V::default(); TILE * GROUP];
    let tile_nbytes = TILE * GROUP * V::NBYTES;
    let (mut start, mut read) = (range.start, 0);
    while start < range.end {
        let end = range.end.min(start + tile_nbytes);
        let groups = start / (GROUP * V::NBYTES)..end.div_ceil(GROUP * V::NBYTES);
        let widths = &widths[groups];
        read = residuals_of(widths, planes, read, &mut residuals);
        if p.predictor != Predictor::None {
            extend_signs(widths, &mut residuals);
        }
        add_predictions(p, start..end, &residuals, block);
        start = end;
    }
    read
}

/// Groups whose planes are turned into residuals at once: loops over so many the compiler
/// vectorises, and all that they work on stays in the first-level cache.
const TILE: usize = 64;

/// Turns the planes of these groups, which begin at `read`, into residuals without a sign, and
/// says where the next group begins.
fn residuals_of<V: Value>(
    widths: &[u8],
    planes: &[u8],
    mut read: usize,
    residuals: &mut [V; TILE * GROUP],
) -> usize {
    // Eight planes of a group, those of one byte of the values, are a matrix of bits.
    let mut matrices = [[0_u64; TILE]; 8];
    for (group, &width) in widths.iter().enumerate() {
        read += usize::from(width);
        for (byte, matrices) in matrices[..V::NBYTES].iter_mut().enumerate() {
            let nplanes = usize::from(width).saturating_sub(8 * byte).min(8);
            matrices[group] = matrix(planes, read.saturating_sub(8 * byte), nplanes);
        }
    }
    for matrices in &mut matrices[..V::NBYTES] {
        matrices.iter_mut().for_each(|matrix| *matrix = transposed(*matrix));
    }
    for (group, residuals) in residuals.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
        let bytes = |byte: usize| matrices[byte][group].to_le_bytes();
        *residuals = V::from_bytes(bytes);
    }
    read
}

/// The last `nplanes` bytes before `end` as a matrix, zeros above.
#[inline(always)]
fn matrix(planes: &[u8], end: usize, nplanes: usize) -> u64 {
    let Some(start) = end.checked_sub(8) else {
        // Near the front there are not always eight bytes.
        let bytes = planes[end - nplanes..end].iter();
        return bytes
            .rev()
            .enumerate()
            .fold(0, |matrix, (at, &plane)| matrix | u64::from(plane) << (56 - 8 * at));
    };
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&planes[start..end]);
    u64::from_le_bytes(bytes) & LAST_BYTES[nplanes]
}

/// Masks of the last so many bytes of a matrix.
const LAST_BYTES: [u64; 9] = {
    let mut masks = [0; 9];
    let mut nbytes = 1;
    while nbytes <= 8 {
        masks[nbytes] = masks[nbytes - 1] >> 8 | 0xff << 56;
        nbytes += 1;
    }
    masks
};

/// Mirrors a matrix of bits so that planes become values, and values planes: bit c of byte r
/// goes to bit 7 - r of byte 7 - c. Squares of 1, 2 and 4 bits change places.
#[inline(always)]
fn transposed(matrix: u64) -> u64 {
    let swap = |matrix: u64, shift: u32, mask: u64| {
        let changed = (matrix ^ matrix >> shift) & mask;
        matrix ^ changed ^ changed << shift
    };
    let matrix = swap(matrix, 9, 0x0055_0055_0055_0055);
    let matrix = swap(matrix, 18, 0x0000_3333_0000_3333);
    swap(matrix, 36, 0x0000_0000_0f0f_0f0f)
}

/// Repeats the highest of each group's planes in those above it.
fn extend_signs<V: Value>(widths: &[u8], residuals: &mut [V; TILE * GROUP]) {
    for (&width, residuals) in widths.iter().zip(residuals.as_chunks_mut::<GROUP>().0) {
        let sign = V::from_u64(if width == 0 { 0 } else { 1 << (width - 1) });
        // Below the sign's weight numbers stay; from there on they become what they are less than.
        residuals.iter_mut().for_each(|residual| *residual = residual.xor(sign).sub(sign));
    }
}

/// Adds what the values in `range` are predicted to be to their residuals, and stores them.
///
/// Loops that need no value of the same row are cut where they would read what they write, so that
/// the compiler can vectorise them.
fn add_predictions<V: Value>(
    p: &Prediction,
    range: Range<usize>,
    residuals: &[V; TILE * GROUP],
    block: &mut [u8],
) {
    let head = p.head(block.len()).clamp(range.start, range.end);
    let (first, rest) = residuals.split_at((head - range.start) / V::NBYTES);
    if !first.is_empty() {
        add_gradients(p.stride, range.start..head, first, block);
    }
    let range = head..range.end;
    if range.is_empty() {
        return;
    }
    match p.predictor {
        Predictor::None => {
            let base = V::from_u64(p.base);
            for (to, residual) in block[range].chunks_exact_mut(V::NBYTES).zip(rest) {
                base.add(*residual).store(to, 0);
            }
        }
        Predictor::Left => {
            let mut value = match range.start.checked_sub(V::NBYTES) {
                Some(before) => V::load(&block[before..], 0),
                None => V::default(),
            };
            for (to, residual) in block[range].chunks_exact_mut(V::NBYTES).zip(rest) {
                value = value.add(*residual);
                value.store(to, 0);
            }
        }
        Predictor::Gradient => add_gradients(p.stride, range, rest, block),
        Predictor::Up => add_rows::<V>(p.stride, range, rest, block, |_, up, _| up),
        Predictor::W3 => add_rows::<V>(p.stride, range, rest, block, |left, up, right| {
            up.average(left.average(right))
        }),
    }
}

/// Adds to the residuals of the values in `range`, none of which is in the first row, what
/// `predict` makes of the three values above: left, up and right.
#[inline(always)]
fn add_rows<V: Value>(
    stride: usize,
    range: Range<usize>,
    residuals: &[V],
    block: &mut [u8],
    predict: impl Fn(V, V, V) -> V,
) {
    let mut at = range.start;
    let mut residuals = residuals;
    while at < range.end {
        // What is above the first value of the second row has nothing to its left.
        let is_first = at == stride;
        let len = if is_first { V::NBYTES } else { (range.end - at).min(stride - V::NBYTES) };
        let (done, rest) = block.split_at_mut(at);
        let [up, right] = [at - stride, at - stride + V::NBYTES].map(|from| &done[from..][..len]);
        let left = if is_first { &[0; 8][..len] } else { &done[at - stride - V::NBYTES..][..len] };
        let above = left.chunks_exact(V::NBYTES).zip(up.chunks_exact(V::NBYTES));
        let above = above.zip(right.chunks_exact(V::NBYTES));
        let (now, later) = residuals.split_at(len / V::NBYTES);
        for ((to, residual), ((left, up), right)) in
            rest[..len].chunks_exact_mut(V::NBYTES).zip(now).zip(above)
        {
            let [left, up, right] = [left, up, right].map(|value| V::load(value, 0));
            predict(left, up, right).add(*residual).store(to, 0);
        }
        residuals = later;
        at += len;
    }
}

/// Adds to the residuals of the values in `range` left + up - upper left.
///
/// The difference to the value above is a running sum.
fn add_gradients<V: Value>(stride: usize, range: Range<usize>, residuals: &[V], block: &mut [u8]) {
    let before = |block: &[u8], back: usize| match range.start.checked_sub(back) {
        Some(at) => V::load(&block[at..], 0),
        None => V::default(),
    };
    let mut difference =
        before(block, V::NBYTES).sub(before(block, stride.saturating_add(V::NBYTES)));
    let mut at = range.start;
    let mut residuals = residuals;
    while at < range.end {
        let is_first_row = at < stride;
        let len = (range.end - at).min(if is_first_row { stride - at } else { stride });
        let (now, later) = residuals.split_at(len / V::NBYTES);
        let (done, rest) = block.split_at_mut(at);
        let to = rest[..len].chunks_exact_mut(V::NBYTES).zip(now);
        if is_first_row {
            for (to, residual) in to {
                difference = difference.add(*residual);
                difference.store(to, 0);
            }
        } else {
            for ((to, residual), up) in to.zip(done[at - stride..].chunks_exact(V::NBYTES)) {
                difference = difference.add(*residual);
                difference.add(V::load(up, 0)).store(to, 0);
            }
        }
        residuals = later;
        at += len;
    }
}

/// What value `at` is predicted to be; the first `head` values by the gradient.
fn predicted<V: Value>(p: &Prediction, head: usize, values: &[u8], at: usize) -> V {
    let row = p.stride / V::NBYTES;
    let before = |distance: usize| match at.checked_sub(distance) {
        Some(at) => V::load(values, at),
        None => V::default(),
    };
    match p.predictor {
        Predictor::None => V::from_u64(p.base),
        Predictor::Left => before(1),
        Predictor::Up if at >= head => before(row),
        Predictor::W3 if at >= head => {
            before(row).average(before(row + 1).average(before(row - 1)))
        }
        _ => before(1).add(before(row)).sub(before(row.saturating_add(1))),
    }
}
