//! What a first look at a block tells: cheap reasons not to try what does not apply.

use super::distinct::{Sampled, sample};
use crate::arch::Isa;
use crate::arch::raster::survey::{Survey, survey};

/// Values that are looked at by themselves.
const NSAMPLES: usize = 128;

/// A first look at the values of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    pub(super) survey: Survey,
    pub(super) sampled: Sampled,
}

impl Profile {
    pub(super) fn new(isa: Isa, src: &[u8], itemsize: usize) -> Self {
        // All values first: it brings them into the cache.
        let survey = survey(isa, itemsize, src);
        Self { survey, sampled: sample(itemsize, src, NSAMPLES) }
    }

    /// Whether at least half of the values seem to be those before them again.
    pub(super) fn repeats(&self) -> bool {
        self.sampled.repeats * 2 >= self.sampled.len
    }

    /// Whether neighbours differ by 1 so often that hardly a value between is left out.
    pub(super) fn is_gapless(&self) -> bool {
        self.sampled.adjacent * 16 > self.sampled.len
    }

    /// From the smallest value to the largest, by their bits: far, if there are both signs.
    pub(super) fn range(&self) -> u64 {
        self.survey.most - self.survey.least
    }
}
