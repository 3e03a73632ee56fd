//! What cannot be done: an error that names the values, and an array as it was.

use std::ops::Range;

use ndarray::SliceInfoElem;
use ndpress::{Array, Chunk, Error, Limits, Lz4, Options, Region};

/// The text of the error, which must be the caller's fault.
fn fault<T>(result: ndpress::Result<T>) -> String {
    match result.map(|_| ()).unwrap_err() {
        Error::InvalidArgument(error) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn impossible_arrays_are_refused() {
    let options = Options::default();
    assert_eq!(
        fault(Array::<u8>::zeros([1; 16], &options)),
        "16 axes are more than the 15 an array can have"
    );
    assert!(fault(Array::<u8>::zeros([usize::MAX, 2], &options)).contains("overflows"));
    assert!(fault(Array::<f64>::zeros([1 << 60], &options)).contains("overflows"));
    assert_eq!(fault(Array::from_slice(&[1, 2, 3], [2, 2], &options)), "length 3 given, 4 needed");
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().chunk_shape([4, 0]))),
        "chunk length 0 on axis 1 does not suit the array's length 4"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().chunk_shape([2, 2]).block_shape([2, 3]))),
        "block length 3 on axis 1 does not suit the chunk's length 2"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4, 4], &Options::new().block_shape([2]))),
        "1 axes given, 2 needed"
    );
    assert_eq!(
        fault(Array::<u8>::zeros([4], &Options::new().codec(Lz4::clevel(12)))),
        "level 12 of codec lz4 is outside 0..=9"
    );
    assert_eq!(fault(Array::<u8>::writer([], &options)), "0 axes given, 1 needed");
    assert_eq!(fault(Array::<u8>::writer([3, 4], &options)), "shape [3, 4] given, [0, 4] needed");
}

#[test]
fn wrong_parts_are_refused_and_change_nothing() {
    let items: Vec<u16> = (0..120).collect();
    let options = Options::new().chunk_shape([3, 4]).block_shape([2, 3]);
    let mut array = Array::from_slice(&items, [10, 12], &options).unwrap();
    let region = |ranges: [Range<usize>; 2]| Region::new(ranges).unwrap();

    let outside = region([0..4, 9..13]);
    assert_eq!(fault(array.read_region(&outside)), "region 9..13 exceeds axis 1 of length 12");
    assert!(fault(array.write_region(&outside, &[0; 16])).contains("exceeds axis 1"));
    assert!(fault(array.fill_region(&outside, 0)).contains("exceeds axis 1"));
    let line = Region::full(ndpress::Shape::new([4]).unwrap());
    assert_eq!(fault(array.read_region(&line)), "1 axes given, 2 needed");

    let mut untouched = [7; 5];
    let square = region([0..2, 0..2]);
    assert_eq!(fault(array.read_region_into(&square, &mut untouched)), "length 5 given, 4 needed");
    assert_eq!(untouched, [7; 5]);
    assert_eq!(fault(array.write_region(&square, &[0; 3])), "length 3 given, 4 needed");
    assert_eq!(fault(array.read_all_into(&mut [0; 119])), "length 119 given, 120 needed");

    assert_eq!(fault(array.at(&[10, 0])), "index 10 exceeds axis 0 of length 10");
    assert_eq!(fault(array.set(&[0, 12], 1)), "index 12 exceeds axis 1 of length 12");
    assert_eq!(fault(array.at(&[0])), "1 axes given, 2 needed");

    assert_eq!(array.nchunks(), 12);
    assert_eq!(fault(array.chunk(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.chunk_region(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.read_chunk(12)), "chunk 12 does not exist, there are 12");
    assert_eq!(fault(array.fill_chunk(99, 0)), "chunk 99 does not exist, there are 12");
    assert_eq!(fault(array.write_chunk(11, &[0; 12])), "length 12 given, 4 needed");
    assert_eq!(fault(array.read_chunk_into(0, &mut [0; 4])), "length 4 given, 12 needed");

    assert_eq!(fault(array.append_slice(&[0; 13])), "length 13 given, 12 needed");
    let mut scalar = Array::<u16>::zeros([], &Options::new()).unwrap();
    assert_eq!(fault(scalar.append_slice(&[0])), "0 axes given, 1 needed");

    assert_eq!(array.to_vec().unwrap(), items);
}

#[test]
fn wrong_selections_are_refused_and_change_nothing() {
    use ndarray::{Array1, Array2, s};
    let items: Vec<u16> = (0..120).collect();
    let mut array = Array::from_slice(&items, [10, 12], &Options::default()).unwrap();
    assert_eq!(fault(array.read(s![0..11, ..])), "region 0..11 exceeds axis 0 of length 10");
    assert_eq!(fault(array.read(s![.., 14..])), "region 14..14 exceeds axis 1 of length 12");
    assert_eq!(fault(array.read(s![10, ..])), "index 10 exceeds axis 0 of length 10");
    assert_eq!(
        fault(array.read(s![-11, ..])),
        "index -11 lies before the start of axis 0 of length 10"
    );
    assert_eq!(
        fault(array.read(s![.., -13..])),
        "index -13 lies before the start of axis 1 of length 12"
    );
    assert_eq!(fault(array.read(s![1..3])), "1 axes given, 2 needed");
    assert_eq!(fault(array.read(s![.., .., ..])), "3 axes given, 2 needed");
    let standing = [SliceInfoElem::Slice { start: 0, end: None, step: 0 }, SliceInfoElem::Index(0)];
    assert_eq!(fault(array.read(&standing[..])), "step 0 on axis 0");

    let mut wrong = Array2::<u16>::ones((2, 3));
    assert_eq!(
        fault(array.read_into(s![..3, ..2], &mut wrong)),
        "shape [2, 3] given, [3, 2] needed"
    );
    assert_eq!(wrong, Array2::<u16>::ones((2, 3)));
    assert_eq!(fault(array.write(s![..3, ..2], &wrong)), "shape [2, 3] given, [3, 2] needed");
    assert_eq!(fault(array.write(s![..3, 2], &wrong)), "shape [2, 3] given, [3] needed");
    assert_eq!(fault(array.fill(s![..11, ..], 0)), "region 0..11 exceeds axis 0 of length 10");
    assert_eq!(
        fault(array.append(&Array1::<u16>::ones(11))),
        "shape [1, 11] given, [1, 12] needed"
    );
    assert_eq!(
        fault(array.append(&Array2::<u16>::ones((1, 11)))),
        "shape [1, 11] given, [1, 12] needed"
    );
    assert_eq!(
        fault(array.append(&ndarray::Array3::<u16>::ones((1, 1, 12)))),
        "3 axes given, 2 needed"
    );
    assert_eq!(array.to_vec().unwrap(), items);

    // Legal, if odd: nothing selected.
    let (start, end) = (3, 1);
    assert_eq!(array.read(s![start..end, ..]).unwrap().shape(), [0, 12]);
    assert_eq!(array.read(s![10.., ..;-1]).unwrap().shape(), [0, 12]);
}

#[test]
fn failed_writers_keep_what_they_had() {
    let mut writer = Array::<u16>::writer([0, 4], &Options::new().chunk_shape([3, 4])).unwrap();
    writer.append_slice(&[1; 8]).unwrap();
    assert_eq!(fault(writer.append_slice(&[2; 7])), "length 7 given, 4 needed");
    let wrong = ndarray::Array2::<u16>::zeros((2, 5));
    assert_eq!(fault(writer.append(&wrong)), "shape [2, 5] given, [2, 4] needed");
    assert_eq!(writer.shape()[..], [2, 4]);
    assert_eq!(writer.finish().unwrap().to_vec().unwrap(), [1; 8]);
}

/// The chunk with the place of one of its blocks overwritten.
fn damaged(chunk: &Chunk, block: usize) -> Chunk {
    let mut bytes = chunk.as_bytes().to_vec();
    bytes[32 + 4 * block..][..4].copy_from_slice(&i32::MAX.to_le_bytes());
    Chunk::parse(bytes, &Limits::default()).unwrap()
}

#[test]
fn damage_is_named_and_spares_the_rest() {
    let items: Vec<u32> = (0..40_000).collect();
    let options = Options::new().chunk_shape([50, 200]).block_shape([10, 200]);
    let sound = Array::from_slice(&items, [200, 200], &options).unwrap();
    let mut array = sound.clone();
    let chunk = damaged(&sound.chunk(2).unwrap().unwrap().into(), 3);
    array.insert_chunk(2, chunk).unwrap();

    // Rows 130 to 140 are gone.
    let rows = |rows: Range<usize>| Region::new([rows, 0..200]).unwrap();
    let expected = "chunk 2, block 3: ";
    for region in [rows(0..200), rows(130..131), rows(139..180)] {
        let error = array.read_region(&region).unwrap_err();
        assert!(matches!(&error, Error::Corrupt(at) if (at.chunk, at.block) == (Some(2), Some(3))));
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    assert_eq!(array.read_region(&rows(0..130)).unwrap(), items[..130 * 200]);
    assert_eq!(array.read_region(&rows(140..200)).unwrap(), items[140 * 200..]);
    assert!(array.content_eq(&sound).is_err());

    // A write that needs them fails as a whole; one that replaces them does not need them.
    let error = array.fill_region(&Region::new([0..200, 3..5]).unwrap(), 1).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(array.at(&[0, 3]).unwrap(), 3);
    let error = array.update_chunks(|_, _| ()).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
    array.write_chunk(2, &items[20_000..30_000]).unwrap();
    assert!(array.content_eq(&sound).unwrap());
}

#[test]
fn chunks_of_another_cut_are_refused() {
    let options = Options::new().chunk_shape([40]);
    let source = Array::from_slice(&[1u8, 2].repeat(100), [200], &options).unwrap();
    let chunk = source.chunk(0).unwrap().unwrap();
    let mut array = Array::<u8>::zeros([200], &Options::new().chunk_shape([50])).unwrap();
    assert_eq!(fault(array.insert_chunk(0, chunk.clone())), "length 40 given, 50 needed");
    assert_eq!(fault(array.insert_chunk(4, chunk.clone())), "chunk 4 does not exist, there are 4");
    let mut array = Array::<u8>::zeros([200], &options.block_shape([10])).unwrap();
    assert_eq!(fault(array.insert_chunk(0, chunk.clone())), "length 40 given, 10 needed");
    assert_eq!(array.to_vec().unwrap(), [0; 200]);
}

#[test]
fn part_of_a_row_is_refused() {
    let mut array = Array::<u8>::zeros([2, 10], &Options::default()).unwrap();
    assert_eq!(fault(array.append_slice(&[0; 5])), "length 5 given, 10 needed");
    assert_eq!(fault(array.append_slice(&[0; 11])), "length 11 given, 10 needed");
    array.append_slice(&[]).unwrap();
    assert_eq!(array.shape()[..], [2, 10]);
}

#[test]
fn regions_of_more_elements_than_can_be_counted_are_refused() {
    let len = usize::MAX;
    assert_eq!(
        fault(Region::new([0..len, 0..len])),
        format!("shape [{len}, {len}] of 1-byte elements overflows")
    );
    // A region that starts far out is fine, and outside of every array.
    let far = Region::new([len - 1..len, 0..1]).unwrap();
    let array = Array::<u8>::zeros([3, 1], &Options::default()).unwrap();
    assert_eq!(
        fault(array.read_region(&far)),
        format!("region {}..{len} exceeds axis 0 of length 3", len - 1)
    );
}
