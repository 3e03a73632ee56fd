//! Files that fail half way.

use std::fs::File;
use std::mem;

use super::*;
use crate::array::{Array, Options};
use crate::error::Error;

/// Four chunks that differ.
fn array() -> Array<u32> {
    let items: Vec<u32> = (0..4000u32).map(|item| item.wrapping_mul(item) >> 3).collect();
    Array::from_slice(&items, [4000], &Options::new().chunk_shape([1000])).unwrap()
}

#[test]
fn a_file_that_fails_half_way_loses_nothing_and_goes_on() {
    let folder = Arc::new(Folder::new(None));
    let (array, mut scratch) = (array(), Scratch::new(Arc::clone(&folder)));
    let all = Sizes { memory: scratch.sizes(&array).memory, spilled: 0 };
    assert!(all.memory > 4000);

    // Two chunks are there when the disk is full: a file that is not opened to be written.
    let mut writer = Writer::create(&folder).unwrap();
    for index in 0..2 {
        let place = array.raw().slot(index).map(|slot| &slot.place);
        let Some(Place::Memory(chunk)) = place else { panic!("it is in memory") };
        writer.put(chunk).unwrap();
    }
    let other = folder.create_file().unwrap();
    let full = Frame::scratch(File::open(&other.path).unwrap(), &other.path).unwrap();
    let good = mem::replace(&mut writer.frame, full);
    let half = good.cbytes();
    scratch.writer = Some(writer);
    assert!(matches!(scratch.spill(&array), Err(Error::Io { .. })));
    assert_eq!(scratch.sizes(&array), all);

    // There is room again: the others are written, and all come back as they were.
    scratch.writer.as_mut().unwrap().frame = good;
    let spilled = scratch.spill(&array).unwrap();
    assert_eq!(scratch.sizes(&*spilled), Sizes { memory: 0, spilled: all.memory });
    let chunks = (0..4).map(|index| array.chunk(index).unwrap().unwrap().digest());
    let lens: Vec<u64> = chunks.map(|(digest, _)| digest.hashes_nbytes() as u64).collect();
    let header = half - lens[0] - lens[1] - chunk_nbytes(&array, 0) - chunk_nbytes(&array, 1);
    let whole: u64 = (0..4).map(|index| lens[index] + chunk_nbytes(&array, index)).sum();
    assert_eq!(scratch.nbytes(), header + whole);
    let loaded = scratch.load(&*spilled).unwrap();
    assert_eq!(scratch.sizes(&*loaded), all);
    drop(spilled);
    std::fs::remove_file(other.path).unwrap();
}

fn chunk_nbytes(array: &Array<u32>, index: usize) -> u64 {
    array.chunk(index).unwrap().unwrap().cbytes() as u64
}
