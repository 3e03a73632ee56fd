//! The hash tables of the fast encoder, kept from call to call without clearing them each time.
//!
//! An entry is a position plus a base, which in each call is larger than all entries of the calls
//! before. So old entries are seen to be old, and what was compressed before never changes what is
//! found. Only when the sum would no longer fit is the table cleared.

use super::{MATCH_MARGIN, MAX_OFFSET};

/// Where bytes with a certain hash were seen last.
pub(super) trait Table {
    /// Gets ready for an input of `len` bytes, in which nothing has been seen yet.
    fn begin(&mut self, len: usize);

    /// The place of the bytes at `pos`, of which 8 must be there.
    fn place(src: &[u8], pos: usize) -> usize;

    /// Notes that the bytes at `pos` belong to `place`, and answers how far before `pos` bytes of
    /// the same place were seen last; 0 when that was not in this input or too far.
    fn replace(&mut self, place: usize, pos: usize) -> usize;
}

/// Both tables of the encoder.
#[derive(Default)]
pub(super) struct Tables {
    /// For inputs up to [`Small::MAX_LEN`].
    pub(super) small: Small,
    /// For longer ones.
    pub(super) large: Large,
}

/// Positions of 16 bits: half the memory, so that a short input stays in the first-level cache.
pub(super) struct Small {
    entries: Box<[u16; 1 << Self::BITS]>,
    base: usize,
    next_base: usize,
}

impl Small {
    const BITS: u32 = 13;
    /// The longest input: the last position noted in it, plus a base of 1, is 65535.
    pub(super) const MAX_LEN: usize = 65_534 + MATCH_MARGIN;
}

impl Default for Small {
    fn default() -> Self {
        Self { entries: Box::new([0; 1 << Self::BITS]), base: 1, next_base: 1 }
    }
}

impl Table for Small {
    fn begin(&mut self, len: usize) {
        let last = len - MATCH_MARGIN;
        if self.next_base + last > usize::from(u16::MAX) {
            self.entries.fill(0);
            self.next_base = 1;
        }
        self.base = self.next_base;
        self.next_base += last + 1;
    }

    #[inline(always)]
    fn place(src: &[u8], pos: usize) -> usize {
        (load_u32(src, pos).wrapping_mul(0x9e37_79b1) >> (32 - Self::BITS)) as usize
    }

    #[inline(always)]
    fn replace(&mut self, place: usize, pos: usize) -> usize {
        let key = self.base + pos;
        let entry = &mut self.entries[place % (1 << Self::BITS)];
        let distance = key - usize::from(*entry);
        *entry = key as u16;
        if distance <= pos { distance } else { 0 }
    }
}

/// Positions of 32 bits.
pub(super) struct Large {
    entries: Box<[u32; 1 << Self::BITS]>,
    base: u32,
    next_base: u32,
}

impl Large {
    const BITS: u32 = 12;
    /// Keeps the calls so far apart that no distance between two of them is a valid offset.
    const GAP: u32 = MAX_OFFSET as u32 + 1;
    /// The longest input that fits beside the gaps.
    pub(super) const MAX_LEN: usize = (u32::MAX - 2 * Self::GAP) as usize;
}

impl Default for Large {
    fn default() -> Self {
        Self { entries: Box::new([0; 1 << Self::BITS]), base: 0, next_base: Self::GAP }
    }
}

impl Table for Large {
    fn begin(&mut self, len: usize) {
        let len = len as u32;
        if self.next_base > u32::MAX - Self::GAP - len {
            self.entries.fill(0);
            self.next_base = Self::GAP;
        }
        self.base = self.next_base;
        self.next_base += len + Self::GAP;
    }

    /// 5 bytes: in long inputs, more of the candidates are then worth a look.
    #[inline(always)]
    fn place(src: &[u8], pos: usize) -> usize {
        let hash = (load_u64(src, pos) << 24).wrapping_mul(0x9e37_79b1_85eb_ca87);
        (hash >> (64 - Self::BITS)) as usize
    }

    #[inline(always)]
    fn replace(&mut self, place: usize, pos: usize) -> usize {
        let key = self.base + pos as u32;
        let entry = &mut self.entries[place % (1 << Self::BITS)];
        let distance = (key - *entry) as usize;
        *entry = key;
        if distance <= MAX_OFFSET { distance } else { 0 }
    }
}

/// The 4 bytes at `pos`.
#[inline(always)]
pub(super) fn load_u32(src: &[u8], pos: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&src[pos..pos + 4]);
    u32::from_le_bytes(bytes)
}

/// The 8 bytes at `pos`.
#[inline(always)]
pub(super) fn load_u64(src: &[u8], pos: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&src[pos..pos + 8]);
    u64::from_le_bytes(bytes)
}

/// How many bytes from `pos` on, up to `end`, equal those `distance` bytes before.
#[inline(always)]
pub(super) fn common_len(src: &[u8], pos: usize, distance: usize, end: usize) -> usize {
    let ahead = &src[pos..end];
    let behind = &src[pos - distance..end - distance];
    let mut len = 0;
    for (a, b) in ahead.chunks_exact(8).zip(behind.chunks_exact(8)) {
        let difference = load_u64(a, 0) ^ load_u64(b, 0);
        if difference != 0 {
            return len + difference.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    let tail = ahead[len..].iter().zip(&behind[len..]);
    len + tail.take_while(|(a, b)| a == b).count()
}
