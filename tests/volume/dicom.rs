//! Series, what makes files no series, metadata; and damaged files.

use std::path::Path;

use ndpress::volume::{Rescale, Volume, VolumeError};
use ndpress::{Corruption, DType, Error, InvalidArgument, Limits, Options, Unsupported, Value};

use crate::{Folder, allocations, bytes_of, fixture, open};

fn limits() -> Limits {
    Limits::default().with_chunk_nbytes(1 << 20).with_frame_nbytes(1 << 20)
}

fn copy(from: &str, folder: &Folder, to: &str) {
    std::fs::copy(fixture(from), folder.join(to)).unwrap();
}

fn open_folder(folder: &Folder) -> Result<Volume, Error> {
    Volume::open_with(&folder.0, &Options::default(), &limits())
}

/// An element with a type, little-endian.
pub(crate) fn element(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" || vr == "OB" { 0 } else { b' ' });
    }
    let mut bytes = head(tag, vr);
    match vr {
        "OB" | "OW" | "SQ" | "UN" => bytes.extend((value.len() as u32).to_le_bytes()),
        _ => bytes.extend((value.len() as u16).to_le_bytes()),
    }
    bytes.extend(value);
    bytes
}

pub(crate) fn head(tag: u32, vr: &str) -> Vec<u8> {
    let mut bytes = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    bytes.extend(vr.bytes());
    if matches!(vr, "OB" | "OW" | "SQ" | "UN") {
        bytes.extend([0, 0]);
    }
    bytes
}

fn short(tag: u32, value: u16) -> Vec<u8> {
    element(tag, "US", &value.to_le_bytes())
}

/// The bytes before the data set.
pub(crate) fn meta(syntax: &str) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(0x0002_0002, "UI", b"1.2.840.10008.5.1.4.1.1.2"));
    bytes.extend(element(0x0002_0010, "UI", syntax.as_bytes()));
    bytes
}

/// A file of 16 bits a pixel, without its pixels.
pub(crate) fn header(syntax: &str, rows: u16, columns: u16, more: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = meta(syntax);
    let attributes = [
        short(0x0028_0002, 1),
        element(0x0028_0004, "CS", b"MONOCHROME2"),
        short(0x0028_0010, rows),
        short(0x0028_0011, columns),
        short(0x0028_0100, 16),
    ];
    bytes.extend([&attributes, more].concat().concat());
    bytes
}

/// Compressed fragments, after an empty table.
pub(crate) fn fragments(fragments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = head(0x7fe0_0010, "OB");
    bytes.extend(u32::MAX.to_le_bytes());
    for fragment in [&[&b""[..]], fragments].concat() {
        bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
        bytes.extend((fragment.len() as u32).to_le_bytes());
        bytes.extend(fragment);
    }
    bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    bytes
}

pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// Opens bytes as a file; what that took.
pub(crate) fn open_bytes(folder: &Folder, bytes: &[u8]) -> Result<Volume, Error> {
    let path = folder.join("damaged.dcm");
    std::fs::write(&path, bytes).unwrap();
    let open = || Volume::open_with(&path, &Options::default(), &limits());
    let (result, nbytes) = allocations::peak_of(open);
    assert!(nbytes < 8 << 20, "{nbytes} bytes for a file of {}", bytes.len());
    result
}

/// The error's own part for volumes.
fn cause(error: &Error) -> &VolumeError {
    let Error::Corrupt(corrupt) = error else { panic!("{error}") };
    let Corruption::Image { format: "DICOM", source } = &corrupt.cause else { panic!("{error}") };
    source.downcast_ref().unwrap()
}

#[test]
fn attributes_are_metadata() {
    let volume = open("dicom/series");
    let metadata = volume.metadata();
    let text = |name: &str| metadata.get(name).unwrap().as_str().unwrap().to_owned();
    assert_eq!(text("PatientName"), "Test^Nobody");
    assert_eq!(text("ImageComments"), "one \\ text");
    let types = metadata.get("ImageType").unwrap().as_array().unwrap();
    assert_eq!(types, [Value::from("ORIGINAL"), Value::from("PRIMARY")]);
    // Of the first slice in space, which is the second file by name.
    assert_eq!(metadata.get("InstanceNumber").unwrap().as_i64(), Some(1));
    assert_eq!(metadata.get("Rows").unwrap().as_i64(), Some(5));
    assert_eq!(metadata.get("RescaleIntercept").unwrap().as_f64(), Some(-1024.0));
    assert!(!metadata.contains_key("PixelData"));
    for name in ["dicom/series", "dicom/implicit", "dicom/int16_big.dcm"] {
        let volume = open(name);
        let outer = volume.metadata().get("SourceImageSequence").unwrap().as_array().unwrap();
        let inner = outer[0].as_map().unwrap().get("PurposeOfReferenceCodeSequence").unwrap();
        let inner = inner.as_array().unwrap()[0].as_map().unwrap();
        assert_eq!(inner.get("CodeMeaning").unwrap().as_str(), Some("nested"));
    }
}

#[test]
fn slices_have_places_and_scales_of_their_own() {
    let volume = open("dicom/uneven");
    assert_eq!(volume.affine(), None);
    assert!(volume.direction().is_some());
    let origins = volume.slice_origins();
    let height = |origin: [f64; 3]| origin.iter().map(|part| part * part).sum::<f64>().sqrt();
    let heights: Vec<_> = origins.iter().map(|&origin| (1e6 * height(origin)).round()).collect();
    assert_eq!(heights, [0.0, 1e6, 2.5e6]);
    let volume = open("dicom/rescaled");
    assert_eq!(volume.rescale(), None);
    let slopes: Vec<_> = volume.slice_rescales().iter().map(|rescale| rescale.slope).collect();
    // The third file lies lowest.
    assert_eq!(slopes, [2.0, 0.5, 0.25]);
    assert_eq!(volume.slice_rescales()[0], Rescale { slope: 2.0, intercept: 1.0 });
}

#[test]
fn one_of_several_series_is_chosen_by_its_uid() {
    let path = fixture("dicom/two_series");
    let Error::InvalidArgument(InvalidArgument::SeveralSeries { uids }) =
        Volume::open(&path).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(uids, ["1.2.3.4", "1.2.3.5"]);
    let open = |uid| Volume::open_series(&path, uid, &Options::default(), &Limits::default());
    assert_eq!(open("1.2.3.4").unwrap().array().shape()[0], 1);
    assert_eq!(open("1.2.3.5").unwrap().array().shape()[0], 2);
    let error = open("1.2").unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::UnknownSeries { .. })));
    assert_eq!(error.to_string(), "there is no series \"1.2\"");
}

#[test]
fn folders_without_images_are_told_so() {
    let folder = Folder::new();
    let is_format = |result| matches!(result, Err(Error::Unsupported(Unsupported::Format)));
    assert!(is_format(open_folder(&folder)));
    copy("dicom/series/report", &folder, "report");
    copy("dicom/series/README", &folder, "README");
    std::fs::create_dir(folder.join("inner")).unwrap();
    copy("dicom/placed.dcm", &folder, "inner/slice");
    assert!(is_format(open_folder(&folder)));
    assert!(is_format(Volume::open(folder.join("report"))));
    // An image that lost its pixels is no report.
    let bytes = std::fs::read(fixture("dicom/placed.dcm")).unwrap();
    let pixels = bytes.windows(4).position(|tag| tag == [0xe0, 0x7f, 0x10, 0]).unwrap();
    std::fs::write(folder.join("slice"), &bytes[..pixels]).unwrap();
    let error = open_folder(&folder).unwrap_err();
    assert_eq!(*cause(&error), VolumeError::MissingField { field: "PixelData" });
    assert!(error.to_string().contains("slice"), "{error}");
}

#[test]
fn slices_that_differ_are_no_volume() {
    let other = |change: &dyn Fn(&mut Vec<u8>)| {
        let folder = Folder::new();
        copy("dicom/series/a3", &folder, "a");
        let mut bytes = std::fs::read(fixture("dicom/series/h1")).unwrap();
        change(&mut bytes);
        std::fs::write(folder.join("b"), bytes).unwrap();
        open_folder(&folder)
    };
    let replace = |bytes: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
    };
    other(&|_| ()).unwrap();
    let rows = |len| short(0x0028_0010, len);
    let sign = |sign| short(0x0028_0103, sign);
    let cases: [(&str, Vec<u8>, Vec<u8>); 4] = [
        ("size", rows(5), rows(4)),
        ("type", sign(1), sign(0)),
        ("pixel spacing", b"1.5\\0.75".into(), b"1.5\\0.85".into()),
        ("orientation", b"0.95533649".into(), b"0.85533649".into()),
    ];
    for (what, from, to) in cases {
        let error = other(&|bytes| replace(bytes, &from, &to)).unwrap_err();
        let VolumeError::Slice { path, what: found } = cause(&error) else { panic!("{error}") };
        assert_eq!((path.file_name().unwrap().to_str(), *found), (Some("b"), what));
    }
    let folder = Folder::new();
    copy("dicom/series/a3", &folder, "a");
    copy("dicom/series/a3", &folder, "b");
    let error = open_folder(&folder).unwrap_err();
    assert_eq!(
        error.to_string(),
        "DICOM: a series with several slices at one place is not supported"
    );
    let folder = Folder::new();
    copy("dicom/cine.dcm", &folder, "a");
    copy("dicom/cine.dcm", &folder, "b");
    let error = open_folder(&folder).unwrap_err();
    assert!(matches!(error, Error::Unsupported(Unsupported::Image { .. })), "{error}");
}

#[test]
fn what_cannot_be_decoded_is_named() {
    let folder = Folder::new();
    let pixels = fragments(&[&[0; 100]]);
    let cases = [
        ("1.2.840.10008.1.2.4.90", "transfer syntax 1.2.840.10008.1.2.4.90"),
        ("1.2.840.10008.1.2.1.99", "a deflated data set"),
    ];
    for (syntax, what) in cases {
        let file = [header(syntax, 2, 2, &[]), pixels.clone()].concat();
        let error = open_bytes(&folder, &file).unwrap_err();
        let Error::Unsupported(Unsupported::Image { format, what: found }) = error else {
            panic!()
        };
        assert_eq!((format, found.as_str()), ("DICOM", what));
    }
}

/// Old files have drawings in the bits that are not the pixel's.
#[test]
fn only_the_bits_stored_count() {
    let folder = Folder::new();
    let raw: Vec<u16> = vec![0x0000, 0xf7ff, 0x1800, 0x8fff, 0x5abc, 0x2001];
    let pixels: Vec<u8> = raw.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    for (stored, high, signed) in
        [(12, 11, 0), (12, 11, 1), (10, 12, 0), (10, 12, 1), (1, 15, 0), (16, 15, 1)]
    {
        let bits =
            [short(0x0028_0101, stored), short(0x0028_0102, high), short(0x0028_0103, signed)];
        let file = [header(EXPLICIT, 2, 3, &bits), element(0x7fe0_0010, "OW", &pixels)].concat();
        let volume = open_bytes(&folder, &file).unwrap();
        let dtype = if signed == 1 { DType::I16 } else { DType::U16 };
        assert_eq!(volume.array().dtype(), dtype);
        let expected = raw.iter().flat_map(|&pixel| {
            let value = i32::from(pixel) >> (high + 1 - stored) & ((1 << stored) - 1);
            let is_negative = signed == 1 && value >> (stored - 1) == 1;
            ((value - if is_negative { 1 << stored } else { 0 }) as u16).to_le_bytes()
        });
        assert_eq!(
            bytes_of(volume.array()),
            expected.collect::<Vec<_>>(),
            "{stored}, {high}, {signed}"
        );
    }
}

/// Frames of JPEG in several fragments: told apart by the table, or by where images begin.
#[test]
fn frames_may_be_in_several_fragments() {
    let whole = open("dicom/jpeg_frames.dcm");
    let bytes = std::fs::read(fixture("dicom/jpeg_frames.dcm")).unwrap();
    let at = bytes.windows(4).position(|tag| tag == [0xe0, 0x7f, 0x10, 0]).unwrap();
    let mut images = Vec::new();
    let mut rest = &bytes[at + 12..];
    while let Some((item, after)) = rest.split_first_chunk::<8>() {
        let len = u32::from_le_bytes(item[4..].try_into().unwrap()) as usize;
        images.push(&after[..len]);
        rest = &after[len..];
    }
    assert_eq!(images.len(), 5, "a table, three images, an end");
    let (a, b) = images[1].split_at(100);
    let (c, d) = images[3].split_at(50);
    let folder = Folder::new();
    let pieces = fragments(&[a, b, images[2], c, d]);
    let file = [&bytes[..at], &pieces[..]].concat();
    let split = open_bytes(&folder, &file).unwrap();
    assert!(split.array().content_eq(whole.array()).unwrap());
    // The same with a table.
    let starts = [0, a.len() + b.len() + 16, a.len() + b.len() + images[2].len() + 24];
    let table: Vec<u8> = starts.iter().flat_map(|&start| (start as u32).to_le_bytes()).collect();
    let mut file = [&bytes[..at], &pieces[..16]].concat();
    file.extend(12u32.to_le_bytes());
    file.extend(&table);
    file.extend(&pieces[20..]);
    let split = open_bytes(&folder, &file).unwrap();
    assert!(split.array().content_eq(whole.array()).unwrap());
    let last = file.windows(4).position(|window| window == &table[8..]).unwrap();
    file[last] ^= 2;
    let error = open_bytes(&folder, &file).unwrap_err();
    assert!(matches!(cause(&error), VolumeError::Structure { .. }), "{error}");
}

#[test]
fn a_file_that_is_gone_is_named() {
    let error = Volume::open(Path::new("no such folder/slice.dcm")).unwrap_err();
    assert!(error.to_string().contains("slice.dcm"), "{error}");
}
