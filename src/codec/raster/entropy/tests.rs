//! Sections come back; hostile ones are refused.

use proptest::prelude::*;

use super::super::stream::Reader;
use super::groups::{self, Layout};
use super::{Workspace, bytes};
use crate::arch::Isa;
use crate::arch::raster_entropy::Residuals;

fn widths_and_planes() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let widths = prop::collection::vec((0..9_u8, 1..200_usize), 1..30).prop_map(|runs| {
        runs.into_iter().flat_map(|(width, len)| vec![width; len]).collect::<Vec<u8>>()
    });
    widths.prop_flat_map(|widths| {
        let nplanes = widths.iter().map(|&width| usize::from(width)).sum::<usize>();
        (
            Just(widths),
            prop::collection::vec(any::<u8>().prop_map(|byte| byte & byte.rotate_left(3)), nplanes),
        )
    })
}

proptest! {
    #[test]
    fn groups_come_back((widths, planes) in widths_and_planes(), is_signed in any::<bool>(), row in 0..3000_usize) {
        let residuals = if is_signed { Residuals::Signed } else { Residuals::Unsigned };
        let layout = Layout { max_width: 64, residuals, row };
        let mut workspace = Workspace::default();
        let mut out = Vec::new();
        groups::encode(layout, &widths, &planes, &mut out, &mut workspace);
        for isa in Isa::available() {
            let mut decoded = vec![0; widths.len()];
            let mut decoded_planes = vec![7; 3];
            groups::decode(isa, layout, Reader::new(&out), &mut decoded, &mut decoded_planes, &mut workspace).expect("decodes");
            prop_assert_eq!(&decoded, &widths);
            prop_assert_eq!(&decoded_planes, &planes);
        }
    }

    #[test]
    fn bytes_come_back(src in prop::collection::vec(prop_oneof![9 => 0..4_u8, 1 => any::<u8>()], 0..5000)) {
        let mut workspace = Workspace::default();
        let mut out = Vec::new();
        bytes::encode(&src, &mut out, &mut workspace);
        for isa in Isa::available() {
            let mut decoded = vec![1; src.len()];
            bytes::decode(isa, &out, &mut decoded, &mut workspace).expect("decodes");
            prop_assert_eq!(&decoded, &src);
        }
    }
}
