//! The suite for codecs.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::samples::{Sample, noise, samples};
use crate::codec::{Band, BlockInfo, Codec, CodecError, Encoded, Scratch};
use crate::dtype::DType;

/// Proves that `codec` keeps the contract of [`Codec`] on plain bytes, and on planes of elements of
/// two and four.
///
/// That is: its settings are valid; what it encodes it decodes, as a whole and in bands, for many
/// kinds and lengths of bytes; the stream depends on nothing but the bytes, so neither on what the scratch was used for
/// before nor on what the destination holds; it keeps within a destination that is too small; it
/// rejects streams that do not fill the destination exactly; and damaged streams do not make it
/// panic. Some of the bytes must shrink.
///
/// A codec that answers [`CodecError::Unsupported`] to some bytes is excused for those. It takes
/// some seconds with optimisation.
///
/// # Panics
/// At the first breach of the contract.
pub fn codec(codec: &dyn Codec) {
    if let Err(error) = codec.validate() {
        panic!("{codec:?} is not valid: {error}");
    }
    let mut scratch = Scratch::default();
    let mut shrunk = 0;
    for sample in samples() {
        for (dtype, shape) in blocks_of(sample.bytes.len()) {
            let suite = Suite { codec, sample: &sample, dtype, shape };
            let Some(stream) = suite.encode_in_many_ways(&mut scratch) else { continue };
            shrunk += usize::from(stream.len() < sample.bytes.len());
            suite.decode_in_many_ways(&stream, &mut scratch);
            suite.encode_with_little_room(&stream, &mut scratch);
            if sample.bytes.len() <= 4096 {
                suite.decode_damaged(&stream, &mut scratch);
            }
        }
    }
    for len in [1, 2, 3, 10, 100, 1000] {
        let sample = Sample { name: "noise taken for a stream", bytes: vec![0; 1000] };
        for (dtype, shape) in blocks_of(1000) {
            Suite { codec, sample: &sample, dtype, shape }
                .decode_anything(&noise(len), &mut scratch);
        }
    }
    assert!(shrunk > 0, "{codec:?} shrinks nothing");
}

/// What `nbytes` may be: a row of bytes, and planes of elements where they fit.
fn blocks_of(nbytes: usize) -> impl Iterator<Item = (DType, Vec<usize>)> {
    let planes = [(DType::U16, vec![2, nbytes / 4]), (DType::F32, vec![nbytes / 8, 2])];
    let planes = planes.into_iter().filter(move |_| nbytes.is_multiple_of(8));
    planes.chain([(DType::U8, vec![nbytes])])
}

struct Suite<'a> {
    codec: &'a dyn Codec,
    sample: &'a Sample,
    dtype: DType,
    shape: Vec<usize>,
}

impl Suite<'_> {
    /// The stream; `None` when the codec will not take the bytes.
    fn encode_in_many_ways(&self, used: &mut Scratch) -> Option<Vec<u8>> {
        let room = self.sample.bytes.len() * 2 + 1024;
        let first = self.encode(vec![0; room], used);
        for (what, dst) in [("zeros", vec![0; room]), ("ones", vec![0xff; room])] {
            if self.encode(dst, &mut Scratch::default()) != first {
                self.fail(&format!(
                    "a fresh scratch and a destination of {what} change the stream"
                ));
            }
        }
        if self.encode(vec![0xff; room], used) != first {
            self.fail("a used scratch changes the stream");
        }
        first
    }

    fn encode_with_little_room(&self, stream: &[u8], scratch: &mut Scratch) {
        let step = stream.len() / 50 + 1;
        let rooms = (1..=stream.len()).step_by(step).chain([stream.len() - 1, stream.len()]);
        for room in rooms.filter(|room| *room > 0) {
            if let Some(stream) = self.encode(vec![0xaa; room], scratch) {
                self.check_decoded(&stream, scratch);
            }
        }
    }

    fn encode(&self, mut dst: Vec<u8>, scratch: &mut Scratch) -> Option<Vec<u8>> {
        match self.codec.encode(&self.sample.bytes, &mut dst, &self.block(), scratch) {
            Ok(Encoded::Len(len)) => {
                if len == 0 || len > dst.len() {
                    self.fail(&format!("a stream of {len} bytes in a room of {}", dst.len()));
                }
                dst.truncate(len);
                Some(dst)
            }
            Ok(Encoded::DoesNotFit) | Err(CodecError::Unsupported { .. }) => None,
            Err(error) => self.fail(&format!("encoding fails: {error}")),
        }
    }

    fn decode_in_many_ways(&self, stream: &[u8], used: &mut Scratch) {
        self.check_decoded(stream, used);
        self.check_break(stream, used);
        self.check_decoded(stream, &mut Scratch::default());
        let nbytes = self.sample.bytes.len();
        for wrong in [nbytes - 1, nbytes + 1, nbytes * 2].into_iter().filter(|wrong| *wrong > 0) {
            let block = BlockInfo::bytes(&wrong);
            if self.decode(stream, &block, used).is_ok() {
                self.fail(&format!("a stream of {nbytes} bytes decodes to {wrong}"));
            }
        }
        // The errors before must not have spoilt the scratch.
        self.check_decoded(stream, used);
    }

    fn decode_damaged(&self, stream: &[u8], scratch: &mut Scratch) {
        for len in (1..stream.len()).step_by(stream.len() / 200 + 1) {
            self.decode_anything(&stream[..len], scratch);
        }
        let mut damaged = stream.to_vec();
        for bit in (0..stream.len() * 8).step_by(stream.len() / 100 + 1) {
            damaged[bit / 8] ^= 1 << (bit % 8);
            self.decode_anything(&damaged, scratch);
            damaged[bit / 8] = stream[bit / 8];
        }
        self.check_decoded(stream, scratch);
    }

    /// Right bytes, wrong bytes or an error: anything but a panic, and the same in bands.
    fn decode_anything(&self, stream: &[u8], scratch: &mut Scratch) {
        let decoded = self.decode(stream, &self.block(), scratch);
        let (in_bands, _) = self.decode_bands(stream, usize::MAX, scratch);
        if decoded.ok() != in_bands.ok() {
            self.fail("other bytes come back in bands");
        }
    }

    fn check_decoded(&self, stream: &[u8], scratch: &mut Scratch) {
        match self.decode(stream, &self.block(), scratch) {
            Ok(bytes) if bytes == self.sample.bytes => {}
            Ok(_) => self.fail("other bytes come back"),
            Err(error) => self.fail(&format!("decoding fails: {error}")),
        }
        match self.decode_bands(stream, usize::MAX, scratch).0 {
            Ok(bytes) if bytes == self.sample.bytes => {}
            Ok(_) => self.fail("other bytes come back in bands"),
            Err(error) => self.fail(&format!("decoding in bands fails: {error}")),
        }
    }

    /// Breaks off at the first band, one in the middle, and the last.
    fn check_break(&self, stream: &[u8], scratch: &mut Scratch) {
        let (_, nbands) = self.decode_bands(stream, usize::MAX, scratch);
        for wanted in [1, nbands.div_ceil(2), nbands] {
            let (decoded, seen) = self.decode_bands(stream, wanted, scratch);
            match decoded {
                _ if seen != wanted => self.fail(&format!("{seen} bands where {wanted} are asked")),
                Ok(bytes) if self.sample.bytes.starts_with(&bytes) => {}
                Ok(_) => self.fail("other bytes come back in the first bands"),
                Err(error) => self.fail(&format!("breaking off fails: {error}")),
            }
        }
    }

    fn decode(
        &self,
        stream: &[u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Vec<u8>, CodecError> {
        let nbytes = block.dtype.itemsize() * block.shape.iter().product::<usize>();
        let mut dst = vec![0xaa; nbytes];
        let decode = AssertUnwindSafe(|| self.codec.decode(stream, &mut dst, block, scratch));
        match catch_unwind(decode) {
            Ok(decoded) => decoded.map(|()| dst),
            Err(_) => self.fail(&format!("decoding to {nbytes} bytes panics on {stream:02x?}")),
        }
    }

    /// The bytes of so many bands at most, and how many there were.
    fn decode_bands(
        &self,
        stream: &[u8],
        wanted: usize,
        scratch: &mut Scratch,
    ) -> (Result<Vec<u8>, CodecError>, usize) {
        let nbytes = self.sample.bytes.len();
        let mut buffer = vec![0x55; nbytes];
        let (mut bytes, mut nbands, mut breach) = (Vec::new(), 0, None);
        let mut visit = |band: Band<'_>| {
            nbands += 1;
            bytes.extend(band.to_vec());
            breach = breach.or(match band {
                _ if nbands > wanted => Some("bands go on after the break"),
                _ if band.nbytes() == 0 => Some("a band is empty"),
                _ if !band.nbytes().is_multiple_of(self.dtype.itemsize()) => {
                    Some("a band cuts an element")
                }
                Band::Repeated { value, .. } if value.len() != self.dtype.itemsize() => {
                    Some("what is repeated is not one element")
                }
                _ if bytes.len() > nbytes => Some("bands hold more than the block"),
                _ => None,
            });
            let goes_on = nbands < wanted && breach.is_none();
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let decode = AssertUnwindSafe(|| {
            self.codec.decode_bands(stream, &mut buffer, &self.block(), scratch, &mut visit)
        });
        let Ok(decoded) = catch_unwind(decode) else {
            self.fail(&format!("decoding in bands panics on {stream:02x?}"))
        };
        if let Some(breach) = breach {
            self.fail(breach);
        }
        (decoded.map(|()| bytes), nbands)
    }

    fn block(&self) -> BlockInfo<'_> {
        let (dtype, shape) = (self.dtype, &self.shape[..]);
        BlockInfo { dtype, shape, dictionary: None, codec_meta: 0 }
    }

    fn fail(&self, what: &str) -> ! {
        let Sample { name, bytes } = self.sample;
        let (dtype, shape) = (self.dtype, &self.shape);
        panic!("{:?}, {} bytes ({name}, {dtype} {shape:?}): {what}", self.codec, bytes.len())
    }
}
