//! Every truncation and every bit flip of frames: an error, or what was written.

use ndpress::frame::{Frame, FrameOptions, OpenOptions};
use ndpress::{AnyArray, Array, Corruption, Error, Limits, Options, Region, SaveOptions};

use crate::{allocations, chunk, fixture, samples};

const FIXTURES: [&str; 6] = [
    "plain.b2nd",
    "meta.b2nd",
    "blosclz.b2nd",
    "big_endian.b2nd",
    "short_last.b2frame",
    "changed.b2frame",
];

/// Opens and reads all there is, with limits; what it holds.
fn read(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let limits = Limits::default().with_chunk_nbytes(1 << 20).with_frame_nbytes(1 << 20);
    let options = OpenOptions::new().limits(limits);
    let frame = Frame::from_bytes(bytes, &options)?;
    for layers in [frame.metalayers(), frame.vlmetalayers()] {
        for name in layers.names() {
            let _ = layers.value(name);
        }
    }
    let array = AnyArray::from_frame(&frame)?;
    let nbytes = array.nbytes();
    if nbytes > 1 << 20 {
        // Zeros of any shape cost nothing until they are read.
        return Ok(Vec::new());
    }
    let mut elements = vec![0; nbytes];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut elements)?;
    Ok(elements)
}

/// Reads damaged bytes; what that took.
fn damaged(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let (result, nbytes) = allocations::peak_of(|| read(bytes.to_vec()));
    assert!(nbytes < 16 << 20, "{nbytes} bytes for one of {}", bytes.len());
    result
}

fn ours() -> Vec<u8> {
    let options = Options::new().chunk_shape([9, 8]).block_shape([4, 3]);
    let mut array = Array::from_slice(&samples(20 * 15, 1), [20, 15], &options).unwrap();
    array.vlmetalayers_mut().insert("note", "kept").unwrap();
    array.to_cframe(&SaveOptions::new()).unwrap()
}

/// Writes the fixture: once, for a new version of the format, under a new name.
#[test]
#[ignore = "writes a file of the repository"]
fn write_our_fixture() {
    std::fs::write(crate::fixture_path("ndpress_0.1.b2nd"), ours()).unwrap();
}

#[test]
fn our_frames_are_what_they_were() {
    let bytes = fixture("ndpress_0.1.b2nd");
    let items = samples(20 * 15, 1);
    let expected: &[u8] = ndpress::bytemuck::cast_slice(&items);
    assert_eq!(read(bytes.clone()).unwrap(), expected);
    // On every machine, with all features or none.
    assert!(ours() == bytes, "other bytes are written: a change of the format");
}

#[test]
fn truncated_frames_are_errors() {
    for name in FIXTURES {
        let bytes = fixture(name);
        read(bytes.clone()).unwrap();
        for len in 0..bytes.len() {
            assert!(damaged(&bytes[..len]).is_err(), "{name}, {len} bytes");
        }
    }
}

#[test]
fn flipped_bits_of_others_frames_do_no_harm() {
    for name in FIXTURES {
        let bytes = fixture(name);
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // There is no checksum that would tell wrong elements.
            let _ = damaged(&flipped);
        }
    }
}

#[test]
fn flipped_bits_of_our_frames_are_noticed() {
    let bytes = ours();
    let expected = read(bytes.clone()).unwrap();
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match damaged(&flipped) {
            Err(_) => {}
            Ok(found) => {
                // In a block of nothing but padding, which nobody reads; but a look at all tells.
                assert_eq!(found, expected, "bit {bit}");
                let frame = Frame::from_bytes(flipped, &OpenOptions::new()).unwrap();
                assert_eq!(frame.verify().bad.len(), 1, "bit {bit}");
            }
        }
    }
    for len in 0..bytes.len() {
        assert!(damaged(&bytes[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn a_bad_chunk_is_named_and_the_others_are_read() {
    let folder = crate::Folder::new();
    let path = folder.join("beauty.b2frame");
    let mut frame = Frame::create(&path, &FrameOptions::new().typesize(4)).unwrap();
    for number in 0..5 {
        frame.append_chunk(&chunk(5000, number)).unwrap();
    }
    frame.flush().unwrap();
    drop(frame);
    let mut bytes = std::fs::read(&path).unwrap();
    let third = chunk(5000, 2);
    let at = bytes.windows(third.cbytes()).position(|window| window == third.as_bytes()).unwrap();
    bytes[at + third.cbytes() / 2] ^= 0x10;
    std::fs::write(&path, &bytes).unwrap();

    let frame = Frame::open(&path, &OpenOptions::new()).unwrap();
    let error = frame.chunk(2).unwrap_err();
    let text = error.to_string();
    let expected = format!("chunk 2 of {path:?} fails its checksum at offset {at} (expected ");
    assert!(text.starts_with(&expected), "{text}");
    let Error::Corrupt(corrupt) = &error else { panic!("{error}") };
    assert_eq!((corrupt.chunk, corrupt.path.as_deref()), (Some(2), Some(&*path)));
    assert!(matches!(corrupt.cause, Corruption::Checksum { offset, .. } if offset == at as u64));
    for index in [0, 1, 3, 4] {
        assert_eq!(frame.chunk(index).unwrap().as_bytes(), chunk(5000, index as u64).as_bytes());
    }
    let found = frame.verify();
    assert_eq!((found.nchunks, found.unchecked, found.bad.len(), found.bad[0].chunk), (5, 0, 1, 2));
    // Blocks that are not damaged can be read, too; and all, by those who do not ask.
    let good = frame.blocks(2, &[0]).unwrap();
    assert_eq!(good.cbytes(), third.cbytes());
    let trusting = OpenOptions::new().checksums(ndpress::frame::Checksums::Skip);
    Frame::open(&path, &trusting).unwrap().chunk(2).unwrap();
}

/// A field of the header of `plain.b2nd` with another value.
fn with(at: usize, value: &[u8]) -> String {
    let mut bytes = fixture("plain.b2nd");
    bytes[at..at + value.len()].copy_from_slice(value);
    match damaged(&bytes) {
        Ok(_) => "read".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_has_broken_others_is_an_error() {
    let max = i64::MAX.to_be_bytes();
    let text = with(0x0b, &i32::MAX.to_be_bytes());
    assert!(text.contains("the limit is"), "{text}");
    assert_eq!(
        with(0x0b, &(-1_i32).to_be_bytes()),
        "frame: header_len is -1, but it must not be negative"
    );
    assert_eq!(with(0x0b, &10_i32.to_be_bytes()), "frame: header_len is 10, but it is at least 87");
    assert!(with(0x10, &max).starts_with("compressed data ends after 1324 of 9223"));
    // Uncompressed and compressed size.
    assert_ne!(with(0x1e, &max), "read");
    assert_eq!(
        with(0x27, &max),
        "frame: compressed_size is 9223372036854775807, but the frame is shorter"
    );
    // Type, block and chunk size.
    assert_eq!(with(0x30, &0_i32.to_be_bytes()), "frame: type_size is 0, but it must be positive");
    assert_ne!(with(0x3a, &0_i32.to_be_bytes()), "read");
    // The version, and offsets of another width.
    assert_eq!(with(0x19, &[0x1f]), "frame format version 15");
    assert_ne!(with(0x19, &[0x22]), "read");
    // The number of filters; the place of the metalayer, and its length.
    assert_eq!(with(0x46, &[7]), "frame: number of filters is 7, but there are at most 6");
    let bytes = fixture("plain.b2nd");
    let name = bytes.windows(5).position(|window| window == b"\xa4b2nd").unwrap();
    assert_ne!(with(name + 6, &i32::MAX.to_be_bytes()), "read");
    let place = u32::from_be_bytes(*bytes[name + 6..].first_chunk().unwrap()) as usize;
    assert_ne!(with(place + 1, &(i32::MAX - 3).to_be_bytes()), "read");
    // b2nd: number of axes, a negative and a huge length, chunks of nothing, and a block of 65536 by
    // 65536.
    let b2nd = place + 5;
    assert_ne!(with(b2nd + 2, &[16]), "read");
    assert_ne!(with(b2nd + 5, &(-1_i64).to_be_bytes()), "read");
    assert_ne!(with(b2nd + 5, &max), "read");
    let chunkshape = b2nd + 4 + 2 * 9 + 2;
    let text = with(chunkshape, &0_i32.to_be_bytes());
    assert_eq!(text, "array: chunk length 0 on axis 0 does not suit the array's length 13");
    let blockshape = chunkshape + 2 * 5 + 1;
    assert_ne!(with(blockshape, &65536_i32.to_be_bytes()), "read");
    // The length of the trailer, and the number of its metalayers.
    let end = bytes.len();
    assert_ne!(with(end - 22, &u32::MAX.to_be_bytes()), "read");
    assert_ne!(with(end - 22, &3_u32.to_be_bytes()), "read");
    let trailer = end - u32::from_be_bytes(*bytes[end - 22..].first_chunk().unwrap()) as usize;
    assert_eq!(
        with(trailer + 7, &[0xff, 0xff]),
        "frame: number of metalayers is 65535, but there are at most 8192"
    );
}
