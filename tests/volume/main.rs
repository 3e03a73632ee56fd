//! Volumes from files, beside what nibabel and pydicom read of them, and from damaged files.
#![cfg(any(feature = "nifti", feature = "dicom"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/allocations.rs"]
mod allocations;
#[cfg(feature = "dicom")]
mod dicom;
#[cfg(feature = "dicom")]
mod dicom_damage;
#[path = "../common/folder.rs"]
mod folder;
#[cfg(feature = "nifti")]
mod nifti;
#[cfg(feature = "nifti")]
mod nifti_damage;
mod npy;
mod peers;

use std::path::{Path, PathBuf};

use ndpress::volume::Volume;
use ndpress::{AnyArray, Region};

use self::folder::Folder;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/volumes").join(name)
}

fn open(name: &str) -> Volume {
    Volume::open(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All elements, in C order and the machine's byte order.
fn bytes_of(array: &AnyArray) -> Vec<u8> {
    let mut bytes = vec![0; array.nbytes()];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut bytes).unwrap();
    bytes
}
