use super::copy_match;

/// What a copy of one byte after the other gives.
fn naive(buffer: &mut [u8], pos: usize, offset: usize, len: usize) {
    for i in pos..pos + len {
        buffer[i] = buffer[i - offset];
    }
}

#[test]
fn agrees_with_a_copy_byte_by_byte_for_all_short_offsets_and_lengths() {
    let lens = if cfg!(miri) { vec![0, 1, 7, 17, 33, 70] } else { (0..150).collect() };
    for offset in 1..=40 {
        for &len in &lens {
            // From no room behind the match to more than the wild copies need.
            for room in [0, 1, 15, 31, 32, 33, 64] {
                let pos = 40;
                let mut found: Vec<u8> = (0..pos as u8).collect();
                found.resize(pos + len + room, 0xee);
                let mut expected = found.clone();
                copy_match(&mut found, pos, offset, len);
                naive(&mut expected, pos, offset, len);
                assert_eq!(found[..pos + len], expected[..pos + len], "{offset} {len} {room}");
            }
        }
    }
}

#[test]
fn long_matches_and_the_first_byte_of_the_buffer() {
    for offset in [1, 2, 3, 7, 8, 13, 16, 17, 31, 32, 33, 255] {
        let len = if cfg!(miri) { 300 } else { 10_000 };
        let mut found: Vec<u8> = (0..offset).map(|i| i as u8).collect();
        found.resize(offset + len, 0);
        let mut expected = found.clone();
        copy_match(&mut found, offset, offset, len);
        naive(&mut expected, offset, offset, len);
        assert_eq!(found, expected, "{offset}");
    }
}

#[test]
fn refuses_what_lies_outside() {
    for (pos, offset, len) in [(4, 0, 1), (4, 5, 1), (4, 1, 5), (9, 1, 0), (4, 1, usize::MAX)] {
        let copy = || copy_match(&mut [0; 8], pos, offset, len);
        assert!(std::panic::catch_unwind(copy).is_err(), "{pos} {offset} {len}");
    }
}
