//! The inner loop of the LZ4 decoder: sequences that lie well inside both buffers.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::match_copy::{SLACK, copy_16, copy_match_wild, copy_wild};

/// What one turn of the loop may read before it has to look at the end of `src` again: the token,
/// 15 literals and the offset, and 32 bytes at once where it copies more literals.
const SRC_MARGIN: usize = 32;

/// What one turn of the loop may write before it has to look at the end of `dst` again: literals
/// 16 bytes at once.
const DST_MARGIN: usize = 16 + SLACK;

/// Decodes sequences from `src[from..]` to `dst[to..]` as long as they are valid and far enough
/// from the ends of both, and answers the new `(from, to)`, which is the beginning of a sequence.
///
/// It stops, and judges nothing, before each sequence that is near an end, that reaches before
/// `dst` or that makes no sense: the caller decodes that one with care. Bytes of `dst` behind the
/// new `to` are unspecified.
///
/// Most sequences of shuffled data are short: up to 14 literals, then a match of up to 18 bytes.
/// These take no loop and no branch that depends on their lengths.
pub(crate) fn decode_inner(
    src: &[u8],
    dst: &mut [u8],
    mut from: usize,
    mut to: usize,
) -> (usize, usize) {
    let (Some(src_limit), Some(dst_limit)) =
        (src.len().checked_sub(SRC_MARGIN), dst.len().checked_sub(DST_MARGIN))
    else {
        return (from, to);
    };
    let input = src.as_ptr();
    let output = dst.as_mut_ptr();
    while from <= src_limit && to <= dst_limit {
        // SAFETY: `from <= src_limit`: the token, and 15 bytes more.
        let token = usize::from(unsafe { *input.add(from) });
        let mut at = from + 1;
        let mut nliterals = token >> 4;
        if nliterals == 15 {
            let Some((extra, behind)) = read_length(src, at, src_limit, dst_limit) else { break };
            nliterals += extra;
            at = behind;
            if at > src_limit || nliterals > src_limit - at || nliterals > dst_limit - to {
                break;
            }
            // SAFETY: checked above: `SRC_MARGIN` and `DST_MARGIN` bytes are behind the literals.
            unsafe { copy_wild(input.add(at), output.add(to), nliterals) };
        } else {
            // SAFETY: `from <= src_limit` and `to <= dst_limit`: 16 bytes are there.
            unsafe { copy_16(input.add(at), output.add(to)) };
        }
        at += nliterals;
        let start = to + nliterals;
        // SAFETY: `at` is at most 15 bytes behind `from`, or at most `src_limit`.
        let offset =
            usize::from(u16::from_le_bytes(unsafe { input.add(at).cast::<[u8; 2]>().read() }));
        at += 2;
        let mut len = (token & 15) + 4;
        if len == 19 {
            let Some((extra, behind)) = read_length(src, at, src_limit, dst_limit) else { break };
            len += extra;
            at = behind;
        }
        // An offset of 0 wraps around. `start` is at most 16 behind `dst_limit`.
        if offset.wrapping_sub(1) >= start || len + start > dst_limit + 16 {
            break;
        }
        // SAFETY: `1 <= offset <= start`, and `SLACK` bytes are behind `start + len`.
        unsafe { copy_match_wild(output.add(start), offset, len) };
        from = at;
        to = start + len;
    }
    (from, to)
}

/// The sum of the length bytes from `at` on, and where they end; `None` when they pass `src_limit`
/// or the sum passes `max`, so that it cannot overflow.
#[inline(always)]
fn read_length(src: &[u8], mut at: usize, src_limit: usize, max: usize) -> Option<(usize, usize)> {
    let mut sum = 0;
    loop {
        if at > src_limit || sum > max {
            return None;
        }
        let byte = src[at];
        at += 1;
        sum += usize::from(byte);
        if byte != 255 {
            return Some((sum, at));
        }
    }
}
