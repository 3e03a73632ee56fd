//! Headers of Netpbm's files: words, and comments between them.

use std::io::{BufRead, Read};

use crate::dtype::DType;
use crate::format::FormatError;
use crate::format::names::{color_names, numbers};

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    /// Digits, each a pixel: 1 is black.
    TextBits,
    /// Numbers in decimal.
    Text,
    /// Bits, rows padded to bytes: 1 is black.
    Bits,
    /// Integers, big endian.
    Integers,
    /// Floats; rows from the last to the first.
    Floats { is_little_endian: bool },
}

#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) size: [usize; 2],
    pub(super) encoding: Encoding,
    pub(super) names: Vec<String>,
    pub(super) maxval: u16,
    /// PFM's factor.
    pub(super) scale: f64,
}

/// The longest word that means something.
const MAX_WORD: usize = 64;

impl Header {
    pub(super) fn parse(reader: &mut impl BufRead) -> Result<Self, FormatError> {
        let mut magic = [0; 2];
        reader.read_exact(&mut magic)?;
        if magic[1] == b'7' {
            return Self::parse_pam(reader);
        }
        let width = number(reader)?;
        let height = number(reader)?;
        let (encoding, nchannels) = match magic[1] {
            b'1' => (Encoding::TextBits, 1),
            b'2' => (Encoding::Text, 1),
            b'3' => (Encoding::Text, 3),
            b'4' => (Encoding::Bits, 1),
            b'5' => (Encoding::Integers, 1),
            b'6' => (Encoding::Integers, 3),
            kind => {
                let scale: f64 = parsed(&word(reader)?)?;
                let encoding = Encoding::Floats { is_little_endian: scale < 0.0 };
                let names = color_names(if kind == b'F' { 3 } else { 1 });
                let (size, scale) = ([height, width], scale.abs());
                return Ok(Self { size, encoding, names, maxval: 0, scale });
            }
        };
        let maxval = match encoding {
            Encoding::TextBits | Encoding::Bits => 1,
            _ => maxval(number(reader)?)?,
        };
        let names = color_names(nchannels);
        Ok(Self { size: [height, width], encoding, names, maxval, scale: 1.0 })
    }

    fn parse_pam(reader: &mut impl BufRead) -> Result<Self, FormatError> {
        let [mut width, mut height, mut depth, mut max] = [0; 4];
        let mut kind = String::new();
        loop {
            let key = word(reader)?;
            match key.as_str() {
                "ENDHDR" => break,
                "WIDTH" => width = number(reader)?,
                "HEIGHT" => height = number(reader)?,
                "DEPTH" => depth = number(reader)?,
                "MAXVAL" => max = number(reader)?,
                "TUPLTYPE" => kind = word(reader)?,
                _ => return Err(FormatError::malformed(format!("header line {key:?}"))),
            }
        }
        // Planes of pixels, not images of planes: more has never been seen.
        if depth == 0 || depth > 1 << 16 {
            return Err(FormatError::malformed("pixels without samples, or with too many"));
        }
        let is_color = kind.starts_with("GRAYSCALE") || kind.starts_with("RGB");
        let is_known = kind.is_empty() || is_color || kind.starts_with("BLACKANDWHITE");
        let names = match is_known {
            true => color_names(depth),
            false => numbers(0..depth).collect(),
        };
        let (size, encoding) = ([height, width], Encoding::Integers);
        Ok(Self { size, encoding, names, maxval: maxval(max)?, scale: 1.0 })
    }

    pub(super) fn dtype(&self) -> DType {
        match self.encoding {
            Encoding::Floats { .. } => DType::F32,
            _ if self.maxval > 255 => DType::U16,
            _ => DType::U8,
        }
    }
}

fn maxval(number: usize) -> Result<u16, FormatError> {
    u16::try_from(number)
        .ok()
        .filter(|&maxval| maxval > 0)
        .ok_or_else(|| FormatError::malformed(format!("a largest value of {number}")))
}

/// The next word, and the one space after it.
pub(super) fn word(reader: &mut impl BufRead) -> Result<String, FormatError> {
    let mut word = String::new();
    let mut byte = [0];
    while reader.read(&mut byte)? == 1 {
        match byte[0] {
            b'#' if word.is_empty() => skip_comment(reader)?,
            byte if byte.is_ascii_whitespace() && word.is_empty() => {}
            byte if byte.is_ascii_whitespace() => return Ok(word),
            byte => word.push(char::from(byte)),
        }
        if word.len() > MAX_WORD {
            return Err(FormatError::malformed("a word of the header that does not end"));
        }
    }
    match word.is_empty() {
        true => Err(FormatError::malformed("the file ends in its header")),
        false => Ok(word),
    }
}

fn skip_comment(reader: &mut impl BufRead) -> Result<(), FormatError> {
    for byte in reader.bytes() {
        if matches!(byte?, b'\n' | b'\r') {
            return Ok(());
        }
    }
    Err(FormatError::malformed("the file ends in a comment"))
}

pub(super) fn number(reader: &mut impl BufRead) -> Result<usize, FormatError> {
    parsed(&word(reader)?)
}

fn parsed<T: std::str::FromStr>(word: &str) -> Result<T, FormatError> {
    word.parse().map_err(|_| FormatError::malformed(format!("{word:?} is no number")))
}

/// The next pixel of a bitmap in text, where digits need not be apart.
pub(super) fn digit(reader: &mut impl BufRead) -> Result<bool, FormatError> {
    loop {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        match byte[0] {
            b'0' => return Ok(false),
            b'1' => return Ok(true),
            b'#' => skip_comment(reader)?,
            byte if byte.is_ascii_whitespace() => {}
            byte => return Err(FormatError::malformed(format!("{:?} is no bit", byte as char))),
        }
    }
}
