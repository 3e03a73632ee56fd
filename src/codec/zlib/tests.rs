//! Streams of zlib's own library, and damaged ones. Chunks of C-Blosc2: `tests/compat.rs`.

use super::*;

/// `zlib.compress(bytes(range(16)) * 8, 6)` of Python.
const STREAM: [u8; 27] = [
    0x78, 0x9c, 0x63, 0x60, 0x64, 0x62, 0x66, 0x61, 0x65, 0x63, 0xe7, 0xe0, 0xe4, 0xe2, 0xe6, 0xe1,
    0xe5, 0xe3, 0x67, 0xa0, 0x33, 0x1f, 0x00, 0xe7, 0xc0, 0x03, 0xc1,
];

fn decode(stream: &[u8], nbytes: usize) -> Result<Vec<u8>, CodecError> {
    let mut decoded = vec![0xa5; nbytes];
    let block = BlockInfo::bytes(&nbytes);
    Zlib::default().decode(stream, &mut decoded, &block, &mut Scratch::default())?;
    Ok(decoded)
}

#[test]
fn streams_of_zlib_decode() {
    let expected: Vec<u8> = (0..128).map(|i| i % 16).collect();
    assert_eq!(decode(&STREAM, 128).unwrap(), expected);
}

#[test]
fn other_lengths_are_errors() {
    assert!(matches!(decode(&STREAM, 129), Err(CodecError::Truncated)));
    assert!(matches!(decode(&STREAM, 127), Err(CodecError::Corrupt { .. })));
}

#[test]
fn damaged_streams_are_errors() {
    for len in 0..STREAM.len() {
        assert!(decode(&STREAM[..len], 128).is_err(), "{len}");
    }
    for bit in 0..8 * STREAM.len() {
        let mut damaged = STREAM.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let decoded = decode(&damaged, 128);
        // Two of the header's bits say how hard the writer tried, and are not checked further.
        assert!(decoded.is_err() || decoded.is_ok_and(|bytes| bytes[15] == 15), "{bit}");
    }
}
