use super::Words;

#[test]
fn loads_what_slices_hold() {
    let bytes: Vec<u8> = (0..20).map(|i| i * 13).collect();
    let words = Words::new(&bytes).unwrap();
    for pos in 0..=12 {
        assert_eq!(words.u32(pos), u32::from_le_bytes(bytes[pos..][..4].try_into().unwrap()));
        assert_eq!(words.u64(pos), u64::from_le_bytes(bytes[pos..][..8].try_into().unwrap()));
    }
    assert_eq!(words.bytes(), bytes);
    assert!(Words::new(&bytes[..7]).is_none());
}

#[test]
fn counts_as_a_loop_over_bytes_does() {
    for equal in 0..40 {
        for distance in [1, 3, 8, 11] {
            let mut bytes: Vec<u8> = (0..distance).map(|i| i as u8).collect();
            for i in 0..equal {
                bytes.push(bytes[i]);
            }
            for (behind, end) in [(0, 0), (1, 0), (9, 0), (30, 0), (30, 5)] {
                let mut bytes = bytes.clone();
                bytes.resize(bytes.len() + behind, 0xee);
                let end = bytes.len() - end;
                let expected = equal.min(end - distance);
                let Some(words) = Words::new(&bytes) else { continue };
                assert_eq!(words.common_len(distance, distance, end), expected);
            }
        }
    }
}

#[test]
fn counts_backwards_as_a_loop_over_bytes_does() {
    for equal in 0..30 {
        for (before, between) in [(0, 1), (0, 9), (1, 1), (5, 20), (20, 3)] {
            // `before` bytes and `between` bytes that differ from each other, then equal ones.
            let mut bytes: Vec<u8> = vec![1; before];
            bytes.extend((0..equal).map(|i| i as u8 + 50));
            let from = bytes.len();
            bytes.extend(vec![2; between]);
            bytes.extend((0..equal).map(|i| i as u8 + 50));
            let pos = bytes.len();
            bytes.push(0);
            let Some(words) = Words::new(&bytes) else { continue };
            for max in 0..=from {
                let expected = (0..max).take_while(|i| bytes[pos - 1 - i] == bytes[from - 1 - i]);
                assert_eq!(words.common_len_back(pos, from, max), expected.count());
            }
        }
    }
}

#[test]
fn refuses_what_lies_outside() {
    let bytes = [0; 20];
    let words = Words::new(&bytes).unwrap();
    for pos in [13, 20, usize::MAX - 3, usize::MAX] {
        assert!(std::panic::catch_unwind(|| words.u32(pos)).is_err());
        assert!(std::panic::catch_unwind(|| words.u64(pos)).is_err());
    }
    for (pos, from, max) in [(21, 1, 1), (4, 2, 3), (2, 4, 3), (usize::MAX, 0, 0)] {
        assert!(std::panic::catch_unwind(|| words.common_len_back(pos, from, max)).is_err());
    }
    for (pos, distance, end) in [(2, 3, 20), (2, 1, 21), (usize::MAX, 1, usize::MAX), (20, 1, 19)] {
        assert!(std::panic::catch_unwind(|| words.common_len(pos, distance, end)).is_err());
    }
}
