//! The same elements at other indices: views, which stay compressed.

use std::sync::Arc;

use super::Expression;
use crate::compute::node::{Broadcast, Node, Strided, ViewAxis, broadcast_shape};
use crate::dtype::Element;
use crate::error::{Error, IndexKind, InvalidArgument, Result};
use crate::shape::{Region, Shape, check_axis};

/// The axes of a view, and those that go with their one index.
type Axes = (Vec<ViewAxis>, Vec<(usize, usize)>);

impl<T: Element> Expression<T> {
    /// The expression with what `f` makes of its node.
    pub(super) fn with_node(
        self,
        f: impl FnOnce(Arc<dyn Node<T>>) -> Result<Arc<dyn Node<T>>>,
    ) -> Self {
        Self { node: self.node.and_then(|node| f(node).map_err(into_argument)) }
    }

    /// A view with these axes, and without the others.
    fn strided(self, f: impl FnOnce(&Shape) -> Result<Axes>) -> Self {
        self.with_node(|node| {
            let (axes, dropped) = f(node.shape())?;
            Ok(Arc::new(Strided::new(node, axes, dropped)?))
        })
    }

    /// The elements of a region, counted from its start.
    ///
    /// An expression whose region does not exist answers
    /// [`RegionOutOfBounds`](InvalidArgument::RegionOutOfBounds) when it is evaluated.
    #[must_use]
    pub fn crop(self, region: &Region) -> Self {
        let region = *region;
        self.strided(|shape| {
            region.check(shape)?;
            let axis = |axis| ViewAxis::Inner {
                axis,
                start: region.start()[axis],
                step: 1,
                is_reversed: false,
                len: region.shape()[axis],
            };
            Ok(((0..shape.ndim()).map(axis).collect(), Vec::new()))
        })
    }

    /// The axes in another order, which names each once.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1u8, 2, 3, 4, 5, 6], [1, 2, 3], &Options::new())?;
    /// let view = array.lazy().permute_axes([2, 0, 1]);
    /// assert_eq!(view.shape()?[..], [3, 1, 2]);
    /// assert_eq!(view.to_vec()?, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// Evaluated, an order of too many or few axes answers
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch), one that names an axis twice
    /// [`RepeatedAxis`](InvalidArgument::RepeatedAxis).
    #[must_use]
    pub fn permute_axes(self, order: impl AsRef<[usize]>) -> Self {
        self.strided(|shape| {
            let order = order.as_ref();
            let (expected, found) = (shape.ndim(), order.len());
            if expected != found {
                return Err(InvalidArgument::NdimMismatch { expected, found }.into());
            }
            let mut axes = Vec::with_capacity(found);
            for (position, &axis) in order.iter().enumerate() {
                check_axis(axis, expected)?;
                if order[..position].contains(&axis) {
                    return Err(InvalidArgument::RepeatedAxis { axis }.into());
                }
                axes.push(ViewAxis::full(axis, shape[axis]));
            }
            Ok((axes, Vec::new()))
        })
    }

    /// The axes from the last to the first.
    #[must_use]
    pub fn transpose(self) -> Self {
        self.strided(|shape| {
            let axes = (0..shape.ndim()).rev().map(|axis| ViewAxis::full(axis, shape[axis]));
            Ok((axes.collect(), Vec::new()))
        })
    }

    /// An axis from its end to its start.
    ///
    /// Evaluated, an axis that does not exist answers
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds).
    #[must_use]
    pub fn flip(self, axis: usize) -> Self {
        self.strided(|shape| {
            check_axis(axis, shape.ndim())?;
            let axes = (0..shape.ndim()).map(|other| ViewAxis::Inner {
                axis: other,
                start: 0,
                step: 1,
                is_reversed: other == axis,
                len: shape[other],
            });
            Ok((axes.collect(), Vec::new()))
        })
    }

    /// One more axis, of length 1, before `axis`.
    ///
    /// Evaluated, it answers [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) behind the last
    /// axis, and [`TooManyAxes`](InvalidArgument::TooManyAxes).
    #[must_use]
    pub fn insert_axis(self, axis: usize) -> Self {
        self.strided(|shape| {
            check_axis(axis, shape.ndim() + 1)?;
            let mut axes: Vec<_> =
                (0..shape.ndim()).map(|axis| ViewAxis::full(axis, shape[axis])).collect();
            axes.insert(axis, ViewAxis::New);
            Ok((axes, Vec::new()))
        })
    }

    /// The elements at one index of an axis, which goes.
    ///
    /// Evaluated, it answers [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for an axis or
    /// index that does not exist.
    #[must_use]
    pub fn index_axis(self, axis: usize, index: usize) -> Self {
        self.strided(|shape| {
            check_axis(axis, shape.ndim())?;
            let len = shape[axis];
            if index >= len {
                let what = IndexKind::Axis(axis);
                return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
            }
            let axes = (0..shape.ndim()).filter(|&other| other != axis);
            let axes = axes.map(|other| ViewAxis::full(other, shape[other])).collect();
            Ok((axes, vec![(axis, index)]))
        })
    }

    /// The elements repeated to be of this shape, by NumPy's rule.
    ///
    /// Evaluated, it answers [`Broadcast`](InvalidArgument::Broadcast) where that is not possible.
    #[must_use]
    pub fn broadcast_to(self, shape: impl AsRef<[usize]>) -> Self {
        self.with_node(|node| {
            let to = Shape::new(shape.as_ref())?;
            if broadcast_shape(node.shape(), &to)? != to {
                let (left, right) = (node.shape().to_vec(), to.to_vec());
                return Err(InvalidArgument::Broadcast { left, right }.into());
            }
            Ok(Broadcast::to(node, to))
        })
    }
}

/// What expressions keep of an error: those that building one can have are all of this kind.
pub(super) fn into_argument(error: Error) -> InvalidArgument {
    match error {
        Error::InvalidArgument(error) => error,
        _ => unreachable!("nothing is read or allocated yet"),
    }
}

#[cfg(feature = "ndarray")]
mod sliced {
    use ndarray::{IxDyn, SliceArg, SliceInfoElem};

    use super::{Axes, Expression, ViewAxis};
    use crate::array::{SlicedAxis, Slicing};
    use crate::dtype::Element;
    use crate::error::Result;
    use crate::shape::Shape;

    impl<T: Element> Expression<T> {
        /// The elements of a selection as [`s!`](ndarray::s) has it: ranges, steps, single indices,
        /// new axes, with negative numbers counted from the end.
        ///
        /// ```
        /// use ndpress::{Array, Options, s};
        ///
        /// let ramp: Vec<u32> = (0..1000 * 1000).collect();
        /// let array = Array::from_slice(&ramp, [1000, 1000], &Options::new())?;
        /// let corner = array.lazy().slice(s![-10.., ..;-1]); // nothing is read yet
        /// assert_eq!(corner.shape()?[..], [10, 1000]);
        /// assert_eq!(corner.slice(s![0, 0]).to_vec()?, [990_999]);
        /// # Ok::<(), ndpress::Error>(())
        /// ```
        ///
        /// Evaluated, a selection that does not exist answers the errors of
        /// [`Array::read`](crate::Array::read).
        #[must_use]
        pub fn slice<I: SliceArg<IxDyn>>(self, selection: I) -> Self {
            self.strided(|shape| view_axes(&selection, shape))
        }

        /// As [`slice`](Self::slice), with all of the axes that the selection does not name, which
        /// are the last ones.
        ///
        /// ```
        /// use ndpress::{Array, Options, s};
        ///
        /// let volume = Array::full([20, 30, 40, 3], 1u8, &Options::new())?;
        /// assert_eq!(volume.lazy().slice_first(s![7]).shape()?[..], [30, 40, 3]);
        /// assert_eq!(volume.lazy().slice_last(s![.., 0]).shape()?[..], [20, 30, 40]);
        /// # Ok::<(), ndpress::Error>(())
        /// ```
        #[must_use]
        pub fn slice_first(self, selection: impl AsRef<[SliceInfoElem]>) -> Self {
            self.strided(|shape| {
                let mut slices = selection.as_ref().to_vec();
                slices.extend(vec![ALL; unnamed(&slices, shape)]);
                view_axes(&&slices[..], shape)
            })
        }

        /// As [`slice`](Self::slice), with all of the axes that the selection does not name, which
        /// are the first ones.
        #[must_use]
        pub fn slice_last(self, selection: impl AsRef<[SliceInfoElem]>) -> Self {
            self.strided(|shape| {
                let selection = selection.as_ref();
                let mut slices = vec![ALL; unnamed(selection, shape)];
                slices.extend_from_slice(selection);
                view_axes(&&slices[..], shape)
            })
        }
    }

    /// All indices of an axis.
    const ALL: SliceInfoElem = SliceInfoElem::Slice { start: 0, end: None, step: 1 };

    /// How many axes a selection does not name.
    fn unnamed(slices: &[SliceInfoElem], shape: &Shape) -> usize {
        let named = slices.iter().filter(|slice| !slice.is_new_axis()).count();
        shape.ndim().saturating_sub(named)
    }

    fn view_axes<I: SliceArg<IxDyn>>(selection: &I, shape: &Shape) -> Result<Axes> {
        let slicing = Slicing::new(selection, shape)?;
        let (mut axes, mut dropped, mut axis) = (Vec::new(), Vec::new(), 0);
        for sliced in slicing.axes() {
            let (start, step, len) = match sliced {
                SlicedAxis::New => {
                    axes.push(ViewAxis::New);
                    continue;
                }
                _ => slicing.selection.axis(axis),
            };
            match sliced {
                SlicedAxis::Dropped => dropped.push((axis, start)),
                _ => {
                    let is_reversed = matches!(sliced, SlicedAxis::Reversed);
                    axes.push(ViewAxis::Inner { axis, start, step, is_reversed, len });
                }
            }
            axis += 1;
        }
        Ok((axes, dropped))
    }
}
