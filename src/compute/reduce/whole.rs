//! All elements of an array, reduced to one state.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::fold_block;
use super::runs::Runs;
use super::{BlockStatistics, Grouping, Reduce};
use crate::array::{ArrayItems, Blocks, ChunkItems, Summary};
use crate::dtype::Element;
use crate::error::Result;
use crate::parallel;
use crate::shape::{MAX_NDIM, Region};

/// What `reducer` makes of all elements.
pub(crate) fn whole<T: Element, R: Reduce<T>>(
    array: &dyn ArrayItems<T>,
    reducer: &R,
) -> Result<R::State> {
    let whole = Whole { array, reducer, is_done: AtomicBool::new(false) };
    let nchunks = array.grid().nchunks();
    let grain = match R::GROUPING {
        Grouping::Fixed => 1,
        // A few for each thread, since some are faster than others.
        Grouping::Free => (nchunks / (8 * parallel::threads())).max(1),
    };
    whole.chunks(0..nchunks, grain)
}

struct Whole<'a, T, R> {
    array: &'a dyn ArrayItems<T>,
    reducer: &'a R,
    /// Whether a state was found that nothing can change.
    is_done: AtomicBool,
}

impl<T: Element, R: Reduce<T>> Whole<'_, T, R> {
    /// Reduces these chunks, in halves while they are more than `grain`.
    fn chunks(&self, chunks: Range<usize>, grain: usize) -> Result<R::State> {
        if chunks.len() <= grain {
            let mut state = self.reducer.start();
            for chunk in chunks {
                if self.is_done.load(Ordering::Relaxed) {
                    break;
                }
                state = self.chunk(chunk, state)?;
                if self.reducer.is_done(&state) {
                    self.is_done.store(true, Ordering::Relaxed);
                }
            }
            return Ok(state);
        }
        let middle = chunks.start + chunks.len() / 2;
        let work = chunks.len().saturating_mul(self.array.grid().chunk_nbytes());
        let (low, high) = parallel::join(
            work,
            || self.chunks(chunks.start..middle, grain),
            || self.chunks(middle..chunks.end, grain),
        );
        self.merged(low?, high?)
    }

    fn merged(&self, mut low: R::State, high: R::State) -> Result<R::State> {
        self.reducer.merge(&mut low, high);
        Ok(low)
    }

    /// Takes a chunk's elements into a state that has those of the chunks before.
    fn chunk(&self, index: usize, state: R::State) -> Result<R::State> {
        let grid = self.array.grid();
        let region = grid.chunk_region(index);
        let known = self.array.summaries(index);
        let needed = known.map(|known| self.unanswered(known));
        if needed.as_ref().is_some_and(Vec::is_empty) {
            let parts = Parts { region: &region, known, items: None };
            return self.blocks(&parts, 0..grid.nblocks(), state);
        }
        let blocks = needed.as_deref().map_or(Blocks::All, Blocks::Only);
        let mut state = Some(state);
        self.array.with_chunk(index, blocks, &mut |chunk| {
            let Some(mut before) = state.take() else { return Ok(()) };
            state = Some(match chunk.constant() {
                Some(value) => {
                    // Elements of a chunk are no neighbours in the array, but its first is the first.
                    let first = grid.shape().ravel(region.start());
                    self.reducer.fold_repeated(&mut before, value, region.shape().nitems(), first);
                    before
                }
                None => {
                    let parts = Parts { region: &region, known, items: Some(chunk) };
                    self.blocks(&parts, 0..grid.nblocks(), before)?
                }
            });
            Ok(())
        })?;
        Ok(state.unwrap_or_else(|| self.reducer.start()))
    }

    /// The blocks of which not enough is known.
    fn unanswered(&self, known: &[Summary]) -> Vec<usize> {
        let is_answered = |summary| self.reducer.is_answered(&BlockStatistics::of(summary));
        let blocks = known.iter().enumerate().filter(|(_, summary)| !is_answered(**summary));
        blocks.map(|(block, _)| block).collect()
    }

    /// Takes blocks of a chunk into a state.
    fn blocks(
        &self,
        parts: &Parts<'_, T>,
        blocks: Range<usize>,
        mut state: R::State,
    ) -> Result<R::State> {
        // Without elements there is nothing to decode.
        let work = parts.items.map_or(0, |_| blocks.len() * self.array.grid().block_nbytes());
        let is_leaf = match R::GROUPING {
            Grouping::Fixed => blocks.len() <= 1,
            Grouping::Free => blocks.len() <= 1 || !parallel::pays(work),
        };
        if !is_leaf {
            let middle = blocks.start + blocks.len() / 2;
            let (low, high) = parallel::join(
                work,
                || self.blocks(parts, blocks.start..middle, state),
                || self.blocks(parts, middle..blocks.end, self.reducer.start()),
            );
            return self.merged(low?, high?);
        }
        for block in blocks {
            self.block(parts, block, &mut state)?;
            if self.reducer.is_done(&state) {
                break;
            }
        }
        Ok(state)
    }

    fn block(&self, parts: &Parts<'_, T>, block: usize, state: &mut R::State) -> Result<()> {
        let known = parts.known.map(|known| BlockStatistics::of(known[block]));
        if let Some(known) = known.filter(|known| self.reducer.is_answered(known)) {
            self.reducer.fold_known(state, &known);
            return Ok(());
        }
        let Some(items) = parts.items else {
            unreachable!("chunks are loaded for blocks of which not enough is known");
        };
        let (grid, region) = (self.array.grid(), parts.region);
        let kept = &[false; MAX_NDIM][..grid.shape().ndim()];
        let extent = grid.block_region(block, region.shape()).moved_by(region.start());
        let runs = Runs::new(grid.block_shape(), &extent, grid.shape(), kept, R::INDICES);
        fold_block(self.reducer, items, block, &runs, std::slice::from_mut(state))
    }
}

/// A chunk, as far as it is needed.
struct Parts<'a, T> {
    /// Where it lies.
    region: &'a Region,
    /// What is known of its blocks.
    known: Option<&'a [Summary]>,
    /// Its elements, if there are blocks of which not enough is known.
    items: Option<&'a dyn ChunkItems<T>>,
}
