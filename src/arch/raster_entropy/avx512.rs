//! The kernels with AVX-512: 16 lanes to a register, look-ups by gathers.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::super::Isa;
use super::{
    CONTEXT_BITS, Coded, Contexts, Lanes, MIN_STATE, Model, ORDER_0_BITS, Residuals, Slots, scalar,
};

/// Lanes in a register.
const WIDE: usize = 16;

/// [`decode`](super::decode).
pub(super) fn decode(
    isa: Isa,
    lanes: &mut Lanes,
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
) -> Option<usize> {
    assert!(matches!(isa, Isa::Avx512(_)), "the machine has AVX-512");
    let nlanes = lanes.states().len();
    let whole = dst.len() / nlanes * nlanes;
    let steps = &mut dst[..whole];
    // SAFETY: `isa` says that the machine has the instructions.
    let taken = unsafe {
        match lanes {
            Lanes::Few(states) => decode_steps::<1>(states, words, slots, model, steps),
            Lanes::Many(states) => decode_steps::<4>(states, words, slots, model, steps),
        }
    }?;
    let rest = scalar::decode(lanes, words.get(taken..)?, slots, model, dst, whole)?;
    Some(taken + rest)
}

/// Decodes whole steps with as many registers of lanes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi2,popcnt")]
fn decode_steps<const REGISTERS: usize>(
    states: &mut [u32],
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
) -> Option<usize> {
    match model {
        Model::Single => decode_symbols::<ORDER_0_BITS, REGISTERS>(states, words, slots, None, dst),
        Model::InContext(contexts) => {
            decode_symbols::<CONTEXT_BITS, REGISTERS>(states, words, slots, Some(contexts), dst)
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi2,popcnt")]
fn decode_symbols<const BITS: u32, const REGISTERS: usize>(
    lanes: &mut [u32],
    words: &[u8],
    slots: &Slots,
    contexts: Option<&Contexts>,
    dst: &mut [u8],
) -> Option<usize> {
    let nwords = words.len() / 2;
    let mut taken = 0;
    let mut states = [_mm512_setzero_si512(); REGISTERS];
    for (state, lanes) in states.iter_mut().zip(lanes.as_chunks::<WIDE>().0) {
        // SAFETY: 16 numbers of 32 bits.
        *state = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
    }
    let slot_mask = _mm512_set1_epi32((1 << BITS) - 1);
    let offset_mask = _mm512_set1_epi32(0xfff);
    let min_state = _mm512_set1_epi32(MIN_STATE as i32);
    for first in (0..dst.len()).step_by(WIDE * REGISTERS) {
        for (register, state) in states.iter_mut().enumerate() {
            let (before, symbols) = dst.split_at_mut(first + register * WIDE);
            let mut slot = _mm512_and_si512(*state, slot_mask);
            if let Some(contexts) = contexts {
                let contexts: [u8; WIDE] = contexts.of(before, before.len());
                // SAFETY: 16 bytes.
                let contexts = unsafe { _mm_loadu_si128(contexts.as_ptr().cast()) };
                let contexts = _mm512_slli_epi32::<CONTEXT_BITS>(_mm512_cvtepu8_epi32(contexts));
                slot = _mm512_or_si512(slot, contexts);
            }
            // SAFETY: slots below 2^12, as contexts are below 4: entries of the table.
            let entry = unsafe { _mm512_i32gather_epi32::<4>(slot, slots.as_ptr().cast()) };
            let quotient = _mm512_srli_epi32::<BITS>(*state);
            let product = _mm512_mullo_epi32(_mm512_srli_epi32::<20>(entry), quotient);
            let offset = _mm512_and_si512(_mm512_srli_epi32::<8>(entry), offset_mask);
            let left = _mm512_add_epi32(_mm512_add_epi32(quotient, offset), product);
            let is_low = _mm512_cmplt_epu32_mask(left, min_state);
            let available = (nwords - taken).min(WIDE);
            // SAFETY: loads only words that are there: from `taken` on, at most `nwords`.
            let next = unsafe {
                let available = _bzhi_u32(0xffff, available as u32) as u16;
                _mm256_maskz_loadu_epi16(available, words.as_ptr().add(2 * taken).cast())
            };
            let next = _mm512_cvtepu16_epi32(_mm256_maskz_expand_epi16(is_low, next));
            let count = is_low.count_ones() as usize;
            if count > available {
                return None;
            }
            taken += count;
            let shifted = _mm512_mask_slli_epi32::<16>(left, is_low, left);
            *state = _mm512_or_si512(shifted, next);
            let mut decoded = [0; WIDE];
            // SAFETY: 16 bytes.
            unsafe {
                _mm_storeu_si128(decoded.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(entry));
            }
            symbols[..WIDE].copy_from_slice(&decoded);
        }
    }
    for (state, lanes) in states.iter().zip(lanes.as_chunks_mut::<WIDE>().0) {
        // SAFETY: 16 numbers of 32 bits.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *state) };
    }
    Some(2 * taken)
}

/// Groups that are looked at together, to choose how many are joined at once.
const SPAN: usize = 64;

/// [`join`](super::join).
pub(super) fn join(
    isa: Isa,
    residuals: Residuals,
    widths: &[u8],
    coded: Coded<'_>,
    rest: &[u8],
    planes: &mut [u8],
) {
    assert!(matches!(isa, Isa::Avx512(_)), "the machine has AVX-512");
    // SAFETY: `isa` says that the machine has the instructions.
    unsafe { join_spans(residuals, widths, coded, rest, planes) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi2,popcnt")]
fn join_spans(
    residuals: Residuals,
    widths: &[u8],
    coded: Coded<'_>,
    rest: &[u8],
    planes: &mut [u8],
) {
    let mut join = Join {
        signs: if residuals == Residuals::Signed { u64::MAX } else { 0 },
        seconds: if coded.second.is_some() { u64::MAX } else { 0 },
        rest,
        first: coded.first,
        // Where there are none, none are taken, but from memory that exists: a masked load of
        // nothing from an address of nothing takes hundreds of cycles.
        second: coded.second.unwrap_or(coded.first),
        planes,
    };
    for widths in widths.chunks(SPAN) {
        let mut span = [0; SPAN];
        span[..widths.len()].copy_from_slice(widths);
        // SAFETY: 64 bytes.
        let widths = unsafe { _mm512_loadu_si512(span.as_ptr().cast()) };
        let above = |width| _mm512_cmpgt_epu8_mask(widths, _mm512_set1_epi8(width)) != 0;
        join = if above(32) {
            join.groups::<64>(&fields_of_64(&span))
        } else if above(16) {
            join.groups::<32>(&fields_of_32(&span))
        } else if above(8) {
            join.groups::<16>(&fields_of_16(&span))
        } else if above(0) {
            join.groups::<8>(&fields_of_8(widths))
        } else {
            join
        };
    }
}

/// For each group, as many ones as it is wide, in a field of 8 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn fields_of_8(widths: __m512i) -> [u64; 8] {
    let table = _mm512_set1_epi64(0x7f3f_1f0f_0703_0100);
    // The table has widths 0 to 7.
    let is_whole = _mm512_cmpeq_epi8_mask(widths, _mm512_set1_epi8(8));
    let fields = _mm512_mask_set1_epi8(_mm512_shuffle_epi8(table, widths), is_whole, -1);
    let mut masks = [0; 8];
    // SAFETY: 64 bytes.
    unsafe { _mm512_storeu_si512(masks.as_mut_ptr().cast(), fields) };
    masks
}

/// Likewise in fields of 16, 32 and 64 bits.
macro_rules! fields {
    ($name:ident, $nmasks:literal, $load:ident, $widen:ident, $shift:ident, $sub:ident, $one:expr) => {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn $name(widths: &[u8; SPAN]) -> [u64; $nmasks] {
            let mut masks = [0; $nmasks];
            let per_register = SPAN / ($nmasks / 8);
            let parts = widths.chunks_exact(per_register).zip(masks.as_chunks_mut::<8>().0);
            for (widths, masks) in parts {
                // SAFETY: as many widths as are loaded, and 64 bytes of masks.
                unsafe {
                    let widths = $widen($load(widths.as_ptr().cast()));
                    let ones = $sub($shift($one, widths), $one);
                    _mm512_storeu_si512(masks.as_mut_ptr().cast(), ones);
                }
            }
            masks
        }
    };
}
fields!(
    fields_of_16,
    16,
    _mm256_loadu_si256,
    _mm512_cvtepu8_epi16,
    _mm512_sllv_epi16,
    _mm512_sub_epi16,
    _mm512_set1_epi16(1)
);
fields!(
    fields_of_32,
    32,
    _mm_loadu_si128,
    _mm512_cvtepu8_epi32,
    _mm512_sllv_epi32,
    _mm512_sub_epi32,
    _mm512_set1_epi32(1)
);
fields!(
    fields_of_64,
    64,
    _mm_loadl_epi64,
    _mm512_cvtepu8_epi64,
    _mm512_sllv_epi64,
    _mm512_sub_epi64,
    _mm512_set1_epi64(1)
);

/// What is left to be put together.
struct Join<'a> {
    /// All ones where residuals have signs, and where second planes are coded.
    signs: u64,
    seconds: u64,
    rest: &'a [u8],
    first: &'a [u8],
    second: &'a [u8],
    planes: &'a mut [u8],
}

impl Join<'_> {
    /// Joins the planes of groups, a register at a time, in which each group has the first bytes of
    /// a field; only when they are stored do they close up.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi2,popcnt")]
    fn groups<const FIELD: usize>(mut self, masks: &[u64; FIELD]) -> Self {
        // The first bit of each field.
        let firsts = const { u64::MAX / (u64::MAX >> (64 - FIELD)) };
        for &all in masks {
            let signs = all & all >> 1 & firsts & self.signs;
            // The place after the sign, where there is one.
            let first_mask = (all & firsts) + signs;
            let second_mask = first_mask << 1 & all & self.seconds;
            let (rest, first, second);
            (rest, self.rest) = take(self.rest, all & !(first_mask | second_mask));
            (first, self.first) = take(self.first, first_mask);
            (second, self.second) = take(self.second, second_mask);
            let sign = _mm512_maskz_mov_epi8(signs, rest);
            let flip = _mm512_or_si512(
                _mm512_slli_epi64::<8>(sign),
                _mm512_maskz_mov_epi8(second_mask, _mm512_slli_epi64::<16>(sign)),
            );
            let coded = _mm512_or_si512(first, second);
            let joined = _mm512_ternarylogic_epi64::<{ 0xf0 ^ 0xcc ^ 0xaa }>(rest, coded, flip);
            let joined = _mm512_maskz_compress_epi8(all, joined);
            self.planes = put(self.planes, joined, all.count_ones() as usize);
        }
        self
    }
}

/// Takes bytes from the front, as many as the mask has ones, and puts them there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi2,popcnt")]
fn take(bytes: &[u8], mask: u64) -> (__m512i, &[u8]) {
    // SAFETY: no more bytes than there are.
    let front = unsafe {
        if bytes.len() >= 64 {
            _mm512_loadu_si512(bytes.as_ptr().cast())
        } else {
            let available = _bzhi_u64(u64::MAX, bytes.len() as u32);
            _mm512_maskz_loadu_epi8(available, bytes.as_ptr().cast())
        }
    };
    let rest = bytes.get(mask.count_ones() as usize..).unwrap_or_default();
    (_mm512_maskz_expand_epi8(mask, front), rest)
}

/// Writes the first bytes of a register to the front, and answers the room behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn put(room: &mut [u8], bytes: __m512i, count: usize) -> &mut [u8] {
    // SAFETY: no more bytes than there is room for. What is too many is overwritten later.
    unsafe {
        if room.len() >= 64 {
            _mm512_storeu_si512(room.as_mut_ptr().cast(), bytes);
        } else {
            let available = _bzhi_u64(u64::MAX, room.len() as u32);
            _mm512_mask_storeu_epi8(room.as_mut_ptr().cast(), available, bytes);
        }
    }
    room.get_mut(count..).unwrap_or_default()
}
