//! Volumes from files of medicine and neuroscience: NIfTI (feature `nifti`) and DICOM (feature
//! `dicom`).
//!
//! Voxels go from the file into a compressed array slice by slice; the volume is never in memory
//! uncompressed. Values are those that the file stores: what it says about their meaning, the
//! [rescale](Volume::rescale), is told and not carried out.
//!
//! Axes are in C order, as everywhere in this crate: (z, y, x) or (t, z, y, x), where x is the axis
//! that varies fastest in the file. Colours are a last axis of length 3 or 4.
//!
//! Below are [`array`](crate::AnyArray) and [`metadata`](crate::Metadata). `fill` is how voxels
//! become chunks; `nifti` and `dicom` know the formats, and nothing of each other.

#[cfg(feature = "dicom")]
mod dicom;
mod error;
mod fill;
#[cfg(feature = "nifti")]
mod nifti;
mod place;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use self::error::VolumeError;
use self::place::Place;
use crate::array::{AnyArray, Options};
use crate::error::Result;
use crate::limits::Limits;
use crate::metadata::Metadata;

/// How stored values become those that are meant: `slope × value + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescale {
    /// What a value is multiplied with.
    pub slope: f64,
    /// What is then added.
    pub intercept: f64,
}

impl Rescale {
    /// The value that a stored value means.
    ///
    /// ```
    /// use ndpress::volume::Rescale;
    ///
    /// let hounsfield = Rescale { slope: 1.0, intercept: -1024.0 };
    /// assert_eq!(hounsfield.apply(1064.0), 40.0);
    /// ```
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        self.slope * value + self.intercept
    }
}

/// A compressed array, and what its file says about it.
///
/// ```
/// use ndpress::volume::Volume;
///
/// # #[cfg(feature = "nifti")] {
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/volumes/int16_le.nii");
/// let volume = Volume::open(path)?;
/// assert_eq!(volume.array().shape()[..], [4, 3, 5]);
/// assert_eq!(volume.spacing(), [Some(2.5), Some(1.5), Some(0.75)]);
/// let slice = volume.array().as_typed::<i16>()?;
/// # }
/// # Ok::<(), ndpress::Error>(())
/// ```
#[derive(Clone)]
pub struct Volume {
    array: AnyArray,
    metadata: Metadata,
    place: Place,
    rescales: Vec<Rescale>,
}

impl Volume {
    /// Opens a volume with the default [`Options`] and [`Limits`]. What it is, is told by its
    /// content:
    ///
    /// - a NIfTI-1 or NIfTI-2 file of either byte order, gzipped or not (`.nii`, `.nii.gz`), or
    ///   one of a pair of them (`.hdr` and `.img`);
    /// - a DICOM file with one image or several frames;
    /// - a folder with the files of a DICOM series, one slice each. Folders in it, and files that
    ///   are no DICOM images, are passed over.
    ///
    /// A DICOM volume has always a z axis, if only of one slice. Slices are in the order of their
    /// positions along the normal of their planes; where the files tell no positions, in that of
    /// their InstanceNumber, then of their names. Frames of one file keep their order.
    ///
    /// Memory: the compressed array; uncompressed one row of chunks (as many slices as a chunk is
    /// deep), or the [`chunk_nbytes`](Limits::chunk_nbytes) of the limits if that is less; and of
    /// DICOM a slice twice over.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &Options::default(), &Limits::default())
    }

    /// As [`open`](Self::open), compressed as the options say. Of the limits,
    /// [`frame_nbytes`](Limits::frame_nbytes) is the most bytes that may describe a volume, and
    /// [`chunk_nbytes`](Limits::chunk_nbytes) the most that may be uncompressed at once.
    ///
    /// # Errors
    /// - [`Error::Io`]; [`Unsupported::Format`] for another file, or a folder without DICOM images;
    /// - [`Unsupported::Image`] for types of voxels that this crate does not have, for compressed
    ///   DICOM but that of RLE, JPEG baseline and JPEG lossless, and for a format that this build
    ///   leaves out;
    /// - [`Corruption::Image`] with a [`VolumeError`] or the words of a decompressor,
    ///   [`Corruption::Layout`] for lengths that no array can have, [`Error::Truncated`] for a file
    ///   that ends early, counted without gzip;
    /// - [`InvalidArgument::SeveralSeries`] for a folder with more than one: see `open_series`;
    /// - [`Error::LimitExceeded`]; otherwise as [`AnyArray::zeros`] with these options.
    ///
    /// [`Error::Io`]: crate::Error::Io
    /// [`Error::Truncated`]: crate::Error::Truncated
    /// [`Error::LimitExceeded`]: crate::Error::LimitExceeded
    /// [`Unsupported::Format`]: crate::Unsupported::Format
    /// [`Unsupported::Image`]: crate::Unsupported::Image
    /// [`Corruption::Image`]: crate::Corruption::Image
    /// [`Corruption::Layout`]: crate::Corruption::Layout
    /// [`InvalidArgument::SeveralSeries`]: crate::InvalidArgument::SeveralSeries
    pub fn open_with(path: impl AsRef<Path>, options: &Options, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        open(path, None, options, limits).map_err(|error| error.in_file(Some(path)))
    }

    /// Opens one of several DICOM series in a folder, by its SeriesInstanceUID.
    ///
    /// # Errors
    /// [`UnknownSeries`](crate::InvalidArgument::UnknownSeries); otherwise as
    /// [`open_with`](Self::open_with).
    #[cfg(feature = "dicom")]
    pub fn open_series(
        folder: impl AsRef<Path>,
        uid: &str,
        options: &Options,
        limits: &Limits,
    ) -> Result<Self> {
        let folder = folder.as_ref();
        open(folder, Some(uid), options, limits).map_err(|error| error.in_file(Some(folder)))
    }

    /// The voxels, as the file stores them: of palettes the indices, and DICOM's MONOCHROME1 with
    /// black as its highest value. Only JPEG gives red, green and blue whatever it stores.
    #[must_use]
    pub fn array(&self) -> &AnyArray {
        &self.array
    }

    /// The voxels without what describes them.
    #[must_use]
    pub fn into_array(self) -> AnyArray {
        self.array
    }

    /// What the file says besides: the fields of a NIfTI header under their names there, and its
    /// extensions; the attributes of the first DICOM file under their keywords, without those of
    /// private groups.
    ///
    /// DICOM tells who the patient is here.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The distance of neighbours along each axis of the array, in the array's order: in mm along
    /// z, y and x, in seconds along t. `None` where the file does not tell, along axes of other
    /// kinds, and where slices are not equally far apart.
    ///
    /// NIfTI files that do not name their units are taken to mean mm, and tell no times.
    #[must_use]
    pub fn spacing(&self) -> &[Option<f64>] {
        &self.place.spacing
    }

    /// Where the centre of the first voxel is, as (x, y, z) in mm in the file's world: for NIfTI,
    /// x grows to the patient's right, y to the front, z to the head (RAS+); for DICOM, x to the
    /// left, y to the back, z to the head (LPS).
    #[must_use]
    pub fn origin(&self) -> Option<[f64; 3]> {
        self.place.origin
    }

    /// Where the array's x, y and z axes point, in this order, which is not that of the array: unit
    /// vectors of the world that [`origin`](Self::origin) is in.
    #[must_use]
    pub fn direction(&self) -> Option<[[f64; 3]; 3]> {
        self.place.direction
    }

    /// The three rows of the matrix that takes the indices (x, y, z, 1) of a voxel to where it is,
    /// in the world that [`origin`](Self::origin) is in. `None` where slices are not equally far
    /// apart: see [`slice_origins`](Self::slice_origins).
    #[must_use]
    pub fn affine(&self) -> Option<[[f64; 4]; 3]> {
        self.place.affine()
    }

    /// Of DICOM: where the first voxel of each slice is, one for each index along axis 0; empty
    /// where the files do not tell.
    #[must_use]
    pub fn slice_origins(&self) -> &[[f64; 3]] {
        &self.place.slice_origins
    }

    /// What stored values mean, where the file tells, and the same for all slices. The
    /// [array](Self::array) is never rescaled.
    #[must_use]
    pub fn rescale(&self) -> Option<Rescale> {
        let first = self.rescales.first()?;
        self.rescales.iter().all(|rescale| rescale == first).then_some(*first)
    }

    /// What stored values mean where slices differ, as those of positron emission tomography do:
    /// one for each index along axis 0. One, or none, where they do not.
    #[must_use]
    pub fn slice_rescales(&self) -> &[Rescale] {
        &self.rescales
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume")
            .field("array", &self.array)
            .field("place", &self.place)
            .field("rescales", &self.rescales.len())
            .finish_non_exhaustive()
    }
}

/// Opens what lies there: a folder is a series, a file is asked for its first bytes.
fn open(path: &Path, series: Option<&str>, options: &Options, limits: &Limits) -> Result<Volume> {
    if path.is_dir() {
        return open_folder(path, series, options, limits);
    }
    let mut start = Vec::new();
    File::open(path)?.take(132).read_to_end(&mut start)?;
    match start.get(128..132) {
        Some(b"DICM") => open_file(path, series, options, limits),
        _ => open_nifti(path, options, limits),
    }
}

#[cfg(feature = "dicom")]
use self::dicom::{open_file, open_folder};
#[cfg(feature = "nifti")]
use self::nifti::open as open_nifti;

#[cfg(not(feature = "dicom"))]
fn open_folder(_: &Path, _: Option<&str>, _: &Options, _: &Limits) -> Result<Volume> {
    Err(left_out("DICOM", "dicom"))
}

#[cfg(not(feature = "dicom"))]
use self::open_folder as open_file;

#[cfg(not(feature = "nifti"))]
fn open_nifti(path: &Path, _: &Options, _: &Limits) -> Result<Volume> {
    let _ = path;
    Err(left_out("NIfTI", "nifti"))
}

#[cfg(not(all(feature = "nifti", feature = "dicom")))]
fn left_out(format: &'static str, feature: &str) -> crate::error::Error {
    error::unsupported(format, format!("a build without the feature `{feature}`"))
}
