//! Decoding with AVX-512; see [`unpack_x86`](super::unpack_x86).
//!
//! A step is one register. Planes that are not stored are skipped over by one expansion of the
//! bytes at hand, one multiplication of bit matrices turns the 8 planes of each 64 bits into a byte
//! of 8 values, and one permutation brings the bytes of a value together. Residuals with a sign are
//! put together in the highest bits, and then shifted down: with single bytes by another matrix.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::unpack_x86::{AHEAD, Kernel, LEFT, NONE, Part, UP, W3};
use super::{Prediction, SPAN, STEP};

/// AVX-512 F, BW, VBMI and VBMI2, with GFNI, BMI2 and POPCNT.
pub(super) struct Avx512;

impl Kernel for Avx512 {
    unsafe fn unpack<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
        part: &Part<'_>,
        block: &mut [u8],
    ) -> usize {
        // SAFETY: as for this function.
        unsafe { unpack_steps::<NBYTES, PREDICTOR, IS_FRONT>(part, block) }
    }
}

/// # Safety
/// As for [`Kernel::unpack`].
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,bmi2,popcnt")]
unsafe fn unpack_steps<const NBYTES: usize, const PREDICTOR: u8, const IS_FRONT: bool>(
    part: &Part<'_>,
    block: &mut [u8],
) -> usize {
    let Prediction { stride, base, .. } = part.packed.prediction;
    let base = splat::<NBYTES>(base);
    let last = load(&const { last_value::<NBYTES>() });
    let mut carry = splat::<NBYTES>(part.carry(block));
    let nbytes = block.len();
    let block = block.as_mut_ptr();
    let mut cursor = Cursor { planes: part.packed.planes, read: part.read };
    for (steps, widths) in part.spans::<NBYTES>() {
        let span = Span::<NBYTES>::new::<PREDICTOR>(widths);
        for step in steps {
            let at = step * STEP;
            let residuals = span.residuals::<PREDICTOR>(step % (8 * NBYTES), &mut cursor);
            // SAFETY: the step begins within the block, and a part says when it has to be at the
            // front; distances are a value less than the shortest row at least.
            let above = |distance| unsafe { load_above::<IS_FRONT>(block, at, distance) };
            let values = match PREDICTOR {
                NONE => add::<NBYTES>(residuals, base),
                UP => add::<NBYTES>(residuals, above(stride)),
                W3 => {
                    let beside = average::<NBYTES>(above(stride + NBYTES), above(stride - NBYTES));
                    add::<NBYTES>(residuals, average::<NBYTES>(above(stride), beside))
                }
                _ => {
                    let sums = add::<NBYTES>(prefix_sums::<NBYTES>(residuals), carry);
                    carry = _mm512_permutexvar_epi8(last, sums);
                    if PREDICTOR == LEFT { sums } else { add::<NBYTES>(sums, above(stride)) }
                }
            };
            // SAFETY: the step begins within the block.
            unsafe { store(block, at, nbytes, values) };
        }
    }
    cursor.read
}

/// Where planes are read.
struct Cursor<'a> {
    planes: &'a [u8],
    read: usize,
}

impl Cursor<'_> {
    /// The next 64 bytes, as far as there are.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,bmi2")]
    fn window(&self) -> __m512i {
        let start = self.planes.as_ptr().wrapping_add(self.read);
        // SAFETY: no byte is read after the last; what is asked for ahead need not exist.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(AHEAD).cast());
            if self.read + 64 <= self.planes.len() {
                return _mm512_loadu_si512(start.cast());
            }
            let left = self.planes.len().saturating_sub(self.read);
            _mm512_maskz_loadu_epi8(_bzhi_u64(u64::MAX, left as u32), start.cast())
        }
    }
}

/// What the widths of a span mean for its steps.
struct Span<const NBYTES: usize> {
    /// For each step which of its 64 bytes of planes are stored: of a group the last, or the first
    /// where there is a sign.
    masks: [[u64; 8]; NBYTES],
    /// For each group how many planes are not stored.
    missing: [u8; SPAN],
}

impl<const NBYTES: usize> Span<NBYTES> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new<const PREDICTOR: u8>(widths: &[u8; SPAN]) -> Self {
        let mut span = Self { masks: [[0; 8]; NBYTES], missing: [0; SPAN] };
        let missing = _mm512_sub_epi8(_mm512_set1_epi8(8 * NBYTES as i8), load(widths));
        // SAFETY: the array has 64 bytes.
        unsafe { _mm512_storeu_si512(span.missing.as_mut_ptr().cast(), missing) };
        for (index, masks) in span.masks.iter_mut().enumerate() {
            let missing = widened::<NBYTES>(&span.missing, index);
            let bits = if PREDICTOR == NONE {
                ones_shifted_left::<NBYTES>(missing)
            } else {
                ones_shifted_right::<NBYTES>(missing)
            };
            // SAFETY: the array has 64 bytes.
            unsafe { _mm512_storeu_si512(masks.as_mut_ptr().cast(), bits) };
        }
        span
    }

    /// The residuals of a step of the span, whose planes are next.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,bmi2,popcnt")]
    fn residuals<const PREDICTOR: u8>(&self, index: usize, cursor: &mut Cursor<'_>) -> __m512i {
        let mask = self.masks.as_flattened()[index];
        let planes = _mm512_maskz_expand_epi8(mask, cursor.window());
        cursor.read += mask.count_ones() as usize;
        let unit = _mm512_set1_epi64(0x0102_0408_1020_4080);
        let bytes = _mm512_gf2p8affine_epi64_epi8::<0>(unit, planes);
        let values = match NBYTES {
            1 => bytes,
            _ => _mm512_permutexvar_epi8(load(&const { bytes_of_values::<NBYTES>() }), bytes),
        };
        if PREDICTOR == NONE { values } else { self.shifted_down(index, values) }
    }

    /// Shifts values down by as much as their groups lack.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,gfni")]
    fn shifted_down(&self, index: usize, values: __m512i) -> __m512i {
        let missing = match NBYTES {
            1 => {
                let missing = _mm512_cvtepu8_epi64(load_64(&self.missing.as_chunks().0[index]));
                let matrices = load_matrices(&SHIFTS_RIGHT);
                let shifts = _mm512_permutexvar_epi64(missing, matrices);
                return _mm512_gf2p8affine_epi64_epi8::<0>(values, shifts);
            }
            2 => _mm512_set1_epi32(i32::from_le_bytes(self.missing.as_chunks().0[index])),
            4 => _mm512_set1_epi16(i16::from_le_bytes(self.missing.as_chunks().0[index])),
            _ => _mm512_set1_epi8(self.missing[index] as i8),
        };
        let counts = _mm512_shuffle_epi8(missing, load(&const { groups_of_values::<NBYTES>() }));
        match NBYTES {
            2 => _mm512_srav_epi16(values, counts),
            4 => _mm512_srav_epi32(values, counts),
            _ => _mm512_srav_epi64(values, counts),
        }
    }
}

/// The bytes that become the `index`th register when each is widened to `NBYTES`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn widened<const NBYTES: usize>(bytes: &[u8; SPAN], index: usize) -> __m512i {
    match NBYTES {
        1 => load(bytes),
        2 => _mm512_cvtepu8_epi16(load_256(&bytes.as_chunks().0[index])),
        4 => _mm512_cvtepu8_epi32(load_128(&bytes.as_chunks().0[index])),
        _ => _mm512_cvtepu8_epi64(load_64(&bytes.as_chunks().0[index])),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn ones_shifted_left<const NBYTES: usize>(counts: __m512i) -> __m512i {
    const SHIFTED: [u8; 16] =
        [0xff, 0xfe, 0xfc, 0xf8, 0xf0, 0xe0, 0xc0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];
    let ones = _mm512_set1_epi8(-1);
    match NBYTES {
        1 => _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_128(&SHIFTED)), counts),
        2 => _mm512_sllv_epi16(ones, counts),
        4 => _mm512_sllv_epi32(ones, counts),
        _ => _mm512_sllv_epi64(ones, counts),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn ones_shifted_right<const NBYTES: usize>(counts: __m512i) -> __m512i {
    const SHIFTED: [u8; 16] =
        [0xff, 0x7f, 0x3f, 0x1f, 0x0f, 0x07, 0x03, 0x01, 0, 0, 0, 0, 0, 0, 0, 0];
    let ones = _mm512_set1_epi8(-1);
    match NBYTES {
        1 => _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_128(&SHIFTED)), counts),
        2 => _mm512_srlv_epi16(ones, counts),
        4 => _mm512_srlv_epi32(ones, counts),
        _ => _mm512_srlv_epi64(ones, counts),
    }
}

/// The matrices that shift a byte right by 0 to 7 bits, with its sign. Row 7 - i says which bits of
/// the byte make up bit i.
const SHIFTS_RIGHT: [u64; 8] = {
    let mut matrices = [0; 8];
    let mut cell = 0;
    while cell < 64 {
        let (count, bit) = (cell / 8, cell % 8);
        let from = if bit + count < 7 { bit + count } else { 7 };
        matrices[count] |= (1 << from) << (8 * (7 - bit));
        cell += 1;
    }
    matrices
};

/// For each byte of the values of a step where it is after the transposition: in each group the
/// highest bytes of all 8 values come first.
const fn bytes_of_values<const NBYTES: usize>() -> [u8; 64] {
    let mut indices = [0; 64];
    let mut at = 0;
    while at < 64 {
        let (group, value, byte) = (at / (8 * NBYTES), at / NBYTES % 8, at % NBYTES);
        indices[at] = (group * 8 * NBYTES + (NBYTES - 1 - byte) * 8 + value) as u8;
        at += 1;
    }
    indices
}

/// For the lowest byte of each value of a step the number of its group; zero above.
const fn groups_of_values<const NBYTES: usize>() -> [u8; 64] {
    let mut indices = [0x80; 64];
    let mut at = 0;
    while at < 64 {
        indices[at] = (at / (8 * NBYTES)) as u8;
        at += NBYTES;
    }
    indices
}

/// For each byte where it is in the last value of a step.
const fn last_value<const NBYTES: usize>() -> [u8; 64] {
    let mut indices = [0; 64];
    let mut at = 0;
    while at < 64 {
        indices[at] = (64 - NBYTES + at % NBYTES) as u8;
        at += 1;
    }
    indices
}

/// For each byte where it is in the last value before its `half` bytes, which are the upper half of
/// twice as many; lower halves do not count.
const fn last_of_lower_half<const NBYTES: usize>(half: usize) -> [u8; 64] {
    let mut indices = [0; 64];
    let mut at = half;
    while at < 64 {
        indices[at] = (at / half * half - NBYTES + at % NBYTES) as u8;
        at += 1;
    }
    indices
}

/// The sum of each value and all before.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn prefix_sums<const NBYTES: usize>(values: __m512i) -> __m512i {
    let mut sums = values;
    if NBYTES <= 1 {
        sums = add::<NBYTES>(sums, _mm512_slli_epi64::<8>(sums));
    }
    if NBYTES <= 2 {
        sums = add::<NBYTES>(sums, _mm512_slli_epi64::<16>(sums));
    }
    if NBYTES <= 4 {
        sums = add::<NBYTES>(sums, _mm512_slli_epi64::<32>(sums));
    }
    if NBYTES == 1 {
        return add::<NBYTES>(sums, sums_before_words(sums));
    }
    let lower = load(&const { last_of_lower_half::<NBYTES>(8) });
    sums = add::<NBYTES>(sums, _mm512_maskz_permutexvar_epi8(0xff00_ff00_ff00_ff00, lower, sums));
    let lower = load(&const { last_of_lower_half::<NBYTES>(16) });
    sums = add::<NBYTES>(sums, _mm512_maskz_permutexvar_epi8(0xffff_0000_ffff_0000, lower, sums));
    let lower = load(&const { last_of_lower_half::<NBYTES>(32) });
    add::<NBYTES>(sums, _mm512_maskz_permutexvar_epi8(0xffff_ffff_0000_0000, lower, sums))
}

/// For single bytes that have been summed up within 64 bits, what all bits before add up to.
///
/// All that is in three steps where halves would take six: each 64 bits get the last bytes of those
/// before, these are added up by one instruction, and the sum is copied to all bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn sums_before_words(sums: __m512i) -> __m512i {
    const LAST: [u8; 64] = {
        let mut indices = [0; 64];
        let mut at = 0;
        while at < 64 {
            indices[at] = (8 * (at % 8) + 7) as u8;
            at += 1;
        }
        indices
    };
    const LOWEST: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8];
    let before = _mm512_maskz_permutexvar_epi8(0x7f3f_1f0f_0703_0100, load(&LAST), sums);
    let before = _mm512_sad_epu8(before, _mm512_setzero_si512());
    _mm512_shuffle_epi8(before, _mm512_broadcast_i32x4(load_128(&LOWEST)))
}

/// The 64 bytes that begin `distance` before `at`; zeros before the block.
///
/// # Safety
/// `block` has `at` bytes, and `distance` is at least 64, at most `at` unless `IS_FRONT`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
unsafe fn load_above<const IS_FRONT: bool>(
    block: *const u8,
    at: usize,
    distance: usize,
) -> __m512i {
    if IS_FRONT && at < distance {
        let zeros = distance - at;
        if zeros >= 64 {
            return _mm512_setzero_si512();
        }
        // SAFETY: 64 - zeros bytes from the start end at least 64 before `at`, wherever that is.
        return unsafe { _mm512_maskz_expandloadu_epi8(u64::MAX << zeros, block.cast()) };
    }
    // SAFETY: these bytes end before `at`.
    unsafe { _mm512_loadu_si512(block.add(at - distance).cast()) }
}

/// Writes 64 bytes, or as many as there are from `at`.
///
/// # Safety
/// `block` has `nbytes` bytes, and `at` is one of them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
unsafe fn store(block: *mut u8, at: usize, nbytes: usize, values: __m512i) {
    // SAFETY: `at` is within the block, and so are the bytes that are written.
    unsafe {
        let to = block.add(at);
        if at + 64 <= nbytes {
            _mm512_storeu_si512(to.cast(), values);
        } else {
            let mask = _bzhi_u64(u64::MAX, (nbytes - at) as u32);
            _mm512_mask_storeu_epi8(to.cast(), mask, values);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_matrices(matrices: &[u64; 8]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(matrices.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_256(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_64(bytes: &[u8; 8]) -> __m128i {
    // SAFETY: the array has 8 bytes.
    unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn splat<const NBYTES: usize>(value: u64) -> __m512i {
    match NBYTES {
        1 => _mm512_set1_epi8(value as i8),
        2 => _mm512_set1_epi16(value as i16),
        4 => _mm512_set1_epi32(value as i32),
        _ => _mm512_set1_epi64(value as i64),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn add<const NBYTES: usize>(one: __m512i, other: __m512i) -> __m512i {
    match NBYTES {
        1 => _mm512_add_epi8(one, other),
        2 => _mm512_add_epi16(one, other),
        4 => _mm512_add_epi32(one, other),
        _ => _mm512_add_epi64(one, other),
    }
}

/// Rounds up.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn average<const NBYTES: usize>(one: __m512i, other: __m512i) -> __m512i {
    let any = _mm512_or_si512(one, other);
    let differing = _mm512_xor_si512(one, other);
    match NBYTES {
        1 => _mm512_avg_epu8(one, other),
        2 => _mm512_avg_epu16(one, other),
        4 => _mm512_sub_epi32(any, _mm512_srli_epi32::<1>(differing)),
        _ => _mm512_sub_epi64(any, _mm512_srli_epi64::<1>(differing)),
    }
}
