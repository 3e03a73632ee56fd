//! Reductions, fused with the decoder: elements are looked at while they are in the cache, and
//! written nowhere.
//!
//! ```text
//! methods, along           what users call
//!   sum, moments, extremes, argument, truth, histogram, quantile, unique
//!                          what is made of elements: one `Reduce` each
//!     whole, partial       all blocks, or those of each output, in parallel
//!       block, runs        a block: which of its elements go together
//!       statistics         what is known of a block that need not be decoded
//! ```
//!
//! Floats are added in an order that depends on the array's shape, chunks and blocks alone: within a
//! block in lanes, then block to block in pairs. Codec, threads and instruction set do not matter.

mod along;
mod argument;
mod block;
mod extremes;
mod histogram;
mod methods;
mod moments;
mod partial;
mod quantile;
mod runs;
mod statistics;
mod sum;
mod truth;
mod unique;
mod whole;

pub use self::along::Along;
pub use self::histogram::Histogram;
pub use self::methods::SkipNan;
pub use self::statistics::BlockStatistics;
pub(crate) use self::statistics::{bounds_of, is_possible, summariser};

use self::runs::Indices;

/// What is made of elements, some at a time.
pub(crate) trait Reduce<T>: Sync {
    /// What is known of the elements so far.
    type State: Send;

    /// Whether [`fold`](Self::fold) looks at its index.
    const INDICES: Indices = Indices::Unused;

    /// Whether elements may be grouped in any way: a sum of floats would not be the same.
    const GROUPING: Grouping = Grouping::Free;

    /// The state of no elements.
    fn start(&self) -> Self::State;

    /// Takes elements that follow each other. `index` is the first one's position in C order among
    /// all that go to the same state.
    fn fold(&self, state: &mut Self::State, items: &[T], index: usize);

    /// Takes so many equal elements: those of a chunk that is one value; where grouping is free, also
    /// those of a block.
    fn fold_repeated(&self, state: &mut Self::State, value: T, count: usize, index: usize);

    /// Takes an element for each state; their indices are the same.
    fn fold_each(&self, states: &mut [Self::State], items: &[T], index: usize) {
        for (state, item) in states.iter_mut().zip(items) {
            self.fold(state, std::slice::from_ref(item), index);
        }
    }

    /// Takes what is known of later elements.
    fn merge(&self, state: &mut Self::State, later: Self::State);

    /// Whether what is known of a block makes up for its elements.
    fn is_answered(&self, _: &BlockStatistics<T>) -> bool {
        false
    }

    /// Takes a block of which enough is known.
    fn fold_known(&self, _: &mut Self::State, _: &BlockStatistics<T>) {}

    /// Whether no further element would change anything.
    fn is_done(&self, _: &Self::State) -> bool {
        false
    }
}

/// Whether the result depends on which elements are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// It does not: states may be as few as there are threads.
    Free,
    /// It does: each block has a state of its own, and they are merged in pairs.
    Fixed,
}
