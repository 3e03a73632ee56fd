//! Images from and to the types of the crate `image`.

use image::{DynamicImage, ImageBuffer, Pixel};

use super::names::{color_names, in_color_order};
use crate::array::Options;
use crate::dtype::{DType, Element};
use crate::error::{InvalidArgument, Result};
use crate::image::Image;

/// What the crate is called in errors.
const NAME: &str = "image";

impl Image {
    /// Compresses an image of the crate `image`. Channels are `Y`, or `R`, `G` and `B`, and `A`.
    ///
    /// ```
    /// use image::{DynamicImage, RgbImage};
    /// use ndpress::{Image, Options};
    ///
    /// let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 0]));
    /// let image = Image::from_dynamic(&DynamicImage::from(picture.clone()), &Options::default())?;
    /// assert_eq!(image.channel::<u8>("R")?.at(&[47, 63])?, 63);
    /// assert_eq!(image.to_dynamic()?.into_rgb8(), picture);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Unsupported::Image`](crate::Unsupported::Image) for a kind of pixels that is not known here;
    /// otherwise as [`from_interleaved`](Self::from_interleaved).
    pub fn from_dynamic(image: &DynamicImage, options: &Options) -> Result<Self> {
        match image {
            DynamicImage::ImageLuma8(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageLumaA8(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgb8(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgba8(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageLuma16(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageLumaA16(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgb16(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgba16(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgb32F(buffer) => Self::from_buffer(buffer, options),
            DynamicImage::ImageRgba32F(buffer) => Self::from_buffer(buffer, options),
            other => {
                let what = format!("{:?}", other.color());
                Err(crate::Unsupported::Image { format: NAME, what }.into())
            }
        }
    }

    /// Compresses a buffer of the crate `image`: a channel for each sample of its pixels.
    ///
    /// # Errors
    /// As [`from_interleaved`](Self::from_interleaved).
    pub fn from_buffer<P, C>(buffer: &ImageBuffer<P, C>, options: &Options) -> Result<Self>
    where
        P: Pixel<Subpixel: Element>,
        C: std::ops::Deref<Target = [P::Subpixel]>,
    {
        let nchannels = usize::from(P::CHANNEL_COUNT);
        let (width, height) = (buffer.width() as usize, buffer.height() as usize);
        // A buffer may be longer than its pixels.
        let samples = &buffer.as_raw()[..width * height * nchannels];
        Self::from_interleaved(samples, [height, width, nchannels], options)?
            .with_names(color_names(nchannels))
    }

    /// Decompresses the image into one of the crate `image`: `u8` or `u16` of one to four channels,
    /// or `f32` of three or four. Channels called as colours are in their order, whatever it is here.
    ///
    /// # Errors
    /// [`InvalidArgument::FormatChannels`], [`FormatMixedDTypes`](InvalidArgument::FormatMixedDTypes),
    /// [`FormatDType`](InvalidArgument::FormatDType) and
    /// [`FormatSize`](InvalidArgument::FormatSize) for an image that the crate does not have; otherwise
    /// as [`to_interleaved`](Self::to_interleaved).
    pub fn to_dynamic(&self) -> Result<DynamicImage> {
        let dtype = super::names::common_dtype(NAME, self)?;
        Ok(match (dtype, self.nchannels()) {
            (DType::U8, 1) => DynamicImage::ImageLuma8(self.to_buffer()?),
            (DType::U8, 2) => DynamicImage::ImageLumaA8(self.to_buffer()?),
            (DType::U8, 3) => DynamicImage::ImageRgb8(self.to_buffer()?),
            (DType::U8, 4) => DynamicImage::ImageRgba8(self.to_buffer()?),
            (DType::U16, 1) => DynamicImage::ImageLuma16(self.to_buffer()?),
            (DType::U16, 2) => DynamicImage::ImageLumaA16(self.to_buffer()?),
            (DType::U16, 3) => DynamicImage::ImageRgb16(self.to_buffer()?),
            (DType::U16, 4) => DynamicImage::ImageRgba16(self.to_buffer()?),
            (DType::F32, 3) => DynamicImage::ImageRgb32F(self.to_buffer()?),
            (DType::F32, 4) => DynamicImage::ImageRgba32F(self.to_buffer()?),
            (DType::U8 | DType::U16 | DType::F32, found) => {
                return Err(InvalidArgument::FormatChannels { format: NAME, found }.into());
            }
            _ => return Err(super::names::unfit_dtype(NAME, self)),
        })
    }

    /// Decompresses the image into a buffer of the crate `image`, whose pixels have as many samples
    /// as the image has channels. Channels called as colours are in their order.
    ///
    /// # Errors
    /// [`InvalidArgument::FormatChannels`], [`FormatSize`](InvalidArgument::FormatSize); otherwise as
    /// [`to_interleaved`](Self::to_interleaved).
    pub fn to_buffer<P>(&self) -> Result<ImageBuffer<P, Vec<P::Subpixel>>>
    where
        P: Pixel<Subpixel: Element>,
    {
        let (height, width, found) = (self.height(), self.width(), self.nchannels());
        if found != usize::from(P::CHANNEL_COUNT) {
            return Err(InvalidArgument::FormatChannels { format: NAME, found }.into());
        }
        let size = u32::try_from(width).ok().zip(u32::try_from(height).ok());
        let unfit = InvalidArgument::FormatSize { format: NAME, height, width };
        let (w, h) = size.ok_or(unfit)?;
        let samples = in_color_order(self)?.to_interleaved()?;
        match ImageBuffer::from_raw(w, h, samples) {
            Some(buffer) => Ok(buffer),
            None => unreachable!("there are as many samples as pixels need"),
        }
    }
}
