//! Values to planes, and planes compacted, with AVX-512; see
//! [`transpose_x86`](super::transpose_x86).
//!
//! A step is one register. `vpermb` gathers the bytes of the same significance in each group,
//! `vgf2p8affineqb` transposes the bits, and `vpcompressb` drops the planes that are not wanted.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::transpose_x86::{GRADIENT, Kernels, LEFT, Masks, NONE, Source, TILE, UP, W3, tiles};
use super::{COMPACT_SLACK, GROUP, Predictor, SPAN, STEP};

/// [`transpose`](super::transpose).
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512bitalg,avx512vpopcntdq,gfni")]
pub(super) fn transpose<const ITEMSIZE: usize>(
    source: Source<'_>,
    planes: &mut [u8],
    widths: &mut [u8],
) {
    // SAFETY: the instructions of the kernels are enabled here.
    unsafe { tiles::<Avx512<ITEMSIZE>, ITEMSIZE>(source, planes, widths) }
}

struct Avx512<const ITEMSIZE: usize>;

impl<const ITEMSIZE: usize> Kernels for Avx512<ITEMSIZE> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
    unsafe fn steps(
        source: Source<'_>,
        predictor: Predictor,
        steps: Range<usize>,
        planes: &mut [u8],
        masks: &mut [u64],
    ) {
        match predictor {
            Predictor::None => body::<ITEMSIZE, NONE>(source, steps, planes, masks),
            Predictor::Left => body::<ITEMSIZE, LEFT>(source, steps, planes, masks),
            Predictor::Up => body::<ITEMSIZE, UP>(source, steps, planes, masks),
            Predictor::Gradient => body::<ITEMSIZE, GRADIENT>(source, steps, planes, masks),
            Predictor::W3 => body::<ITEMSIZE, W3>(source, steps, planes, masks),
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
    unsafe fn edge(
        source: Source<'_>,
        predictor: Predictor,
        step: usize,
        planes: &mut [u8; STEP],
    ) -> u64 {
        let at = (step * STEP) as isize;
        let load = |back: usize| {
            let at = at.saturating_sub_unsigned(back);
            let from = source.src.as_ptr().wrapping_offset(at);
            // SAFETY: nothing but existing bytes is touched.
            unsafe { _mm512_maskz_loadu_epi8(mask(source.existing(at)), from.cast()) }
        };
        let stride = source.prediction.stride;
        let base = splat::<ITEMSIZE>(source.prediction.base);
        let residuals = match predictor {
            Predictor::None => residuals::<ITEMSIZE, NONE>(base, stride, load),
            Predictor::Left => residuals::<ITEMSIZE, LEFT>(base, stride, load),
            Predictor::Up => residuals::<ITEMSIZE, UP>(base, stride, load),
            Predictor::Gradient => residuals::<ITEMSIZE, GRADIENT>(base, stride, load),
            Predictor::W3 => residuals::<ITEMSIZE, W3>(base, stride, load),
        };
        let residuals = _mm512_maskz_mov_epi8(mask(source.existing(at)), residuals);
        let all = all_planes::<ITEMSIZE>(residuals);
        // SAFETY: the array has 64 bytes.
        unsafe { _mm512_storeu_si512(planes.as_mut_ptr().cast(), all) };
        match predictor {
            Predictor::None => _mm512_test_epi8_mask(all, all),
            _ => differing::<ITEMSIZE>(all),
        }
    }
}

/// Ones for a range of bytes.
fn mask(range: Range<usize>) -> u64 {
    if range.is_empty() { 0 } else { u64::MAX >> (STEP - range.len()) << range.start }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn body<const ITEMSIZE: usize, const PREDICTOR: u8>(
    source: Source<'_>,
    steps: Range<usize>,
    planes: &mut [u8],
    masks: &mut [u64],
) {
    let reach = source.reach(Predictor::ALL[usize::from(PREDICTOR)]);
    assert!(steps.start * STEP >= reach && steps.end * STEP <= source.src.len(), "no edge");
    assert!(planes.len() == steps.len() * STEP && masks.len() == steps.len(), "room for the steps");
    let stride = source.prediction.stride;
    let base = splat::<ITEMSIZE>(source.prediction.base);
    // SAFETY: within the source.
    let first = unsafe { source.src.as_ptr().add(steps.start * STEP) };
    for (step, differs) in masks.iter_mut().enumerate() {
        let load = |back: usize| {
            // SAFETY: 64 bytes of a step, or not more than `reach` bytes before it.
            unsafe { _mm512_loadu_si512(first.add(step * STEP).sub(back).cast()) }
        };
        let all = all_planes::<ITEMSIZE>(residuals::<ITEMSIZE, PREDICTOR>(base, stride, load));
        *differs = match PREDICTOR {
            NONE => _mm512_test_epi8_mask(all, all),
            _ => differing::<ITEMSIZE>(all),
        };
        // SAFETY: `planes` have 64 bytes for each step.
        unsafe { _mm512_storeu_si512(planes.as_mut_ptr().add(step * STEP).cast(), all) };
    }
}

/// The residuals of a step. `load` answers with the 64 bytes that begin so many bytes before it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn residuals<const ITEMSIZE: usize, const PREDICTOR: u8>(
    base: __m512i,
    stride: usize,
    load: impl Fn(usize) -> __m512i,
) -> __m512i {
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
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn splat<const ITEMSIZE: usize>(value: u64) -> __m512i {
    match ITEMSIZE {
        1 => _mm512_set1_epi8(value as i8),
        2 => _mm512_set1_epi16(value as i16),
        4 => _mm512_set1_epi32(value as i32),
        _ => _mm512_set1_epi64(value as i64),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn sub<const ITEMSIZE: usize>(left: __m512i, right: __m512i) -> __m512i {
    match ITEMSIZE {
        1 => _mm512_sub_epi8(left, right),
        2 => _mm512_sub_epi16(left, right),
        4 => _mm512_sub_epi32(left, right),
        _ => _mm512_sub_epi64(left, right),
    }
}

/// The average of unsigned numbers, rounded up.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn average<const ITEMSIZE: usize>(left: __m512i, right: __m512i) -> __m512i {
    let or = _mm512_or_si512(left, right);
    let xor = _mm512_xor_si512(left, right);
    match ITEMSIZE {
        1 => _mm512_avg_epu8(left, right),
        2 => _mm512_avg_epu16(left, right),
        4 => _mm512_sub_epi32(or, _mm512_srli_epi32::<1>(xor)),
        _ => _mm512_sub_epi64(or, _mm512_srli_epi64::<1>(xor)),
    }
}

/// All planes of each group of residuals.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn all_planes<const ITEMSIZE: usize>(residuals: __m512i) -> __m512i {
    // Multiplying the matrix of a group's bytes with the bits of these, the first of which has the
    // highest bit, takes column after column.
    let columns = _mm512_set1_epi64(0x0102_0408_1020_4080);
    let bytes = match ITEMSIZE {
        1 => residuals,
        2 => _mm512_shuffle_epi8(residuals, table(&Places::<ITEMSIZE>::BY_SIGNIFICANCE)),
        _ => _mm512_permutexvar_epi8(table(&Places::<ITEMSIZE>::BY_SIGNIFICANCE), residuals),
    };
    _mm512_gf2p8affine_epi64_epi8::<0>(columns, bytes)
}

/// Which planes differ from the topmost of their group; for the topmost, whether it is not 0.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn differing<const ITEMSIZE: usize>(planes: __m512i) -> u64 {
    let indices = table(&Places::<ITEMSIZE>::TOPMOST);
    let topmost = match ITEMSIZE {
        1 | 2 => _mm512_shuffle_epi8(planes, indices),
        _ => {
            _mm512_maskz_permutexvar_epi8(_mm512_movepi8_mask(indices) ^ u64::MAX, indices, planes)
        }
    };
    _mm512_cmpneq_epi8_mask(planes, topmost)
}

/// Where byte shuffles take the bytes of a step from: within 16 bytes, if that is enough.
struct Places<const ITEMSIZE: usize>;

impl<const ITEMSIZE: usize> Places<ITEMSIZE> {
    /// Of each group, the highest bytes of all values, and so on.
    const BY_SIGNIFICANCE: [u8; STEP] = {
        let mut places = [0; STEP];
        let mut at = 0;
        while at < STEP {
            let (group, byte) = (at / (GROUP * ITEMSIZE), at % (GROUP * ITEMSIZE));
            let (value, significance) = (byte % GROUP, ITEMSIZE - 1 - byte / GROUP);
            places[at] = (group * GROUP * ITEMSIZE + value * ITEMSIZE + significance) as u8;
            at += 1;
        }
        places
    };

    /// Its group's first byte for each byte but the first, which becomes 0.
    const TOPMOST: [u8; STEP] = {
        let mut places = [0; STEP];
        let mut at = 0;
        while at < STEP {
            let group = at / (GROUP * ITEMSIZE) * (GROUP * ITEMSIZE);
            places[at] = if at == group { 0x80 } else { group as u8 };
            at += 1;
        }
        places
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn table(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// [`compact`](super::compact).
///
/// # Panics
/// If `dst` is too short.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(super) fn compact<const ITEMSIZE: usize>(
    planes: &[u8],
    widths: &[u8],
    dst: &mut [u8],
) -> usize {
    assert!(COMPACT_SLACK <= dst.len(), "room for the planes");
    let room = dst.len() - COMPACT_SLACK;
    let mut len = 0;
    let mut keep = |bytes: __m512i, mask: u64| {
        assert!(len <= room, "room for the planes");
        let kept = _mm512_maskz_compress_epi8(mask, bytes);
        // SAFETY: 64 bytes may be written behind `len`.
        unsafe { _mm512_storeu_si512(dst.as_mut_ptr().add(len).cast(), kept) };
        len += mask.count_ones() as usize;
    };
    let ngroups = TILE * GROUP / ITEMSIZE;
    for (planes, widths) in planes.chunks(TILE * STEP).zip(widths.chunks(ngroups)) {
        let mut masks: Masks = [0; TILE];
        let (spans, last) = widths.as_chunks::<SPAN>();
        let mut masks_of_spans = masks.chunks_exact_mut(GROUP * ITEMSIZE);
        for (widths, masks) in spans.iter().zip(&mut masks_of_spans) {
            wanted::<ITEMSIZE>(widths, masks);
        }
        if let (false, Some(masks)) = (last.is_empty(), masks_of_spans.next()) {
            let mut widths = [0; SPAN];
            widths[..last.len()].copy_from_slice(last);
            wanted::<ITEMSIZE>(&widths, masks);
        }
        let (steps, rest) = planes.as_chunks::<STEP>();
        for (step, &mask) in steps.iter().zip(&masks) {
            keep(table(step), mask);
        }
        if !rest.is_empty() {
            let existing = mask(0..rest.len());
            // SAFETY: only existing bytes are touched.
            let bytes = unsafe { _mm512_maskz_loadu_epi8(existing, rest.as_ptr().cast()) };
            keep(bytes, masks[steps.len()] & existing);
        }
    }
    len
}

/// Which bytes of the planes of a span of groups belong to the last `widths[g]` planes of each.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn wanted<const ITEMSIZE: usize>(widths: &[u8; SPAN], masks: &mut [u64]) {
    let all = _mm512_set1_epi8(-1);
    for (index, masks) in masks.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
        // SAFETY: one of `ITEMSIZE` parts of the widths.
        let widths = unsafe { widths.as_ptr().add(index * SPAN / ITEMSIZE) };
        // SAFETY: a part has 64 bytes or half, a quarter or an eighth of this.
        let masks_of_part = unsafe {
            match ITEMSIZE {
                1 => {
                    let by_width =
                        _mm_setr_epi8(0, -128, -64, -32, -16, -8, -4, -2, -1, 0, 0, 0, 0, 0, 0, 0);
                    let by_width = _mm512_broadcast_i32x4(by_width);
                    _mm512_shuffle_epi8(by_width, _mm512_loadu_si512(widths.cast()))
                }
                2 => {
                    let widths = _mm512_cvtepu8_epi16(_mm256_loadu_si256(widths.cast()));
                    _mm512_sllv_epi16(all, _mm512_sub_epi16(_mm512_set1_epi16(16), widths))
                }
                4 => {
                    let widths = _mm512_cvtepu8_epi32(_mm_loadu_si128(widths.cast()));
                    _mm512_sllv_epi32(all, _mm512_sub_epi32(_mm512_set1_epi32(32), widths))
                }
                _ => {
                    let widths = _mm512_cvtepu8_epi64(_mm_loadl_epi64(widths.cast()));
                    _mm512_sllv_epi64(all, _mm512_sub_epi64(_mm512_set1_epi64(64), widths))
                }
            }
        };
        // SAFETY: eight masks.
        unsafe { _mm512_storeu_si512(masks.as_mut_ptr().cast(), masks_of_part) };
    }
}
