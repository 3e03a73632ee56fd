//! Arrays in files that change, against a model in plain memory.

use ndpress::ndarray::{ArrayD, Axis, IxDyn, SliceInfoElem};
use ndpress::{AnyArray, Array, ArrayFile, Frame, OpenOptions, Options, Region, SaveOptions};
use proptest::prelude::*;

use crate::{Folder, chunk, samples};

#[derive(Debug, Clone)]
enum Change {
    Write(usize, u32),
    Append(usize, usize),
    Resize(Vec<usize>),
    Stage,
    Flush,
    Compact,
    Reopen,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (1..5_usize, any::<u32>()).prop_map(|(part, value)| Change::Write(part, value)),
        2 => (0..2_usize, 1..9_usize).prop_map(|(axis, len)| Change::Append(axis, len)),
        2 => prop::collection::vec(0..40_usize, 2).prop_map(Change::Resize),
        1 => Just(Change::Stage),
        2 => Just(Change::Flush),
        1 => Just(Change::Compact),
        2 => Just(Change::Reopen),
    ]
}

fn apply(array: &mut AnyArray, model: &mut ArrayD<u32>, change: &Change) {
    let array = array.as_typed_mut::<u32>().unwrap();
    match change {
        Change::Write(part, value) => {
            let ranges: Vec<_> = model.shape().iter().map(|len| len / 5 * part..*len).collect();
            let region = Region::new(ranges).unwrap();
            array.fill_region(&region, *value).unwrap();
            let slice: Vec<SliceInfoElem> = (0..2).map(|axis| region.range(axis).into()).collect();
            model.slice_mut(&slice[..]).fill(*value);
        }
        Change::Append(axis, len) => {
            let mut lens = model.shape().to_vec();
            lens[*axis] = *len;
            let items = samples(lens.iter().product(), lens[1 - axis] as u64);
            let items = ArrayD::from_shape_vec(IxDyn(&lens), items).unwrap();
            array.append_along(*axis, &items).unwrap();
            model.append(Axis(*axis), items.view()).unwrap();
        }
        Change::Resize(lens) => {
            array.resize(lens).unwrap();
            let mut longer = ArrayD::zeros(IxDyn(lens));
            let common: Vec<SliceInfoElem> =
                (0..2).map(|axis| (0..lens[axis].min(model.shape()[axis])).into()).collect();
            longer.slice_mut(&common[..]).assign(&model.slice(&common[..]));
            *model = longer;
        }
        _ => {}
    }
}

fn held(array: &AnyArray) -> ArrayD<u32> {
    array.as_typed::<u32>().unwrap().to_ndarray().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn files_hold_what_was_flushed(
        changes in prop::collection::vec(change(), 1..20),
        fill: u32,
        is_sparse: bool,
    ) {
        let folder = Folder::new();
        let path = folder.join("array.b2nd");
        let options = Options::new().chunk_shape([9, 7]).block_shape([4, 3]);
        let array = Array::full([20, 15], fill, &options).unwrap();
        let save = if is_sparse { SaveOptions::new().sparse() } else { SaveOptions::new() };
        let mut file = ArrayFile::create(&path, &array.into(), &save).unwrap();
        let mut model = ArrayD::from_elem(IxDyn(&[20, 15]), fill);
        let mut flushed = model.clone();
        for change in &changes {
            match change {
                Change::Stage => file.stage().unwrap(),
                Change::Flush => file.flush().unwrap(),
                Change::Compact => file.compact().unwrap(),
                Change::Reopen => {
                    drop(file);
                    file = ArrayFile::open(&path, &OpenOptions::new()).unwrap();
                    model = flushed.clone();
                }
                other => apply(&mut file, &mut model, other),
            }
            if matches!(change, Change::Flush | Change::Compact) {
                flushed = model.clone();
            }
            prop_assert_eq!(&held(&file), &model, "{:?}", change);
            let reader = ndpress::open(&path).unwrap();
            prop_assert_eq!(&held(&reader), &flushed, "a reader after {:?}", change);
        }
        file.compact().unwrap();
        prop_assert_eq!(file.dead_nbytes().unwrap(), 0);
        prop_assert!(file.verify().is_good());
        prop_assert_eq!(&held(&file), &model);
    }
}

#[test]
fn staging_frees_memory() {
    let folder = Folder::new();
    let options = Options::new().chunk_shape([64, 1000]);
    let array = Array::<u32>::zeros([0, 1000], &options).unwrap();
    let path = folder.join("staged.b2nd");
    let mut file = ArrayFile::create(&path, &array.into(), &SaveOptions::new()).unwrap();
    let rows = samples(64 * 1000, 3);
    // Noise of 4 bits, of which nothing but the places stay.
    let ((), nbytes) = crate::allocations::peak_of(|| {
        for _ in 0..50 {
            file.as_typed_mut::<u32>().unwrap().append_slice(&rows).unwrap();
            file.stage().unwrap();
        }
    });
    file.flush().unwrap();
    let cbytes = file.cbytes();
    assert!(cbytes > 1 << 20 && nbytes < cbytes / 2, "{nbytes} of {cbytes}");
    assert_eq!(file.as_typed::<u32>().unwrap().at(&[3199, 999]).unwrap(), rows[63_999]);
}

#[test]
fn another_array_may_take_the_place() {
    let folder = Folder::new();
    let path = folder.join("other.b2nd");
    let array = Array::from_slice(&samples(100, 1), [10, 10], &Options::new()).unwrap();
    let mut file = ArrayFile::create(&path, &array.into(), &SaveOptions::new()).unwrap();
    // Of another rank and type: the header is longer then, and every chunk moves.
    let volume: Vec<u8> = (0..60).collect();
    *file = Array::from_slice(&volume, [3, 4, 5], &Options::new()).unwrap().into();
    file.set_numpy_dtype("|u1").unwrap();
    file.vlmetalayers_mut().insert("note", 1).unwrap();
    file.flush().unwrap();
    file.as_typed_mut::<u8>().unwrap().set(&[2, 3, 4], 99).unwrap();
    file.close().unwrap();
    let opened = ndpress::open(&path).unwrap();
    let mut expected = volume;
    expected[59] = 99;
    assert_eq!(opened.as_typed::<u8>().unwrap().to_vec().unwrap(), expected);
    assert!(opened.vlmetalayers().contains("note"));
    ArrayFile::open(&path, &OpenOptions::new()).unwrap();
}

#[test]
fn dead_bytes_are_counted_and_removed() {
    let folder = Folder::new();
    let path = folder.join("dead.b2nd");
    let options = Options::new().chunk_shape([1000]);
    let array = Array::from_slice(&samples(10_000, 1), [10_000], &options).unwrap();
    let mut file = ArrayFile::create(&path, &array.into(), &SaveOptions::new()).unwrap();
    assert_eq!(file.dead_nbytes().unwrap(), 0);
    let before = std::fs::metadata(&path).unwrap().len();
    let chunk = file.chunk(3).unwrap().unwrap().cbytes() as u64;
    let items = samples(1000, 2);
    file.as_typed_mut::<u32>().unwrap().write_chunk(3, &items).unwrap();
    file.flush().unwrap();
    assert!(file.dead_nbytes().unwrap() >= chunk);
    file.compact().unwrap();
    assert_eq!(file.dead_nbytes().unwrap(), 0);
    assert!(std::fs::metadata(&path).unwrap().len() < before + 200);
    assert_eq!(file.as_typed::<u32>().unwrap().read_chunk(3).unwrap(), items);
}

/// Its chunks have no source in which others could be stored.
#[test]
fn another_array_is_not_staged() {
    let folder = Folder::new();
    let path = folder.join("not_staged.b2nd");
    let [array, other] = [1, 2].map(|number| {
        let options = Options::new().chunk_shape([10]);
        AnyArray::from(Array::from_slice(&samples(100, number), [100], &options).unwrap())
    });
    let mut file = ArrayFile::create(&path, &array, &SaveOptions::new()).unwrap();
    *file = other.clone();
    file.stage().unwrap();
    assert!(file.content_eq(&other).unwrap());
    file.close().unwrap();
    assert!(ndpress::open(&path).unwrap().content_eq(&other).unwrap());
}

/// A super-chunk's last chunk has no padding, in which there would be room for more.
#[test]
fn short_last_chunks_grow() {
    let mut frame = Frame::new(&ndpress::frame::FrameOptions::new().typesize(4)).unwrap();
    for (number, nitems) in [100, 100, 50].into_iter().enumerate() {
        frame.append_chunk(&chunk(nitems, number as u64)).unwrap();
    }
    let array = AnyArray::from_cframe(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
    let mut expected = vec![0; 1000];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut expected).unwrap();
    for len in [70, 240, 250, 251, 300, 420] {
        let mut array = array.clone();
        array.resize([len]).unwrap();
        let mut bytes = vec![1; 4 * len];
        array.read_region_bytes_into(&Region::full(*array.shape()), &mut bytes).unwrap();
        let mut expected = expected.clone();
        expected.resize(4 * len, 0);
        assert_eq!(bytes, expected, "{len}");
    }
}
