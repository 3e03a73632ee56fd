//! BloscLZ instructions, written or only counted.

use super::{FAR_DISTANCE, LONG_MATCH, MAX_LITERALS};

/// What the search hands its findings to. All methods answer `None` when there is no room.
pub(super) trait Sink {
    /// `src[from..to]` as it is.
    fn literals(&mut self, src: &[u8], from: usize, to: usize) -> Option<()>;
    /// `len` bytes, at least 3, that are found `distance` earlier.
    fn copy(&mut self, distance: usize, len: usize) -> Option<()>;
    /// Bytes of the stream so far.
    fn written(&self) -> usize;
}

/// Bytes that so many literals take in the stream.
pub(super) fn literals_cost(len: usize) -> usize {
    len + len.div_ceil(MAX_LITERALS)
}

/// Counts what the stream would take.
#[derive(Default)]
pub(super) struct Counter {
    written: usize,
}

impl Sink for Counter {
    #[inline(always)]
    fn literals(&mut self, _src: &[u8], from: usize, to: usize) -> Option<()> {
        self.written += literals_cost(to - from);
        Some(())
    }

    #[inline(always)]
    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        let far = if distance < FAR_DISTANCE { 0 } else { 2 };
        let long = if len < LONG_MATCH { 0 } else { 1 + (len - LONG_MATCH) / 255 };
        self.written += 2 + far + long;
        Some(())
    }

    fn written(&self) -> usize {
        self.written
    }
}

/// Writes the stream.
pub(super) struct Writer<'a> {
    dst: &'a mut [u8],
    written: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(dst: &'a mut [u8]) -> Self {
        Self { dst, written: 0 }
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.dst.get_mut(self.written)? = byte;
        self.written += 1;
        Some(())
    }
}

impl Sink for Writer<'_> {
    #[inline(always)]
    fn literals(&mut self, src: &[u8], mut from: usize, to: usize) -> Option<()> {
        while from < to {
            let len = (to - from).min(MAX_LITERALS);
            self.push((len - 1) as u8)?;
            let dst = self.dst.get_mut(self.written..)?;
            // As in the decoder, a copy of constant length is cheaper.
            let wide = src[from..].first_chunk::<MAX_LITERALS>();
            if let (Some(wide), Some(dst)) = (wide, dst.first_chunk_mut()) {
                *dst = *wide;
            } else {
                dst.get_mut(..len)?.copy_from_slice(&src[from..from + len]);
            }
            from += len;
            self.written += len;
        }
        Some(())
    }

    #[inline(always)]
    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        let near = (distance - 1).min(FAR_DISTANCE - 1);
        let high = (near >> 8) as u8;
        if len < LONG_MATCH {
            self.push(((len - 2) << 5) as u8 | high)?;
        } else {
            self.push(7 << 5 | high)?;
            let mut rest = len - LONG_MATCH;
            while rest >= 255 {
                self.push(255)?;
                rest -= 255;
            }
            self.push(rest as u8)?;
        }
        self.push(near as u8)?;
        if distance >= FAR_DISTANCE {
            let far = distance - FAR_DISTANCE;
            self.push((far >> 8) as u8)?;
            self.push(far as u8)?;
        }
        Some(())
    }

    fn written(&self) -> usize {
        self.written
    }
}
