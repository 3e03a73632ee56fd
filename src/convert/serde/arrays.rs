//! Arrays as what describes them, and the bytes of a file.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{self, Serialize, Serializer};

use super::bytes::Bytes;
use super::fields::structure;
use crate::array::{AnyArray, Array, OpaqueArray, RawArray};
use crate::dtype::{DType, Element};
use crate::error::{Result as CrateResult, check_dtype};
use crate::file::{SaveOptions, to_cframe};
use crate::frame::OpenOptions;
use crate::shape::{Shape, check_shape};

structure! {
    Parts as "Array" {
        dtype: DType,
        shape: Shape,
        frame: Bytes,
    }
}

impl Parts {
    fn new(array: &RawArray) -> CrateResult<Self> {
        let frame = Bytes(to_cframe(array, &SaveOptions::new())?);
        Ok(Self { dtype: array.dtype(), shape: *array.shape(), frame })
    }

    /// The array, if it is what the other parts say.
    fn open(self) -> CrateResult<AnyArray> {
        let array = AnyArray::from_cframe(self.frame.0, &OpenOptions::new())?;
        check_dtype(array.dtype(), self.dtype)?;
        check_shape(&self.shape, array.shape())?;
        Ok(array)
    }
}

fn serialize<S: Serializer>(array: &RawArray, serializer: S) -> Result<S::Ok, S::Error> {
    Parts::new(array).map_err(ser::Error::custom)?.serialize(serializer)
}

fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AnyArray, D::Error> {
    Parts::deserialize(deserializer)?.open().map_err(D::Error::custom)
}

/// Feature `serde`. An array is a structure of three fields: `dtype` (a text, see [`DType`]),
/// `shape` (a sequence of lengths), and `frame`, the bytes of [`AnyArray::to_cframe`]; so chunks stay
/// as they are compressed. Formats that people read get the bytes as a text, base64 (RFC 4648, with
/// padding), a third longer; a number for each byte would be three times as long. All kinds of array
/// have the same form.
///
/// Allocates the frame, and its text.
///
/// ```
/// use ndpress::{AnyArray, Array, Options};
///
/// let ramp: Vec<u16> = (0..1000).collect();
/// let array = AnyArray::from(Array::from_slice(&ramp, [20, 50], &Options::default())?);
/// let bytes = postcard::to_allocvec(&array).unwrap();
/// assert!(postcard::from_bytes::<AnyArray>(&bytes).unwrap().content_eq(&array)?);
///
/// let text = serde_json::to_string(&array).unwrap();
/// assert!(text.starts_with(r#"{"dtype":"<u2","shape":[20,50],"frame":""#));
/// let typed: Array<u16> = serde_json::from_str(&text).unwrap();
/// assert_eq!(typed.to_vec()?, ramp);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Errors
/// Those of [`AnyArray::to_cframe`], as the format's.
impl Serialize for AnyArray {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.raw(), serializer)
    }
}

/// Feature `serde`. As [`AnyArray`] is serialized.
impl<T: Element> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.raw(), serializer)
    }
}

/// Feature `serde`. As [`AnyArray`] is serialized.
impl Serialize for OpaqueArray {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.raw(), serializer)
    }
}

/// Feature `serde`. Opens what was [serialized](#impl-Serialize-for-AnyArray), as
/// [`AnyArray::from_cframe`] does with the default options: limits, codecs and filters are the
/// default ones. What describes the array is checked here; blocks when they are decoded, against
/// their checksums.
///
/// Allocates the frame, which is kept. Of its text, base64, the format may keep a copy meanwhile.
///
/// # Errors
/// Those of [`AnyArray::from_cframe`], and
/// [`DTypeMismatch`](crate::InvalidArgument::DTypeMismatch) or
/// [`ShapeMismatch`](crate::InvalidArgument::ShapeMismatch) for a frame of another array than the
/// other fields say; all as the format's.
impl<'de> Deserialize<'de> for AnyArray {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}

/// Feature `serde`. As [`AnyArray`] is deserialized; an array of other elements is an error.
impl<'de, T: Element> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)?.into_typed().map_err(D::Error::custom)
    }
}

/// Feature `serde`. As [`AnyArray`] is deserialized; an array of elements that are known is an error.
impl<'de> Deserialize<'de> for OpaqueArray {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserialize(deserializer)? {
            AnyArray::Opaque(array) => Ok(array),
            other => Err(D::Error::custom(format!("array holds {}, not records", other.dtype()))),
        }
    }
}
