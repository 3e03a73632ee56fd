//! Comparing what two arrays hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::raw::{Place, RawArray};
use super::selection::{Cut, Selection};
use crate::arch::view::{View, ViewMut};
use crate::block::scratch::with_buffer;
use crate::error::Result;
use crate::parallel::join;

impl RawArray {
    /// Whether both hold the same bytes under the same shape and dtype.
    pub(super) fn content_eq(&self, other: &Self) -> Result<bool> {
        if self.dtype() != other.dtype() || self.shape() != other.shape() {
            return Ok(false);
        }
        if self.shape().contains(&0) {
            return Ok(true);
        }
        let differ = AtomicBool::new(false);
        // Nothing is read through this view: it is cut along to visit chunk by chunk.
        let all = View::repeated(&[], *self.shape());
        self.compare(other, Cut::new(Selection::full(*self.shape()), all), &differ)?;
        Ok(!differ.into_inner())
    }

    fn has_source_of(&self, other: &Self) -> bool {
        self.source().zip(other.source()).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
    }

    fn compare(&self, other: &Self, part: Cut<&[u8]>, differ: &AtomicBool) -> Result<()> {
        if differ.load(Ordering::Relaxed) {
            return Ok(());
        }
        let nbytes = part.selection.count().nitems() * self.grid().itemsize();
        match part.middle(self.grid().chunk_shape()) {
            Some((axis, index)) => {
                let (a, b) = part.split_at(axis, index);
                let compare = |part| self.compare(other, part, differ);
                let (a, b) = join(nbytes, || compare(a), || compare(b));
                a.and(b)
            }
            None => {
                if !self.chunk_eq(other, &part.selection, nbytes)? {
                    differ.store(true, Ordering::Relaxed);
                }
                Ok(())
            }
        }
    }

    /// Whether both are the same where this array has one chunk.
    fn chunk_eq(&self, other: &Self, selection: &Selection, nbytes: usize) -> Result<bool> {
        let (chunk, _) = self.grid().chunk_at(selection.start());
        if self.grid() == other.grid() {
            let same = match (self.slot(chunk), other.slot(chunk)) {
                (Some(a), Some(b)) => {
                    let is_here = matches!(a.place, Place::Memory(_));
                    a.is_same(b) && (is_here || self.has_source_of(other))
                }
                (None, None) => self.fill_value() == other.fill_value(),
                _ => false,
            };
            if same {
                return Ok(true);
            }
        }
        let (itemsize, shape) = (self.grid().itemsize(), *selection.count());
        with_buffer(2 * nbytes, |buffer| {
            let (mine, others) = buffer.split_at_mut(nbytes);
            self.read(selection, ViewMut::from_bytes_mut(mine, itemsize, shape)?)?;
            other.read(selection, ViewMut::from_bytes_mut(others, itemsize, shape)?)?;
            Ok(mine == others)
        })
    }
}
