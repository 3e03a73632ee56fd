//! Uncompressed channels of a type known at run time.

use ndpress::image::{AnyChannel, Channel};
use ndpress::{DType, Element, Image, Options};

use crate::Result;
use crate::measure::{Measured, median_time, windows};

/// One channel as a file has it.
pub(crate) struct Plane {
    pub(crate) name: String,
    pub(crate) pixels: Box<dyn Pixels>,
}

impl Plane {
    pub(crate) fn new<T: Element>(name: String, pixels: Vec<T>) -> Self {
        Self { name, pixels: Box::new(pixels) }
    }
}

/// Pixels in row order: a `Vec` of any element type.
pub(crate) trait Pixels {
    fn dtype(&self) -> DType;

    /// Compresses the pixels, reads them back, checks them, and says how long it took.
    fn hold(&self, shape: [usize; 2], options: &Options) -> Result<(AnyChannel, Measured)>;

    /// Reverses each row.
    fn mirror(&mut self, width: usize);

    /// Reverses each row of a channel, in place.
    fn mirror_channel(&self, image: &mut Image, name: &str) -> Result<()>;

    /// Whether a channel holds these pixels, bit for bit.
    fn matches(&self, image: &Image, name: &str) -> Result<bool>;
}

impl<T: Element> Pixels for Vec<T> {
    fn dtype(&self) -> DType {
        T::DTYPE
    }

    fn hold(&self, shape: [usize; 2], options: &Options) -> Result<(AnyChannel, Measured)> {
        let (channel, compress) = median_time(|| Channel::from_slice(self, shape, options))?;
        let mut pixels = vec![T::zeroed(); self.len()];
        let ((), read) = median_time(|| channel.read_all_into(&mut pixels))?;
        if !same(self, &pixels) {
            return Err("what was read back differs from what was compressed".into());
        }
        let window = windows(&channel)?;
        let (nbytes, cbytes) = (channel.nbytes(), channel.cbytes());
        Ok((channel.into(), Measured { nbytes, cbytes, compress, read, window: Some(window) }))
    }

    fn mirror(&mut self, width: usize) {
        self.chunks_exact_mut(width).for_each(<[T]>::reverse);
    }

    fn mirror_channel(&self, image: &mut Image, name: &str) -> Result<()> {
        let channel = image.channel_mut::<T>(name)?;
        // Chunks are bands of whole rows unless asked otherwise.
        let width = channel.width();
        channel.edit_chunks(|_, pixels| pixels.chunks_exact_mut(width).for_each(<[T]>::reverse))?;
        Ok(())
    }

    fn matches(&self, image: &Image, name: &str) -> Result<bool> {
        Ok(same(self, &image.channel::<T>(name)?.to_vec()?))
    }
}

/// Bit for bit: NaN is the same as itself, and -0 is not 0.
fn same<T: Element>(a: &[T], b: &[T]) -> bool {
    bytemuck::cast_slice::<T, u8>(a) == bytemuck::cast_slice::<T, u8>(b)
}
