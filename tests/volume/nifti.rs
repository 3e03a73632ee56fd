//! What the fixtures do not show: metadata, options, memory, and files that are none.

use ndpress::volume::{Volume, VolumeError};
use ndpress::{Corruption, DType, Error, Limits, Lz4, Options, Unsupported, Value};

use crate::{Folder, allocations, bytes_of, fixture, open};

/// A NIfTI-1 header of its own making, for one file, and its four bytes of no extensions.
fn header(datatype: i16, dims: &[i16]) -> Vec<u8> {
    let mut header = vec![0; 352];
    header[..4].copy_from_slice(&348i32.to_le_bytes());
    header[40..42].copy_from_slice(&(dims.len() as i16).to_le_bytes());
    for (at, len) in dims.iter().enumerate() {
        header[42 + 2 * at..44 + 2 * at].copy_from_slice(&len.to_le_bytes());
    }
    header[70..72].copy_from_slice(&datatype.to_le_bytes());
    header[108..112].copy_from_slice(&352f32.to_le_bytes());
    header[344..348].copy_from_slice(b"n+1\0");
    header
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open_bytes(bytes: &[u8], limits: &Limits) -> Result<Volume, Error> {
    let folder = Folder::new();
    let path = folder.join("volume");
    std::fs::write(&path, bytes).unwrap();
    Volume::open_with(&path, &Options::default(), limits)
}

#[test]
fn headers_are_metadata() {
    let volume = open("extended.nii");
    let metadata = volume.metadata();
    assert_eq!(metadata.get("format").unwrap().as_str(), Some("NIfTI-1"));
    assert_eq!(metadata.get("descrip").unwrap().as_str(), Some("made for a test"));
    assert_eq!(metadata.get("datatype").unwrap().as_i64(), Some(4));
    assert_eq!(metadata.get("sform_code").unwrap().as_i64(), Some(2));
    let rows = metadata.get("srow_x").unwrap().as_array().unwrap();
    assert_eq!(rows.iter().map(Value::as_f64).collect::<Vec<_>>()[0], Some(0.75));
    let extensions = metadata.get("extensions").unwrap().as_array().unwrap();
    let extension = extensions[0].as_map().unwrap();
    assert_eq!(extension.get("code").unwrap().as_i64(), Some(6));
    let data = extension.get("data").unwrap().as_bytes().unwrap();
    assert!(data.starts_with(b"a comment of any length"));
    assert_eq!(
        open("int16_be_2.nii").metadata().get("extensions").unwrap().as_array(),
        Some(&[][..])
    );
}

#[test]
fn either_file_of_a_pair_opens_it() {
    let hdr = open("pair.hdr");
    let img = open("pair.img");
    assert!(hdr.array().content_eq(img.array()).unwrap());
    let folder = Folder::new();
    for (name, bytes) in [("A.HDR", "pair.hdr"), ("b.hdr.gz", "pair.hdr"), ("b.img.gz", "pair.img")]
    {
        let bytes = std::fs::read(fixture(bytes)).unwrap();
        let bytes = if name.ends_with("gz") { gzip(&bytes) } else { bytes };
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    for name in ["b.hdr.gz", "b.img.gz"] {
        assert!(Volume::open(folder.join(name)).unwrap().array().content_eq(hdr.array()).unwrap());
    }
    let error = Volume::open(folder.join("A.HDR")).unwrap_err();
    assert!(
        matches!(&error, Error::Io { path: Some(path), .. } if path.ends_with("A.IMG")),
        "{error}"
    );
}

#[test]
fn options_say_how_it_is_compressed() {
    let options = Options::new().codec(Lz4::default()).chunk_shape([1, 2, 3]);
    for limit in [1, 7, 30, 1 << 20] {
        let limits = Limits::default().with_chunk_nbytes(limit);
        let volume = Volume::open_with(fixture("int16_be.nii"), &options, &limits).unwrap();
        assert_eq!(volume.array().chunk_shape()[..], [1, 2, 3]);
        assert_eq!(bytes_of(volume.array()), bytes_of(open("int16_le.nii").array()), "{limit}");
    }
}

/// However little may be uncompressed at once, and however the array is cut.
#[test]
fn slabs_of_any_size_give_the_same_array() {
    let dims = [37, 29, 11, 3];
    let voxels: Vec<u8> = (0..37 * 29 * 11 * 3 * 2u64).map(|i| (i * i / 7) as u8).collect();
    let mut file = header(512, &dims);
    file.extend(&voxels);
    let folder = Folder::new();
    let path = folder.join("volume.nii");
    std::fs::write(&path, file).unwrap();
    let chunks =
        [None, Some([1, 4, 8, 16]), Some([2, 11, 29, 37]), Some([3, 1, 1, 1]), Some([1, 1, 7, 37])];
    for chunk in chunks {
        for limit in [2, 100, 2 * 37 * 29, 5000, 1 << 20] {
            let options = chunk.map_or(Options::new(), |lens| Options::new().chunk_shape(lens));
            let limits = Limits::default().with_chunk_nbytes(limit);
            let volume = Volume::open_with(&path, &options, &limits).unwrap();
            assert_eq!(volume.array().shape()[..], [3, 11, 29, 37]);
            assert!(bytes_of(volume.array()) == voxels, "{chunk:?}, {limit}");
        }
    }
}

#[test]
fn files_of_other_kinds_are_told_so() {
    for bytes in [&b""[..], b"x", &[0; 600], &gzip(&[]), &gzip(&[7; 900]), &[0x1f, 0x8b]] {
        let error = open_bytes(bytes, &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Unsupported(Unsupported::Format)), "{error}");
    }
    assert!(matches!(Volume::open("no such file"), Err(Error::Io { path: Some(_), .. })));
    for (datatype, what) in [(1, "a volume of single bits"), (1536, "a float of 128 bits")] {
        let error = open_bytes(&header(datatype, &[1]), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("NIfTI: {what} is not supported"));
        assert!(matches!(error, Error::Unsupported(Unsupported::Image { format: "NIfTI", .. })));
    }
}

#[test]
fn fields_that_make_no_sense_are_named() {
    let mut far = header(2, &[1]);
    far[108..112].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut near = header(2, &[1]);
    near[108..112].copy_from_slice(&348f32.to_le_bytes());
    let mut negative = header(2, &[1, -1]);
    negative.push(0);
    let cases = [
        (header(3, &[1]), "datatype"),
        (header(2, &[]), "dim[0]"),
        (header(2, &[1, 0]), "dim"),
        (negative, "dim"),
        (far, "vox_offset"),
        (near, "vox_offset"),
    ];
    for (bytes, name) in cases {
        let error = open_bytes(&bytes, &Limits::default()).unwrap_err();
        let Error::Corrupt(corrupt) = &error else { panic!("{error}") };
        let Corruption::Image { format: "NIfTI", source } = &corrupt.cause else {
            panic!("{error}")
        };
        let source = source.downcast_ref::<VolumeError>().unwrap();
        assert!(matches!(source, VolumeError::Field { field, .. } if *field == name), "{error}");
        assert!(corrupt.path.is_some());
    }
    let error = open_bytes(&header(1792, &[i16::MAX; 7]), &Limits::default()).unwrap_err();
    let Error::Corrupt(corrupt) = &error else { panic!("{error}") };
    assert!(matches!(corrupt.cause, Corruption::Layout { .. }), "{error}");
}

/// What a header announces costs nothing until it comes.
#[test]
fn announced_voxels_take_no_memory() {
    let dims = [i16::MAX; 3];
    let needed = 352 + (i16::MAX as u64).pow(3) * 8;
    let plain = header(64, &dims);
    let mut zipped = header(64, &dims);
    zipped.resize(2 << 20, 0);
    let zipped = gzip(&zipped);
    for (bytes, found) in [(plain, 352), (zipped, 2 << 20)] {
        let (result, peak) = allocations::peak_of(|| open_bytes(&bytes, &Limits::default()));
        let error = result.unwrap_err();
        let is_expected =
            matches!(error, Error::Truncated { needed: n, found: f } if n == needed && f == found);
        assert!(is_expected, "{error}");
        assert!(peak < 8 << 20, "{peak} bytes");
    }
    let mut far = header(2, &[1]);
    far[108..112].copy_from_slice(&1e9f32.to_le_bytes());
    let limits = Limits::default().with_frame_nbytes(1 << 20);
    let error = open_bytes(&gzip(&far), &limits).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { .. }), "{error}");
}

/// A volume of any size takes no more than its chunks and one row of them.
#[test]
fn voxels_stream_into_chunks() {
    let dims = [256, 256, 200];
    let mut file = header(512, &dims);
    file.resize(352 + 256 * 256 * 200 * 2, 3);
    let options = Options::new().chunk_shape([4, 256, 256]);
    let folder = Folder::new();
    let path = folder.join("volume.nii.gz");
    std::fs::write(&path, gzip(&file)).unwrap();
    let (volume, peak) =
        allocations::peak_of(|| Volume::open_with(&path, &options, &Limits::default()).unwrap());
    assert_eq!(volume.array().dtype(), DType::U16);
    assert!(bytes_of(volume.array()) == file[352..]);
    assert!(peak < 4 << 20, "{peak} bytes");
}
