//! Every truncation and every bit flip of small files: an error, or what the header then says.

use ndpress::volume::Volume;
use ndpress::{Error, Limits, Options};

use crate::{Folder, allocations, bytes_of, fixture};

/// The file as a whole, its header's length, whether it is big-endian, and whether nibabel wrote
/// the second version.
const FIXTURES: [&str; 4] = ["int16_le.nii", "int16_be_2.nii", "extended.nii", "gzip.nii.gz"];

/// Opens damaged bytes; what that took.
fn damaged(folder: &Folder, bytes: &[u8]) -> Result<Volume, Error> {
    let path = folder.join("damaged.nii");
    std::fs::write(&path, bytes).unwrap();
    let limits = Limits::default().with_chunk_nbytes(1 << 20).with_frame_nbytes(1 << 20);
    let open = || Volume::open_with(&path, &Options::default(), &limits);
    let (result, nbytes) = allocations::peak_of(open);
    assert!(nbytes < 4 << 20, "{nbytes} bytes for a file of {}", bytes.len());
    result
}

/// The voxels where the header says that they are, by another way: all bytes from there, in as many
/// as the shape and the type need.
fn expected(bytes: &[u8], volume: &Volume) -> Vec<u8> {
    let is_big = bytes[0] == 0;
    let is_second =
        bytes[usize::from(is_big) * 2] == (540 & 0xff) as u8 || bytes[3] == (540 & 0xff) as u8;
    let turned = |at: usize, len: usize| {
        let mut field = bytes[at..at + len].to_vec();
        if is_big {
            field.reverse();
        }
        field
    };
    let offset = match is_second {
        true => i64::from_le_bytes(turned(168, 8).try_into().unwrap()) as usize,
        false => f32::from_le_bytes(turned(108, 4).try_into().unwrap()) as usize,
    };
    let code = i16::from_le_bytes(turned(if is_second { 12 } else { 70 }, 2).try_into().unwrap());
    let part = match code {
        2 | 128 | 256 | 2304 => 1,
        4 | 512 => 2,
        8 | 16 | 32 | 768 => 4,
        _ => 8,
    };
    let mut voxels = bytes[offset..offset + volume.array().nbytes()].to_vec();
    if is_big {
        voxels.chunks_exact_mut(part).for_each(<[u8]>::reverse);
    }
    voxels
}

#[test]
fn truncated_files_are_errors() {
    let folder = Folder::new();
    for name in FIXTURES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        damaged(&folder, &bytes).unwrap();
        for len in 0..bytes.len() {
            let result = damaged(&folder, &bytes[..len]);
            assert!(result.is_err(), "{name}, {len} bytes");
        }
    }
}

#[test]
fn flipped_bits_are_errors_or_read_as_they_say() {
    let folder = Folder::new();
    for name in FIXTURES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let (mut opened, is_gzip) = (0, name.ends_with("gz"));
        let original = bytes_of(damaged(&folder, &bytes).unwrap().array());
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(volume) = damaged(&folder, &bytes) else { continue };
            opened += 1;
            let expected = if is_gzip { original.clone() } else { expected(&bytes, &volume) };
            assert!(bytes_of(volume.array()) == expected, "{name}, bit {bit}");
        }
        assert!(opened > 0);
    }
}
