//! What to read from an image file, and how to hold it.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::canvas::{OnProgress, Plan, Postprocess, Wanted, paint};
use super::convert::Rule;
use super::info::{ChannelInfo, ImageInfo};
use super::progress::Progress;
use super::request::{ChannelPattern, PartKey, out_of_bounds, select};
use super::source::Source;
use super::strip::Strip;
use super::{Decoder, Format, START_NBYTES, formats};
use crate::array::Options;
use crate::dtype::DType;
use crate::error::{IndexKind, InvalidArgument, Result, Unsupported};
use crate::image::{ChannelKey, Image};
use crate::limits::Limits;

/// Reads image files into compressed images.
///
/// While a strip or tile is decoded, those before it are compressed, on other threads of the pool
/// this is called in. Nothing is in memory that grows with the image but what it is compressed to;
/// for formats whose decoders give nothing less than an image, see the table of
/// [`format`](crate::format).
///
/// ```
/// # #[cfg(feature = "png")] {
/// use ndpress::format::ImageReader;
/// # let folder = std::env::temp_dir().join(format!("ndpress-reader-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("photo.png");
/// # let options = ndpress::Options::default();
/// # ndpress::Image::full(["R", "G", "B", "A"], [40, 60], 7u8, &options)?
/// #     .save_as(&path, &ndpress::format::Png::default())?;
///
/// let image = ImageReader::new().channels(["B", "R"]).open(&path)?;
/// assert!(image.names().eq(["B", "R"]));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # }
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct ImageReader<'a> {
    formats: Vec<Arc<dyn Format>>,
    part: PartKey,
    level: usize,
    channels: Option<Vec<ChannelPattern>>,
    target: Option<(DType, Rule)>,
    options: Options,
    channel_options: Vec<(ChannelPattern, Options)>,
    chunk_rows: Option<usize>,
    postprocess: Option<Arc<Postprocess<'a>>>,
    progress: Option<Arc<OnProgress<'a>>>,
    limits: Limits,
}

impl Default for ImageReader<'_> {
    fn default() -> Self {
        Self {
            formats: formats(),
            part: PartKey::Index(0),
            level: 0,
            channels: None,
            target: None,
            options: Options::default(),
            channel_options: Vec::new(),
            chunk_rows: None,
            postprocess: None,
            progress: None,
            limits: Limits::default(),
        }
    }
}

impl<'a> ImageReader<'a> {
    /// Reads all channels of the first part as they are, and holds them by the default [`Options`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows another format, which is tried before all others.
    #[must_use]
    pub fn format(mut self, format: impl Format + 'static) -> Self {
        self.formats.insert(0, Arc::new(format));
        self
    }

    /// Reads this part: a number or a name.
    #[must_use]
    pub fn part(self, part: impl Into<PartKey>) -> Self {
        Self { part: part.into(), ..self }
    }

    /// Reads this level of the part; 0, the default, is the largest.
    #[must_use]
    pub fn level(self, level: usize) -> Self {
        Self { level, ..self }
    }

    /// Reads only these channels, in this order: numbers, names, or patterns of names in which `*`
    /// stands for any characters and `?` for one. The file is decoded once whatever the order.
    #[must_use]
    pub fn channels<'k, K: Into<ChannelKey<'k>>>(
        self,
        channels: impl IntoIterator<Item = K>,
    ) -> Self {
        let channels = channels.into_iter().map(|key| key.into().into()).collect();
        Self { channels: Some(channels), ..self }
    }

    /// Holds all channels as this type. Numbers stay what they are: floats become the nearest
    /// integer, what is out of range the nearest value of the type, NaN becomes 0.
    #[must_use]
    pub fn cast_to(self, dtype: DType) -> Self {
        Self { target: Some((dtype, Rule::Cast)), ..self }
    }

    /// Holds all channels as this type, scaled: the largest value of integers is 1.0 of floats, and
    /// integers of other types are as far in their range. Negative integers are negative floats.
    /// What is out of range becomes the nearest value, NaN 0 in integers; floats stay what they are
    /// in floats.
    #[must_use]
    pub fn scale_to(self, dtype: DType) -> Self {
        Self { target: Some((dtype, Rule::Scale)), ..self }
    }

    /// Compresses and cuts channels so.
    #[must_use]
    pub fn options(self, options: &Options) -> Self {
        Self { options: options.clone(), ..self }
    }

    /// Compresses a channel, or all whose names a pattern describes, so instead. The last options
    /// that are given for a channel count; the shape of chunks is the same for all channels.
    #[must_use]
    pub fn channel_options<'k>(
        mut self,
        channel: impl Into<ChannelKey<'k>>,
        options: &Options,
    ) -> Self {
        self.channel_options.push((channel.into().into(), options.clone()));
        self
    }

    /// Cuts channels into chunks of so many whole rows. By default, it is some rows or tiles: what
    /// takes little memory while the file is read.
    #[must_use]
    pub fn chunk_rows(self, rows: usize) -> Self {
        Self { chunk_rows: Some(rows), ..self }
    }

    /// Calls a closure with each strip or tile before it is compressed, to change it or to look at
    /// it. Strips come in any order, and several at once on different threads.
    ///
    /// ```
    /// # #[cfg(feature = "png")] {
    /// use ndpress::format::ImageReader;
    /// # let folder = std::env::temp_dir().join(format!("ndpress-strips-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("photo.png");
    /// # let options = ndpress::Options::default();
    /// # ndpress::Image::full(["R", "G", "B"], [40, 60], 7u8, &options)?
    /// #     .save_as(&path, &ndpress::format::Png::default())?;
    ///
    /// let darken = |strip: &mut ndpress::format::Strip<'_>| {
    ///     for channel in 0..strip.names().len() {
    ///         strip.channel_mut::<u8>(channel)?.iter_mut().for_each(|value| *value /= 2);
    ///     }
    ///     Ok(())
    /// };
    /// let image = ImageReader::new().postprocess(darken).open(&path)?;
    /// assert_eq!(image.channel::<u8>("G")?.at(&[39, 59])?, 3);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn postprocess(self, f: impl Fn(&mut Strip<'_>) -> Result<()> + Send + Sync + 'a) -> Self {
        Self { postprocess: Some(Arc::new(f)), ..self }
    }

    /// Calls a closure whenever another strip or tile is done, from any thread. It ends the reading
    /// with `ControlFlow::Break(())`, and [`Error::Cancelled`](crate::Error::Cancelled) is then the
    /// answer.
    #[must_use]
    pub fn progress(self, f: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'a) -> Self {
        Self { progress: Some(Arc::new(f)), ..self }
    }

    /// Bounds what a file may ask for.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io); [`Unsupported::Format`] for a file of no format that this
    /// build knows, [`Unsupported::Image`] for something in it that is not read;
    /// [`Error::Corrupt`](crate::Error::Corrupt), also for a file that ends early;
    /// [`Error::LimitExceeded`](crate::Error::LimitExceeded);
    /// [`InvalidArgument::UnknownPart`], [`UnknownChannel`](InvalidArgument::UnknownChannel),
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds),
    /// [`SameChannelTwice`](InvalidArgument::SameChannelTwice) for what is not there,
    /// [`Conversion`](InvalidArgument::Conversion), and those of
    /// [`Array::zeros`](crate::Array::zeros) for the options;
    /// [`Error::Cancelled`](crate::Error::Cancelled), and what
    /// [`postprocess`](Self::postprocess) answers.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Image> {
        let path = path.as_ref();
        self.read(Source::open(path)?).map_err(|error| error.in_file(Some(path)))
    }

    /// Reads an image file from wherever its bytes are: see [`Source`] for readers and bytes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(&self, source: impl Into<Source>) -> Result<Image> {
        let (format, mut decoder) = self.decoder(source.into())?;
        let info = decoder.info().clone();
        let (index, part) = self.part.find(&info)?;
        let Some(&size) = part.levels().get(self.level) else {
            return Err(out_of_bounds(IndexKind::Level, self.level, part.levels().len()).into());
        };
        let wanted = self.wanted(part.channels())?;
        let pixel = wanted.iter().map(|wanted| wanted.info.dtype().itemsize() as u64).sum();
        let nbytes = size.iter().fold(pixel, |n: u64, &len| n.saturating_mul(len as u64));
        self.limits.check_image(nbytes)?;
        let plan = Plan {
            format: format.name(),
            size,
            tile: part.tile(),
            wanted,
            chunk_shape: self.chunk_shape()?,
            chunk_rows: self.chunk_rows,
            postprocess: self.postprocess.as_deref(),
            progress: self.progress.as_deref(),
        };
        let image = paint(&plan, |canvas| decoder.decode(index, self.level, canvas))?;
        Ok(image.with_metadata(part.metadata().clone()))
    }

    /// Reads no more than the header of a file.
    ///
    /// # Errors
    /// As [`open`](Self::open), as far as the header goes.
    pub fn probe(&self, path: impl AsRef<Path>) -> Result<ImageInfo> {
        let path = path.as_ref();
        self.probe_source(Source::open(path)?).map_err(|error| error.in_file(Some(path)))
    }

    /// Reads no more than the header of an image file, from wherever its bytes are.
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn probe_source(&self, source: impl Into<Source>) -> Result<ImageInfo> {
        let (_, decoder) = self.decoder(source.into())?;
        Ok(decoder.info().clone())
    }

    /// The first format that recognizes the file, and its decoder.
    fn decoder(&self, source: Source) -> Result<(&dyn Format, Box<dyn Decoder>)> {
        let start = source.start(START_NBYTES)?;
        let format = self.formats.iter().find(|format| format.recognizes(&start));
        let format: &dyn Format = &**format.ok_or(Unsupported::Format)?;
        let decoder = format.decoder(source, &self.limits);
        Ok((format, decoder.map_err(|error| error.of(format.name()))?))
    }

    fn wanted(&self, channels: &[ChannelInfo]) -> Result<Vec<Wanted>> {
        let wanted = |index: usize| {
            let info = channels[index].clone();
            let mut own = self.channel_options.iter().rev();
            let own = own.find(|(pattern, _)| pattern.matches(index, &info));
            let options = own.map_or(&self.options, |(_, options)| options).clone();
            let target = self.target.unwrap_or((info.dtype(), Rule::Cast));
            Wanted { index, target, options, info }
        };
        Ok(select(self.channels.as_deref(), channels)?.into_iter().map(wanted).collect())
    }

    fn chunk_shape(&self) -> Result<Option<[usize; 2]>> {
        let Some(lens) = self.options.chunk_lens() else { return Ok(None) };
        let lens = <[usize; 2]>::try_from(lens);
        Ok(Some(lens.map_err(|_| {
            let found = self.options.chunk_lens().map_or(0, <[usize]>::len);
            InvalidArgument::NdimMismatch { expected: 2, found }
        })?))
    }
}

impl fmt::Debug for ImageReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageReader")
            .field("part", &self.part)
            .field("level", &self.level)
            .field("channels", &self.channels)
            .field("target", &self.target)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Image {
    /// What the header of an image file says: size, channels, parts, metadata. No pixels are read.
    ///
    /// ```
    /// # #[cfg(feature = "exr")] {
    /// use ndpress::{DType, Image};
    ///
    /// let info = Image::probe("examples/data/tiled_cryptomatte.exr")?;
    /// let part = &info.parts()[0];
    /// assert_eq!((info.format(), part.height(), part.width()), ("EXR", 180, 320));
    /// assert_eq!(part.channels().len(), 45);
    /// assert_eq!(part.channels()[0].dtype(), DType::F32);
    /// # }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ImageReader::probe`].
    pub fn probe(path: impl AsRef<Path>) -> Result<ImageInfo> {
        ImageReader::new().probe(path)
    }
}
