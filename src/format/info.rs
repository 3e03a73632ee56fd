//! What the header of an image file says.

use std::fmt;

use crate::dtype::DType;
use crate::metadata::Metadata;

/// What the header of an image file says: see [`Image::probe`](crate::Image::probe).
#[derive(Debug, Clone)]
pub struct ImageInfo {
    format: &'static str,
    parts: Vec<PartInfo>,
}

impl ImageInfo {
    /// Says which format a file has, and what is in it. Files have a part at least.
    #[must_use]
    pub fn new(format: &'static str, parts: impl IntoIterator<Item = PartInfo>) -> Self {
        Self { format, parts: parts.into_iter().collect() }
    }

    /// The format: `"EXR"`.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// The parts of an EXR file, the pages of a TIFF file; other formats have one.
    #[must_use]
    pub fn parts(&self) -> &[PartInfo] {
        &self.parts
    }
}

impl fmt::Display for ImageInfo {
    /// A line for each part: `EXR, 911×876, 20 channels (f16)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}, {part}", self.format)?;
        }
        Ok(())
    }
}

/// A picture in an image file.
#[derive(Debug, Clone)]
pub struct PartInfo {
    name: Option<String>,
    channels: Vec<ChannelInfo>,
    tile: Option<[usize; 2]>,
    /// The first one is the part itself.
    levels: Vec<[usize; 2]>,
    metadata: Metadata,
}

impl PartInfo {
    /// A part of this size without channels. `size` is `[height, width]`.
    #[must_use]
    pub fn new(size: [usize; 2]) -> Self {
        let levels = vec![size];
        Self { name: None, channels: Vec::new(), tile: None, levels, metadata: Metadata::new() }
    }

    /// Gives the part a name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Adds a channel behind the others.
    #[must_use]
    pub fn with_channel(mut self, name: impl Into<String>, dtype: DType) -> Self {
        self.channels.push(ChannelInfo { name: name.into(), dtype });
        self
    }

    /// Adds channels of one type behind the others.
    #[must_use]
    pub fn with_channels(
        self,
        names: impl IntoIterator<Item = impl Into<String>>,
        dtype: DType,
    ) -> Self {
        names.into_iter().fold(self, |part, name| part.with_channel(name, dtype))
    }

    /// Says in which strips or tiles pixels come, `[height, width]`, so that chunks are made to
    /// match.
    #[must_use]
    pub fn with_tile(self, tile: [usize; 2]) -> Self {
        Self { tile: Some(tile), ..self }
    }

    /// Adds a smaller level of this size, `[height, width]`.
    #[must_use]
    pub fn with_level(mut self, size: [usize; 2]) -> Self {
        self.levels.push(size);
        self
    }

    /// Sets the metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// The name, where parts have one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Rows of the largest level.
    #[must_use]
    pub fn height(&self) -> usize {
        self.levels[0][0]
    }

    /// Pixels per row of the largest level.
    #[must_use]
    pub fn width(&self) -> usize {
        self.levels[0][1]
    }

    /// Names and types of the channels, in the file's order.
    #[must_use]
    pub fn channels(&self) -> &[ChannelInfo] {
        &self.channels
    }

    /// `[height, width]` of the strips or tiles that pixels are in, where the format has them.
    #[must_use]
    pub fn tile(&self) -> Option<[usize; 2]> {
        self.tile
    }

    /// `[height, width]` of all levels: the part itself, then ever smaller versions of it.
    #[must_use]
    pub fn levels(&self) -> &[[usize; 2]] {
        &self.levels
    }

    /// What the file says besides.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl fmt::Display for PartInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name:?}, ")?;
        }
        let mut dtypes: Vec<String> = Vec::new();
        for channel in &self.channels {
            let dtype = channel.dtype.to_string();
            if !dtypes.contains(&dtype) {
                dtypes.push(dtype);
            }
        }
        let (n, plural) = (self.channels.len(), if self.channels.len() == 1 { "" } else { "s" });
        let dtypes = dtypes.join(", ");
        write!(f, "{}×{}, {n} channel{plural} ({dtypes})", self.width(), self.height())
    }
}

/// A channel in an image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    name: String,
    dtype: DType,
}

impl ChannelInfo {
    /// The name, as the image will have it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its pixels in the file.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }
}
