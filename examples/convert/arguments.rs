//! What the user asks for.

use std::path::{Path, PathBuf};

use ndpress::codec::Codec;
use ndpress::{
    BitShuffle, BloscLz, ChunkOptions, Lz4, Lz4Hc, Options, Raster, SaveOptions, Shuffle, Zstd,
};

use crate::Result;

pub(crate) const USAGE: &str = "\
convert IN OUT [OPTIONS]      IN and OUT: .npy, .b2nd or .b2frame

--codec raster|lz4|lz4hc|zstd|blosclz     default: raster, or the chunks as they are
--level N          of the codec: raster 0 (fast) or 1 (dense), lz4 and blosclz 0 to 9,
                   lz4hc 1 to 12, zstd -7 to 22
--filter shuffle|bitshuffle|none          default: what suits the codec
--chunks a,b,…     lengths of a chunk, one per axis
--blocks a,b,…     lengths of a block, one per axis";

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Npy,
    Array,
    Frame,
}

impl Format {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("npy") => Ok(Self::Npy),
            Some("b2nd") => Ok(Self::Array),
            Some("b2frame" | "b2f") => Ok(Self::Frame),
            _ => Err(format!("{path:?} is no .npy, .b2nd or .b2frame").into()),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) compression: Option<Compression>,
    chunks: Option<Vec<usize>>,
    blocks: Option<Vec<usize>>,
}

/// How chunks are to be compressed.
#[derive(Debug, Default)]
pub(crate) struct Compression {
    codec: Option<String>,
    level: Option<i32>,
    filter: Option<String>,
}

impl Arguments {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut paths, mut compression) = (Vec::new(), Compression::default());
        let (mut chunks, mut blocks) = (None, None);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                paths.push(PathBuf::from(argument));
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--codec" => compression.codec = Some(value),
                "--level" => compression.level = Some(number(&argument, &value)?),
                "--filter" => compression.filter = Some(value),
                "--chunks" => chunks = Some(lens(&argument, &value)?),
                "--blocks" => blocks = Some(lens(&argument, &value)?),
                _ => return Err(format!("there is no option {argument}").into()),
            }
        }
        let [input, output] = <[PathBuf; 2]>::try_from(paths)
            .map_err(|paths| format!("two files are needed, not {}", paths.len()))?;
        for path in [&input, &output] {
            Format::of(path)?;
        }
        let Compression { codec, level, filter } = &compression;
        let is_asked = codec.is_some() || level.is_some() || filter.is_some();
        let compression = is_asked.then_some(compression);
        if let Some(compression) = &compression {
            compression.chunk_options()?;
        }
        Ok(Self { input, output, compression, chunks, blocks })
    }

    /// Whether chunks can stay what they are.
    pub(crate) fn can_copy(&self) -> bool {
        let is_array = |path| Format::of(path).is_ok_and(|format| format == Format::Array);
        let is_cut_alike = self.chunks.is_none() && self.blocks.is_none();
        is_array(&self.input) && is_array(&self.output) && is_cut_alike
    }

    /// How the new array is compressed and cut.
    pub(crate) fn options(&self) -> Options {
        let mut options = match &self.compression {
            Some(compression) => compression.options(),
            None => Options::new(),
        };
        if let Some(lens) = &self.chunks {
            options = options.chunk_shape(lens);
        }
        if let Some(lens) = &self.blocks {
            options = options.block_shape(lens);
        }
        options
    }

    /// How chunks of bytes are compressed.
    pub(crate) fn chunk_options(&self) -> ChunkOptions {
        let asked = self.compression.as_ref().and_then(|asked| asked.chunk_options().ok());
        asked.unwrap_or_default()
    }
}

impl Compression {
    fn codec(&self) -> Result<Box<dyn Codec>> {
        let level = self.level;
        let small = |default: u8| u8::try_from(level.unwrap_or(default.into()));
        Ok(match self.codec.as_deref().unwrap_or("raster") {
            "raster" => match level {
                None | Some(0) => Box::new(Raster::fast()),
                Some(1) => Box::new(Raster::dense()),
                Some(level) => return Err(format!("raster has levels 0 and 1, not {level}").into()),
            },
            "lz4" => Box::new(Lz4::clevel(small(5)?)),
            "blosclz" => Box::new(BloscLz::clevel(small(5)?)),
            "lz4hc" => Box::new(Lz4Hc::level(small(9)?)),
            "zstd" => Box::new(Zstd::level(level.unwrap_or(3))),
            codec => return Err(format!("there is no codec {codec:?}").into()),
        })
    }

    fn chunk_options(&self) -> Result<ChunkOptions> {
        let options = ChunkOptions::new().shared_codec(self.codec()?.into());
        options.codec_ref().validate()?;
        Ok(match self.filter.as_deref() {
            None => options,
            Some("none") => options.no_filters(),
            Some("shuffle") => options.shuffle(),
            Some("bitshuffle") => options.bitshuffle(),
            Some(filter) => return Err(format!("there is no filter {filter:?}").into()),
        })
    }

    fn options(&self) -> Options {
        let options = match self.codec() {
            Ok(codec) => Options::new().shared_codec(codec.into()),
            Err(_) => Options::new(),
        };
        match self.filter.as_deref() {
            Some("none") => options.no_filters(),
            Some("shuffle") => options.shuffle(),
            Some("bitshuffle") => options.bitshuffle(),
            _ => options,
        }
    }

    /// How chunks of an array are compressed anew.
    pub(crate) fn save_options(&self) -> SaveOptions {
        let options = match self.codec() {
            Ok(codec) => SaveOptions::new().shared_codec(codec.into()),
            Err(_) => SaveOptions::new(),
        };
        match self.filter.as_deref() {
            Some("none") => options.no_filters(),
            Some("shuffle") => options.no_filters().filter(Shuffle::default()),
            Some("bitshuffle") => options.no_filters().filter(BitShuffle),
            _ => options,
        }
    }
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| format!("{option} needs a number, not {text:?}").into())
}

fn lens(option: &str, text: &str) -> Result<Vec<usize>> {
    text.split(',').map(|text| number(option, text)).collect()
}
