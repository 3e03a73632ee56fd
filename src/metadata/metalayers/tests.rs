//! Names and contents.

use super::*;
use crate::metadata::MsgpackError;

#[test]
fn names_have_1_to_31_bytes() {
    let mut layers = Metalayers::new();
    for name in ["", "a\0b", &"x".repeat(32)] {
        let error = layers.insert(name, 1).unwrap_err();
        assert!(error.to_string().contains("1 to 31 bytes without NUL"), "{error}");
    }
    layers.insert(&"ü".repeat(15), 1).unwrap();
    assert_eq!(layers.len(), 1);
}

#[test]
fn layers_keep_their_order_and_places() {
    let mut layers = Metalayers::new();
    for name in ["b", "a", "c"] {
        assert_eq!(layers.insert(name, name).unwrap(), None);
    }
    assert_eq!(layers.insert("a", 7).unwrap().as_deref(), Some(&b"\xa1a"[..]));
    assert!(layers.names().eq(["b", "a", "c"]));
    assert_eq!(layers.value("a").unwrap(), Some(Value::I64(7)));
    assert_eq!(layers.remove("b").as_deref(), Some(&b"\xa1b"[..]));
    assert_eq!(layers.remove("b"), None);
    assert!(layers.iter().eq([("a", &[7][..]), ("c", b"\xa1c")]));
    assert_eq!(format!("{layers:?}"), r#"{"a": 7, "c": "c"}"#);
}

#[test]
fn names_of_31_bytes_are_the_longest() {
    let mut layers = Metalayers::new();
    layers.insert(&"x".repeat(31), 1).unwrap();
    layers.insert(&("ü".repeat(15) + "x"), 2).unwrap();
    layers.insert(&"ü".repeat(16), 3).unwrap_err();
    assert_eq!(layers.len(), 2);
}

#[test]
fn contents_that_are_no_value_are_kept() {
    let mut layers = Metalayers::new();
    let contents = [&b""[..], b"\xc1", b"\x81\x01\x02", b"\xd4\x05\x00", b"\xc0\xc0"];
    let sources = [
        MsgpackError::Truncated,
        MsgpackError::Marker { marker: 0xc1 },
        MsgpackError::Key,
        MsgpackError::Extension { kind: 5 },
        MsgpackError::TrailingBytes { nbytes: 1 },
    ];
    for (content, expected) in contents.into_iter().zip(sources) {
        layers.insert_bytes("odd", content).unwrap();
        assert_eq!(layers.bytes("odd"), Some(content));
        let error = layers.value("odd").unwrap_err();
        assert!(error.to_string().contains("metalayer \"odd\""), "{error}");
        let source = std::error::Error::source(&error).and_then(|error| error.downcast_ref());
        assert_eq!(source, Some(&expected));
    }
    assert_eq!(layers.value("even").unwrap(), None);
}

#[test]
fn copies_share_contents() {
    let mut layers = Metalayers::new();
    layers.insert("a", "content").unwrap();
    let mut copy = layers.clone();
    assert_eq!(copy, layers);
    assert!(std::ptr::eq(copy.bytes("a").unwrap(), layers.bytes("a").unwrap()));
    copy.insert("a", 1).unwrap();
    assert_ne!(copy, layers);
    assert_eq!(layers.value("a").unwrap(), Some(Value::from("content")));
}
