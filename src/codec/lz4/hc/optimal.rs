//! Finds matches everywhere, and then the cheapest way through them.
//!
//! A stretch of input is a row of nodes, one per position; a step from node to node is a literal or
//! a match, and costs the bytes that it takes in the stream. Steps are taken forward, so that each
//! node knows the cheapest way to it. A stretch ends where no match reaches farther.

use super::chains::{Chains, Search, Walk};
use super::{Input, Match};
use crate::codec::lz4::MIN_MATCH;

/// Longest stretch, in positions.
const STRETCH: usize = 4096;

/// What is kept from call to call.
#[derive(Default)]
pub(super) struct State {
    pub(super) chains: Chains,
    nodes: Vec<Node>,
    path: Vec<Match>,
}

/// The cheapest way to a position.
#[derive(Clone, Copy)]
struct Node {
    /// Bytes of the stream from the beginning of the stretch to here.
    price: u32,
    /// Literals since the last match.
    nliterals: u32,
    /// Length of the match that ends here; 0 after a literal.
    len: u32,
    /// Its offset.
    offset: u32,
}

/// A position that no step has reached.
const UNREACHED: Node = Node { price: u32::MAX, nliterals: 0, len: 0, offset: 0 };

/// How hard to try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Earlier places per search.
    pub(super) attempts: u32,
    /// A match longer than this is taken at once; less than [`STRETCH`].
    pub(super) sufficient: usize,
    /// Which positions are searched, and for what.
    pub(super) searches: Searches,
}

/// Which positions are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Searches {
    /// Those where a match that reaches farther would help.
    Farther,
    /// Nearly all, for matches of any length.
    All,
}

/// Writes all matches of `input`; `None` when they do not fit.
pub(super) fn parse(input: &mut Input<'_>, state: &mut State, limits: Limits) -> Option<()> {
    state.nodes.resize(STRETCH + MIN_MATCH + 1, UNREACHED);
    let mut pos = 0;
    while pos <= input.last_start {
        let Some(first) = find(input, &mut state.chains, pos, MIN_MATCH - 1, limits) else {
            pos += 1;
            continue;
        };
        if first.len > limits.sufficient {
            input.emit(first)?;
            pos = first.end();
            continue;
        }
        let (last, long) = walk(input, state, first, limits);
        emit_path(input, state, pos, last)?;
        pos += last;
        if let Some(long) = long {
            input.emit(long)?;
            pos = long.end();
        }
    }
    Some(())
}

/// Fills in the nodes from `first` on. Answers how far the stretch goes, and the match at its end
/// if that was long enough to end it.
fn walk(
    input: &Input<'_>,
    state: &mut State,
    first: Match,
    limits: Limits,
) -> (usize, Option<Match>) {
    let pos = first.start;
    let nodes = &mut state.nodes[..];
    let nliterals = (pos - input.anchor) as u32;
    nodes[0] = Node { price: 0, nliterals, len: 0, offset: 0 };
    nodes[1..=first.len + MIN_MATCH].fill(UNREACHED);
    step_literal(nodes, 0);
    step_match(nodes, 0, first);
    let mut last = first.len;
    let mut at = 1;
    while at < last {
        if pos + at > input.last_start {
            break;
        }
        step_literal(nodes, at);
        if worth_a_search(nodes, at, limits.searches) {
            let longer_than = match limits.searches {
                Searches::All => MIN_MATCH - 1,
                Searches::Farther => (last - at).max(MIN_MATCH - 1),
            };
            if let Some(found) = find(input, &mut state.chains, pos + at, longer_than, limits) {
                if found.len > limits.sufficient || at + found.len >= STRETCH {
                    return (at, Some(found));
                }
                if at + found.len > last {
                    nodes[last + MIN_MATCH + 1..=at + found.len + MIN_MATCH].fill(UNREACHED);
                    last = at + found.len;
                }
                step_match(nodes, at, found);
            }
        }
        at += 1;
    }
    (last, None)
}

/// Whether a match from `at` on may be part of a cheapest way.
fn worth_a_search(nodes: &[Node], at: usize, searches: Searches) -> bool {
    // Inside a match that costs no more if it goes on, one more would not pay.
    let inside = nodes[at + 1].price <= nodes[at].price;
    match searches {
        Searches::Farther => !inside,
        Searches::All => !(inside && nodes[at + MIN_MATCH].price < nodes[at].price + 3),
    }
}

/// Takes the step of one literal from node `at`, if it is the cheapest to the next.
#[inline]
fn step_literal(nodes: &mut [Node], at: usize) {
    let Node { price, nliterals, .. } = nodes[at];
    let nliterals = nliterals + 1;
    // Length bytes begin at 15 literals, and then with each 255 more.
    let price = price + 1 + u32::from(nliterals >= 15 && (nliterals - 15) % 255 == 0);
    if price < nodes[at + 1].price {
        nodes[at + 1] = Node { price, nliterals, len: 0, offset: 0 };
    }
}

/// Takes the steps from node `at` of the match `found` and all shorter ones, where they are the
/// cheapest.
#[inline]
fn step_match(nodes: &mut [Node], at: usize, found: Match) {
    let base = nodes[at].price;
    let offset = found.offset as u32;
    for len in MIN_MATCH..=found.len {
        let price = base + match_price(len);
        let node = &mut nodes[at + len];
        if price <= node.price {
            *node = Node { price, nliterals: 0, len: len as u32, offset };
        }
    }
}

/// Token, offset and length bytes.
fn match_price(len: usize) -> u32 {
    let above = (len + 255 - MIN_MATCH - 15) / 255;
    3 + above as u32
}

fn find(
    input: &Input<'_>,
    chains: &mut Chains,
    pos: usize,
    longer_than: usize,
    limits: Limits,
) -> Option<Match> {
    let Limits { attempts, .. } = limits;
    let search =
        Search { pos, low: pos, end: input.end, longer_than, attempts, walk: Walk::SwapChains };
    chains.longest(input.words, search)
}

/// Writes the matches on the cheapest way to node `last` of the stretch that begins at `pos`.
fn emit_path(input: &mut Input<'_>, state: &mut State, pos: usize, last: usize) -> Option<()> {
    state.path.clear();
    let mut at = last;
    while at > 0 {
        let Node { len, offset, .. } = state.nodes[at];
        let len = len as usize;
        if len == 0 {
            at -= 1;
        } else {
            at -= len;
            state.path.push(Match { start: pos + at, offset: offset as usize, len });
        }
    }
    state.path.iter().rev().try_for_each(|&found| input.emit(found))
}
