//! What describes arrays: types, shapes, regions.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::dtype::DType;
use crate::shape::{MAX_NDIM, Region, Shape};

/// Feature `serde`. As the text of [`DType::numpy`].
///
/// ```
/// use ndpress::DType;
///
/// assert_eq!(serde_json::to_string(&DType::F16).unwrap(), r#""<f2""#);
/// ```
impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.numpy())
    }
}

/// Feature `serde`. From any text that [`str::parse`] takes for a `DType`.
impl<'de> Deserialize<'de> for DType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DTypeVisitor)
    }
}

struct DTypeVisitor;

impl Visitor<'_> for DTypeVisitor {
    type Value = DType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a NumPy dtype string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DType, E> {
        text.parse().map_err(E::custom)
    }
}

/// Feature `serde`. As a sequence of lengths.
///
/// ```
/// use ndpress::Shape;
///
/// let shape: Shape = serde_json::from_str("[20, 480, 640]").unwrap();
/// assert_eq!(shape, Shape::new([20, 480, 640])?);
/// # Ok::<(), ndpress::Error>(())
/// ```
impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Feature `serde`. From a sequence of lengths; those that [`Shape::new`] refuses are an error.
impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lens: Axes<usize> = Axes::deserialize(deserializer)?;
        Self::new(lens.0).map_err(D::Error::custom)
    }
}

/// Feature `serde`. As a sequence of pairs: the first index along each axis, and the end.
///
/// ```
/// use ndpress::Region;
///
/// let window = Region::new([100..164, 200..264])?;
/// let text = serde_json::to_string(&window).unwrap();
/// assert_eq!(text, "[[100,164],[200,264]]");
/// assert_eq!(serde_json::from_str::<Region>(&text).unwrap(), window);
/// # Ok::<(), ndpress::Error>(())
/// ```
impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let axes = 0..self.shape().ndim();
        serializer.collect_seq(axes.map(|axis| (self.start()[axis], self.end(axis))))
    }
}

/// Feature `serde`. From a sequence of pairs; those that [`Region::new`] refuses are an error.
impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let axes: Axes<(usize, usize)> = Axes::deserialize(deserializer)?;
        let ranges = axes.0.into_iter().map(|(start, end)| start..end);
        Self::new(ranges.collect::<Vec<_>>()).map_err(D::Error::custom)
    }
}

/// Something for each axis: no more than there may be axes.
struct Axes<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Axes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AxesVisitor(PhantomData))
    }
}

struct AxesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AxesVisitor<T> {
    type Value = Axes<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "something for each of up to {MAX_NDIM} axes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Axes<T>, A::Error> {
        let mut axes = Vec::with_capacity(MAX_NDIM);
        while let Some(item) = items.next_element()? {
            if axes.len() == MAX_NDIM {
                return Err(A::Error::invalid_length(MAX_NDIM + 1, &self));
            }
            axes.push(item);
        }
        Ok(Axes(axes))
    }
}
