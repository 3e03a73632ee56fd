//! The kernels as plain loops: what machines without a kernel of their own run, what finishes the
//! work of the others, and what these are tested against.

use super::{CONTEXT_BITS, Coded, Lanes, MIN_STATE, Model, NSLOTS, ORDER_0_BITS, Residuals, Slots};

/// [`decode`](super::decode), of the symbols from `first` on, which lane 0 holds.
pub(super) fn decode(
    lanes: &mut Lanes,
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
    first: usize,
) -> Option<usize> {
    match lanes {
        Lanes::Few(states) => decode_lanes(states, words, slots, model, dst, first),
        Lanes::Many(states) => decode_lanes(states, words, slots, model, dst, first),
    }
}

fn decode_lanes<const N: usize>(
    states: &mut [u32; N],
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
    first: usize,
) -> Option<usize> {
    let mut words = Words { words: words.as_chunks().0, taken: 0 };
    for first in (first..dst.len()).step_by(N) {
        let end = dst.len().min(first + N);
        let (before, symbols) = dst[..end].split_at_mut(first);
        match model {
            Model::Single => {
                step::<ORDER_0_BITS, N>(states, &mut words, slots, &[0; N], symbols)?;
            }
            Model::InContext(contexts) => {
                let contexts = contexts.of(before, first);
                step::<CONTEXT_BITS, N>(states, &mut words, slots, &contexts, symbols)?;
            }
        }
    }
    Some(2 * words.taken)
}

/// Words, of which some have been taken.
struct Words<'a> {
    words: &'a [[u8; 2]],
    taken: usize,
}

/// Takes a symbol out of each lane, as many as there is room for.
#[inline(always)]
fn step<const BITS: u32, const N: usize>(
    states: &mut [u32; N],
    words: &mut Words<'_>,
    slots: &Slots,
    contexts: &[u8; N],
    symbols: &mut [u8],
) -> Option<()> {
    let rest = words.words.get(words.taken..)?;
    if let (Some(next), Ok(symbols)) =
        (rest.first_chunk::<N>(), <&mut [u8; N]>::try_from(&mut *symbols))
    {
        // There are words for all lanes: nothing has to be checked.
        let mut taken = 0;
        for lane in 0..N {
            let (symbol, state) = take::<BITS>(states[lane], slots, contexts[lane]);
            symbols[lane] = symbol;
            // Without a branch, which nobody could predict.
            let is_low = u32::from(state < MIN_STATE);
            let word = u32::from(u16::from_le_bytes(next[taken % N]));
            states[lane] = state << (16 * is_low) | word & is_low.wrapping_neg();
            taken += is_low as usize;
        }
        words.taken += taken;
        return Some(());
    }
    for (lane, symbol) in symbols.iter_mut().enumerate() {
        let state;
        (*symbol, state) = take::<BITS>(states[lane], slots, contexts[lane]);
        states[lane] = state;
        if state < MIN_STATE {
            let word = u16::from_le_bytes(*words.words.get(words.taken)?);
            states[lane] = state << 16 | u32::from(word);
            words.taken += 1;
        }
    }
    Some(())
}

/// The symbol that a state holds, and the state without it.
#[inline(always)]
fn take<const BITS: u32>(state: u32, slots: &Slots, context: u8) -> (u8, u32) {
    let slot = state & ((1 << BITS) - 1) | u32::from(context) << BITS;
    let slot = slots[slot as usize % NSLOTS];
    (slot.symbol(), slot.advance(state >> BITS))
}

/// [`join`](super::join).
pub(super) fn join(
    residuals: Residuals,
    widths: &[u8],
    coded: Coded<'_>,
    rest: &[u8],
    planes: &mut [u8],
) {
    let (mut nfirst, mut nsecond, mut nrest, mut done) = (0, 0, 0, 0);
    let second = coded.second.unwrap_or_default();
    for &width in widths {
        let width = usize::from(width);
        let nsigns = residuals.signs(width as u8);
        let has_first = usize::from(width > 0);
        let has_second = usize::from(width > nsigns + 1 && coded.second.is_some());
        let ncoded = has_first + has_second;
        let Some(room) = planes.get_mut(done..) else { return };
        let Some(rest) = rest.get(nrest..) else { return };
        // The first 8 planes at once. What is too many is overwritten later.
        let head = u64::from_le_bytes(front(rest));
        let first = coded.first.get(nfirst).copied().unwrap_or(0);
        let second = second.get(nsecond).copied().unwrap_or(0);
        let sign = head & low_bytes(nsigns);
        let magnitudes = u64::from(u16::from_le_bytes([first, second])) ^ (sign * 0x0101);
        let magnitudes = (magnitudes & low_bytes(ncoded)) << (8 * nsigns);
        let others = head >> (8 * nsigns) << (8 * (nsigns + ncoded));
        let head = (sign | magnitudes | others).to_le_bytes();
        match room.first_chunk_mut() {
            Some(room) => *room = head,
            None => room.copy_from_slice(&head[..room.len()]),
        }
        if width > 8 {
            let others = rest.get(8 - ncoded..width - ncoded);
            let (Some(room), Some(others)) = (room.get_mut(8..width), others) else { return };
            room.copy_from_slice(others);
        }
        nfirst += has_first;
        nsecond += has_second;
        nrest += width - ncoded;
        done += width;
    }
}

/// The first 8 bytes, as far as there are any.
#[inline(always)]
fn front(bytes: &[u8]) -> [u8; 8] {
    match bytes.first_chunk() {
        Some(front) => *front,
        None => {
            let mut front = [0; 8];
            front[..bytes.len()].copy_from_slice(bytes);
            front
        }
    }
}

/// Ones in so many bytes, at most 7.
#[inline(always)]
fn low_bytes(count: usize) -> u64 {
    (1 << (8 * count)) - 1
}
