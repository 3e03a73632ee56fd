//! How a call says which channel it means.

/// A channel of an image, by index or by name.
///
/// Calls take anything that converts into one: `2`, `"Z"`, `&name`.
///
/// ```
/// use ndpress::image::ChannelKey;
///
/// assert_eq!(ChannelKey::from("Z"), ChannelKey::Name("Z"));
/// assert_eq!(ChannelKey::from(2), ChannelKey::Index(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are no other ways to name a channel")]
pub enum ChannelKey<'a> {
    /// The channel's place in the image's order, counted from 0.
    Index(usize),
    /// The channel's name.
    Name(&'a str),
}

impl From<usize> for ChannelKey<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&usize> for ChannelKey<'_> {
    fn from(index: &usize) -> Self {
        Self::Index(*index)
    }
}

impl<'a> From<&'a str> for ChannelKey<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&&'a str> for ChannelKey<'a> {
    fn from(name: &&'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for ChannelKey<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}
