//! Images as text.

use std::fmt;

use super::Image;
use crate::array::NBytes;

impl fmt::Display for Image {
    /// Width by height, then what there is and what it costs: `4096×2160, 12 channels (f16, f32),
    /// lz4: 212 MB held in 31 MB, 6.8:1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.nchannels() == 1 { "" } else { "s" };
        write!(f, "{}×{}, {} channel{plural}", self.width(), self.height(), self.nchannels())?;
        if self.nchannels() == 0 {
            return Ok(());
        }
        let dtypes = self.distinct(|channel| channel.dtype());
        let codecs = self.distinct(|channel| channel.as_array().raw().options().codec_ref().id());
        write!(f, " ({dtypes}), {codecs}: ")?;
        let (nbytes, cbytes) = (NBytes(self.nbytes()), NBytes(self.cbytes()));
        write!(f, "{nbytes} held in {cbytes}, {:.1}:1", self.ratio())
    }
}

impl Image {
    /// The different answers of the channels, in order.
    fn distinct<T: fmt::Display>(&self, ask: impl Fn(&super::AnyChannel) -> T) -> String {
        let mut answers: Vec<String> = Vec::new();
        for (_, channel) in self.channels() {
            let answer = ask(channel).to_string();
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers.join(", ")
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Channels<'a>(&'a Image);
        impl fmt::Debug for Channels<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_map().entries(self.0.channels()).finish()
            }
        }
        f.debug_struct("Image")
            .field("height", &self.height())
            .field("width", &self.width())
            .field("channels", &Channels(self))
            .field("metadata", self.metadata())
            .finish()
    }
}
