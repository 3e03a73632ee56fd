//! Images as files of other formats.

use std::io::{Seek, Write};
use std::path::Path;

use super::Format;
use crate::error::Result;
use crate::frame::Replacement;
use crate::image::Image;

/// What encoders write to: anything that can be written and can seek.
pub trait Output: Write + Seek {}

impl<W: Write + Seek + ?Sized> Output for W {}

impl Image {
    /// Saves the image as a file of another format: [`Exr`](super::Exr), [`Tiff`](super::Tiff),
    /// [`Png`](super::Png), [`Pnm`](super::Pnm), [`Npy`](super::Npy), or one of your own. What is
    /// there already is replaced, in one step and as a whole.
    ///
    /// Pixels are written as they are; metadata as far as the format has a place for it. A band of
    /// rows is decompressed at once.
    ///
    /// ```
    /// # #[cfg(all(feature = "tiff", feature = "png"))] {
    /// use ndpress::format::{Png, Tiff};
    /// use ndpress::{Image, Options};
    /// # let folder = std::env::temp_dir().join(format!("ndpress-save-as-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    ///
    /// let image = Image::full(["Y"], [40, 60], 0.5f32, &Options::default())?;
    /// image.save_as(folder.join("grey.tif"), &Tiff::default())?;
    /// assert!(Image::open(folder.join("grey.tif"))?.channel::<f32>("Y")?.content_eq(image.channel("Y")?)?);
    ///
    /// let error = image.save_as(folder.join("grey.png"), &Png::default()).unwrap_err();
    /// assert_eq!(error.to_string(), "channel \"Y\" holds f32, which PNG cannot hold");
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::InvalidArgument) for what the format cannot hold: `FormatDType`,
    /// `FormatMixedDTypes`, `FormatChannels`, `FormatSize`, `FormatSetting`;
    /// [`Unsupported::Encoding`](crate::Unsupported::Encoding);
    /// [`Error::Io`](crate::Error::Io), [`Error::Corrupt`](crate::Error::Corrupt) for the image's own
    /// chunks. What was there before is then still there.
    pub fn save_as(&self, path: impl AsRef<Path>, format: &dyn Format) -> Result<()> {
        Replacement::write_with(path.as_ref(), |out| self.encode(format, out))
    }

    /// Writes the image as a file of another format: see [`save_as`](Self::save_as).
    ///
    /// # Errors
    /// As [`save_as`](Self::save_as). An image that the format cannot hold is refused before
    /// anything is written.
    pub fn encode(&self, format: &dyn Format, out: &mut dyn Output) -> Result<()> {
        format.encode(self, out).map_err(|error| error.of(format.name()))
    }
}
