//! What a block's header is chosen from and written with: passes over the widths of its groups.
//!
//! Mostly plain loops, compiled once for each instruction set: they work on a span at a time, whose
//! length is known, so that the compiler vectorises them. Eight groups are a *unit*.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::recompiled::recompiled;
use super::{Isa, SPAN};

/// Groups that a header stores together.
const UNIT: usize = 8;

/// Units in a span.
const UNITS: usize = SPAN / UNIT;

/// Widths that there are: 0 to the bits of the longest value.
pub(crate) const NWIDTHS: usize = 65;

recompiled! {
    /// Which widths occur: bit w for width w. Widths above 64 do not count.
    pub(crate) presence = presence_of, (widths: &[u8]) -> u128
}

#[inline(always)]
fn presence_of(widths: &[u8]) -> u128 {
    let bit = |width: u8| 1_u64.checked_shl(width.into()).unwrap_or(0);
    let max = widths.iter().fold(0, |max, &width| max.max(width));
    if max < 32 {
        // Twice as many fit a register.
        return widths.iter().fold(0, |seen, &width| seen | bit(width) as u32).into();
    }
    let seen = widths.iter().fold(0, |seen, &width| seen | bit(width));
    let has_longest = widths.iter().fold(false, |has, &width| has | (width == 64));
    u128::from(seen) | u128::from(has_longest) << 64
}

/// Writes the largest width of each unit.
///
/// # Panics
/// If `maxima` does not have one byte for each 8 widths.
pub(crate) fn maxima(isa: Isa, widths: &[u8], maxima: &mut [u8]) {
    assert_eq!(widths.len(), maxima.len() * UNIT, "a maximum for each unit");
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { maxima_avx512(widths, maxima) },
        _ => plain_maxima(isa, widths, maxima),
    }
}

recompiled! {
    plain_maxima = maxima_of, (widths: &[u8], maxima: &mut [u8])
}

#[inline(always)]
fn maxima_of(widths: &[u8], maxima: &mut [u8]) {
    for (max, unit) in maxima.iter_mut().zip(widths.as_chunks::<UNIT>().0) {
        *max = unit.iter().fold(0, |max, &width| max.max(width));
    }
}

/// The least width, not below this one, that an offset to `max` can name: up to 2 less, and 3 less
/// or 0.
#[inline(always)]
fn rounded(width: u8, max: u8, zero: bool) -> u8 {
    match zero {
        true if width == 0 => 0,
        true => width.max(max.saturating_sub(2)),
        false => width.max(max.saturating_sub(3)),
    }
}

/// Maxima of units as maxima for each group.
#[inline(always)]
fn for_each_group(maxima: &[u8; UNITS]) -> [u8; SPAN] {
    let mut of_groups = [0; SPAN];
    for (groups, &max) in of_groups.as_chunks_mut::<UNIT>().0.iter_mut().zip(maxima) {
        *groups = [max; UNIT];
    }
    of_groups
}

/// The bytes of codes and planes that [`round_to_offsets`] leads to, without and with `zero`.
///
/// # Panics
/// If `widths` is no whole spans, or there is not a maximum for each unit.
pub(crate) fn offsets_cost(isa: Isa, maxima: &[u8], widths: &[u8]) -> [usize; 2] {
    assert!(widths.len().is_multiple_of(SPAN), "whole spans");
    assert_eq!(widths.len(), maxima.len() * UNIT, "a maximum for each unit");
    let planes = match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { offsets_planes_avx512(maxima, widths) },
        _ => plain_offsets_planes(isa, maxima, widths),
    };
    let codes = 2 * maxima.iter().filter(|&&max| max > 0).count();
    planes.map(|planes| planes + codes)
}

recompiled! {
    plain_offsets_planes = offsets_planes_of, (maxima: &[u8], widths: &[u8]) -> [usize; 2]
}

#[inline(always)]
fn offsets_planes_of(maxima: &[u8], widths: &[u8]) -> [usize; 2] {
    let mut planes = [0; 2];
    for (maxima, widths) in maxima.as_chunks::<UNITS>().0.iter().zip(widths.as_chunks::<SPAN>().0) {
        let maxima = for_each_group(maxima);
        let mut sums = [0_u16; 2];
        for (&width, &max) in widths.iter().zip(&maxima) {
            sums[0] += u16::from(rounded(width, max, false));
            sums[1] += u16::from(rounded(width, max, true));
        }
        planes[0] += usize::from(sums[0]);
        planes[1] += usize::from(sums[1]);
    }
    planes
}

/// Rounds widths up to what offsets to the largest width of their unit can name, and writes
/// these: for each unit whose maximum is not 0 two bytes, two bits for each group, the lowest
/// first. Offset 3 means a width of 0 if `zero`. Says how many bytes that are.
///
/// Maxima may be larger than the largest width, but not smaller.
///
/// # Panics
/// If `widths` is no whole spans, there is not a maximum for each unit, or `codes` is shorter
/// than a quarter of the widths.
pub(crate) fn round_to_offsets(
    isa: Isa,
    maxima: &[u8],
    zero: bool,
    widths: &mut [u8],
    codes: &mut [u8],
) -> usize {
    assert!(widths.len().is_multiple_of(SPAN), "whole spans");
    assert_eq!(widths.len(), maxima.len() * UNIT, "a maximum for each unit");
    assert!(codes.len() >= maxima.len() * 2, "room for all codes");
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe {
            round_to_offsets_avx2(maxima, zero, widths, codes)
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { round_to_offsets_avx512(maxima, zero, widths, codes) },
        _ => round_to_offsets_of(maxima, zero, widths, codes),
    }
}

fn round_to_offsets_of(maxima: &[u8], zero: bool, widths: &mut [u8], codes: &mut [u8]) -> usize {
    let spans = widths.as_chunks_mut::<SPAN>().0.iter_mut();
    let mut len = 0;
    for (maxima, widths) in maxima.as_chunks::<UNITS>().0.iter().zip(spans) {
        let maxima_of_groups = for_each_group(maxima);
        let mut offsets = [0_u8; SPAN];
        for ((offset, width), &max) in offsets.iter_mut().zip(&mut *widths).zip(&maxima_of_groups) {
            *width = rounded(*width, max, zero);
            *offset = if zero && *width == 0 { 3 } else { max.wrapping_sub(*width) & 3 };
        }
        let mut packed = [0_u16; UNITS];
        for (packed, offsets) in packed.iter_mut().zip(offsets.as_chunks::<UNIT>().0) {
            let pairs = u64::from_le_bytes(*offsets);
            let pairs = (pairs | pairs >> 6) & 0x000f_000f_000f_000f;
            let fours = (pairs | pairs >> 12) & 0x0000_00ff_0000_00ff;
            *packed = (fours | fours >> 24) as u16;
        }
        for (packed, &max) in packed.iter().zip(maxima) {
            // Overwritten by the next if the unit has no codes.
            codes[len..][..2].copy_from_slice(&packed.to_le_bytes());
            len += if max > 0 { 2 } else { 0 };
        }
    }
    len
}

/// The widths of a span.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn load_span(span: &[u8; SPAN]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(span.as_ptr().cast()) }
}

/// The maxima of a span's units, in all bytes of each.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn spread_maxima(maxima: &[u8; UNITS]) -> __m512i {
    let eight = _mm512_set1_epi64(i64::from_le_bytes(*maxima));
    let places = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    let places = _mm512_mullo_epi16(places, _mm512_set1_epi64(0x0101));
    let places = _mm512_or_si512(places, _mm512_slli_epi64::<16>(places));
    let places = _mm512_or_si512(places, _mm512_slli_epi64::<32>(places));
    _mm512_shuffle_epi8(eight, places)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn maxima_avx512(widths: &[u8], maxima: &mut [u8]) {
    let (spans, rest) = widths.as_chunks::<SPAN>();
    let (of_spans, of_rest) = maxima.split_at_mut(spans.len() * UNITS);
    for (span, maxima) in spans.iter().zip(of_spans.as_chunks_mut::<UNITS>().0) {
        let max = load_span(span);
        let max = _mm512_max_epu8(max, _mm512_srli_epi64::<32>(max));
        let max = _mm512_max_epu8(max, _mm512_srli_epi64::<16>(max));
        let max = _mm512_max_epu8(max, _mm512_srli_epi64::<8>(max));
        // SAFETY: the array has 8 bytes.
        unsafe { _mm_storel_epi64(maxima.as_mut_ptr().cast(), _mm512_cvtepi64_epi8(max)) };
    }
    maxima_of(rest, of_rest);
}

/// As [`rounded`].
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn rounded_512(widths: __m512i, maxima: __m512i, zero: bool) -> __m512i {
    let less = _mm512_set1_epi8(if zero { 2 } else { 3 });
    let rounded = _mm512_max_epu8(widths, _mm512_subs_epu8(maxima, less));
    let is_kept = if zero { _mm512_test_epi8_mask(widths, widths) } else { !0 };
    _mm512_maskz_mov_epi8(is_kept, rounded)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn offsets_planes_avx512(maxima: &[u8], widths: &[u8]) -> [usize; 2] {
    let none = _mm512_setzero_si512();
    let mut sums = [none; 2];
    for (maxima, span) in maxima.as_chunks::<UNITS>().0.iter().zip(widths.as_chunks::<SPAN>().0) {
        let (widths, maxima) = (load_span(span), spread_maxima(maxima));
        for (sum, zero) in sums.iter_mut().zip([false, true]) {
            let planes = _mm512_sad_epu8(rounded_512(widths, maxima, zero), none);
            *sum = _mm512_add_epi64(*sum, planes);
        }
    }
    sums.map(|sum| _mm512_reduce_add_epi64(sum) as usize)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
fn round_to_offsets_avx512(
    maxima: &[u8],
    zero: bool,
    widths: &mut [u8],
    codes: &mut [u8],
) -> usize {
    let spans = widths.as_chunks_mut::<SPAN>().0.iter_mut();
    let mut len = 0;
    for (maxima, span) in maxima.as_chunks::<UNITS>().0.iter().zip(spans) {
        let maxima = spread_maxima(maxima);
        let widths = rounded_512(load_span(span), maxima, zero);
        // SAFETY: the array has 64 bytes.
        unsafe { _mm512_storeu_si512(span.as_mut_ptr().cast(), widths) };
        let offsets = _mm512_and_si512(_mm512_sub_epi8(maxima, widths), _mm512_set1_epi8(3));
        let is_zero = if zero { _mm512_testn_epi8_mask(widths, widths) } else { 0 };
        let offsets = _mm512_mask_mov_epi8(offsets, is_zero, _mm512_set1_epi8(3));
        // Pairs, fours, then all eight of a unit: 2 bits each.
        let pairs = _mm512_maddubs_epi16(offsets, _mm512_set1_epi16(0x0401));
        let fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0010_0001));
        let all = _mm512_or_si512(fours, _mm512_srli_epi64::<24>(fours));
        let used = _mm512_test_epi64_mask(maxima, maxima);
        let packed = _mm_maskz_compress_epi16(used, _mm512_cvtepi64_epi16(all));
        let mut bytes = [0; 2 * UNITS];
        // SAFETY: the array has 16 bytes.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), packed) };
        // There is room for the units left, all of which may have codes.
        codes[len..][..2 * UNITS].copy_from_slice(&bytes);
        len += 2 * used.count_ones() as usize;
    }
    len
}

/// Compilers do not vectorise the plain loop: it took an eighth of the time for photographs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn round_to_offsets_avx2(maxima: &[u8], zero: bool, widths: &mut [u8], codes: &mut [u8]) -> usize {
    // The four units of half a span.
    let places =
        _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let less = _mm256_set1_epi8(if zero { 2 } else { 3 });
    let mut len = 0;
    let halves = widths.as_chunks_mut::<{ SPAN / 2 }>().0.iter_mut();
    for (of_units, half) in maxima.as_chunks::<{ UNITS / 2 }>().0.iter().zip(halves) {
        let maxima = _mm256_set1_epi32(i32::from_le_bytes(*of_units));
        let maxima = _mm256_shuffle_epi8(maxima, places);
        // SAFETY: the array has 32 bytes.
        let widths = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let none = _mm256_setzero_si256();
        let is_zero = if zero { _mm256_cmpeq_epi8(widths, none) } else { none };
        let rounded = _mm256_max_epu8(widths, _mm256_subs_epu8(maxima, less));
        let rounded = _mm256_andnot_si256(is_zero, rounded);
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), rounded) };
        let offsets = _mm256_or_si256(_mm256_sub_epi8(maxima, rounded), is_zero);
        let offsets = _mm256_and_si256(offsets, _mm256_set1_epi8(3));
        // Pairs, fours, then all eight of a unit: 2 bits each.
        let pairs = _mm256_maddubs_epi16(offsets, _mm256_set1_epi16(0x0401));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0010_0001));
        let all = _mm256_or_si256(fours, _mm256_srli_epi64::<24>(fours));
        let packed: [u16; UNITS / 2] = [
            _mm256_extract_epi16::<0>(all) as u16,
            _mm256_extract_epi16::<4>(all) as u16,
            _mm256_extract_epi16::<8>(all) as u16,
            _mm256_extract_epi16::<12>(all) as u16,
        ];
        for (packed, &max) in packed.iter().zip(of_units) {
            // Overwritten by the next if the unit has no codes.
            codes[len..][..2].copy_from_slice(&packed.to_le_bytes());
            len += 2 * usize::from(max > 0);
        }
    }
    len
}

/// Replaces each value by what `table` has at its place.
///
/// # Panics
/// May, if a value is not below the length of the table; otherwise it becomes anything.
pub(crate) fn look_up(isa: Isa, table: &[u8; NWIDTHS], values: &mut [u8]) {
    let (spans, rest) = values.as_chunks_mut::<SPAN>();
    let mut padded = [0; SPAN];
    padded[..rest.len()].copy_from_slice(rest);
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe {
            look_up_avx2(table, spans);
            look_up_avx2(table, std::slice::from_mut(&mut padded));
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe {
            look_up_avx512(table, spans);
            look_up_avx512(table, std::slice::from_mut(&mut padded));
        },
        _ => {
            let values = spans.as_flattened_mut().iter_mut().chain(&mut padded);
            values.for_each(|value| *value = table[usize::from(*value)]);
        }
    }
    rest.copy_from_slice(&padded[..rest.len()]);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn look_up_avx2(table: &[u8; NWIDTHS], spans: &mut [[u8; SPAN]]) {
    let (parts, last) = table.as_chunks::<16>();
    let mut tables = [_mm256_setzero_si256(); 4];
    for (table, part) in tables.iter_mut().zip(parts) {
        // SAFETY: the array has 16 bytes.
        *table = _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(part.as_ptr().cast()) });
    }
    let last = _mm256_set1_epi8(last[0] as i8);
    for half in spans.as_flattened_mut().as_chunks_mut::<32>().0 {
        // SAFETY: the array has 32 bytes.
        let values = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let is_last = _mm256_cmpeq_epi8(values, _mm256_set1_epi8(64));
        let mut found = _mm256_and_si256(is_last, last);
        for (part, &table) in tables.iter().enumerate() {
            // Shuffles give 0 for indices with the highest bit, which those outside get.
            let index = _mm256_sub_epi8(values, _mm256_set1_epi8(16 * part as i8));
            let index = _mm256_adds_epu8(index, _mm256_set1_epi8(0x70));
            found = _mm256_or_si256(found, _mm256_shuffle_epi8(table, index));
        }
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), found) };
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look_up_avx512(table: &[u8; NWIDTHS], spans: &mut [[u8; SPAN]]) {
    // SAFETY: the array has 65 bytes.
    let first = unsafe { _mm512_loadu_si512(table.as_ptr().cast()) };
    let last = _mm512_set1_epi8(table[64] as i8);
    for span in spans {
        // SAFETY: the array has 64 bytes.
        let values = unsafe { _mm512_loadu_si512(span.as_ptr().cast()) };
        let found = _mm512_permutex2var_epi8(first, values, last);
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(span.as_mut_ptr().cast(), found) };
    }
}

/// Writes to `bitmap` one bit for each unit, lowest first: whether a width is not 0. Writes to
/// `nibbles` for each such unit 4 bytes with its indices, the first in the lower half of a byte,
/// and says how many bytes these are.
///
/// # Panics
/// If `widths` is no whole spans, there is not a byte of `bitmap` for each span, or `nibbles` is
/// shorter than half of the widths. May, if a width is above 64.
pub(crate) fn pack_nibbles(
    isa: Isa,
    widths: &[u8],
    index_of_width: &[u8; NWIDTHS],
    bitmap: &mut [u8],
    nibbles: &mut [u8],
) -> usize {
    assert!(widths.len().is_multiple_of(SPAN), "whole spans");
    assert_eq!(widths.len(), bitmap.len() * SPAN, "a bit for each unit");
    assert!(nibbles.len() >= widths.len() / 2, "room for all nibbles");
    let mut len = 0;
    // A few spans at a time, so that looking up is called seldom and works in the cache.
    const SPANS: usize = 16;
    let mut indices = [[0; SPAN]; SPANS];
    let spans = widths.as_chunks::<SPAN>().0.chunks(SPANS);
    for (spans, bitmap) in spans.zip(bitmap.chunks_mut(SPANS)) {
        let indices = &mut indices[..spans.len()];
        indices.copy_from_slice(spans);
        look_up(isa, index_of_width, indices.as_flattened_mut());
        len += pack_units(isa, spans, indices, bitmap, &mut nibbles[len..]);
    }
    len
}

recompiled! {
    /// The same for indices that have been looked up.
    pack_units = pack_units_of, (
        widths: &[[u8; SPAN]], indices: &[[u8; SPAN]], bitmap: &mut [u8], nibbles: &mut [u8]
    ) -> usize
}

#[inline(always)]
fn pack_units_of(
    widths: &[[u8; SPAN]],
    indices: &[[u8; SPAN]],
    bitmap: &mut [u8],
    nibbles: &mut [u8],
) -> usize {
    let mut len = 0;
    for ((widths, indices), bits) in widths.iter().zip(indices).zip(bitmap) {
        let mut packed = [0_u8; SPAN / 2];
        for (packed, pair) in packed.iter_mut().zip(indices.as_chunks::<2>().0) {
            *packed = pair[0] & 15 | pair[1] << 4;
        }
        *bits = 0;
        let units = widths.as_chunks::<UNIT>().0.iter().zip(packed.as_chunks::<{ UNIT / 2 }>().0);
        for (unit, (widths, packed)) in units.enumerate() {
            let is_used = u64::from_le_bytes(*widths) != 0;
            *bits |= u8::from(is_used) << unit;
            // Overwritten by the next if the unit has no nibbles.
            nibbles[len..][..packed.len()].copy_from_slice(packed);
            len += if is_used { packed.len() } else { 0 };
        }
    }
    len
}
