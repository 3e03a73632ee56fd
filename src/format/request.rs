//! What of a file is asked for.

use super::glob;
use super::info::{ChannelInfo, ImageInfo, PartInfo};
use crate::error::{IndexKind, InvalidArgument, Result};
use crate::image::ChannelKey;

/// A part of an image file: by its number, or by its name.
///
/// Calls take anything that converts into one: `2`, `"beauty"`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are no other ways to name a part")]
pub enum PartKey {
    /// The part's place in the file, counted from 0.
    Index(usize),
    /// The part's name.
    Name(String),
}

impl From<usize> for PartKey {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for PartKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for PartKey {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl PartKey {
    pub(super) fn find<'i>(&self, info: &'i ImageInfo) -> Result<(usize, &'i PartInfo)> {
        let (parts, len) = (info.parts(), info.parts().len());
        match self {
            Self::Index(index) => match parts.get(*index) {
                Some(part) => Ok((*index, part)),
                None => Err(out_of_bounds(IndexKind::Part, *index, len).into()),
            },
            Self::Name(name) => {
                let mut parts = parts.iter().enumerate();
                let found = parts.find(|(_, part)| part.name() == Some(name));
                found.ok_or_else(|| InvalidArgument::UnknownPart { name: name.clone() }.into())
            }
        }
    }
}

pub(super) fn out_of_bounds(what: IndexKind, index: usize, len: usize) -> InvalidArgument {
    InvalidArgument::IndexOutOfBounds { what, index, len }
}

/// A channel, or all whose names a pattern describes.
#[derive(Debug, Clone)]
pub(super) enum ChannelPattern {
    Index(usize),
    Name(String),
}

impl From<ChannelKey<'_>> for ChannelPattern {
    fn from(key: ChannelKey<'_>) -> Self {
        match key {
            ChannelKey::Index(index) => Self::Index(index),
            ChannelKey::Name(name) => Self::Name(name.to_owned()),
        }
    }
}

impl ChannelPattern {
    pub(super) fn matches(&self, index: usize, channel: &ChannelInfo) -> bool {
        match self {
            Self::Index(asked) => *asked == index,
            Self::Name(name) => name == channel.name() || glob::matches(name, channel.name()),
        }
    }

    /// The channels that are meant, in the file's order.
    fn find(&self, channels: &[ChannelInfo]) -> Result<Vec<usize>> {
        // A channel may be called "*": an exact name comes before what it could mean.
        if let Self::Name(name) = self
            && let Some(exact) = channels.iter().position(|channel| channel.name() == name)
        {
            return Ok(vec![exact]);
        }
        let all = channels.iter().enumerate();
        let found: Vec<usize> = all
            .filter(|(index, channel)| self.matches(*index, channel))
            .map(|(index, _)| index)
            .collect();
        match self {
            _ if !found.is_empty() => Ok(found),
            Self::Index(index) => {
                Err(out_of_bounds(IndexKind::Channel, *index, channels.len()).into())
            }
            Self::Name(name) => Err(InvalidArgument::UnknownChannel { name: name.clone() }.into()),
        }
    }
}

/// Numbers of the channels asked for, in that order. Patterns leave out what has been asked for
/// before.
pub(super) fn select(
    patterns: Option<&[ChannelPattern]>,
    channels: &[ChannelInfo],
) -> Result<Vec<usize>> {
    let Some(patterns) = patterns else {
        return Ok((0..channels.len()).collect());
    };
    let mut selected = Vec::new();
    for pattern in patterns {
        let found = pattern.find(channels)?;
        let is_wild = matches!(pattern, ChannelPattern::Name(name) if glob::is_pattern(name));
        for index in found {
            if !selected.contains(&index) {
                selected.push(index);
            } else if !is_wild {
                let name = channels[index].name().to_owned();
                return Err(InvalidArgument::SameChannelTwice { name }.into());
            }
        }
    }
    Ok(selected)
}
