use proptest::prelude::*;

use super::{Metadata, Value};

#[test]
fn keeps_types_and_bits() {
    let metadata = Metadata::from_iter([
        ("bool", Value::from(true)),
        ("int", Value::from(i64::MIN)),
        ("uint", Value::from(u64::MAX)),
        ("float", Value::from(0.1 + 0.2)),
        ("float32", Value::from(0.1f32)),
        ("nan", Value::from(f64::from_bits(0x7ff8_0000_0000_0001))),
        ("text", Value::from("Größe")),
        ("bytes", Value::Bytes(vec![0, 255, b'"'])),
        ("vector", Value::from([1, 2, 3])),
        ("matrix", Value::from(vec![vec![1.0f32, 0.0], vec![0.0, 1.0]])),
        ("none", Value::from(None::<bool>)),
        ("map", Value::from(Metadata::from_iter([("inner", 1u8)]))),
    ]);
    assert_eq!(metadata.get("bool").unwrap().as_bool(), Some(true));
    assert_eq!(metadata.get("int").unwrap().as_i64(), Some(i64::MIN));
    assert_eq!(metadata.get("int").unwrap().as_u64(), None);
    assert_eq!(metadata.get("uint").unwrap().as_u64(), Some(u64::MAX));
    assert_eq!(metadata.get("float").unwrap().as_f64(), Some(0.1 + 0.2));
    assert_eq!(metadata.get("float32").unwrap().as_f64(), Some(f64::from(0.1f32)));
    assert_eq!(metadata.get("text").unwrap().as_str(), Some("Größe"));
    assert_eq!(metadata.get("bytes").unwrap().as_bytes(), Some(&[0, 255, b'"'][..]));
    assert_eq!(metadata.get("vector").unwrap().as_array().unwrap().len(), 3);
    assert_eq!(metadata.get("none"), Some(&Value::Null));
    let inner = metadata.get("map").unwrap().as_map().unwrap();
    assert_eq!(inner.get("inner").unwrap().as_i64(), Some(1));
    // NaN included.
    assert_eq!(metadata, metadata.clone());
}

#[test]
fn values_of_another_type_or_bit_pattern_differ() {
    assert_ne!(Value::from(1i64), Value::from(1u64));
    assert_ne!(Value::from(1i64), Value::from(1.0));
    assert_ne!(Value::from(0.0), Value::from(-0.0));
    assert_ne!(Value::from("a"), Value::Bytes(b"a".to_vec()));
}

#[test]
fn order_counts() {
    let a = Metadata::from_iter([("x", 1), ("y", 2)]);
    let b = Metadata::from_iter([("y", 2), ("x", 1)]);
    assert_ne!(a, b);
}

#[test]
fn debug_reads_like_json() {
    let metadata = Metadata::from_iter([
        ("a", Value::from([0.5, 1.0])),
        ("b", Value::from("quote \"")),
        ("c", Value::Bytes(vec![0, 65])),
        ("d", Value::Null),
    ]);
    let text = r#"{"a": [0.5, 1.0], "b": "quote \"", "c": b"\x00A", "d": null}"#;
    assert_eq!(format!("{metadata:?}"), text);
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String, i64),
    Remove(String),
    Change(String, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => ("[a-e]", any::<i64>()).prop_map(|(key, value)| Step::Insert(key, value)),
        2 => "[a-e]".prop_map(Step::Remove),
        1 => ("[a-e]", any::<i64>()).prop_map(|(key, value)| Step::Change(key, value)),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Against a plain list of pairs.
    #[test]
    fn behaves_like_a_list(steps in steps()) {
        let mut metadata = Metadata::new();
        let mut model: Vec<(String, i64)> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(key, value) => {
                    let old = metadata.insert(&key, value).and_then(|old| old.as_i64());
                    let held = model.iter_mut().find(|(held, _)| *held == key);
                    let expected = held.map(|(_, held)| std::mem::replace(held, value));
                    prop_assert_eq!(old, expected);
                    if expected.is_none() {
                        model.push((key, value));
                    }
                }
                Step::Remove(key) => {
                    let old = metadata.remove(&key).and_then(|old| old.as_i64());
                    let position = model.iter().position(|(held, _)| *held == key);
                    prop_assert_eq!(old, position.map(|position| model.remove(position).1));
                }
                Step::Change(key, value) => {
                    let held = model.iter_mut().find(|(held, _)| *held == key);
                    prop_assert_eq!(metadata.contains_key(&key), held.is_some());
                    if let Some((_, held)) = held {
                        *held = value;
                        *metadata.get_mut(&key).unwrap() = value.into();
                    }
                }
            }
            prop_assert_eq!(metadata.len(), model.len());
            let listed = metadata.iter().map(|(key, value)| (key.to_owned(), value.as_i64()));
            prop_assert!(listed.eq(model.iter().map(|(key, value)| (key.clone(), Some(*value)))));
            for (key, value) in &model {
                prop_assert_eq!(metadata.get(key).and_then(Value::as_i64), Some(*value));
            }
        }
    }
}
