//! Look-up with AVX-512 in tables of any length, with AVX2 in those of 16 entries.
//!
//! The indices are permuted first, such that the interleaving, which stays within lanes of 16
//! bytes, yields values in order.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::MAX;
use crate::arch::Isa;

/// Indices looked up at once with AVX-512.
const STEP: usize = 64;

/// The same with AVX2.
const STEP_AVX2: usize = 32;

/// Looks up values from the front, and says how many. `len` entries of the table are in use.
pub(super) fn lookup<const SIZE: usize>(
    isa: Isa,
    table: &[[u8; SIZE]; MAX],
    len: usize,
    indices: &[u8],
    dst: &mut [[u8; SIZE]],
) -> usize {
    let dst = dst.as_flattened_mut();
    match isa {
        // SAFETY: `isa` says that the machine has the instructions.
        Isa::Avx512(_) => unsafe { lookup_avx512::<SIZE>(table, len, indices, dst) },
        Isa::Avx2(_) | Isa::Avx2Gfni(_) if SIZE <= 2 && len <= 16 => {
            // SAFETY: as above.
            unsafe { lookup_avx2::<SIZE>(table, indices, dst) }
        }
        _ => 0,
    }
}

/// Byte `byte` of each entry.
fn plane<const SIZE: usize>(table: &[[u8; SIZE]; MAX], byte: usize) -> [u8; MAX] {
    let mut plane = [0; MAX];
    for (to, entry) in plane.iter_mut().zip(table) {
        *to = entry[byte];
    }
    plane
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; STEP]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn lookup_avx512<const SIZE: usize>(
    table: &[[u8; SIZE]; MAX],
    len: usize,
    indices: &[u8],
    dst: &mut [u8],
) -> usize {
    match len {
        0..=64 => lookup_avx512_of::<SIZE, 1>(table, indices, dst),
        65..=128 => lookup_avx512_of::<SIZE, 2>(table, indices, dst),
        _ => lookup_avx512_of::<SIZE, 4>(table, indices, dst),
    }
}

/// With `REGISTERS` registers for each plane of the table.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn lookup_avx512_of<const SIZE: usize, const REGISTERS: usize>(
    table: &[[u8; SIZE]; MAX],
    indices: &[u8],
    dst: &mut [u8],
) -> usize {
    let mut planes = [[_mm512_setzero_si512(); REGISTERS]; SIZE];
    for (byte, registers) in planes.iter_mut().enumerate() {
        let plane = plane(table, byte);
        for (register, bytes) in registers.iter_mut().zip(plane.as_chunks().0) {
            *register = load(bytes);
        }
    }
    let steps = indices.as_chunks::<STEP>().0;
    for (indices, dst) in steps.iter().zip(dst.chunks_exact_mut(STEP * SIZE)) {
        let indices = permuted::<SIZE>(load(indices));
        let mut bytes = [_mm512_setzero_si512(); SIZE];
        for (bytes, plane) in bytes.iter_mut().zip(&planes) {
            *bytes = entries::<REGISTERS>(plane, indices);
        }
        let values = interleaved::<SIZE>(bytes);
        for (register, to) in values.iter().zip(dst.chunks_exact_mut(64)) {
            // SAFETY: the chunk has 64 bytes.
            unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), *register) };
        }
    }
    steps.len() * STEP
}

/// Looks bytes up in one plane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn entries<const REGISTERS: usize>(plane: &[__m512i; REGISTERS], indices: __m512i) -> __m512i {
    match REGISTERS {
        1 => _mm512_permutexvar_epi8(indices, plane[0]),
        2 => _mm512_permutex2var_epi8(plane[0], indices, plane[1]),
        _ => {
            let low = _mm512_permutex2var_epi8(plane[0], indices, plane[1]);
            let high = _mm512_permutex2var_epi8(plane[2], indices, plane[3]);
            _mm512_mask_blend_epi8(_mm512_movepi8_mask(indices), low, high)
        }
    }
}

/// Puts in lane `l` of each register, at unit `r`, what belongs into lane `l` of result `r`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn permuted<const SIZE: usize>(indices: __m512i) -> __m512i {
    match SIZE {
        1 => indices,
        2 => _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), indices),
        4 => {
            let units = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            _mm512_permutexvar_epi32(units, indices)
        }
        _ => {
            let units = const {
                let mut units = [0_u8; 64];
                let mut at = 0;
                while at < 32 {
                    units[2 * at] = (at % 8 * 4 + at / 8) as u8;
                    at += 1;
                }
                units
            };
            _mm512_permutexvar_epi16(load(&units), indices)
        }
    }
}

/// Interleaves registers of first bytes, of second bytes, and so on, within lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleaved<const SIZE: usize>(bytes: [__m512i; SIZE]) -> [__m512i; SIZE] {
    let mut units = bytes;
    match SIZE {
        2 => {
            units[0] = _mm512_unpacklo_epi8(bytes[0], bytes[1]);
            units[1] = _mm512_unpackhi_epi8(bytes[0], bytes[1]);
        }
        4 => {
            let (low, high) = quads([bytes[0], bytes[1], bytes[2], bytes[3]]);
            units[..2].copy_from_slice(&low);
            units[2..].copy_from_slice(&high);
        }
        8 => {
            let (low, high) = quads([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let (low2, high2) = quads([bytes[4], bytes[5], bytes[6], bytes[7]]);
            let firsts = [low[0], low[1], high[0], high[1]];
            let seconds = [low2[0], low2[1], high2[0], high2[1]];
            for at in 0..4 {
                units[2 * at] = _mm512_unpacklo_epi32(firsts[at], seconds[at]);
                units[2 * at + 1] = _mm512_unpackhi_epi32(firsts[at], seconds[at]);
            }
        }
        _ => {}
    }
    units
}

/// Units of 4 bytes, of the first to the last quarter of each lane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn quads(bytes: [__m512i; 4]) -> ([__m512i; 2], [__m512i; 2]) {
    let low = (_mm512_unpacklo_epi8(bytes[0], bytes[1]), _mm512_unpacklo_epi8(bytes[2], bytes[3]));
    let high = (_mm512_unpackhi_epi8(bytes[0], bytes[1]), _mm512_unpackhi_epi8(bytes[2], bytes[3]));
    (
        [_mm512_unpacklo_epi16(low.0, low.1), _mm512_unpackhi_epi16(low.0, low.1)],
        [_mm512_unpacklo_epi16(high.0, high.1), _mm512_unpackhi_epi16(high.0, high.1)],
    )
}

/// Values of 1 or 2 bytes from the first 16 entries.
#[target_feature(enable = "avx2")]
fn lookup_avx2<const SIZE: usize>(
    table: &[[u8; SIZE]; MAX],
    indices: &[u8],
    dst: &mut [u8],
) -> usize {
    let mut planes = [_mm256_setzero_si256(); SIZE];
    for (byte, register) in planes.iter_mut().enumerate() {
        let plane = plane(table, byte);
        // SAFETY: the array has more than 16 bytes.
        let entries = unsafe { _mm_loadu_si128(plane.as_ptr().cast()) };
        *register = _mm256_broadcastsi128_si256(entries);
    }
    let steps = indices.as_chunks::<STEP_AVX2>().0;
    for (indices, dst) in steps.iter().zip(dst.chunks_exact_mut(STEP_AVX2 * SIZE)) {
        // SAFETY: the array has 32 bytes.
        let indices = unsafe { _mm256_loadu_si256(indices.as_ptr().cast()) };
        let to = dst.as_mut_ptr().cast::<__m256i>();
        if SIZE == 1 {
            // SAFETY: the chunk has 32 bytes.
            unsafe { _mm256_storeu_si256(to, _mm256_shuffle_epi8(planes[0], indices)) };
            continue;
        }
        let indices = _mm256_permute4x64_epi64::<0b11_01_10_00>(indices);
        let first = _mm256_shuffle_epi8(planes[0], indices);
        let second = _mm256_shuffle_epi8(planes[SIZE - 1], indices);
        // SAFETY: the chunk has 64 bytes.
        unsafe {
            _mm256_storeu_si256(to, _mm256_unpacklo_epi8(first, second));
            _mm256_storeu_si256(to.add(1), _mm256_unpackhi_epi8(first, second));
        }
    }
    steps.len() * STEP_AVX2
}
