//! Arrays through formats of `serde`: for people, binary with names, binary without.

use std::fmt::Debug;

use ciborium::Value as Cbor;
use ndpress::{
    AnyArray, Array, DType, Element, Image, OpaqueArray, Options, Record, Region, SaveOptions,
    Shape,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::random::{Random, Sample};

fn to_cbor<V: Serialize>(value: &V) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// A value after it has been through each format.
fn copies<V: Serialize, C: DeserializeOwned>(value: &V) -> Vec<C> {
    let json = serde_json::to_string(value).unwrap();
    let cbor = to_cbor(value);
    let cbor_value: Cbor = ciborium::from_reader(&cbor[..]).unwrap();
    vec![
        serde_json::from_str(&json).unwrap(),
        serde_json::from_reader(json.as_bytes()).unwrap(),
        serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap(),
        postcard::from_bytes(&postcard::to_allocvec(value).unwrap()).unwrap(),
        ciborium::from_reader(&cbor[..]).unwrap(),
        cbor_value.deserialized().unwrap(),
    ]
}

fn check<T: Sample>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.shape();
    let options = random.options(&shape);
    let items: Vec<T> = random.items(shape.iter().product());
    let mut array = Array::from_slice(&items, &shape, &options).unwrap();
    array.vlmetalayers_mut().insert("unit", "mm").unwrap();
    let any = AnyArray::from(array.clone());

    let mut typed = copies::<_, Array<T>>(&array);
    typed.extend(copies::<_, Array<T>>(&any));
    typed.extend(copies::<_, AnyArray>(&array).into_iter().map(|any| any.into_typed().unwrap()));
    for copy in typed {
        assert_eq!(copy.shape()[..], shape);
        assert_eq!(copy.to_vec().unwrap(), items);
        assert_eq!(copy.vlmetalayers(), array.vlmetalayers());
        assert_eq!(copy.chunk_shape(), array.chunk_shape());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn arrays_are_what_they_were(seed: u64) {
        match seed % 6 {
            0 => check::<u8>(seed),
            1 => check::<u16>(seed),
            2 => check::<f32>(seed),
            3 => check::<bool>(seed),
            4 => check::<[f32; 2]>(seed),
            _ => check::<Record<[u8; 3]>>(seed),
        }
    }

    /// What was changed on the way is an error, at once or when it is read; or made no difference.
    #[test]
    fn changed_bytes_never_give_other_elements(seed: u64, place: prop::sample::Index, bit in 0..8u32) {
        let (items, array) = small(seed);
        let mut bytes = postcard::to_allocvec(&array).unwrap();
        *place.get_mut(&mut bytes) ^= 1u8 << bit;
        if let Ok(copy) = postcard::from_bytes::<Array<u16>>(&bytes)
            && let Ok(found) = copy.to_vec()
        {
            prop_assert_eq!(found, items);
        }
    }

    #[test]
    fn noise_is_an_error(noise: Vec<u8>) {
        prop_assert!(postcard::from_bytes::<AnyArray>(&noise).is_err());
        prop_assert!(ciborium::from_reader::<AnyArray, _>(&noise[..]).is_err());
        prop_assert!(postcard::from_bytes::<Image>(&noise).is_err());
        prop_assert!(serde_json::from_slice::<AnyArray>(&noise).is_err());
        // A frame of noise.
        prop_assert!(structure(Cbor::Bytes(noise)).deserialized::<AnyArray>().is_err());
    }

    #[test]
    fn regions_and_shapes_are_what_they_were(
        ranges in prop::collection::vec((any::<usize>(), 0..20usize), 0..=15),
    ) {
        let ranges = ranges.into_iter().map(|(start, len)| start..start.saturating_add(len));
        let Ok(region) = Region::new(ranges.collect::<Vec<_>>()) else { return Ok(()) };
        prop_assert!(copies::<_, Region>(&region).iter().all(|copy| *copy == region));
        let shape = region.shape();
        prop_assert!(copies::<_, Shape>(shape).iter().all(|copy| copy == shape));
    }
}

/// An array of several chunks, and its elements.
fn small(seed: u64) -> (Vec<u16>, Array<u16>) {
    let items: Vec<u16> = Random(seed).items(600);
    let array = Array::from_slice(&items, [20, 30], &Options::new().chunk_shape([7, 30])).unwrap();
    (items, array)
}

/// The fields of such an array, with a frame that may be another.
fn structure(frame: Cbor) -> Cbor {
    Cbor::Map(vec![
        (Cbor::from("dtype"), Cbor::from("<u2")),
        (Cbor::from("shape"), Cbor::Array(vec![Cbor::from(20), Cbor::from(30)])),
        (Cbor::from("frame"), frame),
    ])
}

#[test]
fn bytes_that_end_early_are_an_error() {
    let (_, array) = small(2);
    let bytes = postcard::to_allocvec(&array).unwrap();
    let text = serde_json::to_string(&array).unwrap();
    let cbor = to_cbor(&array);
    for len in 0..bytes.len() {
        assert!(postcard::from_bytes::<Array<u16>>(&bytes[..len]).is_err(), "{len}");
    }
    for len in 0..text.len() {
        assert!(serde_json::from_str::<Array<u16>>(&text[..len]).is_err(), "{len}");
    }
    for len in 0..cbor.len() {
        assert!(ciborium::from_reader::<Array<u16>, _>(&cbor[..len]).is_err(), "{len}");
    }
}

#[test]
fn a_frame_that_is_cut_is_an_error() {
    let (items, array) = small(3);
    let frame = array.to_cframe(&SaveOptions::new()).unwrap();
    let value = |frame: &[u8]| structure(Cbor::Bytes(frame.to_vec()));
    let whole: Array<u16> = value(&frame).deserialized().unwrap();
    assert_eq!(whole.to_vec().unwrap(), items);
    for len in 0..frame.len() {
        assert!(value(&frame[..len]).deserialized::<AnyArray>().is_err(), "{len}");
    }
}

/// The error of a JSON value that is to be a `V`.
fn fault<V: DeserializeOwned + Debug>(value: Json) -> String {
    serde_json::from_value::<V>(value).unwrap_err().to_string()
}

#[test]
fn fields_have_to_agree_with_the_frame() {
    let array = serde_json::to_value(small(4).1).unwrap();
    let with = |field: &str, value: Json| {
        let mut changed = array.clone();
        changed[field] = value;
        fault::<AnyArray>(changed)
    };
    assert_eq!(with("dtype", json!("<i2")), "array holds u16, not i16");
    assert_eq!(with("dtype", json!("u16")), "\"u16\" is not a NumPy dtype string");
    assert!(with("shape", json!([30, 20])).contains("[30, 20]"));
    assert!(with("shape", json!([600])).contains("[600]"));
    assert!(with("shape", json!([20, -30])).contains("-30"));
    assert_eq!(with("frame", json!("abc")), "the text is no base64");
    assert!(with("frame", json!("")).contains("0"));
    assert!(with("frame", json!([1, 2])).contains("base64"));
    assert!(with("frame", json!(null)).contains("base64"));
}

#[test]
fn fields_come_in_any_order_and_once() {
    let (items, array) = small(5);
    let value = serde_json::to_value(&array).unwrap();
    let field = |name: &str| format!("{name:?}: {}", value[name]);
    let parse = |names: &[&str]| {
        let fields: Vec<_> = names.iter().map(|name| field(name)).collect();
        serde_json::from_str::<Array<u16>>(&format!("{{{}}}", fields.join(", ")))
    };
    for names in [["frame", "shape", "dtype"], ["shape", "dtype", "frame"]] {
        assert_eq!(parse(&names).unwrap().to_vec().unwrap(), items);
    }
    let more = parse(&["dtype", "later", "shape", "frame"]).unwrap();
    assert_eq!(more.to_vec().unwrap(), items);
    let error = parse(&["dtype", "shape"]).unwrap_err().to_string();
    assert!(error.starts_with("missing field `frame`"), "{error}");
    let error = parse(&["shape", "dtype", "shape", "frame"]).unwrap_err().to_string();
    assert!(error.starts_with("duplicate field `shape`"), "{error}");

    let sequence = json!([value["dtype"], value["shape"], value["frame"]]);
    assert_eq!(serde_json::from_value::<Array<u16>>(sequence).unwrap().to_vec().unwrap(), items);
    assert_eq!(fault::<AnyArray>(json!([value["dtype"]])), "missing field `shape`");
    assert!(fault::<AnyArray>(json!(7)).contains("Array with dtype, shape, frame"));
}

/// Formats without bytes have a sequence of numbers instead.
#[test]
fn a_frame_may_be_a_sequence_of_bytes() {
    let (items, array) = small(6);
    let frame = array.to_cframe(&SaveOptions::new()).unwrap();
    let frame: Vec<Cbor> = frame.iter().map(|&byte| Cbor::from(byte)).collect();
    let bytes = to_cbor(&structure(Cbor::Array(frame)));
    let copy: Array<u16> = ciborium::from_reader(&bytes[..]).unwrap();
    assert_eq!(copy.to_vec().unwrap(), items);
    let bytes = to_cbor(&structure(Cbor::Array(vec![Cbor::from(256)])));
    let error = ciborium::from_reader::<AnyArray, _>(&bytes[..]).unwrap_err().to_string();
    assert!(error.contains("256"), "{error}");
}

#[test]
fn arrays_of_other_elements_are_refused() {
    fn refused<T: Element>(array: &impl Serialize) -> String {
        let bytes = postcard::to_allocvec(array).unwrap();
        assert!(postcard::from_bytes::<Array<T>>(&bytes).is_err());
        fault::<Array<T>>(serde_json::to_value(array).unwrap())
    }
    let (_, array) = small(7);
    assert_eq!(refused::<i16>(&array), "array holds u16, not i16");
    assert_eq!(refused::<Record<u16>>(&array), "array holds u16, not opaque(2)");
    let value = serde_json::to_value(&array).unwrap();
    assert_eq!(fault::<OpaqueArray>(value), "array holds u16, not records");

    let dtype = DType::opaque(3).unwrap();
    let mut records = AnyArray::from_bytes(dtype, b"redgrnblu", [3], &Options::new()).unwrap();
    records.set_numpy_dtype("|S3").unwrap();
    for copy in copies::<_, OpaqueArray>(&records) {
        assert_eq!(copy.read_region(&Region::full(*copy.shape())).unwrap(), b"redgrnblu");
        assert_eq!(copy.numpy_dtype(), "|S3");
    }
}

#[test]
fn an_array_of_one_value_stays_small() {
    let array = Array::full([10_000, 10_000], 7u16, &Options::new()).unwrap();
    let bytes = postcard::to_allocvec(&array).unwrap();
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    let copy: Array<u16> = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(copy.at(&[9999, 3]).unwrap(), 7);
}

#[test]
fn what_describes_arrays_is_checked() {
    let dtypes = [DType::Bool, DType::U8, DType::I64, DType::F16, DType::Complex128];
    for dtype in dtypes.into_iter().chain(DType::opaque(536_866_816)) {
        assert!(copies::<_, DType>(&dtype).iter().all(|copy| *copy == dtype));
        assert_eq!(serde_json::to_value(dtype).unwrap(), json!(dtype.numpy()));
    }
    assert!(fault::<DType>(json!("|V536866817")).contains("is not a NumPy dtype"));
    assert!(fault::<DType>(json!(2)).contains("NumPy dtype string"));
    assert_eq!(serde_json::to_value(Shape::scalar()).unwrap(), json!([]));
    assert!(fault::<Shape>(json!(vec![1; 16])).contains("invalid length 16"));
    assert!(fault::<Shape>(json!([usize::MAX, 2])).contains("overflow"));
    assert!(fault::<Region>(json!([[4, 3]])).contains("4..3"));
    assert!(fault::<Region>(json!([[4, 3, 2]])).contains("length"));
    // Announced lengths are not allocated.
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1];
    assert!(postcard::from_bytes::<Shape>(&huge).is_err());
}

fn image() -> Image {
    let mut image = Image::zeros::<u8>(["R", "a/b"], [48, 64], &Options::new()).unwrap();
    let ramp: Vec<f32> = (0..48 * 64).map(|i| (i / 64) as f32).collect();
    let depth = ndpress::Channel::from_slice(&ramp, [48, 64], &Options::new()).unwrap();
    image.push("Z", depth).unwrap();
    image.metadata_mut().insert("camera", "A");
    image
}

#[test]
fn images_are_what_they_were() {
    let image = image();
    for copy in copies::<_, Image>(&image) {
        assert!(copy.content_eq(&image).unwrap());
        assert_eq!(copy.names().collect::<Vec<_>>(), ["R", "a/b", "Z"]);
        assert_eq!(copy.channel::<f32>("Z").unwrap().at(&[47, 3]).unwrap(), 47.0);
    }
    let bytes = [(); 2].map(|()| postcard::to_allocvec(&image).unwrap());
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn damaged_images_are_errors() {
    let image = image();
    let mut value = serde_json::to_value(&image).unwrap();
    value["shape"] = json!([64, 48]);
    assert!(fault::<Image>(value).contains("[64, 48]"));
    let bytes = postcard::to_allocvec(&image).unwrap();
    for len in 0..bytes.len() {
        assert!(postcard::from_bytes::<Image>(&bytes[..len]).is_err(), "{len}");
    }
    for place in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x55;
        // Whatever it is, it can be looked at.
        if let Ok(image) = postcard::from_bytes::<Image>(&bytes) {
            for (_, channel) in image.channels() {
                let array = channel.as_array();
                let mut bytes = vec![0; array.nbytes()];
                let _ = array.read_region_bytes_into(&Region::full(*array.shape()), &mut bytes);
            }
        }
    }
}
