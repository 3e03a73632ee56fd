//! Every kernel on every instruction set of the machine, against the plain loops; and these
//! against the definition.

use proptest::prelude::*;

use super::super::Isa;
use super::{COMPACT_SLACK, Packed, Prediction, Predictor, compact, minimum, transpose};

/// Packs and unpacks, in bands of `band` bytes.
fn round_trip(isa: Isa, prediction: &Prediction, src: &[u8], band: usize) -> Vec<u8> {
    let mut planes = vec![0; prediction.nplanes(src.len())];
    let mut widths = vec![1; prediction.nwidths(src.len())];
    transpose(isa, prediction, src, &mut planes, &mut widths);
    let mut packed = vec![0; planes.len() + COMPACT_SLACK];
    let len = compact(isa, prediction.itemsize, &planes, &widths, &mut packed);
    let packed = Packed::new(*prediction, src.len(), &widths, &packed[..len]);
    let mut unpacker = packed.expect("what was packed fits together").unpacker(isa);
    let mut dst = vec![0xa5; src.len()];
    while unpacker.done() < dst.len() {
        let until = unpacker.done() + band;
        unpacker.advance(&mut dst, until);
    }
    dst
}

fn predictions(itemsize: usize, stride: usize, src: &[u8]) -> impl Iterator<Item = Prediction> {
    let base = minimum(Isa::Scalar, itemsize, src);
    Predictor::ALL.into_iter().filter_map(move |p| Prediction::new(itemsize, p, stride, base))
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(
        src in prop::collection::vec(prop_oneof![Just(0_u8), 0..4_u8, any::<u8>()], 0..5000),
        log in 0..4_u32,
        row in 16..200_usize,
        band in 1..6000_usize,
    ) {
        let itemsize = 1 << log;
        let src = &src[..src.len() / itemsize * itemsize];
        for isa in Isa::available() {
            for prediction in predictions(itemsize, row * itemsize.max(8), src) {
                prop_assert_eq!(&round_trip(isa, &prediction, src, band), src);
            }
        }
    }
}
