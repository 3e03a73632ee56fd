//! OpenEXR: scanlines or tiles, any compression, any channels, each half, float or uint.

use std::io::Cursor;

use exr::image::FlatSamples;
use exr::math::Vec2;
use exr::prelude::{ReadChannels, ReadLayers, read};

use super::{Failure, Picture};
use crate::plane::Plane;

/// Decodes the largest level of the first part that has no deep data.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Failure> {
    let image = read()
        .no_deep_data()
        .largest_resolution_level()
        .all_channels()
        .first_valid_layer()
        .all_attributes()
        .from_buffered(Cursor::new(bytes))?;
    let layer = image.layer_data;
    let mut planes = Vec::with_capacity(layer.channel_data.list.len());
    for channel in layer.channel_data.list {
        let name = channel.name.to_string();
        if channel.sampling != Vec2(1, 1) {
            return Err(format!("channel {name:?} has fewer pixels than the image").into());
        }
        planes.push(match channel.sample_data {
            FlatSamples::F16(pixels) => Plane::new(name, pixels),
            FlatSamples::F32(pixels) => Plane::new(name, pixels),
            FlatSamples::U32(pixels) => Plane::new(name, pixels),
        });
    }
    let Vec2(width, height) = layer.size;
    Ok(Picture { format: "EXR", height, width, planes })
}
