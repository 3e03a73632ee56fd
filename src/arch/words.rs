//! Unaligned loads from a slice, for match finders, which do little else.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

/// A slice of at least 8 bytes, from which words are read anywhere.
///
/// A load through a slice checks its end and that the end does not overflow. Here one comparison
/// against a number that stays in a register does both, which makes the search a fifth faster.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    bytes: &'a [u8],
    /// The last position with 8 bytes.
    last: usize,
}

impl<'a> Words<'a> {
    /// `None` for less than 8 bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        Some(Self { bytes, last: bytes.len().checked_sub(8)? })
    }

    /// All the bytes.
    #[inline(always)]
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The 2 bytes at `pos`, little-endian.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline(always)]
    pub(crate) fn u16(self, pos: usize) -> u16 {
        assert!(pos <= self.last + 6);
        // SAFETY: checked above: `pos + 2` is at most the length.
        u16::from_le(unsafe { self.bytes.as_ptr().add(pos).cast::<u16>().read_unaligned() })
    }

    /// The 4 bytes at `pos`, little-endian.
    ///
    /// # Panics
    /// When fewer than 8 bytes are there.
    #[inline(always)]
    pub(crate) fn u32(self, pos: usize) -> u32 {
        assert!(pos <= self.last);
        // SAFETY: checked above: `pos + 8` is at most the length.
        u32::from_le(unsafe { self.bytes.as_ptr().add(pos).cast::<u32>().read_unaligned() })
    }

    /// The 8 bytes at `pos`, little-endian.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline(always)]
    pub(crate) fn u64(self, pos: usize) -> u64 {
        assert!(pos <= self.last);
        // SAFETY: checked above: `pos + 8` is at most the length.
        u64::from_le(unsafe { self.bytes.as_ptr().add(pos).cast::<u64>().read_unaligned() })
    }

    /// How many bytes from `pos` on equal those `distance` before, as far as `end`.
    ///
    /// # Panics
    /// When `distance` is more than `pos`, `pos` is behind `end`, or `end` behind the bytes.
    #[inline(always)]
    pub(crate) fn common_len(self, pos: usize, distance: usize, end: usize) -> usize {
        assert!(distance <= pos && pos <= end && end <= self.bytes.len());
        let bytes = self.bytes.as_ptr();
        // SAFETY: called where 8 bytes lie between `at` and `end`, hence inside; `distance` is no
        // more than `at`.
        let differ = |at: usize| unsafe {
            let ahead = bytes.add(at).cast::<u64>().read_unaligned();
            let behind = bytes.add(at - distance).cast::<u64>().read_unaligned();
            u64::from_le(ahead ^ behind)
        };
        let mut at = pos;
        while end - at >= 8 {
            let difference = differ(at);
            if difference != 0 {
                return at - pos + difference.trailing_zeros() as usize / 8;
            }
            at += 8;
            // After the first equal word, long runs are likely: four words per turn.
            while end - at >= 32 {
                let differences = [differ(at), differ(at + 8), differ(at + 16), differ(at + 24)];
                if differences != [0; 4] {
                    break;
                }
                at += 32;
            }
        }
        while at < end && self.bytes[at] == self.bytes[at - distance] {
            at += 1;
        }
        at - pos
    }

    /// How many bytes before `pos`, `max` at most, equal those before `from`.
    ///
    /// # Panics
    /// When `max` is more than `from` or `pos`, or `pos` is behind the bytes.
    #[inline(always)]
    pub(crate) fn common_len_back(self, pos: usize, from: usize, max: usize) -> usize {
        assert!(max <= from && max <= pos && pos <= self.bytes.len());
        let mut len = 0;
        while len < max {
            let (ahead, behind) = (pos - len, from - len);
            if ahead.min(behind) < 8 {
                if self.bytes[ahead - 1] != self.bytes[behind - 1] {
                    return len;
                }
                len += 1;
                continue;
            }
            let difference = self.u64(ahead - 8) ^ self.u64(behind - 8);
            if difference != 0 {
                return max.min(len + difference.leading_zeros() as usize / 8);
            }
            len += 8;
        }
        max
    }
}

#[cfg(test)]
mod tests;
