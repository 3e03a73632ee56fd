//! The hash tables of the fast encoder: where bytes were seen last.
//!
//! They are cleared for each input. To tell old entries by a growing base instead saves 0.1 µs per
//! input but takes one more step, or a branch that nothing predicts, at each position: measured,
//! that is slower from 2 KiB on.

use crate::arch::words::Words;

/// Where bytes with a certain hash were seen last.
pub(super) trait Table {
    /// Forgets everything.
    fn clear(&mut self);

    /// The place of the bytes at `pos`, of which 8 must be there.
    fn place(src: Words<'_>, pos: usize) -> usize;

    /// Notes that the bytes at `pos` belong to `place`, and answers where bytes of the same place
    /// were seen last; position 0 if nowhere.
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

/// Positions of 16 bits: twice as many in the same part of the first-level cache.
pub(super) struct Small {
    entries: Box<[u16; 1 << Self::BITS]>,
}

impl Small {
    const BITS: u32 = 13;
    /// The longest input: no match begins in the last 11 bytes.
    pub(super) const MAX_LEN: usize = 65_536 + super::MATCH_MARGIN - 1;
}

impl Default for Small {
    fn default() -> Self {
        Self { entries: Box::new([0; 1 << Self::BITS]) }
    }
}

impl Table for Small {
    fn clear(&mut self) {
        self.entries.fill(0);
    }

    #[inline(always)]
    fn place(src: Words<'_>, pos: usize) -> usize {
        (src.u32(pos).wrapping_mul(0x9e37_79b1) >> (32 - Self::BITS)) as usize
    }

    #[inline(always)]
    fn replace(&mut self, place: usize, pos: usize) -> usize {
        std::mem::replace(&mut self.entries[place % (1 << Self::BITS)], pos as u16).into()
    }
}

/// Positions of 32 bits.
pub(super) struct Large {
    entries: Box<[u32; 1 << Self::BITS]>,
}

impl Large {
    const BITS: u32 = 12;
    /// The longest input that other decoders take, just under 2 GiB.
    pub(super) const MAX_LEN: usize = 0x7e00_0000;
}

impl Default for Large {
    fn default() -> Self {
        Self { entries: Box::new([0; 1 << Self::BITS]) }
    }
}

impl Table for Large {
    fn clear(&mut self) {
        self.entries.fill(0);
    }

    /// 5 bytes: in long inputs, more of what is found is then worth a look.
    #[inline(always)]
    fn place(src: Words<'_>, pos: usize) -> usize {
        let hash = (src.u64(pos) << 24).wrapping_mul(0x9e37_79b1_85eb_ca87);
        (hash >> (64 - Self::BITS)) as usize
    }

    #[inline(always)]
    fn replace(&mut self, place: usize, pos: usize) -> usize {
        std::mem::replace(&mut self.entries[place % (1 << Self::BITS)], pos as u32) as usize
    }
}
