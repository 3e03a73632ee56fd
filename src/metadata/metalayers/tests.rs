//! Names and contents.

use super::*;

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
