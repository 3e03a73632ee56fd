//! What PNG files say besides pixels.

use std::borrow::Cow;

use png::text_metadata::{ITXtChunk, TEXtChunk};
use png::{Info, PixelDimensions, ScaledFloat, SrgbRenderingIntent, Unit};

use super::NAME;
use crate::error::{InvalidArgument, Result};
use crate::format::FormatError;
use crate::metadata::{Metadata, Value};

const GAMMA: &str = "gamma";
const INTENT: &str = "srgb_intent";
const RESOLUTION: &str = "pixels_per_metre";
const PROFILE: &str = "icc_profile";
const EXIF: &str = "exif";

/// sRGB's rendering intents, by their numbers.
const INTENTS: [(SrgbRenderingIntent, &str); 4] = [
    (SrgbRenderingIntent::Perceptual, "perceptual"),
    (SrgbRenderingIntent::RelativeColorimetric, "relative colorimetric"),
    (SrgbRenderingIntent::Saturation, "saturation"),
    (SrgbRenderingIntent::AbsoluteColorimetric, "absolute colorimetric"),
];

pub(super) fn metadata_of(info: &Info<'_>) -> Result<Metadata, FormatError> {
    let mut metadata = Metadata::new();
    if let Some(gamma) = info.gama_chunk {
        metadata.insert(GAMMA, f64::from(gamma.into_scaled()) / 1e5);
    }
    if let Some(intent) = info.srgb {
        let name = INTENTS.iter().find(|(known, _)| *known == intent).map(|&(_, name)| name);
        metadata.insert(INTENT, name);
    }
    if let Some(PixelDimensions { xppu, yppu, unit: Unit::Meter }) = info.pixel_dims {
        metadata.insert(RESOLUTION, [xppu, yppu]);
    }
    if let Some(profile) = &info.icc_profile {
        metadata.insert(PROFILE, Value::Bytes(profile.to_vec()));
    }
    if let Some(exif) = &info.exif_metadata {
        metadata.insert(EXIF, Value::Bytes(exif.to_vec()));
    }
    for text in &info.uncompressed_latin1_text {
        metadata.insert(&*text.keyword, &*text.text);
    }
    for text in &info.compressed_latin1_text {
        metadata.insert(&*text.keyword, text.get_text()?);
    }
    for text in &info.utf8_text {
        metadata.insert(&*text.keyword, text.get_text()?);
    }
    Ok(metadata)
}

/// Says in a header what there is a place for. Entries that PNG knows nothing of are left out; known
/// ones of the wrong type are an error.
pub(super) fn add_metadata(metadata: &Metadata, info: &mut Info<'_>) -> Result<()> {
    let unfit =
        |key: &str| InvalidArgument::FormatSetting { format: NAME, setting: key.to_owned() };
    for (key, value) in metadata.iter() {
        let is_known = match key {
            GAMMA => value.as_f64().map(|gamma| {
                info.source_gamma = Some(ScaledFloat::from_scaled((gamma * 1e5).round() as u32));
            }),
            INTENT => value.as_str().and_then(|text| {
                info.srgb = Some(INTENTS.iter().find(|(_, name)| *name == text)?.0);
                Some(())
            }),
            RESOLUTION => resolution(value).map(|dims| info.pixel_dims = Some(dims)),
            PROFILE => value.as_bytes().map(|bytes| {
                info.icc_profile = Some(Cow::Owned(bytes.to_vec()));
            }),
            EXIF => value.as_bytes().map(|bytes| {
                info.exif_metadata = Some(Cow::Owned(bytes.to_vec()));
            }),
            _ => {
                if let (Value::String(text), true) = (value, is_keyword(key)) {
                    add_text(key, text, info);
                }
                Some(())
            }
        };
        is_known.ok_or_else(|| unfit(key))?;
    }
    Ok(())
}

fn resolution(value: &Value) -> Option<PixelDimensions> {
    let [x, y] = value.as_array()? else { return None };
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    Some(PixelDimensions { xppu: number(x)?, yppu: number(y)?, unit: Unit::Meter })
}

/// Keywords are 1 to 79 printable characters of Latin-1.
fn is_keyword(key: &str) -> bool {
    let is_printable = |c: char| matches!(c, ' '..='~' | '\u{a1}'..='\u{ff}');
    (1..=79).contains(&key.chars().count())
        && key.chars().all(is_printable)
        && key.trim() == key
        && !key.contains("  ")
}

fn add_text(key: &str, text: &str, info: &mut Info<'_>) {
    let is_latin1 = text.chars().all(|c| matches!(c, '\u{1}'..='\u{ff}'));
    match is_latin1 {
        true => info.uncompressed_latin1_text.push(TEXtChunk::new(key, text)),
        false => info.utf8_text.push(ITXtChunk::new(key, text)),
    }
}
