//! Labels and masks: bytes that mostly equal the one above.
//!
//! A byte is compared with the one above it, *up*, and with its *alternative*: the upper left where
//! that differs from up, else the upper right; in rows of 64 bytes, which are steps, the last byte's upper
//! right is not above and counts as up. Where the two differ, an *edge* between labels
//! passes, and it takes one bit to say whether it has *moved* over the byte, which then equals the
//! alternative. A byte that equals neither is an *exception*: it *repeats* the byte before it, as
//! where an edge moves by several columns, or is a *literal*.
//!
//! Kernels work on steps of 64 bytes, after a *head* of the first row and a little more, which is
//! coded in another way. What a step needs is distributed over [`Sections`]. Bits are stored lowest
//! first. In most steps nothing moves, which is one bit in each of two sections.

#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
mod portable;

use super::STEP;
use crate::arch::Isa;
use kernel::Sinks;
use portable::Portable;

/// The shortest row, in bytes: what is above a step is before it.
pub(crate) const MIN_STRIDE: usize = STEP;

/// Bytes that kernels may read after those that count.
pub(crate) const SLACK: usize = 64;

/// What the steps of a block need, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sections {
    /// A bit for each step: whether an edge has moved in it.
    pub(crate) moved_steps: Vec<u8>,
    /// A bit for each step: whether it has an exception.
    pub(crate) exception_steps: Vec<u8>,
    /// A byte for each step with exceptions: a bit for each 8 bytes, whether one is among them.
    pub(crate) groups: Vec<u8>,
    /// A byte for each such 8 bytes: a bit for each of them, whether it is one.
    pub(crate) masks: Vec<u8>,
    /// A bit for each exception: whether it repeats the byte before.
    pub(crate) repeats: Vec<u8>,
    /// A bit for each byte at an edge, in the steps where one has moved.
    pub(crate) moved: Vec<u8>,
    /// The exceptions that repeat nothing.
    pub(crate) literals: Vec<u8>,
}

/// How many bytes at the front belong to the head. `None` if kernels cannot work on a block of
/// `nbytes` bytes with rows of `stride`: these are too short, or the head is all.
pub(crate) fn head(nbytes: usize, stride: usize) -> Option<usize> {
    let head = stride.checked_add(1)?.checked_next_multiple_of(STEP)?;
    (stride >= MIN_STRIDE && head < nbytes).then_some(head)
}

/// How many of a sample of bytes equal nothing above them, of how many.
pub(crate) fn sample(src: &[u8], stride: usize) -> (usize, usize) {
    /// Steps looked at.
    const SAMPLES: usize = 16;
    /// So many are enough to see that nothing is equal.
    const FEW: usize = 4;
    let Some(head) = head(src.len(), stride) else { return (0, 0) };
    let steps = (src.len() - head) / STEP;
    let looked_at = steps.min(SAMPLES);
    let distance = (steps / SAMPLES).max(1);
    let mut exceptions = 0;
    for sample in 0..looked_at {
        if sample == FEW && exceptions > FEW * STEP / 2 {
            return (exceptions, FEW * STEP);
        }
        // A step further each time, lest all be from the same columns.
        let at = head + (sample * distance + sample % distance) * STEP;
        exceptions += exceptions_of(&src[at..], &src[at - stride - 1..]);
    }
    (exceptions, looked_at * STEP)
}

/// How many bytes of a step differ from those above, of which there is one more on both sides.
fn exceptions_of(step: &[u8], above: &[u8]) -> usize {
    let (step, left, up, right) =
        (&step[..STEP], &above[..STEP], &above[1..][..STEP], &above[2..][..STEP]);
    let mut count = 0_u8;
    for at in 0..STEP {
        let byte = step[at];
        count += u8::from((byte != left[at]) & (byte != up[at]) & (byte != right[at]));
    }
    usize::from(count)
}

/// Distributes all of `src` after its head over `sections`, which are cleared first.
///
/// # Panics
/// If there is no [`head`].
pub(crate) fn separate(isa: Isa, src: &[u8], stride: usize, sections: &mut Sections) {
    let steps = Steps::new(src.len(), stride);
    let count = steps.count();
    let sinks = Sinks::new(sections, count);
    // SAFETY: the sinks have room for `count` steps, and `steps` lie in `src`; `isa` says that the
    // machine has the instructions.
    let ends = unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => avx512::separate(src, steps, sinks),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) | Isa::Avx2Gfni(_) => avx2::separate(src, steps, sinks),
            _ => kernel::separate::<Portable>(src, steps, sinks),
        }
    };
    // SAFETY: as many bytes were written as the kernel says.
    unsafe { ends.apply(sections) };
}

/// The steps of a block after its head.
#[derive(Debug, Clone, Copy)]
struct Steps {
    nbytes: usize,
    stride: usize,
    head: usize,
}

impl Steps {
    fn new(nbytes: usize, stride: usize) -> Self {
        let head = head(nbytes, stride);
        assert!(head.is_some(), "rows of {stride} in {nbytes} bytes");
        Self { nbytes, stride, head: head.unwrap_or(nbytes) }
    }

    fn count(self) -> usize {
        (self.nbytes - self.head).div_ceil(STEP)
    }
}

/// Fills `block` after its head, which is there already, with what `sections` say. False if these
/// do not fit together, or a block of this length; the content is unspecified then.
///
/// Bytes that kernels may read are appended to the sections.
///
/// # Panics
/// If there is no [`head`].
pub(crate) fn restore(isa: Isa, sections: &mut Sections, stride: usize, block: &mut [u8]) -> bool {
    let steps = Steps::new(block.len(), stride);
    if !sections.fit(steps) {
        return false;
    }
    let moved_bytes = sections.moved.len();
    for section in sections.each() {
        section.extend_from_slice(&[0; SLACK]);
    }
    // SAFETY: the sections fit together, and are followed by `SLACK` bytes; the steps lie in
    // `block`; `isa` says that the machine has the instructions.
    let moved_bits = unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => avx512::restore(sections, moved_bytes, steps, block),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) | Isa::Avx2Gfni(_) => avx2::restore(sections, moved_bytes, steps, block),
            _ => kernel::restore::<Portable>(sections, moved_bytes, steps, block),
        }
    };
    moved_bits.div_ceil(8) == moved_bytes
}

impl Sections {
    /// Bytes of a section with a bit for each step.
    ///
    /// # Panics
    /// If there is no [`head`].
    pub(crate) fn step_bytes(nbytes: usize, stride: usize) -> usize {
        Steps::new(nbytes, stride).count().div_ceil(8)
    }

    /// Empties all.
    pub(crate) fn clear(&mut self) {
        self.each().into_iter().for_each(Vec::clear);
    }

    fn each(&mut self) -> [&mut Vec<u8>; 7] {
        [
            &mut self.moved_steps,
            &mut self.exception_steps,
            &mut self.groups,
            &mut self.masks,
            &mut self.repeats,
            &mut self.moved,
            &mut self.literals,
        ]
    }

    /// How many exceptions are not repeats: `None` if these sections do not fit together.
    pub(crate) fn nliterals(&self) -> Option<usize> {
        let exceptions = ones(&self.masks);
        let repeats = ones(&self.repeats);
        let fits = ones(&self.exception_steps) == self.groups.len()
            && ones(&self.groups) == self.masks.len()
            && exceptions.div_ceil(8) == self.repeats.len()
            && is_clear_from(&self.repeats, exceptions);
        exceptions.checked_sub(repeats).filter(|_| fits)
    }

    /// Whether no kernel reads what is not there, but for `moved`, which only it can count.
    fn fit(&self, steps: Steps) -> bool {
        let is_whole = |section: &[u8]| {
            section.len() == steps.count().div_ceil(8) && is_clear_from(section, steps.count())
        };
        is_whole(&self.moved_steps)
            && is_whole(&self.exception_steps)
            && self.nliterals() == Some(self.literals.len())
    }
}

/// How many bits are set.
pub(crate) fn ones(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|&word| u64::from_le_bytes(word).count_ones() as usize);
    words.sum::<usize>() + rest.iter().map(|byte| byte.count_ones() as usize).sum::<usize>()
}

/// Whether the bits of the last byte that are not among the first `nbits` are 0.
fn is_clear_from(bytes: &[u8], nbits: usize) -> bool {
    nbits.is_multiple_of(8) || bytes.last().is_none_or(|byte| byte >> (nbits % 8) == 0)
}

#[cfg(test)]
mod tests;
