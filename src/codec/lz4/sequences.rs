//! The sequences of a stream that this crate has written, for who codes them in another way.

use super::MIN_MATCH;

/// Literals, and the match that follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) nliterals: usize,
    /// Offset and length; the last literals have none.
    pub(crate) found: Option<(usize, usize)>,
}

/// The sequences of a valid stream.
pub(crate) fn sequences_of(stream: &[u8]) -> impl Iterator<Item = Sequence> {
    let mut bytes = stream.iter().map(|&byte| usize::from(byte));
    std::iter::from_fn(move || {
        let token = bytes.next()?;
        let nliterals = length(token >> 4, &mut bytes);
        if nliterals > 0 {
            bytes.nth(nliterals - 1);
        }
        let found = bytes.next().map(|low| {
            let offset = low | bytes.next().unwrap_or(0) << 8;
            (offset, MIN_MATCH + length(token & 15, &mut bytes))
        });
        Some(Sequence { nliterals, found })
    })
}

/// A length of which these are the bits in the token.
fn length(nibble: usize, bytes: &mut impl Iterator<Item = usize>) -> usize {
    let mut length = nibble;
    let mut last = if nibble == 15 { 255 } else { 0 };
    while last == 255 {
        last = bytes.next().unwrap_or(0);
        length += last;
    }
    length
}
