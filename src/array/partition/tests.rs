//! Default shapes: the rules they keep for any array, and what they are for common ones.

use proptest::prelude::*;

use super::*;

fn shape(lens: &[usize]) -> Shape {
    Shape::new(lens).unwrap()
}

fn default(itemsize: usize, lens: &[usize]) -> Grid {
    partition(itemsize, shape(lens), None, None).unwrap()
}

/// Chunk and block shape.
fn parts(grid: &Grid) -> (Vec<usize>, Vec<usize>) {
    (grid.chunk_shape().to_vec(), grid.block_shape().to_vec())
}

#[test]
fn common_arrays_get_the_documented_shapes() {
    let check = |itemsize, lens: &[usize], chunk: &[usize], block: &[usize]| {
        assert_eq!(parts(&default(itemsize, lens)), (chunk.to_vec(), block.to_vec()), "{lens:?}");
    };
    // Images: whole rows in a chunk, tiles of 512 bytes by 64 rows as blocks.
    check(4, &[4096, 4096], &[128, 4096], &[64, 128]);
    check(1, &[4096, 4096], &[512, 4096], &[64, 512]);
    check(2, &[2160, 3840], &[256, 3840], &[64, 256]);
    // Interleaved pixels.
    check(1, &[1080, 1920, 3], &[336, 1920, 3], &[84, 128, 3]);
    // Interleaved pixels of many channels: a few in a block.
    check(4, &[180, 320, 45], &[60, 160, 45], &[60, 32, 4]);
    // Short rows stay whole.
    check(1, &[1000, 100], &[1000, 100], &[250, 100]);
    // One axis.
    check(8, &[1_000_000], &[253_456], &[4088]);
    // Volumes in boxes, and a stack that grows by frames in tiles.
    check(1, &[310, 388, 318], &[16, 388, 318], &[4, 25, 318]);
    check(2, &[100, 512, 512], &[4, 512, 512], &[4, 32, 128]);
    check(2, &[0, 1080, 1920], &[1, 544, 1920], &[1, 68, 240]);
    // Smaller than a block, and empty.
    check(4, &[3, 5], &[3, 5], &[3, 5]);
    check(4, &[], &[], &[]);
    check(4, &[0], &[524_288], &[8192]);
}

proptest! {
    #[test]
    fn defaults_are_small_enough_and_waste_little(
        lens in prop::collection::vec(prop_oneof![1..5usize, 1..300usize, 1..20_000usize], 0..5),
        itemsize in prop_oneof![Just(1usize), Just(2), Just(3), Just(4), Just(8), Just(16), 1..5000usize],
    ) {
        let array = shape(&lens);
        prop_assume!(array.nbytes(itemsize).is_ok());
        let grid = default(itemsize, &lens);
        for (axis, &len) in lens.iter().enumerate() {
            prop_assert!(grid.block_shape()[axis] <= grid.chunk_shape()[axis]);
            prop_assert!(grid.chunk_shape()[axis] <= len);
        }
        prop_assert!(grid.block_nbytes() <= BLOCK_NBYTES.max(itemsize));
        prop_assert!(grid.chunk_nbytes() <= 2 * CHUNK_NBYTES.max(itemsize));
        // Parts are even: less padding than rounding needs.
        for (&len, &block) in lens.iter().zip(&**grid.block_shape()) {
            let padded = len.div_ceil(block) * block;
            let whole_steps = len / WASTE;
            let rounded = len.div_ceil(block) * ROUND;
            prop_assert!(padded - len < rounded.max(whole_steps + 1), "{:?}", grid);
        }
        // Large arrays are not cut to dust.
        let reachable = array.nbytes(itemsize)?.min(BLOCK_NBYTES);
        prop_assert!(grid.block_nbytes() * 4 >= reachable, "{:?}", grid);
    }
}

#[test]
fn explicit_shapes_are_kept_and_cut_down_to_the_array() {
    let explicit = |lens: &[usize], chunk: Option<&[usize]>, block: Option<&[usize]>| {
        parts(&partition(2, shape(lens), chunk, block).unwrap())
    };
    assert_eq!(explicit(&[10, 20], Some(&[4, 7]), Some(&[3, 2])), (vec![4, 7], vec![3, 2]));
    assert_eq!(explicit(&[10, 20], Some(&[16, 7]), Some(&[12, 2])), (vec![10, 7], vec![10, 2]));
    assert_eq!(explicit(&[10, 20], Some(&[4, 7]), None), (vec![4, 7], vec![4, 7]));
    assert_eq!(explicit(&[10, 20], None, Some(&[5, 99])), (vec![10, 20], vec![5, 20]));
    // An axis that grows is no bound.
    assert_eq!(explicit(&[0, 20], Some(&[16, 32]), Some(&[8, 32])), (vec![16, 20], vec![8, 20]));
    assert_eq!(explicit(&[5, 0], Some(&[5, 32]), None), (vec![5, 1], vec![5, 1]));
}

#[test]
fn impossible_requests_are_errors() {
    let error = |chunk: Option<&[usize]>, block: Option<&[usize]>| {
        partition(2, shape(&[10, 20]), chunk, block).unwrap_err().to_string()
    };
    assert_eq!(error(Some(&[1, 2, 3]), None), "3 axes given, 2 needed");
    assert_eq!(error(None, Some(&[1])), "1 axes given, 2 needed");
    assert_eq!(
        error(Some(&[0, 2]), None),
        "chunk length 0 on axis 0 does not suit the array's length 10"
    );
    assert_eq!(
        error(Some(&[4, 4]), Some(&[4, 5])),
        "block length 5 on axis 1 does not suit the chunk's length 4"
    );
    assert!(partition(2, shape(&[0]), Some(&[usize::MAX]), None).is_err());
    assert!(partition(8, shape(&[usize::MAX >> 2]), None, None).is_err());
}
