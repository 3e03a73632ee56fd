//! Writes sequences, as the format lays them out, into a buffer that may be too short.

use super::{LAST_LITERALS, MIN_MATCH};

/// Room that every stream needs behind a match: the token of the last literals, and these.
const END: usize = 1 + LAST_LITERALS;

/// The front of a buffer, filled with sequences.
pub(super) struct Output<'a> {
    dst: &'a mut [u8],
    pos: usize,
}

impl<'a> Output<'a> {
    pub(super) fn new(dst: &'a mut [u8]) -> Self {
        Self { dst, pos: 0 }
    }

    /// Appends the literals `src[from..to]`, and a match of `len` bytes at `offset`.
    ///
    /// `None` when the stream would not fit, with at least the last literals behind.
    #[inline(always)]
    pub(super) fn sequence(
        &mut self,
        src: &[u8],
        from: usize,
        to: usize,
        offset: usize,
        len: usize,
    ) -> Option<()> {
        let nliterals = to - from;
        let extra = len - MIN_MATCH;
        // Most are short. All lengths are then constants: no loops, no calls of `memcpy`.
        if nliterals < 15
            && let Some(literals) = src[from..].first_chunk::<16>()
            && let Some(place) = self.dst[self.pos..].first_chunk_mut::<{ 17 + 2 + END }>()
        {
            place[0] = (nliterals << 4 | extra.min(15)) as u8;
            place[1..17].copy_from_slice(literals);
            place[1 + nliterals..][..2].copy_from_slice(&(offset as u16).to_le_bytes());
            self.pos += 3 + nliterals;
            if extra < 15 {
                return Some(());
            }
            return self.length(extra, END);
        }
        self.token(nliterals, extra)?;
        self.literals(&src[from..to], 2 + END)?;
        self.dst[self.pos..self.pos + 2].copy_from_slice(&(offset as u16).to_le_bytes());
        self.pos += 2;
        if extra >= 15 { self.length(extra, END) } else { Some(()) }
    }

    /// Appends the last literals, and answers the length of the stream.
    pub(super) fn finish(mut self, literals: &[u8]) -> Option<usize> {
        self.token(literals.len(), 0)?;
        self.literals(literals, 0)?;
        Some(self.pos)
    }

    fn token(&mut self, nliterals: usize, extra: usize) -> Option<()> {
        *self.dst.get_mut(self.pos)? = (nliterals.min(15) << 4 | extra.min(15)) as u8;
        self.pos += 1;
        if nliterals >= 15 { self.length(nliterals, nliterals) } else { Some(()) }
    }

    /// Appends what `length` has above 15, if `behind` bytes fit after it.
    fn length(&mut self, length: usize, behind: usize) -> Option<()> {
        let full = (length - 15) / 255;
        let rest = &mut self.dst[self.pos..];
        if full + 1 + behind > rest.len() {
            return None;
        }
        rest[..full].fill(255);
        rest[full] = ((length - 15) % 255) as u8;
        self.pos += full + 1;
        Some(())
    }

    /// Appends `literals`, if `behind` bytes fit after them.
    fn literals(&mut self, literals: &[u8], behind: usize) -> Option<()> {
        let rest = &mut self.dst[self.pos..];
        if literals.len() + behind > rest.len() {
            return None;
        }
        rest[..literals.len()].copy_from_slice(literals);
        self.pos += literals.len();
        Some(())
    }
}
