//! Attributes of EXR files as metadata, and back.

use exr::math::Vec2;
use exr::meta::attribute::{
    AttributeValue, Chromaticities, FloatRect, IntegerBounds, KeyCode, Preview, Text, TimeCode,
};
use exr::meta::header::Header;

use super::{NAME, decoded, name_of, text_of};
use crate::error::{InvalidArgument, Result};
use crate::metadata::{Metadata, Value};

/// The entry with the types of attributes that their values do not tell.
const TYPES: &str = "exr_types";

/// Attributes that say how the file is made, which a writer decides.
const OF_THE_FILE: [&str; 10] = [
    "channels",
    "chunkCount",
    "compression",
    "deepImageState",
    "dwaCompressionLevel",
    "lineOrder",
    "maxSamplesPerPixel",
    "tiles",
    "type",
    "version",
];

/// All attributes of a part. Channels are told elsewhere, and so is what follows from them.
pub(super) fn metadata_of(header: &Header) -> Metadata {
    let mut attributes: Vec<_> = header.all_named_attributes().collect();
    // Others' own come from a table without an order.
    attributes.sort_by_key(|&(name, _)| name);
    let (mut metadata, mut types) = (Metadata::new(), Metadata::new());
    for (name, attribute) in attributes {
        let name = decoded(name);
        let Some(value) = value_of(&attribute) else { continue };
        let kind = decoded(attribute.kind_name());
        if guess(&value).is_none_or(|guess| guess.kind_name() != attribute.kind_name()) {
            types.insert(&*name, kind);
        }
        metadata.insert(name, value);
    }
    if !types.is_empty() {
        metadata.insert(TYPES, types);
    }
    metadata
}

fn value_of(attribute: &AttributeValue) -> Option<Value> {
    use AttributeValue as A;
    let rows = |values: &[f32], n: usize| -> Value {
        let rows: Vec<Value> = values.chunks(n).map(|row| Value::from(row.to_vec())).collect();
        Value::Array(rows)
    };
    Some(match attribute {
        A::Text(text) => decoded(text.as_slice()).into(),
        A::F32(value) => (*value).into(),
        A::F64(value) => (*value).into(),
        A::I32(value) => (*value).into(),
        A::IntVec2(Vec2(x, y)) => [*x, *y].into(),
        A::FloatVec2(Vec2(x, y)) => [*x, *y].into(),
        A::IntVec3((x, y, z)) => [*x, *y, *z].into(),
        A::FloatVec3((x, y, z)) => [*x, *y, *z].into(),
        A::Matrix3x3(values) => rows(values, 3),
        A::Matrix4x4(values) => rows(values, 4),
        A::Rational((numerator, denominator)) => {
            [i64::from(*numerator), i64::from(*denominator)].into()
        }
        A::IntegerBounds(bounds) => box2i(bounds).into(),
        A::FloatRect(FloatRect { min, max }) => [min.0, min.1, max.0, max.1].into(),
        A::Chromaticities(Chromaticities { red, green, blue, white }) => {
            [red.0, red.1, green.0, green.1, blue.0, blue.1, white.0, white.1].into()
        }
        A::TextVector(texts) => {
            texts.iter().map(|text| decoded(text.as_slice())).collect::<Vec<String>>().into()
        }
        A::TimeCode(code) => time_code(code).into(),
        A::KeyCode(code) => key_code(code).to_vec().into(),
        A::Preview(preview) => Metadata::from_iter([
            ("width", Value::from(preview.size.0 as u64)),
            ("height", Value::from(preview.size.1 as u64)),
            ("rgba", Value::Bytes(preview.pixel_data.iter().map(|&byte| byte as u8).collect())),
        ])
        .into(),
        A::Compression(compression) => compression.to_string().into(),
        A::LineOrder(order) => format!("{order:?}").to_lowercase().into(),
        A::EnvironmentMap(map) => format!("{map:?}").into(),
        A::Bytes { bytes, .. } | A::Custom { bytes, .. } => Value::Bytes(bytes.to_vec()),
        A::ChannelList(_) | A::TileDescription(_) | A::BlockType(_) => return None,
    })
}

/// Minimum and maximum, both of them inside, as the format has it.
fn box2i(bounds: &IntegerBounds) -> [i64; 4] {
    let (Vec2(x, y), Vec2(width, height)) = (bounds.position, bounds.size);
    let (x, y) = (i64::from(x), i64::from(y));
    [x, y, x + width as i64 - 1, y + height as i64 - 1]
}

fn time_code(code: &TimeCode) -> Metadata {
    Metadata::from_iter([
        ("hours", Value::from(code.hours)),
        ("minutes", code.minutes.into()),
        ("seconds", code.seconds.into()),
        ("frame", code.frame.into()),
        ("drop_frame", code.drop_frame.into()),
        ("color_frame", code.color_frame.into()),
        ("field_phase", code.field_phase.into()),
        ("binary_group_flags", code.binary_group_flags.into()),
        ("binary_groups", code.binary_groups.into()),
    ])
}

fn key_code(code: &KeyCode) -> [i32; 7] {
    [
        code.film_manufacturer_code,
        code.film_type,
        code.film_roll_prefix,
        code.count,
        code.perforation_offset,
        code.perforations_per_frame,
        code.perforations_per_count,
    ]
}

/// Attributes that the standard names, and their types.
const STANDARD: [(&str, &str); 36] = [
    ("adoptedNeutral", "v2f"),
    ("altitude", "float"),
    ("aperture", "float"),
    ("capDate", "string"),
    ("chromaticities", "chromaticities"),
    ("comments", "string"),
    ("dataWindow", "box2i"),
    ("displayWindow", "box2i"),
    ("envmap", "envmap"),
    ("expTime", "float"),
    ("far", "float"),
    ("fieldOfViewHorizontal", "float"),
    ("fieldOfViewVertical", "float"),
    ("focus", "float"),
    ("framesPerSecond", "rational"),
    ("isoSpeed", "float"),
    ("keyCode", "keycode"),
    ("latitude", "float"),
    ("longitude", "float"),
    ("lookModTransform", "string"),
    ("multiView", "stringvector"),
    ("name", "string"),
    ("near", "float"),
    ("originalDataWindow", "box2i"),
    ("owner", "string"),
    ("pixelAspectRatio", "float"),
    ("preview", "preview"),
    ("renderingTransform", "string"),
    ("screenWindowCenter", "v2f"),
    ("screenWindowWidth", "float"),
    ("software", "string"),
    ("timeCode", "timecode"),
    ("utcOffset", "float"),
    ("view", "string"),
    ("whiteLuminance", "float"),
    ("wrapmodes", "string"),
];

/// Says in a header what metadata have to say. What describes the file itself is left out, and so is
/// what no attribute can hold, unless a file had it.
pub(super) fn add_attributes(metadata: &Metadata, mut header: Header) -> Result<Header> {
    header.own_attributes.layer_name = None;
    let types = metadata.get(TYPES).and_then(Value::as_map);
    for (key, value) in metadata.iter() {
        if key == TYPES || OF_THE_FILE.contains(&key) {
            continue;
        }
        let standard = STANDARD.iter().find(|(name, _)| *name == key).map(|&(_, kind)| kind);
        let told = types.and_then(|types| types.get(key)).and_then(Value::as_str);
        let kind = standard.or(told);
        let attribute = kind.map_or_else(|| guess(value), |kind| of_kind(kind, value));
        let done = match attribute {
            Some(attribute) => set(&mut header, key, attribute),
            None if kind.is_none() => Some(()),
            None => None,
        };
        if done.is_none() {
            let setting = key.to_owned();
            return Err(InvalidArgument::FormatSetting { format: NAME, setting }.into());
        }
    }
    Ok(header)
}

/// Sets an attribute, unless it has a name or a type that it cannot have.
fn set(header: &mut Header, key: &str, attribute: AttributeValue) -> Option<()> {
    use AttributeValue as A;
    let (own, shared) = (&mut header.own_attributes, &mut header.shared_attributes);
    match (key, attribute) {
        // Its size is the image's, whatever it was in a file that was read.
        ("dataWindow", A::IntegerBounds(bounds)) => own.layer_position = bounds.position,
        ("displayWindow", A::IntegerBounds(bounds)) => shared.display_window = bounds,
        ("pixelAspectRatio", A::F32(aspect)) => shared.pixel_aspect = aspect,
        ("screenWindowCenter", A::FloatVec2(center)) => own.screen_window_center = center,
        ("screenWindowWidth", A::F32(width)) => own.screen_window_width = width,
        ("chromaticities", A::Chromaticities(value)) => shared.chromaticities = Some(value),
        ("timeCode", A::TimeCode(code)) => shared.time_code = Some(code),
        ("name", A::Text(text)) => own.layer_name = Some(text),
        ("renderingTransform", A::Text(text)) => own.rendering_transform_name = Some(text),
        ("lookModTransform", A::Text(text)) => own.look_modification_transform_name = Some(text),
        ("owner", A::Text(text)) => own.owner = Some(text),
        ("comments", A::Text(text)) => own.comments = Some(text),
        ("capDate", A::Text(text)) => own.capture_date = Some(text),
        ("wrapmodes", A::Text(text)) => own.wrap_mode_name = Some(text),
        ("view", A::Text(text)) => own.view_name = Some(text),
        ("software", A::Text(text)) => own.software_name = Some(text),
        ("whiteLuminance", A::F32(value)) => own.white_luminance = Some(value),
        ("adoptedNeutral", A::FloatVec2(value)) => own.adopted_neutral = Some(value),
        ("utcOffset", A::F32(value)) => own.utc_offset = Some(value),
        ("longitude", A::F32(value)) => own.longitude = Some(value),
        ("latitude", A::F32(value)) => own.latitude = Some(value),
        ("altitude", A::F32(value)) => own.altitude = Some(value),
        ("focus", A::F32(value)) => own.focus = Some(value),
        ("expTime", A::F32(value)) => own.exposure = Some(value),
        ("aperture", A::F32(value)) => own.aperture = Some(value),
        ("isoSpeed", A::F32(value)) => own.iso_speed = Some(value),
        ("near", A::F32(value)) => own.near_clip_plane = Some(value),
        ("far", A::F32(value)) => own.far_clip_plane = Some(value),
        ("fieldOfViewHorizontal", A::F32(value)) => own.horizontal_field_of_view = Some(value),
        ("fieldOfViewVertical", A::F32(value)) => own.vertical_field_of_view = Some(value),
        ("envmap", A::EnvironmentMap(map)) => own.environment_map = Some(map),
        ("keyCode", A::KeyCode(code)) => own.film_key_code = Some(code),
        ("framesPerSecond", A::Rational(value)) => own.frames_per_second = Some(value),
        ("multiView", A::TextVector(texts)) => own.multi_view_names = Some(texts),
        ("originalDataWindow", A::IntegerBounds(bounds)) => own.original_data_window = Some(bounds),
        ("preview", A::Preview(preview)) => own.preview = Some(preview),
        // Their types are not those of the standard in all files.
        ("worldToCamera", A::Matrix4x4(matrix)) => own.world_to_camera = Some(matrix),
        ("worldToNDC", A::Matrix4x4(matrix)) => own.world_to_normalized_device = Some(matrix),
        ("xDensity", A::F32(value)) => own.horizontal_density = Some(value),
        ("worldToCamera" | "worldToNDC" | "xDensity", _) => return None,
        (key, attribute) => {
            own.other.insert(name_of(key)?, attribute);
        }
    }
    Some(())
}

/// The attribute that a value is of, if nothing else is known.
fn guess(value: &Value) -> Option<AttributeValue> {
    Some(match value {
        Value::String(text) => AttributeValue::Text(text_of(text)),
        Value::I64(_) | Value::U64(_) => of_kind("int", value)?,
        Value::F64(number) if f64::from(*number as f32).to_bits() == number.to_bits() => {
            AttributeValue::F32(*number as f32)
        }
        Value::F64(number) => AttributeValue::F64(*number),
        Value::Array(values) => {
            let first = values.first()?;
            let kind = match (first, values.len()) {
                (Value::I64(_) | Value::U64(_), 2) => "v2i",
                (Value::I64(_) | Value::U64(_), 3) => "v3i",
                (Value::I64(_) | Value::U64(_), 4) => "box2i",
                (Value::F64(_), 2) => "v2f",
                (Value::F64(_), 3) => "v3f",
                (Value::F64(_), 4) => "box2f",
                (Value::F64(_), 8) => "chromaticities",
                (Value::Array(_), 3) => "m33f",
                (Value::Array(_), 4) => "m44f",
                (Value::String(_), _) => "stringvector",
                _ => return None,
            };
            of_kind(kind, value)?
        }
        _ => return None,
    })
}

/// The attribute of this type, by its name in files, that a value is of.
fn of_kind(kind: &str, value: &Value) -> Option<AttributeValue> {
    use AttributeValue as A;
    let int = |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok());
    let float = |value: &Value| value.as_f64().map(|number| number as f32);
    let ints = || value.as_array()?.iter().map(int).collect::<Option<Vec<i32>>>();
    let floats = || value.as_array()?.iter().map(float).collect::<Option<Vec<f32>>>();
    let matrix = || {
        let rows = value.as_array()?.iter().map(|row| row.as_array());
        let rows = rows.collect::<Option<Vec<_>>>()?;
        rows.into_iter().flatten().map(float).collect::<Option<Vec<f32>>>()
    };
    let text = |value: &Value| value.as_str().map(text_of);
    Some(match kind {
        "string" => A::Text(text(value)?),
        "int" => A::I32(int(value)?),
        "float" => A::F32(float(value)?),
        "double" => A::F64(value.as_f64()?),
        "v2i" => ints()
            .and_then(|v| <[i32; 2]>::try_from(v).ok())
            .map(|[x, y]| A::IntVec2(Vec2(x, y)))?,
        "v3i" => {
            let [x, y, z] = <[i32; 3]>::try_from(ints()?).ok()?;
            A::IntVec3((x, y, z))
        }
        "v2f" => {
            let [x, y] = <[f32; 2]>::try_from(floats()?).ok()?;
            A::FloatVec2(Vec2(x, y))
        }
        "v3f" => {
            let [x, y, z] = <[f32; 3]>::try_from(floats()?).ok()?;
            A::FloatVec3((x, y, z))
        }
        "m33f" => A::Matrix3x3(matrix()?.try_into().ok()?),
        "m44f" => A::Matrix4x4(matrix()?.try_into().ok()?),
        "box2i" => {
            let [x0, y0, x1, y1] = <[i32; 4]>::try_from(ints()?).ok()?;
            let len = |from: i32, to: i32| usize::try_from(i64::from(to) - i64::from(from) + 1);
            let size = Vec2(len(x0, x1).ok()?, len(y0, y1).ok()?);
            A::IntegerBounds(IntegerBounds { position: Vec2(x0, y0), size })
        }
        "box2f" => {
            let [x0, y0, x1, y1] = <[f32; 4]>::try_from(floats()?).ok()?;
            A::FloatRect(FloatRect { min: Vec2(x0, y0), max: Vec2(x1, y1) })
        }
        "chromaticities" => {
            let [rx, ry, gx, gy, bx, by, wx, wy] = <[f32; 8]>::try_from(floats()?).ok()?;
            let (red, green) = (Vec2(rx, ry), Vec2(gx, gy));
            let (blue, white) = (Vec2(bx, by), Vec2(wx, wy));
            A::Chromaticities(Chromaticities { red, green, blue, white })
        }
        "rational" => {
            let [numerator, denominator] = value.as_array()? else { return None };
            A::Rational((int(numerator)?, u32::try_from(denominator.as_u64()?).ok()?))
        }
        "stringvector" => {
            A::TextVector(value.as_array()?.iter().map(text).collect::<Option<Vec<Text>>>()?)
        }
        "timecode" => A::TimeCode(parse_time_code(value.as_map()?)?),
        "keycode" => {
            let [manufacturer, film, prefix, count, offset, per_frame, per_count] =
                <[i32; 7]>::try_from(ints()?).ok()?;
            A::KeyCode(KeyCode {
                film_manufacturer_code: manufacturer,
                film_type: film,
                film_roll_prefix: prefix,
                count,
                perforation_offset: offset,
                perforations_per_frame: per_frame,
                perforations_per_count: per_count,
            })
        }
        "preview" => A::Preview(parse_preview(value.as_map()?)?),
        "envmap" => A::EnvironmentMap(match value.as_str()? {
            "LatitudeLongitude" => exr::meta::attribute::EnvironmentMap::LatitudeLongitude,
            "Cube" => exr::meta::attribute::EnvironmentMap::Cube,
            _ => return None,
        }),
        "channels" | "chlist" | "compression" | "lineOrder" | "tiledesc" => return None,
        _ => A::Custom { kind: name_of(kind)?, bytes: value.as_bytes()?.into() },
    })
}

fn parse_time_code(map: &Metadata) -> Option<TimeCode> {
    let number = |key: &str| map.get(key)?.as_u64().and_then(|number| u8::try_from(number).ok());
    let flag = |key: &str| map.get(key)?.as_bool();
    let flags = map.get("binary_group_flags")?.as_array()?.iter().map(Value::as_bool);
    let groups = map.get("binary_groups")?.as_array()?.iter();
    let groups = groups.map(|group| group.as_u64().and_then(|group| u8::try_from(group).ok()));
    Some(TimeCode {
        hours: number("hours")?,
        minutes: number("minutes")?,
        seconds: number("seconds")?,
        frame: number("frame")?,
        drop_frame: flag("drop_frame")?,
        color_frame: flag("color_frame")?,
        field_phase: flag("field_phase")?,
        binary_group_flags: flags.collect::<Option<Vec<bool>>>()?.try_into().ok()?,
        binary_groups: groups.collect::<Option<Vec<u8>>>()?.try_into().ok()?,
    })
}

fn parse_preview(map: &Metadata) -> Option<Preview> {
    let len = |key: &str| map.get(key)?.as_u64().and_then(|len| usize::try_from(len).ok());
    let (width, height) = (len("width")?, len("height")?);
    let bytes = map.get("rgba")?.as_bytes()?;
    (width.checked_mul(height)?.checked_mul(4)? == bytes.len()).then(|| Preview {
        size: Vec2(width, height),
        pixel_data: bytes.iter().map(|&byte| byte as i8).collect(),
    })
}
