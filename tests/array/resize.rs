//! Arrays of other lengths, against a model in plain memory.

use ndpress::ndarray::{ArrayD, IxDyn, SliceInfoElem};
use ndpress::{Array, Chunk, Error, InvalidArgument, Limits, Options, Region};
use proptest::prelude::*;

/// One change of an array.
#[derive(Debug, Clone)]
enum Change {
    Resize(Vec<usize>),
    Append { axis: usize, len: usize },
    Write { value: u16 },
}

fn changes(ndim: usize) -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        3 => prop::collection::vec(0..23_usize, ndim).prop_map(Change::Resize),
        2 => (0..ndim, 0..7_usize).prop_map(|(axis, len)| Change::Append { axis, len }),
        1 => (1..u16::MAX).prop_map(|value| Change::Write { value }),
    ];
    prop::collection::vec(change, 1..8)
}

fn case() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, Vec<usize>, Vec<Change>)> {
    (1..4_usize).prop_flat_map(|ndim| {
        (
            prop::collection::vec(0..20_usize, ndim),
            prop::collection::vec(1..9_usize, ndim),
            prop::collection::vec(1..9_usize, ndim),
            changes(ndim),
        )
    })
}

/// What the model becomes: zeros where there was nothing.
fn resized(model: &ArrayD<u16>, lens: &[usize]) -> ArrayD<u16> {
    let mut longer = ArrayD::zeros(IxDyn(lens));
    let common: Vec<SliceInfoElem> =
        (0..lens.len()).map(|axis| (0..lens[axis].min(model.shape()[axis])).into()).collect();
    longer.slice_mut(&common[..]).assign(&model.slice(&common[..]));
    longer
}

fn ramp(lens: &[usize], start: u16) -> ArrayD<u16> {
    let nitems: usize = lens.iter().product();
    let items = (0..nitems).map(|i| (i as u16).wrapping_mul(7).wrapping_add(start)).collect();
    ArrayD::from_shape_vec(IxDyn(lens), items).unwrap()
}

fn apply(array: &mut Array<u16>, model: &mut ArrayD<u16>, change: &Change) {
    match change {
        Change::Resize(lens) => {
            array.resize(lens).unwrap();
            *model = resized(model, lens);
        }
        Change::Append { axis, len } => {
            let mut lens = model.shape().to_vec();
            lens[*axis] = *len;
            let added = ramp(&lens, 99);
            array.append_along(*axis, &added).unwrap();
            model.append(ndpress::ndarray::Axis(*axis), added.view()).unwrap();
        }
        Change::Write { value } => {
            let region: Vec<_> = model.shape().iter().map(|len| len / 3..*len).collect();
            let region = Region::new(region).unwrap();
            array.fill_region(&region, *value).unwrap();
            let slice: Vec<SliceInfoElem> =
                (0..model.ndim()).map(|axis| region.range(axis).into()).collect();
            model.slice_mut(&slice[..]).fill(*value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn resized_arrays_are_as_their_model((lens, chunk, block, changes) in case(), fill: u16) {
        let block: Vec<usize> = block.iter().zip(&chunk).map(|(b, c)| *b.min(c)).collect();
        let options = Options::new().chunk_shape(&chunk).block_shape(&block);
        let mut array = Array::full(&lens, fill, &options).unwrap();
        let mut model = ArrayD::from_elem(IxDyn(&lens), fill);
        for change in &changes {
            apply(&mut array, &mut model, change);
            prop_assert_eq!(&array.to_ndarray().unwrap(), &model, "{:?}", change);
        }
    }
}

#[test]
fn padding_of_other_writers_does_not_become_visible() {
    let options = Options::new().chunk_shape([4, 4]).block_shape([2, 4]).no_filters();
    let mut array = Array::<f32>::zeros([4, 4], &options).unwrap();
    array.resize([3, 3]).unwrap();
    // C-Blosc2 fills whole chunks, padding included.
    array.insert_chunk(0, Chunk::nan(64, 4).unwrap()).unwrap();
    array.resize([4, 4]).unwrap();
    let items = array.to_vec().unwrap();
    let is_nan: Vec<bool> = items.iter().map(|item| item.is_nan()).collect();
    let t = true;
    let f = false;
    assert_eq!(is_nan, [t, t, t, f, t, t, t, f, t, t, t, f, f, f, f, f]);
    assert!(items.iter().all(|item| item.is_nan() || item.to_bits() == 0));
}

#[test]
fn what_was_cut_off_is_not_in_the_chunk_any_more() {
    let options = Options::new().chunk_shape([8]).block_shape([4]);
    let mut array = Array::from_slice(&[1u8, 2, 3, 4, 5, 6, 7, 8], [8], &options).unwrap();
    array.resize([3]).unwrap();
    let chunk = array.chunk(0).unwrap().unwrap();
    let chunk = Chunk::parse(chunk.as_bytes(), &Limits::default()).unwrap();
    let bytes = chunk.decode(&ndpress::Registry::default()).unwrap();
    assert_eq!(bytes, [1, 2, 3, 0, 0, 0, 0, 0]);
}

#[test]
fn chunks_inside_keep_their_bytes() {
    let options = Options::new().chunk_shape([10, 10]);
    let ramp: Vec<u32> = (0..35 * 35).collect();
    let mut array = Array::from_slice(&ramp, [35, 35], &options).unwrap();
    let place =
        |array: &Array<u32>, index| array.chunk(index).unwrap().unwrap().as_bytes().as_ptr();
    let before = place(&array, 5);
    array.resize([35, 47]).unwrap();
    // One more column of chunks: the chunk at (1, 1) has another number.
    assert_eq!(place(&array, 6), before);
    array.resize([12, 12]).unwrap();
    assert_eq!(array.at(&[11, 11]).unwrap(), 11 * 35 + 11);
}

#[test]
fn huge_arrays_are_resized_at_once() {
    let mut array = Array::<u16>::zeros([100_000, 100_000], &Options::new()).unwrap();
    array.set(&[99_999, 5], 7).unwrap();
    array.resize([200_000, 200_000]).unwrap();
    assert!(array.cbytes() < 4 << 10);
    assert_eq!(array.at(&[99_999, 5]).unwrap(), 7);
    assert_eq!(array.at(&[199_999, 199_999]).unwrap(), 0);
}

#[test]
fn refused_lengths_leave_the_array_as_it_was() {
    let mut array = Array::from_slice(&[1u8, 2, 3, 4], [2, 2], &Options::new()).unwrap();
    let error = array.resize([4]).unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidArgument(InvalidArgument::NdimMismatch { expected: 2, found: 1 })
    ));
    assert!(array.resize([usize::MAX, 2]).is_err());
    let error = array.append_slice_along(2, &[1]).unwrap_err();
    assert_eq!(error.to_string(), "axis 2 does not exist, there are 2");
    let error = array.append_slice_along(1, &[1, 2, 3]).unwrap_err();
    assert_eq!(error.to_string(), "length 3 given, 2 needed");
    assert_eq!(array.to_vec().unwrap(), [1, 2, 3, 4]);
}

#[test]
fn damaged_edges_are_errors_and_change_nothing() {
    let options = Options::new().chunk_shape([64]).block_shape([32]).codec(ndpress::Lz4::clevel(5));
    let ramp: Vec<u32> = (0..64).map(|i| i / 3).collect();
    let mut array = Array::from_slice(&ramp, [64], &options).unwrap();
    let mut bytes = array.chunk(0).unwrap().unwrap().as_bytes().to_vec();
    // The place of the first block.
    bytes[32..36].copy_from_slice(&i32::MAX.to_le_bytes());
    array.insert_chunk(0, Chunk::parse(bytes, &Limits::default()).unwrap()).unwrap();
    let error = array.resize([10]).unwrap_err();
    assert!(error.to_string().starts_with("chunk 0"), "{error}");
    assert_eq!(array.shape()[..], [64]);
}
