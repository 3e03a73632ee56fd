//! The fixtures beside what nibabel and pydicom read of them.

use std::path::Path;

use ndpress::DType;
use ndpress::volume::{Rescale, Volume};

use crate::{bytes_of, fixture, npy};

/// Voxels of the file at `expected` are those of the volume, up to `tolerance`.
fn check_voxels(volume: &Volume, expected: &Path, tolerance: u8) {
    let (array, expected) = (volume.array(), npy::read(expected));
    assert_eq!(array.shape()[..], expected.shape);
    assert_eq!(array.dtype(), expected.dtype);
    let found = bytes_of(array);
    if tolerance == 0 {
        assert!(found == expected.bytes, "voxels differ");
        return;
    }
    assert_eq!(array.dtype(), DType::U8);
    let far = found.iter().zip(&expected.bytes).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(far <= tolerance, "voxels differ by {far}");
}

fn numbers(text: &str) -> Vec<Option<f64>> {
    text.split(' ').map(|number| (number != "-").then(|| number.parse().unwrap())).collect()
}

/// Both have the same numbers where they have any, as far as floats of 32 bits go.
fn assert_close(name: &str, found: &[Option<f64>], expected: &[Option<f64>]) {
    let is_close = |(found, expected): (&Option<f64>, &Option<f64>)| match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-6 * (1.0 + expected.abs()),
        (found, expected) => found == expected,
    };
    let is_alike = found.len() == expected.len() && found.iter().zip(expected).all(is_close);
    assert!(is_alike, "{name}: {found:?} is not {expected:?}");
}

fn check(line: &str) {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, voxels, affine, spacing, rescale, tolerance] = *fields else { panic!("{line}") };
    println!("{name}");
    let volume = crate::open(name);
    check_voxels(&volume, &fixture(voxels), tolerance.parse().unwrap());
    assert_close(name, volume.spacing(), &numbers(spacing));
    let found =
        volume.affine().map_or(vec![None], |rows| rows.concat().into_iter().map(Some).collect());
    assert_close(name, &found, &numbers(affine));
    if let Some([x, y, z, _]) =
        volume.affine().map(|rows| [0, 1, 2, 3].map(|i| rows.map(|row| row[i])))
    {
        for (column, direction) in [x, y, z].into_iter().zip(volume.direction().unwrap()) {
            let length = column.iter().map(|part| part * part).sum::<f64>().sqrt();
            assert_close(name, &direction.map(Some), &column.map(|part| Some(part / length)));
        }
        assert_eq!(volume.origin(), volume.affine().map(|rows| rows.map(|row| row[3])));
    }
    let found =
        volume.rescale().map(|Rescale { slope, intercept }| vec![Some(slope), Some(intercept)]);
    assert_close(name, &found.unwrap_or(vec![None]), &numbers(rescale));
}

#[test]
fn volumes_are_what_others_read() {
    let index = std::fs::read_to_string(fixture("index.tsv")).unwrap();
    let is_readable = |line: &&str| match line.starts_with("dicom") {
        true => cfg!(feature = "dicom"),
        false => cfg!(feature = "nifti"),
    };
    let lines: Vec<&str> = index.lines().filter(is_readable).collect();
    assert!(lines.len() > 10);
    lines.into_iter().for_each(check);
}

/// Any volume beside any array: `NDPRESS_VOLUME=… NDPRESS_VOXELS=….npy cargo test … -- --ignored`.
#[test]
#[ignore = "takes files from outside"]
fn a_volume_is_what_an_array_holds() {
    let path = |name: &str| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set"));
    let started = std::time::Instant::now();
    let volume = Volume::open(path("NDPRESS_VOLUME")).unwrap();
    println!("{} in {:?}", volume.array(), started.elapsed());
    println!("spacing {:?}, rescale {:?}", volume.spacing(), volume.rescale());
    println!("affine {:?}", volume.affine());
    check_voxels(&volume, path("NDPRESS_VOXELS").as_ref(), 0);
}
