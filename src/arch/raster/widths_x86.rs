//! The stored forms of widths on x86-64, a span at a time; what they mean is in
//! [`widths`](super::widths).
//!
//! What is stored for the units that have something lies without gaps: first of all it is moved to
//! the places of these units, by an expansion or by a shuffle made from counts of bits.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::SPAN;

/// For each of eight units the bits that stand for those before.
const UNITS_BEFORE: [u8; 8] = [0, 1, 3, 7, 15, 31, 63, 127];

/// How many of four bits are ones.
const ONES: [u8; 16] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];

/// The first bytes, with zeros behind if there are too few.
#[inline(always)]
fn padded<const LEN: usize>(bytes: &[u8]) -> [u8; LEN] {
    bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; LEN];
        padded[..bytes.len()].copy_from_slice(bytes);
        padded
    })
}

/// Fills each span from a byte of `bitmap` and the nibbles of its units.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn expand_nibbles_avx512(
    table: &[u8; 16],
    bitmap: &[u8],
    mut nibbles: &[u8],
    spans: &mut [[u8; SPAN]],
) {
    let table = _mm512_broadcast_i32x4(load_128(table));
    for (&bits, widths) in bitmap.iter().zip(spans) {
        let stored = _mm256_maskz_expand_epi32(bits, load_256(&padded(nibbles)));
        let pairs = _mm512_cvtepu8_epi16(stored);
        let both = _mm512_or_si512(pairs, _mm512_slli_epi16::<4>(pairs));
        let indices = _mm512_and_si512(both, _mm512_set1_epi8(15));
        let filled = _mm512_maskz_mov_epi64(bits, _mm512_shuffle_epi8(table, indices));
        // SAFETY: the array has 64 bytes.
        unsafe { _mm512_storeu_si512(widths.as_mut_ptr().cast(), filled) };
        nibbles = nibbles.get(4 * bits.count_ones() as usize..).unwrap_or_default();
    }
}

/// As [`expand_nibbles_avx512`].
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn expand_nibbles_avx2(
    table: &[u8; 16],
    bitmap: &[u8],
    mut nibbles: &[u8],
    spans: &mut [[u8; SPAN]],
) {
    let table = _mm256_broadcastsi128_si256(load_128(table));
    let unit_bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    let units_before = _mm256_cvtepu8_epi32(load_64(&UNITS_BEFORE));
    for (&bits, widths) in bitmap.iter().zip(spans) {
        let all_bits = _mm256_set1_epi32(bits.into());
        let places = ones(_mm256_and_si256(all_bits, units_before));
        let is_stored = _mm256_cmpeq_epi32(_mm256_and_si256(all_bits, unit_bits), unit_bits);
        let stored = _mm256_permutevar8x32_epi32(load_256(&padded(nibbles)), places);
        let fours = [_mm256_castsi256_si128(stored), _mm256_extracti128_si256::<1>(stored)];
        let are_stored =
            [_mm256_castsi256_si128(is_stored), _mm256_extracti128_si256::<1>(is_stored)];
        for ((four, is_stored), widths) in
            fours.into_iter().zip(are_stored).zip(widths.as_chunks_mut::<32>().0)
        {
            let pairs = _mm256_cvtepu8_epi16(four);
            let both = _mm256_or_si256(pairs, _mm256_slli_epi16::<4>(pairs));
            let indices = _mm256_and_si256(both, _mm256_set1_epi8(15));
            let filled = _mm256_shuffle_epi8(table, indices);
            store_256(_mm256_and_si256(filled, _mm256_cvtepi32_epi64(is_stored)), widths);
        }
        nibbles = nibbles.get(4 * bits.count_ones() as usize..).unwrap_or_default();
    }
}

/// Fills each span from the indices of its units' largest widths, two in a byte, and the codes of
/// those units where that is not 0; `less` is what codes stand for, repeated. Says how many bytes of
/// `codes` that took; `None` if there are too few.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt")]
pub(super) fn expand_offsets_avx512(
    table: &[u8; 16],
    less: &[u8; 16],
    maxima: &[[u8; 4]],
    codes: &[u8],
    spans: &mut [[u8; SPAN]],
) -> Option<usize> {
    let table = _mm512_broadcast_i32x4(load_128(table));
    let less = _mm512_broadcast_i32x4(load_128(less));
    // Where nibbles and codes begin, in bits: the ones of 64 bits go to all bytes of a unit.
    let nibbles = _mm512_setr_epi64(0, 4, 8, 12, 16, 20, 24, 28);
    let crumbs = _mm512_set1_epi64(0x0e0c_0a08_0604_0200);
    let mut unused = codes;
    for (&maxima, widths) in maxima.iter().zip(spans) {
        let all_maxima = _mm512_set1_epi64(i64::from(u32::from_le_bytes(maxima)));
        let indices = _mm512_srlv_epi64(all_maxima, nibbles);
        let indices = _mm512_and_si512(indices, _mm512_set1_epi64(15));
        let indices = _mm512_shuffle_epi8(indices, first_of_words_512());
        let largest = _mm512_shuffle_epi8(table, indices);
        let is_stored = _mm512_test_epi64_mask(largest, largest);
        let stored = _mm_maskz_expand_epi16(is_stored, load_128(&padded(unused)));
        unused = unused.get(2 * is_stored.count_ones() as usize..)?;
        let codes = _mm512_multishift_epi64_epi8(crumbs, _mm512_cvtepu16_epi64(stored));
        let codes = _mm512_and_si512(codes, _mm512_set1_epi8(3));
        let filled = _mm512_subs_epu8(largest, _mm512_shuffle_epi8(less, codes));
        // SAFETY: the array has 64 bytes.
        unsafe { _mm512_storeu_si512(widths.as_mut_ptr().cast(), filled) };
    }
    Some(codes.len() - unused.len())
}

/// As [`expand_offsets_avx512`].
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn expand_offsets_avx2(
    table: &[u8; 16],
    less: &[u8; 16],
    maxima: &[[u8; 4]],
    codes: &[u8],
    spans: &mut [[u8; SPAN]],
) -> Option<usize> {
    let table = _mm256_broadcastsi128_si256(load_128(table));
    let less = _mm256_broadcastsi128_si256(load_128(less));
    let nibbles = [_mm256_setr_epi64x(0, 4, 8, 12), _mm256_setr_epi64x(16, 20, 24, 28)];
    let units_before = _mm_cvtepu8_epi16(load_64(&UNITS_BEFORE));
    let mut unused = codes;
    for (&maxima, widths) in maxima.iter().zip(spans) {
        let all_maxima = _mm256_set1_epi64x(i64::from(u32::from_le_bytes(maxima)));
        let largest = nibbles.map(|nibbles| {
            let indices = _mm256_srlv_epi64(all_maxima, nibbles);
            let indices = _mm256_and_si256(indices, _mm256_set1_epi64x(15));
            _mm256_shuffle_epi8(table, _mm256_shuffle_epi8(indices, first_of_words()))
        });
        let [low, high] = largest.map(|largest| {
            let is_empty = _mm256_cmpeq_epi64(largest, _mm256_setzero_si256());
            _mm256_movemask_pd(_mm256_castsi256_pd(is_empty))
        });
        let bits = !(low | high << 4) & 0xff;
        let before = _mm_and_si128(_mm_set1_epi16(bits as i16), units_before);
        let places = _mm256_castsi256_si128(ones(_mm256_castsi128_si256(before)));
        // Byte 2n and byte 2n + 1 for place n, whose upper byte is 0.
        let bytes = _mm_mullo_epi16(places, _mm_set1_epi16(0x0202));
        let bytes = _mm_add_epi16(bytes, _mm_set1_epi16(0x0100));
        let stored = _mm_shuffle_epi8(load_128(&padded(unused)), bytes);
        unused = unused.get(2 * bits.count_ones() as usize..)?;
        let halves = [stored, _mm_unpackhi_epi64(stored, stored)];
        for ((codes, largest), widths) in
            halves.into_iter().zip(largest).zip(widths.as_chunks_mut::<32>().0)
        {
            let codes = crumbs_to_bytes(_mm256_cvtepu16_epi64(codes));
            let filled = _mm256_subs_epu8(largest, _mm256_shuffle_epi8(less, codes));
            store_256(filled, widths);
        }
    }
    Some(codes.len() - unused.len())
}

/// Spreads the two bits each that begin 64 bits to a byte each.
#[inline]
#[target_feature(enable = "avx2")]
fn crumbs_to_bytes(crumbs: __m256i) -> __m256i {
    let fours = _mm256_or_si256(crumbs, _mm256_slli_epi64::<24>(crumbs));
    let fours = _mm256_and_si256(fours, _mm256_set1_epi64x(0x0000_00ff_0000_00ff));
    let twos = _mm256_or_si256(fours, _mm256_slli_epi64::<12>(fours));
    let twos = _mm256_and_si256(twos, _mm256_set1_epi64x(0x000f_000f_000f_000f));
    let ones = _mm256_or_si256(twos, _mm256_slli_epi64::<6>(twos));
    _mm256_and_si256(ones, _mm256_set1_epi8(3))
}

/// How many bits of each byte are ones.
#[inline]
#[target_feature(enable = "avx2")]
fn ones(bytes: __m256i) -> __m256i {
    let counts = _mm256_broadcastsi128_si256(load_128(&ONES));
    let nibble = _mm256_set1_epi8(15);
    let low = _mm256_and_si256(bytes, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
    _mm256_add_epi8(_mm256_shuffle_epi8(counts, low), _mm256_shuffle_epi8(counts, high))
}

/// Indices of the first byte of each 64 bits, for all their bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn first_of_words() -> __m256i {
    _mm256_broadcastsi128_si256(load_128(&[0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8]))
}

/// As [`first_of_words`].
#[inline]
#[target_feature(enable = "avx512f")]
fn first_of_words_512() -> __m512i {
    _mm512_broadcast_i64x4(first_of_words())
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_256(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_64(bytes: &[u8; 8]) -> __m128i {
    // SAFETY: the array has 8 bytes.
    unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_256(bytes: __m256i, to: &mut [u8; 32]) {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), bytes) };
}
