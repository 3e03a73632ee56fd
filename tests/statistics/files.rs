//! Statistics in files.

use ndpress::frame::FrameOptions;
use ndpress::{
    AnyArray, Array, ArrayFile, ArrayPool, Error, Frame, InvalidArgument, Lz4, Metadata,
    OpenOptions, Options, PoolOptions, SaveOptions, TruncPrec, Value,
};

use crate::folder::Folder;

const LAYER: &str = "ndpress_statistics";

fn options() -> Options {
    Options::new().chunk_shape([10, 100]).block_shape([3, 40])
}

/// An array of three chunks: of noise, of one value, and of a part of a chunk.
fn array() -> Array<f32> {
    let items: Vec<f32> = (0..2700u32)
        .map(|i| match i {
            1000..2000 => 7.0,
            i => f32::from((i.wrapping_mul(2_654_435_761) >> 20) as u16) / 3.0,
        })
        .collect();
    let mut items = items;
    items[44] = f32::NAN;
    Array::from_slice(&items, [27, 100], &options().block_statistics()).unwrap()
}

/// What is known of all blocks.
fn known(array: &Array<f32>) -> Vec<String> {
    let blocks = (0..array.nchunks()).flat_map(|chunk| (0..12).map(move |block| (chunk, block)));
    blocks
        .map(|(chunk, block)| format!("{:?}", array.block_statistics(chunk, block).unwrap()))
        .collect()
}

#[test]
fn files_keep_them() {
    let (folder, array) = (Folder::new(), array());
    assert!(known(&array)[0].contains("nan_count: 0") && known(&array)[1].contains("nan_count: 1"));
    for (name, options) in [
        ("contiguous", SaveOptions::new()),
        ("sparse", SaveOptions::new().sparse()),
        ("portable", SaveOptions::portable()),
    ] {
        let path = folder.join(name).with_extension("b2nd");
        array.save(&path, &options).unwrap();
        let opened: Array<f32> = Array::open(&path, &OpenOptions::new()).unwrap();
        assert_eq!(known(&opened), known(&array), "{name}");
        assert!(opened.vlmetalayers().names().all(|name| name != LAYER));
    }
    // An array without writes none.
    let mut plain = array.clone();
    plain.drop_block_statistics();
    let frame =
        Frame::from_bytes(plain.to_cframe(&SaveOptions::new()).unwrap(), &OpenOptions::new());
    assert!(!frame.unwrap().vlmetalayers().contains(LAYER));
}

#[test]
fn files_that_change_keep_them() {
    let folder = Folder::new();
    let path = folder.join("changes.b2nd");
    let mut array = array();
    let mut file = ArrayFile::create(&path, &array.clone().into(), &SaveOptions::new()).unwrap();
    for (step, value) in [1e6, -3.5, 0.25].into_iter().enumerate() {
        array.set(&[step * 10, 50], value).unwrap();
        file.as_typed_mut::<f32>().unwrap().set(&[step * 10, 50], value).unwrap();
        assert_eq!(known(file.as_typed().unwrap()), known(&array));
        match step {
            0 => file.flush().unwrap(),
            1 => file.stage().unwrap(),
            _ => file.compact().unwrap(),
        }
        assert_eq!(known(file.as_typed().unwrap()), known(&array));
    }
    file.close().unwrap();
    assert_eq!(known(&Array::open(&path, &OpenOptions::new()).unwrap()), known(&array));
}

#[test]
fn nobody_else_has_a_metalayer_of_the_name() {
    let mut array = Array::<f32>::zeros([10], &Options::new()).unwrap();
    array.vlmetalayers_mut().insert(LAYER, 1).unwrap();
    assert!(matches!(
        array.to_cframe(&SaveOptions::new()),
        Err(Error::InvalidArgument(InvalidArgument::MetalayerName { .. }))
    ));
}

#[test]
fn pools_keep_them() {
    let array = array();
    let pool = ArrayPool::new(PoolOptions::new().limit(0));
    let pooled = pool.insert(array.clone()).unwrap();
    assert!(!pooled.is_resident());
    assert_eq!(known(&pooled.get()), known(&array));
}

/// Statistics of chunks that another program has replaced do not count.
#[test]
fn chunks_of_others_have_none() {
    let folder = Folder::new();
    let path = folder.join("others.b2nd");
    let mut array = array();
    array.save(&path, &SaveOptions::new()).unwrap();
    let mut changed = array.clone();
    changed.map_in_place(|item| item + 1.0).unwrap();
    let mut frame = Frame::open_for_update(&path, &OpenOptions::new()).unwrap();
    frame.update_chunk(0, &changed.chunk(0).unwrap().unwrap()).unwrap();
    frame.flush().unwrap();
    drop(frame);
    let opened: Array<f32> = Array::open(&path, &OpenOptions::new()).unwrap();
    assert!(opened.keeps_block_statistics());
    assert!(opened.block_statistics(0, 0).unwrap().is_none());
    assert_eq!(known(&opened)[24..], known(&array)[24..]);
    array.write_chunk(0, &changed.read_chunk(0).unwrap()).unwrap();
    assert_eq!(opened.sum().unwrap().to_bits(), array.sum().unwrap().to_bits());
    let mut opened = opened;
    opened.keep_block_statistics().unwrap();
    assert_eq!(known(&opened), known(&array));
}

/// A frame's bytes with other statistics.
fn with_layer(frame: &Frame, content: &[u8]) -> Vec<u8> {
    let options =
        FrameOptions::new().typesize(frame.typesize()).metalayers(frame.metalayers().clone());
    let mut other = Frame::new(&options).unwrap();
    for index in 0..frame.nchunks() {
        other.append_chunk(&frame.chunk(index).unwrap()).unwrap();
    }
    other.vlmetalayers_mut().unwrap().insert_bytes(LAYER, content).unwrap();
    other.to_bytes().unwrap()
}

#[test]
fn statistics_that_cannot_be_are_errors() {
    let bytes = array().to_cframe(&SaveOptions::new()).unwrap();
    let frame = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap();
    let open =
        |content: &[u8]| AnyArray::from_cframe(with_layer(&frame, content), &OpenOptions::new());
    let content = frame.vlmetalayers().bytes(LAYER).unwrap().to_vec();
    assert!(open(&content).is_ok());
    let records = match frame.vlmetalayers().value(LAYER).unwrap() {
        Some(Value::Map(map)) => map.get("chunks").and_then(Value::as_bytes).unwrap().to_vec(),
        other => panic!("{other:?}"),
    };
    // A checksum, and two chunks of twelve blocks.
    assert_eq!(records.len(), 8 + 2 * (16 + 12 * 40));
    let with_records = |records: Vec<u8>, version: i64| {
        let map = [("version", Value::from(version)), ("chunks", Value::Bytes(records))];
        let mut layers = ndpress::Metalayers::new();
        layers.insert(LAYER, Value::Map(Metadata::from_iter(map))).unwrap();
        layers.bytes(LAYER).unwrap().to_vec()
    };
    assert!(open(&with_records(records.clone(), 1)).is_ok());
    assert!(matches!(open(&with_records(records.clone(), 2)), Err(Error::Corrupt(_))));
    assert!(matches!(
        open(&with_records(records[..records.len() - 1].to_vec(), 1)),
        Err(Error::Corrupt(_))
    ));
    assert!(matches!(open(&with_records(records[..7].to_vec(), 1)), Err(Error::Corrupt(_))));
    assert!(matches!(open(&[]), Err(Error::Corrupt(_) | Error::Truncated { .. })));
    // Cut anywhere; and any byte another: an error, or an array all the same.
    for end in 0..content.len() {
        assert!(open(&content[..end]).is_err(), "{end}");
    }
    let mut errors = 0;
    for at in 0..content.len() {
        let mut content = content.clone();
        content[at] ^= 0x41;
        match open(&content) {
            Err(Error::Corrupt(_) | Error::Truncated { .. }) => errors += 1,
            Err(other) => panic!("{at}: {other}"),
            Ok(array) => {
                // Whatever it answers, it does answer.
                let array = array.as_typed::<f32>().unwrap();
                let _ = (array.sum(), array.min_max(), array.argmax(), array.percentiles(&[50.0]));
                let _ = (array.lazy().gt(1).true_indices(), array.histogram(3, 0.0, 9.0));
            }
        }
    }
    assert!(errors > 200, "{errors}");
}

/// Sums that would overflow when they are added.
#[test]
fn sums_that_cannot_be_are_errors() {
    let items: Vec<i64> = (0..100).map(|i| i * i - 50).collect();
    let options = Options::new().chunk_shape([100]).block_shape([50]).block_statistics();
    let array = Array::from_slice(&items, [100], &options).unwrap();
    let bytes = array.to_cframe(&SaveOptions::new()).unwrap();
    let frame = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap();
    let content = frame.vlmetalayers().bytes(LAYER).unwrap();
    let sum = items[..50].iter().sum::<i64>().to_le_bytes();
    let at = content.windows(8).position(|window| window == sum).unwrap();
    let mut content = content.to_vec();
    content[at..at + 16].copy_from_slice(&i128::MAX.to_le_bytes());
    let opened = AnyArray::from_cframe(with_layer(&frame, &content), &OpenOptions::new());
    assert!(matches!(opened, Err(Error::Corrupt(_))));
}

/// Blocks of nothing but padding have sums, too.
#[test]
fn sums_of_no_elements_that_cannot_be_are_errors() {
    let options = Options::new().chunk_shape([100]).block_shape([10]).block_statistics();
    let items: Vec<i64> = (0..110).map(|i| i * i - 50).collect();
    let bytes = Array::from_slice(&items, [110], &options).unwrap().to_cframe(&SaveOptions::new());
    let frame = Frame::from_bytes(bytes.unwrap(), &OpenOptions::new()).unwrap();
    let mut content = frame.vlmetalayers().bytes(LAYER).unwrap().to_vec();
    let end = content.len();
    for block in 1..10 {
        let sum = end - 40 * block + 16;
        content[sum..sum + 16].copy_from_slice(&i128::MAX.to_le_bytes());
    }
    let opened = AnyArray::from_cframe(with_layer(&frame, &content), &OpenOptions::new());
    assert!(matches!(opened, Err(Error::Corrupt(_))));
}

/// C-Blosc2 writes nothing but the header anew when an array gets another shape over the same chunks.
#[test]
fn arrays_that_others_have_resized_have_none() {
    /// Of the frame's header: nobody's but C-Blosc2's.
    const MARK_AT: usize = 86;
    let shape =
        |lens: [u64; 2]| lens.map(|len| [&[0xd3][..], &len.to_be_bytes()].concat()).concat();
    let options = Options::new().chunk_shape([4, 4]).block_shape([4, 4]).block_statistics();
    // Of four chunks the last one has elements, in its first two rows.
    let mut array = Array::<f32>::zeros([6, 8], &options).unwrap();
    array.write_chunk(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).unwrap();
    for (lens, last) in [([8, 6], [4, 2]), ([5, 8], [1, 4]), ([7, 7], [3, 3])] {
        let mut bytes = array.to_cframe(&SaveOptions::new()).unwrap();
        let (old, new) = (shape([6, 8]), shape(lens));
        let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
        bytes[at..at + new.len()].copy_from_slice(&new);
        bytes[MARK_AT] = 0;
        let mut opened: Array<f32> = Array::from_cframe(bytes, &OpenOptions::new()).unwrap();
        assert!(opened.keeps_block_statistics());
        assert_eq!(opened.sum().unwrap(), f64::from(opened.to_vec().unwrap().iter().sum::<f32>()));
        opened.keep_block_statistics().unwrap();
        let known = opened.block_statistics(3, 0).unwrap().unwrap();
        assert_eq!(known.nitems(), last[0] * last[1]);
    }
}

/// What a lossy filter makes of elements while they are saved is what counts.
#[test]
fn elements_that_are_saved_as_others_have_none() {
    let folder = Folder::new();
    let path = folder.join("lossy.b2nd");
    let lossy = SaveOptions::new().codec(Lz4::clevel(5)).no_filters().filter(TruncPrec::bits(3));
    let array = array();
    let file = ArrayFile::create(&path, &array.clone().into(), &lossy).unwrap();
    let bytes = array.to_cframe(&lossy).unwrap();
    let opened: Array<f32> = Array::from_cframe(bytes, &OpenOptions::new()).unwrap();
    for saved in [file.as_typed::<f32>().unwrap(), &opened] {
        assert!(saved.keeps_block_statistics());
        let mut again = saved.clone();
        again.drop_block_statistics();
        let max = again.skip_nan().max().unwrap();
        assert_ne!(max, array.skip_nan().max().unwrap());
        assert_eq!(saved.skip_nan().max().unwrap(), max);
    }
}

/// A chunk of equal elements need not be known to be that before it is compressed anew.
#[test]
fn chunks_of_one_value_have_none() {
    let folder = Folder::new();
    let path = folder.join("one_value.b2nd");
    let options = Options::new().codec(Lz4::clevel(5)).no_filters().block_statistics();
    let options = options.chunk_shape([20_000]).block_shape([5000]);
    let mut items = vec![0.1; 21_000];
    items[5] = 7.0;
    let mut array = Array::from_slice(&items, [21_000], &options).unwrap();
    array.set(&[5], 0.1).unwrap();
    assert!(array.block_statistics(0, 0).unwrap().is_some());
    let anew = SaveOptions::new().codec(Lz4::clevel(5));
    let file = ArrayFile::create(&path, &array.clone().into(), &anew).unwrap();
    let bytes = array.to_cframe(&anew).unwrap();
    let opened: Array<f64> = Array::from_cframe(bytes, &OpenOptions::new()).unwrap();
    for saved in [file.as_typed::<f64>().unwrap(), &opened] {
        assert!(saved.chunk(0).unwrap().unwrap().special().is_some());
        assert!(saved.block_statistics(0, 0).unwrap().is_none());
        let mut again = saved.clone();
        again.drop_block_statistics();
        assert_eq!(saved.sum().unwrap().to_bits(), again.sum().unwrap().to_bits());
    }
}
