//! Arrays to and from what others have, compared with plain ones.
#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[cfg(feature = "arrow")]
mod columns;
#[path = "../array/random.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod random;
#[cfg(feature = "serde")]
mod serialized;
#[cfg(feature = "dlpack")]
mod tensors;

use ndpress::{BloscLz, Lz4, Options, Raster};

use crate::random::Random;

impl Random {
    /// Lengths of up to four axes, of at most some thousand elements.
    pub(crate) fn shape(&mut self) -> Vec<usize> {
        let most = [1, 2000, 50, 14, 7];
        let ndim = self.below(5);
        (0..ndim).map(|_| self.below(most[ndim]) + usize::from(self.below(20) > 0)).collect()
    }

    pub(crate) fn options(&mut self, shape: &[usize]) -> Options {
        let mut options = match self.below(4) {
            0 => Options::new().codec(BloscLz::default()),
            1 => Options::new().codec(Lz4::clevel(9)).bitshuffle(),
            2 => Options::new().codec(Raster::dense()),
            _ => Options::new(),
        };
        if self.below(3) > 0 {
            let chunk: Vec<usize> = shape.iter().map(|&len| 1 + self.below(len + 2)).collect();
            let block: Vec<usize> = chunk.iter().map(|&len| 1 + self.below(len)).collect();
            options = options.chunk_shape(chunk).block_shape(block);
        }
        options
    }
}
