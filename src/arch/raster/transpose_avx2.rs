//! Values to planes, and planes compacted, with AVX2, with or without GFNI; see
//! [`transpose_x86`](super::transpose_x86).
//!
//! A step is two registers. Without GFNI the bits are transposed by swapping ever larger blocks of
//! each 8 × 8 matrix. Nothing drops bytes: all planes of a group are written where the last group
//! ended, from its first plane that is wanted on, and the next group overwrites what was too much.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::transpose_x86::{GRADIENT, Kernels, LEFT, NONE, Source, UP, W3, tiles};
use super::{COMPACT_SLACK, GROUP, Predictor, STEP, sum};

/// A step.
type Pair = [__m256i; 2];

/// [`transpose`](super::transpose) without GFNI.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn transpose<const ITEMSIZE: usize>(
    source: Source<'_>,
    planes: &mut [u8],
    widths: &mut [u8],
) {
    // SAFETY: the instructions of the kernels are enabled here.
    unsafe { tiles::<Avx2<ITEMSIZE>, ITEMSIZE>(source, planes, widths) }
}

/// [`transpose`](super::transpose) with GFNI.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,gfni")]
pub(super) fn transpose_gfni<const ITEMSIZE: usize>(
    source: Source<'_>,
    planes: &mut [u8],
    widths: &mut [u8],
) {
    // SAFETY: the instructions of the kernels are enabled here.
    unsafe { tiles::<Avx2Gfni<ITEMSIZE>, ITEMSIZE>(source, planes, widths) }
}

struct Avx2<const ITEMSIZE: usize>;

struct Avx2Gfni<const ITEMSIZE: usize>;

/// The same functions, compiled with the features and with the way to transpose bits given.
macro_rules! kernels {
    ($kernels:ident, $features:literal, $transpose_bits:ident) => {
        impl<const ITEMSIZE: usize> Kernels for $kernels<ITEMSIZE> {
            #[target_feature(enable = $features)]
            unsafe fn steps(
                source: Source<'_>,
                predictor: Predictor,
                steps: Range<usize>,
                planes: &mut [u8],
                masks: &mut [u64],
            ) {
                let transpose_bits = |matrices| $transpose_bits(matrices);
                macro_rules! body {
                    ($predictor:ident) => {
                        body::<ITEMSIZE, $predictor>(source, steps, planes, masks, transpose_bits)
                    };
                }
                match predictor {
                    Predictor::None => body!(NONE),
                    Predictor::Left => body!(LEFT),
                    Predictor::Up => body!(UP),
                    Predictor::Gradient => body!(GRADIENT),
                    Predictor::W3 => body!(W3),
                }
            }

            #[target_feature(enable = $features)]
            unsafe fn edge(
                source: Source<'_>,
                predictor: Predictor,
                step: usize,
                planes: &mut [u8; STEP],
            ) -> u64 {
                edge::<ITEMSIZE>(source, predictor, step, planes, |matrices| {
                    $transpose_bits(matrices)
                })
            }
        }
    };
}
kernels!(Avx2, "avx2", transpose_bits);
kernels!(Avx2Gfni, "avx2,gfni", transpose_bits_gfni);

#[inline]
#[target_feature(enable = "avx2")]
fn body<const ITEMSIZE: usize, const PREDICTOR: u8>(
    source: Source<'_>,
    steps: Range<usize>,
    planes: &mut [u8],
    masks: &mut [u64],
    transpose_bits: impl Fn(__m256i) -> __m256i,
) {
    let reach = source.reach(Predictor::ALL[usize::from(PREDICTOR)]);
    assert!(steps.start * STEP >= reach && steps.end * STEP <= source.src.len(), "no edge");
    assert!(planes.len() == steps.len() * STEP && masks.len() == steps.len(), "room for the steps");
    let stride = source.prediction.stride;
    let base = splat::<ITEMSIZE>(source.prediction.base);
    // SAFETY: within the source.
    let first = unsafe { source.src.as_ptr().add(steps.start * STEP) };
    for (step, differs) in masks.iter_mut().enumerate() {
        let load = |half: usize, back: usize| {
            // SAFETY: half of the 64 bytes of a step, or not more than `reach` bytes before it.
            unsafe { _mm256_loadu_si256(first.add(step * STEP + 32 * half).sub(back).cast()) }
        };
        let low = residuals::<ITEMSIZE, PREDICTOR>(base, stride, |back| load(0, back));
        let high = residuals::<ITEMSIZE, PREDICTOR>(base, stride, |back| load(1, back));
        let [low, high] = by_significance::<ITEMSIZE>([low, high]);
        let all = [transpose_bits(low), transpose_bits(high)];
        *differs = match PREDICTOR {
            NONE => nonzero(all),
            _ => differing::<ITEMSIZE>(all),
        };
        // SAFETY: `planes` have 64 bytes for each step.
        unsafe {
            let to = planes.as_mut_ptr().add(step * STEP);
            _mm256_storeu_si256(to.cast(), all[0]);
            _mm256_storeu_si256(to.add(32).cast(), all[1]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn edge<const ITEMSIZE: usize>(
    source: Source<'_>,
    predictor: Predictor,
    step: usize,
    planes: &mut [u8; STEP],
    transpose_bits: impl Fn(__m256i) -> __m256i,
) -> u64 {
    let at = (step * STEP) as isize;
    let stride = source.prediction.stride;
    let base = splat::<ITEMSIZE>(source.prediction.base);
    let mut bytes = [0_u8; STEP];
    for half in [0, 32] {
        let load = |back: usize| {
            let window = source.window(at.saturating_sub_unsigned(back));
            // SAFETY: half of an array of 64 bytes.
            unsafe { _mm256_loadu_si256(window.as_ptr().add(half).cast()) }
        };
        let residuals = match predictor {
            Predictor::None => residuals::<ITEMSIZE, NONE>(base, stride, load),
            Predictor::Left => residuals::<ITEMSIZE, LEFT>(base, stride, load),
            Predictor::Up => residuals::<ITEMSIZE, UP>(base, stride, load),
            Predictor::Gradient => residuals::<ITEMSIZE, GRADIENT>(base, stride, load),
            Predictor::W3 => residuals::<ITEMSIZE, W3>(base, stride, load),
        };
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().add(half).cast(), residuals) };
    }
    bytes[source.existing(at).end..].fill(0);
    // SAFETY: both halves of an array of 64 bytes.
    let residuals = unsafe {
        [
            _mm256_loadu_si256(bytes.as_ptr().cast()),
            _mm256_loadu_si256(bytes.as_ptr().add(32).cast()),
        ]
    };
    let [low, high] = by_significance::<ITEMSIZE>(residuals);
    let all = [transpose_bits(low), transpose_bits(high)];
    // SAFETY: as above.
    unsafe {
        _mm256_storeu_si256(planes.as_mut_ptr().cast(), all[0]);
        _mm256_storeu_si256(planes.as_mut_ptr().add(32).cast(), all[1]);
    }
    match predictor {
        Predictor::None => nonzero(all),
        _ => differing::<ITEMSIZE>(all),
    }
}

/// The residuals of half a step. `load` answers with the 32 bytes that begin so many bytes before.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn residuals<const ITEMSIZE: usize, const PREDICTOR: u8>(
    base: __m256i,
    stride: usize,
    load: impl Fn(usize) -> __m256i,
) -> __m256i {
    let values = load(0);
    match PREDICTOR {
        NONE => sub::<ITEMSIZE>(values, base),
        LEFT => sub::<ITEMSIZE>(values, load(ITEMSIZE)),
        UP => sub::<ITEMSIZE>(values, load(stride)),
        GRADIENT => {
            let from_left = sub::<ITEMSIZE>(values, load(ITEMSIZE));
            let above = sub::<ITEMSIZE>(load(stride), load(stride.saturating_add(ITEMSIZE)));
            sub::<ITEMSIZE>(from_left, above)
        }
        _ => {
            let sides =
                average::<ITEMSIZE>(load(stride.saturating_add(ITEMSIZE)), load(stride - ITEMSIZE));
            sub::<ITEMSIZE>(values, average::<ITEMSIZE>(load(stride), sides))
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn splat<const ITEMSIZE: usize>(value: u64) -> __m256i {
    match ITEMSIZE {
        1 => _mm256_set1_epi8(value as i8),
        2 => _mm256_set1_epi16(value as i16),
        4 => _mm256_set1_epi32(value as i32),
        _ => _mm256_set1_epi64x(value as i64),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn sub<const ITEMSIZE: usize>(left: __m256i, right: __m256i) -> __m256i {
    match ITEMSIZE {
        1 => _mm256_sub_epi8(left, right),
        2 => _mm256_sub_epi16(left, right),
        4 => _mm256_sub_epi32(left, right),
        _ => _mm256_sub_epi64(left, right),
    }
}

/// The average of unsigned numbers, rounded up.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn average<const ITEMSIZE: usize>(left: __m256i, right: __m256i) -> __m256i {
    let or = _mm256_or_si256(left, right);
    let xor = _mm256_xor_si256(left, right);
    match ITEMSIZE {
        1 => _mm256_avg_epu8(left, right),
        2 => _mm256_avg_epu16(left, right),
        4 => _mm256_sub_epi32(or, _mm256_srli_epi32::<1>(xor)),
        _ => _mm256_sub_epi64(or, _mm256_srli_epi64::<1>(xor)),
    }
}

/// Of each group, the highest bytes of all values, then the next: 8 × 8 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn by_significance<const ITEMSIZE: usize>(values: Pair) -> Pair {
    let sort = |register, indices| _mm256_shuffle_epi8(register, indices);
    let [low, high] = values;
    match ITEMSIZE {
        1 => values,
        2 => {
            let sorted = both_halves([1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 14]);
            [sort(low, sorted), sort(high, sorted)]
        }
        4 => {
            let sorted = both_halves([3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12]);
            let joined = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            [
                _mm256_permutevar8x32_epi32(sort(low, sorted), joined),
                _mm256_permutevar8x32_epi32(sort(high, sorted), joined),
            ]
        }
        _ => {
            // Pairs of values are sorted, then pairs of pairs joined, then these.
            let sorted = both_halves([7, 15, 6, 14, 5, 13, 4, 12, 3, 11, 2, 10, 1, 9, 0, 8]);
            let even = sort(_mm256_permute2x128_si256::<0x20>(low, high), sorted);
            let odd = sort(_mm256_permute2x128_si256::<0x31>(low, high), sorted);
            let joined = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            [
                _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi16(even, odd), joined),
                _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi16(even, odd), joined),
            ]
        }
    }
}

/// Transposes matrices of 8 × 8 bits: the first of each is the highest of its byte.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn transpose_bits_gfni(matrices: __m256i) -> __m256i {
    // The product of the matrix with the bits of these takes column after column.
    let columns = _mm256_set1_epi64x(0x0102_0408_1020_4080);
    _mm256_gf2p8affine_epi64_epi8::<0>(columns, matrices)
}

/// The same without GFNI: swaps bits on both sides of the diagonal, then 2 × 2 and 4 × 4 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_bits(matrices: __m256i) -> __m256i {
    let matrices = swap::<9>(matrices, 0x0055_0055_0055_0055);
    let matrices = swap::<18>(matrices, 0x0000_3333_0000_3333);
    swap::<36>(matrices, 0x0000_0000_0f0f_0f0f)
}

/// Exchanges the bits of `mask` with those `SHIFT` higher.
#[inline]
#[target_feature(enable = "avx2")]
fn swap<const SHIFT: i32>(matrices: __m256i, mask: i64) -> __m256i {
    let differing = _mm256_xor_si256(matrices, _mm256_srli_epi64::<SHIFT>(matrices));
    let differing = _mm256_and_si256(differing, _mm256_set1_epi64x(mask));
    let low = _mm256_xor_si256(matrices, differing);
    _mm256_xor_si256(low, _mm256_slli_epi64::<SHIFT>(differing))
}

/// Which planes differ from the topmost of their group; for the topmost, whether it is not 0.
#[inline]
#[target_feature(enable = "avx2")]
fn differing<const ITEMSIZE: usize>(planes: Pair) -> u64 {
    let but_first = _mm256_setr_epi64x(!0xff, -1, -1, -1);
    let topmost_of_register = |register| {
        let topmost = _mm256_broadcastb_epi8(_mm256_castsi256_si128(register));
        _mm256_and_si256(topmost, but_first)
    };
    let [low, high] = planes;
    let none = 0x80;
    let topmost = match ITEMSIZE {
        1 => {
            let indices = both_halves([none, 0, 0, 0, 0, 0, 0, 0, none, 8, 8, 8, 8, 8, 8, 8]);
            [_mm256_shuffle_epi8(low, indices), _mm256_shuffle_epi8(high, indices)]
        }
        2 => {
            let indices = both_halves([none, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            [_mm256_shuffle_epi8(low, indices), _mm256_shuffle_epi8(high, indices)]
        }
        4 => [topmost_of_register(low), topmost_of_register(high)],
        _ => [topmost_of_register(low), _mm256_broadcastb_epi8(_mm256_castsi256_si128(low))],
    };
    !equal(planes, topmost)
}

/// Which planes are not 0.
#[inline]
#[target_feature(enable = "avx2")]
fn nonzero(planes: Pair) -> u64 {
    !equal(planes, [_mm256_setzero_si256(); 2])
}

/// Which bytes are equal.
#[inline]
#[target_feature(enable = "avx2")]
fn equal(left: Pair, right: Pair) -> u64 {
    let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(left[0], right[0])) as u32;
    let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(left[1], right[1])) as u32;
    u64::from(high) << 32 | u64::from(low)
}

#[inline]
#[target_feature(enable = "avx2")]
fn both_halves(bytes: [u8; 16]) -> __m256i {
    // SAFETY: the array has 16 bytes.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// [`compact`](super::compact).
///
/// # Panics
/// If a width is above the number of planes, or `dst` is too short.
#[target_feature(enable = "avx2")]
pub(super) fn compact<const ITEMSIZE: usize>(
    planes: &[u8],
    widths: &[u8],
    dst: &mut [u8],
) -> usize {
    let nplanes = GROUP * ITEMSIZE;
    // Once for all groups: a check for each took a third of the time.
    let max = widths.iter().fold(0, |max, &width| max.max(width));
    assert!(usize::from(max) <= nplanes, "no more than there is");
    assert!(sum(widths) + COMPACT_SLACK <= dst.len(), "room for the planes");
    let mut len = 0;
    let mut groups = planes.chunks_exact(nplanes).zip(widths);
    // What follows the last group cannot be read.
    let last = groups.next_back();
    for (group, (_, &width)) in groups.enumerate() {
        let width = usize::from(width);
        // SAFETY: `width` is not above `nplanes`: as many bytes follow in the group and the next.
        // `len` is the sum of some widths, behind all of which `dst` has room for a group.
        unsafe {
            let from = planes.as_ptr().add((group + 1) * nplanes - width);
            let to = dst.as_mut_ptr().add(len);
            std::ptr::copy_nonoverlapping(from, to, nplanes);
        }
        len += width;
    }
    if let Some((planes, &width)) = last {
        let width = usize::from(width);
        dst[len..][..width].copy_from_slice(&planes[nplanes - width..]);
        len += width;
    }
    len
}
