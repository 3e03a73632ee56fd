//! A header as metadata, and the extensions behind it.

use super::header::Header;
use super::invalid;
use crate::error::Result;
use crate::metadata::{Metadata, Value};

/// All fields under their names, but for what says how the file is laid out.
pub(super) fn metadata(header: &Header, extensions: Value) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.insert("format", format!("NIfTI-{}", header.version));
    let numbers = |numbers: &[f64]| Value::Array(numbers.iter().map(|&n| Value::from(n)).collect());
    metadata.insert("dim", Value::Array(header.dim.iter().map(|&n| Value::from(n)).collect()));
    metadata.insert("pixdim", numbers(&header.pixdim));
    let integers = [
        ("datatype", header.datatype),
        ("bitpix", header.bitpix),
        ("dim_info", header.dim_info.into()),
        ("xyzt_units", header.xyzt_units),
        ("intent_code", header.intent_code),
        ("slice_start", header.slice_start),
        ("slice_end", header.slice_end),
        ("slice_code", header.slice_code),
        ("qform_code", header.qform_code),
        ("sform_code", header.sform_code),
    ];
    metadata.extend(integers);
    let floats = [
        ("intent_p1", header.intent_p[0]),
        ("intent_p2", header.intent_p[1]),
        ("intent_p3", header.intent_p[2]),
        ("scl_slope", header.scl_slope),
        ("scl_inter", header.scl_inter),
        ("cal_max", header.cal_max),
        ("cal_min", header.cal_min),
        ("slice_duration", header.slice_duration),
        ("toffset", header.toffset),
        ("quatern_b", header.quatern[0]),
        ("quatern_c", header.quatern[1]),
        ("quatern_d", header.quatern[2]),
        ("qoffset_x", header.qoffset[0]),
        ("qoffset_y", header.qoffset[1]),
        ("qoffset_z", header.qoffset[2]),
    ];
    metadata.extend(floats);
    for (name, row) in ["srow_x", "srow_y", "srow_z"].into_iter().zip(&header.srow) {
        metadata.insert(name, numbers(row));
    }
    metadata.insert("descrip", header.descrip.as_str());
    metadata.insert("aux_file", header.aux_file.as_str());
    metadata.insert("intent_name", header.intent_name.as_str());
    metadata.insert("extensions", extensions);
    metadata
}

/// The extensions in the bytes behind the header: a map with `code` and `data` for each.
pub(super) fn extensions(bytes: &[u8], header: &Header) -> Result<Value> {
    let mut extensions = Vec::new();
    let Some((&[is_there, ..], mut rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(Value::Array(extensions));
    };
    if is_there == 0 {
        return Ok(Value::Array(extensions));
    }
    let number = |bytes: [u8; 4]| match header.is_big_endian {
        true => i32::from_be_bytes(bytes),
        false => i32::from_le_bytes(bytes),
    };
    while let Some((&size, after)) = rest.split_first_chunk::<4>() {
        let size = number(size);
        // What is left before the voxels is padding.
        if size == 0 {
            break;
        }
        let data = usize::try_from(size).ok().filter(|&size| size >= 8);
        let data = data.and_then(|size| after.get(..size - 4));
        let Some((&code, data)) = data.and_then(|data| data.split_first_chunk::<4>()) else {
            return Err(invalid("esize", size, "extensions end before the voxels begin"));
        };
        rest = &after[size as usize - 4..];
        extensions.push(Value::Map(Metadata::from_iter([
            ("code", Value::from(i64::from(number(code)))),
            ("data", Value::Bytes(data.to_vec())),
        ])));
    }
    Ok(Value::Array(extensions))
}
