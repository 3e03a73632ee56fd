//! What a first look at a block tells: cheap reasons not to try what does not apply.

use std::cell::OnceCell;

use super::distinct::{Sampled, sample};
use crate::arch::Isa;
use crate::arch::raster::survey::{Survey, survey};

/// Values that are looked at by themselves.
const NSAMPLES: usize = 128;

/// The same where that has not sufficed.
const NSAMPLES_MORE: usize = 256;

/// Values fewer than these are not worth sampling.
const SHORT: usize = 1024;

/// A first look at the values of a block.
#[derive(Debug, Clone)]
pub(super) struct Profile<'a> {
    src: &'a [u8],
    itemsize: usize,
    pub(super) survey: Survey,
    pub(super) sampled: Sampled,
    /// How many distinct values there are, estimated, once that was asked for.
    distinct: OnceCell<usize>,
}

impl<'a> Profile<'a> {
    pub(super) fn new(isa: Isa, src: &'a [u8], itemsize: usize) -> Self {
        // All values first: it brings them into the cache.
        let survey = survey(isa, itemsize, src);
        let sampled = sample(itemsize, src, NSAMPLES);
        Self { src, itemsize, survey, sampled, distinct: OnceCell::new() }
    }

    /// Whether a look at all values takes no longer than at a sample.
    fn is_short(&self) -> bool {
        self.src.len() / self.itemsize < SHORT
    }

    /// Whether there seem to be at most so many distinct values, which is worth counting them.
    pub(super) fn may_be_distinct(&self, max: usize) -> bool {
        let estimate = || sample(self.itemsize, self.src, NSAMPLES_MORE).estimate();
        if self.is_short() {
            return true;
        }
        !self.sampled.exceeds(max) && *self.distinct.get_or_init(estimate) <= max + max / 2
    }

    /// Whether at least half of the values seem to be those before them again.
    pub(super) fn repeats(&self) -> bool {
        self.sampled.repeats * 2 >= self.sampled.len
    }

    /// Whether neighbours differ by 1 so often that hardly a value between is left out.
    pub(super) fn is_gapless(&self) -> bool {
        self.sampled.adjacent * 8 > self.sampled.len && !self.is_short()
    }

    /// From the smallest value to the largest, by their bits: far, if there are both signs.
    pub(super) fn range(&self) -> u64 {
        self.survey.most - self.survey.least
    }
}
