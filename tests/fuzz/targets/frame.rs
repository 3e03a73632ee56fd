//! Bytes that may be a frame: an error, or an array that says the same whichever way it is asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndpress::frame::Frame;
use ndpress::{AnyArray, Limits, OpenOptions, Region, SaveOptions};

/// Larger arrays are zeros for the most part, and take their time.
const MAX_NBYTES: usize = 1 << 20;

fn bytes_of(array: &AnyArray) -> Option<Vec<u8>> {
    let mut bytes = vec![0; array.nbytes()];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut bytes).ok()?;
    Some(bytes)
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default().with_chunk_nbytes(1 << 20).with_frame_nbytes(1 << 20);
    let options = OpenOptions::new().limits(limits);
    let Ok(frame) = Frame::from_bytes(bytes.to_vec(), &options) else { return };
    frame.verify();
    let Ok(array) = AnyArray::from_frame(&frame) else { return };
    if array.nbytes() > MAX_NBYTES || frame.nchunks() > 1000 {
        return;
    }
    let Some(elements) = bytes_of(&array) else { return };
    // What can be read can be saved, and is the same then.
    let saved = array.to_cframe(&SaveOptions::new()).expect("all chunks were read");
    let opened = AnyArray::from_cframe(saved, &OpenOptions::new()).expect("we wrote it");
    assert!(bytes_of(&opened).as_ref() == Some(&elements), "the array saved differs");
    // Half of it, along its first axis.
    let shape = *array.shape();
    if let Some(&len) = shape.first().filter(|&&len| len > 1) {
        let ranges: Vec<_> = shape
            .iter()
            .enumerate()
            .map(|(axis, &len)| match axis {
                0 => len / 2..len,
                _ => 0..len,
            })
            .collect();
        let region = Region::new(ranges.as_slice()).expect("ranges in order");
        let skipped = len / 2 * (elements.len() / len);
        let mut half = vec![0; elements.len() - skipped];
        array.read_region_bytes_into(&region, &mut half).expect("it was read before");
        assert!(half == elements[skipped..], "a region differs");
    }
});
