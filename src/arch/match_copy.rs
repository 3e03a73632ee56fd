//! Copies that LZ decoders live on: from earlier output, overlapping what they write.
//!
//! The copies are wild: they move 16 bytes at a time and write up to [`SLACK`] bytes more than
//! asked, which the next sequence overwrites. A loop over single bytes, or a call of `memcpy` for
//! each match of a few bytes, costs several times as much.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

/// Bytes that the wild copies may write behind the end of what they were asked for.
pub(super) const SLACK: usize = 32;

/// `PATTERN[n] * (the lowest n bytes of a word)` repeats those bytes over the whole word.
const PATTERN: [u64; 8] = [
    0,
    0x0101_0101_0101_0101,
    0x0001_0001_0001_0001,
    1 | 1 << 24 | 1 << 48,
    1 | 1 << 32,
    1 | 1 << 40,
    1 | 1 << 48,
    1 | 1 << 56,
];

/// Copies `len` bytes inside `buffer` from `offset` bytes before `pos` to `pos`, first byte first:
/// where the two overlap, what was just written is repeated.
///
/// # Panics
/// When `offset` is 0 or reaches before the buffer, or `pos + len` lies behind it.
#[inline]
pub(crate) fn copy_match(buffer: &mut [u8], pos: usize, offset: usize, len: usize) {
    assert!(offset != 0 && offset <= pos && pos <= buffer.len() && len <= buffer.len() - pos);
    let wild = len.min((buffer.len() - pos).saturating_sub(SLACK));
    if wild != 0 {
        // SAFETY: `offset` bytes lie before `pos` and, by the choice of `wild`, `wild + SLACK`
        // bytes from `pos` on.
        unsafe { copy_match_wild(buffer.as_mut_ptr().add(pos), offset, wild) };
    }
    // The last bytes before the buffer's end.
    for i in pos + wild..pos + len {
        buffer[i] = buffer[i - offset];
    }
}

/// As [`copy_match`], writing up to [`SLACK`] bytes too many.
///
/// Most matches are short, and many repeat what was stored just before. A load that needs bytes of
/// two stores under way waits until both are done, so that the first 16 bytes go in words of 8:
/// measured, 10 % over all and 30 % on noisy data, against 16 bytes at once.
///
/// # Safety
/// The `offset` bytes before `to` and the `len + SLACK` bytes from `to` on are initialised, readable
/// and writable, all in one allocation; `offset` is not 0.
#[inline(always)]
pub(super) unsafe fn copy_match_wild(to: *mut u8, offset: usize, len: usize) {
    // SAFETY: the caller's promise. From 8 on, no word reads what is not written yet; from 16 on,
    // and so in both last branches, the same is true of 16 bytes.
    unsafe {
        let from = to.sub(offset);
        if offset < 8 {
            return repeat_wild(to, offset, len);
        }
        store(to, load(from));
        store(to.add(8), load(from.add(8)));
        if len <= 16 {
            return;
        }
        let (rest, len) = (to.add(16), len - 16);
        if offset == 8 {
            store_repeated(rest, load(to), len);
        } else if offset < 16 {
            copy_wild(rest.sub(2 * offset), rest, len);
        } else {
            copy_wild(rest.sub(offset), rest, len);
        }
    }
}

/// Copies `len` bytes, in steps of 32 bytes, the first unconditionally.
///
/// # Safety
/// `len + SLACK` bytes are readable from `from`, and writable from `to` on. `from` may be before
/// `to` by 16 bytes or more, and then the bytes from `to` on need not be readable yet.
#[inline(always)]
pub(super) unsafe fn copy_wild(mut from: *const u8, mut to: *mut u8, len: usize) {
    // SAFETY: at most `len.max(1)` rounded up to 32 bytes are read and written. With 16 bytes
    // between the two, each step reads only what the steps before have written.
    unsafe {
        let end = to.add(len);
        loop {
            copy_16(from, to);
            copy_16(from.add(16), to.add(16));
            from = from.add(32);
            to = to.add(32);
            if to >= end {
                break;
            }
        }
    }
}

/// Repeats the `offset` bytes before `to`, for offsets below 8.
///
/// Runs of one byte, or of elements of 2 or 4 bytes, are what remains of flat images and masks,
/// often thousands of bytes long: they are stored from a register. The others first write a
/// stretch in steps of 8 bytes; then a whole number of offsets is far enough to copy from.
///
/// # Safety
/// As [`copy_match_wild`], and `offset` is less than 8.
#[inline(always)]
unsafe fn repeat_wild(to: *mut u8, offset: usize, len: usize) {
    // SAFETY: what is written first is 22 bytes at most, which is within `SLACK`; the loops write
    // `len` rounded up to 32 bytes. Nothing before `to - offset` is read.
    unsafe {
        let start = load(to.sub(offset)) & (u64::MAX >> (64 - 8 * offset));
        let word = start.wrapping_mul(PATTERN[offset]);
        if offset.is_power_of_two() {
            return store_repeated(to, word, len);
        }
        // The largest number of whole offsets in 8 bytes.
        let step = if offset == 3 { 6 } else { offset };
        store(to, word);
        store(to.add(step), word);
        store(to.add(2 * step), word);
        let done = 2 * step + 8;
        if len > done {
            let rest = to.add(done);
            // 20 to 28 bytes, of which the first is at `to - offset` or behind it.
            copy_wild(rest.sub(3 * step + offset), rest, len - done);
        }
    }
}

/// Stores `word` again and again over `len` bytes.
///
/// # Safety
/// `len + SLACK` bytes are writable from `to` on.
#[inline(always)]
unsafe fn store_repeated(mut to: *mut u8, word: u64, len: usize) {
    // SAFETY: `len.max(1)` rounded up to 32 bytes are written.
    unsafe {
        let end = to.add(len);
        let words = [word.to_le(); 2];
        loop {
            to.cast::<[u64; 2]>().write_unaligned(words);
            to.add(16).cast::<[u64; 2]>().write_unaligned(words);
            to = to.add(32);
            if to >= end {
                break;
            }
        }
    }
}

/// # Safety
/// 16 bytes are readable from `from` and writable from `to` on.
#[inline(always)]
pub(super) unsafe fn copy_16(from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise. The value is loaded before it is stored, so overlap is allowed.
    unsafe { to.cast::<[u64; 2]>().write_unaligned(from.cast::<[u64; 2]>().read_unaligned()) }
}

/// # Safety
/// 8 bytes are readable from `from` on.
#[inline(always)]
unsafe fn load(from: *const u8) -> u64 {
    // SAFETY: the caller's promise.
    u64::from_le(unsafe { from.cast::<u64>().read_unaligned() })
}

/// # Safety
/// 8 bytes are writable from `to` on.
#[inline(always)]
unsafe fn store(to: *mut u8, word: u64) {
    // SAFETY: the caller's promise.
    unsafe { to.cast::<u64>().write_unaligned(word.to_le()) }
}

#[cfg(test)]
mod tests;
