//! The kernels with AVX2: 8 lanes to a register, look-ups by gathers.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::arch::x86_64::*;

use super::super::Isa;
use super::{CONTEXT_BITS, Contexts, Lanes, Model, ORDER_0_BITS, Slots, scalar};

/// Lanes in a register.
const WIDE: usize = 8;

/// [`decode`](super::decode).
pub(super) fn decode(
    isa: Isa,
    lanes: &mut Lanes,
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
) -> Option<usize> {
    assert!(matches!(isa, Isa::Avx2(_) | Isa::Avx2Gfni(_)), "the machine has AVX2");
    // SAFETY: `isa` says that the machine has the instructions.
    let (done, taken) = unsafe {
        match lanes {
            Lanes::Few(states) => decode_steps::<2>(states, words, slots, model, dst),
            Lanes::Many(states) => decode_steps::<8>(states, words, slots, model, dst),
        }
    };
    let rest = scalar::decode(lanes, &words[taken..], slots, model, dst, done)?;
    Some(taken + rest)
}

/// Decodes steps with as many registers of lanes while there are words for all lanes, and says how
/// many symbols that were and how many bytes of words they took.
#[target_feature(enable = "avx2,bmi2,popcnt")]
fn decode_steps<const REGISTERS: usize>(
    states: &mut [u32],
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
) -> (usize, usize) {
    match model {
        Model::Single => decode_symbols::<ORDER_0_BITS, REGISTERS>(states, words, slots, None, dst),
        Model::InContext(contexts) => {
            decode_symbols::<CONTEXT_BITS, REGISTERS>(states, words, slots, Some(contexts), dst)
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi2,popcnt")]
fn decode_symbols<const BITS: u32, const REGISTERS: usize>(
    lanes: &mut [u32],
    words: &[u8],
    slots: &Slots,
    contexts: Option<&Contexts>,
    dst: &mut [u8],
) -> (usize, usize) {
    let nlanes = WIDE * REGISTERS;
    let (mut done, mut taken) = (0, 0);
    let mut states = [_mm256_setzero_si256(); REGISTERS];
    for (state, lanes) in states.iter_mut().zip(lanes.as_chunks::<WIDE>().0) {
        // SAFETY: 8 numbers of 32 bits.
        *state = unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) };
    }
    let slot_mask = _mm256_set1_epi32((1 << BITS) - 1);
    let offset_mask = _mm256_set1_epi32(0xfff);
    while dst.len() - done >= nlanes && words.len() - taken >= 2 * nlanes {
        for (register, state) in states.iter_mut().enumerate() {
            let (before, symbols) = dst.split_at_mut(done + register * WIDE);
            let mut slot = _mm256_and_si256(*state, slot_mask);
            if let Some(contexts) = contexts {
                let contexts: [u8; WIDE] = contexts.of(before, before.len());
                let contexts = _mm_cvtsi64_si128(i64::from_le_bytes(contexts));
                let contexts =
                    _mm256_slli_epi32::<{ CONTEXT_BITS as i32 }>(_mm256_cvtepu8_epi32(contexts));
                slot = _mm256_or_si256(slot, contexts);
            }
            // SAFETY: slots below 2^12, as contexts are below 4: entries of the table.
            let entry = unsafe { _mm256_i32gather_epi32::<4>(slots.as_ptr().cast(), slot) };
            let quotient = _mm256_srl_epi32(*state, _mm_cvtsi32_si128(BITS as i32));
            let product = _mm256_mullo_epi32(_mm256_srli_epi32::<20>(entry), quotient);
            let offset = _mm256_and_si256(_mm256_srli_epi32::<8>(entry), offset_mask);
            let left = _mm256_add_epi32(_mm256_add_epi32(quotient, offset), product);
            let is_low = _mm256_cmpeq_epi32(_mm256_srli_epi32::<16>(left), _mm256_setzero_si256());
            let mask = _mm256_movemask_ps(_mm256_castsi256_ps(is_low)) as usize & 0xff;
            // SAFETY: 16 bytes of words: there were so many for each register, and no register
            // takes more.
            let next = unsafe { _mm_loadu_si128(words.as_ptr().add(taken).cast()) };
            let ranks = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(RANKS[mask] as i64));
            let next = _mm256_permutevar8x32_epi32(_mm256_cvtepu16_epi32(next), ranks);
            let shifted = _mm256_or_si256(_mm256_slli_epi32::<16>(left), next);
            *state = _mm256_blendv_epi8(left, shifted, is_low);
            taken += 2 * mask.count_ones() as usize;
            symbols[..WIDE].copy_from_slice(&lowest_bytes(entry));
        }
        done += nlanes;
    }
    for (state, lanes) in states.iter().zip(lanes.as_chunks_mut::<WIDE>().0) {
        // SAFETY: 8 numbers of 32 bits.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), *state) };
    }
    (done, taken)
}

/// The lowest byte of each number of 32 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn lowest_bytes(numbers: __m256i) -> [u8; WIDE] {
    let bytes = _mm256_and_si256(numbers, _mm256_set1_epi32(0xff));
    let words = _mm256_packus_epi32(bytes, bytes);
    let bytes = _mm256_packus_epi16(words, words);
    let low = _mm256_castsi256_si128(bytes);
    let joined = _mm_unpacklo_epi32(low, _mm256_extracti128_si256::<1>(bytes));
    _mm_cvtsi128_si64(joined).to_le_bytes()
}

/// For each mask, how many ones are below each bit: which of the next words is for that lane.
static RANKS: [u64; 256] = {
    let mut ranks = [0; 256];
    let mut mask = 0_u32;
    while mask < 256 {
        let mut lane = 0;
        while lane < 8 {
            let below = (mask & ((1 << lane) - 1)).count_ones() as u64;
            ranks[mask as usize] |= below << (8 * lane);
            lane += 1;
        }
        mask += 1;
    }
    ranks
};
