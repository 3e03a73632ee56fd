//! Takes a match only after a look for a longer one that overlaps its end.

use super::chains::{Chains, Search, Walk};
use super::{Input, Match};
use crate::codec::lz4::MIN_MATCH;

/// A match that leaves less than this before the next is dropped for it.
const ROOM: usize = 3;

/// Longest match without length bytes behind its token.
const FREE_LEN: usize = 14 + MIN_MATCH;

/// Writes all matches of `input`; `None` when they do not fit.
///
/// Up to three matches are held, each longer than the one before and overlapping it. The first is
/// written once it is known whether the second stays.
pub(super) fn parse(input: &mut Input<'_>, chains: &mut Chains, effort: (u32, Walk)) -> Option<()> {
    let (end, last_start, words) = (input.end, input.last_start, input.words);
    let (attempts, walk) = effort;
    let mut pos = 0;
    while pos <= last_start {
        let search = Search { pos, low: pos, end, longer_than: MIN_MATCH - 1, attempts, walk };
        let Some(mut current) = chains.longest(words, search) else {
            pos += 1;
            continue;
        };
        // What `current` was before longer matches took its place.
        let mut first = current;
        'current: while let Some(mut next) = longer(current, input, chains, effort) {
            if first.start < current.start && next.start < first.end() {
                current = first;
            }
            if next.start < current.start + ROOM {
                current = next;
                continue;
            }
            loop {
                make_room(current, &mut next);
                let Some(third) = longer(next, input, chains, effort) else {
                    input.emit(cut(current, next))?;
                    current = next;
                    break 'current;
                };
                if third.start >= current.end() + ROOM {
                    input.emit(cut(current, next))?;
                    (current, next) = (next, third);
                } else if third.start >= current.end() {
                    input.emit(current)?;
                    next.skip(current.end().saturating_sub(next.start).min(next.len));
                    first = if next.len < MIN_MATCH { third } else { next };
                    current = third;
                    continue 'current;
                } else {
                    next = third;
                }
            }
        }
        input.emit(current)?;
        pos = current.end();
    }
    Some(())
}

/// A match that is longer than `current`, begins behind its start and overlaps its end.
fn longer(
    current: Match,
    input: &Input<'_>,
    chains: &mut Chains,
    effort: (u32, Walk),
) -> Option<Match> {
    if current.end() > input.last_start {
        return None;
    }
    let (attempts, walk) = effort;
    chains.longest(
        input.words,
        Search {
            pos: current.end() - 2,
            low: current.start,
            end: input.end,
            longer_than: current.len,
            attempts,
            walk,
        },
    )
}

/// Lets `first` have what it can of the bytes that both matches cover: all that costs it no length
/// bytes, as long as `second` stays a match.
fn make_room(first: Match, second: &mut Match) {
    let gap = second.start - first.start;
    let len = first.len.min(FREE_LEN).min(gap + second.len - MIN_MATCH);
    second.skip(len.saturating_sub(gap));
}

/// The part of `first` before `second`.
fn cut(first: Match, second: Match) -> Match {
    Match { len: first.len.min(second.start - first.start), ..first }
}
