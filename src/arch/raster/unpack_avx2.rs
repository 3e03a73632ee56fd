//! Decoding with AVX2, with GFNI or without; see [`unpack_x86`](super::unpack_x86).
//!
//! A step is two registers. Planes are read in windows that end where a group ends, in which each
//! has its place whatever the width is. What a window has from before the group is replaced by zeros
//! or by the sign: for values of 1 or 2 bytes by shuffles from a table, for larger ones by masks
//! after planes have become values.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;
use std::hint::black_box;

use super::unpack_x86::{AHEAD, Kernel, LEFT, NONE, Part, UP, W3};
use super::{Prediction, SPAN, STEP};

/// The two registers of a step.
type Step = [__m256i; 2];

/// AVX2, with GFNI or without.
pub(super) struct Avx2<const HAS_GFNI: bool>;

impl<const HAS_GFNI: bool> Kernel for Avx2<HAS_GFNI> {
    unsafe fn unpack<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
        part: &Part<'_>,
        block: &mut [u8],
    ) -> usize {
        let planes = part.packed.planes;
        let mut part = part.clone();
        let mut unpack = |part: &mut Part<'_>, source: &Source<'_>| {
            // SAFETY: as for this function; the source has the planes.
            unsafe {
                if HAS_GFNI {
                    unpack_steps_gfni::<NBYTES, PREDICTOR, IS_FRONT>(part, source, block);
                } else {
                    unpack_steps_avx2::<NBYTES, PREDICTOR, IS_FRONT>(part, source, block);
                }
            }
        };
        if part.read < WINDOW {
            // A step that begins within a window of the start ends within two.
            let mut front = [0; 3 * WINDOW];
            let len = planes.len().min(2 * WINDOW);
            front[WINDOW..][..len].copy_from_slice(&planes[..len]);
            unpack(&mut part, &Source { bytes: &front, padding: WINDOW, until: WINDOW });
        }
        if !part.steps.is_empty() {
            unpack(&mut part, &Source { bytes: planes, padding: 0, until: usize::MAX });
        }
        part.read
    }
}

/// Bytes up to the end of a group that are read at most, and planes of a step at most.
const WINDOW: usize = 64;

/// Where planes are read.
struct Source<'a> {
    bytes: &'a [u8],
    /// Bytes before the first plane.
    padding: usize,
    /// Steps of which this many bytes of planes or more come before are left to others.
    until: usize,
}

/// Decodes steps, and takes them from the front of `part`.
///
/// # Safety
/// As for [`Kernel::unpack`]. `source` has the planes of all steps that it is for, and a window
/// before the end of each.
#[target_feature(enable = "avx2,bmi1,bmi2")]
unsafe fn unpack_steps_avx2<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
    part: &mut Part<'_>,
    source: &Source<'_>,
    block: &mut [u8],
) {
    // SAFETY: as for this function.
    unsafe { unpack_steps::<NBYTES, PREDICTOR, IS_FRONT, false>(part, source, block) }
}

/// # Safety
/// As for [`unpack_steps_avx2`].
#[target_feature(enable = "avx2,bmi1,bmi2,gfni")]
unsafe fn unpack_steps_gfni<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
    part: &mut Part<'_>,
    source: &Source<'_>,
    block: &mut [u8],
) {
    // SAFETY: as for this function.
    unsafe { unpack_steps::<NBYTES, PREDICTOR, IS_FRONT, true>(part, source, block) }
}

/// # Safety
/// As for [`unpack_steps_avx2`], and with GFNI if so.
#[inline(always)]
unsafe fn unpack_steps<
    const NBYTES: usize,
    const PREDICTOR: u8,
    const IS_FRONT: bool,
    const HAS_GFNI: bool,
>(
    part: &mut Part<'_>,
    source: &Source<'_>,
    block: &mut [u8],
) {
    let Prediction { stride, base, .. } = part.packed.prediction;
    let nbytes = block.len();
    let carry = part.carry(block);
    let block = block.as_mut_ptr();
    let first = source.bytes.as_ptr().wrapping_add(source.padding);
    let (mut next, mut read) = (part.steps.start, part.read);
    // SAFETY: the machine has the instructions. Steps begin within the block, and a part says when
    // it has to be at the front; distances are a value less than the shortest row at least. The
    // source has what is read.
    unsafe {
        let fours = if NBYTES < 4 { _mm256_setzero_si256() } else { order_of_fours() };
        let base = splat::<NBYTES>(base);
        let mut carry = splat::<NBYTES>(carry);
        'spans: for (steps, widths) in part.spans::<NBYTES>() {
            let span = Span::new::<NBYTES>(widths);
            for step in steps {
                if read >= source.until {
                    break 'spans;
                }
                let at = step * STEP;
                let planes = first.wrapping_add(read);
                _mm_prefetch::<_MM_HINT_T0>(planes.wrapping_add(AHEAD).cast());
                let index = step % (8 * NBYTES);
                let (windows, len) = span.windows::<NBYTES, PREDICTOR>(index, planes);
                let bytes = windows.map(|window| transposed::<HAS_GFNI>(window));
                let residuals = span.residuals::<NBYTES, PREDICTOR>(index, bytes, fours);
                let above = |distance| load_above::<IS_FRONT>(block, at, distance);
                let values = match PREDICTOR {
                    NONE => add::<NBYTES>(residuals, [base, base]),
                    UP => add::<NBYTES>(residuals, above(stride)),
                    W3 => {
                        let (left, right) = (above(stride + NBYTES), above(stride - NBYTES));
                        let beside = average::<NBYTES>(left, right);
                        add::<NBYTES>(residuals, average::<NBYTES>(above(stride), beside))
                    }
                    _ => {
                        let (sums, totals) = prefix_sums::<NBYTES>(residuals);
                        let [middle, end] = running_sums::<NBYTES>(carry, totals);
                        let sums = add::<NBYTES>(sums, [carry, middle]);
                        carry = end;
                        if PREDICTOR == LEFT { sums } else { add::<NBYTES>(sums, above(stride)) }
                    }
                };
                store(block, at, nbytes, values);
                read += len;
                next = step + 1;
            }
        }
    }
    (part.steps.start, part.read) = (next, read);
}

/// What the widths of a span mean for its steps.
struct Span<'a> {
    widths: &'a [u8; SPAN],
    /// For values of 1 or 2 bytes, whose windows have 16: where each of the windows of a step ends,
    /// from the start of the step's planes.
    ends: [[u16; 4]; 16],
    /// And where their indices for a shuffle begin, in bytes from the start of the table.
    rows: [[u16; 4]; 16],
}

impl<'a> Span<'a> {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new<const NBYTES: usize>(widths: &'a [u8; SPAN]) -> Self {
        let mut span = Self { widths, ends: [[0; 4]; 16], rows: [[0; 4]; 16] };
        let fours = span.ends.as_chunks_mut().0.iter_mut().zip(span.rows.as_chunks_mut().0);
        match NBYTES {
            1 => {
                for (widths, (ends, rows)) in widths.as_chunks().0.iter().zip(fours) {
                    let widths = load(widths);
                    let lens = _mm256_maddubs_epi16(widths, _mm256_set1_epi8(1));
                    let [first, second] = [16, 16 * 9];
                    let factors = _mm256_set1_epi16(i16::from_le_bytes([first, second]));
                    store_ends(lens, ends);
                    store_fours(_mm256_maddubs_epi16(factors, widths), rows);
                }
            }
            2 => {
                for (widths, (ends, rows)) in widths.as_chunks().0.iter().zip(fours) {
                    let lens = _mm256_cvtepu8_epi16(load_128(widths));
                    store_ends(lens, ends);
                    store_fours(_mm256_slli_epi16::<4>(lens), rows);
                }
            }
            _ => {}
        }
        span
    }

    /// The planes of a step, which begin at `planes`, each in its place; and how many bytes they
    /// are.
    ///
    /// # Safety
    /// The planes can be read, and [`WINDOW`] bytes up to the end of each group. Widths are not
    /// above the bits of a value.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn windows<const NBYTES: usize, const PREDICTOR: u8>(
        &self,
        index: usize,
        planes: *const u8,
    ) -> (Step, usize) {
        // SAFETY: groups end there, or pairs of them; rows are within the table, since each width
        // has some.
        unsafe {
            match NBYTES {
                1 | 2 => {
                    let (ends, rows) = (self.ends[index], self.rows[index]);
                    let kind = usize::from(PREDICTOR != NONE);
                    let table: &[[u8; 16]] = match NBYTES {
                        1 => &PAIRS[kind],
                        _ => &SINGLES[kind],
                    };
                    let table = table.as_ptr().cast::<u8>();
                    let window = |at: usize| planes.add(usize::from(ends[at])).sub(16);
                    let row = |at: usize| table.add(usize::from(rows[at]));
                    let shuffled = |one: usize, other: usize| {
                        let window = load_halves(window(one), window(other));
                        _mm256_shuffle_epi8(window, load_halves(row(one), row(other)))
                    };
                    ([shuffled(0, 1), shuffled(2, 3)], usize::from(ends[3]))
                }
                4 => {
                    let [first, second] = self.widths.as_chunks().0[index].map(usize::from);
                    let end = planes.add(first);
                    ([load_end(end), load_end(end.add(second))], first + second)
                }
                _ => {
                    let width = usize::from(self.widths[index]);
                    let end = planes.add(width);
                    ([load_end(end.sub(32)), load_end(end)], width)
                }
            }
        }
    }
    /// The residuals that the bytes of a step make up.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn residuals<const NBYTES: usize, const PREDICTOR: u8>(
        &self,
        index: usize,
        bytes: Step,
        fours: __m256i,
    ) -> Step {
        match NBYTES {
            1 => bytes,
            2 => values_of_2(bytes),
            4 => {
                let [first, second] = self.widths.as_chunks().0[index];
                let values = values_of_4(bytes, fours);
                let value = |at: usize, width| extended_32::<PREDICTOR>(values[at], width);
                [value(0, first), value(1, second)]
            }
            _ => {
                let width = self.widths[index];
                values_of_8(bytes, fours).map(|values| extended_64::<PREDICTOR>(values, width))
            }
        }
    }
}

/// Stores where windows end, given how many bytes of planes each has of its own.
#[inline]
#[target_feature(enable = "avx2")]
fn store_ends(lens: __m256i, ends: &mut [[u16; 4]; 4]) {
    let sums = _mm256_add_epi16(lens, _mm256_slli_epi64::<16>(lens));
    store_fours(_mm256_add_epi16(sums, _mm256_slli_epi64::<32>(sums)), ends);
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_fours(values: __m256i, to: &mut [[u16; 4]; 4]) {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), values) };
}

/// For each pair of widths, the first counting single rows, where the planes of two groups of single
/// bytes are in a window; for numbers without a sign and with.
static PAIRS: [[[u8; 16]; 81]; 2] = [pairs(false), pairs(true)];

/// For each width where the planes of a group of values of 2 bytes are in a window; for numbers
/// without a sign and with.
static SINGLES: [[[u8; 16]; 17]; 2] = [singles(false), singles(true)];

const fn pairs(is_signed: bool) -> [[u8; 16]; 81] {
    let mut rows = [[0; 16]; 81];
    let mut row = 0;
    while row < rows.len() {
        let (first, second) = (row % 9, row / 9);
        let mut plane = 0;
        while plane < 8 {
            rows[row][7 - plane] = place(plane, first, 16 - second, is_signed);
            rows[row][15 - plane] = place(plane, second, 16, is_signed);
            plane += 1;
        }
        row += 1;
    }
    rows
}

const fn singles(is_signed: bool) -> [[u8; 16]; 17] {
    let mut rows = [[0; 16]; 17];
    let mut width = 0;
    while width < rows.len() {
        let mut plane = 0;
        while plane < 16 {
            rows[width][15 - plane] = place(plane, width, 16, is_signed);
            plane += 1;
        }
        width += 1;
    }
    rows
}

/// Where a plane of a group that ends at `end` is, or the sign that stands for it; what a shuffle
/// makes zero if there is none.
const fn place(plane: usize, width: usize, end: usize, is_signed: bool) -> u8 {
    if plane < width {
        (end - 1 - plane) as u8
    } else if is_signed && width > 0 {
        (end - width) as u8
    } else {
        0x80
    }
}

/// Turns 8 planes into a byte of each of 8 values, in each 64 bits.
///
/// # Safety
/// The machine has AVX2, and GFNI if so.
#[inline(always)]
unsafe fn transposed<const HAS_GFNI: bool>(planes: __m256i) -> __m256i {
    // SAFETY: as for this function.
    unsafe { if HAS_GFNI { transposed_gfni(planes) } else { transposed_avx2(planes) } }
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn transposed_gfni(planes: __m256i) -> __m256i {
    let unit = _mm256_set1_epi64x(0x0102_0408_1020_4080);
    _mm256_gf2p8affine_epi64_epi8::<0>(unit, planes)
}

/// Byte i has to be bit 7 - i of all bytes, the last byte lowest: so bits are exchanged across the
/// other diagonal, first between bytes beside each other, then between pairs, then between fours.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed_avx2(planes: __m256i) -> __m256i {
    let bits = planes;
    let differing = _mm256_xor_si256(bits, _mm256_srli_epi64::<9>(bits));
    let differing = _mm256_and_si256(differing, _mm256_set1_epi16(0x0055));
    // Times 1 and, 9 bits up, times 1: within 16 bits one instruction does both.
    let bits = _mm256_xor_si256(bits, _mm256_mullo_epi16(differing, _mm256_set1_epi16(0x0201)));
    let differing = _mm256_xor_si256(bits, _mm256_srli_epi64::<18>(bits));
    let differing = _mm256_and_si256(differing, _mm256_set1_epi32(0x3333));
    let both = _mm256_xor_si256(differing, _mm256_slli_epi64::<18>(differing));
    let bits = _mm256_xor_si256(bits, both);
    let differing = _mm256_xor_si256(bits, _mm256_srli_epi64::<36>(bits));
    let differing = _mm256_and_si256(differing, _mm256_set1_epi64x(0x0f0f_0f0f));
    let both = _mm256_xor_si256(differing, _mm256_slli_epi64::<36>(differing));
    _mm256_xor_si256(bits, both)
}

/// Values from their high bytes and then their low bytes, 8 of each.
#[inline]
#[target_feature(enable = "avx2")]
fn values_of_2(bytes: Step) -> Step {
    let indices = in_lanes(&[8, 0, 9, 1, 10, 2, 11, 3, 12, 4, 13, 5, 14, 6, 15, 7]);
    bytes.map(|bytes| _mm256_shuffle_epi8(bytes, indices))
}

/// The order of four bytes each that [`values_of_4`] needs.
///
/// Told to nobody: the compiler replaces its two shuffles by four instructions if it knows the
/// indices.
#[inline]
#[target_feature(enable = "avx2")]
fn order_of_fours() -> __m256i {
    black_box(_mm256_setr_epi32(6, 4, 2, 0, 7, 5, 3, 1))
}

/// Values from their bytes, 8 of each, the highest first.
#[inline]
#[target_feature(enable = "avx2")]
fn values_of_4(bytes: Step, fours: __m256i) -> Step {
    let indices = in_lanes(&[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
    bytes.map(|bytes| _mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(bytes, fours), indices))
}

/// Values from their bytes, 8 of each, the highest first: the upper half of each value is in the
/// first register.
#[inline]
#[target_feature(enable = "avx2")]
fn values_of_8(bytes: Step, fours: __m256i) -> Step {
    let [upper, lower] = values_of_4(bytes, fours);
    let even = _mm256_unpacklo_epi32(lower, upper);
    let odd = _mm256_unpackhi_epi32(lower, upper);
    [_mm256_permute2x128_si256::<0x20>(even, odd), _mm256_permute2x128_si256::<0x31>(even, odd)]
}

/// For each width the bits of the value, and the sign among them.
const BITS: [(u64, u64); 65] = {
    let mut bits = [(0, 0); 65];
    let mut width = 1;
    while width <= 64 {
        bits[width] = (u64::MAX >> (64 - width), 1 << (width - 1));
        width += 1;
    }
    bits
};

/// Replaces what is above the bits of values.
#[inline]
#[target_feature(enable = "avx2")]
fn extended_32<const PREDICTOR: u8>(values: __m256i, width: u8) -> __m256i {
    let (bits, sign) = BITS[usize::from(width)];
    let values = _mm256_and_si256(values, _mm256_set1_epi32(bits as i32));
    if PREDICTOR == NONE {
        return values;
    }
    let sign = _mm256_set1_epi32(sign as i32);
    _mm256_sub_epi32(_mm256_xor_si256(values, sign), sign)
}

/// Replaces what is above the bits of values.
#[inline]
#[target_feature(enable = "avx2")]
fn extended_64<const PREDICTOR: u8>(values: __m256i, width: u8) -> __m256i {
    let (bits, sign) = BITS[usize::from(width)];
    let values = _mm256_and_si256(values, _mm256_set1_epi64x(bits as i64));
    if PREDICTOR == NONE {
        return values;
    }
    let sign = _mm256_set1_epi64x(sign as i64);
    _mm256_sub_epi64(_mm256_xor_si256(values, sign), sign)
}

/// In each register the sum of each value and all before; and all of each, in every place.
#[inline]
#[target_feature(enable = "avx2")]
fn prefix_sums<const NBYTES: usize>(values: Step) -> (Step, Step) {
    let mut sums = values;
    if NBYTES <= 1 {
        sums = add::<NBYTES>(sums, sums.map(|sums| _mm256_slli_epi64::<8>(sums)));
    }
    if NBYTES <= 2 {
        sums = add::<NBYTES>(sums, sums.map(|sums| _mm256_slli_epi64::<16>(sums)));
    }
    if NBYTES <= 4 {
        sums = add::<NBYTES>(sums, sums.map(|sums| _mm256_slli_epi64::<32>(sums)));
    }
    let lower = in_lanes(&const { last_of_lower_half::<NBYTES>() });
    sums = add::<NBYTES>(sums, sums.map(|sums| _mm256_shuffle_epi8(sums, lower)));
    let last = in_lanes(&const { last_of_lane::<NBYTES>() });
    let lanes = sums.map(|sums| _mm256_shuffle_epi8(sums, last));
    let lower_lanes = lanes.map(|lanes| _mm256_permute2x128_si256::<0x08>(lanes, lanes));
    let other_lanes = lanes.map(|lanes| _mm256_permute4x64_epi64::<0b01_00_11_10>(lanes));
    (add::<NBYTES>(sums, lower_lanes), add::<NBYTES>(lanes, other_lanes))
}

/// What there is after each of two registers, with what there was before.
#[inline]
#[target_feature(enable = "avx2")]
fn running_sums<const NBYTES: usize>(before: __m256i, totals: Step) -> Step {
    let middle = add_one::<NBYTES>(before, totals[0]);
    [middle, add_one::<NBYTES>(middle, totals[1])]
}

/// For each byte of the upper half of a lane where it is in the last value of the lower half;
/// nowhere for the lower half itself.
const fn last_of_lower_half<const NBYTES: usize>() -> [u8; 16] {
    let mut indices = [0x80; 16];
    let mut at = 8;
    while at < 16 {
        indices[at] = (8 - NBYTES + at % NBYTES) as u8;
        at += 1;
    }
    indices
}

/// For each byte of a lane where it is in the last value.
const fn last_of_lane<const NBYTES: usize>() -> [u8; 16] {
    let mut indices = [0; 16];
    let mut at = 0;
    while at < 16 {
        indices[at] = (16 - NBYTES + at % NBYTES) as u8;
        at += 1;
    }
    indices
}

/// The 64 bytes that begin `distance` before `at`; zeros before the block.
///
/// # Safety
/// `block` has `at` bytes, and `distance` is at least 64, at most `at` unless `IS_FRONT`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_above<const IS_FRONT: bool>(block: *const u8, at: usize, distance: usize) -> Step {
    if IS_FRONT && at < distance {
        let zeros = distance - at;
        let mut bytes = [[0; 32]; 2];
        if let Some(bytes) = bytes.as_flattened_mut().get_mut(zeros..) {
            // SAFETY: 64 - zeros bytes from the start end before `at`, wherever that is.
            unsafe { block.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
        }
        return bytes.each_ref().map(|bytes| load(bytes));
    }
    // SAFETY: these bytes end before `at`.
    unsafe {
        let from = block.add(at - distance);
        [load(&*from.cast()), load(&*from.add(32).cast())]
    }
}

/// Writes 64 bytes, or as many as there are from `at`.
///
/// # Safety
/// `block` has `nbytes` bytes, and `at` is one of them.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(block: *mut u8, at: usize, nbytes: usize, values: Step) {
    // SAFETY: `at` is within the block, and so are the bytes that are written.
    unsafe {
        let to = block.add(at);
        if at + 64 <= nbytes {
            _mm256_storeu_si256(to.cast(), values[0]);
            _mm256_storeu_si256(to.add(32).cast(), values[1]);
        } else {
            let mut bytes = [[0_u8; 32]; 2];
            _mm256_storeu_si256(bytes[0].as_mut_ptr().cast(), values[0]);
            _mm256_storeu_si256(bytes[1].as_mut_ptr().cast(), values[1]);
            to.copy_from_nonoverlapping(bytes.as_ptr().cast(), nbytes - at);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The same in both lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn in_lanes(bytes: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(load_128(bytes))
}

/// # Safety
/// 32 bytes before `end` can be read.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_end(end: *const u8) -> __m256i {
    // SAFETY: as for this function.
    load(unsafe { &*end.sub(32).cast() })
}

/// # Safety
/// 16 bytes can be read at both places.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_halves(low: *const u8, high: *const u8) -> __m256i {
    // SAFETY: as for this function.
    let [low, high] = unsafe { [load_128(&*low.cast()), load_128(&*high.cast())] };
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat<const NBYTES: usize>(value: u64) -> __m256i {
    match NBYTES {
        1 => _mm256_set1_epi8(value as i8),
        2 => _mm256_set1_epi16(value as i16),
        4 => _mm256_set1_epi32(value as i32),
        _ => _mm256_set1_epi64x(value as i64),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn add<const NBYTES: usize>(some: Step, others: Step) -> Step {
    [add_one::<NBYTES>(some[0], others[0]), add_one::<NBYTES>(some[1], others[1])]
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_one<const NBYTES: usize>(one: __m256i, other: __m256i) -> __m256i {
    match NBYTES {
        1 => _mm256_add_epi8(one, other),
        2 => _mm256_add_epi16(one, other),
        4 => _mm256_add_epi32(one, other),
        _ => _mm256_add_epi64(one, other),
    }
}

/// Rounds up.
#[inline]
#[target_feature(enable = "avx2")]
fn average<const NBYTES: usize>(some: Step, others: Step) -> Step {
    let average = |one: __m256i, other: __m256i| {
        let any = _mm256_or_si256(one, other);
        let differing = _mm256_xor_si256(one, other);
        match NBYTES {
            1 => _mm256_avg_epu8(one, other),
            2 => _mm256_avg_epu16(one, other),
            4 => _mm256_sub_epi32(any, _mm256_srli_epi32::<1>(differing)),
            _ => _mm256_sub_epi64(any, _mm256_srli_epi64::<1>(differing)),
        }
    };
    [average(some[0], others[0]), average(some[1], others[1])]
}
