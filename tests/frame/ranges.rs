//! What is read of a frame: no more than is needed.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use ndpress::frame::{Checksums, Frame, OpenOptions, ReadAt};
use ndpress::{AnyArray, Array, Lz4, Options, Region, SaveOptions};

use crate::samples;

/// Bytes that remember which of them were read.
#[derive(Debug)]
struct Watched {
    bytes: Vec<u8>,
    reads: Mutex<Vec<Range<u64>>>,
}

impl Watched {
    fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { bytes, reads: Mutex::default() })
    }

    /// The ranges read since the last call.
    fn reads(&self) -> Vec<Range<u64>> {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }
}

impl ReadAt for Watched {
    fn nbytes(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        self.reads.lock().unwrap().push(offset..offset + dst.len() as u64);
        self.bytes.as_slice().read_exact_at(dst, offset)
    }
}

fn total(reads: &[Range<u64>]) -> u64 {
    reads.iter().map(|range| range.end - range.start).sum()
}

/// A megabyte in 8 chunks of 16 blocks.
fn array() -> Array<u32> {
    let options = Options::new().codec(Lz4::clevel(5)).chunk_shape([64, 512]).block_shape([32, 64]);
    Array::from_slice(&samples(512 * 512, 1), [512, 512], &options).unwrap()
}

#[test]
fn opening_reads_header_index_and_trailer() {
    let array = array();
    let bytes = array.to_cframe(&SaveOptions::new()).unwrap();
    let watched = Watched::new(bytes);
    let frame = Frame::from_source(watched.clone(), &OpenOptions::new()).unwrap();
    let lazy = AnyArray::from_frame(&frame).unwrap();
    let reads = watched.reads();
    assert!(total(&reads) < 2000, "{reads:?}");
    // None of them is in the chunks.
    let chunks = 600..frame.cbytes();
    assert!(reads.iter().all(|range| range.end <= chunks.start || range.start >= chunks.end));
    assert!(lazy.content_eq(&array.into()).unwrap());
    assert!(total(&watched.reads()) > frame.cbytes() * 9 / 10);
}

#[test]
fn a_region_reads_its_blocks() {
    let array = array();
    let bytes = array.to_cframe(&SaveOptions::new()).unwrap();
    let blocks: Vec<u64> = (0..8)
        .map(|index| array.chunk(index).unwrap().unwrap())
        .map(|chunk| chunk.cbytes() as u64 / 16)
        .collect();
    for checksums in [Checksums::Verify, Checksums::Skip] {
        let watched = Watched::new(bytes.clone());
        let options = OpenOptions::new().checksums(checksums);
        let frame = Frame::from_source(watched.clone(), &options).unwrap();
        let lazy = AnyArray::from_frame(&frame).unwrap().into_typed::<u32>().unwrap();
        watched.reads();
        // Of the second chunk the rows of the first blocks, columns of the third and fourth.
        let region = Region::new([70..90, 130..250]).unwrap();
        let found = lazy.read_region(&region).unwrap();
        assert_eq!(found, array.read_region(&region).unwrap());
        let reads = watched.reads();
        // Two blocks; the header and table; the hashes.
        let allowed = 2 * blocks[1] * 3 / 2 + 32 + 4 * 16 + 8 * 16;
        assert!(total(&reads) <= allowed, "{reads:?} of {}", blocks[1]);
        assert!(reads.len() <= 4, "{reads:?}");
    }
}

#[test]
fn bytes_in_memory_are_not_copied() {
    let bytes: Arc<[u8]> = array().to_cframe(&SaveOptions::new()).unwrap().into();
    let lazy = AnyArray::from_cframe(bytes.clone(), &OpenOptions::new()).unwrap();
    let chunk = lazy.chunk(3).unwrap().unwrap();
    assert!(bytes.as_ptr_range().contains(&chunk.as_bytes().as_ptr()));
    #[cfg(feature = "mmap")]
    {
        use ndpress::frame::Access;
        let folder = crate::Folder::new();
        let path = folder.join("mapped.b2nd");
        array().save(&path, &SaveOptions::new()).unwrap();
        let options = OpenOptions::new().access(Access::MemoryMap);
        let mapped = AnyArray::open(&path, &options).unwrap();
        let (_, nbytes) = crate::allocations::peak_of(|| mapped.chunk(3).unwrap().map(|_| ()));
        assert!(nbytes < 4096, "{nbytes}");
    }
}
