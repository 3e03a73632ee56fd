//! How a call says which channel it means.

use crate::error::{IndexKind, InvalidArgument, Result};

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

impl ChannelKey<'_> {
    /// The place of the channel that is meant, among channels of these names.
    ///
    /// # Errors
    /// [`InvalidArgument::UnknownChannel`], [`InvalidArgument::IndexOutOfBounds`].
    pub(crate) fn find<'n>(
        self,
        mut names: impl ExactSizeIterator<Item = &'n str>,
    ) -> Result<usize> {
        let len = names.len();
        match self {
            Self::Index(index) if index < len => Ok(index),
            Self::Index(index) => {
                let what = IndexKind::Channel;
                Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into())
            }
            Self::Name(name) => {
                // A linear search: images have a few dozen channels.
                let found = names.position(|held| held == name);
                found.ok_or_else(|| InvalidArgument::UnknownChannel { name: name.into() }.into())
            }
        }
    }
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
