//! The metalayer against its description, and dtypes whose sizes do not fit.

use super::*;

fn grid(shape: &[usize], chunk: &[usize], block: &[usize]) -> Grid {
    let [shape, chunk, block] = [shape, chunk, block].map(|lens| Shape::new(lens).unwrap());
    Grid::new(4, shape, chunk, block).unwrap()
}

/// The content for a frame of such elements, read.
fn read(content: Vec<u8>, typesize: usize) -> Result<Layout> {
    parse_content(&content, typesize)
}

#[test]
fn the_content_is_as_described() {
    // README_B2ND_METALAYER.rst of C-Blosc2, by hand.
    let expected = [
        &[0x97, 0, 2, 0x92][..],
        &[0xd3, 0, 0, 0, 0, 0, 0, 1, 0x90, 0xd3, 0, 0, 0, 0, 0, 0, 0, 3],
        &[0x92, 0xd2, 0, 0, 0, 110, 0xd2, 0, 0, 0, 3],
        &[0x92, 0xd2, 0, 0, 0, 57, 0xd2, 0, 0, 0, 3],
        &[0, 0xdb, 0, 0, 0, 3, b'<', b'f', b'4'],
    ]
    .concat();
    let grid = grid(&[400, 3], &[110, 3], &[57, 3]);
    assert_eq!(write(&grid, "<f4"), expected);
    let layout = read(expected, 4).unwrap();
    assert_eq!(layout, Layout { grid, dtype: DType::F32, numpy_dtype: None });
}

#[test]
fn the_size_of_elements_is_the_frames() {
    let content = |dtype| write(&grid(&[8], &[4], &[2]), dtype);
    let dtype = |text| {
        let Layout { dtype, numpy_dtype, .. } = read(content(text), 4).unwrap();
        (dtype, numpy_dtype)
    };
    let opaque = DType::opaque(4).unwrap();
    assert_eq!(dtype("|u1"), (opaque, None));
    assert_eq!(dtype(">i4"), (opaque, Some(">i4".into())));
    let fields = "[('a', '<i2'), ('b', '<i2')]";
    assert_eq!(dtype(fields), (opaque, Some(fields.into())));
}

#[test]
fn arrays_of_nothing_have_chunks_of_something() {
    let mut content = write(&grid(&[8, 5], &[4, 5], &[2, 5]), "<f4");
    // A length of 0, and chunks and blocks of 0: as C-Blosc2 writes them.
    content[5..13].fill(0);
    for at in [24, 35] {
        content[at..at + 4].fill(0);
    }
    let grid = read(content, 4).unwrap().grid;
    assert_eq!((grid.shape()[0], grid.chunk_shape()[0], grid.block_shape()[0]), (0, 1, 1));
}

#[test]
fn contents_that_end_early_are_errors() {
    let content = write(&grid(&[8, 5], &[4, 5], &[2, 5]), "<f4");
    for len in 0..content.len() {
        assert!(read(content[..len].to_vec(), 4).is_err(), "{len} bytes");
    }
}
