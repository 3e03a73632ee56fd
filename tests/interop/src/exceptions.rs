//! Where C-Blosc2 3.3.5 itself is wrong: each exception with its reason, as narrow as it can be.
//!
//! A mismatch that an exception explains is counted, not reported; an exception that explains
//! nothing is reported, because then it is not needed.

use crate::cases::{Case, Filters};
use crate::check::{Action, Mismatch, Writer, Wrong};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exception {
    DeltaTail,
    TruncPrecTail,
    DeltaSlice,
    SliceOfBlockLength,
    RaggedBlocksOfWideElements,
}

pub const EXCEPTIONS: [Exception; 5] = [
    Exception::DeltaTail,
    Exception::TruncPrecTail,
    Exception::DeltaSlice,
    Exception::SliceOfBlockLength,
    Exception::RaggedBlocksOfWideElements,
];

impl Exception {
    pub fn reason(self) -> &'static str {
        match self {
            Self::DeltaTail => {
                "C-Blosc2's delta does not write the bytes after the last whole unit of the chunk"
            }
            Self::TruncPrecTail => {
                "C-Blosc2's trunc_prec does not write the bytes after the last whole element"
            }
            Self::DeltaSlice => {
                "blosc2_getitem_ctx undoes delta in every block as if it were the first, and with \
                 more than one thread in none"
            }
            Self::SliceOfBlockLength => {
                "blosc2_getitem_ctx takes a slice that is as long as a block, but lies in two, for \
                 the second of them"
            }
            Self::RaggedBlocksOfWideElements => {
                "C-Blosc2 rounds blocks to whole elements, but writes the unrounded size; of \
                 elements over 255 bytes the header has no typesize that would tell. It cannot \
                 read these chunks either"
            }
        }
    }

    /// The exception that explains a mismatch.
    pub fn of(mismatch: &Mismatch) -> Option<Self> {
        EXCEPTIONS.into_iter().find(|exception| exception.explains(mismatch))
    }

    fn explains(self, mismatch: &Mismatch) -> bool {
        let Mismatch { case, writer, action, wrong, .. } = mismatch;
        match (self, writer) {
            (Self::DeltaTail, Writer::Oracle) => {
                case.filters.has_delta() && only_differs_from(wrong, whole(case, delta_unit(case)))
            }
            (Self::TruncPrecTail, Writer::Oracle) => {
                case.filters == Filters::TruncPrec
                    && only_differs_from(wrong, whole(case, case.typesize))
            }
            (Self::DeltaSlice, Writer::Ours) => {
                let is_beyond_first =
                    matches!(action, Action::Slice(range) if range.end > mismatch.blocksize());
                let is_threaded = case.threads > 1 && matches!(action, Action::Slice(_));
                case.filters.has_delta()
                    && (is_beyond_first || is_threaded)
                    && matches!(wrong, Wrong::Differs(_))
            }
            (Self::SliceOfBlockLength, Writer::Ours) => {
                let blocksize = mismatch.blocksize();
                let is_one_long = matches!(action, Action::Slice(range)
                    if range.len() == blocksize && !range.start.is_multiple_of(blocksize));
                is_one_long && matches!(wrong, Wrong::Differs(_))
            }
            (Self::RaggedBlocksOfWideElements, Writer::Oracle) => {
                let asked = case.blocksize().unwrap_or(case.nbytes).min(case.nbytes);
                case.typesize > 255
                    && asked > case.typesize
                    && !asked.is_multiple_of(case.typesize)
                    && !mismatch.oracle_reads
            }
            _ => false,
        }
    }
}

/// Bytes that delta works on as one.
fn delta_unit(case: &Case) -> usize {
    match case.header_typesize() {
        typesize @ (1 | 2 | 4) => typesize,
        typesize if typesize.is_multiple_of(8) => 8,
        _ => 1,
    }
}

/// Bytes in whole units.
fn whole(case: &Case, unit: usize) -> usize {
    case.nbytes / unit * unit
}

fn only_differs_from(wrong: &Wrong, start: usize) -> bool {
    matches!(wrong, Wrong::Differs(at) if at.iter().all(|&at| at >= start))
}
