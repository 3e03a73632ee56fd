//! The grid against a model: which chunk and block each element is in, counted one by one.

use super::*;
use crate::error::Error;

fn shape(lens: &[usize]) -> Shape {
    Shape::new(lens).unwrap()
}

fn grid(array: &[usize], chunk: &[usize], block: &[usize]) -> Grid {
    Grid::new(1, shape(array), shape(chunk), shape(block)).unwrap()
}

const GRIDS: [(&[usize], &[usize], &[usize]); 8] = [
    (&[], &[], &[]),
    (&[10], &[4], &[3]),
    (&[10], &[16], &[16]),
    (&[7, 9], &[3, 4], &[2, 3]),
    (&[4, 6], &[2, 6], &[1, 2]),
    (&[0, 5], &[4, 2], &[1, 2]),
    (&[3, 5, 4], &[2, 5, 3], &[2, 2, 1]),
    (&[2, 1, 3, 1, 2], &[1, 1, 2, 1, 2], &[1, 1, 1, 1, 1]),
];

#[test]
fn every_element_is_in_one_block_of_one_chunk() {
    for (array, chunk, block) in GRIDS {
        let grid = grid(array, chunk, block);
        let mut seen = vec![0; grid.shape().nitems()];
        for number in 0..grid.nchunks() {
            let region = grid.chunk_region(number);
            assert!(!region.is_empty());
            for block in 0..grid.nblocks() {
                let inner = grid.block_region(block, region.shape());
                for position in 0..inner.shape().nitems() {
                    let offset = inner.shape().unravel(position);
                    let in_chunk = offset.map(|axis| offset[axis] + inner.start()[axis]);
                    let index = in_chunk.map(|axis| in_chunk[axis] + region.start()[axis]);
                    assert_eq!(grid.chunk_at(&index), (number, *region.start()));
                    assert_eq!(grid.block_at(&in_chunk), (block, *inner.start()));
                    seen[grid.shape().ravel(&index)] += 1;
                }
            }
        }
        assert!(seen.iter().all(|&times| times == 1), "{grid:?}");
    }
}

#[test]
fn sizes_count_padding_in_chunks_but_not_in_the_array() {
    let grid = Grid::new(4, shape(&[7, 9]), shape(&[3, 4]), shape(&[2, 3])).unwrap();
    assert_eq!((grid.nchunks(), grid.nblocks()), (9, 4));
    assert_eq!((grid.nbytes(), grid.chunk_nbytes(), grid.block_nbytes()), (252, 96, 24));
}

#[test]
fn more_rows_leave_chunks_where_they_are() {
    let before = grid(&[7, 9], &[3, 4], &[2, 3]);
    let after = before.with_rows(20).unwrap();
    assert_eq!(after.shape()[..], [20, 9]);
    for number in 0..before.nchunks() {
        assert_eq!(before.chunk_region(number).start(), after.chunk_region(number).start());
    }
    assert!(before.with_rows(usize::MAX).is_err());
}

#[test]
fn impossible_parts_are_errors_that_name_them() {
    let error = |itemsize, array, chunk, block| -> Error {
        Grid::new(itemsize, shape(array), shape(chunk), shape(block)).unwrap_err()
    };
    assert_eq!(
        error(1, &[4, 4], &[4, 0], &[1, 1]).to_string(),
        "chunk length 0 on axis 1 does not suit the array's length 4"
    );
    assert_eq!(
        error(1, &[4, 4], &[2, 4], &[3, 1]).to_string(),
        "block length 3 on axis 0 does not suit the chunk's length 2"
    );
    assert_eq!(
        error(2, &[1 << 31], &[1 << 30], &[1 << 20]).to_string(),
        "chunk of 2147483648 bytes is larger than 2147483615 bytes"
    );
    assert_eq!(
        error(1, &[1 << 30], &[1 << 30], &[1 << 30]).to_string(),
        "block of 1073741824 bytes is larger than 536866816 bytes"
    );
    // It is the padded chunk that counts: blocks of just over half the chunk, twice along each axis.
    let padded = error(2, &[1020; 3], &[1020; 3], &[515; 3]);
    assert_eq!(padded.to_string(), "chunk of 2185454000 bytes is larger than 2147483615 bytes");
    let overflow = Grid::new(2, shape(&[1 << 62]), shape(&[1]), shape(&[1])).unwrap_err();
    assert!(matches!(overflow, Error::InvalidArgument(InvalidArgument::ShapeOverflow { .. })));
}

#[test]
fn chunks_past_the_last_do_not_exist() {
    let grid = grid(&[10], &[4], &[3]);
    assert!(grid.check_chunk(2).is_ok());
    assert_eq!(grid.check_chunk(3).unwrap_err().to_string(), "chunk 3 does not exist, there are 3");
}
