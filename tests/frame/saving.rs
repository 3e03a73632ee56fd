//! Arrays saved and opened.

use std::ops::Range;
use std::sync::Arc;

use ndpress::frame::{Frame, FrameOptions};
use ndpress::{
    AnyArray, Array, Chunk, CodecId, DType, Error, Limits, Lz4, OpenOptions, Options, Raster,
    Region, Registry, SaveOptions, Value,
};

use crate::counting::CountingCodec;
use crate::{Folder, samples};

/// The region of an array of one axis.
fn along(range: Range<usize>) -> Region {
    Region::new(std::slice::from_ref(&range)).unwrap()
}

#[test]
fn chunks_pass_through_without_their_codec() {
    let folder = Folder::new();
    let codec = CountingCodec::default();
    let options = Options::new().codec(codec.clone()).chunk_shape([100, 300]);
    let items = samples(300 * 300, 1);
    let array = Array::from_slice(&items, [300, 300], &options).unwrap();
    assert!(codec.encoded() > 0);

    let (first, second) = (folder.join("first.b2nd"), folder.join("second.b2nd"));
    array.save(&first, &SaveOptions::new()).unwrap();
    let registry = Registry::default().with_codec(Arc::new(codec.clone())).unwrap();
    let open = OpenOptions::new().registry(registry);
    let opened = AnyArray::open(&first, &open).unwrap();
    opened.save(&second, &SaveOptions::new().codec(codec.clone())).unwrap();
    opened.to_cframe(&SaveOptions::new()).unwrap();
    assert_eq!((codec.encoded(), codec.decoded()), (0, 0));
    assert_eq!(
        AnyArray::open(&second, &open).unwrap().into_typed::<u32>().unwrap().to_vec().unwrap(),
        items
    );

    // Others decode, and do not need it any more.
    opened.save(&second, &SaveOptions::portable()).unwrap();
    assert!(codec.decoded() > 0);
    let portable = ndpress::open(&second).unwrap();
    assert_eq!(portable.as_typed::<u32>().unwrap().to_vec().unwrap(), items);
    assert_eq!(codec.decoded(), 0);
}

#[test]
fn raster_chunks_are_kept_or_made_portable() {
    let items = samples(300 * 300, 1);
    let options = Options::new().codec(Raster::fast());
    let array = AnyArray::from(Array::from_slice(&items, [300, 300], &options).unwrap());
    let codec_of = |bytes: Vec<u8>| {
        let array = AnyArray::from_cframe(bytes, &OpenOptions::new()).unwrap();
        assert_eq!(array.as_typed::<u32>().unwrap().to_vec().unwrap(), items);
        array.chunk(0).unwrap().unwrap().codec_id()
    };
    assert_eq!(codec_of(array.to_cframe(&SaveOptions::new()).unwrap()), CodecId::RASTER);
    let portable = codec_of(array.to_cframe(&SaveOptions::portable()).unwrap());
    assert!(portable == if cfg!(feature = "zstd") { CodecId::ZSTD } else { CodecId::LZ4 });
}

#[test]
fn names_of_types_and_metalayers_are_kept() {
    let mut array =
        AnyArray::from_bytes(DType::opaque(8).unwrap(), &[7; 8 * 30], [5, 6], &Options::new())
            .unwrap();
    assert_eq!(
        array.set_numpy_dtype("<M4").unwrap_err().to_string(),
        "\"<M4\" is no dtype of 8-byte elements"
    );
    assert!(array.set_numpy_dtype("<f8").is_err());
    array.set_numpy_dtype("<M8[ns]").unwrap();
    array.metalayers_mut().insert("unit", "s").unwrap();
    array.vlmetalayers_mut().insert_bytes("raw", &b"\xc1"[..]).unwrap();
    let folder = Folder::new();
    for options in [SaveOptions::new(), SaveOptions::new().sparse()] {
        let path = folder.join("kept.b2nd");
        array.save(&path, &options).unwrap();
        let opened = ndpress::open(&path).unwrap();
        assert_eq!(opened.numpy_dtype(), "<M8[ns]");
        assert_eq!(opened.metalayers().value("unit").unwrap(), Some(Value::from("s")));
        assert_eq!(opened.vlmetalayers().bytes("raw"), Some(&b"\xc1"[..]));
        let error = opened.vlmetalayers().value("raw").unwrap_err();
        assert_eq!(error.to_string(), "metalayer \"raw\": no msgpack value begins with 0xc1");
        let again = AnyArray::from_cframe(opened.to_cframe(&options).unwrap(), &OpenOptions::new());
        assert_eq!(again.unwrap().metalayers(), opened.metalayers());
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn records_of_one_byte_are_no_numbers() {
    let bytes = [1, 2, 3];
    let mut array =
        AnyArray::from_bytes(DType::opaque(1).unwrap(), &bytes, [3], &Options::new()).unwrap();
    array.set_numpy_dtype("[('x', 'V1')]").unwrap();
    let saved = array.to_cframe(&SaveOptions::new()).unwrap();
    let opened = AnyArray::from_cframe(saved, &OpenOptions::new()).unwrap();
    assert_eq!((opened.dtype(), &*opened.numpy_dtype()), (array.dtype(), "[('x', 'V1')]"));
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    let folder = Folder::new();
    let path = folder.join("kept.b2nd");
    let options = Options::new().chunk_shape([50]).codec(Lz4::clevel(5));
    let good = Array::from_slice(&samples(100, 1), [100], &options).unwrap();
    good.save(&path, &SaveOptions::new()).unwrap();
    let before = std::fs::read(&path).unwrap();

    let mut bad = Array::from_slice(&samples(100, 2), [100], &options).unwrap();
    let mut chunk = bad.chunk(1).unwrap().unwrap().as_bytes().to_vec();
    chunk[32..36].copy_from_slice(&i32::MAX.to_le_bytes());
    bad.insert_chunk(1, Chunk::parse(chunk, &Limits::default()).unwrap()).unwrap();
    let error =
        bad.save(&path, &SaveOptions::new().codec(ndpress::BloscLz::clevel(5))).unwrap_err();
    assert!(error.to_string().starts_with("chunk 1"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "the temporary file stays");
    let error = good.save(folder.join("missing/x.b2nd"), &SaveOptions::new()).unwrap_err();
    assert!(matches!(error, Error::Io { path: Some(_), .. }), "{error}");
}

#[test]
fn the_same_array_gives_the_same_bytes() {
    let items = samples(300 * 300, 1);
    let make = || {
        let array = Array::from_slice(&items, [300, 300], &Options::new()).unwrap();
        array.to_cframe(&SaveOptions::portable()).unwrap()
    };
    #[cfg(feature = "rayon")]
    {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let four = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        assert!(one.install(make) == four.install(make));
    }
    assert!(make() == make());
}

#[test]
fn changes_of_opened_arrays_stay_in_memory() {
    let folder = Folder::new();
    let path = folder.join("read.b2nd");
    let items = samples(1000, 1);
    Array::from_slice(&items, [1000], &Options::new().chunk_shape([300]))
        .unwrap()
        .save(&path, &SaveOptions::new())
        .unwrap();
    let mut array = Array::<u32>::open(&path, &OpenOptions::new()).unwrap();
    array.fill_region(&along(250..420), 5).unwrap();
    array.append_slice(&[1, 2, 3]).unwrap();
    let mut expected = items.clone();
    expected[250..420].fill(5);
    expected.extend([1, 2, 3]);
    assert_eq!(array.to_vec().unwrap(), expected);
    assert_eq!(ndpress::open(&path).unwrap().as_typed::<u32>().unwrap().to_vec().unwrap(), items);
    // Saved over the file that it still reads from.
    array.save(&path, &SaveOptions::new()).unwrap();
    assert_eq!(array.to_vec().unwrap(), expected);
    assert_eq!(
        ndpress::open(&path).unwrap().as_typed::<u32>().unwrap().to_vec().unwrap(),
        expected
    );
}

#[test]
fn super_chunks_are_arrays_of_one_axis() {
    let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
    for number in 0..3 {
        frame.append_chunk(&crate::chunk(200, number)).unwrap();
    }
    frame.append_chunk(&crate::chunk(77, 3)).unwrap();
    let mut expected: Vec<u32> = (0..3).flat_map(|number| samples(200, number)).collect();
    expected.extend(samples(77, 3));
    let bytes = frame.to_bytes().unwrap();
    let array = AnyArray::from_cframe(bytes, &OpenOptions::new()).unwrap();
    let AnyArray::Opaque(mut array) = array else { panic!("{array}") };
    assert_eq!((array.shape()[..].to_vec(), array.itemsize()), (vec![677], 4));
    let all = along(0..677);
    let expected: &mut [u8] = ndpress::bytemuck::cast_slice_mut(&mut expected);
    assert_eq!(array.read_region(&all).unwrap(), expected);
    // The last chunk gets its padding when it changes.
    let place = along(670..677);
    array.write_region(&place, &[9; 28]).unwrap();
    expected[4 * 670..].fill(9);
    assert_eq!(array.read_region(&all).unwrap(), expected);
    array.resize([700]).unwrap();
    assert_eq!(array.read_region(&along(677..700)).unwrap(), [0; 92]);
}

#[test]
fn files_of_other_kinds_are_no_arrays() {
    let folder = Folder::new();
    let path = folder.join("other");
    std::fs::write(&path, b"no frame at all, but long enough for one to begin with, and more")
        .unwrap();
    assert_eq!(ndpress::open(&path).unwrap_err().to_string(), "no format that is known");
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(ndpress::open(&path), Err(Error::Truncated { .. })));
    let error = ndpress::open(folder.join("missing")).unwrap_err();
    assert!(matches!(error, Error::Io { path: Some(_), .. }), "{error}");
    assert!(ndpress::open(&folder.0).is_err());
}
