//! All chunks of a channel changed at once, in parallel.

use super::{Channel, Place};
use crate::dtype::Element;
use crate::error::{Error, Result};

impl<T: Element> Channel<T> {
    /// Replaces each pixel by what `f` makes of it, chunks in parallel and in any order.
    ///
    /// See [`Array::map_in_place`](crate::Array::map_in_place).
    ///
    /// ```
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let mut channel = Channel::full([1000, 1000], 0.25f32, &Options::default())?;
    /// channel.map_in_place(f32::sqrt)?;
    /// assert_eq!(channel.at(&[500, 500])?, 0.5);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`], naming chunk and block; [`Error::Codec`]. The channel is then as it was.
    pub fn map_in_place(&mut self, f: impl Fn(T) -> T + Send + Sync) -> Result<()> {
        self.array.map_in_place(f)
    }

    /// Hands each chunk's pixels to `f`, in row order, and compresses them again; chunks in
    /// parallel and in any order.
    ///
    /// The result is that of editing all [`chunks_mut`](Self::chunks_mut) one after the other, byte
    /// for byte. Memory as for [`map_in_place`](Self::map_in_place).
    ///
    /// ```
    /// use ndpress::Options;
    /// use ndpress::image::Channel;
    ///
    /// let mut vignette = Channel::full([480, 640], 1.0f32, &Options::default())?;
    /// vignette.edit_chunks(|place, pixels| {
    ///     for (i, pixel) in pixels.iter_mut().enumerate() {
    ///         let (x, y) = (place.x(i) as f32 / 640.0, place.y(i) as f32 / 480.0);
    ///         *pixel *= 16.0 * x * (1.0 - x) * y * (1.0 - y);
    ///     }
    /// })?;
    /// assert_eq!(vignette.at(&[240, 320])?, 1.0);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`map_in_place`](Self::map_in_place).
    pub fn edit_chunks(&mut self, f: impl Fn(&Place, &mut [T]) + Sync) -> Result<()> {
        self.try_edit_chunks(|place, pixels| {
            f(place, pixels);
            Ok(())
        })
    }

    /// As [`edit_chunks`](Self::edit_chunks), for closures that may fail.
    ///
    /// # Errors
    /// The error of the first chunk that has one: that of `f`, or as `edit_chunks`. The channel is
    /// then as it was, all of it.
    pub fn try_edit_chunks<E: From<Error> + Send>(
        &mut self,
        f: impl Fn(&Place, &mut [T]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        self.array.try_edit_chunks(|index, region, pixels| f(&Place::new(index, *region), pixels))
    }
}
