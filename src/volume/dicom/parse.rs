//! Data sets: elements with tags, some of which hold items with elements of their own.
//!
//! The parser borrows values from the bytes it is given, and never looks at the pixel data: it says
//! where that begins. A length is checked against what contains it before it is used, and items are
//! only so deep, so that hostile bytes cost no more than there are of them.

use super::FORMAT;
use super::dictionary;
use crate::error::{Error, Result};
use crate::volume::error::{VolumeError, unsupported};

/// What comes before the first element: 128 bytes of anything, and `DICM`.
const PREAMBLE: usize = 132;
/// Sequences in items of sequences. Few files have more than four.
const MAX_DEPTH: usize = 24;

const ITEM: u32 = 0xfffe_e000;
const ITEM_END: u32 = 0xfffe_e00d;
const SEQUENCE_END: u32 = 0xfffe_e0dd;
const TRANSFER_SYNTAX: u32 = 0x0002_0010;
const PIXEL_DATA: u32 = 0x7fe0_0010;

/// A value representation: two letters.
pub(super) type Vr = [u8; 2];

/// Those whose length has four bytes.
const LONG: [&Vr; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
/// Those whose length has two bytes.
const SHORT: [&Vr; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN",
    b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// A file up to its pixel data.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// The UID of how it is encoded.
    pub(super) syntax: String,
    /// The class of what it is, from its first elements.
    pub(super) class: String,
    pub(super) object: Object<'a>,
    pub(super) pixels: Option<PixelData>,
}

/// Where pixel data lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct PixelData {
    pub(super) tag: u32,
    pub(super) vr: Vr,
    /// Its first byte in the file.
    pub(super) offset: u64,
    /// Its bytes; `None` for items of compressed bytes.
    pub(super) len: Option<u32>,
}

/// Elements in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    pub(super) elements: Vec<Element<'a>>,
}

#[derive(Debug)]
pub(super) struct Element<'a> {
    /// Group and number.
    pub(super) tag: u32,
    pub(super) vr: Vr,
    pub(super) is_big_endian: bool,
    pub(super) data: Data<'a>,
}

#[derive(Debug)]
pub(super) enum Data<'a> {
    Bytes(&'a [u8]),
    Items(Vec<Object<'a>>),
}

/// How elements are written.
#[derive(Debug, Clone, Copy)]
struct Encoding {
    is_explicit: bool,
    is_big_endian: bool,
}

const EXPLICIT: Encoding = Encoding { is_explicit: true, is_big_endian: false };
const IMPLICIT: Encoding = Encoding { is_explicit: false, is_big_endian: false };

/// Parses a file from its first bytes, which are all of it or not.
///
/// # Errors
/// [`Error::Truncated`] where more bytes are needed; for a file of which these are all, too.
pub(super) fn parse(bytes: &[u8], is_whole: bool) -> Result<File<'_>> {
    let mut parser = Parser { bytes, at: PREAMBLE, is_whole, encoding: EXPLICIT };
    let meta = parser.meta()?;
    let text = |tag| meta.get(tag).map(Element::text).unwrap_or_default();
    let syntax = text(TRANSFER_SYNTAX);
    parser.encoding = match syntax.as_str() {
        "" => {
            return Err(VolumeError::MissingField { field: "TransferSyntaxUID" }.of(FORMAT));
        }
        "1.2.840.10008.1.2" => IMPLICIT,
        "1.2.840.10008.1.2.2" => Encoding { is_big_endian: true, ..EXPLICIT },
        "1.2.840.10008.1.2.1.99" => {
            return Err(unsupported(FORMAT, "a deflated data set"));
        }
        _ => EXPLICIT,
    };
    let class = text(0x0002_0002);
    let (object, pixels) = parser.data_set()?;
    Ok(File { syntax, class, object, pixels })
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    is_whole: bool,
    encoding: Encoding,
}

/// What comes before a value.
struct Head {
    tag: u32,
    vr: Vr,
    /// `None` where an end is marked.
    len: Option<u32>,
}

impl<'a> Parser<'a> {
    /// The elements that say how the others are written.
    fn meta(&mut self) -> Result<Object<'a>> {
        let mut object = Object::default();
        while let Some(&[2, 0]) = self.peek::<2>()? {
            let head = self.head(usize::MAX)?;
            object.elements.push(self.element(head, usize::MAX, 0)?);
        }
        Ok(object)
    }

    /// All elements up to the pixel data.
    fn data_set(&mut self) -> Result<(Object<'a>, Option<PixelData>)> {
        let mut object = Object::default();
        while self.peek::<1>()?.is_some() {
            let Head { tag, vr, len } = self.head(usize::MAX)?;
            if tag >> 16 == PIXEL_DATA >> 16 {
                let offset = self.at as u64;
                return Ok((object, Some(PixelData { tag, vr, offset, len })));
            }
            object.elements.push(self.element(Head { tag, vr, len }, usize::MAX, 0)?);
        }
        Ok((object, None))
    }

    /// The next bytes, which stay; `None` at the end of the file.
    fn peek<const N: usize>(&self) -> Result<Option<&'a [u8; N]>> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        match rest.first_chunk() {
            None if rest.is_empty() && self.is_whole => Ok(None),
            None => Err(self.truncated(self.at.saturating_add(N))),
            next => Ok(next),
        }
    }

    fn truncated(&self, needed: usize) -> Error {
        Error::Truncated { needed: needed as u64, found: self.bytes.len() as u64 }
    }

    fn structure(&self, rule: &'static str) -> Error {
        VolumeError::Structure { offset: self.at as u64, rule }.of(FORMAT)
    }

    /// Where a value of so many bytes ends, which is not behind the end of what it is in.
    fn end_of(&self, len: u32, end: usize) -> Result<usize> {
        let value_end = self.at.saturating_add(len as usize);
        if value_end > end {
            return Err(self.structure("a value ends behind the item that it is in"));
        }
        if value_end > self.bytes.len() {
            return Err(self.truncated(value_end));
        }
        Ok(value_end)
    }

    /// So many bytes, which are not behind `end`.
    fn take(&mut self, len: u32, end: usize) -> Result<&'a [u8]> {
        let value_end = self.end_of(len, end)?;
        let bytes = &self.bytes[self.at..value_end];
        self.at = value_end;
        Ok(bytes)
    }

    fn u16(&mut self, end: usize) -> Result<u16> {
        let bytes = self.take(2, end)?;
        let bytes = [bytes[0], bytes[1]];
        Ok(match self.encoding.is_big_endian {
            true => u16::from_be_bytes(bytes),
            false => u16::from_le_bytes(bytes),
        })
    }

    fn u32(&mut self, end: usize) -> Result<u32> {
        let bytes = self.take(4, end)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(match self.encoding.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }

    fn tag(&mut self, end: usize) -> Result<u32> {
        let (group, number) = (self.u16(end)?, self.u16(end)?);
        Ok(u32::from(group) << 16 | u32::from(number))
    }

    fn head(&mut self, end: usize) -> Result<Head> {
        let tag = self.tag(end)?;
        let is_delimiter = tag >> 16 == ITEM >> 16;
        let (vr, len) = if is_delimiter || !self.encoding.is_explicit {
            (dictionary::vr(tag), self.u32(end)?)
        } else {
            let vr = self.take(2, end)?;
            let vr = [vr[0], vr[1]];
            if LONG.contains(&&vr) {
                self.take(2, end)?;
                (vr, self.u32(end)?)
            } else if SHORT.contains(&&vr) {
                (vr, self.u16(end)?.into())
            } else {
                return Err(self.structure("an element has a type that is none"));
            }
        };
        Ok(Head { tag, vr, len: (len != u32::MAX).then_some(len) })
    }

    /// The element whose value comes next.
    fn element(&mut self, head: Head, end: usize, depth: usize) -> Result<Element<'a>> {
        let Head { tag, vr, len } = head;
        let is_big_endian = self.encoding.is_big_endian;
        let data = match len {
            None if tag == PIXEL_DATA => {
                self.skip_fragments(end)?;
                Data::Bytes(&[])
            }
            // Sequences of which a writer knew nothing are as files without types have them.
            None if vr == *b"UN" => {
                let encoding = std::mem::replace(&mut self.encoding, IMPLICIT);
                let items = self.items(None, end, depth + 1)?;
                self.encoding = encoding;
                Data::Items(items)
            }
            None => Data::Items(self.items(None, end, depth + 1)?),
            Some(len) if vr == *b"SQ" => Data::Items(self.items(Some(len), end, depth + 1)?),
            Some(len) => Data::Bytes(self.take(len, end)?),
        };
        Ok(Element { tag, vr, is_big_endian, data })
    }

    /// The items of a sequence, up to its length or its end.
    fn items(&mut self, len: Option<u32>, end: usize, depth: usize) -> Result<Vec<Object<'a>>> {
        if depth > MAX_DEPTH {
            return Err(unsupported(FORMAT, format!("a sequence {depth} levels deep")));
        }
        let sequence_end = len.map(|len| self.end_of(len, end)).transpose()?;
        let end = sequence_end.unwrap_or(end);
        let mut items = Vec::new();
        while sequence_end.is_none_or(|end| self.at < end) {
            let Head { tag, len, .. } = self.head(end)?;
            match (tag, len) {
                (ITEM, Some(len)) => {
                    let item_end = self.end_of(len, end)?;
                    items.push(self.object(Some(item_end), item_end, depth)?);
                }
                (ITEM, None) => items.push(self.object(None, end, depth)?),
                (SEQUENCE_END, _) if sequence_end.is_none() => break,
                _ => return Err(self.structure("a sequence has something that is no item")),
            }
        }
        Ok(items)
    }

    /// The elements of an item, up to its length or its end.
    fn object(&mut self, stop: Option<usize>, end: usize, depth: usize) -> Result<Object<'a>> {
        let mut object = Object::default();
        while stop.is_none_or(|stop| self.at < stop) {
            let head = self.head(end)?;
            match head.tag {
                ITEM_END if stop.is_none() => break,
                ITEM | ITEM_END | SEQUENCE_END => {
                    return Err(self.structure("an item has something that is no element"));
                }
                _ => object.elements.push(self.element(head, end, depth)?),
            }
        }
        Ok(object)
    }

    /// Goes behind compressed pixels inside of an item: those of an icon.
    fn skip_fragments(&mut self, end: usize) -> Result<()> {
        loop {
            let Head { tag, len, .. } = self.head(end)?;
            match (tag, len) {
                (ITEM, Some(len)) => drop(self.take(len, end)?),
                (SEQUENCE_END, _) => return Ok(()),
                _ => return Err(self.structure("pixel data has something that is no fragment")),
            }
        }
    }
}

impl<'a> Object<'a> {
    /// The element of a tag.
    pub(super) fn get(&self, tag: u32) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.tag == tag)
    }

    /// The first item of a sequence.
    pub(super) fn item(&self, tag: u32) -> Option<&Object<'a>> {
        self.items(tag).first()
    }

    /// The items of a sequence; none, if there is no such.
    pub(super) fn items(&self, tag: u32) -> &[Object<'a>] {
        match self.get(tag) {
            Some(Element { data: Data::Items(items), .. }) => items,
            _ => &[],
        }
    }
}
