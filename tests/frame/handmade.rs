//! Frames that no writer at hand makes: of other releases, or hostile.

use ndpress::frame::{Frame, FrameOptions, OpenOptions};
use ndpress::{AnyArray, Chunk, ChunkFormat, ChunkOptions, Metalayers, SaveOptions};

use crate::samples;

/// A metalayer of Caterva: the same as b2nd's without a dtype.
fn caterva(shape: &[u64], chunk: &[u32], block: &[u32]) -> Vec<u8> {
    let ndim = shape.len() as u8;
    let mut content = vec![0x95, 0, ndim, 0x90 + ndim];
    shape.iter().for_each(|len| {
        content.push(0xd3);
        content.extend(len.to_be_bytes());
    });
    for part in [chunk, block] {
        content.push(0x90 + ndim);
        part.iter().for_each(|len| {
            content.push(0xd2);
            content.extend(len.to_be_bytes());
        });
    }
    content
}

fn frame_of(layer: Vec<u8>, chunks: &[Chunk]) -> Vec<u8> {
    let mut layers = Metalayers::new();
    layers.insert_bytes("caterva", layer).unwrap();
    let options = FrameOptions::new().typesize(4).metalayers(layers);
    let mut frame = Frame::new(&options).unwrap();
    chunks.iter().for_each(|chunk| frame.append_chunk(chunk).unwrap());
    frame.to_bytes().unwrap()
}

#[test]
fn arrays_of_caterva_open() {
    let items = samples(24, 1);
    // Blocks of 2 by 3 in chunks of 4 by 6: block by block.
    let mut order = Vec::new();
    for (y, x) in [(0, 0), (0, 3), (2, 0), (2, 3)] {
        for row in 0..2 {
            order.extend_from_slice(&items[(y + row) * 6 + x..][..3]);
        }
    }
    let bytes: &[u8] = ndpress::bytemuck::cast_slice(&order);
    let chunk = Chunk::encode(bytes, 4, &ChunkOptions::new().blocksize(24)).unwrap();
    let bytes = frame_of(caterva(&[4, 6], &[4, 6], &[2, 3]), &[chunk]);
    let array = AnyArray::from_cframe(bytes, &OpenOptions::new()).unwrap();
    assert_eq!(array.shape()[..], [4, 6]);
    let AnyArray::Opaque(opaque) = &array else { panic!("{array}") };
    let all = ndpress::Region::full(*array.shape());
    let expected: &[u8] = ndpress::bytemuck::cast_slice(&items);
    assert_eq!(opaque.read_region(&all).unwrap(), expected);
    // It is b2nd from then on.
    let saved =
        Frame::from_bytes(array.to_cframe(&SaveOptions::new()).unwrap(), &OpenOptions::new());
    let saved = saved.unwrap();
    assert!(saved.metalayers().names().eq(["b2nd"]), "{saved:?}");
}

#[test]
fn chunks_of_blosc1_are_chunks_of_frames() {
    let items = samples(100, 1);
    let bytes: &[u8] = ndpress::bytemuck::cast_slice(&items);
    let chunk = Chunk::encode(bytes, 4, &ChunkOptions::new().format(ChunkFormat::Blosc1)).unwrap();
    let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
    frame.append_chunk(&chunk).unwrap();
    let array = AnyArray::from_cframe(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
    let mut found = vec![0; 400];
    array.read_region_bytes_into(&ndpress::Region::full(*array.shape()), &mut found).unwrap();
    assert_eq!(found, bytes);
}

#[test]
fn other_numbers_of_chunks_than_the_shape_has_are_errors() {
    let chunk = Chunk::zeros(96, 4).unwrap();
    let layer = caterva(&[8, 6], &[4, 6], &[2, 3]);
    let bytes = frame_of(layer.clone(), std::slice::from_ref(&chunk));
    let error = AnyArray::from_cframe(bytes, &OpenOptions::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "frame: number of chunks is 1, but the array's shape tells another"
    );
    let short = Chunk::zeros(92, 4).unwrap();
    let error = AnyArray::from_cframe(frame_of(layer, &[chunk, short]), &OpenOptions::new());
    // The last chunk is shorter than an array's may be; that shows when it is read.
    let array = error.unwrap();
    let mut found = vec![0; 192];
    array.read_region_bytes_into(&ndpress::Region::full(*array.shape()), &mut found).unwrap();
}

#[test]
fn a_file_of_a_frame_and_more_is_that_frame() {
    let mut bytes = crate::fixture("plain.b2nd");
    bytes.extend([0xa5; 100]);
    let array = AnyArray::from_cframe(bytes, &OpenOptions::new()).unwrap();
    assert_eq!(array.as_typed::<u32>().unwrap().at(&[12, 10]).unwrap(), 994);
}

#[test]
fn frames_without_chunks_have_no_size_of_them() {
    let layers = Metalayers::new();
    let frame = Frame::new(&FrameOptions::new().typesize(4).metalayers(layers)).unwrap();
    let bytes = frame.to_bytes().unwrap();
    // As C-Blosc2 has it, which takes 0 for sizes that vary from then on.
    let chunk_size = 0x3a..0x3e;
    assert_eq!(bytes[chunk_size.clone()], [0xff; 4]);
    let frame = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap();
    assert_eq!((frame.nchunks(), frame.chunksize()), (0, 0));

    let mut bytes = crate::fixture("plain.b2nd");
    bytes[chunk_size].fill(0xff);
    let error = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap_err();
    assert_eq!(error.to_string(), "frame: chunk_size is -1, but it must not be negative");
}

#[test]
fn the_trailer_of_frames_without_chunks_is_behind_the_header() {
    let folder = crate::Folder::new();
    let path = folder.join("emptied.b2frame");
    let mut frame = Frame::create(&path, &FrameOptions::new().typesize(4)).unwrap();
    for _ in 0..2 {
        frame.append_chunk(&crate::chunk(1000, 1)).unwrap();
        frame.flush().unwrap();
        frame.delete_chunk(0).unwrap();
        frame.vlmetalayers_mut().unwrap().insert("left", true).unwrap();
        frame.flush().unwrap();
        // C-Blosc2 does not ask where else it might be.
        assert_eq!((frame.cbytes(), frame.dead_nbytes().unwrap()), (0, 0));
        let found = Frame::open(&path, &OpenOptions::new()).unwrap();
        assert_eq!((found.nchunks(), found.vlmetalayers().len()), (0, 1));
    }
}

#[test]
fn headers_that_others_wrote_are_not_those_that_were_hashed() {
    let items = samples(60, 1);
    let array = ndpress::Array::from_slice(&items, [6, 10], &ndpress::Options::new()).unwrap();
    let mut bytes = array.to_cframe(&SaveOptions::portable()).unwrap();
    // As C-Blosc2 does when the array shrinks within its chunk: threads, and the shape.
    let (threads, mark, shape) = (0x3f..0x41, 0x56, 0x57);
    bytes[threads].copy_from_slice(&8_u16.to_be_bytes());
    let six = [&[0xd3][..], &6_i64.to_be_bytes()].concat();
    let at = shape + bytes[shape..].windows(9).position(|field| field == six).unwrap();
    bytes[at + 8] = 5;
    let error = AnyArray::from_cframe(bytes.clone(), &OpenOptions::new()).unwrap_err();
    assert_eq!(error.to_string(), "header, index or trailer fail their checksum");
    bytes[mark] = 0;
    let opened = AnyArray::from_cframe(bytes.clone(), &OpenOptions::new()).unwrap();
    assert_eq!(opened.as_typed::<u32>().unwrap().to_vec().unwrap(), items[..50]);
    // What is behind the header is still compared, and so are chunks.
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    assert!(AnyArray::from_cframe(bytes, &OpenOptions::new()).is_err());
}

#[test]
fn last_chunks_without_padding_are_read_where_they_lie() {
    // The array counts in blocks of 800 bytes, of which the last chunk, stored, has none whole.
    let items = samples(550, 1);
    let bytes: &[u8] = ndpress::bytemuck::cast_slice(&items);
    let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
    for (part, blocksize) in [(&bytes[..1600], 400), (&bytes[1600..], 600)] {
        let options = ChunkOptions::new().codec(ndpress::Lz4::clevel(0)).blocksize(blocksize);
        frame.append_chunk(&Chunk::encode(part, 4, &options).unwrap()).unwrap();
    }
    let array = AnyArray::from_cframe(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
    for start in (0..550).step_by(10) {
        let range = start..550;
        let region = ndpress::Region::new(std::slice::from_ref(&range)).unwrap();
        let mut found = vec![0; 4 * (550 - start)];
        array.read_region_bytes_into(&region, &mut found).unwrap();
        assert_eq!(found, bytes[4 * start..]);
    }
}
