//! Selections against a model: the list of their indices, one by one.

use super::*;
use crate::arch::view::View;
use proptest::prelude::*;

/// The indices along one axis.
fn indices(selection: &Selection, axis: usize) -> Vec<usize> {
    (0..selection.count[axis]).map(|i| selection.start[axis] + i * selection.step[axis]).collect()
}

fn shape(lens: &[usize]) -> Shape {
    Shape::new(lens).unwrap()
}

fn selection(axes: &[(usize, usize, usize)]) -> Selection {
    let zeros = vec![0; axes.len()];
    let mut selection = Selection::full(shape(&zeros));
    for (axis, &(start, step, count)) in axes.iter().enumerate() {
        selection.set_axis(axis, start, step, count);
    }
    selection
}

fn axes(
    count: impl Strategy<Value = usize> + Clone,
) -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0..20usize, 1..8usize, count), 0..4)
}

proptest! {
    #[test]
    fn halves_hold_all_indices_once_and_share_no_part(
        axes in axes(1..12usize),
        lens in prop::collection::vec(1..9usize, 3),
    ) {
        let whole = selection(&axes);
        let part = shape(&lens[..axes.len()]);
        let value = [0u8];
        let cut = Cut::new(whole, View::repeated(&value, *whole.count()));
        match cut.middle(&part) {
            None => {
                for axis in 0..part.ndim() {
                    let indices = indices(&whole, axis);
                    prop_assert!(indices.iter().all(|i| i / part[axis] == indices[0] / part[axis]));
                }
                prop_assert_eq!(whole.nparts(&part), 1);
            }
            Some((axis, index)) => {
                let (first, second) = cut.split_at(axis, index);
                let mut cut_axes = 0;
                for axis in 0..part.ndim() {
                    let (all, a, b) = (
                        indices(&whole, axis),
                        indices(&first.selection, axis),
                        indices(&second.selection, axis),
                    );
                    prop_assert!(!a.is_empty() && !b.is_empty());
                    if a != all {
                        cut_axes += 1;
                        prop_assert!(a.last().unwrap() / part[axis] < b[0] / part[axis]);
                        prop_assert_eq!([a, b].concat(), all);
                    } else {
                        prop_assert_eq!(b, all);
                    }
                }
                prop_assert_eq!(cut_axes, 1);
                prop_assert_eq!(first.selection.count(), first.view.shape());
                prop_assert_eq!(second.selection.count(), second.view.shape());
            }
        }
    }

    #[test]
    fn clipping_keeps_the_indices_inside(
        axes in axes(0..12usize),
        bounds in prop::collection::vec((0..40usize, 0..40usize), 3),
    ) {
        let whole = selection(&axes);
        let ranges: Vec<_> = bounds[..axes.len()].iter().map(|&(a, b)| a.min(b)..a.max(b)).collect();
        let region = Region::new(&ranges).unwrap();
        let kept = |axis: usize| -> Vec<(usize, usize)> {
            let all = indices(&whole, axis).into_iter().enumerate();
            all.filter(|(_, index)| ranges[axis].contains(index)).collect()
        };
        match whole.clip(&region) {
            None => prop_assert!((0..axes.len()).any(|axis| kept(axis).is_empty())),
            Some((clipped, inside)) => {
                for (axis, range) in ranges.iter().enumerate() {
                    let kept = kept(axis);
                    let places: Vec<usize> = kept.iter().map(|&(place, _)| place).collect();
                    prop_assert_eq!(inside.range(axis).collect::<Vec<_>>(), places);
                    let expected: Vec<usize> =
                        kept.iter().map(|&(_, index)| index - range.start).collect();
                    prop_assert_eq!(indices(&clipped, axis), expected);
                }
            }
        }
    }

    #[test]
    fn the_selected_elements_of_a_view_are_those_at_its_indices(
        axes in prop::collection::vec((0..5usize, 1..4usize, 0..4usize), 0..4),
    ) {
        let whole = selection(&axes);
        let lens: Vec<usize> = axes.iter().map(|&(start, step, count)| start + step * count).collect();
        let shape = shape(&lens);
        let bytes: Vec<u8> = (0..shape.nitems()).map(|i| i as u8).collect();
        let view = whole.of(View::from_bytes(&bytes, 1, shape).unwrap());
        prop_assert_eq!(view.shape(), whole.count());
        let mut found = vec![0; whole.count().nitems()];
        crate::arch::view::ViewMut::from_bytes_mut(&mut found, 1, *whole.count())
            .unwrap()
            .copy_from(&view);
        let expected: Vec<u8> = (0..found.len())
            .map(|position| {
                let place = whole.count().unravel(position);
                bytes[shape.ravel(&place.map(|axis| indices(&whole, axis)[place[axis]]))]
            })
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_region_covers_a_shape_only_as_a_whole() {
    let region = |ranges: &[Range<usize>]| Selection::from(&Region::new(ranges).unwrap());
    assert!(region(&[0..3, 0..4]).covers(&shape(&[3, 4])));
    assert!(!region(&[0..3, 1..4]).covers(&shape(&[3, 4])));
    assert!(Selection::full(Shape::scalar()).covers(&Shape::scalar()));
}
