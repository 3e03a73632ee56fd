//! Chunks as the parts of a version.

use std::sync::Arc;

use super::versions::{Draft, Parts, Versions};
use crate::arch::view::View;
use crate::array::raw::{RawArray, Slot};
use crate::array::selection::{Cut, Selection};
use crate::error::{Error, Result};
use crate::parallel::for_each;

/// What a chunk's new contents were made from.
pub(crate) struct Seen {
    /// Chunks that become nothing but this are not stored.
    fill: Arc<[u8]>,
    old: Old,
}

/// What a chunk was.
enum Old {
    /// Nobody looked: all of it is overwritten.
    Unread,
    /// These elements. As long as they are held, no other chunk can be in their place in memory.
    Read(Option<Slot>),
}

impl Seen {
    fn nothing(raw: &RawArray) -> Self {
        Self { fill: raw.shared_fill_value(), old: Old::Unread }
    }

    pub(super) fn chunk(raw: &RawArray, chunk: usize) -> Self {
        Self { fill: raw.shared_fill_value(), old: Old::Read(raw.slot(chunk).cloned()) }
    }
}

impl Parts for RawArray {
    type Part = Option<Slot>;
    type Seen = Seen;

    fn has(&self, index: usize, seen: &Seen) -> bool {
        let is_old = match &seen.old {
            Old::Unread => true,
            Old::Read(old) => match (old, self.slot(index)) {
                (Some(old), Some(slot)) => old.is_same(slot),
                (None, None) => true,
                _ => false,
            },
        };
        is_old && *seen.fill == *self.fill_value()
    }

    fn exchange(&mut self, index: usize, part: &mut Option<Slot>) {
        *part = self.exchange_slot(index, part.take());
    }
}

impl Versions<RawArray> {
    /// Sets what is selected, which exists, to the elements of a view of the same shape.
    pub(super) fn write(&self, selection: &Selection, src: View<'_>) -> Result<()> {
        let version = self.snapshot();
        if src.shape().contains(&0) {
            return Ok(());
        }
        if selection.covers(version.shape())
            && let Some(value) = src.repeated_value()
        {
            let mut next = (*version).clone();
            next.reset(value);
            self.replace(next);
            return Ok(());
        }
        let grid = *version.grid();
        drop(version);
        let source = Cut::new(*selection, src);
        let mut drafts = drafts(selection.part_numbers(grid.chunk_shape(), grid.chunks()))?;
        self.write_each(&mut drafts, |raw, drafts| {
            for_each(drafts, grid.chunk_nbytes(), &|draft: &mut Draft<RawArray>| {
                let (index, region) = (draft.index(), grid.chunk_region(draft.index()));
                let Some(part) = source.clip(&region) else { return Ok(()) };
                let seen = match part.selection.covers(region.shape()) {
                    true => Seen::nothing(raw),
                    false => Seen::chunk(raw, index),
                };
                let contents = raw.changed(&grid, index, &source);
                draft.make(seen, contents.map_err(|error| error.in_chunk(index))?);
                Ok(())
            })
        })
    }
}

/// Drafts of these chunks, none of which has been made.
pub(super) fn drafts(chunks: impl ExactSizeIterator<Item = usize>) -> Result<Vec<Draft<RawArray>>> {
    let mut drafts = Vec::new();
    let nbytes = chunks.len().saturating_mul(size_of::<Draft<RawArray>>()) as u64;
    drafts.try_reserve_exact(chunks.len()).map_err(|_| Error::OutOfMemory { nbytes })?;
    drafts.extend(chunks.map(Draft::new));
    Ok(drafts)
}
