use proptest::prelude::*;

use crate::{Element, Record};

use super::{deinterleave, interleave};

/// One item at a time.
fn interleaved<T: Element>(planes: &[Vec<T>]) -> Vec<T> {
    let nitems = planes.first().map_or(0, Vec::len);
    (0..nitems).flat_map(|i| planes.iter().map(move |plane| plane[i])).collect()
}

fn check<T: Element + Default + PartialEq + std::fmt::Debug>(planes: &[Vec<T>]) {
    let expected = interleaved(planes);
    let mut pixels = vec![T::default(); expected.len()];
    interleave(planes, &mut pixels).unwrap();
    assert_eq!(pixels, expected);
    let mut back: Vec<_> = planes.iter().map(|plane| vec![T::default(); plane.len()]).collect();
    deinterleave(&pixels, &mut back).unwrap();
    assert_eq!(back, planes);
}

proptest! {
    /// Across the spans' length of 16 KiB, for the item sizes of all elements.
    #[test]
    fn agrees_with_one_item_at_a_time(nchannels in 1usize..20, nitems in 0usize..9000, seed: u64) {
        let item = |c: usize, i: usize| seed.wrapping_mul((c * 9000 + i) as u64 | 1);
        let planes = |c| (0..nitems).map(move |i| item(c, i));
        check::<u8>(&(0..nchannels).map(|c| planes(c).map(|v| v as u8).collect()).collect::<Vec<_>>());
        check::<u16>(&(0..nchannels).map(|c| planes(c).map(|v| v as u16).collect()).collect::<Vec<_>>());
        check::<u32>(&(0..nchannels).map(|c| planes(c).map(|v| v as u32).collect()).collect::<Vec<_>>());
        check::<u64>(&(0..nchannels).map(|c| planes(c).collect()).collect::<Vec<_>>());
        check::<Record<[u8; 3]>>(&(0..nchannels).map(|c| planes(c).map(|v| Record([v as u8; 3])).collect()).collect::<Vec<_>>());
    }
}

#[test]
fn nothing_is_fine() {
    interleave(&[[0u8; 0]; 3], &mut []).unwrap();
    deinterleave(&[], &mut [[0u8; 0]; 3]).unwrap();
    interleave::<u8>(&[] as &[&[u8]], &mut []).unwrap();
    deinterleave::<u8>(&[], &mut [] as &mut [&mut [u8]]).unwrap();
}

#[test]
fn wrong_lengths_are_errors_and_write_nothing() {
    let mut out = [7u8; 5];
    let error = interleave(&[&[1, 2, 3][..], &[4, 5]], &mut out).unwrap_err();
    assert_eq!(error.to_string(), "length 2 given, 3 needed");
    let error = interleave(&[[1, 2], [3, 4]], &mut out).unwrap_err();
    assert_eq!(error.to_string(), "length 5 given, 4 needed");
    assert_eq!(out, [7; 5]);

    let mut planes = [[7u8; 2]; 3];
    assert!(deinterleave(&[1, 2, 3, 4, 5], &mut planes).is_err());
    assert!(deinterleave(&[1], &mut [] as &mut [&mut [u8]]).is_err());
    assert_eq!(planes, [[7; 2]; 3]);
}
