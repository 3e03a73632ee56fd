//! NumPy's files, as far as the fixtures need them.

use std::path::Path;

use ndpress::DType;

/// What a file in C order and little-endian holds.
pub(crate) struct Npy {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn read(path: &Path) -> Npy {
    let file = std::fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert!(file.starts_with(b"\x93NUMPY\x01"), "{path:?}");
    let len = usize::from(u16::from_le_bytes([file[8], file[9]]));
    let header = std::str::from_utf8(&file[10..10 + len]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{path:?}");
    let between = |start: &str, end: &str| {
        let rest = &header[header.find(start).unwrap() + start.len()..];
        &rest[..rest.find(end).unwrap()]
    };
    let shape = between("'shape': (", ")").split(',').map(str::trim);
    let shape = shape.filter(|len| !len.is_empty()).map(|len| len.parse().unwrap()).collect();
    let dtype = between("'descr': '", "'").parse().unwrap();
    Npy { dtype, shape, bytes: file[10 + len..].to_vec() }
}
