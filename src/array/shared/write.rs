//! Writes to a shared array.

use bytemuck::{bytes_of, cast_slice};

use super::SharedArray;
use super::parts::{Seen, drafts};
use super::versions::Draft;
use crate::arch::view::{View, lend_items};
use crate::array::raw::{RawArray, zeroed};
use crate::array::selection::{Cut, Selection};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::parallel::for_each;
use crate::shape::{Region, check_index};

impl<T: Element> SharedArray<T> {
    /// Overwrites a region with elements in C order.
    ///
    /// ```
    /// # use ndpress::{Array, Options, Region, SharedArray};
    /// let shared = SharedArray::new(Array::<u8>::zeros([2, 3], &Options::default())?);
    /// shared.write_region(&Region::new([0..2, 1..3])?, &[1, 2, 3, 4])?;
    /// assert_eq!(shared.to_vec()?, [0, 1, 2, 0, 3, 4]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::write_region`](crate::Array::write_region). The array is then as it was.
    pub fn write_region(&self, region: &Region, src: &[T]) -> Result<()> {
        region.check(self.shape())?;
        self.versions.write(&region.into(), View::from_items(src, *region.shape())?)
    }

    /// Sets all elements of a region to one value.
    ///
    /// # Errors
    /// As [`write_region`](Self::write_region).
    pub fn fill_region(&self, region: &Region, value: T) -> Result<()> {
        region.check(self.shape())?;
        self.versions.write(&region.into(), View::repeated(bytes_of(&value), *region.shape()))
    }

    /// Sets the element at these indices. Encodes one block anew: to set many, write a region.
    ///
    /// # Errors
    /// As [`Array::set`](crate::Array::set). The array is then as it was.
    pub fn set(&self, index: &[usize], value: T) -> Result<()> {
        let shape = self.shape();
        check_index(index, shape)?;
        let item = Region::at(shape.map(|axis| index[axis]), shape.map(|_| 1));
        self.fill_region(&item, value)
    }

    /// Overwrites a chunk's elements, which are as many as its [region](Self::chunk_region) has.
    ///
    /// # Errors
    /// As [`Array::write_chunk`](crate::Array::write_chunk). The array is then as it was.
    pub fn write_chunk(&self, index: usize, src: &[T]) -> Result<()> {
        self.write_region(&self.chunk_region(index)?, src)
    }

    /// Sets all elements of a chunk to one value. It costs one value from then on.
    ///
    /// # Errors
    /// As [`Array::fill_chunk`](crate::Array::fill_chunk).
    pub fn fill_chunk(&self, index: usize, value: T) -> Result<()> {
        self.fill_region(&self.chunk_region(index)?, value)
    }

    /// Changes the elements of a region in place, in C order; no other write comes between reading
    /// and writing them. Returns what `f` returns.
    ///
    /// ```
    /// # use ndpress::{Array, Options, Region, SharedArray};
    /// let tickets = SharedArray::new(Array::<u32>::zeros([10], &Options::default())?);
    /// let third = Region::new([3..4])?;
    /// let draw = || tickets.update(&third, |next| {
    ///     next[0] += 1;
    ///     next[0]
    /// });
    /// assert_eq!((draw()?, draw()?), (1, 2));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// `f` may run several times, each time on newer elements: when another thread has changed one
    /// of the chunks under the region before the update was done. What it does to the elements of
    /// the last time counts, and what it returned then. So it should do nothing else that must not
    /// be repeated. It may read this array; if it writes to chunks under the region, the update
    /// begins again each time and never ends.
    ///
    /// Elements that `f` leaves as they are cost no encoding, and the chunks under the region keep
    /// their bytes if it leaves all of them. Memory: the region's elements, twice.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region) and [`write_region`](Self::write_region). The array is
    /// then as it was.
    pub fn update<R>(&self, region: &Region, mut f: impl FnMut(&mut [T]) -> R) -> Result<R> {
        self.try_update(region, |items| Ok(f(items)))
    }

    /// As [`update`](Self::update), for functions that may fail: then nothing is written.
    ///
    /// ```
    /// # use ndpress::{Array, Options, Region, SharedArray};
    /// /// Why nothing was taken.
    /// #[derive(Debug)]
    /// enum Refused {
    ///     Empty,
    ///     Failed(ndpress::Error),
    /// }
    /// # impl From<ndpress::Error> for Refused {
    /// #     fn from(error: ndpress::Error) -> Self { Self::Failed(error) }
    /// # }
    ///
    /// let stock = SharedArray::new(Array::full([10], 1u8, &Options::default())?);
    /// let take = |index: usize| {
    ///     stock.try_update(&Region::new([index..index + 1])?, |left| {
    ///         left[0] = left[0].checked_sub(1).ok_or(Refused::Empty)?;
    ///         Ok(())
    ///     })
    /// };
    /// assert!(take(4).is_ok());
    /// assert!(matches!(take(4), Err(Refused::Empty)));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `f`, and as `update`. The array is then as it was.
    pub fn try_update<R, E: From<Error>>(
        &self,
        region: &Region,
        mut f: impl FnMut(&mut [T]) -> Result<R, E>,
    ) -> Result<R, E> {
        region.check(self.shape())?;
        let (selection, shape) = (Selection::from(region), *region.shape());
        let mut items: Vec<T> = zeroed(shape.nitems())?;
        let mut before: Vec<T> = zeroed(shape.nitems())?;
        self.versions.write_all(|raw| {
            lend_items(&mut items, shape, |view| raw.read(&selection, view))?;
            before.copy_from_slice(&items);
            let result = f(&mut items)?;
            if cast_slice::<T, u8>(&items) == cast_slice::<T, u8>(&before) {
                return Ok((Vec::new(), result));
            }
            let source = Cut::new(selection, View::from_items(&items, shape)?);
            let changes = raw.changes(raw.grid(), &source)?.into_iter().map(|change| {
                let mut draft = Draft::new(change.chunk);
                draft.make(Seen::chunk(raw, change.chunk), change.contents);
                draft
            });
            Ok((changes.collect(), result))
        })
    }

    /// Changes all elements in place, chunk by chunk, in parallel and in any order; and all of them
    /// at once for everybody else. No other write comes between reading and writing them.
    ///
    /// `f` gets the chunk's region and its elements, in C order. It runs again on a chunk that
    /// another thread has changed before the update was done, as in [`update`](Self::update), and
    /// what it did to the chunk before is forgotten. Chunks that it leaves as they are keep their
    /// compressed bytes. Memory: as [`Array::update_chunks`](crate::Array::update_chunks).
    ///
    /// ```
    /// # use ndpress::{Array, Options, SharedArray};
    /// let shared = SharedArray::new(Array::full([100, 100], 0.5f32, &Options::default())?);
    /// shared.update_chunks(|_, items| items.iter_mut().for_each(|item| *item *= 2.0))?;
    /// assert_eq!(shared.at(&[7, 7])?, 1.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Array::update_chunks`](crate::Array::update_chunks). The array is then as it was.
    pub fn update_chunks(&self, f: impl Fn(&Region, &mut [T]) + Sync) -> Result<()> {
        let grid = &self.grid;
        let mut drafts = drafts(0..grid.nchunks())?;
        self.versions.write_each(&mut drafts, |raw, drafts| {
            for_each(drafts, grid.chunk_nbytes(), &|draft: &mut Draft<RawArray>| -> Result<()> {
                let (index, region) = (draft.index(), grid.chunk_region(draft.index()));
                let edit = |items: &mut [T]| -> Result<()> {
                    f(&region, items);
                    Ok(())
                };
                let (contents, ()) = raw.edited_chunk(index, &region, edit)?;
                draft.make(Seen::chunk(raw, index), contents);
                Ok(())
            })
        })
    }
}
