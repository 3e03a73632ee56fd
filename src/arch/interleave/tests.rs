//! Every kernel on every instruction set of the machine, against a model of one value at a time.

use proptest::prelude::*;

use super::super::Isa;
use super::{Differences, MAX_CHANNELS, deinterleave, interleave};

/// The bytes of a number after the reference, less half the range, is added.
fn sum(item: &[u8], reference: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| bytes.iter().rfold(0_u64, |all, &byte| all << 8 | u64::from(byte));
    let half = 1 << (8 * item.len() - 1);
    let sum = number(item).wrapping_add(number(reference)).wrapping_sub(half);
    sum.to_le_bytes()[..item.len()].to_vec()
}

fn interleaved(itemsize: usize, planes: &[&[u8]], differences: Differences) -> Vec<u8> {
    let item = |plane: usize, at: usize| &planes[plane][at * itemsize..][..itemsize];
    let pixel = |at: usize| {
        (0..planes.len()).flat_map(move |plane| match differences.contains(plane) {
            true => sum(item(plane, at), item(differences.reference(), at)),
            false => item(plane, at).to_vec(),
        })
    };
    (0..planes[0].len() / itemsize).flat_map(pixel).collect()
}

proptest! {
    #[test]
    fn planes_become_pixels_and_planes_again(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        log in 0..4_u32,
        count in 1..=MAX_CHANNELS,
        reference in 0..MAX_CHANNELS,
        differing: u8,
    ) {
        let itemsize = 1 << log;
        let nbytes = bytes.len() / (count * itemsize) * itemsize;
        prop_assume!(nbytes > 0);
        let planes: Vec<&[u8]> = bytes.chunks_exact(nbytes).take(count).collect();
        let reference = reference % count;
        let mask = differing & ((1_u16 << count) - 1) as u8 & !(1 << reference);
        let differences = Differences::new(count, reference, mask).unwrap();
        for isa in Isa::available() {
            for differences in [differences, Differences::NONE] {
                let mut pixels = vec![0xa5; count * nbytes];
                interleave(isa, itemsize, &planes, differences, &mut pixels);
                prop_assert_eq!(&pixels, &interleaved(itemsize, &planes, differences), "{:?}", isa);
            }
            let pixels = interleaved(itemsize, &planes, Differences::NONE);
            let mut back = vec![vec![0xa5; nbytes]; count];
            let mut slices: Vec<&mut [u8]> = back.iter_mut().map(Vec::as_mut_slice).collect();
            deinterleave(isa, itemsize, &pixels, &mut slices);
            prop_assert_eq!(&back, &planes, "{:?}", isa);
        }
    }
}

#[test]
fn a_plane_is_never_a_difference_to_itself() {
    assert_eq!(Differences::new(3, 1, 0b010), None);
    assert_eq!(Differences::new(3, 3, 0), None);
    assert_eq!(Differences::new(3, 0, 0b1000), None);
    assert_eq!(Differences::new(8, 7, 0b1000_0000), None);
    assert!(Differences::new(8, 7, 0b0111_1111).is_some());
}

#[test]
fn planes_that_do_not_fit_are_refused() {
    let refused = |itemsize, planes: &[&[u8]], nbytes: usize| {
        let run =
            || interleave(Isa::Scalar, itemsize, planes, Differences::NONE, &mut vec![0; nbytes]);
        std::panic::catch_unwind(run).is_err()
    };
    assert!(!refused(2, &[&[0; 4], &[0; 4]], 8));
    assert!(refused(2, &[&[0; 4], &[0; 2]], 6));
    assert!(refused(2, &[&[0; 3], &[0; 3]], 6));
    assert!(refused(2, &[&[0; 4], &[0; 4]], 10));
    assert!(refused(3, &[&[0; 3]], 3));
    assert!(refused(1, &[], 0));
    assert!(refused(1, &[&[0; 1][..]; 9], 9));
}
