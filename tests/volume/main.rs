//! Volumes from files, beside what nibabel and pydicom read of them, and from damaged files.
#![cfg(any(feature = "nifti", feature = "dicom"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../common/allocations.rs"]
mod allocations;
#[cfg(feature = "dicom")]
mod dicom;
#[cfg(feature = "dicom")]
mod dicom_damage;
#[cfg(feature = "nifti")]
mod nifti;
#[cfg(feature = "nifti")]
mod nifti_damage;
mod npy;
mod peers;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ndpress::volume::Volume;
use ndpress::{AnyArray, Region};

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

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = parent.join(format!("ndpress-volume-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
