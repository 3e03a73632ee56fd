//! Selections against `ndarray` itself, on arrays small enough to try them all.

use ndarray::{Array1, NewAxis, SliceInfoElem, s};

use super::*;
use crate::arch::view::View;

/// The elements of a view that a selection picks, as the array layer reads them.
fn select<I: SliceArg<IxDyn>>(items: &[u8], lens: &[usize], slices: I) -> (Vec<usize>, Vec<u8>) {
    let shape = Shape::new(lens).unwrap();
    let slicing = Slicing::new(&slices, &shape).unwrap();
    let mut result = vec![0; slicing.shape.nitems()];
    let view = crate::arch::view::ViewMut::from_bytes_mut(&mut result, 1, slicing.shape).unwrap();
    let source = slicing.selection.of(View::from_bytes(items, 1, shape).unwrap());
    slicing.align(view).unwrap().copy_from(&source);
    (slicing.shape.to_vec(), result)
}

#[test]
fn every_range_and_step_picks_what_ndarray_picks() {
    for len in 0..6isize {
        let items: Vec<u8> = (0..len as u8).collect();
        let array = Array1::from_vec(items.clone());
        for start in -len..=len {
            for end in (-len..=len).map(Some).chain([None]) {
                for step in [-7, -3, -2, -1, 1, 2, 3, 7] {
                    let slice = [SliceInfoElem::Slice { start, end, step }];
                    let expected = array.view().into_dyn().slice_move(&slice[..]);
                    let (shape, found) = select(&items, &[len as usize], &slice[..]);
                    assert_eq!(shape, expected.shape(), "{slice:?} of {len}");
                    assert_eq!(found, expected.iter().copied().collect::<Vec<_>>(), "{slice:?}");
                }
            }
        }
    }
}

#[test]
fn axes_are_dropped_and_added_where_ndarray_does() {
    let items: Vec<u8> = (0..24).collect();
    let array = ndarray::Array3::from_shape_vec((2, 3, 4), items.clone()).unwrap();
    macro_rules! check {
        ($($slices:tt)*) => {
            let expected = array.slice(s![$($slices)*]);
            let (shape, found) = select(&items, &[2, 3, 4], s![$($slices)*]);
            assert_eq!(shape, expected.shape());
            assert_eq!(found, expected.iter().copied().collect::<Vec<_>>());
        };
    }
    check!(1, .., ..);
    check!(.., -1, ..;-1);
    check!(0, 1, 2);
    check!(NewAxis, .., NewAxis, 1, ..;2, NewAxis);
    check!(.., 2..2, ..);
}

#[test]
fn what_is_not_there_is_an_error() {
    let shape = Shape::new([5]).unwrap();
    let error = |start, end, step| {
        let slice = [SliceInfoElem::Slice { start, end, step }];
        Slicing::new(&&slice[..], &shape).err().unwrap().to_string()
    };
    assert_eq!(error(0, Some(6), 1), "region 0..6 exceeds axis 0 of length 5");
    assert_eq!(error(6, None, -1), "region 6..6 exceeds axis 0 of length 5");
    assert_eq!(
        error(isize::MAX, Some(0), 1),
        format!("region {0}..{0} exceeds axis 0 of length 5", isize::MAX)
    );
    assert_eq!(error(-6, None, 1), "index -6 lies before the start of axis 0 of length 5");
    assert_eq!(
        error(0, Some(isize::MIN), 1),
        format!("index {} lies before the start of axis 0 of length 5", isize::MIN)
    );
    assert_eq!(error(1, Some(2), 0), "step 0 on axis 0");
    let full = SliceInfoElem::Slice { start: 0, end: None, step: isize::MIN };
    assert!(Slicing::new(&&[full][..], &shape).is_ok());
    let many = [[full; 1].to_vec(), vec![SliceInfoElem::NewAxis; 15]].concat();
    assert_eq!(
        Slicing::new(&&many[..], &shape).err().unwrap().to_string(),
        "16 axes are more than the 15 an array can have"
    );
}
