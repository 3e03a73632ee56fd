//! Views against a model: the list of elements in index order, found by plain index arithmetic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;

use super::*;
use crate::error::InvalidArgument;

fn shape(lens: &[usize]) -> Shape {
    Shape::new(lens).unwrap()
}

/// `n` bytes that differ from their neighbours.
fn counting(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}

/// The elements of a view, in index order.
fn items(view: &View<'_>) -> Vec<u8> {
    let mut bytes = vec![0xEE; view.shape().nitems() * view.itemsize()];
    ViewMut::from_bytes_mut(&mut bytes, view.itemsize(), *view.shape()).unwrap().copy_from(view);
    bytes
}

/// The elements of a C-ordered array at the indices that `keep` picks along `axis`.
fn pick(bytes: &[u8], itemsize: usize, shape: &Shape, axis: usize, keep: &[usize]) -> Vec<u8> {
    let picked = shape.map(|other| if other == axis { keep.len() } else { shape[other] });
    let mut result = Vec::new();
    for position in 0..picked.nitems() {
        let mut index = picked.unravel(position).to_vec();
        index[axis] = keep[index[axis]];
        let at = shape.ravel(&index) * itemsize;
        result.extend_from_slice(&bytes[at..at + itemsize]);
    }
    result
}

#[test]
fn wrong_lengths_are_refused() {
    let error = View::from_bytes(&[0; 23], 2, shape(&[3, 4])).err().unwrap();
    assert_eq!(error.to_string(), "length 23 given, 24 needed");
    assert!(ViewMut::from_bytes_mut(&mut [0; 25], 2, shape(&[3, 4])).is_err());
    assert!(View::from_items(&[1u16; 11], shape(&[3, 4])).is_err());
    assert!(lend_items(&mut [1u16; 13], shape(&[3, 4]), |_| Ok(())).is_err());
}

#[test]
fn cuts_along_each_axis_keep_the_right_elements() {
    for itemsize in [1, 2, 3, 4, 5, 6, 8, 12, 16, 17] {
        for lens in [&[7][..], &[3, 5], &[2, 3, 4], &[1, 4, 1, 3]] {
            let shape = shape(lens);
            let bytes = counting(shape.nitems() * itemsize);
            let view = View::from_bytes(&bytes, itemsize, shape).unwrap();
            assert_eq!(view.as_contiguous(), Some(&bytes[..]));
            for (axis, &len) in lens.iter().enumerate() {
                let all: Vec<usize> = (0..len).collect();
                let expect = |keep: &[usize]| pick(&bytes, itemsize, &shape, axis, keep);

                let sliced = view.slice_axis(axis, 1.min(len)..len);
                assert_eq!(items(&sliced), expect(&all[1.min(len)..]));
                let stepped = view.step_axis(axis, 2);
                assert_eq!(items(&stepped), expect(&(0..len).step_by(2).collect::<Vec<_>>()));
                let inverted = view.invert_axis(axis);
                assert_eq!(items(&inverted), expect(&(0..len).rev().collect::<Vec<_>>()));
                for index in 0..=len {
                    let (first, second) = view.split_at(axis, index);
                    assert_eq!(items(&first), expect(&all[..index]));
                    assert_eq!(items(&second), expect(&all[index..]));
                }
            }
        }
    }
}

#[test]
fn writes_reach_the_selected_elements_and_no_others() {
    for itemsize in [1, 2, 3, 4, 7, 8, 16] {
        let shape = shape(&[4, 6, 5]);
        let nbytes = shape.nitems() * itemsize;
        let mut bytes = vec![0; nbytes];
        let view = ViewMut::from_bytes_mut(&mut bytes, itemsize, shape).unwrap();
        let mut part = view.slice_axis(0, 1..3).step_axis(1, 4).invert_axis(2).slice_axis(2, 1..4);
        let source: Vec<u8> =
            counting(part.shape().nitems() * itemsize).iter().map(|b| b | 1).collect();
        part.copy_from(&View::from_bytes(&source, itemsize, *part.shape()).unwrap());

        let mut expected = vec![0; nbytes];
        let mut values = source.chunks_exact(itemsize);
        for (i, j, k) in [1, 2].iter().flat_map(|&i| [0, 4].map(|j| (i, j))).flat_map(|(i, j)| {
            // Inverted first: index 1 of the reversed axis of length 5 is 3.
            [3, 2, 1].map(|k| (i, j, k))
        }) {
            let at = shape.ravel(&[i, j, k]) * itemsize;
            expected[at..at + itemsize].copy_from_slice(values.next().unwrap());
        }
        assert!(values.next().is_none());
        assert_eq!(bytes, expected, "itemsize {itemsize}");
    }
}

#[test]
fn fill_sets_every_element_and_no_other_byte() {
    for itemsize in [1, 2, 3, 4, 5, 8, 16] {
        let value: Vec<u8> = (1..=itemsize as u8).collect();
        let shape = shape(&[3, 7]);
        let mut bytes = vec![0; shape.nitems() * itemsize];
        let mut view = ViewMut::from_bytes_mut(&mut bytes, itemsize, shape).unwrap();
        view.reborrow().slice_axis(1, 2..5).fill(&value);
        view.step_axis(0, 2).slice_axis(1, 0..1).fill(&value);
        for position in 0..shape.nitems() {
            let index = shape.unravel(position);
            let inside = (2..5).contains(&index[1]) || (index[0] != 1 && index[1] == 0);
            let item = &bytes[position * itemsize..][..itemsize];
            assert_eq!(item, if inside { value.clone() } else { vec![0; itemsize] });
        }
    }
}

/// Keeps some indices of each axis: from a first one on, at a distance.
fn select<B>(mut view: Strided<B>, axes: &[(usize, usize)]) -> Strided<B> {
    for (axis, &(start, step)) in axes.iter().enumerate() {
        let len = view.shape()[axis];
        view = view.slice_axis(axis, start.min(len)..len).step_axis(axis, step);
    }
    view
}

/// The pieces that `cuts` make of `nitems`, again and again: lengths, and whether one is equal
/// elements.
fn pieces(nitems: usize, cuts: &[(usize, bool)]) -> Vec<(usize, bool)> {
    let (mut pieces, mut left) = (Vec::new(), nitems);
    for &(len, is_repeated) in cuts.iter().cycle() {
        pieces.push((len.min(left), is_repeated));
        left -= len.min(left);
        if left == 0 {
            break;
        }
    }
    pieces
}

proptest! {
    #[test]
    fn what_arrives_in_pieces_is_copied_as_a_whole(
        axes in prop::collection::vec((1..7usize, 0..7usize, 1..4usize, any::<bool>()), 0..4),
        itemsize in prop::sample::select(vec![1, 2, 3, 5, 8]),
        cuts in prop::collection::vec((1..40usize, any::<bool>()), 1..8),
    ) {
        let whole = shape(&axes.iter().map(|axis| axis.0).collect::<Vec<_>>());
        let picks: Vec<_> = axes.iter().map(|axis| (axis.1, axis.2)).collect();
        let mut source = counting(whole.nitems() * itemsize);
        let pieces = pieces(whole.nitems(), &cuts);
        let mut rest = &mut source[..];
        for &(len, is_repeated) in &pieces {
            let (piece, behind) = rest.split_at_mut(len * itemsize);
            if is_repeated {
                let value = piece[..itemsize].to_vec();
                piece.copy_from_slice(&value.repeat(len));
            }
            rest = behind;
        }
        let selected = select(View::from_bytes(&source, itemsize, whole).unwrap(), &picks);
        let room = selected.shape().map(|axis| 2 * selected.shape()[axis]);
        let write = |copy: &dyn Fn(ViewMut<'_>)| {
            let mut bytes = vec![0xEE; room.nitems() * itemsize];
            let mut view = ViewMut::from_bytes_mut(&mut bytes, itemsize, room).unwrap();
            for (axis, &(.., is_inverted)) in axes.iter().enumerate() {
                view = view.step_axis(axis, 2);
                view = if is_inverted { view.invert_axis(axis) } else { view };
            }
            copy(view);
            bytes
        };
        let expected = write(&|mut view| view.copy_from(&selected));
        let found = write(&|view| {
            let places = select(Places::contiguous(itemsize, whole).unwrap(), &picks);
            let mut scatter = view.scatter(&places);
            let mut rest = &source[..];
            for &(len, is_repeated) in &pieces {
                let (piece, behind) = rest.split_at(len * itemsize);
                match is_repeated {
                    true => scatter.put_repeated(&piece[..itemsize], len),
                    false => scatter.put(piece),
                }
                rest = behind;
            }
            assert!(scatter.is_done());
            // More than was asked for goes nowhere.
            scatter.put(&source);
        });
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn an_element_in_two_pieces_never_arrives() {
    let mut bytes = [0; 12];
    let view = ViewMut::from_bytes_mut(&mut bytes, 4, shape(&[3])).unwrap();
    let mut scatter = view.scatter(&Places::contiguous(4, shape(&[3])).unwrap());
    for piece in [&[1; 6][..], &[], &[2; 2], &[3; 100]] {
        scatter.put(piece);
        scatter.put_repeated(&[4; 4], 0);
        assert!(!scatter.is_done());
    }
    assert_eq!(bytes, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
#[should_panic(expected = "places that fall")]
fn places_do_not_fall() {
    let places = Places::contiguous(1, shape(&[3])).unwrap().invert_axis(0);
    ViewMut::from_bytes_mut(&mut [0; 3], 1, shape(&[3])).unwrap().scatter(&places);
}

#[test]
fn split_halves_may_be_written_by_two_threads() {
    let mut bytes = vec![0u8; 60];
    let view = ViewMut::from_bytes_mut(&mut bytes, 2, shape(&[5, 6])).unwrap();
    let (mut left, mut right) = view.split_at(1, 2);
    std::thread::scope(|scope| {
        scope.spawn(move || left.fill(&[1, 2]));
        scope.spawn(move || right.fill(&[3, 4]));
    });
    for row in bytes.chunks_exact(12) {
        assert_eq!(row, [1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4]);
    }
}

#[test]
fn only_gapless_c_order_is_contiguous() {
    let mut bytes = counting(24);
    let view = View::from_bytes(&bytes, 2, shape(&[3, 4])).unwrap();
    assert_eq!(view.slice_axis(0, 1..3).as_contiguous(), Some(&bytes[8..]));
    assert_eq!(view.slice_axis(0, 1..2).slice_axis(1, 1..3).as_contiguous(), Some(&bytes[10..14]));
    assert_eq!(view.slice_axis(1, 0..3).as_contiguous(), None);
    assert_eq!(view.invert_axis(0).as_contiguous(), None);
    assert_eq!(view.slice_axis(1, 2..2).as_contiguous(), Some(&[][..]));
    assert_eq!(View::repeated(&[1, 2], shape(&[3])).as_contiguous(), None);
    assert_eq!(View::repeated(&[1, 2], shape(&[1, 1])).as_contiguous(), Some(&[1, 2][..]));
    let scalar = View::from_bytes(&bytes[..2], 2, Shape::scalar()).unwrap();
    assert_eq!(scalar.as_contiguous(), Some(&bytes[..2]));

    let mut view = ViewMut::from_bytes_mut(&mut bytes, 2, shape(&[3, 4])).unwrap();
    view.as_contiguous_mut().unwrap()[0] = 99;
    assert!(view.slice_axis(1, 1..2).as_contiguous_mut().is_none());
    assert_eq!(bytes[0], 99);
}

#[test]
fn axes_of_length_one_come_and_go() {
    let bytes = counting(6);
    let view = View::from_bytes(&bytes, 1, shape(&[2, 3])).unwrap();
    let view = view.insert_axis(1).unwrap().insert_axis(0).unwrap().insert_axis(4).unwrap();
    assert_eq!(view.shape()[..], [1, 2, 1, 3, 1]);
    assert_eq!(items(&view), bytes);
    let view = view.remove_axis(2).slice_axis(1, 1..2).remove_axis(1);
    assert_eq!(view.shape()[..], [1, 3, 1]);
    assert_eq!(items(&view), bytes[3..]);
    let mut view = View::from_bytes(&[7], 1, Shape::scalar()).unwrap();
    for _ in 0..crate::MAX_NDIM {
        view = view.insert_axis(0).unwrap();
    }
    assert_eq!(items(&view), [7]);
    assert!(view.insert_axis(0).is_err());
}

#[test]
fn uniform_sees_every_element() {
    for itemsize in [1, 2, 3, 8] {
        let value: Vec<u8> = (1..=itemsize as u8).collect();
        let shape = shape(&[3, 4]);
        let mut bytes = value.repeat(12);
        for cut in 0..4 {
            for changed in 0..bytes.len() {
                bytes[changed] ^= 0x80;
                let view = View::from_bytes(&bytes, itemsize, shape).unwrap();
                let view = match cut {
                    0 => view,
                    1 => view.slice_axis(1, 1..3),
                    2 => view.step_axis(1, 2),
                    _ => view.invert_axis(0).slice_axis(0, 0..2),
                };
                let seen = items(&view);
                let same = seen.chunks_exact(itemsize).all(|item| item == &seen[..itemsize]);
                assert_eq!(view.uniform().is_some(), same);
                bytes[changed] ^= 0x80;
            }
        }
        let view = View::from_bytes(&bytes, itemsize, shape).unwrap();
        assert_eq!(view.uniform(), Some(&value[..]));
        assert_eq!(view.slice_axis(0, 1..1).uniform(), None);
        assert_eq!(View::repeated(&value, shape).uniform(), Some(&value[..]));
    }
}

#[test]
fn empty_views_are_never_touched() {
    let mut bytes = [];
    let empty = shape(&[0, 5]);
    let mut view = ViewMut::from_bytes_mut(&mut bytes, 4, empty).unwrap();
    view.fill(&[1, 2, 3, 4]);
    view.copy_from(&View::from_bytes(&[], 4, empty).unwrap());
    let (first, second) = view.invert_axis(0).step_axis(1, 3).split_at(1, 1);
    assert_eq!((first.shape()[1], second.shape()[1]), (1, 1));
}

#[test]
#[should_panic(expected = "axis of length 4")]
fn a_range_past_the_end_panics() {
    let _ = View::from_bytes(&[0; 4], 1, shape(&[4])).unwrap().slice_axis(0, 2..5);
}

#[test]
#[should_panic(expected = "different shapes")]
fn copies_between_shapes_panic() {
    let src = View::repeated(&[0], shape(&[5]));
    ViewMut::from_bytes_mut(&mut [0; 4], 1, shape(&[4])).unwrap().copy_from(&src);
}

/// Whether the memory holds 0 and 1 only, looked at as what it is.
fn valid(bools: &[bool]) -> bool {
    bytemuck::cast_slice::<bool, u8>(bools).iter().all(|&byte| byte < 2)
}

#[test]
fn lent_bools_come_back_valid_however_it_ends() {
    let write =
        |mut view: ViewMut<'_>| view.as_contiguous_mut().unwrap().copy_from_slice(&[0, 1, 2, 255]);

    let mut bools = [false; 4];
    lend_items(&mut bools, shape(&[2, 2]), |view| {
        write(view);
        Ok(())
    })
    .unwrap();
    assert!(valid(&bools));
    assert_eq!(bools, [false, true, true, true]);

    let mut bools = [false; 4];
    let failed: Result<()> = lend_items(&mut bools, shape(&[4]), |view| {
        write(view);
        Err(InvalidArgument::ItemSize { nbytes: 0 }.into())
    });
    assert!(failed.is_err() && valid(&bools));

    let mut bools = [false; 4];
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lend_items(&mut bools, shape(&[4]), |view| -> Result<()> {
            write(view);
            panic!("a codec's fault");
        })
    }));
    assert!(panicked.is_err() && valid(&bools));
}

#[test]
fn other_elements_are_lent_as_they_are() {
    let mut items = [0u16; 6];
    lend_items(&mut items, shape(&[2, 3]), |view| {
        view.slice_axis(1, 1..2).fill(&[0x34, 0x12]);
        Ok(())
    })
    .unwrap();
    assert_eq!(items, [0, 0x1234, 0, 0, 0x1234, 0].map(u16::from_le));
}

#[cfg(feature = "ndarray")]
mod with_ndarray {
    use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, s};

    use super::*;

    fn array() -> Array3<u16> {
        Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (100 * i + 10 * j + k) as u16)
    }

    fn check<D: ndarray::Dimension>(array: &ndarray::ArrayRef<u16, D>) {
        let view = View::from_ndarray(array).unwrap();
        assert_eq!(&view.shape()[..], array.shape());
        let expected: Vec<u16> = array.iter().copied().collect();
        assert_eq!(items(&view), bytemuck::cast_slice::<u16, u8>(&expected));
        let contiguous = view.as_contiguous().is_some();
        assert_eq!(contiguous, array.as_slice().is_some(), "{:?}", array.strides());
        let uniform = expected.windows(2).all(|pair| pair[0] == pair[1]) && !expected.is_empty();
        assert_eq!(view.uniform().is_some(), uniform);
    }

    #[test]
    fn views_of_any_strides_are_read() {
        let array = array();
        check(&array);
        check(&array.t());
        check(&array.slice(s![..;-1, .., ..;2]));
        check(&array.slice(s![1.., ..;-2, 2]));
        check(&array.slice(s![1..1, .., ..]));
        check(&array.slice(s![1, 2, 3]));
        check(&array.view().permuted_axes([1, 2, 0]));
        check(&array.index_axis(Axis(0), 1).broadcast((2, 4, 5)).unwrap());
        check(&array.slice(s![0, 0, ..1]).broadcast((7, 5)).unwrap());
        check(&array.into_dyn());
        check(&Array2::<u16>::zeros((0, 3)));
    }

    #[test]
    fn views_of_any_strides_are_written() {
        let source = array();
        let source = View::from_ndarray(&source).unwrap();
        for order in 0..2 {
            let mut owner = Array3::<u16>::zeros(if order == 0 { (6, 4, 10) } else { (10, 4, 6) });
            let mut target = if order == 0 {
                owner.slice_mut(s![..;-2, ..;-1, 1..;2])
            } else {
                owner.view_mut().reversed_axes().slice_move(s![..;2, .., ..;-2])
            };
            lend_ndarray(&mut target, |mut view| {
                view.copy_from(&source);
                Ok(())
            })
            .unwrap();
            assert_eq!(target, array());
            assert_eq!(owner.sum(), array().sum());
        }
    }

    #[test]
    fn strided_bools_come_back_valid() {
        let mut owner = Array2::from_elem((4, 6), false);
        let mut target = owner.slice_mut(s![..;-2, 1..;2]);
        lend_ndarray(&mut target, |mut view| {
            view.fill(&[7]);
            Ok(())
        })
        .unwrap();
        assert!(target.iter().all(|&value| value));
        assert!(valid(owner.as_slice().unwrap()));
        assert_eq!(owner.iter().filter(|&&value| value).count(), 6);
    }

    #[test]
    fn too_many_axes_are_an_error() {
        let array = ArrayD::<u8>::zeros(IxDyn(&[1; 16]));
        let error = View::from_ndarray(&array).err().unwrap();
        assert_eq!(error.to_string(), "16 axes are more than the 15 an array can have");
    }
}
