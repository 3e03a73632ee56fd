//! A block's elements, taken run by run.

use std::ops::ControlFlow;

use super::runs::{Run, Runs};
use super::{Grouping, Reduce};
use crate::arch::wide;
use crate::array::{ChunkItems, Piece};
use crate::dtype::Element;
use crate::error::Result;

/// Most elements that are taken at once. Runs are cut here, counted from their starts, and nowhere
/// else: how long a codec's bands are does not matter then to those who add floats.
const SEGMENT_NITEMS: usize = 1024;

/// Takes a block's elements into the states of its outputs.
pub(super) fn fold_block<T: Element, R: Reduce<T>>(
    reducer: &R,
    chunk: &dyn ChunkItems<T>,
    block: usize,
    runs: &Runs,
    states: &mut [R::State],
) -> Result<()> {
    if runs.len() == 0 {
        return Ok(());
    }
    let mut walk = Walk {
        reducer,
        runs,
        states,
        number: 0,
        run: runs.run(0),
        at: 0,
        taken: 0,
        held: Vec::new(),
    };
    chunk.visit_block(block, &mut |piece| walk.take(piece))
}

/// On the way through a block.
struct Walk<'a, T, R: Reduce<T>> {
    reducer: &'a R,
    runs: &'a Runs,
    states: &'a mut [R::State],
    /// The run that is being taken, and its number.
    number: usize,
    run: Run,
    /// The next element of the block.
    at: usize,
    /// Elements of the run that were taken.
    taken: usize,
    /// The start of a segment whose end has not come yet.
    held: Vec<T>,
}

impl<T: Element, R: Reduce<T>> Walk<'_, T, R> {
    /// Takes what comes next; breaks off where nothing more is needed.
    fn take(&mut self, mut piece: Piece<'_, T>) -> ControlFlow<()> {
        loop {
            // What lies between runs is padding.
            let skipped = self.run.start + self.taken + self.held.len() - self.at;
            let Some(rest) = after(piece, skipped) else {
                self.at += len(piece);
                return ControlFlow::Continue(());
            };
            self.at += skipped;
            let wanted = self.run.len - self.taken - self.held.len();
            let taken = wanted.min(len(rest));
            match rest {
                Piece::Items(items) => self.take_items(&items[..taken]),
                Piece::Repeated(value, _) => self.take_repeated(value, taken),
            }
            self.at += taken;
            if taken == wanted {
                self.number += 1;
                if self.number == self.runs.len() || self.is_done() {
                    return ControlFlow::Break(());
                }
                (self.run, self.taken) = (self.runs.run(self.number), 0);
            }
            match after(rest, taken) {
                Some(rest) => piece = rest,
                None => return ControlFlow::Continue(()),
            }
        }
    }

    /// Takes elements of the current run, segment by segment.
    fn take_items(&mut self, mut items: &[T]) {
        while !items.is_empty() {
            let segment = SEGMENT_NITEMS.min(self.run.len - self.taken);
            let (head, rest) = items.split_at(items.len().min(segment - self.held.len()));
            if self.held.is_empty() && head.len() == segment {
                self.fold(head);
            } else {
                self.held.extend_from_slice(head);
                if self.held.len() == segment {
                    let held = std::mem::take(&mut self.held);
                    self.fold(&held);
                    self.held = held;
                    self.held.clear();
                }
            }
            items = rest;
        }
    }

    fn fold(&mut self, items: &[T]) {
        let Run { output, index, .. } = self.run;
        let (reducer, taken) = (self.reducer, self.taken);
        if self.runs.is_spread() {
            let states = &mut self.states[output + taken..][..items.len()];
            wide(|| reducer.fold_each(states, items, index));
        } else {
            let state = &mut self.states[output];
            wide(|| reducer.fold(state, items, index + taken));
        }
        self.taken += items.len();
    }

    fn take_repeated(&mut self, value: T, count: usize) {
        let Run { output, index, .. } = self.run;
        if R::GROUPING == Grouping::Free && self.held.is_empty() && count == self.run.len {
            if self.runs.is_spread() {
                for state in &mut self.states[output..][..count] {
                    self.reducer.fold_repeated(state, value, 1, index);
                }
            } else {
                self.reducer.fold_repeated(&mut self.states[output], value, count, index);
            }
            self.taken += count;
            return;
        }
        // Codecs tell of equal elements or do not; what comes of them must not depend on it. Nor is a
        // part of a run worth a path of its own.
        let buffer = vec![value; count.min(SEGMENT_NITEMS)];
        for start in (0..count).step_by(buffer.len().max(1)) {
            self.take_items(&buffer[..buffer.len().min(count - start)]);
        }
    }

    fn is_done(&self) -> bool {
        matches!(&*self.states, [state] if self.reducer.is_done(state))
    }
}

fn len<T>(piece: Piece<'_, T>) -> usize {
    match piece {
        Piece::Items(items) => items.len(),
        Piece::Repeated(_, count) => count,
    }
}

/// What follows `n` elements, if there is anything.
fn after<T: Copy>(piece: Piece<'_, T>, n: usize) -> Option<Piece<'_, T>> {
    match piece {
        Piece::Items(items) => items.get(n..).filter(|rest| !rest.is_empty()).map(Piece::Items),
        Piece::Repeated(value, count) => (count > n).then(|| Piece::Repeated(value, count - n)),
    }
}
