//! What goes over the pipes between the check and its worker: frames of a length and bytes.

use std::io::{self, Read, Write};

use crate::oracle::Answer;

/// The parameters C-Blosc2 compresses with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Params {
    pub codec: u8,
    pub clevel: u8,
    pub typesize: usize,
    pub blocksize: usize,
    /// As in `blosc2.h`: 1 always, 2 never, 3 auto.
    pub split: u8,
    pub nthreads: u8,
    pub use_dict: bool,
    pub filters: [u8; 6],
    pub filters_meta: [u8; 6],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialKind {
    Zeros,
    Nan,
    Repeat,
    Uninit,
}

/// A question to the worker; the answer is one [`Answer`] for the chunk or the whole, and one
/// for each slice.
#[derive(Debug, Clone)]
pub enum Request {
    Compress {
        params: Params,
        raw: Vec<u8>,
    },
    Special {
        params: Params,
        kind: SpecialKind,
        nbytes: usize,
        value: Vec<u8>,
    },
    CompressBlocks {
        params: Params,
        blocks: Vec<Vec<u8>>,
    },
    CompressBlosc1 {
        params: Params,
        raw: Vec<u8>,
    },
    Decompress {
        chunk: Vec<u8>,
        nbytes: usize,
        typesize: usize,
        nthreads: u8,
        /// First item and number of items.
        slices: Vec<(u32, u32)>,
    },
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, value: usize) {
        self.0.extend_from_slice(&(value as u32).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn params(&mut self, params: &Params) {
        let flags = [params.codec, params.clevel, params.split, params.nthreads];
        self.0.extend_from_slice(&flags);
        self.0.push(params.use_dict.into());
        self.u32(params.typesize);
        self.u32(params.blocksize);
        self.0.extend_from_slice(&params.filters);
        self.0.extend_from_slice(&params.filters_meta);
    }
}

/// Trusts its input: both ends are this program.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(len);
        self.0 = rest;
        head
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        *self.take(N).first_chunk().expect("as many were taken")
    }

    fn u32(&mut self) -> usize {
        u32::from_le_bytes(self.array()) as usize
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = self.u32();
        self.take(len).to_vec()
    }

    fn params(&mut self) -> Params {
        let [codec, clevel, split, nthreads, use_dict] = self.array();
        let (typesize, blocksize) = (self.u32(), self.u32());
        let (filters, filters_meta) = (self.array(), self.array());
        let use_dict = use_dict != 0;
        Params {
            codec,
            clevel,
            typesize,
            blocksize,
            split,
            nthreads,
            use_dict,
            filters,
            filters_meta,
        }
    }
}

impl Request {
    pub fn to_frame(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self {
            Self::Compress { params, raw } => {
                out.0.push(0);
                out.params(params);
                out.bytes(raw);
            }
            Self::Special { params, kind, nbytes, value } => {
                out.0.push(1);
                out.params(params);
                out.0.push(*kind as u8);
                out.u32(*nbytes);
                out.bytes(value);
            }
            Self::CompressBlocks { params, blocks } => {
                out.0.push(2);
                out.params(params);
                out.u32(blocks.len());
                blocks.iter().for_each(|block| out.bytes(block));
            }
            Self::CompressBlosc1 { params, raw } => {
                out.0.push(3);
                out.params(params);
                out.bytes(raw);
            }
            Self::Decompress { chunk, nbytes, typesize, nthreads, slices } => {
                out.0.push(4);
                out.bytes(chunk);
                out.u32(*nbytes);
                out.u32(*typesize);
                out.0.push(*nthreads);
                out.u32(slices.len());
                for &(start, nitems) in slices {
                    out.u32(start as usize);
                    out.u32(nitems as usize);
                }
            }
        }
        out.0
    }

    pub fn from_frame(frame: &[u8]) -> Self {
        let mut src = Reader(frame);
        match src.array::<1>()[0] {
            0 => Self::Compress { params: src.params(), raw: src.bytes() },
            1 => {
                let params = src.params();
                let kind = match src.array::<1>()[0] {
                    0 => SpecialKind::Zeros,
                    1 => SpecialKind::Nan,
                    2 => SpecialKind::Repeat,
                    _ => SpecialKind::Uninit,
                };
                Self::Special { params, kind, nbytes: src.u32(), value: src.bytes() }
            }
            2 => {
                let params = src.params();
                let blocks = (0..src.u32()).map(|_| src.bytes()).collect();
                Self::CompressBlocks { params, blocks }
            }
            3 => Self::CompressBlosc1 { params: src.params(), raw: src.bytes() },
            _ => {
                let chunk = src.bytes();
                let (nbytes, typesize) = (src.u32(), src.u32());
                let [nthreads] = src.array();
                let nslices = src.u32();
                let slices = (0..nslices).map(|_| (src.u32() as u32, src.u32() as u32)).collect();
                Self::Decompress { chunk, nbytes, typesize, nthreads, slices }
            }
        }
    }
}

pub fn answers_to_frame(answers: &[Answer]) -> Vec<u8> {
    let mut out = Writer::default();
    for answer in answers {
        match answer {
            Ok(bytes) => {
                out.0.push(0);
                out.bytes(bytes);
            }
            Err(code) => {
                out.0.push(1);
                out.0.extend_from_slice(&code.to_le_bytes());
            }
        }
    }
    out.0
}

pub fn answers_from_frame(frame: &[u8]) -> Vec<Answer> {
    let mut src = Reader(frame);
    let mut answers = Vec::new();
    while !src.0.is_empty() {
        answers.push(match src.array::<1>() {
            [0] => Ok(src.bytes()),
            _ => Err(i32::from_le_bytes(src.array())),
        });
    }
    answers
}

pub fn write_frame(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    to.write_all(&(frame.len() as u32).to_le_bytes())?;
    to.write_all(frame)?;
    to.flush()
}

/// `None` at the end of the pipe.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 4];
    match from.read_exact(&mut len) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut frame = vec![0; u32::from_le_bytes(len) as usize];
    from.read_exact(&mut frame)?;
    Ok(Some(frame))
}
