//! Names and types of attributes, by the crate that has the standard's list.

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

use super::parse::Vr;

/// The type of an attribute in files that do not tell: bytes, where it is not known.
pub(super) fn vr(tag: u32) -> Vr {
    let entry = StandardDataDictionary.by_tag(tag_of(tag));
    match entry.map(DataDictionaryEntry::vr) {
        Some(VirtualVr::Exact(vr)) => vr.to_bytes(),
        Some(VirtualVr::Xs) => *b"US",
        _ => *b"UN",
    }
}

/// The keyword of an attribute; `None` for private ones, and for what no standard knows.
pub(super) fn keyword(tag: u32) -> Option<&'static str> {
    let is_private = (tag >> 16) % 2 == 1;
    let entry = StandardDataDictionary.by_tag(tag_of(tag))?;
    (!is_private).then(|| entry.alias())
}

fn tag_of(tag: u32) -> Tag {
    Tag((tag >> 16) as u16, tag as u16)
}
