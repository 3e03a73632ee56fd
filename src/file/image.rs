//! Images in files: a frame for each channel, and one for what there is to say about all of them, in
//! one archive.
//!
//! The layout is that of python-blosc2's `TreeStore`, which opens the file (`.b2z`) with a key for
//! each channel; `docs/format.md` has the details.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::archive::{Archive, Member, is_archive, members};
use super::open::array_of;
use super::options::SaveOptions;
use super::save::to_cframe;
use crate::array::AnyArray;
use crate::error::{Corruption, Error, InvalidArgument, Result, Unsupported};
use crate::format::{ImageReader, Source};
#[cfg(feature = "serde")]
use crate::frame::Held;
use crate::frame::wire::invalid;
use crate::frame::{
    Frame, FrameKind, FrameOptions, OpenOptions, ReadAt, Replacement, check_unlocked, open_bytes,
};
use crate::image::{AnyChannel, Image};
use crate::metadata::{Metadata, Metalayers, Value};

/// The member whose variable-length metalayers are those of the image.
const NOTES: &str = "__vlmeta__.b2f";
/// The member that tells python-blosc2 what the archive is.
const STORE: &str = "embed.b2e";
/// The ending of a channel's member.
const CHANNEL: &str = ".b2nd";
/// The metalayer that says which members are the channels, and what they are called.
const LAYER: &str = "ndpress_image";
/// The metalayer with the image's metadata.
const METADATA: &str = "metadata";
const VERSION: i64 = 1;

impl Image {
    /// Saves the image to one file, `.b2z` by convention: its channels with their names, types and
    /// codecs, and its metadata. What is there already is replaced, in one step and as a whole.
    ///
    /// Chunks are written as they are compressed, unless the options ask for other codecs. Python
    /// opens the file as a store of arrays, one for each channel, whose chunks it reads if they are
    /// of codecs that it knows: see [`SaveOptions::portable`].
    ///
    /// Memory: the compressed bytes of one channel.
    ///
    /// ```
    /// use ndpress::{Image, Options, SaveOptions};
    ///
    /// # let folder = std::env::temp_dir().join(format!("ndpress-image-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// let path = folder.join("picture.b2z");
    /// let mut image = Image::zeros::<u8>(["R", "G", "B"], [480, 640], &Options::default())?;
    /// image.metadata_mut().insert("camera", "A");
    /// image.save(&path, &SaveOptions::new())?;
    ///
    /// let opened = Image::open(&path)?;
    /// assert!(opened.content_eq(&image)?);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::SparseImage`]; otherwise as [`AnyArray::save`]. What was there before is
    /// then still there.
    pub fn save(&self, path: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        let path = path.as_ref();
        if options.kind == Some(FrameKind::Sparse) {
            return Err(InvalidArgument::SparseImage.into());
        }
        check_unlocked(path)?;
        Replacement::write_with(path, |out| self.write(out, options))
    }

    /// The image as the bytes of a file.
    #[cfg(feature = "serde")]
    pub(crate) fn to_archive(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, &SaveOptions::new())?;
        Ok(bytes)
    }

    /// The image of which these are the bytes of a file. Its chunks are read from there.
    #[cfg(feature = "serde")]
    pub(crate) fn from_archive(bytes: Vec<u8>) -> Result<Self> {
        let bytes: Arc<dyn ReadAt> = Arc::new(Held(bytes));
        open_image(&bytes, None, &OpenOptions::new())
    }

    fn write(&self, out: impl Write, options: &SaveOptions) -> Result<()> {
        let mut archive = Archive::new(out);
        let paths = paths(self.names());
        for (path, (_, channel)) in paths.iter().zip(self.channels()) {
            archive.add(path, &to_cframe(channel.as_array().raw(), options)?)?;
        }
        archive.add(NOTES, &self.notes(&paths)?)?;
        archive.add(STORE, &store()?)?;
        archive.finish()
    }

    /// What there is to say about the image as a whole.
    fn notes(&self, paths: &[String]) -> Result<Vec<u8>> {
        let list =
            |texts: &mut dyn Iterator<Item = &str>| Value::Array(texts.map(Value::from).collect());
        let about = Metadata::from_iter([
            ("version", Value::from(VERSION)),
            ("height", Value::from(self.height() as u64)),
            ("width", Value::from(self.width() as u64)),
            ("names", list(&mut self.names())),
            ("members", list(&mut paths.iter().map(String::as_str))),
        ]);
        Frame::bytes_with(&FrameOptions::new(), |frame| {
            let layers = frame.vlmetalayers_mut()?;
            layers.insert(LAYER, Value::Map(about))?;
            layers.insert(METADATA, Value::Map(self.metadata().clone()))?;
            Ok(())
        })
    }

    /// Opens an image file of any format that this build knows, by its content.
    ///
    /// Of an image that was [saved](Self::save), or an archive of Python's with arrays of two axes and
    /// one shape, pixels are read when they are asked for. A file of another
    /// [format](crate::format) is decoded and compressed, its first part whole;
    /// [`ImageReader`] has the choices.
    ///
    /// ```
    /// # #[cfg(feature = "exr")] {
    /// use ndpress::Image;
    ///
    /// let image = Image::open("examples/data/tiled_cryptomatte.exr")?;
    /// assert_eq!((image.height(), image.width(), image.nchannels()), (180, 320, 45));
    /// # }
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with), and as [`ImageReader::open`](crate::format::ImageReader::open).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &OpenOptions::new())
    }

    /// As [`open`](Self::open), with options; of these, only the limits count for other formats.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Unsupported::Format`] for another file; [`Error::Corrupt`],
    /// [`Error::Truncated`], [`Error::LimitExceeded`];
    /// [`InvalidArgument::ShapeMismatch`] for arrays that are no channels of one image.
    pub fn open_with(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let path = path.as_ref();
        let source = Source::open(path)?;
        let start = source.start(4).map_err(|error| error.in_file(Some(path)))?;
        if !is_archive(&start) {
            let image = ImageReader::new().limits(options.limits).read(source);
            return image.map_err(|error| error.in_file(Some(path)));
        }
        let bytes = open_bytes(path, options)?;
        open_image(&bytes, Some(path), options).map_err(|error| error.in_file(Some(path)))
    }
}

/// The members' names for channels of these names: the same where that is no trouble to anybody.
fn paths<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_plain = |name: &str| {
        let is_harmless = |c: char| c.is_alphanumeric() || " ._-+".contains(c);
        !name.is_empty() && name.chars().all(is_harmless) && !name.starts_with(['.', ' ', '_'])
    };
    let mut taken = std::collections::HashSet::new();
    let path = |(index, name): (usize, &str)| {
        // Where names differ in case only, file systems may not tell members apart.
        let is_new = taken.insert(name.to_lowercase());
        match is_plain(name) && is_new {
            true => format!("{name}{CHANNEL}"),
            false => format!("_channel_{index}{CHANNEL}"),
        }
    };
    names.enumerate().map(path).collect()
}

/// The empty frame by which python-blosc2 knows its stores.
fn store() -> Result<Vec<u8>> {
    let mut layers = Metalayers::new();
    let version = || Value::Map(Metadata::from_iter([("version", Value::from(1))]));
    layers.insert("b2tree", version())?;
    let empty = Metadata::from_iter([
        ("embed_map", Value::Map(Metadata::new())),
        ("current_offset", Value::from(0)),
    ]);
    Frame::bytes_with(&FrameOptions::new().metalayers(layers), |frame| {
        frame.vlmetalayers_mut()?.insert("estore_metadata", Value::Map(empty)).map(drop)
    })
}

fn open_image(
    bytes: &Arc<dyn ReadAt>,
    path: Option<&Path>,
    options: &OpenOptions,
) -> Result<Image> {
    let members = members(bytes, &options.limits)?;
    let frame = |member: &Member| Frame::opened(member.bytes.clone(), path, options);
    let notes = match members.iter().find(|member| member.name == NOTES) {
        Some(member) => frame(member)?.vlmetalayers().clone(),
        None => Metalayers::new(),
    };
    let Some(about) = notes.value(LAYER)? else {
        return image_of_arrays(&members, &notes, frame);
    };
    let about = About::parse(&about)?;
    let mut image = Image::new([about.height, about.width]);
    for (name, path) in about.names.iter().zip(&about.members) {
        let member = members.iter().find(|member| member.name == *path);
        let member = member.ok_or_else(|| missing("members"))?;
        let channel = AnyChannel::try_from(array_of(&frame(member)?)?)?;
        image.push(name, channel).map_err(in_layout)?;
    }
    if let Some(Value::Map(metadata)) = notes.value(METADATA)? {
        *image.metadata_mut() = metadata;
    }
    Ok(image)
}

/// The arrays of an archive that says nothing of an image, as the channels of one.
fn image_of_arrays(
    members: &[Member],
    notes: &Metalayers,
    frame: impl Fn(&Member) -> Result<Frame>,
) -> Result<Image> {
    let mut image: Option<Image> = None;
    for member in members {
        let Some(name) = member.name.strip_suffix(CHANNEL) else { continue };
        let array: AnyArray = array_of(&frame(member)?)?;
        let channel = AnyChannel::try_from(array)?;
        let image = image.get_or_insert_with(|| Image::new(channel.size()));
        image.push(name, channel)?;
    }
    let mut image = image.ok_or(Unsupported::Format)?;
    for name in notes.names() {
        if let Ok(Some(value)) = notes.value(name) {
            image.metadata_mut().insert(name, value);
        }
    }
    Ok(image)
}

/// What the file says about the image.
struct About {
    height: usize,
    width: usize,
    names: Vec<String>,
    members: Vec<String>,
}

impl About {
    fn parse(value: &Value) -> Result<Self> {
        let field = |name: &'static str| {
            value.as_map().and_then(|map| map.get(name)).ok_or_else(|| missing(name))
        };
        let version = field("version")?.as_i64().unwrap_or(0);
        if version != VERSION {
            return Err(invalid("version of the image", version, "it is 1"));
        }
        let length = |name| -> Result<usize> {
            let length = field(name)?.as_u64().and_then(|length| usize::try_from(length).ok());
            length.ok_or_else(|| missing(name))
        };
        let texts = |name| -> Result<Vec<String>> {
            let texts = field(name)?.as_array().ok_or_else(|| missing(name))?;
            let text = |text: &Value| text.as_str().map(str::to_owned);
            texts.iter().map(text).collect::<Option<_>>().ok_or_else(|| missing(name))
        };
        let about = Self {
            height: length("height")?,
            width: length("width")?,
            names: texts("names")?,
            members: texts("members")?,
        };
        if about.names.len() != about.members.len() {
            return Err(missing("names"));
        }
        Ok(about)
    }
}

fn missing(field: &'static str) -> Error {
    invalid(field, 0, "the file of an image tells it, of its type")
}

/// Channels that do not fit together are the file's fault here.
fn in_layout(error: Error) -> Error {
    match error {
        Error::InvalidArgument(source) => Error::corrupt(Corruption::Layout { source }),
        other => other,
    }
}
