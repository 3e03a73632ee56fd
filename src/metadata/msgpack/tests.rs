//! Against Python's msgpack (`tests/fixtures/msgpack.bin`), and against damage.

use proptest::prelude::*;

use super::*;

const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/msgpack.bin");
/// How much of each value the fixture has.
const HEAD: usize = 64;

/// As `generate_msgpack.py` has them.
fn values() -> Vec<Value> {
    let unsigned = [
        0,
        1,
        127,
        128,
        255,
        256,
        65535,
        65536,
        (1 << 32) - 1,
        1 << 32,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX,
    ];
    let signed = [-1, -32, -33, -128, -129, -32768, -32769, -(1 << 31), -(1 << 31) - 1, i64::MIN];
    let lengths = [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536];
    let mut values = vec![Value::Null, Value::Bool(false), Value::Bool(true)];
    values.extend(unsigned.map(number));
    values.extend(signed.map(Value::I64));
    values.extend([0.0, -0.0, 1.5, f64::INFINITY, 5e-324].map(Value::F64));
    values.push(Value::from("grün"));
    values.extend(lengths.map(|len| Value::String("x".repeat(len))));
    values.extend(lengths.map(|len| Value::Bytes(vec![0xff; len])));
    values.extend(lengths.map(|len| Value::Array(vec![Value::I64(7); len])));
    values.extend(lengths.map(|len| {
        Value::Map((0..len).map(|i| (format!("{i:x}"), Value::I64(i as i64))).collect())
    }));
    let inner = Metadata::from_iter([("b", Value::Null)]);
    let list = vec![
        Value::I64(1),
        Value::Array(vec![Value::F64(2.5), Value::Map(inner)]),
        Value::Bytes(vec![0]),
    ];
    values.push(Value::Map(Metadata::from_iter([
        ("a", Value::Array(list)),
        ("c", Value::Map(Metadata::new())),
    ])));
    values
}

/// As integers are read.
fn number(number: u64) -> Value {
    i64::try_from(number).map_or(Value::U64(number), Value::I64)
}

#[test]
fn values_are_written_as_python_writes_them() {
    let mut rest = FIXTURE;
    for value in values() {
        let (len, bytes) = rest.split_first_chunk::<4>().unwrap();
        let len = u32::from_le_bytes(*len) as usize;
        let (head, next) = bytes.split_at(len.min(HEAD));
        rest = next;
        let encoded = encode(&value);
        assert_eq!((encoded.len(), &encoded[..head.len()]), (len, head));
        assert_eq!(decode(&encoded).unwrap(), value);
    }
    assert!(rest.is_empty());
}

#[test]
fn forms_that_are_not_the_shortest_are_read() {
    for (bytes, value) in [
        (&[0xcd, 0, 7][..], Value::I64(7)),
        (&[0xd3, 0, 0, 0, 0, 0, 0, 0, 7], Value::I64(7)),
        (&[0xd1, 0xff, 0xfe], Value::I64(-2)),
        (&[0xca, 0x3f, 0xc0, 0, 0], Value::F64(1.5)),
        (&[0xdb, 0, 0, 0, 1, b'x'], Value::from("x")),
        (&[0xc6, 0, 0, 0, 1, 9], Value::Bytes(vec![9])),
        (&[0xdd, 0, 0, 0, 1, 0xc0], Value::Array(vec![Value::Null])),
        (&[0xdf, 0, 0, 0, 0], Value::Map(Metadata::new())),
    ] {
        assert_eq!(decode(bytes).unwrap(), value);
    }
}

#[test]
fn other_bytes_are_errors() {
    for (bytes, error) in [
        (&[][..], MsgpackError::Truncated),
        (&[0xc1], MsgpackError::Marker { marker: 0xc1 }),
        (&[0xc0, 0xc0], MsgpackError::TrailingBytes { nbytes: 1 }),
        (&[0xa1, 0xff], MsgpackError::Text),
        (&[0x81, 0x01, 0x02], MsgpackError::Key),
        (&[0xd4, 0x05, 0x00], MsgpackError::Extension { kind: 5 }),
        (&[0xc7, 0x00, 0xff], MsgpackError::Extension { kind: -1 }),
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], MsgpackError::Truncated),
        (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0], MsgpackError::Truncated),
        (&[0xc6, 0xff, 0xff, 0xff, 0xff], MsgpackError::Truncated),
    ] {
        assert_eq!(decode(bytes).unwrap_err(), error, "{bytes:x?}");
    }
    // Half a million of nothing.
    let mut many = vec![0xdd, 0, 8, 0, 0];
    many.resize(5 + (1 << 19), 0xc0);
    assert_eq!(decode(&many).unwrap_err(), MsgpackError::Values { max: 1 << 18 });
    // Lists in lists, a million deep.
    assert_eq!(decode(&vec![0x91; 1 << 20]).unwrap_err(), MsgpackError::Depth { max: 64 });
}

#[test]
fn values_lie_64_deep_but_no_deeper() {
    for inner in [&[0x91][..], &[0x81, 0xa0]] {
        let nested = |depth| [&inner.repeat(depth)[..], &[0xc0]].concat();
        decode(&nested(64)).unwrap();
        assert_eq!(decode(&nested(65)).unwrap_err(), MsgpackError::Depth { max: 64 });
    }
}

#[test]
fn integers_of_both_types_are_written_alike() {
    for number in [0, 5, 255, i64::MAX] {
        assert_eq!(encode(&Value::U64(number as u64)), encode(&Value::I64(number)));
        assert_eq!(decode(&encode(&Value::U64(number as u64))).unwrap(), Value::I64(number));
    }
}

#[test]
fn the_last_of_two_values_of_a_key_is_kept() {
    let value = decode(b"\x83\xa1a\x01\xa1b\x02\xa1a\x03").unwrap();
    let kept = Metadata::from_iter([("a", Value::I64(3)), ("b", Value::I64(2))]);
    assert_eq!(value, Value::Map(kept));
}

/// The values of the fixture but the long ones, as Python wrote them.
fn whole_values() -> impl Iterator<Item = &'static [u8]> {
    let mut rest = FIXTURE;
    std::iter::from_fn(move || {
        let (len, bytes) = rest.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        let (head, next) = bytes.split_at(len.min(HEAD));
        rest = next;
        Some((len, head))
    })
    .filter_map(|(len, head)| (head.len() == len).then_some(head))
}

#[test]
fn no_value_ends_before_its_end() {
    for bytes in whole_values() {
        decode(bytes).unwrap();
        for len in 0..bytes.len() {
            assert_eq!(decode(&bytes[..len]).unwrap_err(), MsgpackError::Truncated);
        }
    }
}

#[test]
fn flipped_bits_give_an_error_or_another_value() {
    for bytes in whole_values() {
        let value = decode(bytes).unwrap();
        let mut bytes = bytes.to_vec();
        for bit in 0..8 * bytes.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = decode(&bytes) {
                assert_ne!(other, value, "{bytes:x?}");
                assert_eq!(decode(&encode(&other)).unwrap(), other);
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(number),
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_map(Value::F64),
        ".{0,40}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((".{0,5}", inner), 0..6)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn values_come_back(value in value()) {
        prop_assert_eq!(decode(&encode(&value)).unwrap(), value);
    }

    #[test]
    fn damaged_values_are_answered(value in value(), bit: usize, len: usize) {
        let mut bytes = encode(&value);
        let bit = bit % (8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = decode(&bytes);
        let _ = decode(&bytes[..len % bytes.len()]);
    }
}
