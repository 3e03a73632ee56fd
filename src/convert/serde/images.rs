//! Images as their size, and the bytes of a file.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{self, Serialize, Serializer};

use super::bytes::Bytes;
use super::fields::structure;
use crate::error::Result as CrateResult;
use crate::image::Image;
use crate::shape::{Shape, check_shape};

structure! {
    Parts as "Image" {
        shape: Shape,
        archive: Bytes,
    }
}

impl Parts {
    fn new(image: &Image) -> CrateResult<Self> {
        let shape = Shape::new([image.height(), image.width()])?;
        Ok(Self { shape, archive: Bytes(image.to_archive()?) })
    }

    /// The image, if it has the size that the other part says.
    fn open(self) -> CrateResult<Image> {
        let image = Image::from_archive(self.archive.0)?;
        check_shape(&self.shape, &[image.height(), image.width()])?;
        Ok(image)
    }
}

/// Feature `serde`. A structure of two fields: `shape` (height and width), and `archive`, the bytes
/// that [`Image::save`] writes; as a text, base64, in formats that people read.
///
/// Allocates the archive, its text, and the compressed bytes of one channel.
///
/// ```
/// use ndpress::{Image, Options};
///
/// let image = Image::zeros::<u8>(["R", "G", "B"], [480, 640], &Options::default())?;
/// let bytes = postcard::to_allocvec(&image).unwrap();
/// assert!(postcard::from_bytes::<Image>(&bytes).unwrap().content_eq(&image)?);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Errors
/// Those of [`Image::save`], as the format's.
impl Serialize for Image {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Parts::new(self).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// Feature `serde`. Opens what was serialized, as [`Image::open`] does; pixels are checked when they
/// are decoded.
///
/// # Errors
/// Those of [`Image::open`] for an archive, and
/// [`ShapeMismatch`](crate::InvalidArgument::ShapeMismatch) for an image of another size than the
/// other field says; all as the format's.
impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Parts::deserialize(deserializer)?.open().map_err(D::Error::custom)
    }
}
