//! Each element made into another one.

use super::zip::{Walk, zip_map, zip_map_indexed};
use crate::arch::wide;
use crate::array::Array;
use crate::dtype::Element;
use crate::error::{Error, Result};

impl<T: Element> Array<T> {
    /// A new array of what `f` makes of each element, in the same chunks and blocks and with the
    /// default codec. `f` may be asked once for many equal elements, and more than once for one.
    ///
    /// Memory: the compressed result, and for each thread two buffers of one block.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let depth = Array::full([480, 640], 2.0f32, &Options::new())?;
    /// let mask = depth.map(|depth| depth < 3.0)?;
    /// assert!(mask.at(&[1, 1])?);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`], naming chunk and block; [`Error::Codec`].
    pub fn map<U: Element>(&self, f: impl Fn(T) -> U + Send + Sync) -> Result<Array<U>> {
        zip_map((self,), |(item,)| f(item))
    }

    /// As [`map`](Self::map); `f` also gets each element's index.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::full([3, 4], 10u32, &Options::new())?;
    /// let sum = array.map_indexed(|index, item| item + index[1] as u32)?;
    /// assert_eq!(sum.at(&[2, 3])?, 13);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub fn map_indexed<U: Element>(
        &self,
        f: impl Fn(&[usize], T) -> U + Send + Sync,
    ) -> Result<Array<U>> {
        zip_map_indexed((self,), |index, (item,)| f(index, item))
    }

    /// Replaces each element by what `f` makes of it, blocks in parallel and in any order. Blocks that
    /// stay as they are keep their compressed bytes, chunks of one value stay so.
    ///
    /// `f` may be asked once for many equal elements. Memory: an uncompressed chunk for each thread,
    /// kept by the thread; and the old chunks until all new ones are there.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let mut array = Array::full([1000, 1000], 0.25f32, &Options::new())?;
    /// array.map_in_place(f32::sqrt)?;
    /// assert_eq!(array.at(&[500, 500])?, 0.5);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`], naming chunk and block; [`Error::Codec`]. The array is then as it was; so
    /// it is when `f` panics.
    pub fn map_in_place(&mut self, f: impl Fn(T) -> T + Send + Sync) -> Result<()> {
        self.try_edit_blocks(
            |_, value| Ok(Some(f(value))),
            |_, items| {
                wide(|| items.iter_mut().for_each(|item| *item = f(*item)));
                Ok(())
            },
        )
    }

    /// As [`map_in_place`](Self::map_in_place), for functions that may fail.
    ///
    /// ```
    /// use ndpress::{Array, Error, Options};
    ///
    /// let mut array = Array::from_slice(&[1u8, 255], [2], &Options::new())?;
    /// let result = array.try_map_in_place(|item| item.checked_add(1).ok_or(Error::Cancelled));
    /// assert!(result.is_err());
    /// assert_eq!(array.to_vec()?, [1, 255]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// An error of `f`, that of the first chunk that has one; as
    /// [`map_in_place`](Self::map_in_place). The array is then as it was.
    pub fn try_map_in_place<E: From<Error> + Send>(
        &mut self,
        f: impl Fn(T) -> Result<T, E> + Send + Sync,
    ) -> Result<(), E> {
        self.try_edit_blocks(
            |_, value| f(value).map(Some),
            |_, items| {
                items.iter_mut().try_for_each(|item| {
                    *item = f(*item)?;
                    Ok(())
                })
            },
        )
    }

    /// As [`map_in_place`](Self::map_in_place); `f` also gets each element's index.
    ///
    /// # Errors
    /// As [`map_in_place`](Self::map_in_place).
    pub fn map_in_place_indexed(
        &mut self,
        f: impl Fn(&[usize], T) -> T + Send + Sync,
    ) -> Result<()> {
        self.try_edit_blocks(
            |_, _| Ok(None),
            |region, items| {
                let mut at = Walk::new(region);
                for item in items {
                    *item = f(at.index(), *item);
                    at.advance();
                }
                Ok(())
            },
        )
    }
}
